//! What a difference amounts to: comparison of a leaf, its relation, its owner, its disposition.

use std::borrow::Cow;

use drift_model::{
    ChangeKind, Disposition, Existence, FieldPath, MAX_DEPTH, Masked, OwnerKind, Pointers, RecordOf, Relation, Shown,
    StepView, UnknownReason,
};
use serde_json::Value;

use crate::delta::{FieldChange, Values};
use crate::equivalence::{Equality, Parameters, Same, equal};
use crate::mask::Owned;
use crate::place::{ACTUAL, DESIRED, RECORDED};
use crate::schema::{Leaf, Shape};
use crate::walk::{Known, Mode, Said, Walk};

/// How two planes compare at a leaf.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Pair<'a> {
    Same,
    Equivalent(Cow<'a, str>),
    Different,
    Unknowable,
}

impl Pair<'_> {
    fn agrees(&self) -> bool {
        matches!(self, Self::Same | Self::Equivalent(_))
    }
}

/// A difference, before anybody was asked about it.
struct Difference<'a> {
    kind: ChangeKind,
    relation: Relation,
    /// The rule by which the planes agree after all.
    excuse: Option<Cow<'a, str>>,
    /// Does Git say something here?
    declared: bool,
    /// Can nobody tell whether it is one?
    unknown: bool,
}

