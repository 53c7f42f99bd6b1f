//! `AutoHealPolicy`: what a machine may do alone (seeds S0.9.2).

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use drift_model::{PathPattern, Timestamp};
use serde::{Deserialize, Serialize};

use super::reader::{Reader, quote};
use crate::diagnostics::Severity;

/// What a machine may do alone, and how much of it: `spec` of an `AutoHealPolicy`.
///
/// It is the other half of a decision: nothing heals that no policy covers.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct AutoHealPolicy {
    /// Which resources.
    pub applies_to: AppliesTo,
    /// Which paths.
    pub allowed_paths: Vec<PathPattern>,
    /// Which of these not. It holds against every policy about the same resources: denied beats allowed, whoever allows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied_paths: Vec<PathPattern>,
    /// How many objects at a time.
    pub max_objects_per_reconcile: NonZeroU32,
    /// Only what is healthy? Yes, unless it is said otherwise.
    #[serde(default = "yes")]
    pub require_healthy_before_heal: bool,
    /// Only what is recorded? Yes, unless it is said otherwise. An assessment refuses by `no-evidence` where the contract names
    /// no place for it, and a [`Governor`](crate::Governor) by `not-recorded` until the record is there.
    #[serde(default = "yes")]
    pub evidence_required: bool,
    /// While it is suspended, the policy lets nothing heal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<HealSuspension>,
}

/// Somebody's word that a policy lets nothing heal for now.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct HealSuspension {
    /// Who says so.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Until when; until it is taken away if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl HealSuspension {
    /// Does it hold? Where nobody says what time it is, it does.
    #[must_use]
    pub fn holds(&self, now: Option<Timestamp>) -> bool {
        self.until.zip(now).is_none_or(|(until, now)| until > now)
    }
}

/// Which resources an [`AutoHealPolicy`] is about.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct AppliesTo {
    /// The kinds; for other systems than Kubernetes, the resource types.
    pub resource_kinds: Vec<String>,
    /// The namespaces; all if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<NamespaceSelector>,
}

/// Namespaces, by what is attached to them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct NamespaceSelector {
    /// Labels that a namespace must have, all of them.
    #[serde(default)]
    pub match_labels: BTreeMap<String, String>,
}

const fn yes() -> bool {
    true
}

/// `spec` of an `AutoHealPolicy`.
pub(super) fn read(spec: &Reader<'_>) -> Option<AutoHealPolicy> {
    let fields = spec.object(&[
        "appliesTo",
        "allowedPaths",
        "deniedPaths",
        "maxObjectsPerReconcile",
        "requireHealthyBeforeHeal",
        "evidenceRequired",
        "suspend",
    ])?;
    let applies_to = fields.required("appliesTo").and_then(|place| applies_to(&place));
    let allowed_paths = fields.some("allowedPaths", Reader::pattern);
    let denied_paths = fields.many("deniedPaths", Reader::pattern);
    let most = fields.required("maxObjectsPerReconcile").and_then(|place| place.count());
    let healthy = fields.maybe("requireHealthyBeforeHeal", Reader::flag);
    let evidence = fields.maybe("evidenceRequired", Reader::flag);
    let suspend = fields.maybe("suspend", suspension);
    let (allowed_paths, denied_paths) = (allowed_paths?, denied_paths?);
    for (index, allowed) in allowed_paths.iter().enumerate() {
        if let Some(denied) = denied_paths.iter().find(|denied| denied.contains(allowed)) {
            let message = format!("{} never heals", quote(&allowed.to_string()));
            let help = format!("{} denies it, and denied beats allowed", quote(&denied.to_string()));
            spec.below(Severity::Warning, "denied-path", &format!("/allowedPaths/{index}"), message, help);
        }
    }
    Some(AutoHealPolicy {
        applies_to: applies_to?,
        allowed_paths,
        denied_paths,
        max_objects_per_reconcile: most?,
        require_healthy_before_heal: healthy?.unwrap_or(true),
        evidence_required: evidence?.unwrap_or(true),
        suspend: suspend?,
    })
}

fn suspension(place: &Reader<'_>) -> Option<HealSuspension> {
    let fields = place.object(&["by", "reason", "until"])?;
    let (by, reason) = (fields.text("by"), fields.text("reason"));
    let until = fields.maybe("until", Reader::time);
    Some(HealSuspension { by: by?, reason: reason?, until: until? })
}

fn applies_to(place: &Reader<'_>) -> Option<AppliesTo> {
    let fields = place.object(&["resourceKinds", "namespaces"])?;
    let resource_kinds = fields.some("resourceKinds", |place| place.text().map(str::to_owned));
    let namespaces = fields.maybe("namespaces", |place| {
        let labels = place.object(&["matchLabels"])?.required("matchLabels")?.texts_by_name()?;
        Some(NamespaceSelector { match_labels: labels })
    });
    Some(AppliesTo { resource_kinds: resource_kinds?, namespaces: namespaces? })
}
