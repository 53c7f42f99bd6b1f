//! Deciding: the first rule that matches, unless a fact that nobody knows could have changed that.

use drift_model::Refusal;

use super::Table;
use super::case::Case;
use super::columns::Columns;
use super::compiled::RULES;
use super::condition::Answer;
use super::rule::Rule;

/// The answer of a table.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Decided<'t, T> {
    /// What to do.
    pub outcome: &'t T,
    /// The rule that decided; `None` where facts were missing and `onUnknown` holds.
    pub rule: Option<&'t Rule<T>>,
    /// The columns whose facts were missing and could have changed the answer (also where a rule decided all the same,
    /// because it names UNKNOWN).
    pub missing: Columns,
}

impl<T: PartialEq> Table<T> {
    /// Decides a case, without allocating. (A glob with `?`, `[ab]` or `{a,b}` is a regular expression, which may.)
    ///
    /// The first rule that matches decides. A rule of which everything known matches, but which asks for a fact that is
    /// unknown without taking `UNKNOWN`, is waiting: the first rule after it that matches for certain decides only if it
    /// takes `UNKNOWN` in every column that the waiting rules lack, and `onUnknown` holds otherwise. A waiting rule that
    /// would say the same could not have changed the answer and counts for nothing.
    #[must_use]
    pub fn decide(&self, case: &Case<'_>) -> Decided<'_, T> {
        let mut waiting = false;
        for (block, rules) in self.blocks.iter().zip(self.rules.chunks(RULES)) {
            let answers = block.answers(case);
            waiting |= answers.waiting() != 0;
            if let Some(rule) = rules.get(lowest(answers.certain)) {
                let missing = if waiting { self.missing(case, Some(&rule.outcome)) } else { Columns::default() };
                if missing.is_within(rule.when.names_unknown()) {
                    return Decided { outcome: &rule.outcome, rule: Some(rule), missing };
                }
                return Decided { outcome: self.on_unknown(), rule: None, missing };
            }
        }
        // A table is total, so that something was missing here; if not, nothing is decided either.
        Decided { outcome: self.on_unknown(), rule: None, missing: self.missing(case, None) }
    }

    /// Each rule before the one that decided (every rule, where none did), with the first column that refused the case,
    /// or that it waited for.
    #[must_use]
    pub fn refusals(&self, case: &Case<'_>) -> Vec<Refusal> {
        let decided = self.decide(case).rule.map(|rule| rule.id.as_str());
        let earlier = self.rules().iter().take_while(|rule| Some(rule.id.as_str()) != decided);
        earlier
            .filter_map(|rule| {
                let column = match rule.when.meets(case) {
                    Answer::No(column) => column,
                    Answer::Maybe(columns) => columns.iter().next()?,
                    Answer::Yes => return None,
                };
                Some(Refusal::new(&rule.id, column.name()))
            })
            .collect()
    }

    /// What the rules before the first that is certain wait for, and what could make them say something else.
    fn missing(&self, case: &Case<'_>, outcome: Option<&T>) -> Columns {
        let mut missing = Columns::default();
        for (block, rules) in self.blocks.iter().zip(self.rules.chunks(RULES)) {
            let answers = block.answers(case);
            let mut left = answers.waiting();
            while let Some(rule) = rules.get(lowest(left)) {
                left &= left.wrapping_sub(1);
                if let Answer::Maybe(columns) = rule.when.meets(case) {
                    missing = with_waiting(missing, rule, columns, outcome);
                }
            }
            if answers.certain != 0 {
                break;
            }
        }
        missing
    }
}

/// What is missing once a rule waits for these columns, where some later rule says `outcome`.
///
/// A waiting rule that says the same changes nothing if, were it to match, it would decide; that is, if it takes UNKNOWN
/// in what the rules before it wait for.
pub(super) fn with_waiting<T: PartialEq>(
    missing: Columns,
    rule: &Rule<T>,
    columns: Columns,
    outcome: Option<&T>,
) -> Columns {
    let same = Some(&rule.outcome) == outcome && missing.is_within(rule.when.names_unknown());
    if same { missing } else { missing.union(columns) }
}

/// The index of the first rule of a set; of none, one beyond every block.
fn lowest(set: u64) -> usize {
    usize::try_from(set.trailing_zeros()).unwrap_or(RULES)
}
