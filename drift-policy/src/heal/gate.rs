//! The gate: a machine acts alone only where every condition is *known* to be met (law 6, seeds S0.9).

use drift_model::{
    Action, Facts, Freeze, Freshness, HealthStatus, IncidentState, OwnerKind, PathPattern, Relation, ResourceRef,
    Timestamp, YesNo,
};

use crate::documents::{AutoHealPolicy, HealMode, Ruling};
use crate::seen::Seen;

/// What a machine would do alone.
pub(crate) struct Attempt<'a> {
    pub(crate) resource: &'a ResourceRef,
    pub(crate) changes: Vec<Reverted<'a>>,
    pub(crate) ruling: &'a Ruling,
    pub(crate) facts: &'a Facts,
    /// Were there facts missing that could have changed the class or the decision?
    pub(crate) facts_are_missing: bool,
    /// Is a part of the resource unknown?
    pub(crate) partial: bool,
    /// The moment for which all of this holds, if anybody said.
    pub(crate) now: Option<Timestamp>,
    /// Is all healing switched off?
    pub(crate) kill_switch: bool,
    /// Where the evidence of it is kept.
    pub(crate) evidence_uri: Option<&'a str>,
}

/// A change that would be put back.
pub(crate) struct Reverted<'a> {
    pub(crate) change: Seen<'a>,
    /// Is it in a domain where nothing is ever healed silently?
    pub(crate) is_protected: bool,
    /// Does an exception accept it, or may one?
    pub(crate) is_excepted: bool,
}

impl Attempt<'_> {
    /// Is something of it in a domain where nothing is ever healed silently?
    pub(crate) fn is_protected(&self) -> bool {
        self.changes.iter().any(|reverted| reverted.is_protected)
    }

    /// Did the word end that somebody gave for healing in a protected domain? An end that nobody can tell, because nobody
    /// says what time it is, has come.
    fn acknowledgement_is_over(&self) -> bool {
        let given = self.ruling.acknowledge.as_ref().filter(|_| self.is_protected());
        given.is_some_and(|given| self.now.is_none_or(|now| given.expires <= now))
    }
}

/// The gates that refuse, in the order in which they are asked. No document can switch one off; `protected-domain` alone gives
/// way, for a time, to a name that somebody puts to it.
pub(crate) fn refusals<'p>(
    attempt: &Attempt<'_>,
    policies: impl Iterator<Item = &'p AutoHealPolicy>,
) -> Vec<&'static str> {
    let Attempt { changes, facts, .. } = attempt;
    let any = |test: &dyn Fn(Seen<'_>) -> bool| changes.iter().any(|reverted| test(reverted.change));
    // Every fact must be known to be good: an unknown one refuses as a bad one does.
    let conditions = [
        ("kill-switch", attempt.kill_switch),
        ("decision-denies", attempt.ruling.auto_heal == HealMode::Deny),
        ("not-a-revert", attempt.ruling.recommend.action() != Action::RuntimeRevert),
        ("protected-domain", attempt.is_protected() && attempt.ruling.acknowledge.is_none()),
        ("acknowledgement-expired", attempt.acknowledgement_is_over()),
        ("unknown-facts", attempt.facts_are_missing),
        ("exception", changes.iter().any(|reverted| reverted.is_excepted)),
        ("partial-observation", attempt.partial),
        ("ambiguous-owner", any(&|change| change.owner() == OwnerKind::Ambiguous)),
        ("not-declared", any(&|change| !change.is_drift() || is_undeclared(change))),
        ("git-moved-too", any(&|change| matches!(change.relation(), Relation::Conflict | Relation::NotApplied))),
        ("desired-not-fresh", facts.desired_freshness.known() != Some(&Freshness::Fresh)),
        ("not-reversible", facts.reversible.known() != Some(&YesNo::Yes)),
        ("freeze", facts.freeze.known() != Some(&Freeze::Off)),
        ("suspended", facts.suspended.known().map(|suspension| suspension.state) != Some(YesNo::No)),
        (
            "incident",
            !matches!(
                facts.incident.known().map(|incident| incident.state),
                Some(IncidentState::None | IncidentState::Closed)
            ),
        ),
    ];
    let mut refused: Vec<&'static str> =
        conditions.into_iter().filter(|(_, refuses)| *refuses).map(|(gate, _)| gate).collect();
    refused.extend(uncovered(attempt, policies));
    refused
}

