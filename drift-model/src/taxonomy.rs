//! The words a decision is made of: class, domain, risk, action, obligation, recommendation.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What kind of drift a change amounts to (seeds S0.3, S0.5).
    ///
    /// The first eight are the taxonomy of the seeds; the others are there because every change must have a class.
    pub enum DriftClass as "drift class" {
        /// Changed outside of the approved flow.
        UnauthorizedRuntimeDrift = "UNAUTHORIZED_RUNTIME_DRIFT",
        /// Changed by hand during an incident.
        EmergencyDrift = "EMERGENCY_DRIFT",
        /// A runtime controller changed what it legitimately owns.
        ControllerOwnedDrift = "CONTROLLER_OWNED_DRIFT",
        /// The same meaning, spelled differently by the system that was read.
        ProviderReadNoise = "PROVIDER_READ_NOISE",
        /// Something this resource depends on changed.
        DependencyDrift = "DEPENDENCY_DRIFT",
        /// Git no longer says what has been accepted as right.
        StaleDesiredState = "STALE_DESIRED_STATE",
        /// A controller tried to converge and could not.
        FailedReconciliation = "FAILED_RECONCILIATION",
        /// The runtime violates a policy that is newer than it.
        PolicyDrift = "POLICY_DRIFT",
        /// The record (state file, last-applied) no longer represents the runtime.
        StateDrift = "STATE_DRIFT",
        /// A secret was not delivered, or not taken up by its consumers.
        SecretDeliveryDrift = "SECRET_DELIVERY_DRIFT",
        /// Cost or capacity left its model.
        CostCapacityDrift = "COST_CAPACITY_DRIFT",
        /// The desired side differs by generated output only.
        RenderNoise = "RENDER_NOISE",
        /// Git moved on; the change is not applied yet.
        PendingChange = "PENDING_CHANGE",
        /// What is known does not suffice for a class.
        Unclassified = "UNCLASSIFIED",
    }
}

vocabulary! {
    /// The field of responsibility that a path belongs to.
    pub enum Domain as "domain" {
        /// Ordinary configuration.
        Configuration = "CONFIGURATION",
        /// The record of the engine.
        State = "STATE",
        /// What controllers keep in a running object.
        RuntimeController = "RUNTIME_CONTROLLER",
        /// What the resource depends on.
        Dependency = "DEPENDENCY",
        /// Who may do what.
        Identity = "IDENTITY",
        /// What can be reached from where.
        Network = "NETWORK",
        /// Rules that others are measured by.
        Policy = "POLICY",
        /// Secret material and its delivery.
        Secret = "SECRET",
        /// Databases: schema, parameters, users.
        Database = "DATABASE",
        /// Cost and capacity.
        Cost = "COST",
    }
}

impl Domain {
    /// Is drift here never healed silently, whatever a policy says? (law 6)
    #[must_use]
    pub const fn is_protected(self) -> bool {
        match self {
            Self::Identity | Self::Network | Self::Secret | Self::Database => true,
            Self::Configuration
            | Self::State
            | Self::RuntimeController
            | Self::Dependency
            | Self::Policy
            | Self::Cost => false,
        }
    }
}

vocabulary! {
    /// How much a finding matters. Ordered: `INFO < CRITICAL`.
    pub enum Risk as "risk" {
        /// Nothing to do.
        Info = "INFO",
        /// Worth knowing.
        Low = "LOW",
        /// Worth planning for.
        Medium = "MEDIUM",
        /// Worth interrupting somebody's day for.
        High = "HIGH",
        /// Worth waking somebody up for.
        Critical = "CRITICAL",
    }
}

vocabulary! {
    /// What a reconciliation does (seeds S0.12). One of these is in every decision.
    pub enum Action as "action" {
        /// Nothing.
        None = "NONE",
        /// Apply the desired state to the runtime.
        RuntimeRevert = "RUNTIME_REVERT",
        /// Change the desired state to what runs.
        GitUpdatePr = "GIT_UPDATE_PR",
        /// Change the record to what runs.
        StateRefresh = "STATE_REFRESH",
        /// Bring an existing resource under control.
        Import = "IMPORT",
        /// Keep the identity of a resource whose address changed.
        StateMove = "STATE_MOVE",
        /// Leave the difference to whoever owns it.
        Ignore = "IGNORE",
        /// Keep the evidence and coordinate a response.
        Incident = "INCIDENT",
        /// Replace an invalid resource.
        DestroyRecreate = "DESTROY_RECREATE",
    }
}

impl Action {
    /// Does this action, carried out, change the runtime?
    ///
    /// The measure of boldness in law 3: replacing a fact by unknown never turns a decision that leaves the runtime
    /// alone into one that does not.
    #[must_use]
    pub const fn changes_runtime(self) -> bool {
        match self {
            Self::RuntimeRevert | Self::DestroyRecreate => true,
            Self::None
            | Self::GitUpdatePr
            | Self::StateRefresh
            | Self::Import
            | Self::StateMove
            | Self::Ignore
            | Self::Incident => false,
        }
    }
}

