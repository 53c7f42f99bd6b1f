//! `Case`: what a table is asked about, reduced to one small set of possible values a column.

use std::fmt;

use drift_diff::FieldChange;
use drift_model::{
    Change, ChangeKind, ChangeRecord, ChangeRecordState, ConsumerRollout, Disposition, Domain, DriftClass, Existence,
    Facts, FieldPath, OwnerKind, Relation, ResourceRef, Risk, SecretSync, Span, System, Timestamp, Upgrade, YesNo,
};

use super::columns::{COUNT, Column, bit};

/// An upgrade is RECENT for seven days.
const RECENT: Span = Span::from_seconds(7 * 24 * 60 * 60);

/// The bits of an exception that has ended, and of none at all.
const EXPIRED: u16 = 0b010;
const NONE: u16 = 0b100;

/// What a table is asked about: a resource with its facts and, as far as they are known by then, its existence, one of
/// its changes, and what earlier tables said.
///
/// What the caller has not said yet is missing as a fact would be: a rule that asks for it does not decide, and is not
/// passed over either.
///
/// ```
/// use drift_model::{Domain, Existence, Facts, ResourceRef};
/// use drift_policy::{Case, Condition, Rule, Table, When};
///
/// let when = When::compile(&[Condition::new("kind", vec!["Config*".into()])]).unwrap();
/// let rules = vec![Rule::new("config", when, 1, "config maps"), Rule::new("rest", When::default(), 2, "the rest")];
/// let (table, _) = Table::compile(rules, 0).unwrap();
///
/// let (resource, facts) = (ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "checkout"), Facts::default());
/// let case = Case::new(&resource, &facts).existing(Existence::Managed).in_domain(Domain::Configuration, "app-config");
/// assert_eq!(table.decide(&case).rule.map(|rule| rule.id.as_str()), Some("config"));
/// ```
#[derive(Clone)]
pub struct Case<'a> {
    resource: &'a ResourceRef,
    facts: &'a Facts,
    path: Option<&'a FieldPath>,
    label: Option<&'a str>,
    /// One bit for each value that a column may have, by [`Column`]; none where nothing is known.
    bits: [u16; COUNT],
}

impl<'a> Case<'a> {
    /// A case of a resource with these facts.
    #[must_use]
    pub fn new(resource: &'a ResourceRef, facts: &'a Facts) -> Self {
        let mut case = Self { resource, facts, path: None, label: None, bits: [0; COUNT] };
        case.set(Column::System, Some(system(&resource.system)));
        // INVARIANT: an empty list names nobody, and so knows nobody. That the log names nobody is UNATTRIBUTED.
        let actors = facts.actors.known().map_or(&[][..], Vec::as_slice);
        case.set_bits(Column::Actor, actors.iter().fold(0, |bits, actor| bits | bit(actor.kind as usize)));
        case.set(Column::LogCoverage, facts.log_coverage.known().map(|value| *value as usize));
        case.set(Column::Incident, facts.incident.known().map(|incident| incident.state as usize));
        case.set(Column::ChangeRecord, facts.change_record.known().map(|record| record.state as usize));
        case.set(Column::Accepted, facts.change_record.known().and_then(accepted));
        case.set(Column::Exception, exception(facts, facts.now));
        case.set(Column::Freeze, facts.freeze.known().map(|value| *value as usize));
        case.set(Column::Sync, facts.sync.known().map(|value| *value as usize));
        case.set(Column::Health, facts.health.known().map(|value| *value as usize));
        let source = facts.source.known().and_then(drift_model::SourceStatus::overall);
        case.set(Column::Source, source.map(|step| step as usize));
        case.set(Column::Reconcile, facts.reconcile.known().map(|reconcile| reconcile.state as usize));
        case.set(Column::Suspended, facts.suspended.known().map(|suspension| suspension.state as usize));
        case.set(Column::DesiredFreshness, facts.desired_freshness.known().map(|value| *value as usize));
        case.set(Column::ActualFreshness, facts.actual_freshness.known().map(|value| *value as usize));
        case.set(Column::Upgrade, facts.last_upgrade.known().and_then(|last| upgrade(last, facts.now)));
        let violated = facts.violations.known().map(|list| if list.is_empty() { YesNo::No } else { YesNo::Yes });
        case.set(Column::Violation, violated.map(|answer| answer as usize));
        case.set(Column::SecretSync, facts.secret_sync.known().and_then(|sync| secret_sync(sync, facts.now)));
        case.set(Column::Dependency, facts.dependency.known().map(|value| *value as usize));
        case.set(Column::Reversible, facts.reversible.known().map(|value| *value as usize));
        case.set(Column::Cost, facts.cost.known().map(|value| *value as usize));
        case.set(Column::RecordAddress, facts.record_address.known().map(|value| *value as usize));
        case.set(Column::Validity, facts.validity.known().map(|value| *value as usize));
        case
    }

