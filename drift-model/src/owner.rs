//! Who owns a path: owners, and the claims that make them so.

use serde::{Deserialize, Serialize};

use crate::pattern::PathPattern;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What kind of owner a path has.
    pub enum OwnerKind as "owner" {
        /// Git: what is declared there should run.
        Git = "GIT",
        /// The system itself: status, generated fields.
        Runtime = "RUNTIME",
        /// A named controller.
        Controller = "CONTROLLER",
        /// A policy engine: mandatory safety fields.
        Policy = "POLICY",
        /// A person. Owns nothing in production, and excuses nothing.
        Human = "HUMAN",
        /// Nobody claims it.
        Unclaimed = "UNCLAIMED",
        /// Several claim it, and none outranks the others.
        Ambiguous = "AMBIGUOUS",
    }
}

impl OwnerKind {
    /// Does a difference on a path of this owner belong to that owner, rather than being drift?
    #[must_use]
    pub const fn excuses(self) -> bool {
        match self {
            Self::Runtime | Self::Controller | Self::Policy => true,
            Self::Git | Self::Human | Self::Unclaimed | Self::Ambiguous => false,
        }
    }
}

vocabulary! {
    /// Where a claim comes from. Ordered: a later one outranks an earlier one.
    pub enum ClaimOrigin as "origin" {
        /// `metadata.managedFields` of a live object.
        ManagedFields = "managed-fields",
        /// A provider's schema.
        ProviderSchema = "provider-schema",
        /// What this library knows of a system by itself.
        BuiltIn = "built-in",
        /// A rule that a user wrote.
        Rule = "rule",
    }
}

impl ClaimOrigin {
    /// Claims of a higher rank outrank those of a lower: user, then schema or built-in, then managed fields.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::ManagedFields => 0,
            Self::ProviderSchema | Self::BuiltIn => 1,
            Self::Rule => 2,
        }
    }
}

/// A statement that somebody owns what a pattern covers.
///
/// ```
/// use drift_model::{Claim, ClaimOrigin, OwnerKind};
///
/// let claim: Claim = serde_json::from_str(
///     r#"{"path": "/spec/replicas", "owner": "CONTROLLER", "name": "horizontal-pod-autoscaler", "origin": "managed-fields"}"#,
/// )?;
/// assert_eq!((claim.owner, claim.origin), (OwnerKind::Controller, ClaimOrigin::ManagedFields));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Claim {
    /// What is claimed, and everything under it.
    pub path: PathPattern,
    /// By what kind of owner.
    pub owner: OwnerKind,
    /// By whom, where the kind does not say: the controller, the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who says so. Left out, it is a user's own word.
    #[serde(default = "rule", deserialize_with = "origin")]
    pub origin: ClaimOrigin,
    /// A named condition that the facts must meet for the claim to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// An origin that nobody here knows ranks lowest: what it claims outranks nothing.
fn origin<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ClaimOrigin, D::Error> {
    let word = String::deserialize(deserializer)?;
    Ok(word.parse().unwrap_or(ClaimOrigin::ManagedFields))
}

const fn rule() -> ClaimOrigin {
    ClaimOrigin::Rule
}

impl Claim {
    /// A claim without a condition.
    #[must_use]
    pub const fn new(path: PathPattern, owner: OwnerKind, origin: ClaimOrigin) -> Self {
        Self { path, owner, name: None, origin, condition: None }
    }

    /// The same, by somebody with a name.
    #[must_use]
    pub fn by(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same, under a named condition.
    #[must_use]
    pub fn when(mut self, condition: impl Into<String>) -> Self {
        self.condition = Some(condition.into());
        self
    }
}

/// The kind of owner together with its name.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Owner<'a> {
    /// What kind of owner.
    pub kind: OwnerKind,
    /// Which one, where there can be several.
    pub name: Option<&'a str>,
}

impl<'a> Owner<'a> {
    /// An owner of this kind.
    #[must_use]
    pub const fn new(kind: OwnerKind, name: Option<&'a str>) -> Self {
        Self { kind, name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_claim_excuses_nothing() {
        let excusing: Vec<_> = OwnerKind::ALL.iter().filter(|kind| kind.excuses()).collect();
        assert_eq!(excusing, [&OwnerKind::Runtime, &OwnerKind::Controller, &OwnerKind::Policy]);
    }

    #[test]
    fn an_origin_that_is_not_known_outranks_nothing() {
        let read = |text: &str| serde_json::from_str::<Claim>(text).unwrap().origin;
        assert_eq!(read(r#"{"path": "/a", "owner": "GIT", "origin": "hearsay"}"#), ClaimOrigin::ManagedFields);
        assert_eq!(read(r#"{"path": "/a", "owner": "GIT", "origin": "built-in"}"#), ClaimOrigin::BuiltIn);
        assert_eq!(read(r#"{"path": "/a", "owner": "GIT"}"#), ClaimOrigin::Rule);
    }

    #[test]
    fn origins_rank_as_the_wire_says() {
        assert!(ClaimOrigin::Rule.rank() > ClaimOrigin::ProviderSchema.rank());
        assert_eq!(ClaimOrigin::ProviderSchema.rank(), ClaimOrigin::BuiltIn.rank());
        assert!(ClaimOrigin::BuiltIn.rank() > ClaimOrigin::ManagedFields.rank());
    }
}
