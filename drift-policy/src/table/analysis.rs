//! Analysis of a table: what no rule decides, and which rules change nothing, overlap, or stand in the way of others.
//!
//! The cases of a table are the product of its columns, and a rule takes a box of that product. What is left after taking
//! away the box of each rule is undecided. Whether a rule decides anything is searched for case by case as a decision
//! goes, waiting rules included, and every claim that something is so comes with a case that shows it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use drift_model::canonical_text;

use super::columns::{Column, Columns};
use super::compare::values;
use super::rule::Rule;
use super::search::{Budget, Exhausted, Search};
use super::space::{Region, Says, Space, meet};
use super::witness::Witness;
use super::{Table, TableError};

/// How many gaps are shown.
const GAPS: usize = 8;
/// How many rules are held against each other at most: what each costs grows with all of them.
pub(super) const MOST_RULES: usize = 2_000;
/// How much of the budget one rule may use up, and how much of it the search for the fewest rules that shadow it.
const ONE_RULE: usize = 1_000_000;
const FEWEST: usize = 200_000;
/// How much of it a pair of rules may use up.
const ONE_PAIR: usize = 100_000;
/// How many pieces may be left over while rules are taken away.
const PIECES: usize = 50_000;

/// What there is to be said of the rules of a table beside each other. Rules go by their index in [`Table::rules`].
///
/// ```
/// use drift_policy::{Condition, Rule, Table, When};
///
/// let when = |column: &str, value: &str| When::compile(&[Condition::new(column, vec![value.into()])]).unwrap();
/// let rules = vec![
///     Rule::new("frozen", when("freeze", "ON"), "wait", "a freeze is a freeze"),
///     Rule::new("secret", when("kind", "Secret"), "ask", "secrets are looked at"),
///     Rule::new("pod", when("kind", "Pod"), "go", "pods come and go"),
///     Rule::new("rest", When::default(), "go", "nothing stands in the way"),
/// ];
/// let (table, _) = Table::compile(rules, "ask").unwrap();
/// let analysis = table.analysis();
/// assert!(analysis.proven && analysis.unreachable.is_empty());
/// // Without `pod`, `rest` would say the same.
/// assert_eq!((analysis.redundant[0].rule, &analysis.redundant[0].by), (2, &vec![3]));
/// // In a freeze, the order of `frozen` and `secret` decides.
/// assert_eq!((analysis.conflicts[0].first, analysis.conflicts[0].second), (0, 1));
/// assert_eq!(analysis.conflicts[0].witness.to_string(), "kind=Secret, freeze=ON");
/// assert_eq!(*table.decide(&analysis.conflicts[0].witness.case()).outcome, "wait");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Analysis {
    /// The rules that decide nothing, in order.
    pub unreachable: Vec<Shadowed>,
    /// The rules without any one of which every decision would be the same, in order.
    pub redundant: Vec<Shadowed>,
    /// The pairs of rules that both take some case, say different things of it, and are not a rule and its exception:
    /// each takes cases that the other does not.
    pub conflicts: Vec<Conflict>,
    /// Is that all? If the budget ran out, or a glob is beyond what can be taken apart, there may be more.
    pub proven: bool,
}

/// A rule, and those that leave nothing for it to decide.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Shadowed {
    /// The rule.
    pub rule: usize,
    /// The rules that leave nothing, in order: where it is unreachable, as few before it as were found; where it is redundant,
    /// those that would say the same in its place.
    pub by: Vec<usize>,
    /// Do some of them only wait for facts, for which it does not name UNKNOWN?
    pub waiting: bool,
}

/// Two rules of which the order decides.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Conflict {
    /// The rule that comes first.
    pub first: usize,
    /// The rule that would say something else.
    pub second: usize,
    /// A case that the first decides, and that the second takes too.
    pub witness: Witness,
}

impl<T: PartialEq> Table<T> {
    /// What there is to be said of the rules beside each other.
    #[must_use]
    pub fn analysis(&self) -> Analysis {
        let rules: Vec<&Rule<T>> = self.rules.iter().collect();
        if rules.len() > MOST_RULES {
            return Analysis { unreachable: Vec::new(), redundant: Vec::new(), conflicts: Vec::new(), proven: false };
        }
        let space = Space::of_rules(&rules);
        let mut search = Search { rules: &rules, space: &space, budget: Budget::USUAL };
        let mut analysis = Analysis::of(&mut search, |_, _| true);
        search.budget = Budget::USUAL;
        for second in 0..rules.len() {
            for first in 0..second {
                match search.with_at_most(ONE_PAIR, |search| conflict(search, first, second)) {
                    Ok(conflict) => analysis.conflicts.extend(conflict),
                    Err(Exhausted) => analysis.proven = false,
                }
            }
        }
        analysis
    }
}