    /// The same, at this moment, where the facts do not say for which they hold.
    pub(crate) fn at(mut self, facts: &Facts, now: Option<Timestamp>) -> Self {
        if facts.now.is_none() && now.is_some() {
            self.set(Column::Exception, exception(facts, now));
            self.set(Column::Upgrade, facts.last_upgrade.known().and_then(|last| upgrade(last, now)));
            self.set(Column::SecretSync, facts.secret_sync.known().and_then(|sync| secret_sync(sync, now)));
        }
        self
    }

    /// The same, existing like this.
    #[must_use]
    pub fn existing(mut self, existence: Existence) -> Self {
        self.set(Column::Existence, Some(existence as usize));
        self
    }

    /// The same, about this change.
    #[must_use]
    pub fn of_change(self, change: &'a FieldChange<'a>) -> Self {
        self.changed(&change.path, change.kind, change.relation, change.disposition, change.owner)
    }

    /// The same, about a change as it was written out.
    #[must_use]
    pub fn of_written_change(self, change: &'a Change) -> Self {
        self.changed(&change.path, change.kind, change.relation, change.disposition, change.owner)
    }

    /// The same, in this domain, under this label of the taxonomy.
    #[must_use]
    pub fn in_domain(mut self, domain: Domain, label: &'a str) -> Self {
        self.set(Column::Domain, Some(domain as usize));
        self.label = Some(label);
        self
    }

    /// The same, of this class and risk.
    #[must_use]
    pub fn of_class(mut self, class: DriftClass, risk: Risk) -> Self {
        self.set(Column::Class, Some(class as usize));
        self.at_risk(risk)
    }

    /// The same, with the risk that the taxonomy gives it.
    #[must_use]
    pub fn at_risk(mut self, risk: Risk) -> Self {
        self.set(Column::Risk, Some(risk as usize));
        self
    }

    /// The same, covered by an exception that is in force.
    #[must_use]
    pub fn with_exception(mut self) -> Self {
        self.set(Column::Exception, Some(0));
        self
    }

    /// The same, said by somebody who holds all exceptions: none covers this. Facts can only name one that does.
    #[must_use]
    pub fn without_exception(mut self) -> Self {
        if self.facts.exception.is_unknown() {
            self.set_bits(Column::Exception, NONE);
        }
        self
    }

    /// Is it known that no exception is in force?
    pub(crate) fn is_not_excepted(&self) -> bool {
        matches!(self.possible(Column::Exception), EXPIRED | NONE)
    }

    /// The same, of which this is said of the columns that are no facts, and of the exception.
    pub(crate) fn said(mut self, said: &[u16; COUNT], path: Option<&'a FieldPath>, label: Option<&'a str>) -> Self {
        for (column, bits) in Column::ALL.iter().zip(said) {
            if *bits != 0 {
                self.set_bits(*column, *bits);
            }
        }
        Self { path, label, ..self }
    }

