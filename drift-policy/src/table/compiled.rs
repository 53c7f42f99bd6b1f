//! `Block`: sixty-four rules compiled to one set of rules for each value of each column that they ask about.

use drift_model::PathPattern;

use super::case::Case;
use super::columns::{Column, Values};
use super::condition::Text;
use super::glob::Glob;
use super::rule::Rule;

/// How many rules a block holds: one bit each.
pub(super) const RULES: usize = 64;

/// Up to sixty-four rules that follow each other. A set of them is a `u64`.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The rules there are.
    rules: u64,
    /// The columns that any of them asks about: those of closed lists first, which cost least.
    cells: Vec<Cell>,
}

/// One column, and what the rules of a block say to each of its values.
#[derive(Clone, Debug)]
struct Cell {
    column: Column,
    /// The rules that do not ask.
    free: u64,
    /// The rules that take UNKNOWN.
    unknown: u64,
    /// By value, the rules that take it; where values are open, the rules that take whatever it is.
    values: Vec<u64>,
    /// The rules that take exactly this text, sorted.
    exactly: Vec<(String, u64)>,
    globs: Vec<(Glob, u64)>,
    paths: Vec<(PathPattern, u64)>,
}

/// Which rules take a case for certain, and which ones may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answers {
    pub(super) certain: u64,
    /// Those that are certain, and those that wait for a fact.
    pub(super) possible: u64,
}

impl Block {
    /// The rules of a table, in blocks.
    pub(super) fn all<T>(rules: &[Rule<T>]) -> Vec<Self> {
        rules.chunks(RULES).map(Self::of).collect()
    }

    fn of<T>(rules: &[Rule<T>]) -> Self {
        let asked = Column::ALL.iter().filter(|column| rules.iter().any(|rule| rule.when.test(**column).is_some()));
        let mut cells: Vec<Cell> = asked.map(|column| Cell::of(*column, rules)).collect();
        cells.sort_by_key(|cell| match cell.column.values() {
            Values::Words(_) => 0,
            Values::Domain | Values::System | Values::Names => 1,
            Values::Text | Values::Path => 2,
        });
        Self { rules: (0..rules.len()).fold(0, |set, index| set | rule(index)), cells }
    }

    /// What the rules say of a case.
    pub(super) fn answers(&self, case: &Case<'_>) -> Answers {
        let mut answers = Answers { certain: self.rules, possible: self.rules };
        for cell in &self.cells {
            let Answers { certain, possible } = cell.answers(case, answers.possible);
            answers.certain &= certain;
            answers.possible &= possible;
            if answers.possible == 0 {
                break;
            }
        }
        answers
    }
}

impl Cell {
    fn of<T>(column: Column, rules: &[Rule<T>]) -> Self {
        let values = column.values().words().len().max(1);
        let mut cell = Self {
            column,
            free: 0,
            unknown: 0,
            values: vec![0; values],
            exactly: Vec::new(),
            globs: Vec::new(),
            paths: Vec::new(),
        };
        for (index, asking) in rules.iter().enumerate() {
            let set = rule(index);
            let Some(test) = asking.when.test(column) else {
                cell.free |= set;
                continue;
            };
            if test.unknown {
                cell.unknown |= set;
            }
            for (value, takers) in cell.values.iter_mut().enumerate() {
                if test.takes_value(value) {
                    *takers |= set;
                }
            }
            for text in &test.texts {
                match text {
                    Text::Word(word) | Text::Glob(Glob::Exactly(word)) => cell.exactly.push((word.clone(), set)),
                    Text::Glob(glob) => add(&mut cell.globs, glob, set),
                    Text::Path(path) => add(&mut cell.paths, path, set),
                }
            }
        }
        cell.exactly.sort();
        cell.exactly.dedup_by(|later, first| {
            let same = later.0 == first.0;
            if same {
                first.1 |= later.1;
            }
            same
        });
        cell
    }

