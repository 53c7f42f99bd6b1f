//! `Engine`: a compiled contract, asked with one observation at a time.

use std::borrow::Cow;

use drift_diff::{Comparer, Excuses, Rules};
use drift_model::{Action, Digest, Fact, Facts, Finding, Observation};

use crate::assessment::Assessment;
use crate::contract::Contract;
use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::policy::Policy;
use crate::route::Routed;

/// A compiled contract. Immutable, `Send + Sync`; answers with `&self`, and cannot fail.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) policy: Policy,
    pub(crate) comparer: Comparer,
    pub(crate) owner: String,
    pub(crate) source_of_truth: String,
    pub(crate) evidence: String,
    pub(crate) kill_switch: bool,
    digest: Digest,
}

impl Engine {
    /// Compiles a contract.
    ///
    /// # Errors
    ///
    /// Everything that is missing, contradictory or dangerous, at once: a part of the contract that is not there, a rule
    /// that cannot be compiled, a table that recommends what the contract does not allow.
    pub fn compile(contract: Contract) -> Result<Self, Diagnostics> {
        let mut problems = contract.missing();
        if let Some(policy) = &contract.policy {
            problems.extend(not_permitted(policy, &contract.actions));
        }
        let rules = together(contract.diff.as_ref(), contract.policy.as_ref());
        let comparer = Comparer::compile(&rules).map_err(|errors| {
            problems.extend(errors.into_iter().map(|error| {
                Diagnostic::new(Severity::Error, error.code, error.rule, error.pointer, error.message)
                    .with_help(error.help)
            }));
        });
        match (comparer, contract.policy, contract.owner, contract.source_of_truth, contract.evidence) {
            (Ok(comparer), Some(policy), Some(owner), Some(source_of_truth), Some(evidence)) if problems.is_empty() => {
                let kill_switch = contract.kill_switch;
                let digest = digest(&policy, contract.diff.as_ref(), &owner, &source_of_truth, kill_switch);
                let comparer = match contract.key {
                    Some(key) => comparer.fingerprinted_with(key),
                    None => comparer,
                };
                Ok(Self { policy, comparer, owner, source_of_truth, evidence, kill_switch, digest })
            }
            _ => Err(problems),
        }
    }

    /// Assesses one resource: which fields drift, who owns them, what class of drift it is, what to do, and whether a
    /// machine may do it alone.
    ///
    /// A pure function of its arguments. Facts of the observation go before those that are given beside it.
    #[must_use]
    pub fn assess<'a>(&'a self, observation: &'a Observation, facts: &'a Facts) -> Assessment<'a> {
        let facts = joined(observation, facts);
        let delta = self.comparer.compare(observation, &facts);
        Assessment::new(self, observation, facts, delta)
    }

    /// Assesses one resource that stands among others, which explain some of its differences.
    ///
    /// ```
    /// use drift_diff::{Relations, Rules};
    /// use drift_model::{Action, Facts, Method, Observation, Observed, PlaneState, Planes, ResourceRef, Verdict};
    /// use drift_policy::{Contract, Engine, Policy};
    /// use serde_json::json;
    ///
    /// let contract = Contract::new().owner("platform").source_of_truth("git://shop/infra").observed_by([Method::InventoryScan])
    ///     .diffed_by(Rules::default()).decided_by(Policy::shipped()).may(Action::ALL.iter().copied()).evidence_in("s3://evidence");
    /// let engine = Engine::compile(contract)?;
    /// let network = json!({"id": "vpc-1", "default_security_group_id": "sg-1"});
    /// let group = json!({"id": "sg-1", "ingress": [{"protocol": "-1", "self": true}], "egress": [{"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}]});
    /// let all = [
    ///     Observation::new("vpc", ResourceRef::opentofu("aws_vpc", "aws_vpc.main"),
    ///         Planes::new(PlaneState::present(json!({"id": "vpc-1"})), PlaneState::present(network))),
    ///     Observation::new("group", ResourceRef::opentofu("aws_security_group", "aws_security_group.default"),
    ///         Planes::new(PlaneState::new(Observed::Absent), PlaneState::present(group))),
    /// ];
    ///
    /// let (relations, facts) = (Relations::shipped(), Facts::default());
    /// let excuses = relations.excuses(&all);
    /// // By itself the group is a stranger in the account. Beside its network it is what every network is born with.
    /// assert_eq!(engine.assess(&all[1], &facts).verdict(), Verdict::Drifted);
    /// assert_eq!(engine.assess_among(&all[1], &facts, &excuses[1]).verdict(), Verdict::InSync);
    /// # Ok::<(), drift_policy::Diagnostics>(())
    /// ```
    #[must_use]
    pub fn assess_among<'a>(
        &'a self,
        observation: &'a Observation,
        facts: &'a Facts,
        excuses: &'a Excuses<'a>,
    ) -> Assessment<'a> {
        let facts = joined(observation, facts);
        let delta = self.comparer.compare_among(observation, &facts, excuses);
        Assessment::new(self, observation, facts, delta)
    }

    /// The policy that decides.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Who hears of a finding, as far as the finding itself says what the routes ask;
    /// [`Assessment::routes`](crate::Assessment::routes) knows the facts as well.
    #[must_use]
    pub fn routes(&self, finding: &Finding) -> Routed {
        self.policy.route(finding)
    }

    /// Who hears of a finding, by all that is known of the resource.
    pub(crate) fn route_of(&self, observation: &Observation, facts: &Facts, finding: &Finding) -> Routed {
        let mut facts = facts.clone();
        // The contract knows whose it is where the facts do not.
        facts.owner = finding.owner.clone().map_or(Fact::Unknown, Fact::Known);
        facts.now = facts.now.or(observation.observed_at);
        self.policy.route_of(Some(&observation.resource), finding, &facts)
    }

    /// Does no route name anybody who hears of the finding?
    pub(crate) fn heard_by_nobody(&self, observation: &Observation, facts: &Facts, finding: &Finding) -> bool {
        self.route_of(observation, facts, finding).notify.is_empty()
    }

    /// The digest of everything that decides. It is part of every finding, so that answers of different policies are
    /// told apart.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// Facts of the observation go before those that are given beside it.