vocabulary! {
    /// What must be done besides the action.
    pub enum Obligation as "obligation" {
        /// Open an incident.
        OpenIncident = "OPEN_INCIDENT",
        /// Record what is there before anything touches it.
        PreserveEvidenceFirst = "PRESERVE_EVIDENCE_FIRST",
        /// Wait for one of the approvers.
        RequireApproval = "REQUIRE_APPROVAL",
        /// Tell those that the routes name.
        Notify = "NOTIFY",
        /// Restart what consumes the secret.
        RestartConsumers = "RESTART_CONSUMERS",
        /// Open a pull request that migrates.
        OpenMigrationPr = "OPEN_MIGRATION_PR",
        /// Hold back applies of the unit.
        FreezeApplies = "FREEZE_APPLIES",
        /// Look again afterwards, and prove that it is closed.
        VerifyClosure = "VERIFY_CLOSURE",
    }
}

vocabulary! {
    /// A decision by name: an action together with its obligations.
    ///
    /// The names are those of the seeds where the seeds name one; [`Recommend::action`] and [`Recommend::obligations`]
    /// are the table from name to pair.
    pub enum Recommend as "recommendation" {
        /// Do nothing.
        None = "NONE",
        /// Revert the runtime.
        RuntimeRevert = "RUNTIME_REVERT",
        /// Open an incident, keep the evidence, then revert the runtime.
        IncidentAndRevert = "INCIDENT_AND_REVERT",
        /// Open an incident and keep the evidence.
        Incident = "INCIDENT",
        /// Open a pull request that makes Git say what runs.
        OpenReconciliationPr = "OPEN_RECONCILIATION_PR",
        /// Open a pull request that migrates.
        OpenMigrationPr = "OPEN_MIGRATION_PR",
        /// Refresh the record.
        StateRefresh = "STATE_REFRESH",
        /// Import the resource.
        Import = "IMPORT",
        /// Move the record.
        StateMove = "STATE_MOVE",
        /// Leave it to its owner.
        Ignore = "IGNORE",
        /// Replace the resource, once approved.
        DestroyRecreate = "DESTROY_RECREATE",
        /// Restart the consumers once the secret is there.
        RestartConsumersAfterSecretSync = "RESTART_CONSUMERS_AFTER_SECRET_SYNC",
        /// Plan again and look at the result.
        Replan = "REPLAN",
        /// Repair the control loop.
        FixControlLoop = "FIX_CONTROL_LOOP",
        /// Normalize the spelling, and tell whoever keeps the rules.
        Normalize = "NORMALIZE",
    }
}

impl Recommend {
    /// The action of the pair.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::None | Self::RestartConsumersAfterSecretSync | Self::Replan => Action::None,
            Self::RuntimeRevert | Self::IncidentAndRevert => Action::RuntimeRevert,
            Self::Incident | Self::FixControlLoop => Action::Incident,
            Self::OpenReconciliationPr | Self::OpenMigrationPr => Action::GitUpdatePr,
            Self::StateRefresh => Action::StateRefresh,
            Self::Import => Action::Import,
            Self::StateMove => Action::StateMove,
            Self::Ignore | Self::Normalize => Action::Ignore,
            Self::DestroyRecreate => Action::DestroyRecreate,
        }
    }

    /// The obligations of the pair, in the order of [`Obligation`].
    #[must_use]
    pub const fn obligations(self) -> &'static [Obligation] {
        match self {
            Self::IncidentAndRevert | Self::Incident => &[Obligation::OpenIncident, Obligation::PreserveEvidenceFirst],
            Self::OpenMigrationPr => &[Obligation::OpenMigrationPr],
            Self::DestroyRecreate => &[Obligation::RequireApproval],
            Self::RestartConsumersAfterSecretSync => &[Obligation::RestartConsumers],
            Self::Replan => &[Obligation::VerifyClosure],
            Self::FixControlLoop | Self::Normalize => &[Obligation::Notify],
            Self::None
            | Self::RuntimeRevert
            | Self::OpenReconciliationPr
            | Self::StateRefresh
            | Self::Import
            | Self::StateMove
            | Self::Ignore => &[],
        }
    }

    /// The name of a pair of action and obligations, if it has one.
    ///
    /// ```
    /// use drift_model::{Action, Obligation, Recommend};
    ///
    /// let obligations = [Obligation::OpenIncident, Obligation::PreserveEvidenceFirst];
    /// assert_eq!(Recommend::name_of(Action::RuntimeRevert, &obligations), Some(Recommend::IncidentAndRevert));
    /// assert_eq!(Recommend::name_of(Action::Import, &obligations), None);
    /// ```
    #[must_use]
    pub fn name_of(action: Action, obligations: &[Obligation]) -> Option<Self> {
        Self::ALL.iter().copied().find(|name| {
            name.action() == action
                && name.obligations().len() == obligations.len()
                && name.obligations().iter().all(|obligation| obligations.contains(obligation))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_for_a_pair_of_its_own() {
        for name in Recommend::ALL {
            assert_eq!(Recommend::name_of(name.action(), name.obligations()), Some(*name), "{name}");
        }
    }

    #[test]
    fn exactly_the_four_dangerous_domains_are_protected() {
        let protected: Vec<_> = Domain::ALL.iter().filter(|domain| domain.is_protected()).collect();
        assert_eq!(protected, [&Domain::Identity, &Domain::Network, &Domain::Secret, &Domain::Database]);
    }
}