impl Analysis {
    /// The rules that change nothing. Of those that some rule after it, of which this holds, could replace.
    fn of<T: PartialEq>(search: &mut Search<'_, T>, could: impl Fn(&Rule<T>, &Rule<T>) -> bool) -> Self {
        let mut analysis = Self {
            unreachable: Vec::new(),
            redundant: Vec::new(),
            conflicts: Vec::new(),
            proven: search.space.incomplete.is_empty(),
        };
        for rule in 0..search.rules.len() {
            match search.with_at_most(ONE_RULE, |search| unreachable(search, rule)) {
                Ok(Some(shadowed)) => analysis.unreachable.push(shadowed),
                Ok(None) if !replaceable(search.rules, rule, &could) => {}
                Ok(None) => match search.with_at_most(ONE_RULE, |search| redundant(search, rule)) {
                    Ok(shadowed) => analysis.redundant.extend(shadowed),
                    Err(Exhausted) => analysis.proven = false,
                },
                Err(Exhausted) => analysis.proven = false,
            }
        }
        analysis
    }
}

/// Is there a rule after this one that says the same, and could replace it?
fn replaceable<T: PartialEq>(rules: &[&Rule<T>], rule: usize, could: impl Fn(&Rule<T>, &Rule<T>) -> bool) -> bool {
    let mut from = rules.iter().skip(rule);
    from.next().is_some_and(|rule| from.any(|later| later.outcome == rule.outcome && could(rule, later)))
}

/// Why a rule decides nothing, if that is so.
fn unreachable<T: PartialEq>(search: &mut Search<'_, T>, rule: usize) -> Result<Option<Shadowed>, Exhausted> {
    let region = search.space.taken(rule);
    if let Some(alone) = (0..rule).find(|earlier| search.space.says(*earlier, &region) == Says::Always) {
        return Ok(Some(Shadowed { rule, by: vec![alone], waiting: false }));
    }
    let Err(instead) = search.decides((0..=rule).collect(), region.clone())? else { return Ok(None) };
    let mut by: Vec<usize> = instead.into_iter().collect();
    // Of rules that could stand for each other, the earlier ones decide. Where that takes too long, more are named.
    let fewest = search.with_at_most(FEWEST, |search| {
        let mut few = by.clone();
        for index in (0..few.len()).rev() {
            let others = || few.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| *other);
            if search.decides(others().chain([rule]).collect(), region.clone())?.is_err() {
                few = others().collect();
            }
        }
        Ok(few)
    });
    by = fewest.unwrap_or(by);
    let mut left = vec![region];
    for by in &by {
        subtract(search.space, &mut left, &search.space.taken(*by), &mut search.budget)?;
    }
    Ok(Some(Shadowed { rule, by, waiting: !left.is_empty() }))
}