fn joined<'a>(observation: &'a Observation, facts: &'a Facts) -> Cow<'a, Facts> {
    let nothing = Facts::default();
    if *facts == nothing {
        Cow::Borrowed(&observation.facts)
    } else if observation.facts == nothing {
        Cow::Borrowed(facts)
    } else {
        Cow::Owned(observation.facts.clone().or(facts))
    }
}

fn together(diff: Option<&Rules>, policy: Option<&Policy>) -> Rules {
    let mut rules = diff.cloned().unwrap_or_default();
    if let Some(of_policy) = policy.map(Policy::rules) {
        rules.ownership.extend(of_policy.ownership.iter().cloned());
        rules.equivalences.extend(of_policy.equivalences.iter().cloned());
        rules.ignores.extend(of_policy.ignores.iter().cloned());
    }
    rules
}

/// A table may recommend only what the contract allows; doing nothing is always allowed.
fn not_permitted(policy: &Policy, actions: &[Action]) -> Vec<Diagnostic> {
    if actions.is_empty() {
        return Vec::new();
    }
    let allowed = |action: Action| action == Action::None || actions.contains(&action);
    let permitted = actions.iter().map(|action| action.word()).collect::<Vec<_>>().join("`, `");
    let table = policy.decision();
    let rules = table.rules().iter().map(|rule| (format!("the decision rule `{}`", rule.id), &rule.outcome));
    rules
        .chain([("`onUnknown` of the decisions".to_owned(), table.on_unknown())])
        .filter(|(_, ruling)| !allowed(ruling.recommend.action()))
        .map(|(place, ruling)| {
            let message =
                format!("{place} recommends {}, which the contract does not allow", ruling.recommend.action());
            Diagnostic::new(Severity::Error, "action-not-permitted", "contract", "/actions", message)
                .with_help(format!("the contract allows `{permitted}`"))
        })
        .collect()
}

fn digest(policy: &Policy, diff: Option<&Rules>, owner: &str, source_of_truth: &str, kill_switch: bool) -> Digest {
    let rules = diff.map(|rules| {
        let named = |name: &str, spec: Result<serde_json::Value, serde_json::Error>| {
            // A spec is plain data with text for keys: it always becomes a value.
            serde_json::json!([name, spec.unwrap_or_default()])
        };
        let ownership = rules.ownership.iter().map(|rule| named(&rule.name, serde_json::to_value(&rule.spec)));
        let equivalences = rules.equivalences.iter().map(|rule| named(&rule.name, serde_json::to_value(&rule.spec)));
        let ignores = rules.ignores.iter().map(|rule| named(&rule.name, serde_json::to_value(&rule.spec)));
        let schemas = rules.schema.added().iter().map(|digest| named("schema", serde_json::to_value(digest)));
        let all = ownership.chain(equivalences).chain(ignores).chain(schemas);
        // Which rule was read first decides nothing, so that the digest does not tell.
        let mut all: Vec<String> = all.map(|rule| drift_model::canonical_text(&rule)).collect();
        all.sort_unstable();
        all.concat()
    });
    let policy = policy.digest().to_string();
    let parts = ["engine/1", &policy, &rules.unwrap_or_default(), owner, source_of_truth];
    Digest::of_parts(parts.into_iter().chain(kill_switch.then_some("kill-switch")))
}
