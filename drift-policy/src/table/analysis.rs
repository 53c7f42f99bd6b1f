//! Analysis of a table: what no rule decides, and which rules can decide nothing.
//!
//! The cases of a table are the product of its columns. A rule takes a box of that product; what is left after taking
//! away the box of each rule is undecided. Globs, patterns, labels and names count as taking nothing unless they take
//! everything, so that a table is called total only if it is; a rule is compared with earlier ones glob by glob.

use super::TableError;
use super::columns::{Column, UNKNOWN as UNKNOWN_WORD, Values, bit, domain_of};
use super::condition::{Test, Text, When};
use super::rule::Rule;

/// How many boxes an analysis may hold at once, and how many it may look at in all.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    pub(super) boxes: usize,
    pub(super) work: usize,
}

impl Budget {
    /// What tables are compiled with: some ten milliseconds for the tables of people, seconds for the worst.
    pub(super) const USUAL: Self = Self { boxes: 50_000, work: 20_000_000 };
}

/// How many gaps are shown.
const GAPS: usize = 8;

/// The bit of UNKNOWN, above the bits of values.
const UNKNOWN: u32 = 1 << 15;
/// The first bit for what a rule says in text: its globs, patterns, labels, names.
const TEXT: u32 = 16;
/// What a box has where a rule does not ask.
const ALL: u32 = u32::MAX;

/// One set of values a dimension.
type Region = Vec<u32>;

/// The budget ran out.
struct Exhausted;

/// The columns that the rules ask about; the others change nothing.
struct Space {
    columns: Vec<Column>,
}

impl Space {
    fn of<T>(rules: &[Rule<T>]) -> Self {
        let asked = |column: &Column| rules.iter().any(|rule| rule.when.test(*column).is_some());
        Self { columns: Column::ALL.iter().copied().filter(asked).collect() }
    }

    fn everything(&self) -> Region {
        self.columns.iter().map(|column| full(*column)).collect()
    }

    /// What a rule takes for certain.
    fn taken(&self, when: &When) -> Region {
        let values = |test: &Test| u32::from(test.bits) | if test.unknown { UNKNOWN } else { 0 };
        self.columns.iter().map(|column| when.test(*column).map_or(ALL, values)).collect()
    }

    /// All that a rule can take, with one bit for each of its texts.
    fn reach(&self, when: &When) -> Region {
        let values = |test: &Test| {
            let texts = (0..test.texts.len()).fold(0, |bits, index| bits | text_bit(index));
            u32::from(test.bits) | if test.unknown { UNKNOWN } else { 0 } | texts
        };
        self.columns.iter().map(|column| when.test(*column).map_or_else(|| full(*column), values)).collect()
    }

    /// What a rule takes for certain of what another can reach.
    fn taken_of(&self, when: &When, other: &When) -> Region {
        let mut region = self.taken(when);
        for (column, side) in self.columns.iter().zip(&mut region) {
            if let (Some(mine), Some(theirs)) = (when.test(*column), other.test(*column)) {
                *side |= texts_taken(mine, theirs);
            }
        }
        region
    }
}

/// The cases that no rule decides, and what else keeps the rules from being a table.
pub(super) fn gaps<T>(rules: &[Rule<T>], mut budget: Budget) -> Vec<TableError> {
    let space = Space::of(rules);
    let taken: Vec<Region> = rules.iter().map(|rule| space.taken(&rule.when)).collect();
    let mut left = vec![space.everything()];
    for region in &taken {
        if subtract(&mut left, region, &mut budget).is_err() {
            return vec![not_proven(false, "that every case is decided")];
        }
    }
    let mut errors = Vec::new();
    while let Some(found) = left.first().cloned() {
        if errors.len() == GAPS {
            break;
        }
        let gap = widened(&space, &taken, found);
        errors.push(TableError {
            rule: None,
            warning: false,
            code: "gap",
            message: format!("no rule decides `{}`", witness(&space, &gap).unwrap_or_else(|| beside(&space))),
            help: "add a rule for it, or end with one whose `when` is empty".to_owned(),
        });
        if subtract(&mut left, &gap, &mut budget).is_err() {
            break;
        }
    }
    errors
}

/// The rules that decide nothing, because earlier ones take everything they could.
pub(super) fn unreachable<T>(rules: &[Rule<T>], mut budget: Budget) -> Vec<TableError> {
    let space = Space::of(rules);
    let mut warnings = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let reach = space.reach(&rule.when);
        let earlier = || rules.iter().take(index).map(|earlier| (earlier, space.taken_of(&earlier.when, &rule.when)));
        let alone = |taken: &Region| reach.iter().zip(taken).all(|(mine, theirs)| mine & !theirs == 0);
        let mut shadows: Vec<&str> = Vec::new();
        if let Some((by, _)) = earlier().find(|(_, taken)| alone(taken)) {
            shadows.push(&by.id);
        } else {
            let mut left = vec![reach.clone()];
            for (by, taken) in earlier() {
                match subtract(&mut left, &taken, &mut budget) {
                    Ok(true) => shadows.push(&by.id),
                    Ok(false) => {}
                    Err(Exhausted) => {
                        warnings.push(not_proven(true, "that every rule can decide something"));
                        return warnings;
                    }
                }
            }
            if !left.is_empty() {
                continue;
            }
        }
        let verb = if shadows.len() == 1 { "comes" } else { "come" };
        warnings.push(TableError {
            rule: Some(index),
            warning: true,
            code: "unreachable-rule",
            message: format!("`{}` decides nothing: `{}` {verb} first", rule.id, shadows.join("`, `")),
            help: "move it up, narrow the earlier rules, or remove it".to_owned(),
        });
    }
    warnings
}

