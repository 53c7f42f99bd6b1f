//! `Verification`: a later look, and whether it proves that the drift is gone.

use std::collections::BTreeSet;
use std::ops::Bound;

use drift_model::{AssessmentReport, Disposition, Existence, FieldPath, Step, Timestamp, Verdict};
use serde::{Deserialize, Serialize};

/// A later look at the resource of a record, and what it leaves unsettled.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Verification {
    /// The id of the assessment.
    pub assessment: String,
    /// The resource, as people write it.
    pub resource_ref: String,
    /// The registered unit, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// When the observation was made.
    pub observed_at: Timestamp,
    /// The answer in one word.
    pub verdict: Verdict,
    /// Which planes hold the resource.
    pub existence: Existence,
    /// The paths that still drift, are not applied yet or cannot be told, sorted.
    pub unsettled: Vec<FieldPath>,
}

impl Verification {
    /// What the assessment of an observation, made at this time, says.
    #[must_use]
    pub fn of(report: &AssessmentReport, observed_at: Timestamp) -> Self {
        let unsettled = report.changes.iter().filter(|change| match change.disposition {
            Disposition::Drift | Disposition::Pending | Disposition::Undetermined => true,
            Disposition::Undeclared => change.is_drift(),
            Disposition::Equivalent | Disposition::OwnedBy | Disposition::Ignored => false,
        });
        let mut unsettled: Vec<_> = unsettled.map(|change| change.path.clone()).collect();
        unsettled.sort();
        Self {
            assessment: report.id.clone(),
            resource_ref: report.resource.to_string(),
            unit: report.unit.clone(),
            observed_at,
            verdict: report.verdict,
            existence: report.existence,
            unsettled,
        }
    }

    /// Did it see the runtime, so far that its silence means something?
    ///
    /// A resource that Git released is RELEASED whatever the runtime holds, also where nobody could look.
    #[must_use]
    pub fn sees_actual(&self) -> bool {
        self.verdict != Verdict::Unknown && !matches!(self.existence, Existence::Undetermined | Existence::Released)
    }

    /// The first unsettled path that is one of these, or above one of them.
    #[must_use]
    pub fn still(&self, paths: &[&FieldPath]) -> Option<&FieldPath> {
        first_above(&self.unsettled, paths.iter().copied())
    }
}

/// The first of the candidates that is one of the paths, or above one.
pub(crate) fn first_above<'c, 'p>(
    candidates: impl IntoIterator<Item = &'c FieldPath>,
    paths: impl IntoIterator<Item = &'p FieldPath>,
) -> Option<&'c FieldPath> {
    let paths: BTreeSet<&[Step]> = paths.into_iter().map(FieldPath::steps).collect();
    // What lies below a path follows it immediately.
    let from = |steps| paths.range::<[Step], _>((Bound::Included(steps), Bound::Unbounded)).next();
    candidates.into_iter().find(|path| from(path.steps()).is_some_and(|next| next.starts_with(path.steps())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample;

    #[test]
    fn a_verification_keeps_what_is_not_excused() {
        let report =
            sample::report(&[("/a", "DRIFT"), ("/b", "OWNED_BY"), ("/c", "UNDETERMINED"), ("/d", "UNDECLARED")]);
        let verification = Verification::of(&report, sample::at(9));
        let unsettled: Vec<_> = verification.unsettled.iter().map(ToString::to_string).collect();
        assert_eq!(unsettled, ["/a", "/c"]);
        let path = |text: &str| text.parse::<FieldPath>().unwrap();
        assert_eq!(verification.still(&[&path("/a/x")]), Some(&path("/a")));
        assert_eq!(verification.still(&[&path("/b")]), None);
    }

    #[test]
    fn a_look_that_may_not_have_seen_the_runtime_proves_nothing() {
        for (verdict, existence, sees) in [
            (Verdict::InSync, Existence::Managed, true),
            (Verdict::Drifted, Existence::DeletedOutside, true),
            (Verdict::InSync, Existence::Gone, true),
            (Verdict::Unknown, Existence::Managed, false),
            (Verdict::InSync, Existence::Undetermined, false),
            (Verdict::InSync, Existence::Released, false),
        ] {
            let mut verification = Verification::of(&sample::report(&[]), sample::at(9));
            (verification.verdict, verification.existence) = (verdict, existence);
            assert_eq!(verification.sees_actual(), sees, "{verdict} {existence}");
        }
    }

    proptest! {
        #[test]
        fn above_is_what_a_comparison_of_all_pairs_says(
            candidates in proptest::collection::vec("(/[a-c]|/\\[name=[a-b]\\]){0,3}", 0..6),
            paths in proptest::collection::vec("(/[a-c]|/\\[name=[a-b]\\]){0,3}", 0..6),
        ) {
            let read = |texts: &[String]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<FieldPath>>();
            let (candidates, paths) = (read(&candidates), read(&paths));
            let naive = candidates.iter().find(|above| paths.iter().any(|path| path.steps().starts_with(above.steps())));
            prop_assert_eq!(first_above(&candidates, &paths), naive);
        }
    }
}
