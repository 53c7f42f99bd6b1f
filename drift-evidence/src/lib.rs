#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
mod artifact;
mod chain;
mod checkpoint;
mod event;
pub mod export;
pub mod figures;
mod ledger;
mod metrics;
mod proof;
mod pull_request;
mod record;
#[cfg(test)]
mod sample;
mod summary;
mod times;
mod tracker;
mod tree;
mod verification;
mod verify;

pub use drift_model;

pub use crate::answer::{Answer, Question};
pub use crate::artifact::{Artifact, ArtifactError, ArtifactKind};
pub use crate::chain::{AppendError, Chain, ChainId, ChainIdError, Cut, Entry, Line};
pub use crate::checkpoint::{CheckError, Checkpoint, CheckpointError, verify_against};
pub use crate::event::{Event, EventKind, Outcome};
pub use crate::figures::{Figures, Reading};
pub use crate::ledger::{Ledger, LedgerError};
pub use crate::metrics::{MAX_LABEL_CHARS, MAX_LABEL_VALUES, OPEN_METRICS};
pub use crate::proof::{Consistency, Inclusion, Leaves, ProofError};
pub use crate::pull_request::{DesiredPatch, LeftOut, NoLines, Operation, Proposal, PullRequest, Source};
pub use crate::record::{IllegalEvent, IllegalKind, Record, State};
pub use crate::summary::{Look, Summary, Told};
pub use crate::tracker::{TrackError, Tracker};
pub use crate::tree::Tree;
pub use crate::verification::Verification;
pub use crate::verify::{Broken, BrokenKind, Verified, Verifier, verify};