    pub(crate) const fn resource(&self) -> &'a ResourceRef {
        self.resource
    }

    /// The values that the column may have; none where nothing is known.
    pub(crate) fn possible(&self, column: Column) -> u16 {
        self.bits.get(column as usize).copied().unwrap_or(0)
    }

    pub(crate) const fn path(&self) -> Option<&'a FieldPath> {
        self.path
    }

    pub(crate) const fn label(&self) -> Option<&'a str> {
        self.label
    }

    pub(crate) const fn facts(&self) -> &'a Facts {
        self.facts
    }

    /// The name of a system that has one of its own.
    pub(crate) const fn own_system(&self) -> Option<&'a str> {
        match &self.resource.system {
            System::Other(name) => Some(name.as_str()),
            _ => None,
        }
    }

    /// The text of a column that has one text.
    pub(crate) fn text(&self, column: Column) -> Option<&'a str> {
        let (resource, facts) = (self.resource, self.facts);
        let fact = match column {
            Column::Kind => return Some(resource.kind_or_type()),
            Column::Namespace => return Some(&resource.namespace),
            Column::Name if resource.name.is_empty() => return Some(&resource.address),
            Column::Name => return Some(&resource.name),
            Column::Environment => &facts.environment,
            Column::Tier => &facts.tier,
            Column::RiskTier => &facts.risk_tier,
            Column::ServiceCriticality => &facts.service_criticality,
            Column::DataClassification => &facts.data_classification,
            Column::CustomerTier => &facts.customer_tier,
            Column::Owner => &facts.owner,
            _ => return None,
        };
        fact.known().map(String::as_str)
    }

    fn changed(
        mut self,
        path: &'a FieldPath,
        kind: ChangeKind,
        relation: Relation,
        disposition: Disposition,
        owner: OwnerKind,
    ) -> Self {
        self.path = Some(path);
        self.set(Column::Change, Some(kind as usize));
        self.set(Column::Relation, Some(relation as usize));
        self.set(Column::Disposition, Some(disposition as usize));
        self.set(Column::OwnerKind, Some(owner as usize));
        self
    }

    fn set(&mut self, column: Column, value: Option<usize>) {
        self.set_bits(column, value.map_or(0, bit));
    }

    fn set_bits(&mut self, column: Column, bits: u16) {
        if let Some(cell) = self.bits.get_mut(column as usize) {
            *cell = bits;
        }
    }
}

impl fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Case");
        out.field("resource", &self.resource).field("path", &self.path).field("label", &self.label);
        for column in Column::ALL {
            let possible = self.possible(*column);
            let words = column.values().words().iter().enumerate();
            let words: Vec<_> = words.filter(|(index, _)| possible & bit(*index) != 0).map(|(_, word)| word).collect();
            if !words.is_empty() {
                out.field(column.name(), &words);
            }
        }
        out.finish_non_exhaustive()
    }
}

/// The index in [`SYSTEMS`](super::columns::SYSTEMS).
fn system(system: &System) -> usize {
    match system {
        System::Kubernetes => 0,
        System::OpenTofu => 1,
        System::Terraform => 2,
        System::ArgoCd => 3,
        System::Flux => 4,
        System::Aws => 5,
        System::Database => 6,
        System::Generic => 7,
        // A system that this crate has no word for is one with a name of its own.
        _ => 8,
    }
}

/// The index in [`ACCEPTED`](super::columns::ACCEPTED). A record that does not say is unknown; no record accepts nothing.
fn accepted(record: &ChangeRecord) -> Option<usize> {
    match (record.state, record.accepts_runtime) {
        (ChangeRecordState::None, _) => Some(1),
        (ChangeRecordState::Matched | ChangeRecordState::Unmatched, accepts) => {
            accepts.map(|accepts| usize::from(!accepts))
        }
    }
}

/// The index in [`EXCEPTION`](super::columns::EXCEPTION).
fn exception(facts: &Facts, now: Option<Timestamp>) -> Option<usize> {
    let window = facts.exception.known()?;
    match (window.expires, now) {
        (None, _) => Some(0),
        (Some(expires), Some(now)) => Some(usize::from(now >= expires)),
        (Some(_), None) => None,
    }
}

/// The index in [`UPGRADE`](super::columns::UPGRADE).
fn upgrade(last: &Upgrade, now: Option<Timestamp>) -> Option<usize> {
    let (at, now) = (last.at?, now?);
    (at <= now).then(|| usize::from(now.since(at) > RECENT))
}

