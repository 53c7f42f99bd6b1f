//! From a difference to a change: whose it is, what it amounts to, and what of it may be shown.

use std::borrow::Cow;

use drift_model::{
    ChangeKind, Disposition, Existence, FieldPath, MAX_DEPTH, Marks, Masked, OwnerKind, Plane, Pointers, Relation,
    Shown, StepView, UnknownReason,
};
use serde_json::Value;

use crate::delta::{ChangeOf, FieldChange, Values};
use crate::equivalence::{Equality, equal};
use crate::mask::Owned;
use crate::place::{ACTUAL, DESIRED, RECORDED};
use crate::walk::{Difference, Mode, Said, Walk};

impl<'a> Walk<'a, '_> {
    pub(crate) fn list_change(&mut self, said: [Said<'a>; 3], difference: &Difference<'a>) {
        let change = match self.explained(difference) {
            Some(explained) => self.change(said, &explained),
            None => self.change(said, difference),
        };
        self.changes.push(change);
    }

    /// The difference as other resources explain it: something that came to be there, and that Git does not declare.
    fn explained(&self, difference: &Difference<'a>) -> Option<Difference<'a>> {
        let excuses = self.excuses?;
        let came_to_be = difference.kind == ChangeKind::Added || !difference.declared;
        if difference.excuse.is_some() || difference.unknown || !came_to_be {
            return None;
        }
        let rule = excuses.at(&self.place.pointer(ACTUAL)?)?;
        let Difference { kind, relation, declared, unknown, .. } = *difference;
        Some(Difference { kind, relation, excuse: Some(Cow::Borrowed(rule)), declared, unknown })
    }

    fn change(&self, said: [Said<'a>; 3], difference: &Difference<'a>) -> FieldChange<'a> {
        let path = self.place.path();
        let views = self.place.views(ACTUAL);
        let owned = self.owner(&path, &views, difference.declared);
        let exposing = self.exposes(difference, said);
        let counted = owned.kind == OwnerKind::Human || exposing;
        let would_be_drift = self.would_be_drift(difference, counted);
        let (disposition, rule) = self.disposition(difference, owned, &views);
        let sensitive = self.is_sensitive();
        FieldChange {
            pointers: self.pointers(said),
            kind: difference.kind,
            relation: difference.relation,
            disposition,
            owner: owned.kind,
            owner_name: owned.name,
            claims: if owned.kind == OwnerKind::Ambiguous { self.mask.contenders(&views) } else { Vec::new() },
            rule,
            counted: counted && disposition == Disposition::Undeclared,
            would_be_drift,
            sensitive,
            unknown: self.why_unknown(said, difference.unknown),
            note: self.note,
            values: self.values(said, sensitive, &path),
            of: ChangeOf::Place,
            elements: self.place.slots(),
            path,
        }
    }

    /// Why nobody can tell: a plane says so, or the values cannot be compared.
    fn why_unknown(&self, said: [Said<'a>; 3], unknowable: bool) -> Option<UnknownReason> {
        let left = MAX_DEPTH.saturating_sub(self.place.depth());
        let too_deep = || said.into_iter().filter_map(Said::value).any(|value| is_deeper(value, left));
        said.into_iter().find_map(Said::unknown).or_else(|| {
            // Numbers that were rounded on reading, to the same double.
            let otherwise = UnknownReason::Inconsistent;
            unknowable.then(|| if too_deep() { UnknownReason::TooDeep } else { otherwise })
        })
    }

    fn owner(&self, path: &FieldPath, views: &[StepView<'_>], declared: bool) -> Owned<'a> {
        match self.mask.owner(views).or_else(|| self.controller_of_the_whole(path)) {
            // What is declared and nobody else's is Git's, whoever wrote it last.
            None | Some(Owned { kind: OwnerKind::Unclaimed, .. }) if declared => {
                Owned { kind: OwnerKind::Git, name: None }
            }
            None => Owned { kind: OwnerKind::Unclaimed, name: None },
            Some(owned) => owned,
        }
    }

    /// The controller that made the object, for an object that nobody declared: the kind in its owner reference.
    fn controller_of_the_whole(&self, path: &FieldPath) -> Option<Owned<'a>> {
        let nobody_declared_it = self.observation.planes.existence() == Existence::Unmanaged;
        if !path.is_root() || !nobody_declared_it || !self.system().is_kubernetes() {
            return None;
        }
        let live = self.observation.planes.actual.observed.present()?.value();
        let references = live.get("metadata")?.get("ownerReferences")?.as_array()?;
        let is_controller = |reference: &&Value| reference.get("controller") == Some(&Value::Bool(true));
        let name = references.iter().find(is_controller)?.get("kind").and_then(Value::as_str);
        Some(Owned { kind: OwnerKind::Controller, name })
    }

    /// The first disposition that holds, in the order of the wire contract.
    fn disposition(
        &self,
        difference: &Difference<'a>,
        owned: Owned<'a>,
        views: &[StepView<'_>],
    ) -> (Disposition, Option<Cow<'a, str>>) {
        if difference.unknown || self.mode == Mode::Undetermined {
            (Disposition::Undetermined, None)
        } else if let Some(rule) = &difference.excuse {
            (Disposition::Equivalent, Some(rule.clone()))
        } else if self.is_stale_last_applied(difference) {
            (Disposition::Equivalent, Some("kubernetes/stale-last-applied/1".into()))
        } else if owned.kind.excuses() {
            (Disposition::OwnedBy, None)
        } else if let Some(rule) = self.ignore(views) {
            (Disposition::Ignored, Some(Cow::Borrowed(rule)))
        } else {
            let disposition = match difference.relation {
                Relation::NotApplied => Disposition::Pending,
                Relation::UndeclaredChange | Relation::UndeclaredAddition => Disposition::Undeclared,
                _ if difference.kind == ChangeKind::Reordered && !difference.declared => Disposition::Undeclared,
                Relation::InSync
                | Relation::RuntimeChanged
                | Relation::StaleRecord
                | Relation::Conflict
                | Relation::Differs
                | Relation::Undetermined => Disposition::Drift,
            };
            (disposition, None)
        }
    }

    /// In Kubernetes the record of what was applied is nobody's source of truth.
    fn is_stale_last_applied(&self, difference: &Difference<'a>) -> bool {
        difference.relation == Relation::StaleRecord && self.system().is_kubernetes() && self.place.depth() > 0
    }

    /// Would this be drift, if nobody excused it?
    fn would_be_drift(&self, difference: &Difference<'a>, counted: bool) -> bool {
        match difference.relation {
            Relation::UndeclaredAddition | Relation::UndeclaredChange => counted && difference.excuse.is_none(),
            Relation::NotApplied | Relation::InSync => false,
            Relation::StaleRecord => !self.is_stale_last_applied(difference),
            Relation::RuntimeChanged | Relation::Conflict | Relation::Differs | Relation::Undetermined => {
                difference.declared && !difference.unknown && self.mode != Mode::Undetermined
            }
        }
    }

    /// The most particular ignore rule that covers the place. One whose end nobody can tell, because nobody said what time
    /// it is, excuses nothing.
    fn ignore(&self, views: &[StepView<'_>]) -> Option<&'a str> {
        let now = self.mask.facts.now.or(self.observation.observed_at);
        let ignores = self.comparer.ignores.covering(&self.observation.resource, views);
        ignores
            .into_iter()
            .rev()
            .find(|ignore| ignore.expires.is_none_or(|expires| now.is_some_and(|now| now < expires)))
            .map(|ignore| ignore.name.as_str())
    }

    /// Does an undeclared change here expose something: an item added to one of the lists that do, an entry added to one of
    /// the maps that do, a value at one of the fields that do, or anything within a policy document?
    ///
    /// A list that was taken away exposes nothing. A field that was may have been a guard, as a block on public access is.
    fn exposes(&self, difference: &Difference<'a>, [_, recorded, actual]: [Said<'a>; 3]) -> bool {
        let exposing = &self.comparer.builtin.exposing;
        let undeclared = matches!(difference.relation, Relation::UndeclaredAddition | Relation::UndeclaredChange);
        if !undeclared || difference.kind == ChangeKind::Reordered {
            return false;
        }
        let Some(actual) = actual.value() else {
            let gone = || recorded.value().is_some_and(|gone| holds(gone, 0, &|name, _| exposing.has_field(name)));
            return self.is_exposing_place(None) || gone();
        };
        let added = (self.place.is_element() || actual.is_array())
            && self.place.last_field().is_some_and(|name| exposing.has_list(name));
        let entered =
            difference.kind == ChangeKind::Added && self.place.map().is_some_and(|name| exposing.has_map(name));
        self.is_exposing_place(Some(actual)) || added || entered || self.is_exposing_value(actual)
    }

    /// Would this member of what stands here, or the value that stands here as this member, expose something that nobody
    /// declared?
    pub(crate) fn member_exposes(&self, name: &str, value: &Value) -> bool {
        let exposing = &self.comparer.builtin.exposing;
        let entry = self.place.map().is_some_and(|map| exposing.has_map(map));
        let entries = exposing.has_map(name) && value.as_object().is_some_and(|entries| !entries.is_empty());
        let named = entry || entries || exposing.has_member(name, value);
        named || self.is_exposing_place(Some(value)) || self.is_exposing_value(value)
    }

    fn is_exposing_place(&self, actual: Option<&Value>) -> bool {
        let exposing = &self.comparer.builtin.exposing;
        // A statement of a policy is a value of many words: one more principal in it is no item of its own.
        self.in_a_policy || self.place.fields().any(|name| exposing.has_field(name)) || self.names_this(actual)
    }

    fn is_exposing_value(&self, value: &Value) -> bool {
        let exposing = &self.comparer.builtin.exposing;
        value.as_str().is_some_and(|text| exposing.has_value(text))
            || holds(value, 0, &|name, member| exposing.has_member(name, member))
    }

    /// Is this one of the places that expose something in the kind of the resource?
    fn names_this(&self, actual: Option<&Value>) -> bool {
        let resource = &self.observation.resource;
        let desired = self.observation.planes.desired.observed.present();
        let places = self.comparer.exposing.covering(resource, &self.place.views(ACTUAL));
        places.into_iter().any(|place| place.exposes(&resource.kind, actual, desired))
    }

    /// Is the place, something above it or something under it secret in any plane?
    fn is_sensitive(&self) -> bool {
        [DESIRED, RECORDED, ACTUAL].into_iter().any(|plane| {
            self.marks(plane).is_some_and(|marks| {
                let views = self.place.views(plane);
                marks.at(&views).sensitive || marks.beneath(&views).sensitive
            })
        })
    }

    fn pointers(&self, said: [Said<'a>; 3]) -> Pointers {
        let mut pointers = Pointers::default();
        for ((plane, said), name) in said.into_iter().enumerate().zip(Plane::ALL) {
            if matches!(said, Said::Value(_)) {
                pointers.set(*name, self.place.pointer(plane));
            }
        }
        pointers
    }

    fn values(&self, said: [Said<'a>; 3], sensitive: bool, path: &FieldPath) -> Values {
        let value = |said: Said<'a>| match said {
            Said::Value(value) => Some(value),
            Said::Silent | Said::Absent | Said::Unknown(_) | Said::Untold(_) => None,
        };
        if sensitive {
            let same = |a: &&Value, b: &&Value| equal(a, b) == Equality::Same;
            let masked = match &self.comparer.key {
                // One path for all planes, so that they can be compared: that of the change.
                Some(key) => Masked::keyed(key, self.observation, path, said.map(value)),
                None => Masked::classes(&said.map(value), same),
            };
            return Values { masked: Some(masked), ..Values::default() };
        }
        let empty = Marks::default();
        let shown = |plane: usize| {
            let part = said.get(plane).copied().and_then(value)?;
            Some(Shown::new(self.marks(plane).unwrap_or(&empty), &self.place.views(plane), part))
        };
        Values { desired: shown(DESIRED), recorded: shown(RECORDED), actual: shown(ACTUAL), masked: None }
    }

    /// Lists that the next apply puts another resource in the place of this one, although no field may differ.
    pub(crate) fn replacement(&mut self) {
        let difference = Difference::new(ChangeKind::Changed, Relation::NotApplied, None);
        let mut change = self.change([Said::Silent; 3], &difference);
        change.of = ChangeOf::Resource;
        change.note = Some("not sound as it is: the next apply destroys it and makes another");
        self.changes.push(change);
    }

    /// Lists the one change of a resource that is not where it should be.
    pub(crate) fn root(&mut self, said: [Said<'a>; 3], kind: ChangeKind, relation: Relation) {
        let mut difference = Difference::new(kind, relation, None);
        let [desired, ..] = said;
        difference.declared = match relation {
            Relation::UndeclaredAddition => false,
            // Nobody knows whether Git declares it, unless it is seen to.
            _ if self.mode == Mode::Undetermined => desired.value().is_some(),
            _ => true,
        };
        let difference = self.explained(&difference).unwrap_or(difference);
        let mut change = self.change(said, &difference);
        if change.disposition == Disposition::Undeclared {
            // A whole resource that nobody declared is the blind spot itself.
            change.counted = true;
        }
        change.would_be_drift |= relation == Relation::UndeclaredAddition;
        self.changes.push(change);
    }
}

/// Is there such a member anywhere in the value? What nobody can look into may hold one.
fn holds(value: &Value, depth: usize, is_such: &impl Fn(&str, &Value) -> bool) -> bool {
    let deeper = depth.saturating_add(1);
    match value {
        _ if depth > MAX_DEPTH => true,
        Value::Object(map) => map.iter().any(|(name, member)| is_such(name, member) || holds(member, deeper, is_such)),
        Value::Array(items) => items.iter().any(|item| holds(item, deeper, is_such)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Is the value nested more than `levels` deep?
fn is_deeper(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, below)),
        Value::Object(map) => map.values().any(|member| is_deeper(member, below)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