/// The rules that say the same where a rule decides, if without it every decision is the same.
fn redundant<T: PartialEq>(search: &mut Search<'_, T>, rule: usize) -> Result<Option<Shadowed>, Exhausted> {
    let all: Vec<usize> = (0..search.rules.len()).collect();
    let others = all.iter().copied().filter(|other| *other != rule).collect();
    let rules = search.rules;
    let outcome = |rule: Option<usize>| rule.and_then(|rule| rules.get(rule)).map(|rule| &rule.outcome);
    let mut by = BTreeSet::new();
    let mut changes = false;
    let region = search.space.possible(rule);
    search.beside(region, (all, others), true, |_, with, without| {
        changes = outcome(with.rule) != outcome(without.rule) || with.certain.is_some() != without.certain.is_some();
        if with.rule == Some(rule) {
            by.extend(without.rule);
        }
        if changes { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok((!changes).then(|| Shadowed { rule, by: by.into_iter().collect(), waiting: false }))
}

/// A case in which the order of two rules decides, unless one of them is the other's exception.
fn conflict<T: PartialEq>(
    search: &mut Search<'_, T>,
    first: usize,
    second: usize,
) -> Result<Option<Conflict>, Exhausted> {
    let outcome = |rule: usize| search.rules.get(rule).map(|rule| &rule.outcome);
    let (a, b) = (search.space.taken(first), search.space.taken(second));
    search.budget.spend(1)?;
    let both: Region = a.iter().zip(&b).map(|(a, b)| a & b).collect();
    let apart = search.space.axes().iter().any(|axis| !meet(axis.side(&a), axis.side(&b)));
    if apart || both == a || both == b || outcome(first) == outcome(second) {
        return Ok(None);
    }
    let found = search.decides((0..=first).collect(), both)?.ok();
    Ok(found.map(|region| Conflict { first, second, witness: search.space.witness(&region) }))
}

/// What there is to be said of a table with more rules than are held against each other. A rule that asks nothing decides
/// everything, whatever stands before it.
pub(super) fn of_too_many<T>(rules: &[Rule<T>]) -> (Vec<TableError>, Vec<TableError>) {
    let open = |what: &str, warning| TableError {
        message: format!("a table of {} rules is too long to prove {what}", rules.len()),
        help: format!(
            "more than {MOST_RULES} rules are not held against each other; end with one whose `when` is empty"
        ),
        ..not_proven(warning, what, Columns::default())
    };
    let total = rules.iter().any(|rule| rule.when.columns().is_empty());
    let errors = (!total).then(|| open("that every case is decided", false));
    (errors.into_iter().collect(), vec![open("that every rule changes something", true)])
}

/// The cases that no rule decides.
pub(super) fn gaps<T>(rules: &[Rule<T>], space: &Space, mut budget: Budget) -> Vec<TableError> {
    // Rules that ask little take much: taken away first, they leave fewer pieces to the others.
    let mut broad: Vec<usize> = (0..rules.len()).collect();
    broad.sort_by_key(|rule| rules.get(*rule).map(|rule| rule.when.columns().len()));
    let taken: Vec<Region> = broad.into_iter().map(|rule| space.taken(rule)).collect();
    let mut left = vec![space.everything()];
    for region in &taken {
        if subtract(space, &mut left, region, &mut budget).is_err() {
            return vec![not_proven(false, "that every case is decided", Columns::default())];
        }
    }
    let mut errors = Vec::new();
    while let Some(found) = left.first() {
        if errors.len() == GAPS {
            break;
        }
        let gap = widened(space, &taken, found);
        let shown: Vec<_> = space.axes().iter().filter(|axis| !axis.is_full(&gap)).collect();
        let witness = space.witness(&gap).showing(shown.iter().flat_map(|axis| axis.columns.iter()).collect());
        errors.push(gap_error(&shown.iter().flat_map(|axis| values(axis, &gap)).collect::<Vec<_>>(), &witness));
        if subtract(space, &mut left, &gap, &mut budget).is_err() {
            break;
        }
    }
    // Where a column's texts were not all seen, one that no rule takes may be missing: a rule for all texts makes up for it.
    if errors.is_empty() && !space.incomplete.is_empty() && !open_columns_are_covered(space, rules, &mut budget) {
        errors.push(not_proven(false, "that every case is decided", space.incomplete));
    }
    errors
}

/// Do the rules that ask nothing of the columns that were not taken apart decide everything by themselves?
fn open_columns_are_covered<T>(space: &Space, rules: &[Rule<T>], budget: &mut Budget) -> bool {
    let asks = |rule: &Rule<T>| {
        let open = space.incomplete.iter().filter_map(|column| rule.when.test(column));
        open.into_iter().any(|test| !test.takes_value(0))
    };
    let mut left = vec![space.everything()];
    for (index, _) in rules.iter().enumerate().filter(|(_, rule)| !asks(rule)) {
        if subtract(space, &mut left, &space.taken(index), budget).is_err() {
            return false;
        }
    }
    left.is_empty()
}

/// How many values of a column are shown.
const VALUES: usize = 3;

fn gap_error(columns: &[(Column, Vec<String>)], witness: &Witness) -> TableError {
    let shown = columns.iter().map(|(column, values)| {
        let more = values.len().saturating_sub(VALUES);
        let more = if more > 0 { format!(" or {more} more") } else { String::new() };
        format!("{column}={}{more}", values.iter().take(VALUES).map(String::as_str).collect::<Vec<_>>().join(" or "))
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    let shown = if shown.is_empty() { "anything".to_owned() } else { shown };
    let given = canonical_text(&witness.given());
    TableError {
        rule: None,
        warning: false,
        code: "gap",
        message: format!("no rule decides `{shown}`"),
        help: format!("add a rule for it, or end with one whose `when` is empty; in a test: `given: {given}`"),
    }
}

/// The rules that change nothing, as warnings in the order of the rules.
pub(super) fn warnings<T: PartialEq>(rules: &[Rule<T>], space: &Space, budget: Budget) -> Vec<TableError> {
    let list: Vec<&Rule<T>> = rules.iter().collect();
    // A rule that says what a later one says, for a reason of its own, is there for its reason.
    let pointless = |rule: &Rule<T>, later: &Rule<T>| rule.because == later.because;
    let analysis = Analysis::of(&mut Search { rules: &list, space, budget }, pointless);
    let names = |indices: &[usize]| {
        let names: Vec<&str> = indices.iter().filter_map(|index| Some(rules.get(*index)?.id.as_str())).collect();
        names.join("`, `")
    };
    let id = |shadowed: &Shadowed| rules.get(shadowed.rule).map_or("", |rule| rule.id.as_str());
    let unreachable = analysis.unreachable.iter().map(|shadowed| unreachable_warning(id(shadowed), shadowed, &names));
    let redundant = analysis.redundant.iter().map(|shadowed| TableError {
        rule: Some(shadowed.rule),
        warning: true,
        code: "redundant-rule",
        message: format!("without `{}` every decision is the same, by `{}`", id(shadowed), names(&shadowed.by)),
        help: "remove it, or let it say what it is there for".to_owned(),
    });
    let mut warnings: Vec<TableError> = unreachable.chain(redundant).collect();
    warnings.sort_by_key(|warning| warning.rule);
    if !analysis.proven {
        warnings.push(not_proven(true, "that every rule changes something", space.incomplete));
    }
    warnings
}

fn unreachable_warning(id: &str, shadowed: &Shadowed, names: &impl Fn(&[usize]) -> String) -> TableError {
    let (verb, wait) = if shadowed.by.len() == 1 { ("comes", "waits") } else { ("come", "wait") };
    let (code, why, help) = if shadowed.waiting {
        let help = "name UNKNOWN in it for what they wait for, narrow them, or remove it";
        ("waiting-rule", format!("{verb} first or {wait} for facts"), help)
    } else {
        ("unreachable-rule", format!("{verb} first"), "move it up, narrow the earlier rules, or remove it")
    };
    TableError {
        rule: Some(shadowed.rule),
        warning: true,
        code,
        message: format!("`{id}` decides nothing: `{}` {why}", names(&shadowed.by)),
        help: help.to_owned(),
    }
}

fn not_proven(warning: bool, what: &str, overlooked: Columns) -> TableError {
    let (why, help) = if overlooked.is_empty() {
        (
            "the rules are too entangled".to_owned(),
            "use fewer columns with long lists, or end with a rule whose `when` is empty",
        )
    } else {
        let why = format!("the patterns of {overlooked} are too entangled");
        (why, "write plain globs, `*` and `{a,b}`, or end with a rule whose `when` is empty")
    };
    TableError {
        rule: None,
        warning,
        code: "not-proven",
        message: format!("{why} to prove {what}"),
        help: help.to_owned(),
    }
}

/// Takes a box away from disjoint boxes; the rest is disjoint again.
fn subtract(space: &Space, left: &mut Vec<Region>, taken: &Region, budget: &mut Budget) -> Result<(), Exhausted> {
    budget.spend(left.len())?;
    let mut rest = Vec::with_capacity(left.len());
    for mut region in left.drain(..) {
        if space.axes().iter().any(|axis| !meet(axis.side(&region), axis.side(taken))) {
            rest.push(region);
            continue;
        }
        for axis in space.axes() {
            let outside: Vec<u64> =
                axis.side(&region).iter().zip(axis.side(taken)).map(|(mine, theirs)| mine & !theirs).collect();
            let inside: Vec<u64> =
                axis.side(&region).iter().zip(axis.side(taken)).map(|(mine, theirs)| mine & theirs).collect();
            if outside.iter().any(|word| *word != 0) {
                let mut piece = region.clone();
                axis.write(&mut piece, &outside);
                rest.push(piece);
            }
            axis.write(&mut region, &inside);
        }
        if rest.len() > PIECES {
            return Err(Exhausted);
        }
    }
    *left = rest;
    Ok(())
}

/// A gap with every value that it can have in each column, beside all that it has in the others.
fn widened(space: &Space, taken: &[Region], found: &Region) -> Region {
    let mut gap = found.clone();
    let decided = |gap: &Region| {
        let meets = |region: &Region| space.axes().iter().all(|axis| meet(axis.side(gap), axis.side(region)));
        taken.iter().any(meets)
    };
    for axis in space.axes() {
        let own: Vec<usize> = (0..axis.atoms.len()).filter(|atom| axis.has(&gap, *atom)).collect();
        let free = (0..axis.atoms.len()).filter(|atom| {
            let mut other = gap.clone();
            axis.write(&mut other, &axis.only(*atom));
            own.contains(atom) || !decided(&other)
        });
        let side = axis.set(&free.collect::<Vec<_>>());
        axis.write(&mut gap, &side);
    }
    gap
}
