//! The three planes of each object: the derivation table.

use std::collections::BTreeSet;

use serde_json::Value;

use super::PlanCoverage;
use super::address::InstanceAddress;
use super::config::{Config, ConfigBlock, Declares};
use super::context::{PlanContext, PlanMode};
use super::masks::{Joined, complete};
use super::ownership::{self, Desired};
use super::plan::{Entry, Key, Plan, Prior};
use super::same::same;
use super::schema::{Block, Schemas};
use super::state::{RawObject, RawState};
use crate::document::{Document, Mark};
use crate::plane::{Observed, PlaneState, RecordOf, UnknownReason};
use crate::planes::Planes;
use crate::redact::Secrets;
use crate::resource::{ResourceRef, System};

/// The documents of one reading.
#[derive(Debug)]
pub(super) struct Inputs<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) state: Option<&'a RawState<'a>>,
    pub(super) schemas: Option<Schemas<'a>>,
    pub(super) context: &'a PlanContext<'a>,
    /// Addresses that objects have moved away from.
    pub(super) left: BTreeSet<&'a str>,
}

/// Everything that is known of one object.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) key: &'a Key,
    address: Option<InstanceAddress>,
    pub(super) change: Option<&'a Entry<'a>>,
    drift: Option<&'a Entry<'a>>,
    deferred: Option<&'a Entry<'a>>,
    prior: Option<&'a Prior<'a>>,
    raw: Option<&'a RawObject<'a>>,
    pub(super) previous: Option<&'a str>,
    data: bool,
    pub(super) resource_type: String,
    schema: Option<Block<'a>>,
}

const PASS_REFRESHED: &str =
    "no plan says whether the runtime was read: pass `refreshed` (false for a plan made with -refresh=false)";
const NOT_REFRESHED: &str = "the plan was made with -refresh=false: the runtime was not read";
const FORGOTTEN: &str = "Terraform does not read what it is about to forget; a refresh-only plan does";
const OUTSIDE: &str = "the plan did not get to this object: it was neither read nor planned";
const PASS_TARGETED: &str = "the plan does not list this object, and does not say whether it was to look at everything: pass `targeted` (false for \
     a plan made without -target and -exclude)";
const READ_FAILED: &str = "the plan failed, and nothing shows that this object was read";
const PASS_STATE: &str = "this record is in the state file alone: pass the raw state file";
const IMPORT_UNKNOWN: &str = "which object the `import` block brings in is known during apply";
const IMPORT_UNREAD: &str = "the plan imports this object, and does not hold what was read of it";
const NO_DESIRED: &str = "a refresh-only or destroy plan does not say what is declared: make a normal plan";
const CONTRADICTION: &str =
    "the parts of the plan contradict each other: print it again, and pass the state it began from";

fn unknown(reason: UnknownReason, detail: &str) -> PlaneState {
    PlaneState::unknown(reason).because(detail)
}

const fn absent() -> PlaneState {
    PlaneState::new(Observed::Absent)
}

impl<'a> Subject<'a> {
    fn entries(&self) -> impl Iterator<Item = &'a Entry<'a>> {
        [self.change, self.drift, self.deferred].into_iter().flatten()
    }

    /// Does an `import` block bring the object in?
    pub(super) fn importing(&self) -> bool {
        self.entries().any(Entry::imports)
    }
}

impl<'a> Inputs<'a> {
    /// Every object that is declared, recorded or planned, in address order.
    pub(super) fn keys(&self) -> BTreeSet<Key> {
        let plan = self.plan;
        let mut keys: BTreeSet<Key> = plan
            .changes
            .keys()
            .chain(plan.drift.keys())
            .chain(plan.deferred.keys())
            .chain(plan.prior.keys())
            .cloned()
            .collect();
        if let Some(state) = self.state {
            keys.extend(state.objects.keys().filter(|(address, _)| !self.left.contains(address.as_str())).cloned());
        }
        // A plan that covers everything lists what it creates. Another one leaves it to the configuration.
        let Some(config) = plan.config.as_ref().filter(|_| self.context.mode != PlanMode::Normal || !self.covers_all())
        else {
            return keys;
        };
        let known: BTreeSet<String> = keys
            .iter()
            .filter_map(|(address, _)| address.parse().ok())
            .map(|address: InstanceAddress| address.declaration())
            .collect();
        for (declaration, block) in &config.blocks {
            let instances = Config::certain_instances(declaration, block);
            let only = instances.as_slice() == [declaration.as_str()];
            // A record under a key shows that the block is repeated after all.
            if !(only && known.contains(declaration)) {
                keys.extend(instances.into_iter().map(|address| (address, None)));
            }
        }
        keys
    }

