//! `Space`: everything that rules can tell apart, as a product of short lists.
//!
//! A column's values fall into atoms: values of which every rule says the same. For each atom there is a sample, and what
//! the rules say of it is asked of the rules themselves, so that the analysis cannot read them otherwise than a decision
//! does. A region is a set of atoms for each column, and a rule takes, waits for or refuses whole regions.

use std::collections::BTreeMap;

use super::case::Case;
use super::columns::{Column, Columns};
use super::condition::{Answer, Test, When};
use super::rule::Rule;
use super::samples;
use super::witness::{Sample, Witness};

/// A set of atoms for each axis, one after the other.
pub(super) type Region = Box<[u64]>;

/// Everything that some rules can tell apart.
pub(super) struct Space {
    axes: Vec<Axis>,
    /// What each rule asks, axis by axis.
    rules: Vec<Vec<Part>>,
    everything: Region,
    /// The columns of whose texts some may have been overlooked.
    pub(super) incomplete: Columns,
}

/// A column, or two that are read from the same fact.
pub(super) struct Axis {
    pub(super) columns: Columns,
    /// For each atom a sample, and what else it stands for where values are a closed list.
    pub(super) atoms: Vec<Vec<Sample>>,
    from: usize,
    to: usize,
}

/// What a rule says of the atoms of an axis.
struct Part {
    axis: usize,
    takes: Vec<u64>,
    /// The atoms that it waits on, by the columns that are missing there.
    waits: Vec<(Columns, Vec<u64>)>,
    /// All of these.
    possible: Vec<u64>,
}

/// What a rule says of a region.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Says {
    /// It refuses every case.
    Never,
    /// It takes every case.
    Always,
    /// It waits for these columns in every case.
    Waits(Columns),
    /// Not the same of every case.
    Mixed,
}

impl Space {
    /// The space of these rules.
    pub(super) fn of_rules<T>(rules: &[&Rule<T>]) -> Self {
        Self::of(&rules.iter().map(|rule| &rule.when).collect::<Vec<_>>(), None)
    }

    /// The space of what these rules ask; with a case, the atoms that it is of stand first.
    pub(super) fn of(rules: &[&When], case: Option<&Case<'_>>) -> Self {
        let asked: Columns = rules.iter().flat_map(|when| when.columns().iter()).collect();
        let together = asked.contains(Column::ChangeRecord) && asked.contains(Column::Accepted);
        let mut space = Self {
            axes: Vec::new(),
            rules: rules.iter().map(|_| Vec::new()).collect(),
            everything: Region::default(),
            incomplete: Columns::default(),
        };
        let mut everything = Vec::new();
        for column in asked.iter() {
            let columns = match column {
                Column::Accepted if together => continue,
                Column::ChangeRecord if together => Columns::from_iter([Column::ChangeRecord, Column::Accepted]),
                column => Columns::from_iter([column]),
            };
            let samples = if columns.len() > 1 { samples::records() } else { space.samples(column, rules) };
            space.add(columns, samples, rules, case, &mut everything);
        }
        space.everything = everything.into();
        space
    }

    fn samples(&mut self, column: Column, rules: &[&When]) -> Vec<Sample> {
        let tests: Vec<&Test> = rules.iter().filter_map(|when| when.test(column)).collect();
        let (mut samples, complete) = samples::samples(column, &tests);
        if column.is_fact() {
            samples.push(Sample::Unknown(column));
        }
        if !complete {
            self.incomplete.insert(column);
        }
        samples
    }

