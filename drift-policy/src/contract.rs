//! `Contract`: what must be settled before anything is detected.

use std::sync::Arc;

use drift_diff::Rules;
use drift_model::{Action, FingerprintKey, Method};

use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::policy::Policy;

/// The reconciliation contract of a platform, in the seven parts of seeds S0.4.
///
/// Detection without a response makes an alert factory, so there is no [`Engine`](crate::Engine) without all seven.
///
/// ```
/// use drift_diff::Rules;
/// use drift_model::{Action, Method};
/// use drift_policy::{Contract, Engine, Policy};
///
/// // A contract that leaves something open does not compile, and says everything that is missing at once.
/// let problems = Engine::compile(Contract::new().owner("platform")).unwrap_err();
/// assert_eq!(problems.len(), 6);
///
/// let contract = Contract::new()
///     .owner("platform")
///     .source_of_truth("git://shop/infra")
///     .observed_by([Method::GitopsDiff])
///     .diffed_by(Rules::default())
///     .decided_by(Policy::shipped())
///     .may(Action::ALL.iter().copied())
///     .evidence_in("s3://evidence/drift");
/// assert!(Engine::compile(contract).is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Contract {
    pub(crate) owner: Option<String>,
    pub(crate) source_of_truth: Option<String>,
    pub(crate) observation: Vec<Method>,
    pub(crate) diff: Option<Rules>,
    pub(crate) policy: Option<Policy>,
    pub(crate) actions: Vec<Action>,
    pub(crate) evidence: Option<String>,
    pub(crate) key: Option<Arc<FingerprintKey>>,
    pub(crate) kill_switch: bool,
}

impl Contract {
    /// A contract in which nothing is settled yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Owner: the team that answers for resources that name none of their own.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Source of truth: the artifact that is authoritative where an observation names none.
    #[must_use]
    pub fn source_of_truth(mut self, source: impl Into<String>) -> Self {
        self.source_of_truth = Some(source.into());
        self
    }

    /// Observation: how the actual state is observed.
    #[must_use]
    pub fn observed_by(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.observation.extend(methods);
        self
    }

    /// Diff: the platform's own rules for the comparison, beside those of the policy's documents.
    #[must_use]
    pub fn diffed_by(mut self, rules: Rules) -> Self {
        self.diff = Some(rules);
        self
    }

    /// Decision: the tables that classify and decide.
    #[must_use]
    pub fn decided_by(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Action: what may be recommended on this platform at all. NONE always may.
    #[must_use]
    pub fn may(mut self, actions: impl IntoIterator<Item = Action>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// Evidence: where records are kept; findings point to a place under it. A blank text says that none are kept: then findings
    /// name no place, and what heals only with evidence does not heal.
    #[must_use]
    pub fn evidence_in(mut self, uri: impl Into<String>) -> Self {
        self.evidence = Some(uri.into());
        self
    }

    /// The kill switch: no machine heals anything, whatever the policy says. Every refusal names `kill-switch` then.
    #[must_use]
    pub const fn healing_switched_off(mut self) -> Self {
        self.kill_switch = true;
        self
    }

    /// The key by which secrets are named in changes and findings: it carries the tenant. No part of the contract needs it;
    /// without one, a change says only which planes hold equal secrets.
    ///
    /// ```
    /// use drift_model::{Facts, Fingerprint, FingerprintKey, Likeness, Observation};
    /// # use drift_diff::Rules;
    /// # use drift_model::{Action, Method};
    /// # use drift_policy::{Contract, Engine, Policy};
    /// # let contract = Contract::new()
    /// #     .owner("platform").source_of_truth("git://shop/infra").observed_by([Method::GitopsDiff])
    /// #     .diffed_by(Rules::default()).decided_by(Policy::shipped()).may(Action::ALL.iter().copied())
    /// #     .evidence_in("s3://evidence/drift");
    /// # let bytes_from_a_vault = b"an example, and at least 32 bytes".to_vec();
    ///
    /// let key = FingerprintKey::new("2026-07", "acme", bytes_from_a_vault)?;
    /// let engine = Engine::compile(contract.fingerprinted_with(key))?;
    /// let observation = Observation::from_json(r#"{
    ///     "id": "obs-1", "unit": "checkout-prod",
    ///     "resource": {"system": "KUBERNETES", "version": "v1", "kind": "Secret", "namespace": "prod", "name": "db"},
    ///     "planes": {"desired": {"status": "PRESENT", "document": {"data": {"password": "aHVudGVyMg=="}}},
    ///                "actual": {"status": "PRESENT", "document": {"data": {"password": "aHVudGVyMw=="}}}}
    /// }"#)?;
    /// let report = engine.assess(&observation, &Facts::default()).report();
    /// let masked = report.changes[0].masked.as_ref().unwrap();
    /// let (desired, actual) = (masked.desired.as_ref().unwrap(), masked.actual.as_ref().unwrap());
    /// assert_eq!(desired.parse::<Fingerprint>()?.compare(&actual.parse()?), Likeness::Different);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn fingerprinted_with(mut self, key: impl Into<Arc<FingerprintKey>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The parts that are missing.
    pub(crate) fn missing(&self) -> Diagnostics {
        let parts = [
            ("/owner", self.owner.is_none(), "who answers for drift", "name a team: `.owner(\"platform\")`"),
            (
                "/sourceOfTruth",
                self.source_of_truth.is_none(),
                "which artifact is authoritative",
                "name it: `.source_of_truth(\"git://…\")`",
            ),
            (
                "/observation",
                self.observation.is_empty(),
                "how the actual state is observed",
                "name the detection points: `.observed_by([Method::GitopsDiff])`",
            ),
            (
                "/diff",
                self.diff.is_none(),
                "how drift is computed",
                "give rules, if only `.diffed_by(Rules::default())`",
            ),
            (
                "/policy",
                self.policy.is_none(),
                "which table decides",
                "give one, if only `.decided_by(Policy::shipped())`",
            ),
            (
                "/actions",
                self.actions.is_empty(),
                "which actions may be taken",
                "list them: `.may([Action::Incident, Action::RuntimeRevert])`",
            ),
            (
                "/evidence",
                self.evidence.is_none(),
                "where the evidence is kept",
                "name a place: `.evidence_in(\"s3://evidence/drift\")`",
            ),
        ];
        parts
            .into_iter()
            .filter(|(_, missing, ..)| *missing)
            .map(|(pointer, _, what, help)| {
                let message = format!("the contract does not say {what}");
                Diagnostic::new(Severity::Error, "missing-part", "contract", pointer, message).with_help(help)
            })
            .collect()
    }
}
