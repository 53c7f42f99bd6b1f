//! `OptOut`: a place where somebody told a controller to look away.
//!
//! An opt-out that stands on a live object is honoured there, so whoever may edit the object may switch detection off for
//! it. That is why they are data, and not only a setting.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{argocd, flux};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What a controller is told not to do.
    pub enum OptOutKind as "opt-out" {
        /// Differences at the named places do not count.
        IgnoresDifferences = "IGNORES_DIFFERENCES",
        /// That the object is in the cluster and not in Git does not count.
        IgnoresExtraneous = "IGNORES_EXTRANEOUS",
        /// The health of the object does not count.
        IgnoresHealth = "IGNORES_HEALTH",
        /// It is not reconciled at all.
        NotReconciled = "NOT_RECONCILED",
        /// It is not applied.
        NotApplied = "NOT_APPLIED",
        /// It is applied if it is not there, and left alone from then on.
        AppliedOnce = "APPLIED_ONCE",
        /// What others added to it is kept.
        KeepsAdditions = "KEEPS_ADDITIONS",
        /// Drift is not looked for.
        NotDetected = "NOT_DETECTED",
        /// Drift is looked for and not corrected.
        NotCorrected = "NOT_CORRECTED",
        /// It is not deleted when Git lets it go.
        NotPruned = "NOT_PRUNED",
        /// It is deleted only after somebody confirms it.
        PruneConfirmed = "PRUNE_CONFIRMED",
        /// It stays when what delivers it is deleted.
        NotDeleted = "NOT_DELETED",
        /// It is not validated before it is applied.
        NotValidated = "NOT_VALIDATED",
    }
}

vocabulary! {
    /// Which objects an opt-out reaches. Ordered from few to many.
    pub enum Reach as "reach" {
        /// One object.
        Object = "OBJECT",
        /// Every object of a kind, or of a name, in a namespace.
        Namespace = "NAMESPACE",
        /// Every object of a kind.
        Kind = "KIND",
        /// More than one kind, or all.
        Everything = "EVERYTHING",
    }
}

vocabulary! {
    /// How much of each object an opt-out reaches. Ordered from little to much.
    pub enum Extent as "extent" {
        /// Named places, two or more steps below the top of the object.
        Fields = "FIELDS",
        /// A subtree at the top: all of `/spec`, of `/data`.
        Subtree = "SUBTREE",
        /// Whatever an expression or a field manager touches: nobody can tell from here.
        Untold = "UNTOLD",
        /// All of it.
        Whole = "WHOLE",
    }
}

/// One opt-out.
///
/// The broader its reach and extent, the more drift can hide behind it.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OptOut {
    /// Where it stands in the document that was read, as an RFC 6901 pointer.
    pub pointer: String,
    /// What the controller is told not to do.
    pub kind: OptOutKind,
    /// Which objects it reaches.
    pub reach: Reach,
    /// How much of each.
    pub extent: Extent,
    /// The pointers, expressions and managers that it names, in the order of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Who wrote it, where managed fields tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl OptOut {
    /// What a live object tells Argo CD and Flux to leave alone, in the order of its places.
    #[must_use]
    pub fn of_live(object: &Value) -> Vec<Self> {
        let mut found = argocd::opt_outs(object).0;
        found.extend(flux::opt_outs(object).0);
        found.sort();
        found
    }

    /// An opt-out of one whole object.
    pub(super) fn of_object(pointer: String, kind: OptOutKind, owner: Option<String>) -> Self {
        Self { pointer, kind, reach: Reach::Object, extent: Extent::Whole, places: Vec::new(), owner }
    }

    /// Does it leave aside more than named fields of one object?
    #[must_use]
    pub fn is_broad(&self) -> bool {
        self.reach > Reach::Object || self.extent > Extent::Fields
    }
}

/// How much these RFC 6901 pointers cover. None of them at all is the whole object.
pub(super) fn extent_of(pointers: &[String]) -> Extent {
    let one = |pointer: &String| match pointer.split('/').skip(1).count() {
        0 => Extent::Whole,
        1 => Extent::Subtree,
        // Below these stands what runs, with which rights: no field of them is a mere field.
        2 if matches!(pointer.as_str(), "/spec/template" | "/spec/jobTemplate") => Extent::Subtree,
        3 if pointer == "/spec/template/spec" => Extent::Subtree,
        _ => Extent::Fields,
    };
    // `/` names the member with the empty name; people who write it mean the root.
    let root = pointers.iter().any(|pointer| pointer == "/");
    if root { Extent::Whole } else { pointers.iter().map(one).max().unwrap_or(Extent::Whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_the_pointer_the_more_hides_behind_it() {
        for (pointers, extent) in [
            (&[][..], Extent::Whole),
            (&["/spec/replicas"][..], Extent::Fields),
            (&["/spec/replicas", "/spec"][..], Extent::Subtree),
            (&["/spec/template/spec"][..], Extent::Subtree),
            (&[""][..], Extent::Whole),
            (&["/"][..], Extent::Whole),
        ] {
            let pointers: Vec<String> = pointers.iter().map(ToString::to_string).collect();
            assert_eq!(extent_of(&pointers), extent, "{pointers:?}");
        }
    }
}