    fn add(
        &mut self,
        columns: Columns,
        samples: Vec<Sample>,
        rules: &[&When],
        case: Option<&Case<'_>>,
        everything: &mut Vec<u64>,
    ) {
        let asking: Vec<(usize, &When)> = rules
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, when)| columns.iter().any(|column| when.test(column).is_some()))
            .collect();
        let says = |case: &Case<'_>| asking.iter().map(|(_, when)| on(when, columns, case)).collect::<Vec<_>>();
        let mut atoms: Vec<Vec<Sample>> = Vec::new();
        let mut answers: Vec<Vec<Option<Columns>>> = Vec::new();
        let mut known: BTreeMap<Vec<Option<Columns>>, usize> = BTreeMap::new();
        // What stands for the case itself is never shown.
        let of_case = case.map(|case| (Sample::Given, says(case)));
        let of_samples = samples.into_iter().map(|sample| {
            let answer = says(&Witness::of_nothing().with([&sample]).case());
            (sample, answer)
        });
        for (sample, answer) in of_case.into_iter().chain(of_samples) {
            match known.get(&answer).and_then(|atom| atoms.get_mut(*atom)) {
                Some(atom) if sample.is_one_of_few() => atom.push(sample),
                Some(_) => {}
                None => {
                    known.insert(answer.clone(), atoms.len());
                    atoms.push(vec![sample]);
                    answers.push(answer);
                }
            }
        }
        let axis = self.axes.len();
        let from = everything.len();
        everything.extend(set(atoms.len(), |_| true));
        let to = everything.len();
        for (index, (rule, _)) in asking.iter().enumerate() {
            let Some(rule) = self.rules.get_mut(*rule) else { continue };
            let answer = |atom: usize| answers.get(atom).and_then(|answers| *answers.get(index)?);
            let mut waits: Vec<Columns> =
                (0..atoms.len()).filter_map(answer).filter(|missing| !missing.is_empty()).collect();
            waits.sort_unstable();
            waits.dedup();
            rule.push(Part {
                axis,
                takes: set(atoms.len(), |atom| answer(atom).is_some_and(Columns::is_empty)),
                waits: waits
                    .into_iter()
                    .map(|missing| (missing, set(atoms.len(), |atom| answer(atom) == Some(missing))))
                    .collect(),
                possible: set(atoms.len(), |atom| answer(atom).is_some()),
            });
        }
        self.axes.push(Axis { columns, atoms, from, to });
    }

    pub(super) fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Every case.
    pub(super) fn everything(&self) -> Region {
        self.everything.clone()
    }

    /// What a rule takes for certain.
    pub(super) fn taken(&self, rule: usize) -> Region {
        self.narrowed(rule, |part| &part.takes)
    }

    /// What a rule takes, and what it waits on.
    pub(super) fn possible(&self, rule: usize) -> Region {
        self.narrowed(rule, |part| &part.possible)
    }

    fn narrowed(&self, rule: usize, side: impl Fn(&Part) -> &Vec<u64>) -> Region {
        let mut region = self.everything();
        for part in self.parts(rule) {
            if let Some(axis) = self.axes.get(part.axis) {
                axis.write(&mut region, side(part));
            }
        }
        region
    }

    fn parts(&self, rule: usize) -> &[Part] {
        self.rules.get(rule).map_or(&[], Vec::as_slice)
    }

    fn sides<'r>(&'r self, rule: usize, region: &'r [u64]) -> impl Iterator<Item = (&'r Part, &'r [u64])> {
        self.parts(rule).iter().filter_map(|part| Some((part, self.axes.get(part.axis)?.side(region))))
    }

    /// What a rule says of a region.
    pub(super) fn says(&self, rule: usize, region: &[u64]) -> Says {
        let mut missing = Columns::default();
        let mut mixed = false;
        for (part, side) in self.sides(rule, region) {
            if !meet(side, &part.possible) {
                return Says::Never;
            }
            if !within(side, &part.takes) {
                match part.waits.iter().find(|(_, atoms)| within(side, atoms)) {
                    Some((columns, _)) => missing = missing.union(*columns),
                    None => mixed = true,
                }
            }
        }
        match (mixed, missing.is_empty()) {
            (true, _) => Says::Mixed,
            (false, true) => Says::Always,
            (false, false) => Says::Waits(missing),
        }
    }

    /// A region of which a rule says several things, cut along the first column where it does; what the rule refuses
    /// comes last.
    pub(super) fn cut(&self, rule: usize, region: &Region) -> Vec<Region> {
        for (part, side) in self.sides(rule, region) {
            let kinds = || std::iter::once(&part.takes).chain(part.waits.iter().map(|(_, atoms)| atoms));
            if kinds().any(|atoms| within(side, atoms)) || !meet(side, &part.possible) {
                continue;
            }
            let Some(axis) = self.axes.get(part.axis) else { continue };
            let refused: Vec<u64> = part.possible.iter().map(|atoms| !atoms).collect();
            return kinds()
                .chain(std::iter::once(&refused))
                .filter(|atoms| meet(side, atoms))
                .map(|atoms| {
                    let mut piece = region.clone();
                    let cut: Vec<u64> = side.iter().zip(atoms).map(|(mine, theirs)| mine & theirs).collect();
                    axis.write(&mut piece, &cut);
                    piece
                })
                .collect();
        }
        Vec::new()
    }

    /// A case of a region: the first of each column.
    pub(super) fn witness(&self, region: &[u64]) -> Witness {
        let samples = self.axes.iter().filter_map(|axis| axis.atoms_of(region).next()?.first());
        Witness::of_nothing().with(samples)
    }
}

