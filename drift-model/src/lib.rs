#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod base64;
mod canonical;
mod change;
mod digest;
mod document;
mod facts;
mod finding;
mod fingerprint;
#[cfg(feature = "schemars")]
mod json_schema;
mod manifest;
mod number;
mod observation;
mod owner;
mod path;
mod path_forms;
mod pattern;
mod plane;
mod planes;
mod read;
mod redact;
mod relation;
mod report;
mod resource;
mod rfc8785;
mod secret_sync;
mod signal;
pub mod source;
mod stack;
#[cfg(feature = "proptest")]
pub mod strategies;
mod taxonomy;
mod texts;
mod time;
mod trie;
mod unit;
mod vocabulary;

pub use jsonptr;

pub use crate::base64::{decode as base64_decode, encode as base64_encode};
pub use crate::canonical::{text as canonical_text, text_of as canonical_text_of};
pub use crate::change::{Change, ChangeKind, Disposition, Masked, Pointers, Shown};
pub use crate::digest::{Digest, DigestError};
pub use crate::document::{Document, MASK, MAX_DEPTH, Mark, MarkSet, Marks};
pub use crate::facts::{
    Actor, ActorKind, ChangeRecord, ChangeRecordState, CostStatus, Dependency, ExceptionWindow, Fact, Facts, Freeze,
    Freshness, HealthStatus, Incident, IncidentState, LogCoverage, Reconcile, ReconcileState, RecordAddress,
    SourceStatus, SourceStep, Suspension, SyncStatus, Upgrade, Upgraded, Validity, Violation, YesNo,
};
pub use crate::finding::{Actions, AuditCorrelation, AutoHeal, Finding, Refusal, TraceStep};
pub use crate::fingerprint::{Fingerprint, FingerprintError, FingerprintKey, FingerprintKeyError, Likeness};
pub use crate::manifest::{DocumentKind, Metadata, is_api_version};
pub use crate::number::{Decimal, NumberRelation};
pub use crate::observation::{Method, Observation};
pub use crate::owner::{Claim, ClaimOrigin, Owner, OwnerKind};
pub use crate::path::{FieldPath, Literal, PathError, PathErrorKind, Step};
pub use crate::path_forms::{AttributePathError, item_step};
pub use crate::pattern::PathPattern;
pub use crate::plane::{Coverage, Observed, Plane, PlaneState, RecordOf, UnknownReason};
pub use crate::planes::Planes;
pub use crate::read::{ReadError, ReadErrorKind, from_json, from_value};
pub use crate::redact::Secrets;
pub use crate::relation::{Existence, Relation};
pub use crate::report::{AssessmentReport, Excused, Revisions, Verdict};
pub use crate::resource::{ResourceError, ResourceRef, System, UnknownSystem};
pub use crate::rfc8785::{InexactKind, InexactNumber, text as rfc8785_text, text_lossless as rfc8785_text_lossless};
pub use crate::secret_sync::{CertificateValidity, ConsumerRollout, RotationStatus, SecretSync};
pub use crate::signal::{
    AuditActor, AuditEvent, Candidate, ChangeNotice, IncidentNotice, PlanResult, ProbeResult, Register,
    RegisterCoverage, Report, Scope, Signal, Stage, Target, Windows, candidates, correlate,
};
pub use crate::stack::{
    ActorCorrelation, ActorCorrelationError, RunStatus, StackMismatch, StackOutcome, StackResult, StackRun, Transport,
};
pub use crate::taxonomy::{Action, Domain, DriftClass, Obligation, Recommend, Risk};
pub use crate::time::{Span, TimeError, Timestamp};
pub use crate::trie::{PatternTrie, StepView};
pub use crate::unit::{
    DriftManagedUnit, Frequency, UnitCredentials, UnitEvidence, UnitPolicies, UnitProblem, UnitSchedule, UnitSource,
    UnitState,
};
pub use crate::vocabulary::{UnknownWord, nearest};

#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "schemars")]
    pub use schemars;

    pub use crate::vocabulary::WordVisitor;
}

/// The plan of the house: words, rooms, laws, and why not otherwise.
#[doc = include_str!("../DESIGN.md")]
pub mod _design {}
