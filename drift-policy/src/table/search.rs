//! Searching a space: regions are cut until every rule says one thing of each, and then decided as cases are.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::columns::Columns;
use super::decide::with_waiting;
use super::rule::Rule;
use super::space::{Region, Says, Space};

/// How many answers of rules an analysis may ask for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget(pub(super) usize);

impl Budget {
    /// What tables are compiled with: some milliseconds for the tables of people, seconds for the worst.
    pub(super) const USUAL: Self = Self(20_000_000);

    pub(super) fn spend(&mut self, answers: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(answers).ok_or(Exhausted)?;
        Ok(())
    }
}

/// The budget ran out: nothing is proven.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Exhausted;

/// Rules in their space, and what may still be spent on them.
pub(super) struct Search<'a, T> {
    pub(super) rules: &'a [&'a Rule<T>],
    pub(super) space: &'a Space,
    pub(super) budget: Budget,
}

/// How a list of rules decides a region.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// The rules that refuse not all of it, up to the first that takes all.
    pub(super) live: Vec<usize>,
    pub(super) end: End,
}

/// Where a view comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Settled(Settled),
    /// It depends; on this rule first.
    Open(usize),
}

/// What a list of rules says of every case of a region.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Settled {
    /// The rule that decides; `None` where facts are missing, or nothing takes it.
    pub(super) rule: Option<usize>,
    /// The first rule that takes it for certain.
    pub(super) certain: Option<usize>,
}

impl<T> Search<'_, T> {
    /// Looks for something with a part of the budget, so that one hard question does not use up that of all others.
    pub(super) fn with_at_most<R>(
        &mut self,
        answers: usize,
        look: impl FnOnce(&mut Self) -> Result<R, Exhausted>,
    ) -> Result<R, Exhausted> {
        let rest = self.budget.0.saturating_sub(answers);
        self.budget = Budget(self.budget.0.min(answers));
        let found = look(self);
        self.budget = Budget(rest.saturating_add(if found.is_ok() { self.budget.0 } else { 0 }));
        found
    }
}

impl<T: PartialEq> Search<'_, T> {
    /// How the rules, in this order, decide a region.
    pub(super) fn view(&mut self, rules: &[usize], region: &Region) -> Result<View, Exhausted> {
        self.budget.spend(rules.len().max(1))?;
        let mut live = Vec::new();
        let mut waiting: Vec<(usize, Columns)> = Vec::new();
        let (mut open, mut certain) = (None, None);
        for rule in rules {
            match self.space.says(*rule, region) {
                Says::Never => continue,
                Says::Always => certain = Some(*rule),
                Says::Waits(columns) => waiting.push((*rule, columns)),
                Says::Mixed => open = open.or(Some(*rule)),
            }
            live.push(*rule);
            if certain.is_some() {
                break;
            }
        }
        let end = match open {
            Some(rule) => End::Open(rule),
            None => End::Settled(self.settled(certain, &waiting)),
        };
        Ok(View { live, end })
    }

    fn settled(&self, certain: Option<usize>, waiting: &[(usize, Columns)]) -> Settled {
        let rule = certain.and_then(|certain| {
            let deciding = self.rules.get(certain)?;
            let missing = waiting.iter().fold(Columns::default(), |missing, (rule, columns)| {
                let Some(rule) = self.rules.get(*rule) else { return missing };
                with_waiting(missing, rule, *columns, Some(&deciding.outcome))
            });
            missing.is_within(deciding.when.names_unknown()).then_some(certain)
        });
        Settled { rule, certain }
    }

    /// A part of the region of which the last of these rules decides every case; without one, the rules that take or wait
    /// for what it could take. The last rule takes the region.
    pub(super) fn decides(
        &mut self,
        rules: Vec<usize>,
        region: Region,
    ) -> Result<Result<Region, BTreeSet<usize>>, Exhausted> {
        let Some(rule) = rules.last().copied() else { return Ok(Err(BTreeSet::new())) };
        let mut instead = BTreeSet::new();
        let mut open = vec![(region, rules)];
        while let Some((region, rules)) = open.pop() {
            let view = self.view(&rules, &region)?;
            match view.end {
                _ if view.live.last() != Some(&rule) => instead.extend(view.live.last()),
                End::Settled(settled) if settled.rule == Some(rule) => return Ok(Ok(region)),
                End::Settled(_) => instead.extend(view.live.iter().filter(|waiting| **waiting != rule)),
                End::Open(other) => {
                    let pieces = self.space.cut(other, &region);
                    open.extend(pieces.into_iter().map(|piece| (piece, view.live.clone())));
                }
            }
        }
        Ok(Err(instead))
    }

    /// Goes through all parts of a region that one list of rules does not trivially decide as another does, and shows
    /// what each says of every part.
    pub(super) fn beside(
        &mut self,
        region: Region,
        (old, new): (Vec<usize>, Vec<usize>),
        same_on_unknown: bool,
        mut see: impl FnMut(Region, Settled, Settled) -> ControlFlow<()>,
    ) -> Result<(), Exhausted> {
        let mut open = vec![(region, old, new)];
        while let Some((region, old, new)) = open.pop() {
            let (old, new) = (self.view(&old, &region)?, self.view(&new, &region)?);
            if same_on_unknown && old.live == new.live {
                continue;
            }
            let (a, b) = match (old.end, new.end) {
                (End::Settled(a), End::Settled(b)) => {
                    if see(region, a, b).is_break() {
                        return Ok(());
                    }
                    continue;
                }
                (a, b) => (a, b),
            };
            // A rule that one list has and the other has not, if it is what keeps the region open.
            let unlike = old.live.iter().zip(&new.live).find(|(old, new)| old != new);
            let unlike = unlike.into_iter().flat_map(|(old, new)| [*old, *new]);
            let mut cuts = unlike.chain([a, b].into_iter().filter_map(|end| match end {
                End::Open(rule) => Some(rule),
                End::Settled(_) => None,
            }));
            let pieces = cuts.find_map(|rule| {
                let mixed = self.space.says(rule, &region) == Says::Mixed;
                mixed.then(|| self.space.cut(rule, &region))
            });
            open.extend(pieces.into_iter().flatten().map(|piece| (piece, old.live.clone(), new.live.clone())));
        }
        Ok(())
    }
}
