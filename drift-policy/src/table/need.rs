//! "What would have to be different": the shortest way from a case to another rule.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Table;
use super::case::Case;
use super::columns::Column;
use super::compare::values;
use super::rule::Rule;
use super::search::{Budget, End, Exhausted, Search};
use super::space::{Axis, Region, Space};
use super::witness::{Sample, Witness};

/// What would have to be different for a rule to decide a case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Need {
    /// The columns, each with the values of which one is needed; empty where the rule decides as it is. Any of them will do
    /// beside any of the others.
    pub columns: Vec<(Column, Vec<String>)>,
    /// The case with the first of these values.
    pub witness: Witness,
}

impl<T: PartialEq> Table<T> {
    /// What would have to be different for this rule to decide: the fewest columns, and the values that they would need. What
    /// the rule asks for is among them, and what keeps the rules before it from deciding or from waiting.
    ///
    /// `None` where there is no such rule, where it decides nothing, or where the answer is too far to be found.
    ///
    /// ```
    /// use drift_model::{Facts, ResourceRef};
    /// use drift_policy::{Case, Column, Condition, Rule, Table, When};
    ///
    /// let when = |column: &str, value: &str| When::compile(&[Condition::new(column, vec![value.into()])]).unwrap();
    /// let rules = vec![
    ///     Rule::new("frozen", when("freeze", "ON"), "wait", "a freeze is a freeze"),
    ///     Rule::new("pods", when("kind", "Pod"), "go", "pods come and go"),
    ///     Rule::new("rest", When::default(), "ask", "the rest is looked at"),
    /// ];
    /// let (table, _) = Table::compile(rules, "ask").unwrap();
    /// let (resource, facts) = (ResourceRef::kubernetes("", "v1", "Secret", "prod", "key"), Facts::default());
    /// let need = table.would_need(&Case::new(&resource, &facts), "pods").unwrap();
    /// let needed = |column, value: &str| (column, vec![value.to_owned()]);
    /// assert_eq!(need.columns, [needed(Column::Kind, "Pod"), needed(Column::Freeze, "OFF")]);
    /// assert_eq!(table.decide(&need.witness.case()).rule.map(|rule| rule.id.as_str()), Some("pods"));
    /// ```
    #[must_use]
    pub fn would_need(&self, case: &Case<'_>, rule: &str) -> Option<Need> {
        let index = self.rules().iter().position(|known| known.id == rule)?;
        let rules: Vec<&Rule<T>> = self.rules().iter().take(index.saturating_add(1)).collect();
        let whens: Vec<_> = rules.iter().map(|rule| &rule.when).collect();
        let space = Space::of(&whens, Some(case));
        let mut search = Search { rules: &rules, space: &space, budget: Budget::USUAL };
        let region = search.nearest(index).ok()??;
        let changed = |axis: &&Axis| !axis.has(&region, 0);
        let samples: Vec<&Sample> =
            space.axes().iter().filter(changed).filter_map(|axis| axis.atoms_of(&region).next()?.first()).collect();
        let witness = Witness::of_case(case).with(samples);
        let decides = self.decide(&witness.case()).rule.is_some_and(|decided| decided.id == rule);
        let columns = space.axes().iter().filter(changed).flat_map(|axis| values(axis, &region)).collect();
        decides.then_some(Need { columns, witness })
    }
}

impl<T: PartialEq> Search<'_, T> {
    /// The nearest region that this rule decides: the one for which the fewest columns change, with the case's own value in
    /// every other column. The case is the first atom of each axis.
    fn nearest(&mut self, rule: usize) -> Result<Option<Region>, Exhausted> {
        let space = self.space;
        let far = |region: &Region| space.axes().iter().filter(|axis| !axis.has(region, 0)).count();
        let start = space.taken(rule);
        // Of those that are equally near, the one that was found first.
        let mut open = BinaryHeap::from([Reverse((far(&start), 0_usize, start, (0..=rule).collect::<Vec<_>>()))]);
        let mut found = 0_usize;
        while let Some(Reverse((_, _, region, rules))) = open.pop() {
            let view = self.view(&rules, &region)?;
            match view.end {
                _ if view.live.last() != Some(&rule) => {}
                End::Settled(settled) if settled.rule == Some(rule) => return self.grown(rule, region).map(Some),
                End::Settled(_) => {}
                End::Open(other) => {
                    for piece in space.cut(other, &region) {
                        found = found.saturating_add(1);
                        open.push(Reverse((far(&piece), found, piece, view.live.clone())));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The region with the case's own value wherever it has it, and with every value elsewhere that does as well.
    fn grown(&mut self, rule: usize, mut region: Region) -> Result<Region, Exhausted> {
        let (own, others): (Vec<&Axis>, Vec<&Axis>) = self.space.axes().iter().partition(|axis| axis.has(&region, 0));
        for axis in own {
            axis.write(&mut region, &axis.only(0));
        }
        for axis in others {
            for atom in 1..axis.atoms.len() {
                let mut more = region.clone();
                axis.write(&mut more, &axis.only(atom));
                if self.decides_all(rule, more)? {
                    let side: Vec<u64> =
                        axis.side(&region).iter().zip(axis.only(atom)).map(|(mine, atom)| mine | atom).collect();
                    axis.write(&mut region, &side);
                }
            }
        }
        Ok(region)
    }

    /// Does the rule decide every case of the region?
    fn decides_all(&mut self, rule: usize, region: Region) -> Result<bool, Exhausted> {
        let mut open = vec![(region, (0..=rule).collect::<Vec<_>>())];
        while let Some((region, rules)) = open.pop() {
            let view = self.view(&rules, &region)?;
            match view.end {
                End::Settled(settled) if settled.rule == Some(rule) => {}
                End::Settled(_) => return Ok(false),
                End::Open(other) => {
                    let pieces = self.space.cut(other, &region);
                    open.extend(pieces.into_iter().map(|piece| (piece, view.live.clone())));
                }
            }
        }
        Ok(true)
    }
}
