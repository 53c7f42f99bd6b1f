//! The laws of the monoid, over records and looks of every kind.

use drift_model::{
    Action, Digest, DriftClass, Existence, Finding, Method, Risk, Timestamp, UnknownReason, Verdict, canonical_text_of,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::sample::{self, at};
use crate::{Artifact, ArtifactKind, Figures, Outcome, Reading, Verification};

/// What a test does with a summary.
#[derive(Clone, Debug)]
enum Step {
    Record(Box<Record>),
    Look(Look),
    Event(Event, Timestamp),
    Exception(String, Option<String>, Timestamp, Timestamp),
}

fn told(steps: &[Step]) -> Summary {
    let mut summary = Summary::default();
    for step in steps {
        match step.clone() {
            Step::Record(record) => summary.add(&record),
            Step::Look(look) => summary.add_look(look),
            Step::Event(event, at) => summary.add_event(&event, at),
            Step::Exception(id, owner, expires, as_of) => summary.add_exception(&id, owner.as_deref(), expires, as_of),
        }
    }
    summary
}

fn bytes(summary: &Summary) -> String {
    canonical_text_of(summary).unwrap()
}

/// One of few findings, so that several stories tell of the same.
fn finding() -> impl Strategy<Value = Finding> {
    (0_u8..4, select(DriftClass::ALL), select(Risk::ALL), 0_u8..3, any::<bool>()).prop_map(
        |(key, class, risk, who, heal)| {
            let mut finding = sample::finding();
            finding.finding_id = format!("drift-{}", key % 2);
            finding.fingerprint = Digest::of(&[key]);
            finding.cause_fingerprint = Digest::of(&[key / 2]);
            finding.resource_ref = format!("ConfigMap/prod/app-{}", key % 3);
            (finding.drift_class, finding.risk) = (class, risk);
            finding.unit = (who > 0).then(|| format!("unit-{who}"));
            finding.environment = (who != 1).then(|| "prod".to_owned());
            finding.owner = (who != 2).then(|| format!("team-{who}"));
            finding.auto_heal.allowed = heal;
            finding
        },
    )
}

/// What may happen to a case; what cannot happen is passed over.
fn story() -> impl Strategy<Value = Record> {
    (finding(), 0_i64..50, prop::collection::vec((0_u8..9, 1_i64..30), 0..14)).prop_map(|(finding, start, steps)| {
        let mut now = start;
        let mut finding = finding;
        finding.detected_at = Some(at(now));
        let mut record = Record::open(&finding, at(now));
        let id = || finding.finding_id.clone();
        for (what, minutes) in steps {
            now = i64::saturating_add(now, minutes);
            let mut again = finding.clone();
            again.detected_at = Some(at(now));
            let (by, reference) = ("ana".to_owned(), None);
            let event = match what {
                0 => Event::Persisted { record: id(), observed_at: at(now) },
                1 => Event::Approved { record: id(), action: Action::RuntimeRevert, by, reference },
                2 | 3 => Event::Acted {
                    record: id(),
                    action: if what == 2 { Action::RuntimeRevert } else { Action::GitUpdatePr },
                    by,
                    outcome: if minutes % 3 == 0 { Outcome::Failed } else { Outcome::Succeeded },
                    reference,
                },
                4 | 5 => {
                    let mut look = Verification::of(&sample::report(&[]), at(now));
                    look.resource_ref = finding.resource_ref.clone();
                    Event::Verified { record: id(), verification: look }
                }
                6 => Event::Closed { record: id(), because: None },
                7 => Event::reopened(id(), again),
                _ => Event::ArtifactKept {
                    record: id(),
                    artifact: Artifact::new(ArtifactKind::PullRequest, "text/html", "https://git.example/pulls/1")
                        .unwrap(),
                },
            };
            let _ = record.apply(&event, at(now));
        }
        record
    })
}

fn look() -> impl Strategy<Value = Look> {
    let reason = prop::option::of(select(UnknownReason::ALL));
    let method = prop::option::of(select(&[Method::GitopsDiff, Method::ScheduledPlan][..]));
    (0_u8..3, 0_u8..3, select(Verdict::ALL), reason, method, 0_i64..4, any::<[bool; 3]>()).prop_map(
        |(name, unit, verdict, reason, method, minute, [noisy, provider, reconciled])| {
            let mut report =
                sample::report(if noisy { &[("/a/[name=x]/b", "IGNORED"), ("/c", "EQUIVALENT")] } else { &[] });
            report.resource = format!("ConfigMap/prod/app-{name}").parse().unwrap();
            report.unit = (unit > 0).then(|| format!("unit-{unit}"));
            report.existence = Existence::Managed;
            (report.verdict, report.reason) = (verdict, reason.filter(|_| verdict == Verdict::Unknown));
            report.last_reconciliation = reconciled.then(|| at(minute.saturating_sub(9)));
            let look = Look::of(&report, method, at(minute));
            if provider { look.through(&format!("aws {name}.{unit}")) } else { look }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let failed = (0_u8..3, select(UnknownReason::ALL), 0_i64..4).prop_map(|(name, reason, minute)| {
        let resource = format!("ConfigMap/prod/app-{name}").parse().unwrap();
        Step::Event(Event::DetectorFailed { resource, unit: None, method: None, reason, detail: None }, at(minute))
    });
    let owner = prop::option::of(Just("team-0".to_owned()));
    prop_oneof![
        4 => story().prop_map(|record| Step::Record(Box::new(record))),
        3 => look().prop_map(Step::Look),
        1 => failed,
        1 => (0_u8..2, owner, 0_i64..4, 0_i64..4)
            .prop_map(|(id, owner, expires, as_of)| Step::Exception(format!("x-{id}"), owner, at(expires), at(as_of))),
    ]
}

/// Every way to put parentheses around these shards, in this order.
fn groupings(shards: &[Summary]) -> Vec<Summary> {
    if let [one] = shards {
        return vec![one.clone()];
    }
    let mut all = Vec::new();
    for cut in 1..shards.len() {
        let (left, right) = shards.split_at(cut);
        for left in groupings(left) {
            all.extend(groupings(right).into_iter().map(|right| left.clone().merge(right)));
        }
    }
    all
}

fn permutations<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for index in 0..things.len() {
        let mut rest = things.to_vec();
        let first = rest.remove(index);
        all.extend(permutations(&rest).into_iter().map(|rest| [vec![first.clone()], rest].concat()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shards_merge_in_any_order_and_grouping_to_the_same_bytes(
        shards in prop::collection::vec(prop::collection::vec(step(), 0..5), 1..=4),
    ) {
        let in_one = bytes(&told(&shards.concat()));
        let summaries: Vec<Summary> = shards.iter().map(|steps| told(steps)).collect();
        for order in permutations(&summaries) {
            for merged in groupings(&order) {
                prop_assert_eq!(&bytes(&merged), &in_one);
            }
        }
    }

    #[test]
    fn nothing_is_neutral_and_nothing_is_counted_twice(a in prop::collection::vec(step(), 0..6), b in prop::collection::vec(step(), 0..6)) {
        let (a, b) = (told(&a), told(&b));
        prop_assert_eq!(a.clone().merge(Summary::default()), a.clone());
        prop_assert_eq!(Summary::default().merge(a.clone()), a.clone());
        prop_assert_eq!(a.clone().merge(a.clone()), a.clone());
        let both: Summary = [a.clone(), b.clone(), a.clone(), b.clone(), a].into_iter().collect();
        prop_assert_eq!(both.clone().merge(b), both);
    }

    #[test]
    fn what_a_shard_wrote_is_read_and_merged_as_if_it_had_not_been_written(
        a in prop::collection::vec(step(), 0..6), b in prop::collection::vec(step(), 0..6),
    ) {
        let (a, b) = (told(&a), told(&b));
        let read: Summary = drift_model::from_json(&bytes(&a)).unwrap();
        prop_assert_eq!(&read, &a);
        let read: Summary = serde_json::from_str(&serde_json::to_string(&a).unwrap()).unwrap();
        prop_assert_eq!(bytes(&read.merge(b.clone())), bytes(&a.merge(b)));
    }

    /// Counted once more, as one would by hand: the findings whose latest record is open.
    #[test]
    fn a_finding_counts_once_however_many_records_tell_of_it(records in prop::collection::vec(story(), 0..8)) {
        let summary = Summary::of_records(&records);
        let figures = Figures::read(&summary, &Reading::at(at(900)));
        let named = |record: &Record| (record.finding().fingerprint, record.finding().unit.clone());
        let units = |print| records.iter().filter(move |record| record.finding().fingerprint == print && record.finding().unit.is_some());
        let mut open = std::collections::BTreeSet::new();
        for record in &records {
            // A record of no unit is of each unit that others name.
            let of_any = |other: &Record| other.finding().unit.is_none() || record.finding().unit.is_none();
            let names: Vec<_> = if record.finding().unit.is_none() && units(record.finding().fingerprint).next().is_some() {
                units(record.finding().fingerprint).map(named).collect()
            } else {
                vec![named(record)]
            };
            for name in names {
                let rivals = records.iter().filter(|other| other.finding().fingerprint == name.0)
                    .filter(|other| other.finding().unit == name.1 || of_any(other));
                let latest = rivals.filter(|other| other.finding().unit.is_none() || other.finding().unit == name.1)
                    .map(Case::of).max().unwrap();
                if latest.is_open() && latest.risk == Risk::Critical {
                    open.insert(name);
                }
            }
        }
        prop_assert_eq!(figures.executive.unwrap().open_critical, open.len() as u64);
    }
}

#[test]
fn of_a_record_the_later_observation_holds_whoever_has_the_earlier_one() {
    for (earlier, later) in [(1, 2), (2, 6), (6, 9), (9, 10), (10, 11)] {
        let (earlier, later) = (Summary::of(&sample::record(earlier)), Summary::of(&sample::record(later)));
        assert_eq!(later.clone().merge(earlier.clone()), later);
        assert_eq!(earlier.merge(later.clone()), later);
    }
}

#[test]
fn a_row_has_no_secret_and_no_value_of_any_field() {
    let text = bytes(&Summary::of(&sample::record(11)));
    for value in ["0.0.0.0/0", "/ingress", "password", "class-1"] {
        assert!(!text.contains(value), "{value} is in {text}");
    }
}

#[test]
fn what_it_costs_is_what_is_said() {
    let once = bytes(&Summary::of(&sample::record(1))).len();
    let again = bytes(&Summary::of(&sample::record(11))).len();
    let mut looked = Summary::default();
    looked.add_report(&sample::report(&[]), Some(Method::ScheduledPlan), at(0));
    let look = bytes(&looked).len();
    looked = Summary::default();
    looked.add_report(&sample::report(&[("/a", "IGNORED")]), Some(Method::ScheduledPlan), at(0));
    let excused = bytes(&looked).len() - look;
    let within = |bytes: usize, said: usize| bytes * 10 <= said * 13;
    assert!(
        within(once, 1_000) && within(again, 1_300) && within(look, 250) && within(excused, 100),
        "{once} {again} {look} {excused}"
    );
}
