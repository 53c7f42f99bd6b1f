//! `DriftException`: what is accepted, until when.

use drift_model::Timestamp;

use super::reader::Reader;
use super::rules;
use super::taxonomy::Labels;
use crate::table::{Case, When};

/// What is accepted, by whom and until when: `spec` of a `DriftException`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DriftException {
    /// What it is about; the columns are those of a rule's `when`.
    pub matches: When,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when it holds.
    pub expires: Timestamp,
}

impl DriftException {
    /// Does it accept this case at this moment? Where nobody says what time it is, nothing is accepted any more.
    #[must_use]
    pub fn covers(&self, case: &Case<'_>, now: Option<Timestamp>) -> bool {
        now.is_some_and(|now| now < self.expires) && self.matches.is_met_by(case)
    }
}

/// `spec` of a `DriftException`.
pub(super) fn read(spec: &Reader<'_>, labels: &Labels) -> Option<DriftException> {
    let fields = spec.object(&["match", "owner", "reason", "expires"])?;
    let matches = fields.required("match").and_then(|place| {
        if place.members()?.each().is_empty() {
            let help = "name what is accepted: a kind, a namespace, a path, a class";
            place.warning("broad-exception", "the exception accepts every drift", help);
        }
        rules::when(&place, labels)
    });
    let (owner, reason) = (fields.text("owner"), fields.text("reason"));
    let expires = fields.required("expires").and_then(|place| place.expiry());
    Some(DriftException { matches: matches?, owner: owner?, reason: reason?, expires: expires? })
}
