//! Two tables beside each other: what one decides otherwise than the other.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::Table;
use super::analysis::MOST_RULES;
use super::columns::Column;
use super::decide::Decided;
use super::rule::Rule;
use super::search::{Budget, Search, Settled};
use super::space::{Axis, Region, Space};
use super::witness::{Sample, Witness};

/// More pieces of one difference than this are not put together again.
const PIECES: usize = 500;

/// What two tables decide differently.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Comparison<'t, T> {
    /// The regions, in the order of the rules that decide in the old table, then in the new one. No two overlap.
    pub differences: Vec<Difference<'t, T>>,
    /// Is that all? If the budget ran out, or a glob is beyond what can be taken apart, there may be more.
    pub proven: bool,
}

/// A region in which two tables decide differently.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Difference<'t, T> {
    /// The columns that matter, each with the values of the region. Of texts, each stands for those that the same globs
    /// take.
    pub region: Vec<(Column, Vec<String>)>,
    /// A case of the region.
    pub witness: Witness,
    /// What the old table decides there.
    pub old: Decided<'t, T>,
    /// What the new table decides there.
    pub new: Decided<'t, T>,
}

impl<T: PartialEq> Table<T> {
    /// Everything that `new` decides otherwise: another outcome, whichever rule it comes from.
    ///
    /// ```
    /// use drift_policy::{Condition, Rule, Table, When};
    ///
    /// let table = |kind: &str| {
    ///     let when = When::compile(&[Condition::new("kind", vec![kind.into()])]).unwrap();
    ///     let rules = vec![Rule::new("held", when, "wait", ""), Rule::new("rest", When::default(), "go", "")];
    ///     Table::compile(rules, "ask").unwrap().0
    /// };
    /// let (old, new) = (table("Secret*"), table("Secret"));
    /// let comparison = old.compare(&new);
    /// assert!(comparison.proven);
    /// let [difference] = &comparison.differences[..] else { panic!("one region") };
    /// // Whatever starts with `Secret` and goes on, say `Secreta`.
    /// assert_eq!(difference.witness.to_string(), "kind=Secreta");
    /// assert_eq!((*difference.old.outcome, *difference.new.outcome), ("wait", "go"));
    /// ```
    #[must_use]
    pub fn compare<'t>(&'t self, new: &'t Self) -> Comparison<'t, T> {
        compare(self, new, Budget::USUAL)
    }
}

pub(super) fn compare<'t, T: PartialEq>(old: &'t Table<T>, new: &'t Table<T>, budget: Budget) -> Comparison<'t, T> {
    if old.rules().len().saturating_add(new.rules().len()) > MOST_RULES.saturating_mul(2) {
        let same = |(old, new): (&Rule<T>, &Rule<T>)| old.when == new.when && old.outcome == new.outcome;
        let alike = old.rules().len() == new.rules().len() && old.rules().iter().zip(new.rules()).all(same);
        return Comparison { differences: Vec::new(), proven: alike && old.on_unknown() == new.on_unknown() };
    }
    // A rule that both have, whatever its name, is one rule.
    let mut rules: Vec<&Rule<T>> = Vec::new();
    let mut list = |table: &'t Table<T>| -> Vec<usize> {
        let place = |rule: &'t Rule<T>| {
            let known = rules.iter().position(|known| known.when == rule.when && known.outcome == rule.outcome);
            known.unwrap_or_else(|| {
                rules.push(rule);
                rules.len().saturating_sub(1)
            })
        };
        table.rules().iter().map(place).collect()
    };
    let lists = (list(old), list(new));
    let space = Space::of_rules(&rules);
    let mut search = Search { rules: &rules, space: &space, budget };
    let outcome = |settled: Settled, table: &'t Table<T>| match settled.rule.and_then(|rule| rules.get(rule)) {
        Some(rule) => &rule.outcome,
        None => table.on_unknown(),
    };
    let mut found: BTreeMap<(Option<usize>, Option<usize>), Vec<Region>> = BTreeMap::new();
    let same = old.on_unknown() == new.on_unknown();
    let searched = search.beside(space.everything(), lists, same, |region, a, b| {
        if outcome(a, old) != outcome(b, new) {
            found.entry((a.rule, b.rule)).or_default().push(region);
        }
        ControlFlow::Continue(())
    });
    let regions = found.into_values().flat_map(|pieces| together(&space, pieces));
    let differences = regions.map(|region| {
        let shown: Vec<&Axis> = space.axes().iter().filter(|axis| !axis.is_full(&region)).collect();
        let witness = space.witness(&region).showing(shown.iter().flat_map(|axis| axis.columns.iter()).collect());
        let values = shown.iter().flat_map(|axis| values(axis, &region)).collect();
        let (old, new) = (old.decide(&witness.case()), new.decide(&witness.case()));
        Difference { region: values, witness, old, new }
    });
    Comparison { differences: differences.collect(), proven: searched.is_ok() && space.incomplete.is_empty() }
}

/// The values of a region, by column.
pub(super) fn values(axis: &Axis, region: &[u64]) -> Vec<(Column, Vec<String>)> {
    let columns = axis.columns.iter().map(|column| {
        let shown = axis.atoms_of(region).flatten().flat_map(Sample::shown);
        let mut values: Vec<String> = Vec::new();
        for (_, value) in shown.filter(|(of, _)| *of == column) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        (column, values)
    });
    columns.collect()
}

/// Regions that differ in one column alone are one region.
fn together(space: &Space, mut pieces: Vec<Region>) -> Vec<Region> {
    if pieces.len() > PIECES {
        return pieces;
    }
    let mut merged = true;
    while merged {
        merged = false;
        for axis in space.axes() {
            let mut by_others: BTreeMap<Region, Region> = BTreeMap::new();
            let count = pieces.len();
            for piece in pieces.drain(..) {
                let mut others = piece.clone();
                let none = vec![0; axis.side(&piece).len()];
                axis.write(&mut others, &none);
                let whole = by_others.entry(others).or_insert_with(|| piece.clone());
                for (mine, theirs) in whole.iter_mut().zip(&piece) {
                    *mine |= *theirs;
                }
            }
            pieces.extend(by_others.into_values());
            merged |= pieces.len() < count;
        }
    }
    pieces
}
