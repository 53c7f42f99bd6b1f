//! `ReconciliationPolicy`: what to do.

use std::collections::BTreeMap;

use drift_model::{Domain, Obligation, Recommend, Span, Timestamp};
use serde::Serialize;

use super::heal_mode::HealMode;
use super::reader::{Fields, Reader, quote};
use super::rules;
use super::taxonomy::Labels;
use crate::table::{Table, When};

/// What a policy decides.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Ruling {
    /// What to do, by name.
    pub recommend: Recommend,
    /// May a machine do it alone?
    pub auto_heal: HealMode,
    /// Who must agree.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<String>,
    /// What must be done besides what `recommend` implies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<Obligation>,
    /// Until when it must be done, counted from the detection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconcile_within: Option<Span>,
    /// Where it is written how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub playbook: Option<String>,
    /// Who answers for healing in a protected domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledge: Option<Acknowledgement>,
}

impl Ruling {
    /// A recommendation, and whether a machine may follow it alone.
    #[must_use]
    pub const fn new(recommend: Recommend, auto_heal: HealMode) -> Self {
        Self {
            recommend,
            auto_heal,
            approvers: Vec::new(),
            obligations: Vec::new(),
            reconcile_within: None,
            playbook: None,
            acknowledge: None,
        }
    }
}

/// Somebody's word that healing in a protected domain is meant.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Acknowledgement {
    /// Who says so.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Until when it holds.
    pub expires: Timestamp,
}

/// `spec` of a `ReconciliationPolicy`.
pub(super) fn read(spec: &Reader<'_>, labels: &Labels) -> Option<Table<Ruling>> {
    let fields = spec.object(&["rules", "onUnknown"])?;
    let domains = labels.all();
    let known = &["id", "when", "decide", "because", "acknowledge"];
    let rules = rules::read(&fields, labels, known, |fields, when| {
        let ruling = fields.required("decide").and_then(|place| ruling(&place));
        let acknowledge = fields.maybe("acknowledge", acknowledgement);
        let ruling = Ruling { acknowledge: acknowledge?, ..ruling? };
        guard(fields, when, &domains, &ruling).then_some(ruling)
    });
    let on_unknown = fields.required("onUnknown").and_then(|place| {
        let ruling = ruling(&place)?;
        careful(&place, &ruling).then_some(ruling)
    });
    let (rules, on_unknown) = (rules?, on_unknown?);
    rules::table(spec, "rules", rules.len(), rules, on_unknown)
}

fn ruling(place: &Reader<'_>) -> Option<Ruling> {
    let known = &["recommend", "autoHeal", "approvers", "obligations", "reconcileWithin", "playbook"];
    let fields = place.object(known)?;
    let recommend = fields.required("recommend").and_then(|place| place.word());
    let auto_heal = fields.required("autoHeal").and_then(|place| place.word());
    let approvers = fields.many("approvers", |place| place.text().map(str::to_owned));
    let obligations = fields.many("obligations", Reader::word);
    let reconcile_within = fields.maybe("reconcileWithin", Reader::span);
    let playbook = fields.maybe("playbook", |place| place.text().map(str::to_owned));
    Some(Ruling {
        recommend: recommend?,
        auto_heal: auto_heal?,
        approvers: approvers?,
        obligations: obligations?,
        reconcile_within: reconcile_within?,
        playbook: playbook?,
        acknowledge: None,
    })
}

fn acknowledgement(place: &Reader<'_>) -> Option<Acknowledgement> {
    let fields = place.object(&["by", "reason", "expires"])?;
    let (by, reason) = (fields.text("by"), fields.text("reason"));
    let expires = fields.required("expires").and_then(|place| place.expiry());
    Some(Acknowledgement { by: by?, reason: reason?, expires: expires? })
}

/// Nothing heals alone in a protected domain, unless somebody has put a name to it; and even that is said aloud (law 6).
fn guard(fields: &Fields<'_>, when: Option<&When>, labels: &BTreeMap<String, Domain>, ruling: &Ruling) -> bool {
    let Some(when) = when.filter(|_| ruling.auto_heal.allows()) else { return true };
    let protected: Vec<String> = Domain::ALL
        .iter()
        .filter(|domain| domain.is_protected() && when.allows_domain_under(**domain, labels))
        .map(|domain| format!("`{domain}`"))
        .collect();
    if protected.is_empty() {
        return true;
    }
    let message = format!("`autoHeal: {}` reaches {}", ruling.auto_heal, protected.join(", "));
    match &ruling.acknowledge {
        None => {
            let help =
                "name other domains in `when`, decide `autoHeal: DENY`, or add `acknowledge: {by, reason, expires}`";
            fields.place.error("protected-domain", message, help);
        }
        Some(given) => {
            let help = format!("acknowledged by {} until {}; it is never silent", quote(&given.by), given.expires);
            fields.place.warning("protected-domain", message, help);
        }
    }
    ruling.acknowledge.is_some()
}

/// What is not known never makes a decision bolder (law 3): where facts are missing, the runtime is left alone.
fn careful(place: &Reader<'_>, ruling: &Ruling) -> bool {
    let bold = ruling.recommend.action().changes_runtime();
    if bold {
        let message = format!("`{}` changes the runtime while facts are missing", ruling.recommend);
        place.error("bold-on-unknown", message, "recommend `INCIDENT`, and name UNKNOWN in a rule where more is meant");
    }
    if ruling.auto_heal.allows() {
        let message = format!("`autoHeal: {}` heals while facts are missing", ruling.auto_heal);
        place.error("bold-on-unknown", message, "decide `autoHeal: DENY`");
    }
    !bold && !ruling.auto_heal.allows()
}