fn not_proven(warning: bool, what: &str) -> TableError {
    TableError {
        rule: None,
        warning,
        code: "not-proven",
        message: format!("the rules are too entangled to prove {what}"),
        help: "use fewer columns with long lists, or end with a rule whose `when` is empty".to_owned(),
    }
}

/// Every value of a column.
fn full(column: Column) -> u32 {
    u32::from(column.values().all_bits()) | if column.is_fact() { UNKNOWN } else { 0 }
}

/// The bit of a text; what is beyond the last bit shares it.
fn text_bit(index: usize) -> u32 {
    let index = u32::try_from(index).unwrap_or(ALL).saturating_add(TEXT).min(31);
    1u32.checked_shl(index).unwrap_or(0)
}

/// The texts of `other` that `test` takes as well.
fn texts_taken(test: &Test, other: &Test) -> u32 {
    let whatever = match test.column.values() {
        Values::System => test.bits & bit(8) != 0,
        values @ (Values::Words(_) | Values::Domain | Values::Text | Values::Path | Values::Names) => {
            test.bits == values.all_bits()
        }
    };
    let takes = |index: usize| {
        let Some(theirs) = other.texts.get(index) else { return false };
        whatever || takes_label(test, theirs) || test.texts.iter().any(|mine| mine.contains(theirs))
    };
    let mut bits = 0;
    for index in 0..other.texts.len() {
        let shared = text_bit(index);
        // A shared bit is taken only with all that share it.
        if (0..other.texts.len()).filter(|sibling| text_bit(*sibling) == shared).all(takes) {
            bits |= shared;
        }
    }
    bits
}

/// Does the test name the Domain that a shipped label stands for?
fn takes_label(test: &Test, other: &Text) -> bool {
    let Text::Word(label) = other else { return false };
    test.column == Column::Domain && domain_of(label).is_some_and(|domain| test.bits & bit(domain as usize) != 0)
}

/// Takes a box away from disjoint boxes; the rest is disjoint again. Did anything change?
fn subtract(left: &mut Vec<Region>, taken: &[u32], budget: &mut Budget) -> Result<bool, Exhausted> {
    budget.work = budget.work.checked_sub(left.len()).ok_or(Exhausted)?;
    let mut changed = false;
    let mut rest = Vec::with_capacity(left.len());
    for mut region in left.drain(..) {
        if region.iter().zip(taken).any(|(mine, theirs)| mine & theirs == 0) {
            rest.push(region);
            continue;
        }
        changed = true;
        for (index, theirs) in taken.iter().enumerate() {
            let Some(mine) = region.get_mut(index) else { break };
            let outside = *mine & !theirs;
            *mine &= theirs;
            if outside != 0 {
                let mut piece = region.clone();
                if let Some(side) = piece.get_mut(index) {
                    *side = outside;
                }
                rest.push(piece);
            }
        }
        if rest.len() > budget.boxes {
            return Err(Exhausted);
        }
    }
    *left = rest;
    Ok(changed)
}

/// A gap grown to everything in each column that does not matter for it, and cut to one value of the others.
fn widened(space: &Space, taken: &[Region], mut gap: Region) -> Region {
    for (index, column) in space.columns.iter().enumerate() {
        let Some(side) = gap.get_mut(index) else { break };
        let one = *side & side.wrapping_neg();
        *side = ALL;
        // A column of which only "anything else" is known matters if a rule would decide but for it.
        let ignored = full(*column).is_power_of_two();
        let decides = |region: &Region| {
            let mut sides = gap.iter().zip(region).enumerate();
            sides.all(|(other, (mine, theirs))| (ignored && other == index) || mine & theirs != 0)
        };
        let matters = taken.iter().any(decides);
        if let Some(side) = gap.get_mut(index).filter(|_| matters) {
            *side = one;
        }
    }
    gap
}

/// `column=VALUE, …` of the columns that matter.
fn witness(space: &Space, gap: &[u32]) -> Option<String> {
    let mut parts = Vec::new();
    for (column, side) in space.columns.iter().zip(gap) {
        if *side == ALL {
            continue;
        }
        let words = column.values().words();
        let value = match side.trailing_zeros() {
            15 => UNKNOWN_WORD,
            index => usize::try_from(index).ok().and_then(|index| words.get(index)).copied().unwrap_or("anything else"),
        };
        parts.push(format!("{column}={value}"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The case that none of the patterns reaches: something else in every column that the rules ask for.
fn beside(space: &Space) -> String {
    let parts: Vec<String> = space.columns.iter().map(|column| format!("{column}=anything else")).collect();
    if parts.is_empty() { "anything".to_owned() } else { parts.join(", ") }
}