impl<'a> Walk<'a, '_> {
    /// Compares a place that is not looked into any further, and lists it if the planes differ.
    pub(crate) fn leaf(&mut self, said: [Said<'a>; 3], known: Known<'a>) {
        let [desired, recorded, actual] = said;
        // What a record of declarations holds and Git no longer says was Git's: its silence is a removal.
        let removed = desired.is_silent() && self.record_of() == RecordOf::Declaration && recorded.value().is_some();
        let desired = if removed && self.mode == Mode::Compared { Said::Absent } else { desired };
        let said = [desired, recorded, actual];
        let declared = !desired.is_silent();
        let difference = match self.mode {
            Mode::Undetermined => self.undetermined(said, known),
            Mode::Compared if declared => self.declared(said, known),
            Mode::Compared => self.undeclared(said, known),
            Mode::Untracked => self.untracked(said, known),
        };
        if let Some(mut difference) = difference {
            difference.declared = declared;
            self.list_change(said, &difference);
        }
    }

    fn declared(&self, said: [Said<'a>; 3], known: Known<'a>) -> Option<Difference<'a>> {
        let [desired, recorded, actual] = said;
        let da = self.with_desired(desired, actual, known);
        if recorded.is_silent() {
            return match da {
                Pair::Same => None,
                Pair::Unknowable => Some(Difference::unknown()),
                Pair::Equivalent(rule) => Some(Difference::new(kind(desired, actual), Relation::Differs, Some(rule))),
                Pair::Different => Some(Difference::new(kind(desired, actual), Relation::Differs, None)),
            };
        }
        let dr = self.with_desired(desired, recorded, known);
        let ra = self.pair(recorded, actual, known);
        if [&da, &dr, &ra].contains(&&Pair::Unknowable) {
            return Some(Difference::unknown());
        }
        let strict = Relation::of_declared(dr == Pair::Same, ra == Pair::Same, da == Pair::Same);
        if strict == Relation::InSync {
            return None;
        }
        let relation = Relation::of_declared(dr.agrees(), ra.agrees(), da.agrees());
        let against = if da == Pair::Same { recorded } else { desired };
        let kind = kind(against, actual);
        if relation == Relation::InSync {
            let rule = [da, ra, dr].into_iter().find_map(|pair| match pair {
                Pair::Equivalent(rule) => Some(rule),
                Pair::Same | Pair::Different | Pair::Unknowable => None,
            });
            return Some(Difference::new(kind, strict, rule));
        }
        Some(Difference::new(kind, relation, None))
    }

    fn undeclared(&self, said: [Said<'a>; 3], known: Known<'a>) -> Option<Difference<'a>> {
        let [_, recorded, actual] = said;
        let recorded_has_it = matches!(recorded, Said::Value(_));
        let against = if recorded.is_silent() { Said::Absent } else { recorded };
        let relation = if recorded_has_it { Relation::UndeclaredChange } else { Relation::UndeclaredAddition };
        match self.pair(against, actual, known) {
            // Nobody declared it and nobody can see it: there is no difference to list.
            Pair::Same | Pair::Unknowable => None,
            Pair::Equivalent(rule) => Some(Difference::new(kind(against, actual), relation, Some(rule))),
            Pair::Different => Some(Difference::new(kind(against, actual), relation, None)),
        }
    }

    /// Declared and there, but not recorded: a difference is drift, and nobody can say which side moved.
    fn untracked(&self, said: [Said<'a>; 3], known: Known<'a>) -> Option<Difference<'a>> {
        let [desired, _, actual] = said;
        if desired.is_silent() {
            return self.undeclared(said, known);
        }
        let rule = match self.with_desired(desired, actual, known) {
            Pair::Same => return None,
            Pair::Unknowable => return Some(Difference::unknown()),
            Pair::Equivalent(rule) => Some(rule),
            Pair::Different => None,
        };
        Some(Difference::new(kind(desired, actual), Relation::Undetermined, rule))
    }

    /// A plane is unknown: where the others differ, that is listed.
    fn undetermined(&self, said: [Said<'a>; 3], known: Known<'a>) -> Option<Difference<'a>> {
        let speaking: Vec<Said<'a>> = said.into_iter().filter(|said| !said.is_silent()).collect();
        let differ = speaking.windows(2).any(|pair| match pair {
            [a, b] => self.pair(*a, *b, known) != Pair::Same,
            _ => false,
        });
        let [.., recorded, actual] = said;
        let against = speaking.first().copied().unwrap_or(recorded);
        let kind = if actual.is_silent() { kind(recorded, against) } else { kind(against, actual) };
        differ.then(|| Difference::new(kind, Relation::Undetermined, None))
    }

    /// Compares what Git declares with another plane. A `null` in Git declares absence, however the other spells that.
    fn with_desired(&self, desired: Said<'a>, other: Said<'a>, known: Known<'a>) -> Pair<'a> {
        match (desired, other) {
            (Said::Value(Value::Null), Said::Absent | Said::Value(Value::Null)) => Pair::Same,
            _ => self.pair(desired, other, known),
        }
    }

    /// Compares two planes: exactly, then in every sense that holds at this place.
    fn pair(&self, a: Said<'a>, b: Said<'a>, known: Known<'a>) -> Pair<'a> {
        if a.unknown().is_some() || b.unknown().is_some() {
            return Pair::Unknowable;
        }
        let (x, y) = (a.value(), b.value());
        match (x, y) {
            (None, None) => {
                let nulls = [a, b].map(|said| matches!(said, Said::Value(Value::Null)));
                return if nulls[0] == nulls[1] { Pair::Same } else { Pair::Equivalent("core/null-absent/1".into()) };
            }
            (Some(x), Some(y)) => match equal(x, y) {
                Equality::Same => return Pair::Same,
                Equality::Unknowable => return Pair::Unknowable,
                Equality::SameValue => return Pair::Equivalent(spelling_rule(x).into()),
                Equality::Different => {}
            },
            (Some(_), None) | (None, Some(_)) => {}
        }
        self.sense(x, y, known).map_or(Pair::Different, Pair::Equivalent)
    }

    /// The rule by which two different values mean the same here, if there is one.
    fn sense(&self, x: Option<&'a Value>, y: Option<&'a Value>, known: Known<'a>) -> Option<Cow<'a, str>> {
        if let Some(rule) = shape_sense(known.shape, x, y) {
            return Some(rule.into());
        }
        if let (Some(value), None) | (None, Some(value)) = (x, y)
            && known.member.is_some_and(|member| member.is_filled_in(value))
        {
            return Some("kubernetes/default/1".into());
        }
        let views = self.place.views(ACTUAL);
        let senses = self.comparer.equivalences.covering(&self.observation.resource, &views);
        // The rule that was written last is the most particular: users' rules come after those that are built in.
        senses.into_iter().rev().find_map(|sense| {
            let with = Parameters { keys: &sense.key_names, value: sense.value.as_ref() };
            sense.same.holds(x, y, &with).then_some(Cow::Borrowed(sense.rule.as_str()))
        })
    }

    /// Lists an order that differs, if one does. `same_order` is for desired and recorded, recorded and actual, desired
    /// and actual; `free` is the rule by which order has no meaning.
    pub(crate) fn order(&mut self, said: [Said<'a>; 3], same_order: [bool; 3], free: Option<&'static str>) {
        let [dr, ra, da] = same_order;
        let [desired, recorded, _] = said;
        let (d, r) = (desired.value().is_some(), recorded.value().is_some());
        let relation = match (self.mode, d, r) {
            (Mode::Compared, true, true) => Relation::of_declared(dr, ra, da),
            (Mode::Compared, true, false) if !da => Relation::Differs,
            (Mode::Compared, false, true) if !ra => Relation::UndeclaredChange,
            (Mode::Untracked | Mode::Undetermined, ..) if !(dr && ra && da) => Relation::Undetermined,
            (Mode::Compared | Mode::Untracked | Mode::Undetermined, ..) => Relation::InSync,
        };
        if relation != Relation::InSync {
            let mut difference = Difference::new(ChangeKind::Reordered, relation, free.map(Cow::Borrowed));
            // Where order has a meaning that nobody relies on declaring (`env` and its like), it is not declared.
            difference.declared = d && !self.order_is_told_apart();
            self.list_change(said, &difference);
        }
    }

    /// Is this one of the keyed lists whose order has a meaning all the same?
    pub(crate) fn order_is_told_apart(&self) -> bool {
        let name = self.place.last_field().unwrap_or_default();
        self.comparer.builtin.ordered_lists.iter().any(|known| known == name)
    }

    fn list_change(&mut self, said: [Said<'a>; 3], difference: &Difference<'a>) {
        let change = self.change(said, difference);
        self.changes.push(change);
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
            rule,
            counted: counted && disposition == Disposition::Undeclared,
            would_be_drift,
            sensitive,
            unknown: self.why_unknown(said, difference.unknown),
            note: self.note,
            values: self.values(said, sensitive),
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
        match self.mask.owner(path, views).or_else(|| self.controller_of_the_whole(path)) {
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

    /// The ignore rule that covers the place. One whose end nobody can tell, because nobody said what time it is,
    /// excuses nothing.
    fn ignore(&self, views: &[StepView<'_>]) -> Option<&'a str> {
        let now = self.mask.facts.now.or(self.observation.observed_at);
        let ignores = self.comparer.ignores.covering(&self.observation.resource, views);
        ignores
            .into_iter()
            .find(|ignore| ignore.expires.is_none_or(|expires| now.is_some_and(|now| now < expires)))
            .map(|ignore| ignore.name.as_str())
    }

    /// Does an undeclared change here expose something: an item added to one of the lists that do, or a value at one of
    /// the fields that do?
    fn exposes(&self, difference: &Difference<'a>, [.., actual]: [Said<'a>; 3]) -> bool {
        let exposing = &self.comparer.builtin.exposing;
        let undeclared = matches!(difference.relation, Relation::UndeclaredAddition | Relation::UndeclaredChange);
        let Some(actual) = actual.value().filter(|_| undeclared && difference.kind != ChangeKind::Reordered) else {
            return false;
        };
        let in_list = self.place.is_element() || actual.is_array();
        let added = in_list && self.place.last_field().is_some_and(|name| exposing.has_list(name));
        added || self.place.fields().any(|name| exposing.has_field(name)) || self.holds_exposing_field(actual, 0)
    }

    fn holds_exposing_field(&self, value: &Value, depth: usize) -> bool {
        let deeper = depth.saturating_add(1);
        match value {
            _ if depth > drift_model::MAX_DEPTH => true,
            Value::Object(map) => map.iter().any(|(name, member)| {
                self.comparer.builtin.exposing.has_field(name) || self.holds_exposing_field(member, deeper)
            }),
            Value::Array(items) => items.iter().any(|item| self.holds_exposing_field(item, deeper)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
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
        for ((plane, said), name) in said.into_iter().enumerate().zip(drift_model::Plane::ALL) {
            if matches!(said, Said::Value(_)) {
                pointers.set(*name, self.place.pointer(plane));
            }
        }
        pointers
    }

    fn values(&self, said: [Said<'a>; 3], sensitive: bool) -> Values {
        let value = |said: Said<'a>| match said {
            Said::Value(value) => Some(value),
            Said::Silent | Said::Absent | Said::Unknown(_) => None,
        };
        if sensitive {
            let same = |a: &&Value, b: &&Value| equal(a, b) == Equality::Same;
            let masked = Masked::classes(&said.map(value), same);
            return Values { masked: Some(masked), ..Values::default() };
        }
        let empty = drift_model::Marks::default();
        let shown = |plane: usize| {
            let part = said.get(plane).copied().and_then(value)?;
            Some(Shown::new(self.marks(plane).unwrap_or(&empty), &self.place.views(plane), part))
        };
        Values { desired: shown(DESIRED), recorded: shown(RECORDED), actual: shown(ACTUAL), masked: None }
    }

    /// Lists the one change of a resource that is not where it should be.
    pub(crate) fn root(&mut self, said: [Said<'a>; 3], kind: ChangeKind, relation: Relation) {
        let mut difference = Difference::new(kind, relation, None);
        difference.declared = relation != Relation::UndeclaredAddition;
        let mut change = self.change(said, &difference);
        if change.disposition == Disposition::Undeclared {
            // A whole resource that nobody declared is the blind spot itself.
            change.counted = true;
        }
        change.would_be_drift |= relation == Relation::UndeclaredAddition;
        self.changes.push(change);
    }
}

impl<'a> Difference<'a> {
    fn new(kind: ChangeKind, relation: Relation, excuse: Option<Cow<'a, str>>) -> Self {
        Self { kind, relation, excuse, declared: true, unknown: false }
    }

    fn unknown() -> Self {
        Self { unknown: true, ..Self::new(ChangeKind::Changed, Relation::Undetermined, None) }
    }
}

/// What happened to the place, as actual shows it against `against`.
fn kind(against: Said<'_>, actual: Said<'_>) -> ChangeKind {
    let has = |said: Said<'_>| matches!(said, Said::Value(value) if !value.is_null());
    match (has(against), has(actual)) {
        (false, true) => ChangeKind::Added,
        (true, false) => ChangeKind::Removed,
        (true, true) | (false, false) => ChangeKind::Changed,
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

/// The name of the rule by which two values are equal in everything but spelling.
fn spelling_rule(value: &Value) -> &'static str {
    if value.is_number() { "core/number-format/1" } else { "core/null-absent/1" }
}

/// The rule of the schema by which two different values mean the same.
fn shape_sense(shape: Shape<'_>, x: Option<&Value>, y: Option<&Value>) -> Option<&'static str> {
    let sense = match shape.leaf() {
        Leaf::Quantity => Some((Same::Quantity, Same::Quantity.rule())),
        Leaf::IntOrString => Some((Same::IntOrString, "kubernetes/int-or-string/1")),
        Leaf::Time => Some((Same::Timestamp, "kubernetes/time/1")),
        Leaf::Bytes | Leaf::Scalar | Leaf::Opaque | Leaf::Branch | Leaf::Unknown => None,
    };
    let empty = shape.empty_is_absent().then_some((Same::EmptyAbsent, "kubernetes/empty-absent/1"));
    let holds = |(same, _): &(Same, &str)| same.holds(x, y, &Parameters::default());
    [sense, empty].into_iter().flatten().find(holds).map(|(_, rule)| rule)
}
