//! Every text that stands beside the documents of an observation, so that none of them can quote a secret.
//!
//! An actor may be called by a token, an error may repeat a connection string, a version may be the value itself. Whoever adds a
//! member to one of these types has to say here whether it is a text: it does not compile otherwise.

use std::collections::BTreeMap;

use crate::change::Change;
use crate::document::MASK;
use crate::facts::{
    Actor, ChangeRecord, CostStatus, Dependency, ExceptionWindow, Fact, Freeze, Freshness, HealthStatus, Incident,
    LogCoverage, Reconcile, RecordAddress, SourceStatus, Suspension, SyncStatus, Upgrade, Validity, Violation, YesNo,
};
use crate::finding::{AuditCorrelation, Finding};
use crate::owner::Claim;
use crate::redact::Secrets;
use crate::report::{AssessmentReport, Revisions};
use crate::secret_sync::SecretSync;
use crate::source::OptOut;
use crate::time::Timestamp;

/// Something that holds texts of others.
pub(crate) trait Texts {
    /// Shows each of the texts.
    fn texts(&mut self, see: &mut dyn FnMut(&mut String));
}

/// Puts [`MASK`] in the place of each text that holds a secret, in whatever spelling.
pub(crate) fn redact(texts: &mut impl Texts, secrets: &Secrets) {
    if !secrets.is_empty() {
        texts.texts(&mut |text| {
            if secrets.are_in(text) {
                MASK.clone_into(text);
            }
        });
    }
}

impl Texts for String {
    fn texts(&mut self, see: &mut dyn FnMut(&mut String)) {
        see(self);
    }
}

impl<T: Texts> Texts for Option<T> {
    fn texts(&mut self, see: &mut dyn FnMut(&mut String)) {
        if let Some(inner) = self {
            inner.texts(see);
        }
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn texts(&mut self, see: &mut dyn FnMut(&mut String)) {
        for item in self {
            item.texts(see);
        }
    }
}

impl<T: Texts> Texts for BTreeMap<String, T> {
    /// A name is a text as well.
    fn texts(&mut self, see: &mut dyn FnMut(&mut String)) {
        *self = std::mem::take(self)
            .into_iter()
            .map(|(mut name, mut value)| {
                see(&mut name);
                value.texts(see);
                (name, value)
            })
            .collect();
    }
}

impl<T: Texts> Texts for Fact<T> {
    fn texts(&mut self, see: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Unknown => {}
            Self::Known(value) | Self::Stale { value, since: _ } => value.texts(see),
        }
    }
}

/// Types without a text.
macro_rules! no_texts {
    ($( $Type:ty ),+ $(,)?) => { $(
        impl Texts for $Type {
            fn texts(&mut self, _: &mut dyn FnMut(&mut String)) {}
        }
    )+ };
}

no_texts! {
    bool, CostStatus, Dependency, Freeze, Freshness, HealthStatus, LogCoverage, RecordAddress, SourceStatus, SyncStatus, Timestamp,
    Validity, YesNo,
}

/// The members that are texts, or hold some; and those that are not, or are looked at elsewhere.
macro_rules! texts {
    ($( $Type:ident { $( $text:ident ),* } and { $( $other:ident ),* } )+) => { $(
        impl Texts for $Type {
            fn texts(&mut self, see: &mut dyn FnMut(&mut String)) {
                let Self { $( $text, )* $( $other: _, )* } = self;
                $( $text.texts(see); )*
            }
        }
    )+ };
}

texts! {
    Actor { id, source, via } and { kind, at }
    AuditCorrelation { actor, source } and { event_time, kind }
    ChangeRecord { id, url } and { state, accepts_runtime }
    // A claim whose path quotes a secret is left out as a whole: see `Observation`.
    Claim { name, condition } and { path, owner, origin }
    ExceptionWindow { id } and { expires }
    Incident { id } and { state }
    OptOut { owner, places } and { pointer, kind, reach, extent }
    Reconcile { reason } and { state, attempts, at }
    Revisions { desired, observed } and {}
    SecretSync { external_version, synced_version, synced_resource_version, condition, consumer_generation } and {
        external_checksum, synced_checksum, refreshed_at, refresh_age_minutes, consumers_restarted_at, expires_at, certificate,
        rotation
    }
    Suspension { owner, reason } and { state, until }
    Upgrade { name, from, to } and { what, at }
    Violation { policy } and { since, severity }

    // Paths, pointers and values are masked by the marks of their documents.
    Change { owner_name, claims } and {
        path, pointers, kind, relation, disposition, owner, rule, counted, sensitive, desired, recorded, actual, masked, note
    }
    // What names the resource is how the answer is found; what a policy says is the platform's own word.
    Finding {
        environment, owner, source_of_truth, state_backend, audit_correlation, candidates, external_version,
        kubernetes_secret_version, changes
    } and {
        finding_id, detected_at, domain, resource_ref, drift_class, risk, changed_fields, recommended_action,
        auto_heal_allowed, evidence_uri, fingerprint, cause_fingerprint, relation, actions, auto_heal, approvers, trace,
        reconcile_by, reconcile_within, playbook, policy_digest, unit, last_refresh_age_minutes, consumer_rollout_generation
    }
    // Its findings are looked at one by one, when they are made.
    AssessmentReport { detail, revisions, cannot_converge, opt_outs, changes } and {
        id, resource, unit, verdict, reason, partial, existence, sync, health, last_reconciliation, excused, findings,
        policy_digest
    }
}