    /// What the column says of a case. Only the rules in `open` are still asked about.
    fn answers(&self, case: &Case<'_>, open: u64) -> Answers {
        match self.column.values() {
            Values::Words(_) => self.of_bits(case.possible(self.column)),
            Values::Domain => {
                self.of_bits(case.possible(self.column)).or(case.label().map_or(0, |label| self.exact(label)))
            }
            Values::System => {
                self.of_bits(case.possible(self.column)).or(case.own_system().map_or(0, |name| self.exact(name)))
            }
            Values::Text if self.column == Column::ComplianceScope => {
                let scopes = case.facts().compliance_scope.known();
                self.known(scopes.map(|scopes| scopes.iter().fold(0, |set, scope| set | self.matching(scope, open))))
            }
            Values::Text => self.known(case.text(self.column).map(|text| self.matching(text, open))),
            Values::Path => self.known(case.path().map(|path| {
                let covering = self.paths.iter().filter(|(pattern, set)| set & open != 0 && pattern.covers(path));
                covering.fold(0, |all, (_, set)| all | set)
            })),
            Values::Names => self.of_conditions(case),
        }
    }

    /// Several possible values are a value that is not quite known: all of them must be taken, or UNKNOWN beside one.
    fn of_bits(&self, possible: u16) -> Answers {
        if possible == 0 {
            return self.known(None);
        }
        let (mut all, mut any) = (u64::MAX, 0);
        let mut left = possible;
        while left != 0 {
            let index = usize::try_from(left.trailing_zeros()).unwrap_or(usize::MAX);
            let takers = self.values.get(index).copied().unwrap_or(0);
            all &= takers;
            any |= takers;
            left &= left.wrapping_sub(1);
        }
        Answers { certain: self.free | all | (any & self.unknown), possible: self.free | any }
    }

    /// The rules that take a text beside those that take any; none where the text is unknown.
    fn known(&self, takers: Option<u64>) -> Answers {
        let whatever = self.values.first().copied().unwrap_or(0);
        takers.map_or(Answers { certain: self.free | self.unknown, possible: u64::MAX }, |takers| {
            let takers = self.free | whatever | takers;
            Answers { certain: takers, possible: takers }
        })
    }

    /// One condition that holds is enough; that none holds is known only when all are.
    fn of_conditions(&self, case: &Case<'_>) -> Answers {
        let (mut holding, mut open, mut naming) = (0, 0, 0);
        for (name, set) in &self.exactly {
            naming |= set;
            match case.facts().condition(name) {
                Some(true) => holding |= set,
                Some(false) => {}
                None => open |= set,
            }
        }
        // A list of UNKNOWN alone asks whether anything is known of conditions at all.
        if case.facts().conditions.known().is_none() {
            open |= !(self.free | naming);
        }
        Answers { certain: self.free | holding | (open & self.unknown), possible: self.free | holding | open }
    }

    fn exact(&self, text: &str) -> u64 {
        let found = self.exactly.binary_search_by(|(exact, _)| exact.as_str().cmp(text));
        found.ok().and_then(|index| self.exactly.get(index)).map_or(0, |(_, set)| *set)
    }

    fn matching(&self, text: &str, open: u64) -> u64 {
        let globs = self.globs.iter().filter(|(glob, set)| set & open != 0 && glob.takes(text));
        globs.fold(self.exact(text), |all, (_, set)| all | set)
    }
}

impl Answers {
    /// The rules that wait for a fact, before the first that is certain.
    pub(super) const fn waiting(self) -> u64 {
        let first = self.certain & self.certain.wrapping_neg();
        self.possible & !self.certain & first.wrapping_sub(1)
    }

    fn or(self, certain: u64) -> Self {
        Self { certain: self.certain | certain, possible: self.possible | certain }
    }
}

fn add<P: Clone + PartialEq>(list: &mut Vec<(P, u64)>, pattern: &P, rule: u64) {
    match list.iter_mut().find(|(other, _)| other == pattern) {
        Some((_, set)) => *set |= rule,
        None => list.push((pattern.clone(), rule)),
    }
}