    /// How much the plan looked at. Only the caller knows, or the plan, where it says whether it is complete.
    pub(super) fn coverage(&self) -> PlanCoverage {
        if self.plan.errored || self.plan.complete == Some(false) || self.context.targeted == Some(true) {
            PlanCoverage::Partial
        } else if self.context.targeted == Some(false) || self.plan.complete == Some(true) {
            PlanCoverage::Full
        } else {
            PlanCoverage::Undetermined
        }
    }

    fn covers_all(&self) -> bool {
        self.coverage() == PlanCoverage::Full
    }

    pub(super) fn subject(&self, key: &'a Key) -> Subject<'a>
    where
        'a: 'a,
    {
        let plan = self.plan;
        let (change, drift, deferred) = (plan.changes.get(key), plan.drift.get(key), plan.deferred.get(key));
        let prior = plan.prior.get(key);
        let previous = [change, drift].into_iter().flatten().find_map(|entry| entry.previous);
        let raw = self.state.and_then(|state| {
            let old = previous.and_then(|address| state.objects.get(&(address.to_owned(), key.1.clone())));
            old.or_else(|| state.objects.get(key))
        });
        let address: Option<InstanceAddress> = key.0.parse().ok();
        let block = address.as_ref().and_then(|address| plan.config.as_ref()?.block(address));
        let entry = [change, drift, deferred].into_iter().flatten().next();
        let data = entry.map(|entry| entry.data).or(prior.map(|prior| prior.data)).or(raw.map(|raw| raw.data));
        let data = data.unwrap_or_else(|| address.as_ref().is_some_and(|address| address.data));
        let first =
            |texts: [Option<&str>; 4]| texts.into_iter().flatten().find(|text| !text.is_empty()).map(str::to_owned);
        let resource_type = first([
            entry.map(|entry| entry.resource_type),
            prior.map(|prior| prior.resource_type),
            address.as_ref().map(|address| address.resource_type.as_str()),
            raw.map(|raw| raw.resource_type),
        ])
        .unwrap_or_default();
        let provider = first([
            entry.map(|entry| entry.provider),
            prior.map(|prior| prior.provider),
            raw.map(|raw| raw.provider),
            block.and_then(|block| block.provider),
        ])
        .unwrap_or_default();
        let schema = self.schemas.and_then(|schemas| schemas.block(&provider, data, &resource_type));
        Subject { key, address, change, drift, deferred, prior, raw, previous, data, resource_type, schema }
    }

    /// The planes of an object, with everything that is marked sensitive in any part of the plan added to `secrets`.
    pub(super) fn planes(&self, subject: &Subject<'a>, secrets: &mut Secrets) -> Planes {
        let mut recorded = self.recorded(subject);
        let mut actual = self.actual(subject);
        let (mut desired, exact, unobservable) = self.desired(subject, &recorded, &actual);
        let joined = self.joined(subject, secrets);
        let after = subject.change.and_then(|change| change.value("after"));
        if let (Observed::Present(document), Some(after)) = (&mut desired.observed, after) {
            for pattern in joined.marks.patterns(Mark::Opaque) {
                document.rewrite(|value| complete(value, after, &pattern.steps));
            }
        }
        for plane in [&mut desired, &mut recorded, &mut actual] {
            if let Observed::Present(document) = &mut plane.observed {
                for (mark, pattern) in joined.marks.listed() {
                    document.mark(*mark, pattern.clone());
                }
            }
        }
        // What is write-only is declared to nobody but the provider: the desired plane is silent there, and the others say
        // that they cannot see it.
        for plane in [&mut recorded, &mut actual] {
            if let Observed::Present(document) = &mut plane.observed {
                for pattern in &unobservable {
                    document.mark(Mark::Unobservable, pattern.clone());
                }
            }
        }
        actual.observed_at = self.context.observed_at.or(self.plan.timestamp);
        if let Some(revision) = self.state.and_then(|state| state.revision.as_ref()) {
            recorded.revision = Some(revision.clone());
        }
        Planes::new(desired, actual).with_recorded(recorded, RecordOf::Observation).with_exact(exact)
    }

    /// All masks of an object, joined: a mask on one side hides the path on every side.
    fn joined(&self, subject: &Subject<'a>, secrets: &mut Secrets) -> Joined {
        let mut joined = Joined::default();
        if let Some(schema) = subject.schema {
            joined.add_schema(schema);
        }
        for entry in subject.entries() {
            joined.add_mask(entry.part("before_sensitive"), entry.part("before"));
            joined.add_mask(entry.part("after_sensitive"), entry.part("after"));
        }
        if let Some(prior) = subject.prior {
            joined.add_mask(prior.sensitive, Some(prior.values));
        }
        if let Some(raw) = subject.raw {
            joined.add_state_paths(raw.sensitive, raw.values);
        }
        // Where something is planned, the engine has followed the marks itself, and more exactly.
        let followed = subject.change.is_some_and(|change| change.value("after").is_some());
        if let (false, Some(config), Some(address)) = (followed, &self.plan.config, &subject.address)
            && let Some(block) = config.block(address)
            && let Some(expressions) = block.expressions
        {
            joined.add_expressions(expressions, &|expression| config.refers_to_secret(expression, &block.calls));
        }
        for entry in subject.entries() {
            joined.collect(entry.part("before"), secrets);
            joined.collect(entry.part("after"), secrets);
        }
        joined.collect(subject.prior.map(|prior| prior.values), secrets);
        joined.collect(subject.raw.map(|raw| raw.values), secrets);
        joined
    }

    fn actual(&self, subject: &Subject<'a>) -> PlaneState {
        if subject.data {
            return self.actual_data(subject);
        }
        match self.context.refreshed {
            None => return unknown(UnknownReason::NotRefreshed, PASS_REFRESHED),
            Some(false) => return unknown(UnknownReason::NotRefreshed, NOT_REFRESHED),
            Some(true) => {}
        }
        if self.inconsistent(subject) {
            return unknown(UnknownReason::Inconsistent, CONTRADICTION);
        }
        let forgotten = subject.change.is_some_and(|change| change.only("forget"));
        if forgotten && *self.context.engine == System::Terraform {
            return unknown(UnknownReason::NotRefreshed, FORGOTTEN);
        }
        let mut importing = subject.entries().filter(|entry| entry.imports()).peekable();
        match subject.prior {
            Some(prior) if self.was_read(subject) => PlaneState::present(prior.values.clone()),
            Some(_) => self.unread(),
            // What is imported exists, and nobody has seen it.
            None if importing.peek().is_some() => {
                if importing.any(Entry::imports_unknown) {
                    unknown(UnknownReason::NotYetKnown, IMPORT_UNKNOWN)
                } else {
                    unknown(UnknownReason::NotObserved, IMPORT_UNREAD)
                }
            }
            None => absent(),
        }
    }

    /// Was a managed object that `prior_state` holds read, or is this its record?
    fn was_read(&self, subject: &Subject<'a>) -> bool {
        let listed = subject.change.is_some() || subject.drift.is_some() || subject.deferred.is_some();
        listed || self.context.mode == PlanMode::RefreshOnly && self.covers_all()
    }

    fn unread(&self) -> PlaneState {
        if self.plan.errored {
            unknown(UnknownReason::Failed, READ_FAILED)
        } else if self.coverage() == PlanCoverage::Undetermined {
            unknown(UnknownReason::Partial, PASS_TARGETED)
        } else {
            unknown(UnknownReason::Partial, OUTSIDE)
        }
    }

    /// Data sources are read whenever a plan is made, with or without refresh, unless their arguments are not known yet.
    fn actual_data(&self, subject: &Subject<'a>) -> PlaneState {
        let deferred =
            subject.change.is_some_and(|change| change.does("read") && has_true(change.part("after_unknown"), 0));
        if deferred || subject.deferred.is_some() {
            return unknown(UnknownReason::NotYetKnown, "the data source is read during apply");
        }
        match (subject.prior, subject.raw) {
            (Some(prior), raw) => {
                let moved = raw.is_some_and(|raw| !same(Some(raw.values), Some(prior.values)));
                if self.covers_all() || subject.change.is_some() || moved {
                    PlaneState::present(prior.values.clone())
                } else {
                    self.unread()
                }
            }
            (None, _) if !self.covers_all() => self.unread(),
            (None, _) => unknown(UnknownReason::NotObserved, "the plan did not read this data source"),
        }
    }

    fn recorded(&self, subject: &Subject<'a>) -> PlaneState {
        let mut plane = self.recorded_plane(subject);
        if let (Some(previous), Observed::Present(_)) = (subject.previous, &plane.observed) {
            plane.detail = Some(format!("recorded as `{previous}`"));
        }
        plane
    }

    fn recorded_plane(&self, subject: &Subject<'a>) -> PlaneState {
        if subject.data {
            return self.recorded_in_state(subject);
        }
        if let Some(drift) = subject.drift.filter(|drift| !drift.twice) {
            return match drift.value("before") {
                Some(before) => PlaneState::present(before.clone()),
                None => unknown(UnknownReason::Inconsistent, CONTRADICTION),
            };
        }
        if self.inconsistent(subject) {
            return unknown(UnknownReason::Inconsistent, CONTRADICTION);
        }
        let refreshed = self.context.refreshed == Some(true);
        // Drift of these is reported nowhere.
        let unreported = subject.key.1.is_some() || self.context.mode == PlanMode::Destroy;
        if unreported && (refreshed || self.state.is_some()) && self.was_listed_or_read(subject) {
            return self.recorded_in_state(subject);
        }
        if let Some(change) = subject.change
            && (change.imports() || change.only("create"))
        {
            return absent();
        }
        match (subject.prior, subject.raw) {
            (Some(prior), _) => PlaneState::present(prior.values.clone()),
            // The plan does not mention what the state file holds.
            (None, Some(raw)) => PlaneState::present(raw.values.clone()),
            (None, None) => absent(),
        }
    }

    fn was_listed_or_read(&self, subject: &Subject<'a>) -> bool {
        self.was_read(subject) || subject.prior.is_none()
    }

    fn recorded_in_state(&self, subject: &Subject<'a>) -> PlaneState {
        match (self.state, subject.raw) {
            (_, Some(raw)) => PlaneState::present(raw.values.clone()),
            (Some(state), None) if state.unreadable.is_empty() => absent(),
            (Some(_), None) => unknown(UnknownReason::Failed, "parts of the state file could not be read"),
            (None, None) => unknown(UnknownReason::NotDerivable, PASS_STATE),
        }
    }

    /// Do two parts of the plan say opposite things of one object?
    pub(super) fn inconsistent(&self, subject: &Subject<'a>) -> bool {
        let twice = [subject.change, subject.drift].into_iter().flatten().any(|entry| entry.twice);
        if twice || self.plan.major == 0 {
            return twice;
        }
        match (subject.drift, subject.change, subject.prior) {
            (Some(drift), _, prior) => {
                let after = drift.value("after");
                after.is_some() != prior.is_some()
                    || prior.is_some_and(|prior| !same(after, Some(prior.values)))
                    || drift.value("before").is_none()
            }
            (None, Some(change), Some(_)) => change.only("create") && !subject.data,
            (None, Some(change), None) => {
                // What continues to be must have been.
                let continues = ["update", "no-op", "forget"].iter().any(|action| change.only(action));
                continues && change.value("before").is_some() && !subject.data
            }
            // The state file holds it, and a plan of everything does not know it.
            (None, None, None) => {
                let unseen = subject.raw.is_some() && !subject.data && subject.deferred.is_none();
                unseen && self.context.mode != PlanMode::Destroy && self.context.refreshed == Some(true)
            }
            (None, None, Some(_)) => false,
        }
    }

    fn desired(
        &self,
        subject: &Subject<'a>,
        recorded: &PlaneState,
        actual: &PlaneState,
    ) -> (PlaneState, Vec<crate::PathPattern>, Vec<crate::PathPattern>) {
        let silent = |plane| (plane, Vec::new(), Vec::new());
        match self.context.mode {
            PlanMode::Normal => {}
            PlanMode::RefreshOnly | PlanMode::Destroy => {
                return silent(unknown(UnknownReason::NotDerivable, NO_DESIRED));
            }
        }
        if subject.change.is_some_and(|change| change.twice) {
            return silent(unknown(UnknownReason::Inconsistent, CONTRADICTION));
        }
        if let Some(change) = subject.change {
            if change.does("create") || ["update", "no-op", "read"].iter().any(|action| change.only(action)) {
                // A deposed object that is gone already is a change of nothing.
                return if subject.key.1.is_some() {
                    silent(absent())
                } else {
                    self.shaped(subject, Some(change), recorded, actual)
                };
            }
            return silent(match change.actions.as_slice() {
                ["delete"] => absent(),
                ["forget"] => PlaneState::new(Observed::Released),
                _ => unknown(UnknownReason::Inconsistent, "the plan does not say what it does, in words known here"),
            });
        }
        if subject.deferred.is_some() {
            return silent(unknown(UnknownReason::NotYetKnown, "the plan defers this object to a later one"));
        }
        if subject.key.1.is_some() {
            return silent(absent());
        }
        let Some(config) = &self.plan.config else {
            return silent(unknown(UnknownReason::NotDerivable, "the plan has no configuration section"));
        };
        let declares = subject.address.as_ref().map_or(Declares::Perhaps, |address| config.declares(address));
        // A plan of everything, and any plan that found drift here, would list what it wants.
        let reached = !subject.data && (self.covers_all() && subject.prior.is_none() || subject.drift.is_some());
        match declares {
            Declares::No => silent(absent()),
            Declares::Yes | Declares::Perhaps if reached && !self.plan.errored => silent(absent()),
            Declares::Yes => self.shaped(subject, None, recorded, actual),
            // What was read was declared.
            Declares::Perhaps if subject.data && subject.prior.is_some() && self.covers_all() => {
                self.shaped(subject, None, recorded, actual)
            }
            Declares::Perhaps => silent(unknown(UnknownReason::Partial, OUTSIDE)),
        }
    }

    /// The desired plane of an object that is declared.
    fn shaped(
        &self,
        subject: &Subject<'a>,
        change: Option<&'a Entry<'a>>,
        recorded: &PlaneState,
        actual: &PlaneState,
    ) -> (PlaneState, Vec<crate::PathPattern>, Vec<crate::PathPattern>) {
        let config = self.plan.config.as_ref();
        let block: Option<&ConfigBlock<'a>> = subject.address.as_ref().and_then(|address| config?.block(address));
        let prior = subject.prior.map(|prior| prior.values);
        // What a data source answers is what it was asked, and more.
        let after = match change {
            Some(change) => change.value("after"),
            None if subject.data && actual.observed.present().is_some() => prior,
            None => None,
        };
        let recorded_value = recorded.observed.present().map(Document::value);
        let planned = ownership::Planned {
            after,
            unknown: change.and_then(|change| change.part("after_unknown")),
            recorded: recorded_value,
            prior,
            compared: recorded_value.is_some() && actual.observed.present().is_some(),
            replaced: change.is_some_and(|change| change.does("create")),
            schema: subject.schema,
            expressions: block.and_then(|block| block.expressions),
            config,
            calls: block.map_or(&[], |block| block.calls.as_slice()),
        };
        if after.is_none() {
            let complete = false;
            let plane = PlaneState { complete, ..PlaneState::present(planned.constants()) };
            return (plane, Vec::new(), Vec::new());
        }
        let Desired { document, exact, unobservable } = planned.desired();
        (PlaneState::present(document), exact, unobservable)
    }

    /// How the object is named on the wire.
    pub(super) fn reference(&self, subject: &Subject<'a>) -> ResourceRef {
        ResourceRef {
            system: self.context.engine.clone(),
            resource_type: subject.resource_type.clone(),
            address: subject.key.0.clone(),
            deposed: subject.key.1.clone(),
            mode: subject.data.then(|| "data".to_owned()),
            ..ResourceRef::default()
        }
    }

    /// Is the object recorded as half made?
    pub(super) fn tainted(subject: &Subject<'a>) -> bool {
        subject.prior.is_some_and(|prior| prior.tainted)
            || subject.raw.is_some_and(|raw| raw.tainted)
            || subject.change.and_then(|change| change.reason) == Some("replace_because_tainted")
    }
}

fn has_true(value: Option<&Value>, depth: usize) -> bool {
    let deeper = depth.saturating_add(1);
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(_) if depth > crate::document::MAX_DEPTH => true,
        Some(Value::Array(items)) => items.iter().any(|item| has_true(Some(item), deeper)),
        Some(Value::Object(map)) => map.values().any(|member| has_true(Some(member), deeper)),
        Some(Value::Null | Value::Number(_) | Value::String(_)) | None => false,
    }
}