/// The index in [`SECRET_SYNC`](super::columns::SECRET_SYNC).
fn secret_sync(sync: &SecretSync, now: Option<Timestamp>) -> Option<usize> {
    let condition = sync.condition.as_deref().unwrap_or("").to_ascii_lowercase();
    if condition.contains("error") || condition.contains("fail") {
        return Some(2);
    }
    match (sync.is_delivered(), sync.consumers()) {
        (Some(false), _) | (_, Some(ConsumerRollout::Stale)) => Some(1),
        // What was delivered and has expired is nothing to go on with.
        (Some(true), _) if sync.is_good(now) == Some(false) => Some(1),
        (Some(true), Some(ConsumerRollout::Current)) => sync.is_good(now)?.then_some(0),
        (Some(true) | None, None) | (None, Some(ConsumerRollout::Current)) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(facts: serde_json::Value, column: Column) -> Vec<&'static str> {
        let mut facts: Facts = serde_json::from_value(facts).unwrap();
        facts.now = Some("2026-07-03T00:00:00Z".parse().unwrap());
        let resource = ResourceRef::default();
        let possible = Case::new(&resource, &facts).possible(column);
        let words = column.values().words().iter().enumerate();
        words.filter(|(index, _)| possible & bit(*index) != 0).map(|(_, word)| *word).collect()
    }

    #[test]
    fn a_fact_becomes_the_word_of_its_column() {
        let sync = |mut more: serde_json::Value| {
            let versions = json!({"externalVersion": "v2", "syncedVersion": "v2"});
            more.as_object_mut().unwrap().extend(versions.as_object().unwrap().clone());
            json!({ "secretSync": more })
        };
        let upgraded = |at: &str| json!({"lastUpgrade": {"what": "PROVIDER", "name": "aws", "at": at}});
        for (facts, column, expected) in [
            (json!({}), Column::Incident, ""),
            (json!({"incident": "NONE"}), Column::Incident, "NONE"),
            (json!({"freeze": {"value": "OFF", "staleSince": "2026-07-01T00:00:00Z"}}), Column::Freeze, ""),
            (json!({"actors": []}), Column::Actor, ""),
            (json!({"actors": [{"kind": "ROOT"}, {"kind": "HUMAN"}]}), Column::Actor, "HUMAN ROOT"),
            (json!({"changeRecord": "NONE"}), Column::Accepted, "false"),
            (json!({"changeRecord": "MATCHED"}), Column::Accepted, ""),
            (json!({"changeRecord": {"state": "MATCHED", "acceptsRuntime": true}}), Column::Accepted, "true"),
            (json!({"exception": {"id": "e"}}), Column::Exception, "ACTIVE"),
            (json!({"exception": {"id": "e", "expires": "2026-07-03T00:00:01Z"}}), Column::Exception, "ACTIVE"),
            (json!({"exception": {"id": "e", "expires": "2026-07-03T00:00:00Z"}}), Column::Exception, "EXPIRED"),
            (json!({}), Column::Exception, ""),
            (upgraded("2026-06-26T00:00:00Z"), Column::Upgrade, "RECENT"),
            (upgraded("2026-06-25T23:59:59Z"), Column::Upgrade, "NONE"),
            (upgraded("2026-07-04T00:00:00Z"), Column::Upgrade, ""),
            (json!({"violations": []}), Column::Violation, "NO"),
            (json!({"violations": [{"policy": "p"}]}), Column::Violation, "YES"),
            (json!({"source": {"fetched": "OK"}}), Column::Source, ""),
            (json!({"source": {"applied": "FAILED"}}), Column::Source, "FAILED"),
            (json!({"secretSync": {"condition": "SecretSyncedError"}}), Column::SecretSync, "FAILED"),
            (json!({"secretSync": {"externalVersion": "2", "syncedVersion": "1"}}), Column::SecretSync, "LAGGING"),
            (json!({"secretSync": {"consumerGeneration": "stale"}}), Column::SecretSync, "LAGGING"),
            (json!({"secretSync": {"externalVersion": "2", "syncedVersion": "2"}}), Column::SecretSync, ""),
            (sync(json!({"consumerGeneration": "current"})), Column::SecretSync, "CURRENT"),
            (sync(json!({"consumerGeneration": "v2"})), Column::SecretSync, "CURRENT"),
            (sync(json!({"consumerGeneration": "v1"})), Column::SecretSync, "LAGGING"),
            (sync(json!({"consumerGeneration": "12"})), Column::SecretSync, ""),
            // What was delivered may be as good as gone.
            (
                sync(json!({"consumerGeneration": "v2", "expiresAt": "2026-07-03T00:00:00Z"})),
                Column::SecretSync,
                "LAGGING",
            ),
            (sync(json!({"consumerGeneration": "v2", "rotation": "OVERDUE"})), Column::SecretSync, "LAGGING"),
            (sync(json!({"expiresAt": "2026-07-03T00:00:00Z"})), Column::SecretSync, "LAGGING"),
            (
                sync(json!({"consumerGeneration": "v2", "expiresAt": "2026-08-03T00:00:00Z"})),
                Column::SecretSync,
                "CURRENT",
            ),
        ] {
            assert_eq!(words(facts.clone(), column).join(" "), expected, "{column} of {facts}");
        }
    }

    #[test]
    fn only_who_holds_all_exceptions_knows_that_there_is_none() {
        let (resource, facts) = (ResourceRef::default(), Facts::default());
        assert_eq!(Case::new(&resource, &facts).possible(Column::Exception), 0);
        assert_eq!(Case::new(&resource, &facts).without_exception().possible(Column::Exception), bit(2));
    }
}
