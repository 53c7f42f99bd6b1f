use drift_model::{Change, ChangeKind, Relation};
use drift_model::{
    ChangeRecord, Disposition, Fact, Facts, FieldPath, Freeze, Incident, IncidentState, ResourceRef, SyncStatus,
};
use proptest::prelude::*;
use serde_json::json;

use super::*;

type Entries = &'static [(&'static str, &'static [&'static str])];

fn when(entries: &[(&str, &[&str])]) -> When {
    let entry = |(column, values): &(&str, &[&str])| {
        Condition::new(*column, values.iter().map(|value| (*value).to_owned()).collect())
    };
    When::compile(&entries.iter().map(entry).collect::<Vec<_>>()).unwrap()
}

fn rules(rows: &[(&'static str, Entries, u8)]) -> Vec<Rule<u8>> {
    rows.iter().map(|(id, entries, outcome)| Rule::new(*id, when(entries), *outcome, "")).collect()
}

fn messages(errors: &[TableError]) -> Vec<String> {
    errors.iter().map(|error| format!("{}: {}", error.code, error.message)).collect()
}

fn facts(value: serde_json::Value) -> Facts {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_list_that_is_no_table_says_all_that_is_wrong() {
    assert_eq!(messages(&Table::<u8>::compile(vec![], 0).unwrap_err()), ["empty-table: the table has no rules"]);
    let errors = Table::compile(
        rules(&[
            ("a", &[("freeze", &["ON"]), ("kind", &["Secret"])], 1),
            ("a", &[("freeze", &["OFF", "UNKNOWN"]), ("incident", &["*"])], 2),
        ]),
        0,
    )
    .unwrap_err();
    assert_eq!(
        messages(&errors),
        [
            "duplicate-rule: `a` is the id of rule 0 as well",
            "gap: no rule decides `kind=anything else, incident=UNKNOWN`",
            "gap: no rule decides `kind=anything else, freeze=ON`",
            "gap: no rule decides `incident=UNKNOWN, freeze=OFF or UNKNOWN`",
        ]
    );
}

#[test]
fn a_rule_that_decides_nothing_names_those_that_come_first() {
    let (_, warnings) = Table::compile(
        rules(&[
            ("secrets", &[("kind", &["Secret*"])], 1),
            ("image", &[("path", &["/spec/*/image"])], 2),
            ("frozen", &[("freeze", &["ON"])], 3),
            ("open", &[("freeze", &["OFF"])], 4),
            ("shadowed-kind", &[("kind", &["Secret", "SecretStore"]), ("freeze", &["UNKNOWN"])], 5),
            ("half-shadowed", &[("kind", &["Secret", "Pod"])], 5),
            ("shadowed-path", &[("path", &["/spec/app/image"]), ("domain", &["dns", "network"])], 6),
            ("shadowed-words", &[("freeze", &["ON", "OFF"])], 7),
            ("rest", &[], 8),
            ("after", &[("kind", &["Pod"])], 9),
        ]),
        0,
    )
    .unwrap();
    assert_eq!(
        messages(&warnings),
        [
            "unreachable-rule: `shadowed-kind` decides nothing: `secrets` comes first",
            "waiting-rule: `half-shadowed` decides nothing: `frozen`, `open` come first or wait for facts",
            "unreachable-rule: `shadowed-path` decides nothing: `image` comes first",
            "unreachable-rule: `shadowed-words` decides nothing: `frozen`, `open` come first",
            "waiting-rule: `rest` decides nothing: `frozen`, `open` come first or wait for facts",
            "unreachable-rule: `after` decides nothing: `half-shadowed` comes first",
        ]
    );
}

#[test]
fn a_table_that_is_too_entangled_is_never_called_total() {
    // Total only by its last two rules; the ones before leave more and more pieces.
    let list = rules(&[
        ("a", &[("freeze", &["ON"]), ("sync", &["SYNCED"]), ("incident", &["OPEN"])], 1),
        ("b", &[("freeze", &["OFF"]), ("health", &["HEALTHY"]), ("cost", &["OVER"])], 2),
        ("c", &[("actor", &["HUMAN"]), ("dependency", &["CHANGED"]), ("sync", &["UNKNOWN"])], 3),
        ("d", &[("change", &["ADDED", "REMOVED"])], 4),
        ("e", &[("change", &["CHANGED", "REORDERED"])], 5),
    ]);
    let space = Space::of_rules(&list.iter().collect::<Vec<_>>());
    let codes = |found: Vec<TableError>| found.iter().map(|error| (error.code, error.warning)).collect::<Vec<_>>();
    assert_eq!(codes(analysis::gaps(&list, &space, Budget::USUAL)), []);
    assert_eq!(codes(analysis::gaps(&list, &space, Budget(1))), [("not-proven", false)]);
    assert_eq!(codes(analysis::warnings(&list, &space, Budget::USUAL)), []);
    assert_eq!(codes(analysis::warnings(&list, &space, Budget(8))), [("not-proven", true)]);
}

#[test]
fn ten_thousand_rules_decide_and_nothing_is_claimed_to_be_proven_of_them() {
    let rule = |kind: usize| {
        let when = When::compile(&[Condition::new("kind", vec![format!("Kind{kind}")])]).unwrap();
        Rule::new(format!("r{kind}"), when, 1, "a kind of its own")
    };
    let compile = |rest: Option<u8>| {
        let rest = rest.map(|outcome| Rule::new("rest", When::default(), outcome, "all others"));
        Table::compile((0..10_000).map(rule).chain(rest).collect(), 0)
    };
    let open = compile(None).unwrap_err();
    let codes: Vec<_> = open.iter().map(|error| (error.code, error.warning)).collect();
    assert_eq!(codes, [("not-proven", false), ("not-proven", true)]);
    let ((table, warnings), (other, _)) = (compile(Some(2)).unwrap(), compile(Some(3)).unwrap());
    let said = "a table of 10001 rules is too long to prove that every rule changes something";
    assert_eq!(warnings.iter().map(|warning| warning.message.as_str()).collect::<Vec<_>>(), [said]);
    assert!(!table.analysis().proven);
    assert!(table.compare(&table).proven && !table.compare(&other).proven);
    let resource = ResourceRef::kubernetes("", "v1", "Kind9999", "a", "b");
    assert_eq!(*table.decide(&Case::new(&resource, &facts(json!({})))).outcome, 1);
}

#[test]
fn s0_3_what_nobody_knows_is_waited_for_unless_the_rule_says_otherwise() {
    let (table, _) = Table::compile(
        rules(&[
            ("emergency", &[("incident", &["OPEN"])], 1),
            ("unauthorized", &[("changeRecord", &["NONE"]), ("incident", &["CLOSED", "NONE", "UNKNOWN"])], 2),
            ("frozen", &[("freeze", &["ON"])], 3),
            ("rest", &[], 3),
        ]),
        0,
    )
    .unwrap();
    let resource = ResourceRef::default();
    for (given, rule, outcome, missing) in [
        (json!({"incident": "OPEN"}), Some("emergency"), 1, ""),
        (json!({"incident": "NONE", "changeRecord": "NONE"}), Some("unauthorized"), 2, ""),
        (json!({"changeRecord": "NONE"}), Some("unauthorized"), 2, "incident"),
        // `rest` does not take UNKNOWN, so nothing is decided.
        (json!({"changeRecord": "MATCHED"}), None, 0, "incident, freeze"),
        (json!({}), None, 0, "incident, changeRecord, freeze"),
        (json!({"incident": "NONE"}), None, 0, "changeRecord, freeze"),
        // A freeze could not have changed the answer, which is the same in both rules.
        (json!({"incident": "NONE", "changeRecord": "MATCHED"}), Some("rest"), 3, ""),
    ] {
        let facts = facts(given.clone());
        let decided = table.decide(&Case::new(&resource, &facts));
        let found = (decided.rule.map(|rule| rule.id.as_str()), *decided.outcome, decided.missing.to_string());
        assert_eq!(found, (rule, outcome, missing.to_owned()), "{given}");
    }
}

#[test]
fn a_refusal_names_the_first_column_that_refused_or_was_waited_for() {
    let (table, _) = Table::compile(
        rules(&[
            ("a", &[("incident", &["OPEN"]), ("kind", &["Secret"])], 1),
            ("b", &[("freeze", &["ON"]), ("kind", &["Pod"])], 2),
            ("c", &[("freeze", &["*", "UNKNOWN"])], 3),
            ("d", &[("kind", &["Pod"])], 4),
        ]),
        0,
    )
    .unwrap();
    let (resource, facts) = (ResourceRef::kubernetes("", "v1", "Pod", "a", "b"), Facts::default());
    let refused = table.refusals(&Case::new(&resource, &facts));
    let refused: Vec<_> = refused.iter().map(|refusal| (refusal.rule.as_str(), refusal.column.as_str())).collect();
    assert_eq!(refused, [("a", "kind"), ("b", "freeze")]);
}

#[test]
fn the_root_of_a_resource_is_a_path_like_any_other() {
    let (table, _) = Table::compile(rules(&[("spec", &[("path", &["/spec"])], 1), ("rest", &[], 2)]), 0).unwrap();
    let (resource, facts) = (ResourceRef::default(), Facts::default());
    let change = Change::new(FieldPath::default(), ChangeKind::Removed, Relation::Undetermined, Disposition::Drift);
    assert_eq!(*table.decide(&Case::new(&resource, &facts).of_written_change(&change)).outcome, 2);
    // Without any change nobody knows.
    assert_eq!(table.decide(&Case::new(&resource, &facts)).missing.to_string(), "path");
}

// A small world: three facts, one column that is always known, two globs. Small enough to try every case.

const WORLD: [(&str, &[&str]); 5] = [
    ("freeze", &["ON", "OFF", "UNKNOWN"]),
    ("incident", &["OPEN", "CLOSED", "NONE", "UNKNOWN"]),
    ("sync", &["SYNCED", "OUT_OF_SYNC", "UNKNOWN"]),
    ("change", &["ADDED", "REMOVED", "CHANGED", "REORDERED"]),
    ("kind", &["Pod", "Po*", "*"]),
];

/// A rule's lists: one bit a word of the world, none for a column that it does not ask about.
fn small_rules() -> impl Strategy<Value = Vec<Rule<u8>>> {
    let row = (proptest::collection::vec(prop_oneof![1 => Just(0_u8), 1 => 1_u8..16], WORLD.len()), 0_u8..3);
    proptest::collection::vec(row, 1..7).prop_map(|rows| {
        let rule = |(index, (lists, outcome)): (usize, (Vec<u8>, u8))| {
            let mut entries = Vec::new();
            for ((column, words), list) in WORLD.iter().zip(lists) {
                let listed = words.iter().enumerate().filter(|(at, _)| (list >> at) & 1 == 1);
                let values: Vec<_> = listed.map(|(_, word)| (*word).to_owned()).collect();
                if !values.is_empty() {
                    entries.push(Condition::new(*column, values));
                }
            }
            Rule::new(format!("r{index}"), When::compile(&entries).unwrap(), outcome, "")
        };
        rows.into_iter().enumerate().map(rule).collect()
    })
}

#[derive(Clone, Debug)]
struct World {
    facts: Facts,
    change: ChangeKind,
    kind: &'static str,
}

impl World {
    fn all() -> Vec<Self> {
        let mut worlds = Vec::new();
        for freeze in [Fact::Unknown, Freeze::On.into(), Freeze::Off.into()] {
            for incident in [None, Some("OPEN"), Some("CLOSED"), Some("NONE")] {
                for sync in [Fact::Unknown, SyncStatus::Synced.into(), SyncStatus::OutOfSync.into()] {
                    for change in ChangeKind::ALL {
                        for kind in ["Pod", "Policy", "Node"] {
                            let mut facts = Facts::default();
                            facts.freeze = freeze.clone();
                            facts.sync = sync.clone();
                            facts.incident = incident.map_or(Fact::Unknown, |state| incident_of(state).into());
                            worlds.push(Self { facts, change: *change, kind });
                        }
                    }
                }
            }
        }
        worlds
    }

    fn with<R>(&self, look: impl FnOnce(&Case<'_>) -> R) -> R {
        let resource = ResourceRef::kubernetes("", "v1", self.kind, "a", "b");
        let change = Change::new(FieldPath::default(), self.change, Relation::Differs, Disposition::Drift);
        look(&Case::new(&resource, &self.facts).of_written_change(&change))
    }
}

fn incident_of(state: &str) -> Incident {
    serde_json::from_value(json!({"state": state})).unwrap()
}

/// Does the rule take the world for certain? Read from the lists, without the machinery.
fn certain(rule: &Rule<u8>, world: &World) -> bool {
    world.with(|case| matches!(rule.when.meets(case), condition::Answer::Yes))
}

proptest! {
    #[test]
    fn a_gap_is_reported_exactly_where_trying_every_case_finds_one(rules in small_rules()) {
        let undecided: Vec<_> =
            World::all().into_iter().filter(|world| !rules.iter().any(|rule| certain(rule, world))).collect();
        let compiled = Table::compile(rules, 9);
        prop_assert_eq!(compiled.is_err(), !undecided.is_empty(), "{:?}", undecided.first());
    }

    #[test]
    fn a_rule_is_called_unreachable_exactly_where_trying_every_case_finds_no_use(rules in small_rules()) {
        let table = Table { blocks: Block::all(&rules), rules, on_unknown: 9 };
        let worlds = World::all();
        let decides = |rule: &&Rule<u8>| {
            let by = |world: &World| world.with(|case| table.decide(case).rule.is_some_and(|by| by.id == rule.id));
            worlds.iter().any(by)
        };
        let useless: Vec<usize> = (0..).zip(table.rules()).filter(|(_, rule)| !decides(rule)).map(|(index, _)| index).collect();
        let analysis = table.analysis();
        prop_assert!(analysis.proven);
        prop_assert_eq!(analysis.unreachable.iter().map(|shadowed| shadowed.rule).collect::<Vec<_>>(), useless);
    }

    #[test]
    fn law_3_forgetting_a_fact_gives_the_same_or_on_unknown_or_what_a_rule_says_of_unknown(rules in small_rules()) {
        let mut rules = rules;
        rules.push(Rule::new("rest", When::default(), 2, ""));
        let (table, _) = Table::compile(rules, 9).unwrap();
        for world in World::all() {
            let before = world.with(|case| *table.decide(case).outcome);
            for column in [Column::Incident, Column::Freeze, Column::Sync] {
                let mut forgot = world.clone();
                match column {
                    Column::Incident => forgot.facts.incident = Fact::Unknown,
                    Column::Freeze => forgot.facts.freeze = Fact::Unknown,
                    _ => forgot.facts.sync = Fact::Unknown,
                }
                let (after, asked) = forgot.with(|case| {
                    let decided = table.decide(case);
                    let asked = decided.rule.is_some_and(|rule| rule.when.names_unknown().contains(column));
                    (*decided.outcome, asked)
                });
                prop_assert!(before == after || after == 9 || asked, "without {column}: {before} became {after}");
            }
        }
    }

    #[test]
    fn what_is_decided_without_missing_facts_is_decided_whatever_they_are(rules in small_rules()) {
        let mut rules = rules;
        rules.push(Rule::new("rest", When::default(), 2, ""));
        let (table, _) = Table::compile(rules, 9).unwrap();
        for world in World::all() {
            let (outcome, settled) = world.with(|case| {
                let decided = table.decide(case);
                let by = decided.rule.is_some_and(|rule| rule.when.names_unknown().is_empty());
                (*decided.outcome, by && decided.missing.is_empty())
            });
            if !settled || world.facts.incident != Fact::Unknown {
                continue;
            }
            for state in [IncidentState::Open, IncidentState::Closed, IncidentState::None] {
                let mut learned = world.clone();
                learned.facts.incident = incident_of(state.word()).into();
                let (after, asked) = learned.with(|case| {
                    let decided = table.decide(case);
                    (*decided.outcome, decided.rule.is_none())
                });
                prop_assert!(after == outcome || asked, "{world:?} with {state}: {outcome} became {after}");
            }
        }
    }
}

#[test]
fn what_no_facts_can_say_is_no_gap() {
    // A record that does not exist accepts nothing, and one that nobody knows of says nothing.
    let (table, warnings) = Table::compile(
        rules(&[
            ("accepted", &[("accepted", &["true"])], 1),
            ("none", &[("changeRecord", &["NONE"])], 2),
            ("refused", &[("accepted", &["false"])], 3),
            ("silent", &[("accepted", &["UNKNOWN"])], 4),
        ]),
        0,
    )
    .unwrap();
    assert_eq!(messages(&warnings), Vec::<String>::new());
    assert!(table.analysis().proven);
    let gap = Table::compile(
        rules(&[("accepted", &[("accepted", &["true", "UNKNOWN"])], 1), ("none", &[("changeRecord", &["NONE"])], 2)]),
        0,
    );
    assert_eq!(
        messages(&gap.unwrap_err()),
        ["gap: no rule decides `changeRecord=MATCHED or UNMATCHED, accepted=false`"]
    );
}

#[test]
fn a_rule_may_be_there_for_several_candidates() {
    let (_, warnings) = Table::compile(
        rules(&[
            ("person", &[("actor", &["HUMAN"])], 1),
            ("pipeline", &[("actor", &["PIPELINE"])], 2),
            ("nobody", &[("actor", &["UNKNOWN"])], 3),
            ("either", &[("actor", &["HUMAN", "PIPELINE", "UNKNOWN"])], 4),
            ("rest", &[("actor", &["*", "UNKNOWN"])], 5),
        ]),
        0,
    )
    .unwrap();
    assert_eq!(messages(&warnings), Vec::<String>::new());
}

#[test]
fn a_gap_comes_as_facts_that_can_be_pasted_into_a_test() {
    let gap = Table::compile(
        rules(&[
            ("frozen", &[("freeze", &["ON"])], 1),
            ("secret", &[("kind", &["Secret"]), ("upgrade", &["RECENT", "UNKNOWN"]), ("freeze", &["*", "UNKNOWN"])], 2),
            ("rest", &[("path", &["/spec"]), ("freeze", &["*", "UNKNOWN"])], 3),
            ("existing", &[("existence", &["MANAGED"])], 3),
        ]),
        0,
    );
    let errors = gap.unwrap_err();
    let [error, upgraded] = &errors[..] else { panic!("{errors:?}") };
    let message = "no rule decides `existence=DELETED_OUTSIDE or UNTRACKED or NOT_CREATED or 6 more, kind=anything else, \
                   path=anything else, freeze=OFF or UNKNOWN`";
    let help = "add a rule for it, or end with one whose `when` is empty; in a test: \
                `given: {\"changes\":[{\"path\":\"/other\"}],\"existence\":\"DELETED_OUTSIDE\",\"facts\":{\"freeze\":\"OFF\"},\
                \"resource\":{\"kind\":\"other\",\"name\":\"other\",\"namespace\":\"other\",\"system\":\"KUBERNETES\",\"version\":\"v1\"}}`";
    assert_eq!(error.message, message);
    assert_eq!(error.help, help);
    // What depends on the time says what time it is.
    let given = "`given: {\"changes\":[{\"path\":\"/other\"}],\"existence\":\"DELETED_OUTSIDE\",\"facts\":{\"freeze\":\"OFF\",\
                 \"lastUpgrade\":{\"at\":\"1970-01-01T00:00:00Z\",\"name\":\"provider\",\"what\":\"PROVIDER\"}},\
                 \"now\":\"2026-07-03T00:00:00Z\"}`";
    assert!(upgraded.help.ends_with(given), "{}", upgraded.help);
}

#[test]
fn globs_that_cannot_be_taken_apart_are_never_called_proven() {
    let list = |last: Entries| {
        rules(&[("a", &[("kind", &["{a,{b,c}}*"])], 1), ("b", &[("kind", &["x"])], 2), ("rest", last, 3)])
    };
    let (table, warnings) = Table::compile(list(&[]), 0).unwrap();
    assert_eq!(
        messages(&warnings),
        ["not-proven: the patterns of kind are too entangled to prove that every rule changes something"]
    );
    assert!(!table.analysis().proven && !table.compare(&table).proven);
    // Whatever they take, something is left.
    let errors = Table::compile(list(&[("kind", &["y"])]), 0).unwrap_err();
    assert_eq!(errors[0].code, "gap");
}

#[test]
fn a_record_that_says_nothing_of_acceptance_is_waited_for() {
    let (table, _) =
        Table::compile(rules(&[("accepted", &[("accepted", &["true"])], 1), ("rest", &[], 2)]), 0).unwrap();
    let resource = ResourceRef::default();
    let record: ChangeRecord = serde_json::from_value(json!({"state": "MATCHED"})).unwrap();
    let mut facts = Facts::default();
    facts.change_record = record.into();
    assert_eq!(table.decide(&Case::new(&resource, &facts)).missing.to_string(), "accepted");
}
