//! `Spread` and `Share`: how long things took, and what part of them. In whole numbers, so that all machines agree.

use drift_model::Span;
use serde::Serialize;

/// How long things took. Exact: the percentiles are nearest-rank, of all values there are.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Spread {
    /// How many took a time that is known.
    pub count: u64,
    /// How many took a time that is not known, or are not over.
    pub not_known: u64,
    /// All of it, in seconds.
    pub sum_seconds: u64,
    /// The mean in whole seconds, rounded down. Of nothing there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_seconds: Option<u64>,
    /// Half of them took no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_seconds: Option<u64>,
    /// Nine of ten took no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90_seconds: Option<u64>,
    /// Ninety-nine of a hundred took no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_seconds: Option<u64>,
    /// The longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_seconds: Option<u64>,
    /// How many took no longer than each of [`BOUNDS`], and how many there are.
    #[serde(skip)]
    pub(crate) at_most: Vec<(Span, u64)>,
}

/// The bounds of the buckets of histograms and of ages: a minute, 5 and 15 minutes, an hour, 4 hours, a day, a week, 30 and 90 days.
pub(crate) const BOUNDS: [Span; 9] = [
    Span::from_seconds(60),
    Span::from_seconds(300),
    Span::from_seconds(900),
    Span::from_seconds(3_600),
    Span::from_seconds(14_400),
    Span::from_seconds(86_400),
    Span::from_seconds(604_800),
    Span::from_seconds(2_592_000),
    Span::from_seconds(7_776_000),
];

impl Spread {
    pub(crate) fn of(times: impl IntoIterator<Item = Option<u64>>) -> Self {
        let times: Vec<Option<u64>> = times.into_iter().collect();
        let mut known: Vec<u64> = times.iter().copied().flatten().collect();
        known.sort_unstable();
        let count = len(&known);
        let sum = known.iter().fold(0_u64, |sum, time| sum.saturating_add(*time));
        let rank = |percent: usize| {
            let rank = known.len().saturating_mul(percent).div_ceil(100);
            known.get(rank.saturating_sub(1)).copied()
        };
        Self {
            count,
            not_known: len(&times).saturating_sub(count),
            sum_seconds: sum,
            mean_seconds: sum.checked_div(count),
            p50_seconds: rank(50),
            p90_seconds: rank(90),
            p99_seconds: rank(99),
            max_seconds: known.last().copied(),
            at_most: BOUNDS
                .into_iter()
                .map(|bound| {
                    (bound, len(known.get(..known.partition_point(|time| *time <= bound.seconds())).unwrap_or(&[])))
                })
                .collect(),
        }
    }
}

/// A part of a whole, as counted; nobody divides before the end.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Share {
    /// The part.
    pub part: u64,
    /// The whole.
    pub of: u64,
    /// The part of a thousand, rounded down. Of nothing there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_mille: Option<u64>,
}

impl Share {
    pub(crate) fn of(part: u64, of: u64) -> Self {
        let per_mille = u128::from(part).saturating_mul(1_000).checked_div(u128::from(of));
        Self { part, of, per_mille: per_mille.map(|share| u64::try_from(share).unwrap_or(u64::MAX)) }
    }
}

pub(crate) fn len<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

pub(crate) fn count<T>(things: impl IntoIterator<Item = T>) -> u64 {
    u64::try_from(things.into_iter().count()).unwrap_or(u64::MAX)
}

pub(crate) fn one_more(count: &mut u64) {
    *count = count.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_spread_of_nothing_has_no_mean_and_is_not_zero() {
        let spread = Spread::of([None, None]);
        assert_eq!(serde_json::to_string(&spread).unwrap(), r#"{"count":0,"notKnown":2,"sumSeconds":0}"#);
        assert_eq!(serde_json::to_string(&Share::of(0, 0)).unwrap(), r#"{"part":0,"of":0}"#);
        assert_eq!(Share::of(2, 3).per_mille, Some(666));
        assert_eq!(Share::of(u64::MAX, u64::MAX).per_mille, Some(1_000));
    }

    proptest! {
        /// The p-th percentile is the least value that at least p percent do not exceed: said once more, without ranks.
        #[test]
        fn percentiles_are_what_they_say(times in prop::collection::vec(prop::option::of(0_u64..100_000), 1..60)) {
            let spread = Spread::of(times.clone());
            let known: Vec<u64> = times.into_iter().flatten().collect();
            let naive = |percent: u64| {
                let holds = |value: &&u64| {
                    let below = known.iter().filter(|time| time <= value).count() as u64;
                    below.saturating_mul(100) >= percent.saturating_mul(known.len() as u64)
                };
                known.iter().filter(holds).min().copied()
            };
            prop_assert_eq!(spread.p50_seconds, naive(50));
            prop_assert_eq!(spread.p90_seconds, naive(90));
            prop_assert_eq!(spread.p99_seconds, naive(99));
            prop_assert_eq!(spread.max_seconds, known.iter().max().copied());
            prop_assert_eq!(spread.mean_seconds, known.iter().sum::<u64>().checked_div(known.len() as u64));
            for (bound, at_most) in spread.at_most {
                prop_assert_eq!(at_most, known.iter().filter(|time| **time <= bound.seconds()).count() as u64);
            }
        }
    }
}