/// The set of the rule with this index in its block.
fn rule(index: usize) -> u64 {
    u32::try_from(index).ok().and_then(|index| 1u64.checked_shl(index)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use drift_model::{Change, ChangeKind, Disposition, Domain, Facts, Relation, ResourceRef, System};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::table::condition::{Answer, Condition, When};

    /// Columns of every kind, with what is written of them.
    const WRITTEN: &[(&str, &[&[&str]])] = &[
        (
            "actor",
            &[&["HUMAN"], &["HUMAN", "PIPELINE"], &["ROOT", "UNKNOWN"], &["*"], &["UNKNOWN"], &["PIPELINE", "UNKNOWN"]],
        ),
        ("domain", &[&["NETWORK"], &["cloud-network"], &["our-own", "SECRET"], &["*"]]),
        ("system", &[&["GENERIC"], &["GENERIC:datadog"], &["KUBERNETES", "GENERIC:*"], &["*"]]),
        ("complianceScope", &[&["pci*"], &["sox"], &["sox", "UNKNOWN"], &["*"], &["UNKNOWN"]]),
        ("condition", &[&["hpa"], &["hpa", "none"], &["vpa", "UNKNOWN"], &["UNKNOWN"], &["none"]]),
        ("environment", &[&["prod"], &["prod*"], &["*", "UNKNOWN"], &["{dev,test}"], &["UNKNOWN"]]),
        ("path", &[&["/a"], &["/a/*"], &["/b", "/a/c"], &["/**"]]),
        ("kind", &[&["Pod"], &["*d"], &["P?d", "Secret"], &["*"]]),
    ];

    fn cases() -> impl Strategy<Value = (Value, &'static str, Option<&'static str>, Option<&'static str>, System)> {
        let pick = |values: Value| proptest::sample::select(values.as_array().unwrap().clone());
        let facts = (
            pick(json!([null, [], [{"kind": "HUMAN"}], [{"kind": "HUMAN"}, {"kind": "PIPELINE"}], [{"kind": "ROOT"}]])),
            pick(json!([null, [], ["sox"], ["pci-dss", "x"]])),
            pick(json!([null, {}, {"hpa": true}, {"hpa": false, "vpa": false}, {"vpa": true}])),
            pick(json!([null, "prod", "prod-eu", "test"])),
        );
        let facts = facts.prop_map(|(actors, scope, conditions, environment)| {
            json!({"actors": actors, "complianceScope": scope, "conditions": conditions, "environment": environment})
        });
        let path = proptest::sample::select(vec![None, Some(""), Some("/a"), Some("/a/c"), Some("/b/c")]);
        let label = proptest::sample::select(vec![None, Some("cloud-network"), Some("dns"), Some("our-own")]);
        let kind = proptest::sample::select(vec!["Pod", "Pad", "Secret", ""]);
        let system =
            proptest::sample::select(vec![System::Kubernetes, System::Generic, System::Other("datadog".into())]);
        (facts, kind, path, label, system)
    }

    proptest! {
        #[test]
        fn a_block_says_what_each_of_its_rules_says(
            picks in proptest::collection::vec(proptest::collection::vec(any::<Option<prop::sample::Index>>(), WRITTEN.len()), 1..RULES + 1),
            (facts, kind, path, label, system) in cases(),
        ) {
            let rule = |(index, pick): (usize, &Vec<Option<prop::sample::Index>>)| {
                let asked = WRITTEN.iter().zip(pick).filter_map(|((column, lists), pick)| {
                    let list = pick.as_ref()?.get(lists);
                    Some(Condition::new(*column, list.iter().map(|one| (*one).to_owned()).collect()))
                });
                Rule::new(format!("r{index}"), When::compile(&asked.collect::<Vec<_>>()).unwrap(), 0, "")
            };
            let rules: Vec<Rule<u8>> = picks.iter().enumerate().map(rule).collect();
            let facts: Facts = serde_json::from_value(facts).unwrap();
            let mut resource = ResourceRef::kubernetes("", "v1", kind, "a", "b");
            resource.system = system;
            let path = path.map(|path| path.parse().unwrap());
            let change = path.map(|path| Change::new(path, ChangeKind::Changed, Relation::Differs, Disposition::Drift));
            let mut case = Case::new(&resource, &facts);
            if let Some(change) = &change {
                case = case.of_written_change(change);
            }
            if let Some(label) = label {
                case = case.in_domain(Domain::Network, label);
            }
            let [block] = &Block::all(&rules)[..] else { panic!("one block") };
            let answers = block.answers(&case);
            for (index, one) in rules.iter().enumerate() {
                let (certain, possible) = (answers.certain & super::rule(index) != 0, answers.possible & super::rule(index) != 0);
                let expected = match one.when.meets(&case) {
                    Answer::Yes => (true, true),
                    Answer::Maybe(_) => (false, true),
                    Answer::No(_) => (false, false),
                };
                prop_assert_eq!((certain, possible), expected, "{} {:?}", one.when, case);
            }
        }
    }
}
