//! The cases that scenarios do not try, made up and written down: a `DriftPolicyTest` to read, to correct and to keep.
//!
//! A case is looked for from the rule backwards: the rule's own columns are given, then those of rules of the earlier
//! tables that lead to the class, domain and risk it asks for; and as long as an earlier rule stands in the way, the one
//! value is changed that clears most. What is found is run before it is written down, so that a case never claims what
//! the engine does not say.

use std::collections::{BTreeMap, BTreeSet};

use drift_model::{Domain, Finding, Observation, Observed, PlaneState, Planes, canonical_text};
use serde_json::{Value, json};

use super::assignment::{Assignment, OTHERS, base, concrete, give, written};
use super::coverage::{TABLES, decides, refuses};
use super::outcome::Outcome;
use super::scenario::{Given, Scenario, Subject};
use crate::documents::{column_of, given_of};
use crate::engine::Engine;
use crate::finding::Judged;
use crate::seen::Seen;
use crate::table::{Answer, Case, Column, Rule, Table, When};

/// How often one value is changed before a case is given up.
const STEPS: usize = 40;
/// How many ways through the earlier tables are tried.
const WAYS: usize = 96;

/// The cases that these scenarios and those of the policy's documents do not try, as one `DriftPolicyTest` document in
/// canonical JSON, each with what the engine says today; `None` if there is none that could be found. What it expects is to
/// be read by somebody: it says what is, not what should be.
#[must_use]
pub fn missing_cases(engine: &Engine, scenarios: &[Scenario]) -> Option<String> {
    let mut coverage = super::run(engine, scenarios).coverage;
    for document in engine.policy().tests() {
        document.spec.iter().for_each(|scenario| coverage.count(&scenario.given.run(engine)));
    }
    let search = Search::new(engine);
    let mut cases = Vec::new();
    let tables = coverage.tables.clone();
    for (index, (table, _)) in TABLES.into_iter().enumerate() {
        let Some(of_table) = tables.iter().find(|known| known.table == table) else { continue };
        for (place, rule) in of_table.rules.iter().enumerate() {
            let untried = |coverage: &super::Coverage| {
                let table = coverage.tables.iter().find(|known| known.table == table);
                table.and_then(|table| table.rules.get(place).cloned())
            };
            let whole =
                untried(&coverage).is_some_and(|rule| rule.decided && rule.columns.iter().all(|(_, tried)| *tried));
            if whole {
                continue;
            }
            let Some((found, case, outcome)) = search.deciding(index, place, table, &rule.id) else { continue };
            if untried(&coverage).is_some_and(|rule| !rule.decided) {
                coverage.count(&outcome);
                cases.push(case);
            }
            for (column, _) in &rule.columns {
                let tried = untried(&coverage).is_some_and(|rule| rule.columns.contains(&(column, true)));
                if tried {
                    continue;
                }
                let name = refuses(table, &rule.id, column);
                let refused = search.changed(&found, column).into_iter().find_map(|assignment| {
                    search.case(&assignment, &name).filter(|(_, outcome)| refused(outcome, table, &rule.id, column))
                });
                if let Some((case, outcome)) = refused {
                    coverage.count(&outcome);
                    cases.push(case);
                }
            }
        }
    }
    (!cases.is_empty()).then(|| {
        canonical_text(&json!({
            "apiVersion": "drift.example/v1", "kind": "DriftPolicyTest", "metadata": {"name": "missing-cases"},
            "spec": {"cases": cases},
        }))
    })
}

fn decided(outcome: &Outcome, table: &str, rule: &str) -> bool {
    outcome.findings.iter().any(|(finding, routed)| {
        let step = finding.trace.iter().find(|step| step.table == table);
        step.map_or(routed.rule == rule && table == "routes", |step| step.rule == rule)
    })
}

fn refused(outcome: &Outcome, table: &str, rule: &str, column: &str) -> bool {
    outcome.findings.iter().any(|(finding, routed)| {
        let step = finding.trace.iter().find(|step| step.table == table);
        let refused = step.map_or(&routed.refused, |step| &step.refused);
        refused.iter().any(|refusal| refusal.rule == rule && refusal.column == column)
    })
}

/// The columns of a rule, with the values it takes as they are written.
type Asked = Vec<(Column, Vec<String>)>;

/// A rule that shall decide: its table, and its place there.
type Wanted = (usize, usize);

struct Search<'e> {
    engine: &'e Engine,
    /// For each table, each rule.
    asked: [Vec<Asked>; 4],
    /// For each column, the values that are worth a try.
    values: BTreeMap<Column, BTreeSet<String>>,
}

