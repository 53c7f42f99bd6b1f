//! `Scenario`: what is given, and what the policy is expected to say of it.

use drift_model::{
    Action, Change, ChangeKind, Disposition, DriftClass, Existence, Facts, FieldPath, Obligation, Observation,
    OwnerKind, Recommend, Relation, ResourceRef, Risk, Span, Verdict,
};

use super::outcome::Outcome;
use crate::engine::Engine;

/// What is given, and what the policy is expected to say of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scenario {
    /// The name, as a claim: `nobody widens a role alone`.
    pub name: String,
    /// What is known.
    pub given: Given,
    /// What is expected.
    pub expect: Expectation,
}

impl Scenario {
    /// A scenario.
    #[must_use]
    pub fn new(name: impl Into<String>, given: Given, expect: Expectation) -> Self {
        Self { name: name.into(), given, expect }
    }

    /// Asks the engine, for `?` in a test.
    ///
    /// # Errors
    ///
    /// What is not as expected, as a diff.
    pub fn assert(&self, engine: &Engine) -> Result<(), String> {
        let report = super::run(engine, std::slice::from_ref(self));
        match report.cases.first() {
            Some(case) if !case.failures.is_empty() => Err(case.to_string()),
            _ => Ok(()),
        }
    }
}

/// What is known: an observation, or a resource with its changes; and facts beside it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Given {
    pub(crate) subject: Subject,
    pub(crate) facts: Facts,
}

#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// Three planes, to be compared first.
    Observation(Box<Observation>),
    /// Changes as they are: the comparison is taken for granted.
    Changes { resource: Box<ResourceRef>, existence: Existence, changes: Vec<Change> },
}

impl Given {
    /// An observation, which is assessed as it is.
    #[must_use]
    pub fn observation(observation: Observation) -> Self {
        Self { subject: Subject::Observation(Box::new(observation)), facts: Facts::default() }
    }

    /// Changes of a resource, as they would be listed. None at all stands for one: the resource drifts, and nobody says
    /// where. A change of the whole resource says how it exists: one that was added is UNMANAGED, one that is gone is
    /// DELETED_OUTSIDE.
    #[must_use]
    pub fn changes(resource: ResourceRef, mut changes: Vec<Change>) -> Self {
        if changes.is_empty() {
            changes.push(drift(FieldPath::default()));
        }
        let whole = changes.iter().find(|change| change.path.steps().is_empty()).map(|change| change.kind);
        let existence = match whole {
            Some(ChangeKind::Added) => Existence::Unmanaged,
            Some(ChangeKind::Removed) => Existence::DeletedOutside,
            Some(ChangeKind::Changed | ChangeKind::Reordered) | None => Existence::Managed,
        };
        Self { subject: Subject::Changes { resource: Box::new(resource), existence, changes }, facts: Facts::default() }
    }

    /// One field of a resource, which Git owns and somebody else changed.
    #[must_use]
    pub fn change(resource: ResourceRef, path: FieldPath) -> Self {
        Self::changes(resource, vec![drift(path)])
    }

    /// The same, with these facts.
    #[must_use]
    pub fn knowing(self, facts: Facts) -> Self {
        Self { facts, ..self }
    }

    /// The same, existing like this. An observation says it itself.
    #[must_use]
    pub fn existing(mut self, known: Existence) -> Self {
        if let Subject::Changes { existence, .. } = &mut self.subject {
            *existence = known;
        }
        self
    }

    /// What the engine says.
    #[must_use]
    pub fn run(&self, engine: &Engine) -> Outcome {
        match &self.subject {
            Subject::Observation(observation) => Outcome::of_observation(engine, observation, &self.facts),
            Subject::Changes { resource, existence, changes } => {
                Outcome::of_changes(engine, resource, *existence, changes, &self.facts)
            }
        }
    }
}

fn drift(path: FieldPath) -> Change {
    let mut change = Change::new(path, ChangeKind::Changed, Relation::RuntimeChanged, Disposition::Drift);
    change.owner = OwnerKind::Git;
    change
}

/// What is expected; what is left out is not checked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Expectation {
    /// The answer in one word.
    pub verdict: Option<Verdict>,
    /// The class. Where there are several findings, all else is asked of the one of this class.
    pub class: Option<DriftClass>,
    /// The risk.
    pub risk: Option<Risk>,
    /// The label of the taxonomy.
    pub domain: Option<String>,
    /// The action.
    pub action: Option<Action>,
    /// The decision by name.
    pub recommend: Option<Recommend>,
    /// May a machine do it alone?
    pub auto_heal_allowed: Option<bool>,
    /// The rule of the decision table; `onUnknown` where facts were missing.
    pub rule: Option<String>,
    /// Gates that refuse, all of these; an empty list says that none does.
    pub refused_by: Option<Vec<String>>,
    /// What must be done besides, all of these; an empty list says that nothing must.
    pub obligations: Option<Vec<Obligation>>,
    /// Who must agree, all of these; an empty list says that nobody must.
    pub approvers: Option<Vec<String>>,
    /// Within what time of its detection it must be reconciled.
    pub reconcile_within: Option<Span>,
    /// Who hears of it, all of these; an empty list says that nobody does.
    pub routes: Option<Vec<String>>,
}

impl Expectation {
    /// The same, with this verdict.
    #[must_use]
    pub fn verdict(self, verdict: Verdict) -> Self {
        Self { verdict: Some(verdict), ..self }
    }

    /// The same, of this class.
    #[must_use]
    pub fn class(self, class: DriftClass) -> Self {
        Self { class: Some(class), ..self }
    }

    /// The same, at this risk.
    #[must_use]
    pub fn risk(self, risk: Risk) -> Self {
        Self { risk: Some(risk), ..self }
    }

    /// The same, under this label of the taxonomy.
    #[must_use]
    pub fn domain(self, label: impl Into<String>) -> Self {
        Self { domain: Some(label.into()), ..self }
    }

    /// The same, with this action.
    #[must_use]
    pub fn action(self, action: Action) -> Self {
        Self { action: Some(action), ..self }
    }

    /// The same, with this recommendation.
    #[must_use]
    pub fn recommend(self, recommend: Recommend) -> Self {
        Self { recommend: Some(recommend), ..self }
    }

    /// The same, healed by a machine or not.
    #[must_use]
    pub fn healing(self, allowed: bool) -> Self {
        Self { auto_heal_allowed: Some(allowed), ..self }
    }

    /// The same, decided by this rule.
    #[must_use]
    pub fn rule(self, rule: impl Into<String>) -> Self {
        Self { rule: Some(rule.into()), ..self }
    }

    /// The same, refused by these gates.
    #[must_use]
    pub fn refused_by(self, gates: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { refused_by: Some(gates.into_iter().map(Into::into).collect()), ..self }
    }

    /// The same, with these obligations.
    #[must_use]
    pub fn obliged_to(self, obligations: impl IntoIterator<Item = Obligation>) -> Self {
        Self { obligations: Some(obligations.into_iter().collect()), ..self }
    }

    /// The same, approved by these.
    #[must_use]
    pub fn approved_by(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { approvers: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// The same, to be reconciled within this time.
    #[must_use]
    pub fn within(self, span: Span) -> Self {
        Self { reconcile_within: Some(span), ..self }
    }

    /// The same, told to these.
    #[must_use]
    pub fn told(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { routes: Some(names.into_iter().map(Into::into).collect()), ..self }
    }
}
