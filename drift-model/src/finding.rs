//! `Finding`: changes of one class on one resource, with what to do about them.

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::digest::Digest;
use crate::facts::{Actor, ActorKind};
use crate::redact::Secrets;
use crate::relation::Relation;
use crate::secret_sync::{ConsumerRollout, SecretSync};
use crate::taxonomy::{Action, DriftClass, Obligation, Risk};
use crate::texts::redact;
use crate::time::{Span, Timestamp};

/// What drifted, what class of drift it is, and what to do: the interface between detection, alerting, incident
/// response and audit.
///
/// The fields down to `evidence_uri` are those of seeds S0.11.2, letter by letter and in that order. Those that nobody
/// knows are left out. A finding about a secret has those of S0.17 besides: they prove freshness and lineage, and hold no value.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// `drift-20260703-` and twelve digits made of resource, class, paths, relation and time of detection.
    pub finding_id: String,
    /// When the observation was made that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected_at: Option<Timestamp>,
    /// The label of the taxonomy: `cloud-network`, `iam`.
    pub domain: String,
    /// The resource, as people write it.
    pub resource_ref: String,
    /// The environment, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The accountable team, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The artifact that is authoritative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_of_truth: Option<String>,
    /// Where the record is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_backend: Option<String>,
    /// What kind of drift it is.
    pub drift_class: DriftClass,
    /// How much it matters.
    pub risk: Risk,
    /// RFC 6901 pointers in the actual document (in desired, where actual has no such place).
    pub changed_fields: Vec<String>,
    /// Who did it, if exactly one actor is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_correlation: Option<AuditCorrelation>,
    /// The decision by name, or by its action where it has no name.
    pub recommended_action: String,
    /// May a machine do it alone?
    pub auto_heal_allowed: bool,
    /// Where the evidence is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_uri: Option<String>,
    /// The same for the same resource, class, paths and relations: it survives a new scan.
    pub fingerprint: Digest,
    /// The same for the same cause on different resources.
    pub cause_fingerprint: Digest,
    /// Which planes disagree; CONFLICT if the changes differ in that.
    pub relation: Relation,
    /// The decision.
    pub actions: Actions,
    /// May a machine do it alone, and which gates refuse?
    pub auto_heal: AutoHeal,
    /// Who may approve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<String>,
    /// Who may have done it, when several may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Actor>,
    /// Which rule decided each table, and why the earlier ones did not.
    pub trace: Vec<TraceStep>,
    /// Until when it must be reconciled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile_by: Option<Timestamp>,
    /// Within what time of detection it must be reconciled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile_within: Option<Span>,
    /// The playbook to follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<String>,
    /// The digest of everything that decided.
    pub policy_digest: Digest,
    /// The registered unit, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Of a secret: the version in the backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_version: Option<String>,
    /// Of a secret: the version that was delivered to the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes_secret_version: Option<String>,
    /// Of a secret: minutes since it was last refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_refresh_age_minutes: Option<u64>,
    /// Of a secret: do its consumers run with what was delivered?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer_rollout_generation: Option<ConsumerRollout>,
    /// The changes.
    pub changes: Vec<Change>,
}

impl Finding {
    /// A finding of which only this is known: everything else is left out, and nothing is recommended yet.
    #[must_use]
    pub fn new(finding_id: String, resource_ref: String, class: (DriftClass, Risk), prints: (Digest, Digest)) -> Self {
        let (drift_class, risk) = class;
        let (fingerprint, cause_fingerprint) = prints;
        Self {
            finding_id,
            detected_at: None,
            domain: "configuration".to_owned(),
            resource_ref,
            environment: None,
            owner: None,
            source_of_truth: None,
            state_backend: None,
            drift_class,
            risk,
            changed_fields: Vec::new(),
            audit_correlation: None,
            recommended_action: Action::None.word().to_owned(),
            auto_heal_allowed: false,
            evidence_uri: None,
            fingerprint,
            cause_fingerprint,
            relation: Relation::Undetermined,
            actions: Actions::new(Action::None, Vec::new()),
            auto_heal: AutoHeal::refused_by(vec!["undecided".to_owned()]),
            approvers: Vec::new(),
            candidates: Vec::new(),
            trace: Vec::new(),
            reconcile_by: None,
            reconcile_within: None,
            playbook: None,
            policy_digest: Digest::of(b""),
            unit: None,
            external_version: None,
            kubernetes_secret_version: None,
            last_refresh_age_minutes: None,
            consumer_rollout_generation: None,
            changes: Vec::new(),
        }
    }

    /// Masks every text that holds one of the secrets: what facts and claims say. Names of the resource, and what the policy
    /// says, stay.
    pub fn redact(&mut self, secrets: &Secrets) {
        redact(self, secrets);
    }

    /// Says how far the secret came that it is about.
    pub fn tell_delivery(&mut self, sync: &SecretSync, now: Option<Timestamp>) {
        self.external_version.clone_from(&sync.external_version);
        self.kubernetes_secret_version.clone_from(&sync.synced_version);
        self.last_refresh_age_minutes = sync.refresh_age(now);
        self.consumer_rollout_generation = sync.consumers();
    }
}

/// Who did it, according to which log, and when.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditCorrelation {
    /// Who.
    pub actor: String,
    /// Which log.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_time: Option<Timestamp>,
    /// What kind of actor.
    #[serde(default, skip_serializing)]
    pub kind: Option<ActorKind>,
}

impl From<&Actor> for AuditCorrelation {
    fn from(actor: &Actor) -> Self {
        Self { actor: actor.id.clone(), source: actor.source.clone(), event_time: actor.at, kind: Some(actor.kind) }
    }
}

/// What to do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Actions {
    /// The action.
    pub action: Action,
    /// What must be done besides.
    pub obligations: Vec<Obligation>,
}

impl Actions {
    /// An action with its obligations.
    #[must_use]
    pub const fn new(action: Action, obligations: Vec<Obligation>) -> Self {
        Self { action, obligations }
    }
}

/// May a machine act alone?
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AutoHeal {
    /// It may: no gate refuses.
    pub allowed: bool,
    /// The gates that refuse, by name.
    pub refused_by: Vec<String>,
}

impl AutoHeal {
    /// Allowed exactly when nothing refuses.
    #[must_use]
    pub const fn refused_by(gates: Vec<String>) -> Self {
        Self { allowed: gates.is_empty(), refused_by: gates }
    }
}

/// How one table came to its answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TraceStep {
    /// The table: `taxonomy`, `classification`, `decision`.
    pub table: String,
    /// The rule that decided; `onUnknown` where facts were missing.
    pub rule: String,
    /// Why the rule says what it says, in its author's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The facts that were missing, if any could have changed the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Each earlier rule, with the first column that refused it.
    pub refused: Vec<Refusal>,
}

impl TraceStep {
    /// The rule that decided a table.
    #[must_use]
    pub fn new(table: &str, rule: &str, missing: Vec<String>, refused: Vec<Refusal>) -> Self {
        Self { table: table.to_owned(), rule: rule.to_owned(), because: None, missing, refused }
    }

    /// The same, for the reason that its author gives.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.because = Some(reason.to_owned());
        self
    }
}

/// A rule that did not decide, and the first column that refused it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Refusal {
    /// The rule.
    pub rule: String,
    /// The column.
    pub column: String,
}

impl Refusal {
    /// `column` refused `rule`.
    #[must_use]
    pub fn new(rule: &str, column: &str) -> Self {
        Self { rule: rule.to_owned(), column: column.to_owned() }
    }
}
