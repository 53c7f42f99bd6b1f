//! Decision tables: ordered rules over declared columns, proven total when they are compiled.
//!
//! SKELETON of the signatures; the room is being built.

use drift_diff::FieldChange;
use drift_model::{Domain, DriftClass, Facts, Refusal, ResourceRef, Risk};

/// A column: one thing that a rule can ask about.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Column {
    /// The environment, by glob.
    Environment,
}

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

/// What a rule asks, compiled.
#[derive(Clone, Debug, Default)]
pub struct When {}

/// An entry of a `when` that cannot be compiled.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConditionError {
    /// Which entry.
    pub column: String,
    /// Which of its values; `None` for the column itself.
    pub value: Option<usize>,
    /// A stable name: `unknown-column`, `unknown-value`, `bad-glob`, `bad-path`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl When {
    /// Compiles the entries of a `when`; none at all matches everything.
    ///
    /// # Errors
    ///
    /// Every entry that cannot be compiled.
    pub fn compile(conditions: &[Condition]) -> Result<Self, Vec<ConditionError>> {
        let _ = conditions;
        Ok(Self {})
    }

    /// Could the rule hold for a case in this domain? (For checks of documents.)
    #[must_use]
    pub fn allows_domain(&self, domain: Domain) -> bool {
        let _ = domain;
        true
    }
}

/// A rule of a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rule<T> {
    /// Unique in its table.
    pub id: String,
    /// What it asks.
    pub when: When,
    /// What it says.
    pub outcome: T,
    /// Why.
    pub because: String,
}

impl<T> Rule<T> {
    /// A rule.
    #[must_use]
    pub fn new(id: impl Into<String>, when: When, outcome: T, because: impl Into<String>) -> Self {
        Self { id: id.into(), when, outcome, because: because.into() }
    }
}

/// An ordered list of rules that has been proven to decide every case.
#[derive(Clone, Debug)]
pub struct Table<T> {
    rules: Vec<Rule<T>>,
    on_unknown: T,
}

/// Why a list of rules is no table.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TableError {
    /// The index of the rule it is about; `None` for the table as a whole.
    pub rule: Option<usize>,
    /// Is it only a warning?
    pub warning: bool,
    /// A stable name: `gap`, `not-proven`, `duplicate-rule`, `unreachable-rule`, `empty-table`.
    pub code: &'static str,
    /// What is wrong, with a witness where there is one.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl<T> Table<T> {
    /// Compiles rules into a table; the second part of the answer is warnings.
    ///
    /// # Errors
    ///
    /// Every problem, among them the cases that no rule decides, with a witness each.
    pub fn compile(rules: Vec<Rule<T>>, on_unknown: T) -> Result<(Self, Vec<TableError>), Vec<TableError>> {
        Ok((Self { rules, on_unknown }, Vec::new()))
    }

    /// Decides a case.
    #[must_use]
    pub fn decide(&self, case: &Case<'_>) -> Decided<'_, T> {
        let _ = case;
        Decided { outcome: &self.on_unknown, rule: None, missing: Vec::new() }
    }

    /// Each rule before the one that decided, with the first column that refused the case.
    #[must_use]
    pub fn refusals(&self, case: &Case<'_>) -> Vec<Refusal> {
        let _ = (case, &self.rules);
        Vec::new()
    }
}

/// The answer of a table.
#[derive(Debug)]
#[non_exhaustive]
pub struct Decided<'t, T> {
    /// What to do.
    pub outcome: &'t T,
    /// The rule that decided; `None` where facts were missing and `onUnknown` holds.
    pub rule: Option<&'t Rule<T>>,
    /// The columns whose facts were missing and could have changed the answer (also where a rule decided all the same,
    /// because it names UNKNOWN).
    pub missing: Vec<Column>,
}

/// What a table is asked about.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    resource: &'a ResourceRef,
}

impl<'a> Case<'a> {
    /// A case of a resource with these facts.
    #[must_use]
    pub fn new(resource: &'a ResourceRef, facts: &'a Facts) -> Self {
        let _ = facts;
        Self { resource }
    }

    /// The same, existing like this.
    #[must_use]
    pub fn existing(self, existence: drift_model::Existence) -> Self {
        let _ = (existence, self.resource);
        self
    }

    /// The same, about this change.
    #[must_use]
    pub fn of_change(self, change: &'a FieldChange<'a>) -> Self {
        let _ = change;
        self
    }

    /// The same, in this domain, under this label of the taxonomy.
    #[must_use]
    pub fn in_domain(self, domain: Domain, label: &'a str) -> Self {
        let _ = (domain, label);
        self
    }

    /// The same, of this class and risk.
    #[must_use]
    pub fn of_class(self, class: DriftClass, risk: Risk) -> Self {
        let _ = (class, risk);
        self
    }
}