impl<'e> Search<'e> {
    fn new(engine: &'e Engine) -> Self {
        let asked =
            TABLES.map(|(_, kind)| engine.policy().written_rules(kind).iter().map(asked).collect::<Vec<Asked>>());
        let mut values: BTreeMap<Column, BTreeSet<String>> = BTreeMap::new();
        for column in Column::ALL.iter().copied() {
            let words = column.values().words();
            values.insert(column, words.iter().map(|word| concrete(column, word)).collect());
        }
        for (column, written) in asked.iter().flatten().flatten() {
            let known = values.entry(*column).or_default();
            known.extend(written.iter().filter(|text| *text != "UNKNOWN").map(|text| concrete(*column, text)));
        }
        for (column, other) in OTHERS {
            values.entry(*column).or_default().insert((*other).to_owned());
        }
        Self { engine, asked, values }
    }

    /// Values with which a rule decides, and the case that shows it.
    fn deciding(&self, index: usize, place: usize, table: &str, rule: &str) -> Option<(Assignment, Value, Outcome)> {
        self.ways(index, place).into_iter().take(WAYS).find_map(|(wanted, start)| {
            let found = self.cleared(&wanted, start)?;
            let (case, outcome) = self.case(&found, &decides(table, rule))?;
            decided(&outcome, table, rule).then_some((found, case, outcome))
        })
    }

    /// The ways through the earlier tables to what a rule asks: rules that shall decide, and what they ask together.
    fn ways(&self, table: usize, place: usize) -> Vec<(Vec<Wanted>, Assignment)> {
        let Some(asked) = self.asked.get(table).and_then(|rules| rules.get(place)) else { return Vec::new() };
        let of = |column: Column| asked.iter().find(|(asked, _)| *asked == column).map(|(_, values)| values.as_slice());
        let policy = self.engine.policy();
        let classes: Vec<Option<usize>> = match of(Column::Class).filter(|_| table > 1) {
            Some(classes) => {
                let rules = policy.classification().rules().iter().enumerate();
                let wanted = rules.filter(|(_, rule)| classes.iter().any(|class| class == rule.outcome.class.word()));
                wanted.map(|(index, _)| Some(index)).collect()
            }
            // What is not asked may still have to be known: of a class that nobody is sure of, nothing bold is decided.
            None if table > 1 => {
                let all = (0..policy.classification().rules().len()).map(Some);
                std::iter::once(None).chain(all).collect()
            }
            None => vec![None],
        };
        let domains: Vec<Option<usize>> = match (of(Column::Domain), of(Column::Risk)) {
            (None, None) => vec![None],
            _ if table == 0 => vec![None],
            (domains, risks) => {
                let in_domain = |rule: &Rule<crate::documents::Domained>| {
                    domains.is_none_or(|domains| domains.iter().any(|text| is_domain(text, &rule.outcome)))
                };
                let at_risk = |rule: &Rule<crate::documents::Domained>| {
                    risks.is_none_or(|risks| risks.iter().any(|risk| risk == rule.outcome.risk.word()))
                };
                let rules = policy.taxonomy().rules().iter().enumerate();
                rules.filter(|(_, rule)| in_domain(rule) && at_risk(rule)).map(|(index, _)| Some(index)).collect()
            }
        };
        let mut ways = Vec::new();
        for domain in &domains {
            for class in &classes {
                let wanted: Vec<Wanted> =
                    [domain.map(|rule| (0, rule)), class.map(|rule| (1, rule)), Some((table, place))]
                        .into_iter()
                        .flatten()
                        .collect();
                let mut start = base();
                for (table, place) in wanted.iter().rev() {
                    let asked = self.asked.get(*table).and_then(|rules| rules.get(*place));
                    for (column, values) in asked.into_iter().flatten() {
                        give(&mut start, *column, values);
                    }
                }
                ways.push((wanted, start));
            }
        }
        ways
    }

    /// The assignment, changed value by value until nothing stands in the way of those that shall decide.
    fn cleared(&self, wanted: &[Wanted], mut assignment: Assignment) -> Option<Assignment> {
        let mut obstacles = self.obstacles(wanted, &assignment);
        for _ in 0..STEPS {
            let Some(first) = obstacles.first() else { return Some(assignment) };
            let columns = self.asked.get(first.0).and_then(|rules| rules.get(first.1))?;
            let mut best = None;
            for (column, _) in columns {
                for changed in self.changed_column(&assignment, *column) {
                    let left = self.obstacles(wanted, &changed);
                    if best.as_ref().is_none_or(|(fewest, _): &(Vec<Wanted>, _)| left.len() < fewest.len()) {
                        best = Some((left, changed));
                    }
                }
            }
            let (left, changed) = best.filter(|(left, _)| left.len() < obstacles.len())?;
            (obstacles, assignment) = (left, changed);
        }
        None
    }

    /// The same assignment with another value in a column, by the name that refusals have for it.
    fn changed(&self, assignment: &Assignment, name: &str) -> Vec<Assignment> {
        column_of(name).map(|column| self.changed_column(assignment, column)).unwrap_or_default()
    }

