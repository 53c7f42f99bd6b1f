#![allow(
    clippy::arithmetic_side_effects,
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod strict;

use proptest::prelude::*;

use super::*;
use crate::figures::Burn;
use crate::figures::tests::{burn, fleet, now, registry};
use crate::{Reading, Record, Summary, sample};

/// The whole text for a small fleet of which everything is known.
const EXPECTED: &str = include_str!("../../tests/data/open_metrics.txt");

fn text() -> String {
    let (units, burn) = (registry(), burn());
    let interval = "15m".parse().unwrap();
    let reading = Reading::at(now()).registry(&units).budgets(&burn).sync_interval(interval);
    Figures::read(&fleet(), &reading).open_metrics()
}

#[test]
fn the_text_of_a_small_fleet_is_this() {
    assert_eq!(text(), EXPECTED, "{}", text());
}

#[test]
fn the_names_are_those_of_the_table_with_their_types_and_labels() {
    let mut written: Vec<String> = Vec::new();
    for family in strict::read(EXPECTED).unwrap() {
        assert!(family.help.is_some_and(|help| help.ends_with('.')), "{}", family.name);
        assert_eq!(family.unit.is_some(), family.name.ends_with("_seconds"), "{}", family.name);
        let mut labels: Vec<String> = Vec::new();
        for (_, sample, _) in &family.samples {
            for (label, _) in sample.iter().filter(|(label, _)| label != "le") {
                if !labels.contains(&format!("`{label}`")) {
                    labels.push(format!("`{label}`"));
                }
            }
        }
        let kind = family.kind.replace("gaugehistogram", "gauge histogram");
        let labels = if labels.is_empty() { String::new() } else { format!("{} ", labels.join(", ")) };
        written.push(format!("| `{}` | {kind} | {labels}|", family.name));
    }
    let table = include_str!("names.md").lines().skip(2);
    let mut told: Vec<String> = table.map(|row| row.rsplitn(3, '|').last().unwrap().to_owned() + "|").collect();
    written.sort();
    told.sort();
    assert_eq!(written, told);
}

#[test]
fn what_is_not_known_has_no_metric() {
    let nothing = Figures::read(&Summary::default(), &Reading::at(now())).open_metrics();
    assert_eq!(nothing, "# EOF\n");
    let ledger = Figures::read(&Summary::of_records([]), &Reading::at(now())).open_metrics();
    let names: Vec<_> = strict::read(&ledger).unwrap().into_iter().map(|family| family.name).collect();
    for unknown in
        ["drift_resources", "drift_failed_jobs", "drift_stale_units", "drift_exceptions", "drift_budget_findings"]
    {
        assert!(!names.contains(&unknown.to_owned()), "{unknown}");
    }
    assert!(ledger.contains("\ndrift_open_findings{risk=\"CRITICAL\"} 0\n"), "that there are none is known");
}

#[test]
fn no_label_names_a_resource_a_person_or_a_team() {
    for name in ["app_public", "deploy", "ana@example.com", "platform-network", "drift-20260703", "ConfigMap"] {
        assert!(!EXPECTED.contains(name), "{name}");
    }
}

/// The strict reader refuses each of these: so that the tests above mean something.
#[test]
fn a_text_that_was_changed_is_refused() {
    for (from, to, expected) in [
        ("# EOF\n", "", "does not end with EOF"),
        ("# EOF\n", "# EOF\n\n", "does not end with EOF"),
        ("# EOF\n", "# EOF", "does not end with EOF"),
        ("# EOF\n", "\n# EOF\n", "no value"),
        ("# TYPE drift_heals counter\n", "", "not the family at hand"),
        ("# TYPE drift_heals counter\n", "# TYPE drift_heals counter\r\n", "a carriage return"),
        ("# TYPE drift_heals counter\n", "# TYPE drift_heals count\n", "a type that is not written here"),
        ("# TYPE drift_heals counter\n", "# TYPE drift_heals gauge\n", "a suffix that this type has not"),
        ("# TYPE drift_heals counter\n", "# TYPE drift_resources counter\n", "a second family of this name"),
        ("drift_heals_total{outcome=\"FAILED\"}", "drift_heals{outcome=\"FAILED\"}", "a suffix that this type has not"),
        ("drift_heals_total{outcome=\"FAILED\"} 0", "drift_heals_total{outcome=\"FAILED\"} -1", "a count that is none"),
        ("drift_heals_total{outcome=\"FAILED\"} 0", "drift_heals_total{outcome=\"FAILED\"} zero", "a bad number"),
        ("drift_heals_total{outcome=\"FAILED\"} 0", "drift_heals_total{outcome=\"FAILED\"}  0", "a bad number"),
        (
            "drift_heals_total{outcome=\"FAILED\"} 0",
            "drift_heals_total{outcome=\"FAILED\"}0",
            "no space before the value",
        ),
        ("{outcome=\"FAILED\"}", "{outcome=\"SUCCEEDED\"}", "the same sample twice"),
        ("{outcome=\"FAILED\"}", "{outcome=FAILED}", "a value without quotes"),
        ("{outcome=\"FAILED\"}", "{outcome=\"FAI\"LED\"}", "labels without a comma between them"),
        ("{outcome=\"FAILED\"}", "{outcome=\"FAI\\LED\"}", "an escape that is not defined"),
        ("{outcome=\"FAILED\"}", "{out-come=\"FAILED\"}", "a bad name of a label"),
        ("{outcome=\"FAILED\"}", "{__name=\"FAILED\"}", "a bad name of a label"),
        ("{outcome=\"FAILED\"}", "{outcome=\"\"}", "a label without a value is none"),
        ("{outcome=\"FAILED\"}", "{le=\"1.0\"}", "`le` belongs to buckets"),
        (
            "# UNIT drift_time_to_detect_seconds seconds",
            "# UNIT drift_time_to_detect_seconds minutes",
            "not the end of the name",
        ),
        ("drift_time_to_detect_seconds_bucket{le=\"+Inf\"} 2\n", "", "no bucket for the rest"),
        ("drift_time_to_detect_seconds_sum 1378\n", "", "a count without a sum"),
        ("drift_time_to_detect_seconds_count 2", "drift_time_to_detect_seconds_count 3", "not that of the last bucket"),
        ("seconds_bucket{le=\"60.0\"} 0", "seconds_bucket{le=\"60\"} 0", "a bound that is not canonical"),
        ("seconds_bucket{le=\"60.0\"} 0", "seconds_bucket{le=\"600.0\"} 0", "buckets that are not in order"),
        ("seconds_bucket{le=\"60.0\"} 0", "seconds_bucket{le=\"60.0\"} 9", "buckets that are not in order"),
        ("seconds_bucket{le=\"2.592e+06\"}", "seconds_bucket{le=\"2592000.0\"}", "a bound that is not canonical"),
        ("# TYPE drift_records gauge\n", "# TYPE drift_heals_total gauge\n", "not the family at hand"),
    ] {
        assert!(EXPECTED.contains(from), "{from}");
        let error = strict::read(&EXPECTED.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(expected), "{from} → {to}: {error}");
    }
}