impl Axis {
    /// The atoms of a region.
    pub(super) fn side<'r>(&self, region: &'r [u64]) -> &'r [u64] {
        region.get(self.from..self.to).unwrap_or_default()
    }

    pub(super) fn write(&self, region: &mut Region, side: &[u64]) {
        for (mine, theirs) in region.iter_mut().skip(self.from).zip(side) {
            *mine = *theirs;
        }
    }

    /// The set of one atom.
    pub(super) fn only(&self, atom: usize) -> Vec<u64> {
        set(self.atoms.len(), |index| index == atom)
    }

    /// The set of these atoms.
    pub(super) fn set(&self, atoms: &[usize]) -> Vec<u64> {
        set(self.atoms.len(), |index| atoms.contains(&index))
    }

    /// Does the region have all atoms?
    pub(super) fn is_full(&self, region: &[u64]) -> bool {
        within(&set(self.atoms.len(), |_| true), self.side(region))
    }

    /// Is this atom in the region?
    pub(super) fn has(&self, region: &[u64], atom: usize) -> bool {
        meet(self.side(region), &self.only(atom))
    }

    /// The samples of a region, by atom.
    pub(super) fn atoms_of<'r>(&'r self, region: &'r [u64]) -> impl Iterator<Item = &'r [Sample]> {
        self.atoms
            .iter()
            .enumerate()
            .filter(|(index, _)| self.has(region, *index))
            .map(|(_, samples)| samples.as_slice())
    }
}

/// What a rule says of a case as far as these columns go: nothing where it refuses, else what is missing.
fn on(when: &When, columns: Columns, case: &Case<'_>) -> Option<Columns> {
    let mut missing = Columns::default();
    for test in columns.iter().filter_map(|column| when.test(column)) {
        match test.meets(case) {
            Answer::Yes => {}
            Answer::No(_) => return None,
            Answer::Maybe(columns) => missing = missing.union(columns),
        }
    }
    Some(missing)
}

/// The set of those atoms, of so many, for which this holds.
fn set(atoms: usize, holds: impl Fn(usize) -> bool) -> Vec<u64> {
    let mut words = vec![0u64; atoms.div_ceil(64).max(1)];
    for atom in (0..atoms).filter(|atom| holds(*atom)) {
        if let Some(word) = words.get_mut(atom / 64) {
            *word |= u32::try_from(atom % 64).ok().and_then(|bit| 1u64.checked_shl(bit)).unwrap_or(0);
        }
    }
    words
}

/// Have they an atom in common?
pub(super) fn meet(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

/// Are all atoms of the first in the second?
pub(super) fn within(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a & !b == 0)
}
