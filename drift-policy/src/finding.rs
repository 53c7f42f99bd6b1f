//! From changes of one class to a finding: domain, class, decision, gates, and the trace of all three tables.

use drift_model::{
    Actions, ActorKind, AuditCorrelation, AutoHeal, Digest, Domain, DriftClass, Existence, Facts, Finding, Obligation,
    Observation, Relation, Risk, Secrets, Timestamp, TraceStep,
};

use crate::assessment::generalized;
use crate::documents::{Domained, HealMode, Ruling};
use crate::engine::Engine;
use crate::heal::{Attempt, Reverted, is_protected, refusals};
use crate::seen::Seen;
use crate::table::{Case, Table};

/// A change with its place in the taxonomy, its class and its risk.
pub(crate) struct Judged<'a> {
    pub(crate) change: Seen<'a>,
    pub(crate) place: &'a Domained,
    pub(crate) class: DriftClass,
    pub(crate) risk: Risk,
    /// Does it stand in a protected domain, or carry along what does? A secret does wherever it stands.
    protected: bool,
    /// Did facts lack that could have made it of another domain or class?
    unsure: bool,
    pub(crate) case: Case<'a>,
}

impl<'a> Judged<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        observation: &'a Observation,
        facts: &'a Facts,
        existence: Existence,
        change: Seen<'a>,
    ) -> Self {
        let now = facts.now.or(observation.observed_at);
        let case = Case::new(&observation.resource, facts).at(facts, now).existing(existence);
        let case = change.in_case(case);
        let placed = engine.policy.taxonomy().decide(&case);
        let place = placed.outcome;
        let protected = place.domain.is_protected() || change.is_sensitive() || is_protected(&engine.policy, &case);
        let case = case.in_domain(place.domain, &place.label).at_risk(place.risk);
        let classified = engine.policy.classification().decide(&case);
        let class = classified.outcome.class;
        let risk = classified.outcome.risk.unwrap_or(place.risk);
        let case = case.of_class(class, risk);
        // The engine holds all exceptions: where none covers the change, there is none.
        let excepted = engine.policy.exceptions().iter().any(|exception| exception.spec.covers(&case, now));
        let case = if excepted { case.with_exception() } else { case.without_exception() };
        let unsure = !placed.missing.is_empty() || !classified.missing.is_empty();
        Self { change, place, class, risk, protected, unsure, case }
    }

    fn reverted(&self) -> Reverted<'a> {
        Reverted { change: self.change, is_protected: self.protected, is_excepted: !self.case.is_not_excepted() }
    }

    /// The decision for this change alone. One that rests on a class that nobody can be sure of, or on facts that are
    /// missing, leaves the runtime alone.
    fn ruling<'t>(&self, table: &'t Table<Ruling>) -> Ruled<'t> {
        let decided = table.decide(&self.case);
        let unsure = self.unsure || !decided.missing.is_empty();
        let bold = decided.outcome.recommend.action().changes_runtime() || decided.outcome.auto_heal != HealMode::Deny;
        if unsure && bold {
            return Ruled { ruling: table.on_unknown(), rule: ON_UNKNOWN, unsure };
        }
        Ruled { ruling: decided.outcome, rule: decided.rule.map_or(ON_UNKNOWN, |rule| rule.id.as_str()), unsure }
    }
}

/// The name under which a trace lists the answer for missing facts.
const ON_UNKNOWN: &str = "onUnknown";

/// A decision, and whether facts were missing for it.
struct Ruled<'t> {
    ruling: &'t Ruling,
    rule: &'t str,
    unsure: bool,
}

