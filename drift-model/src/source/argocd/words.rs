//! The words of Argo CD, in its own spelling.

use crate::facts::{HealthStatus, SyncStatus};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Desired against live.
    pub enum AppSync as "sync status" {
        /// Equal.
        Synced = "Synced",
        /// Different.
        OutOfSync = "OutOfSync",
        /// They could not be compared.
        Unknown = "Unknown",
    }
}

impl AppSync {
    /// The fact, if it is one.
    #[must_use]
    pub const fn status(self) -> Option<SyncStatus> {
        match self {
            Self::Synced => Some(SyncStatus::Synced),
            Self::OutOfSync => Some(SyncStatus::OutOfSync),
            Self::Unknown => None,
        }
    }
}

vocabulary! {
    /// Operational health, best first.
    pub enum AppHealth as "health status" {
        /// Works.
        Healthy = "Healthy",
        /// Paused.
        Suspended = "Suspended",
        /// On its way.
        Progressing = "Progressing",
        /// Not there.
        Missing = "Missing",
        /// Does not work.
        Degraded = "Degraded",
        /// The check failed.
        Unknown = "Unknown",
    }
}

impl AppHealth {
    /// The fact, if it is one.
    #[must_use]
    pub const fn status(self) -> Option<HealthStatus> {
        match self {
            Self::Healthy => Some(HealthStatus::Healthy),
            Self::Suspended => Some(HealthStatus::Suspended),
            Self::Progressing => Some(HealthStatus::Progressing),
            Self::Missing => Some(HealthStatus::Missing),
            Self::Degraded => Some(HealthStatus::Degraded),
            Self::Unknown => None,
        }
    }
}

vocabulary! {
    /// How far an operation came.
    pub enum Phase as "operation phase" {
        /// It runs.
        Running = "Running",
        /// It is being stopped.
        Terminating = "Terminating",
        /// Some of it failed.
        Failed = "Failed",
        /// It could not be carried out.
        Error = "Error",
        /// It ended well.
        Succeeded = "Succeeded",
    }
}

vocabulary! {
    /// What became of a resource in a sync.
    pub enum SyncResult as "sync result" {
        /// Applied.
        Synced = "Synced",
        /// Not applied.
        SyncFailed = "SyncFailed",
        /// Deleted.
        Pruned = "Pruned",
        /// To be deleted, and left.
        PruneSkipped = "PruneSkipped",
    }
}

vocabulary! {
    /// What can be the matter with an Application.
    pub enum ConditionKind as "condition type" {
        /// It could not be deleted.
        DeletionError = "DeletionError",
        /// Its own declaration is invalid.
        InvalidSpecError = "InvalidSpecError",
        /// Desired and live could not be compared.
        ComparisonError = "ComparisonError",
        /// Automated sync failed.
        SyncError = "SyncError",
        /// Something else failed.
        UnknownError = "UnknownError",
        /// A resource belongs to several Applications.
        SharedResourceWarning = "SharedResourceWarning",
        /// A resource is declared twice.
        RepeatedResourceWarning = "RepeatedResourceWarning",
        /// A resource is excluded from what the controller watches.
        ExcludedResourceWarning = "ExcludedResourceWarning",
        /// Something lies in the namespace that no Application declares.
        OrphanedResourceWarning = "OrphanedResourceWarning",
    }
}
