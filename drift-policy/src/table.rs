//! Decision tables: ordered rules over declared columns, proven total when they are compiled.

mod analysis;
mod case;
mod columns;
mod compare;
mod compiled;
mod condition;
mod decide;
mod glob;
mod need;
mod paths;
mod print;
mod rule;
mod samples;
mod search;
mod space;
mod specialize;
mod texts;
mod witness;

use std::collections::BTreeMap;

use self::analysis::MOST_RULES;
pub use self::analysis::{Analysis, Conflict, Shadowed};
pub use self::case::Case;
pub use self::columns::{Column, Columns};
pub(crate) use self::columns::{LABELS, domain_of};
pub use self::compare::{Comparison, Difference};
use self::compiled::Block;
pub(crate) use self::condition::Answer;
pub use self::condition::{Condition, ConditionError, When};
pub use self::decide::Decided;
pub use self::need::Need;
pub use self::rule::Rule;
use self::search::Budget;
use self::space::Space;
pub use self::witness::Witness;

/// An ordered list of rules that has been proven to decide every case.
///
/// ```
/// use drift_model::{Facts, Freeze, ResourceRef};
/// use drift_policy::{Case, Condition, Rule, Table, When};
///
/// let when = |values: &[&str]| {
///     When::compile(&[Condition::new("freeze", values.iter().map(ToString::to_string).collect())]).unwrap()
/// };
/// let frozen = Rule::new("frozen", when(&["ON"]), "wait", "a freeze is a freeze");
/// let open = Rule::new("open", when(&["OFF"]), "go", "nothing stands in the way");
///
/// // Nobody said what happens when nobody knows.
/// let errors = Table::compile(vec![frozen.clone(), open.clone()], "ask").unwrap_err();
/// assert_eq!(errors[0].message, "no rule decides `freeze=UNKNOWN`");
///
/// let unsure = Rule::new("unsure", when(&["UNKNOWN"]), "ask", "a freeze may be on");
/// let (table, warnings) = Table::compile(vec![frozen, open, unsure], "ask").unwrap();
/// assert!(warnings.is_empty());
/// let (resource, mut facts) = (ResourceRef::default(), Facts::default());
/// assert_eq!(*table.decide(&Case::new(&resource, &facts)).outcome, "ask");
/// facts.freeze = Freeze::Off.into();
/// assert_eq!(*table.decide(&Case::new(&resource, &facts)).outcome, "go");
/// ```
#[derive(Clone, Debug)]
pub struct Table<T> {
    rules: Vec<Rule<T>>,
    /// The same rules, to decide by.
    blocks: Vec<Block>,
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
    /// A stable name: `gap`, `not-proven`, `duplicate-rule`, `unreachable-rule`, `waiting-rule` (unreachable, because earlier
    /// rules wait for facts wherever they do not come first), `redundant-rule`, `empty-table`.
    pub code: &'static str,
    /// What is wrong, with a witness where there is one.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl<T: PartialEq> Table<T> {
    /// Compiles rules into a table; the second part of the answer is warnings.
    ///
    /// # Errors
    ///
    /// Every problem, among them the cases that no rule decides, with a witness each.
    pub fn compile(rules: Vec<Rule<T>>, on_unknown: T) -> Result<(Self, Vec<TableError>), Vec<TableError>> {
        if rules.is_empty() {
            return Err(vec![TableError {
                rule: None,
                warning: false,
                code: "empty-table",
                message: "the table has no rules".to_owned(),
                help: "write at least one rule; one whose `when` is empty takes every case".to_owned(),
            }]);
        }
        let mut errors = Vec::new();
        let mut seen = BTreeMap::new();
        for (index, rule) in rules.iter().enumerate() {
            if let Some(first) = seen.insert(rule.id.as_str(), index) {
                errors.push(TableError {
                    rule: Some(index),
                    warning: false,
                    code: "duplicate-rule",
                    message: format!("`{}` is the id of rule {first} as well", rule.id),
                    help: "give each rule an id of its own; decisions name it".to_owned(),
                });
            }
        }
        let (gaps, warnings) = if rules.len() > MOST_RULES {
            analysis::of_too_many(&rules)
        } else {
            let space = Space::of_rules(&rules.iter().collect::<Vec<_>>());
            let gaps = analysis::gaps(&rules, &space, Budget::USUAL);
            (gaps, analysis::warnings(&rules, &space, Budget::USUAL))
        };
        errors.extend(gaps);
        if errors.is_empty() {
            Ok((Self { blocks: Block::all(&rules), rules, on_unknown }, warnings))
        } else {
            errors.extend(warnings);
            Err(errors)
        }
    }
}

impl<T> Table<T> {
    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule<T>] {
        &self.rules
    }

    /// What holds where facts are missing.
    #[must_use]
    pub const fn on_unknown(&self) -> &T {
        &self.on_unknown
    }
}

#[cfg(test)]
mod tests;
