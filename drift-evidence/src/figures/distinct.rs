//! `Distinct`: one finding, whoever has told of it.

use std::collections::BTreeMap;

use drift_model::{Digest, Timestamp};

use crate::summary::{Case, Episode, Summary};

/// One finding: the cases of one fingerprint in one unit, of which the one of the latest observation says how it stands.
#[derive(Debug)]
pub(crate) struct Distinct<'s> {
    pub(crate) case: &'s Case,
    pub(crate) unit: Option<&'s str>,
    /// Since when it is there, this time: when the first of those detected it who tell of this time alone.
    pub(crate) since: Timestamp,
    /// Each time that it was there. Where two cases tell of the same time, the latest observation holds here, too.
    pub(crate) episodes: Vec<&'s Episode>,
}

impl<'s> Distinct<'s> {
    /// Every finding of a summary, by fingerprint and unit.
    ///
    /// A case that does not say its unit may be of any: it is taken for one of the units that others name.
    pub(crate) fn all(summary: &'s Summary) -> Vec<Self> {
        let mut groups = BTreeMap::<Digest, BTreeMap<Option<&str>, Vec<&Case>>>::new();
        for case in summary.cases() {
            groups.entry(case.fingerprint).or_default().entry(case.unit.as_deref()).or_default().push(case);
        }
        let named = groups.into_values().flat_map(spread_over_units);
        named.filter_map(|(unit, cases)| Self::of(unit, cases)).collect()
    }

    fn of(unit: Option<&'s str>, mut cases: Vec<&'s Case>) -> Option<Self> {
        cases.sort_unstable_by(|a, b| b.cmp(a));
        let case = *cases.first()?;
        let mut episodes: Vec<&Episode> = Vec::new();
        for case in &cases {
            // Those of one case are apart: a look between them showed it gone.
            let known = episodes.clone();
            episodes.extend(case.episodes.iter().filter(|episode| !known.iter().any(|known| overlap(known, episode))));
        }
        episodes.sort_unstable();
        let current = case.current()?;
        let earlier = |episode: &&Episode| {
            let past = episodes.iter().any(|known| *known != current && overlap(known, episode));
            !past && overlap(current, episode)
        };
        let told = cases.iter().flat_map(|case| &case.episodes).filter(earlier).map(|episode| episode.detected_at);
        let since = told.min().map_or(current.detected_at, |told| told.min(current.detected_at));
        Some(Self { case, unit, since, episodes })
    }

    /// The resource, with its unit: units may have resources of one name.
    pub(crate) fn resource(&self) -> (Option<&'s str>, &'s str) {
        (self.unit, &self.case.resource_ref)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.case.is_open()
    }
}

/// What belongs to no unit may belong to any: where units are named, to each of them.
pub(crate) fn spread_over_units<T: Clone>(
    mut by_unit: BTreeMap<Option<&str>, Vec<T>>,
) -> BTreeMap<Option<&str>, Vec<T>> {
    if by_unit.len() > 1 {
        let of_any = by_unit.remove(&None).unwrap_or_default();
        for of_one in by_unit.values_mut() {
            of_one.extend(of_any.iter().cloned());
        }
    }
    by_unit
}

/// Were two episodes there at the same moment?
fn overlap(a: &Episode, b: &Episode) -> bool {
    let ends_before = |first: &Episode, second: Timestamp| {
        first.to_reconcile.is_some_and(|seconds| second.since(first.detected_at).seconds() > seconds)
    };
    !ends_before(a, b.detected_at) && !ends_before(b, a.detected_at)
}
