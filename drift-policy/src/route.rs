//! Routing: who hears of a finding, by which route, and why the earlier routes did not decide.

use drift_model::{Actor, Change, ChangeKind, Disposition, Fact, Facts, FieldPath, Finding, Refusal, ResourceRef};
use serde::Serialize;

use crate::documents::{Route, key_of};
use crate::policy::Policy;
use crate::table::{Answer, Case, Column, Columns, When};

/// What stands for the finding's owner in a route.
pub(crate) const OWNER: &str = "$owner";
/// Who hears of a finding whose owner nobody knows: a name to look for, so that it does not vanish.
const UNOWNED: &str = "unowned";

/// Who hears of a finding.
///
/// What is not known makes no finding quieter: a route that would decide but for a fact that nobody knows is heard as
/// well as the one that decides. To know more can only take names away.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Routed {
    /// Who hears of it, each once, in the order of the routes; empty for nobody.
    pub notify: Vec<String>,
    /// Is an incident opened?
    pub create_incident: bool,
    /// Is an issue opened?
    pub create_issue: bool,
    /// The route that decided: its id, or its place in the document (`routes/2`).
    pub rule: String,
    /// Why, in its author's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// Earlier routes that wait for a fact nobody knows, and are heard as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub besides: Vec<String>,
    /// The facts that those wait for, by the names of the columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Each earlier route that did not take the finding, with the key that refused it.
    pub refused: Vec<Refusal>,
}

impl Policy {
    /// Who hears of a finding, as far as the finding itself says what the routes ask.
    ///
    /// ```
    /// use drift_model::{Digest, DriftClass, Finding, Risk};
    /// use drift_policy::Policy;
    ///
    /// let prints = (Digest::of(b"one"), Digest::of(b"cause"));
    /// let class = (DriftClass::UnauthorizedRuntimeDrift, Risk::Critical);
    /// let mut finding = Finding::new("drift-1".into(), "aws_iam_role.deploy".into(), class, prints);
    /// finding.domain = "iam".into();
    /// finding.owner = Some("payments".into());
    ///
    /// let routed = Policy::shipped().route(&finding);
    /// assert_eq!(routed.notify, ["security-oncall", "platform-identity-oncall", "payments"]);
    /// assert_eq!((routed.rule.as_str(), routed.create_incident), ("unauthorized-identity", true));
    /// ```
    #[must_use]
    pub fn route(&self, finding: &Finding) -> Routed {
        self.route_knowing(finding, &Facts::default())
    }

    /// Who hears of a finding, where these facts are known beside it: data classification, customer tier, incident.
    #[must_use]
    pub fn route_knowing(&self, finding: &Finding, facts: &Facts) -> Routed {
        let facts = facts_of(finding).or(facts);
        self.route_of(None, finding, &facts)
    }

    /// The same, of a resource that is known as it is.
    pub(crate) fn route_of(&self, resource: Option<&ResourceRef>, finding: &Finding, facts: &Facts) -> Routed {
        self.ask(resource, finding, facts, |meets| {
            let mut heard = Heard { owner: finding.owner.as_deref().unwrap_or(UNOWNED), ..Heard::default() };
            for rule in self.routes().rules() {
                match meets(&rule.when) {
                    Answer::No(column) => heard.refused.push(Refusal::new(&rule.id, key_of(column))),
                    Answer::Maybe(columns) => {
                        heard.take(&rule.outcome);
                        heard.missing.extend(columns.iter());
                        heard.besides.push(rule.id.clone());
                    }
                    Answer::Yes => {
                        heard.take(&rule.outcome);
                        return heard.by(&rule.id, &rule.because);
                    }
                }
            }
            // The last route takes everything, so that this is not reached.
            heard.by("", "")
        })
    }

    /// Asks conditions of a finding as a whole. What only one of its changes has is never known of it, and where the
    /// resource is no more than a text, neither is what the text does not say.
    pub(crate) fn ask<R>(
        &self,
        resource: Option<&ResourceRef>,
        finding: &Finding,
        facts: &Facts,
        with: impl FnOnce(&dyn Fn(&When) -> Answer) -> R,
    ) -> R {
        let read = if resource.is_none() { named(&finding.resource_ref) } else { None };
        let nothing = ResourceRef::default();
        let about = Change::new(FieldPath::default(), ChangeKind::Changed, finding.relation, Disposition::Drift);
        let case = Case::new(resource.or(read.as_ref()).unwrap_or(&nothing), facts)
            .of_written_change(&about)
            .of_class(finding.drift_class, finding.risk)
            .without_exception();
        let case = match self.domain_of(&finding.domain) {
            Some(domain) => case.in_domain(domain, &finding.domain),
            None => case,
        };
        let mut never = Columns::from_iter([Column::Path, Column::Change, Column::Disposition, Column::OwnerKind]);
        if resource.is_none() {
            never.extend([Column::System]);
            never.extend([Column::Kind, Column::Namespace, Column::Name].into_iter().filter(|_| read.is_none()));
        }
        with(&|when| {
            let unknown: Columns = when.columns().iter().filter(|column| never.contains(*column)).collect();
            match when.meets(&case) {
                Answer::No(column) if never.contains(column) => Answer::Maybe(unknown),
                Answer::Yes if !unknown.is_empty() => Answer::Maybe(unknown),
                Answer::Maybe(columns) => Answer::Maybe(columns.union(unknown)),
                answer @ (Answer::Yes | Answer::No(_)) => answer,
            }
        })
    }
}

/// What routes say, while they are asked.
#[derive(Default)]
struct Heard<'a> {
    owner: &'a str,
    notify: Vec<String>,
    create_incident: bool,
    create_issue: bool,
    besides: Vec<String>,
    missing: Columns,
    refused: Vec<Refusal>,
}

impl Heard<'_> {
    fn take(&mut self, route: &Route) {
        for target in &route.notify {
            let target = if target == OWNER { self.owner } else { target };
            if !self.notify.iter().any(|known| known == target) {
                self.notify.push(target.to_owned());
            }
        }
        self.create_incident |= route.create_incident;
        self.create_issue |= route.create_issue;
    }

    fn by(self, rule: &str, because: &str) -> Routed {
        Routed {
            notify: self.notify,
            create_incident: self.create_incident,
            create_issue: self.create_issue,
            rule: rule.to_owned(),
            because: because.to_owned(),
            besides: self.besides,
            missing: self.missing.iter().map(|column| key_of(column).to_owned()).collect(),
            refused: self.refused,
        }
    }
}

/// What a finding says of itself that the facts have a place for.
pub(crate) fn facts_of(finding: &Finding) -> Facts {
    let mut facts = Facts::default();
    facts.now = finding.detected_at;
    facts.environment = finding.environment.clone().map_or(Fact::Unknown, Fact::Known);
    facts.owner = finding.owner.clone().map_or(Fact::Unknown, Fact::Known);
    facts.actors = match &finding.audit_correlation {
        Some(correlation) => match correlation.kind {
            Some(kind) => vec![Actor::new(kind, &correlation.actor)].into(),
            None => Fact::Unknown,
        },
        None if finding.candidates.is_empty() => Fact::Unknown,
        None => finding.candidates.clone().into(),
    };
    facts
}

/// The resource that a finding names, as far as its text says: kind or type, namespace and name.
fn named(text: &str) -> Option<ResourceRef> {
    match text.split_once('/') {
        Some((kind, name)) if kind.contains("::") => Some(ResourceRef::aws(kind, name)),
        _ => text.parse().ok(),
    }
}
