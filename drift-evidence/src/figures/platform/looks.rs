//! `Looks`: what the last look at each resource said.

use std::collections::BTreeMap;

use drift_model::{UnknownReason, Verdict};
use serde::Serialize;

use crate::figures::{one_more, spread_over_units};
use crate::summary::{Latest, Summary};

/// What is known of the resources that were looked at, by the last look that any detector took.
///
/// A resource is counted once for each unit it is in. A look that does not say the unit is one at each resource of that name.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Looks {
    /// How many resources were looked at.
    pub resources: u64,
    /// How many drift.
    pub drifted: u64,
    /// Of how many it is not known.
    pub unknown: u64,
    /// How many wait for an apply.
    pub pending: u64,
    /// How many are as declared, or excused.
    pub in_sync: u64,
    /// Why it is not known, by reason.
    pub unknown_because: BTreeMap<UnknownReason, u64>,
}

impl Looks {
    pub(super) fn of(summary: &Summary) -> Self {
        let mut resources = BTreeMap::<&str, BTreeMap<Option<&str>, Vec<&Latest>>>::new();
        for look in summary.looks() {
            resources.entry(&look.resource).or_default().entry(look.unit.as_deref()).or_default().push(&look.last);
        }
        let mut looks = Self::default();
        let lasts =
            resources.into_values().flat_map(spread_over_units).filter_map(|(_, looks)| looks.into_iter().max());
        for last in lasts {
            one_more(&mut looks.resources);
            one_more(match last.verdict {
                Verdict::Drifted => &mut looks.drifted,
                Verdict::Unknown => &mut looks.unknown,
                Verdict::Pending => &mut looks.pending,
                Verdict::InSync => &mut looks.in_sync,
            });
            if last.verdict == Verdict::Unknown {
                one_more(looks.unknown_because.entry(last.reason.unwrap_or(UnknownReason::NotObserved)).or_default());
            }
        }
        looks
    }
}
