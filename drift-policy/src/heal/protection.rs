//! What is protected: no document makes it harmless (law 6).

use crate::documents::Domained;
use crate::policy::Policy;
use crate::table::{Answer, Case, Table};

/// Does a change stand in a protected domain, or carry along what does: a whole pod template its service account?
pub(crate) fn is_protected(policy: &Policy, case: &Case<'_>) -> bool {
    policy.taxonomies().any(|taxonomy| is_protected_by(taxonomy, case))
}

/// A rule that waits for a fact could protect, and so could one about something below the path.
fn is_protected_by(taxonomy: &Table<Domained>, case: &Case<'_>) -> bool {
    for rule in taxonomy.rules() {
        let protects = rule.outcome.domain.is_protected();
        match rule.when.meets(case) {
            Answer::Yes => return protects,
            Answer::Maybe(_) if protects => return true,
            Answer::No(_) if protects && rule.when.could_hold_below(case) => return true,
            Answer::Maybe(_) | Answer::No(_) => {}
        }
    }
    taxonomy.on_unknown().domain.is_protected()
}
