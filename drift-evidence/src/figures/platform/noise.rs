//! `Noise` and `Ignored`: what was excused, by whom, and how much of it there is.

use std::collections::{BTreeMap, BTreeSet};

use drift_model::Disposition;
use serde::Serialize;

use crate::figures::count;
use crate::summary::{Known, LookRow, Summary};

/// What a version of a provider spells otherwise than Git does.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Noise {
    /// The version, as the look names it: `aws 6.2.0`.
    pub provider: String,
    /// How many changes mean the same as what is declared, at the last look at each resource that knew something.
    pub changes: u64,
    /// On how many resources.
    pub resources: u64,
}

/// What an ignore rule covers.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Ignored {
    /// The field, with `*` for the items of lists. Left out where the assessments only count what is excused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// How many changes it covers, at the last look at each resource that knew something.
    pub changes: u64,
    /// On how many resources.
    pub resources: u64,
}

type Sums<'s, K> = BTreeMap<K, (u64, BTreeSet<(Option<&'s str>, &'s str)>)>;

/// The noise of each version that a look names. `None` where none does.
pub(super) fn providers(summary: &Summary) -> Option<Vec<Noise>> {
    let mut sums = Sums::<'_, &str>::new();
    let mut named = false;
    for (look, known) in known(summary) {
        let Some(provider) = &known.provider else { continue };
        named = true;
        for excuse in known.excuses.iter().filter(|excuse| excuse.disposition == Disposition::Equivalent) {
            add(&mut sums, provider.as_str(), look, excuse.count);
        }
    }
    let noise = sums.into_iter().map(|(provider, (changes, resources))| Noise {
        provider: provider.to_owned(),
        changes,
        resources: count(&resources),
    });
    let mut noise: Vec<_> = noise.collect();
    noise.sort_by(|a, b| b.changes.cmp(&a.changes).then_with(|| a.provider.cmp(&b.provider)));
    named.then_some(noise)
}

pub(super) fn ignored(summary: &Summary) -> Vec<Ignored> {
    let mut sums = Sums::new();
    for (look, known) in known(summary) {
        for excuse in known.excuses.iter().filter(|excuse| excuse.disposition == Disposition::Ignored) {
            add(&mut sums, (excuse.field.as_deref(), excuse.rule.as_deref()), look, excuse.count);
        }
    }
    let ignored = sums.into_iter().map(|((field, rule), (changes, resources))| Ignored {
        field: field.map(str::to_owned),
        rule: rule.map(str::to_owned),
        changes,
        resources: count(&resources),
    });
    let mut ignored: Vec<_> = ignored.collect();
    ignored.sort_by(|a, b| b.changes.cmp(&a.changes).then_with(|| (&a.field, &a.rule).cmp(&(&b.field, &b.rule))));
    ignored
}

/// What each detector knew last of each resource: a look that failed since takes nothing back.
fn known(summary: &Summary) -> impl Iterator<Item = (&LookRow, &Known)> {
    summary.looks().filter_map(|look| Some((look, look.known.as_ref()?)))
}

fn add<'s, K: Ord>(sums: &mut Sums<'s, K>, key: K, look: &'s LookRow, changes: u64) {
    let (sum, resources) = sums.entry(key).or_default();
    *sum = sum.saturating_add(changes);
    resources.insert((look.unit.as_deref(), &look.resource));
}
