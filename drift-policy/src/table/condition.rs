//! `When`: what a rule asks, compiled to one test a column.

use std::collections::BTreeMap;

use drift_model::{Domain, PathPattern, UnknownWord};

use super::case::Case;
use super::columns::{Column, Columns, UNKNOWN, Values, bit, domain_of};
use super::glob::Glob;

/// One entry of a `when`: a column by its name on the wire, with the values it may have.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Condition {
    /// The column's name as written.
    pub column: String,
    /// The values as written; `true` and `false` as text.
    pub values: Vec<String>,
}

impl Condition {
    /// An entry of a `when`.
    #[must_use]
    pub fn new(column: impl Into<String>, values: Vec<String>) -> Self {
        Self { column: column.into(), values }
    }
}

/// What a rule asks, compiled. Every column that it names must have one of the values it lists.
///
/// ```
/// use drift_policy::{Condition, When};
///
/// let errors = When::compile(&[Condition::new("incident", vec!["OPN".into()])]).unwrap_err();
/// assert_eq!(errors[0].code, "unknown-value");
/// assert_eq!(errors[0].message, "unknown incident `OPN`; did you mean `OPEN`?");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct When {
    /// Sorted by column, one a column.
    tests: Vec<Test>,
    names_unknown: Columns,
}

/// An entry of a `when` that cannot be compiled.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConditionError {
    /// Which entry.
    pub column: String,
    /// Which of its values; `None` for the column itself.
    pub value: Option<usize>,
    /// A stable name: `unknown-column`, `duplicate-column`, `no-values`, `unknown-value`, `bad-glob`, `bad-path`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// What a test, or all tests of a rule, say of a case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// It matches for certain.
    Yes,
    /// It does not, and this column refused first.
    No(Column),
    /// Everything known matches; these columns are missing.
    Maybe(Columns),
}

impl When {
    /// Does the case meet it for certain?
    #[must_use]
    pub fn is_met_by(&self, case: &Case<'_>) -> bool {
        self.meets(case) == Answer::Yes
    }