const fn is_undeclared(change: Seen<'_>) -> bool {
    matches!(change.relation(), Relation::UndeclaredAddition | Relation::UndeclaredChange)
}

/// Why no policy covers the attempt: the refusals of the one that comes nearest. Empty if one covers it, and none that is about
/// the resource denies it.
fn uncovered<'p>(attempt: &Attempt<'_>, policies: impl Iterator<Item = &'p AutoHealPolicy>) -> Vec<&'static str> {
    let mut nearest: Option<Vec<&'static str>> = None;
    let mut is_denied = false;
    for policy in policies {
        let refused = refused_by(policy, attempt);
        is_denied |= may_be_about(policy, attempt) && denies(policy, attempt);
        if nearest.as_ref().is_none_or(|known| refused.len() < known.len()) {
            nearest = Some(refused);
        }
    }
    match nearest {
        Some(refused) if refused.is_empty() && is_denied => vec!["denied-path"],
        Some(refused) => refused,
        None => vec!["no-auto-heal-policy"],
    }
}

/// Is the policy about such a resource, for all that is known of its namespace?
fn may_be_about(policy: &AutoHealPolicy, attempt: &Attempt<'_>) -> bool {
    names_kind(policy, attempt)
        && (attempt.facts.namespace_labels.known().is_none() || names_namespace(policy, attempt))
}

fn names_kind(policy: &AutoHealPolicy, attempt: &Attempt<'_>) -> bool {
    policy.applies_to.resource_kinds.iter().any(|known| known == attempt.resource.kind_or_type())
}

fn names_namespace(policy: &AutoHealPolicy, attempt: &Attempt<'_>) -> bool {
    let labels = attempt.facts.namespace_labels.known();
    let mut wanted = policy.applies_to.namespaces.iter().flat_map(|namespaces| &namespaces.match_labels);
    wanted.all(|(name, value)| labels.is_some_and(|labels| labels.get(name) == Some(value)))
}

/// Is one of the paths denied, or does it carry along one that is?
fn denies(policy: &AutoHealPolicy, attempt: &Attempt<'_>) -> bool {
    attempt
        .changes
        .iter()
        .map(|reverted| PathPattern::from(reverted.change.path()))
        .any(|path| policy.denied_paths.iter().any(|denied| denied.intersects(&path)))
}

fn refused_by(policy: &AutoHealPolicy, attempt: &Attempt<'_>) -> Vec<&'static str> {
    let mut paths = attempt.changes.iter().map(|reverted| reverted.change.path());
    let allowed = paths.all(|path| policy.allowed_paths.iter().any(|allowed| allowed.covers(path)));
    let healthy = attempt.facts.health.known() == Some(&HealthStatus::Healthy);
    [
        ("policy-suspended", policy.suspend.as_ref().is_some_and(|suspend| suspend.holds(attempt.now))),
        ("kind-not-covered", !names_kind(policy, attempt)),
        ("namespace-not-covered", !names_namespace(policy, attempt)),
        ("denied-path", denies(policy, attempt)),
        ("path-not-allowed", !allowed),
        ("unhealthy", policy.require_healthy_before_heal && !healthy),
        ("no-evidence", policy.evidence_required && attempt.evidence_uri.is_none()),
    ]
    .into_iter()
    .filter(|(_, refuses)| *refuses)
    .map(|(gate, _)| gate)
    .collect()
}
