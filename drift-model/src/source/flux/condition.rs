//! `Condition`: one condition of an object of Flux.

use super::super::node::{Node, Read};
use super::super::status::{Prose, is_reason};
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Does a condition hold?
    pub enum ConditionStatus as "condition status" {
        /// Yes.
        True = "True",
        /// No.
        False = "False",
        /// Nobody knows, or it is being found out.
        Unknown = "Unknown",
    }
}

/// A condition, as the Kubernetes API has them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Condition {
    /// What it is about: `Ready`, `Stalled`, `Drifted`.
    pub kind: String,
    /// Does it hold?
    pub status: ConditionStatus,
    /// Why, in one word of the controller; empty where what stands there is no such word.
    pub reason: String,
    /// Since when.
    pub at: Option<Timestamp>,
    /// The generation that it is about.
    pub observed_generation: Option<u64>,
    /// What it says for people.
    pub message: Prose,
}

impl Condition {
    pub(in crate::source) fn read(node: &Node<'_, '_>) -> Option<Self> {
        let kind = node.at("type").word("a condition type", |word| is_reason(word).then(|| word.to_owned())).ok()?;
        let observed = node.at("observedGeneration").count();
        Some(Self {
            kind,
            // A status that cannot be read is one that nobody knows.
            status: node
                .at("status")
                .word("`True`, `False` or `Unknown`", |word| word.parse().ok())
                .ok()
                .unwrap_or(ConditionStatus::Unknown),
            reason: node
                .at("reason")
                .word("a reason in one word", |word| is_reason(word).then(|| word.to_owned()))
                .ok()
                .unwrap_or_default(),
            at: node.at("lastTransitionTime").time().ok(),
            // No object has this generation, so a condition whose own cannot be read is about none.
            observed_generation: if observed == Read::Unreadable { Some(u64::MAX) } else { observed.ok() },
            message: node.at("message").prose(),
        })
    }

    /// The reason with what it means.
    pub(super) fn explained(&self) -> String {
        let meaning = match self.reason.as_str() {
            "ArtifactFailed" => "what the source holds could not be taken",
            "BuildFailed" => "the manifests could not be rendered or decrypted",
            "DecryptionFailed" => "the manifests could not be decrypted",
            "HealthCheckFailed" => "what was applied did not become healthy",
            "HealthCheckCanceled" => "a newer revision came while health was awaited",
            "DependencyNotReady" => "another object that it depends on is not ready",
            "ReconciliationFailed" => "the manifests could not be applied",
            "PruneFailed" => "what Git let go could not be deleted",
            "FetchFailed"
            | "GitOperationFailed"
            | "OCIArtifactPullFailed"
            | "IndexationFailed"
            | "BucketOperationFailed" => "the source could not be fetched",
            "AuthenticationFailed" => "the credentials for the source were refused",
            "VerificationError" => "the signature of the source could not be verified",
            "InstallFailed" | "UpgradeFailed" => "the chart could not be released",
            "TestFailed" => "the tests of the chart failed",
            "RollbackFailed" | "UninstallFailed" => "the release failed, and taking it back failed too",
            "RollbackSucceeded" | "UninstallSucceeded" => "the release failed, and was taken back",
            "" => "for a reason that it does not name",
            _ => "as the controller calls it",
        };
        if self.reason.is_empty() { meaning.to_owned() } else { format!("{}: {meaning}", self.reason) }
    }
}