    /// Compiles the entries of a `when`; none at all matches everything.
    ///
    /// In a column whose values are a closed list, `*` stands for all of them, but not for `UNKNOWN`.
    ///
    /// # Errors
    ///
    /// Every entry that cannot be compiled.
    pub fn compile(conditions: &[Condition]) -> Result<Self, Vec<ConditionError>> {
        let mut errors = Vec::new();
        let mut tests: Vec<Test> = Vec::new();
        for condition in conditions {
            match Test::compile(condition) {
                Ok(test) if tests.iter().any(|other| other.column == test.column) => errors.push(ConditionError {
                    column: condition.column.clone(),
                    value: None,
                    code: "duplicate-column",
                    message: format!("`{}` is asked twice", test.column),
                    help: "write one list with all values".to_owned(),
                }),
                Ok(test) => tests.push(test),
                Err(more) => errors.extend(more),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        tests.sort_by_key(|test| test.column);
        let names_unknown = tests.iter().filter(|test| test.unknown).map(|test| test.column).collect();
        Ok(Self { tests, names_unknown })
    }

    /// The columns that it asks about.
    #[must_use]
    pub fn columns(&self) -> Columns {
        self.tests.iter().map(|test| test.column).collect()
    }

    /// The columns for which it says what to do when nobody knows.
    #[must_use]
    pub const fn names_unknown(&self) -> Columns {
        self.names_unknown
    }

    /// Could the rule hold for a case in this domain? (For checks of documents.)
    ///
    /// A label that is not shipped could be in any domain; [`allows_domain_under`](Self::allows_domain_under) knows
    /// those of a taxonomy.
    #[must_use]
    pub fn allows_domain(&self, domain: Domain) -> bool {
        self.allows_domain_under(domain, &BTreeMap::new())
    }

    /// Could the rule hold for a case in this domain, under a taxonomy that adds these labels?
    #[must_use]
    pub fn allows_domain_under(&self, domain: Domain, labels: &BTreeMap<String, Domain>) -> bool {
        let stands_for = |label: &str| domain_of(label).or_else(|| labels.get(label).copied());
        self.test(Column::Domain).is_none_or(|test| {
            test.bits & bit(domain as usize) != 0
                || test.texts.iter().any(|text| match text {
                    Text::Word(label) => stands_for(label).is_none_or(|of| of == domain),
                    Text::Glob(_) | Text::Path(_) => false,
                })
        })
    }

    /// Could it hold for something below the path of the case, as far as the other columns tell?
    pub(crate) fn could_hold_below(&self, case: &Case<'_>) -> bool {
        let Some((path, asked)) = case.path().map(PathPattern::from).zip(self.test(Column::Path)) else { return false };
        let below = asked.texts.iter().any(|text| match text {
            Text::Path(pattern) => pattern.intersects(&path),
            Text::Glob(_) | Text::Word(_) => false,
        });
        let mut others = self.tests.iter().filter(|test| test.column != Column::Path);
        below && others.all(|test| !matches!(test.meets(case), Answer::No(_)))
    }

    /// The same without what it asks of these columns; nothing if the case is refused there.
    pub(crate) fn without(&self, columns: Columns, case: &Case<'_>) -> Option<Self> {
        let asked = |test: &&Test| columns.contains(test.column);
        if self.tests.iter().filter(asked).any(|test| matches!(test.meets(case), Answer::No(_))) {
            return None;
        }
        let tests: Vec<Test> = self.tests.iter().filter(|test| !asked(test)).cloned().collect();
        let names_unknown = tests.iter().filter(|test| test.unknown).map(|test| test.column).collect();
        Some(Self { tests, names_unknown })
    }

    pub(crate) fn tests(&self) -> &[Test] {
        &self.tests
    }

    pub(crate) fn test(&self, column: Column) -> Option<&Test> {
        self.tests.iter().find(|test| test.column == column)
    }

    pub(crate) fn meets(&self, case: &Case<'_>) -> Answer {
        let mut missing = Columns::default();
        for test in &self.tests {
            match test.meets(case) {
                Answer::Yes => {}
                Answer::No(column) => return Answer::No(column),
                Answer::Maybe(columns) => missing = missing.union(columns),
            }
        }
        if missing.is_empty() { Answer::Yes } else { Answer::Maybe(missing) }
    }
}

/// One column with the values it may have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    pub(crate) column: Column,
    /// One bit a value; where values are open, bit 0 for "whatever it is".
    pub(crate) bits: u16,
    /// Does it take UNKNOWN?
    pub(crate) unknown: bool,
    /// What has no bit: globs, patterns, labels, names.
    pub(crate) texts: Vec<Text>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Text {
    Glob(Glob),
    Path(PathPattern),
    /// A label, the name of a system, the name of a condition.
    Word(String),
}

impl Test {
    fn compile(condition: &Condition) -> Result<Self, Vec<ConditionError>> {
        let error = |value, code, message: String, help: &str| ConditionError {
            column: condition.column.clone(),
            value,
            code,
            message,
            help: help.to_owned(),
        };
        let column: Column = condition.column.parse().map_err(|unknown: UnknownWord| {
            vec![error(None, "unknown-column", unknown.to_string(), "use a column that tables know")]
        })?;
        if condition.values.is_empty() {
            let message = format!("`{column}` may have no value, so the rule would never decide");
            return Err(vec![error(None, "no-values", message, "list values, or leave the column out to take all")]);
        }
        let mut test = Self { column, bits: 0, unknown: false, texts: Vec::new() };
        let mut errors = Vec::new();
        for (index, value) in condition.values.iter().enumerate() {
            if let Err((code, message, help)) = test.take(value) {
                errors.push(error(Some(index), code, message, help));
            }
        }
        if test.bits == column.values().all_bits() {
            test.texts.clear();
        }
        // The order in which texts are written, and how often, means nothing.
        test.texts.sort_by_cached_key(|text| text.written(column.values()));
        test.texts.dedup();
        if errors.is_empty() { Ok(test) } else { Err(errors) }
    }

    /// Is the value of its column known?
    pub(crate) fn knows(&self, case: &Case<'_>) -> bool {
        match self.column.values() {
            Values::Words(_) | Values::Domain | Values::System => case.possible(self.column).is_power_of_two(),
            Values::Text if self.column == Column::ComplianceScope => case.facts().compliance_scope.known().is_some(),
            Values::Text => case.text(self.column).is_some(),
            Values::Path => case.path().is_some(),
            // A map of conditions can always have more.
            Values::Names => false,
        }
    }

    /// Does it take the value with this index? Where values are open, index 0 is "whatever it is".
    pub(crate) fn takes_value(&self, index: usize) -> bool {
        self.bits & bit(index) != 0
    }

    /// Adds a value as written.
    fn take(&mut self, value: &str) -> Result<(), (&'static str, String, &'static str)> {
        let values = self.column.values();
        if value == UNKNOWN && self.column.is_fact() {
            self.unknown = true;
            return Ok(());
        }
        match values {
            Values::Words(_) | Values::Domain | Values::System if value == "*" => self.bits = values.all_bits(),
            Values::Words(words) => {
                let Some(index) = words.iter().position(|word| *word == value) else {
                    let unknown = UnknownWord::new(self.column.name(), value, words);
                    return Err(("unknown-value", unknown.to_string(), "use a word of this column"));
                };
                self.bits |= bit(index);
            }
            Values::Domain => {
                let word = value.to_ascii_uppercase().replace('-', "_");
                match Domain::WORDS.iter().position(|domain| *domain == word) {
                    Some(index) => self.bits |= bit(index),
                    None => self.texts.push(Text::Word(value.to_owned())),
                }
            }
            Values::System if value == "GENERIC" => self.bits |= bit(7) | bit(8),
            Values::System => {
                if let Some(index) = values.words().iter().position(|word| *word == value) {
                    self.bits |= bit(index);
                } else if let Some(name) = value.strip_prefix("GENERIC:") {
                    self.texts.push(Text::Word(name.to_owned()));
                } else {
                    let unknown = UnknownWord::new("system", value, values.words());
                    return Err(("unknown-value", unknown.to_string(), "write `GENERIC:name` for any other system"));
                }
            }
            Values::Text => match Glob::new(value) {
                Ok(Glob::Everything) => self.bits = 1,
                Ok(glob) => self.texts.push(Text::Glob(glob)),
                Err(error) => {
                    let message = format!("bad glob `{value}`: {}", error.kind());
                    return Err(("bad-glob", message, "`*`, `?`, `[ab]` and `{a,b}` have a meaning; escape with `\\`"));
                }
            },
            Values::Path => match value.parse::<PathPattern>() {
                // `/**` leaves out the root alone, where a whole resource comes or goes; people mean everything.
                _ if matches!(value, "" | "/**" | "*" | "**") => self.bits = 1,
                Ok(pattern) => self.texts.push(Text::Path(pattern)),
                Err(error) => return Err(("bad-path", error.to_string(), "a path starts with `/`; see path patterns")),
            },
            Values::Names => self.texts.push(Text::Word(value.to_owned())),
        }
        Ok(())
    }

    /// What this column says of a case.
    pub(super) fn meets(&self, case: &Case<'_>) -> Answer {
        match self.column.values() {
            Values::Words(_) => self.of_bits(case.possible(self.column)),
            Values::Domain => {
                let labelled = case.label().is_some_and(|label| self.has_word(label));
                if labelled { Answer::Yes } else { self.of_bits(case.possible(self.column)) }
            }
            Values::System => {
                let named = case.own_system().is_some_and(|name| self.has_word(name));
                if named { Answer::Yes } else { self.of_bits(case.possible(self.column)) }
            }
            Values::Text if self.column == Column::ComplianceScope => match case.facts().compliance_scope.known() {
                Some(scopes) => self.known(self.bits != 0 || scopes.iter().any(|scope| self.has_match(scope))),
                None => self.not_known(),
            },
            Values::Text => match case.text(self.column) {
                Some(text) => self.known(self.bits != 0 || self.has_match(text)),
                None => self.not_known(),
            },
            Values::Path => match case.path() {
                Some(path) => self.known(
                    self.bits != 0 || self.texts.iter().any(|text| matches!(text, Text::Path(p) if p.covers(path))),
                ),
                None => self.not_known(),
            },
            Values::Names => self.of_conditions(case),
        }
    }

    /// Several possible values are a value that is not quite known: all of them must be taken, or UNKNOWN beside one.
    fn of_bits(&self, possible: u16) -> Answer {
        if possible == 0 {
            self.not_known()
        } else if possible & self.bits == possible {
            Answer::Yes
        } else if possible & self.bits == 0 {
            Answer::No(self.column)
        } else {
            self.not_known()
        }
    }

    /// One condition that holds is enough; that none holds is known only when all are.
    fn of_conditions(&self, case: &Case<'_>) -> Answer {
        let mut known = true;
        for text in &self.texts {
            let Text::Word(name) = text else { continue };
            match case.facts().condition(name) {
                Some(true) => return Answer::Yes,
                Some(false) => {}
                None => known = false,
            }
        }
        // A list of UNKNOWN alone asks whether anything is known of conditions at all.
        if self.texts.is_empty() {
            return self.unless_known(case.facts().conditions.known().is_some());
        }
        self.unless_known(known)
    }

    fn unless_known(&self, known: bool) -> Answer {
        if known { Answer::No(self.column) } else { self.not_known() }
    }

    const fn known(&self, takes: bool) -> Answer {
        if takes { Answer::Yes } else { Answer::No(self.column) }
    }

    fn not_known(&self) -> Answer {
        if self.unknown { Answer::Yes } else { Answer::Maybe(Columns::from_iter([self.column])) }
    }

    fn has_word(&self, word: &str) -> bool {
        self.texts.iter().any(|text| matches!(text, Text::Word(mine) if mine == word))
    }

    fn has_match(&self, value: &str) -> bool {
        self.texts.iter().any(|text| matches!(text, Text::Glob(glob) if glob.takes(value)))
    }
}

#[cfg(test)]
mod tests {
    use drift_model::{Actor, ActorKind, Change, ChangeKind, Disposition, Facts, Relation, ResourceRef};
    use serde_json::json;

    use super::*;

    fn when(column: &str, values: &[&str]) -> When {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        When::compile(&[Condition::new(column, values)]).unwrap()
    }

    fn says(when: &When, facts: &serde_json::Value) -> &'static str {
        let facts: Facts = serde_json::from_value(facts.clone()).unwrap();
        let resource = ResourceRef::aws("AWS::EC2::SecurityGroup", "web");
        match when.meets(&Case::new(&resource, &facts)) {
            Answer::Yes => "yes",
            Answer::No(_) => "no",
            Answer::Maybe(_) => "maybe",
        }
    }

    #[test]
    fn a_fact_is_taken_refused_or_waited_for() {
        let conditions = json!({"conditions": {"hpa": true, "vpa": false}});
        for (column, values, facts, expected) in [
            ("environment", &["prod*"][..], json!({"environment": "prod-eu"}), "yes"),
            ("environment", &["prod*"], json!({"environment": "dev"}), "no"),
            ("environment", &["prod*"], json!({}), "maybe"),
            ("environment", &["prod*", "UNKNOWN"], json!({}), "yes"),
            ("environment", &["*"], json!({}), "maybe"),
            ("environment", &["{dev,test}"], json!({"environment": "test"}), "yes"),
            ("complianceScope", &["pci*"], json!({"complianceScope": ["sox", "pci-dss"]}), "yes"),
            ("complianceScope", &["pci*"], json!({"complianceScope": []}), "no"),
            ("incident", &["*"], json!({"incident": "NONE"}), "yes"),
            ("incident", &["*"], json!({}), "maybe"),
            ("incident", &["UNKNOWN"], json!({"incident": "OPEN"}), "no"),
            ("condition", &["hpa", "none"], conditions.clone(), "yes"),
            ("condition", &["vpa"], conditions.clone(), "no"),
            ("condition", &["vpa", "none"], conditions.clone(), "maybe"),
            ("condition", &["vpa", "none", "UNKNOWN"], conditions.clone(), "yes"),
            ("condition", &["UNKNOWN"], conditions, "no"),
            ("kind", &["AWS::EC2::*"], json!({}), "yes"),
            ("kind", &["*Group"], json!({}), "yes"),
            ("system", &["GENERIC"], json!({}), "no"),
            // Not said yet: missing, although it is no fact.
            ("class", &["POLICY_DRIFT"], json!({}), "maybe"),
            ("path", &["/a"], json!({}), "maybe"),
        ] {
            assert_eq!(says(&when(column, values), &facts), expected, "{column} {values:?} {facts}");
        }
    }

    #[test]
    fn of_several_candidates_all_must_be_taken() {
        let facts = |kinds: &[ActorKind]| {
            let mut facts = Facts::default();
            facts.actors = kinds.iter().map(|kind| Actor::new(*kind, "x")).collect::<Vec<_>>().into();
            serde_json::to_value(facts).unwrap()
        };
        let two = facts(&[ActorKind::Human, ActorKind::Pipeline]);
        assert_eq!(says(&when("actor", &["HUMAN", "PIPELINE"]), &two), "yes");
        assert_eq!(says(&when("actor", &["HUMAN"]), &two), "maybe");
        assert_eq!(says(&when("actor", &["HUMAN", "UNKNOWN"]), &two), "yes");
        assert_eq!(says(&when("actor", &["ROOT", "UNKNOWN"]), &two), "no");
        assert_eq!(says(&when("actor", &["HUMAN"]), &facts(&[])), "maybe");
    }

    #[test]
    fn a_domain_is_a_domain_in_any_case_or_else_a_label() {
        let (resource, facts) = (ResourceRef::default(), Facts::default());
        let case = Case::new(&resource, &facts).in_domain(Domain::Network, "cloud-network");
        for (value, answer) in [
            ("NETWORK", Answer::Yes),
            ("network", Answer::Yes),
            ("cloud-network", Answer::Yes),
            ("dns", Answer::No(Column::Domain)),
            ("runtime-controller", Answer::No(Column::Domain)),
        ] {
            assert_eq!(when("domain", &[value]).meets(&case), answer, "{value}");
        }
        assert!(when("domain", &["network"]).allows_domain(Domain::Network));
        assert!(!when("domain", &["network"]).allows_domain(Domain::Secret));
        assert!(!when("domain", &["workload-image"]).allows_domain(Domain::Secret));
        assert!(when("domain", &["our-own"]).allows_domain(Domain::Secret));
        let labels = BTreeMap::from([("our-own".to_owned(), Domain::Configuration)]);
        assert!(!when("domain", &["our-own"]).allows_domain_under(Domain::Secret, &labels));
        assert!(When::default().allows_domain(Domain::Secret));
    }

    #[test]
    fn a_path_pattern_takes_what_it_covers() {
        let path = "/spec/containers/[name=app]/image".parse().unwrap();
        let change = Change::new(path, ChangeKind::Changed, Relation::Differs, Disposition::Drift);
        let (resource, facts) = (ResourceRef::default(), Facts::default());
        let case = Case::new(&resource, &facts).of_written_change(&change);
        assert_eq!(when("path", &["/spec/containers/*/image"]).meets(&case), Answer::Yes);
        assert_eq!(when("path", &["/spec/replicas"]).meets(&case), Answer::No(Column::Path));
        assert_eq!(when("relation", &["DIFFERS"]).meets(&case), Answer::Yes);
        for everything in ["", "*", "**", "/**"] {
            assert_eq!(when("path", &[everything]).meets(&case), Answer::Yes);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let entry = |column: &str, values: &[&str]| {
            Condition::new(column, values.iter().map(|value| (*value).to_owned()).collect())
        };
        let errors = When::compile(&[
            entry("enviroment", &["prod"]),
            entry("freeze", &["ON", "off"]),
            entry("relation", &["UNKNOWN"]),
            entry("owner", &["[a"]),
            entry("path", &["a/b"]),
            entry("sync", &[]),
            entry("health", &["HEALTHY"]),
            entry("health", &["MISSING"]),
            entry("system", &["AZURE"]),
        ])
        .unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| (error.column.as_str(), error.value, error.code)).collect();
        assert_eq!(
            found,
            [
                ("enviroment", None, "unknown-column"),
                ("freeze", Some(1), "unknown-value"),
                ("relation", Some(0), "unknown-value"),
                ("owner", Some(0), "bad-glob"),
                ("path", Some(0), "bad-path"),
                ("sync", None, "no-values"),
                ("health", None, "duplicate-column"),
                ("system", Some(0), "unknown-value"),
            ]
        );
        assert_eq!(errors[1].message, "unknown freeze `off`; did you mean `OFF`?");
    }
}