/// One finding of all changes of one class; `None` if there are no changes.
pub(crate) fn finding(
    engine: &Engine,
    observation: &Observation,
    facts: &Facts,
    secrets: &Secrets,
    partial: bool,
    judged: &[Judged<'_>],
) -> Option<Finding> {
    let lead = judged.iter().max_by_key(|judged| judged.risk)?;
    let decision = engine.policy.decision();
    let ruled = lead.ruling(decision);
    let detected_at = observation.observed_at.or(facts.now);
    let prints = Fingerprints::of(observation, lead.class, judged);
    let finding_id = finding_id(&prints.finding, observation.unit.as_deref(), detected_at);
    let evidence = evidence_uri(&engine.evidence, &finding_id, detected_at);
    let attempt = Attempt {
        resource: &observation.resource,
        changes: judged.iter().map(Judged::reverted).collect(),
        ruling: ruled.ruling,
        facts,
        // A change that by itself would be decided otherwise is a reason to leave all of them alone.
        facts_are_missing: judged.iter().any(|judged| judged.ruling(decision).unsure),
        partial,
        now: facts.now.or(observation.observed_at),
        kill_switch: engine.kill_switch,
        evidence_uri: evidence.as_deref(),
    };
    let protected = attempt.is_protected();
    let mut refused = refusals(&attempt, engine.policy.heal_policies().iter().map(|named| &named.spec));
    if judged.iter().any(|judged| judged.ruling(decision).ruling != ruled.ruling) {
        refused.push("decisions-differ");
    }
    let mut finding = Finding::new(
        finding_id,
        observation.resource.to_string(),
        (lead.class, lead.risk),
        (prints.finding, prints.cause),
    );
    finding.detected_at = detected_at;
    finding.unit.clone_from(&observation.unit);
    finding.environment = facts.environment.known().cloned();
    finding.owner = facts.owner.known().cloned();
    finding.source_of_truth.clone_from(&observation.source_of_truth);
    finding.state_backend.clone_from(&observation.state_backend);
    finding.changed_fields = judged.iter().map(|judged| judged.change.changed_field()).collect();
    // An item that was removed and one that was added may have had the same index.
    finding.changed_fields.dedup();
    match facts.actors.known().map(Vec::as_slice) {
        // Nobody is no correlation, and no candidate.
        Some([actor]) if actor.kind == ActorKind::Unattributed => {}
        Some([actor]) => finding.audit_correlation = Some(AuditCorrelation::from(actor)),
        // Several may have done it: all are listed, none is picked.
        Some(actors) => finding.candidates = actors.to_vec(),
        None => {}
    }
    let of_a_secret = lead.class == DriftClass::SecretDeliveryDrift || lead.place.domain == Domain::Secret;
    if let Some(sync) = facts.secret_sync.known().filter(|_| of_a_secret) {
        finding.tell_delivery(sync, facts.now.or(observation.observed_at));
    }
    finding.relation = common_relation(judged);
    finding.changes = judged.iter().map(|judged| judged.change.to_change()).collect();
    // So far the words are those of whoever told the facts. From here on they are the platform's own.
    finding.redact(secrets);
    finding.owner.get_or_insert_with(|| engine.owner.clone());
    finding.source_of_truth.get_or_insert_with(|| engine.source_of_truth.clone());
    finding.evidence_uri = evidence;
    finding.domain.clone_from(&lead.place.label);
    finding.recommended_action = ruled.ruling.recommend.to_string();
    finding.actions = Actions::new(ruled.ruling.recommend.action(), obligations(ruled.ruling, protected));
    finding.approvers.clone_from(&ruled.ruling.approvers);
    finding.trace = trace(engine, lead, &ruled);
    finding.reconcile_within = ruled.ruling.reconcile_within;
    finding.reconcile_by = detected_at.zip(finding.reconcile_within).and_then(|(at, within)| at.plus(within));
    finding.playbook.clone_from(&ruled.ruling.playbook);
    finding.policy_digest = engine.digest();
    // What is healed in a protected domain is heard of, whatever the routes say (law 6).
    if protected && refused.is_empty() && engine.heard_by_nobody(observation, facts, &finding) {
        refused.push("nobody-is-told");
    }
    finding.auto_heal_allowed = refused.is_empty();
    finding.auto_heal = AutoHeal::refused_by(refused.into_iter().map(str::to_owned).collect());
    Some(finding)
}

/// The relation of all changes, or CONFLICT where they differ in it.
fn common_relation(judged: &[Judged<'_>]) -> Relation {
    let mut relations = judged.iter().map(|judged| judged.change.relation());
    match relations.next() {
        Some(first) if relations.all(|relation| relation == first) => first,
        _ => Relation::Conflict,
    }
}

/// What the recommendation obliges to, and what the rule adds. To heal with an alert is to notify, and in a protected domain
/// nothing heals without.
fn obligations(ruling: &Ruling, protected: bool) -> Vec<Obligation> {
    let aloud = match ruling.auto_heal {
        HealMode::Deny => false,
        HealMode::AllowWithAlert => true,
        HealMode::Allow => protected,
    };
    let alert = aloud.then_some(Obligation::Notify);
    let mut all: Vec<Obligation> = ruling.recommend.obligations().to_vec();
    all.extend(&ruling.obligations);
    all.extend(alert);
    all.sort();
    all.dedup();
    all
}

/// What a finding is known by.
struct Fingerprints {
    /// The same for the same resource, class, paths and relations.
    finding: Digest,
    /// The same for the same cause on different resources.
    cause: Digest,
}

impl Fingerprints {
    fn of(observation: &Observation, class: DriftClass, judged: &[Judged<'_>]) -> Self {
        let resource = drift_model::canonical_text_of(&observation.resource).unwrap_or_default();
        let paths: Vec<String> = judged.iter().map(|judged| judged.change.path().to_string()).collect();
        let relations = || judged.iter().map(|judged| judged.change.relation().word());
        let finding = ["finding/1", &resource, class.word()]
            .into_iter()
            .chain(paths.iter().map(String::as_str).zip(relations()).flat_map(|(path, relation)| [path, relation]));
        let mut causes: Vec<(String, &str)> =
            judged.iter().map(|judged| generalized(judged.change.path())).zip(relations()).collect();
        causes.sort();
        causes.dedup();
        let system = observation.resource.system.word();
        let cause =
            ["cause/1", &system, &observation.resource.group, observation.resource.kind_or_type(), class.word()]
                .into_iter()
                .chain(causes.iter().flat_map(|(path, relation)| [path.as_str(), relation]));
        Self { finding: Digest::of_parts(finding), cause: Digest::of_parts(cause) }
    }
}

/// `drift-20260703-` and twelve digits: no clock and no counter, so that the same observation has the same finding. Units may
/// have resources of one name, and drift alike at one moment: a fleet that is scanned at once has two findings there.
fn finding_id(fingerprint: &Digest, unit: Option<&str>, detected_at: Option<Timestamp>) -> String {
    let day = detected_at.map_or_else(|| "undated".to_owned(), Timestamp::compact_date);
    let moment = detected_at.map(|at| at.to_string()).unwrap_or_default();
    let hex = fingerprint.hex();
    let parts = [hex.as_str(), moment.as_str()].into_iter().chain(unit);
    let digits: String = Digest::of_parts(parts).hex().chars().take(12).collect();
    format!("drift-{day}-{digits}")
}

/// Where the evidence of a finding is kept; nowhere, where the contract names no place.
fn evidence_uri(prefix: &str, finding_id: &str, detected_at: Option<Timestamp>) -> Option<String> {
    let prefix = prefix.trim().trim_end_matches('/');
    (!prefix.is_empty()).then(|| match detected_at {
        Some(at) => format!("{prefix}/{}/{finding_id}", at.date_path()),
        None => format!("{prefix}/{finding_id}"),
    })
}

fn trace(engine: &Engine, lead: &Judged<'_>, ruled: &Ruled<'_>) -> Vec<TraceStep> {
    let policy = &engine.policy;
    vec![
        step("taxonomy", policy.taxonomy(), &lead.case, None),
        step("classification", policy.classification(), &lead.case, None),
        step("decision", policy.decision(), &lead.case, Some(ruled.rule)),
    ]
}

/// How one table came to its answer. `rule` is given where the answer was overruled for want of facts.
fn step<T: PartialEq>(name: &str, table: &Table<T>, case: &Case<'_>, rule: Option<&str>) -> TraceStep {
    let decided = table.decide(case);
    let by_table = decided.rule.map_or(ON_UNKNOWN, |decided| decided.id.as_str());
    let missing = decided.missing.iter().map(|column| column.to_string()).collect();
    let step = TraceStep::new(name, rule.unwrap_or(by_table), missing, table.refusals(case));
    match decided.rule {
        Some(decided) if step.rule == decided.id => step.because(&decided.because),
        _ => step,
    }
}