    fn changed_column(&self, assignment: &Assignment, column: Column) -> Vec<Assignment> {
        let values = self.values.get(&column).into_iter().flatten();
        let with = |value: Option<&String>| {
            let mut changed = assignment.clone();
            match value {
                Some(value) => drop(changed.insert(column, value.clone())),
                None => drop(changed.remove(&column)),
            }
            changed
        };
        values.map(|value| with(Some(value))).chain(column.is_fact().then(|| with(None))).collect()
    }

    /// The rules that keep those that shall decide from it: earlier ones that do not refuse, and they themselves where
    /// they do not hold.
    fn obstacles(&self, wanted: &[Wanted], assignment: &Assignment) -> Vec<Wanted> {
        let Some(given) = given_of(&written(assignment)) else { return wanted.to_vec() };
        let Subject::Changes { resource, existence, changes } = &given.subject else { return wanted.to_vec() };
        let nothing = || PlaneState::new(Observed::NotKept);
        let observation = Observation::new("given", (**resource).clone(), Planes::new(nothing(), nothing()));
        let Some(change) = changes.first() else { return wanted.to_vec() };
        let judged = Judged::new(self.engine, &observation, &given.facts, *existence, Seen::Written(change));
        let policy = self.engine.policy();
        let mut found = Vec::new();
        for (table, place) in wanted {
            let mut take = |standing: Vec<usize>| found.extend(standing.into_iter().map(|rule| (*table, rule)));
            match table {
                0 => take(standing(policy.taxonomy(), *place, &judged.case)),
                1 => take(standing(policy.classification(), *place, &judged.case)),
                2 => take(standing(policy.decision(), *place, &judged.case)),
                _ => {
                    let finding = self.finding(&judged, resource.to_string(), &given);
                    let asked = policy.ask(Some(resource), &finding, &given.facts, |meets| {
                        standing_in(policy.routes(), *place, meets)
                    });
                    take(asked);
                }
            }
        }
        found
    }

    /// As much of a finding as routes ask for.
    fn finding(&self, judged: &Judged<'_>, resource: String, given: &Given) -> Finding {
        let digest = self.engine.digest();
        let mut finding = Finding::new(String::new(), resource, (judged.class, judged.risk), (digest, digest));
        finding.domain.clone_from(&judged.place.label);
        finding.relation = judged.change.relation();
        finding.environment = given.facts.environment.known().cloned();
        finding.owner = given.facts.owner.known().cloned();
        finding
    }

    /// A case of a document, with what the engine says of it.
    fn case(&self, assignment: &Assignment, name: &str) -> Option<(Value, Outcome)> {
        let given = written(assignment);
        let outcome = given_of(&given)?.run(self.engine);
        let (finding, routed) = outcome.findings.first()?;
        let decision = finding.trace.iter().find(|step| step.table == "decision")?;
        let expect = json!({
            "verdict": outcome.verdict, "class": finding.drift_class, "risk": finding.risk,
            "action": finding.actions.action, "autoHealAllowed": finding.auto_heal_allowed, "rule": decision.rule,
            "routes": routed.notify,
        });
        Some((json!({"name": name, "given": given, "expect": expect}), outcome))
    }
}

/// What a written rule asks.
fn asked(rule: &Value) -> Asked {
    let when = rule.get("when").or_else(|| rule.get("match")).and_then(Value::as_object);
    let column = |(name, values): (&String, &Value)| {
        let text = |value: &Value| match value {
            Value::String(text) if name == "severity" => Some(text.to_uppercase()),
            Value::String(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let values = match values {
            Value::Array(values) => values.iter().filter_map(text).collect(),
            one => text(one).into_iter().collect(),
        };
        Some((column_of(name)?, values))
    };
    when.into_iter().flatten().filter_map(column).collect()
}

fn is_domain(text: &str, outcome: &crate::documents::Domained) -> bool {
    let word = text.to_ascii_uppercase().replace('-', "_");
    text == "*" || text == outcome.label || word.parse::<Domain>() == Ok(outcome.domain)
}

fn standing<T>(table: &Table<T>, place: usize, case: &Case<'_>) -> Vec<usize> {
    standing_in(table, place, &|when| when.meets(case))
}

fn standing_in<T>(table: &Table<T>, place: usize, meets: &dyn Fn(&When) -> Answer) -> Vec<usize> {
    let stands = |(index, rule): (usize, &Rule<T>)| {
        let answer = meets(&rule.when);
        let clear = if index == place { answer == Answer::Yes } else { matches!(answer, Answer::No(_)) };
        (!clear).then_some(index)
    };
    table.rules().iter().take(place.saturating_add(1)).enumerate().filter_map(stands).collect()
}