#[test]
fn a_line_that_stands_there_twice_and_a_text_that_was_cut_are_refused() {
    let lines: Vec<&str> = EXPECTED.split_inclusive('\n').collect();
    for twice in 0..lines.len() {
        let text = [&lines[..=twice], &lines[twice..]].concat().concat();
        assert!(strict::read(&text).is_err(), "{}", lines[twice]);
    }
    for end in 0..EXPECTED.len() {
        assert!(strict::read(&EXPECTED[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_label_has_few_values_and_the_rest_is_other() {
    let records: Vec<Record> = (0..200_u32)
        .map(|index| {
            let mut finding = sample::finding();
            finding.finding_id = format!("drift-{index}");
            finding.fingerprint = drift_model::Digest::of(&index.to_le_bytes());
            // Of the last there are most, and they are the last by name.
            finding.environment = Some(format!("env-{:03}", index.min(180)));
            Record::open(&finding, sample::at(0))
        })
        .collect();
    let text = Figures::read(&Summary::of_records(&records), &Reading::at(now())).open_metrics();
    let families = strict::read(&text).unwrap();
    let family = families.iter().find(|family| family.name == "drift_open_findings_by_environment").unwrap();
    let value = |name: &str| {
        let sample = family.samples.iter().find(|(_, labels, _)| labels[0].1 == name);
        sample.map(|(_, _, value)| *value)
    };
    assert_eq!(family.samples.len(), MAX_LABEL_VALUES + 1);
    assert_eq!((value("env-180"), value("env-000"), value("env-179")), (Some(20.0), Some(1.0), None));
    assert_eq!(value("other"), Some(117.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever callers call things, the text is well-formed, and nothing is lost of what is counted.
    #[test]
    fn whatever_things_are_called_the_text_holds(
        names in prop::collection::vec(("\\PC{0,80}|[\\\\\"\n\r\t ={}]{0,9}", any::<bool>()), 0..12),
    ) {
        let records: Vec<Record> = names.iter().enumerate().map(|(index, (name, known))| {
            let mut finding = sample::finding();
            finding.finding_id = format!("drift-{index}");
            finding.fingerprint = drift_model::Digest::of(&[u8::try_from(index).unwrap()]);
            finding.environment = known.then(|| name.clone());
            finding.domain.clone_from(name);
            finding.auto_heal.refused_by = vec![name.clone()];
            Record::open(&finding, sample::at(0))
        }).collect();
        let burn: Vec<Burn> = names.iter().map(|(name, _)| Burn {
            budget: name.clone(), limit: name.clone(), state: String::new(), kept: 1, broken: 0, open: 0,
        }).collect();
        let reading = Reading::at(now()).budgets(&burn);
        let text = Figures::read(&Summary::of_records(&records), &reading).open_metrics();
        let families = strict::read(&text);
        prop_assert!(families.is_ok(), "{families:?}");
        let sum = |wanted: &str| {
            let family = families.as_ref().unwrap().iter().find(|family| family.name == wanted).unwrap();
            family.samples.iter().map(|(_, _, value)| *value).sum::<f64>()
        };
        let all = f64::from(u32::try_from(names.len()).unwrap());
        for family in ["drift_open_findings", "drift_open_findings_by_domain", "drift_open_findings_by_environment", "drift_budget_findings"] {
            prop_assert_eq!(sum(family), all, "{}", family);
        }
    }
}
