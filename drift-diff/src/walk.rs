//! The walk: three trees and their marks, once through, side by side.

use drift_model::{
    ChangeKind, Document, MAX_DEPTH, Marks, Observation, Observed, PatternTrie, RecordOf, Step, StepView, System,
    UnknownReason,
};
use serde_json::{Map, Value};

use crate::compare::Comparer;
use crate::delta::FieldChange;
use crate::equivalence::{Equality, Same, equal, is_policy};
use crate::list::{Alignment, Slot, align, infer_key, permuted};
use crate::mask::Mask;
use crate::place::{ACTUAL, DESIRED, Place, RECORDED};
use crate::relational::Excuses;
use crate::schema::{ListKind, Shape};

/// What one plane says at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Said<'a> {
    /// Nothing: the plane takes no part here.
    Silent,
    /// That there is nothing.
    Absent,
    /// This.
    Value(&'a Value),
    /// It cannot tell.
    Unknown(UnknownReason),
    /// Something, of which it cannot tell a part, and parts are not looked at here.
    Untold(UnknownReason),
}

impl<'a> Said<'a> {
    /// The value, if it is one; a `null` is not.
    pub(crate) fn value(self) -> Option<&'a Value> {
        match self {
            Self::Value(value) if !value.is_null() => Some(value),
            Self::Value(_) | Self::Silent | Self::Absent | Self::Unknown(_) | Self::Untold(_) => None,
        }
    }

    pub(crate) const fn is_silent(self) -> bool {
        matches!(self, Self::Silent)
    }

    pub(crate) const fn unknown(self) -> Option<UnknownReason> {
        match self {
            Self::Unknown(reason) | Self::Untold(reason) => Some(reason),
            Self::Silent | Self::Absent | Self::Value(_) => None,
        }
    }

    fn object(self) -> Option<&'a Map<String, Value>> {
        self.value().and_then(Value::as_object)
    }

    fn array(self) -> Option<&'a [Value]> {
        self.value().and_then(Value::as_array).map(Vec::as_slice)
    }
}

/// How far the planes of the resource can be compared at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// All that take part are known.
    Compared,
    /// The resource is declared and there, but not recorded: nobody can say which side moved.
    Untracked,
    /// A plane is unknown: differences between the others are listed, and decide nothing.
    Undetermined,
}

/// One walk over one resource. Changes gather in the order in which they are met.
pub(crate) struct Walk<'a, 'f> {
    pub(crate) comparer: &'a Comparer,
    pub(crate) observation: &'a Observation,
    pub(crate) mask: Mask<'a, 'f>,
    pub(crate) mode: Mode,
    pub(crate) place: Place<'a>,
    pub(crate) changes: Vec<FieldChange<'a>>,
    /// What a reader should know of how the list was aligned that the walk is in.
    pub(crate) note: Option<&'static str>,
    /// Is the place within a policy document?
    pub(crate) in_a_policy: bool,
    /// What other resources explain.
    pub(crate) excuses: Option<&'a Excuses<'a>>,
    exact: PatternTrie<()>,
    documents: [Option<&'a Document>; 3],
    actual_is_complete: bool,
    record_is_complete: bool,
}

impl<'a, 'f> Walk<'a, 'f> {
    pub(crate) fn new(comparer: &'a Comparer, observation: &'a Observation, mask: Mask<'a, 'f>, mode: Mode) -> Self {
        let planes = &observation.planes;
        let mut exact = PatternTrie::default();
        planes.exact.iter().for_each(|pattern| exact.insert(pattern, ()));
        Self {
            comparer,
            observation,
            mask,
            mode,
            place: Place::default(),
            changes: Vec::new(),
            note: None,
            in_a_policy: false,
            excuses: None,
            exact,
            documents: [&planes.desired, &planes.recorded, &planes.actual].map(|plane| plane.observed.present()),
            actual_is_complete: planes.actual.complete,
            record_is_complete: planes.recorded.complete,
        }
    }

    /// Walks the documents from their roots.
    pub(crate) fn run(&mut self) {
        let planes = &self.observation.planes;
        let said = [&planes.desired, &planes.recorded, &planes.actual].map(|plane| match plane.known() {
            Observed::Present(document) => Said::Value(document.value()),
            Observed::Absent | Observed::NotKept | Observed::Released => Said::Silent,
            // The mode says that a plane is unknown; here it takes no part.
            Observed::Unknown(_) => Said::Silent,
        });
        let shape = self.comparer.schema.of(&self.observation.resource);
        self.node(said, &Known::root(shape));
    }

    pub(crate) fn marks(&self, plane: usize) -> Option<&'a Marks> {
        self.documents.get(plane).copied().flatten().map(Document::marks).filter(|marks| !marks.is_empty())
    }

    pub(crate) fn record_of(&self) -> RecordOf {
        self.observation.planes.record_of
    }

    pub(crate) fn system(&self) -> &'a System {
        &self.observation.resource.system
    }

    fn node(&mut self, said: [Said<'a>; 3], known: &Known<'a>) {
        let known = &Known { exact: known.exact || self.turns_exact(), ..*known };
        let (said, opaque) = self.marked(self.exactly(self.silenced(said, known.exact), known.exact));
        let said = if opaque || known.shape.is_atomic() { self.in_doubt_as_one(said) } else { said };
        let values = || said.into_iter().filter_map(Said::value);
        let all = |is: fn(&Value) -> bool| values().next().is_some() && values().all(is);
        let unknown = said.into_iter().any(|said| said.unknown().is_some());
        // A `null` that Git declares is a value of its own: the whole place is declared absent.
        // And a `null` beside objects that hold only `null`s: no member could tell the two apart.
        let null = matches!(said, [Said::Value(Value::Null), ..])
            || said.iter().any(|said| matches!(said, Said::Value(Value::Null))) && values().all(holds_nothing);
        let containers = values().any(|value| value.is_object() || value.is_array());
        if opaque || unknown || null || self.is_one_policy(&said, known) {
            self.leaf(said, *known);
        } else if containers && self.place.depth() >= MAX_DEPTH {
            let too_deep = |said: Said<'a>| if said.is_silent() { said } else { Said::Untold(UnknownReason::TooDeep) };
            self.leaf(said.map(too_deep), *known);
        } else if all(Value::is_object) && !known.shape.is_atomic() {
            self.object(said, known);
        } else if all(Value::is_array) {
            self.list(said, known);
        } else {
            self.leaf(said, *known);
        }
    }

    /// In a manifest of Kubernetes a `null` is silence.
    fn silenced(&self, [desired, recorded, actual]: [Said<'a>; 3], exact: bool) -> [Said<'a>; 3] {
        let desired = match desired {
            Said::Value(Value::Null) if self.system().is_kubernetes() => {
                if exact {
                    Said::Absent
                } else {
                    Said::Silent
                }
            }
            other => other,
        };
        [desired, recorded, actual]
    }

    /// Where silence is absence, the desired plane says that there is nothing.
    fn exactly(&self, [desired, recorded, actual]: [Said<'a>; 3], exact: bool) -> [Said<'a>; 3] {
        let declares = exact && self.place.depth() > 0 && self.documents.first().is_some_and(Option::is_some);
        [if declares && desired.is_silent() { Said::Absent } else { desired }, recorded, actual]
    }

    /// Does a pattern begin to hold here that makes Git's silence an absence?
    fn turns_exact(&self) -> bool {
        let (by_planes, by_rules) = (!self.exact.is_empty(), !self.comparer.exact.is_empty());
        if !by_planes && !by_rules {
            return false;
        }
        let views = self.place.views(ACTUAL);
        let mut exact = false;
        self.exact.covering(&views, &mut |()| exact = true);
        exact || (by_rules && !self.comparer.exact.covering(&self.observation.resource, &views).is_empty())
    }

    /// What the planes say once their marks are heeded; and is the place to be shown as one?
    fn marked(&self, said: [Said<'a>; 3]) -> ([Said<'a>; 3], bool) {
        let mut said = said;
        let mut opaque = false;
        let [declared, ..] = &mut said;
        if let Said::Value(value) = *declared
            && self.comparer.builtin.is_unresolved(self.system(), value)
        {
            *declared = Said::Unknown(UnknownReason::NotYetKnown);
        }
        for (plane, said) in said.iter_mut().enumerate() {
            let Some(marks) = self.marks(plane) else { continue };
            let here = marks.at(&self.place.views(plane));
            opaque |= here.opaque;
            if here.unknown {
                *said = Said::Unknown(UnknownReason::NotYetKnown);
            } else if here.unobservable && !said.is_silent() {
                *said = Said::Unknown(UnknownReason::NotObserved);
            }
        }
        (said, opaque)
    }

    /// Of a place that is compared as one, nothing is known where a part of it is not.
    fn in_doubt_as_one(&self, said: [Said<'a>; 3]) -> [Said<'a>; 3] {
        let mut said = said;
        for (plane, said) in said.iter_mut().enumerate() {
            let Some(marks) = self.marks(plane).filter(|marks| said.value().is_some() && marks.leave_doubt()) else {
                continue;
            };
            let beneath = marks.beneath(&self.place.views(plane));
            if beneath.unknown {
                *said = Said::Untold(UnknownReason::NotYetKnown);
            } else if beneath.unobservable {
                *said = Said::Untold(UnknownReason::NotObserved);
            }
        }
        said
    }

    fn object(&mut self, said: [Said<'a>; 3], known: &Known<'a>) {
        if self.belongs_to_another(said) {
            return self.leaf(said, *known);
        }
        let maps = said.map(Said::object);
        let (outer, listed) = (self.in_a_policy, self.changes.len());
        self.in_a_policy |= !self.system().is_kubernetes() && maps.iter().flatten().any(|members| is_policy(members));
        // What Git does not know yet may stand in no document at all.
        for name in self.unknown_members(maps) {
            self.place.enter_field(name);
            self.node([Said::Silent; 3], &known.field(name, maps));
            self.place.leave();
        }
        for (plane, map) in maps.iter().enumerate() {
            for name in map.iter().flat_map(|map| map.keys()) {
                let seen = maps.iter().take(plane).flatten().any(|earlier| earlier.contains_key(name));
                if seen {
                    continue;
                }
                let mut inner = [Said::Silent; 3];
                for (plane, member) in inner.iter_mut().enumerate() {
                    *member = self.member(plane, said.get(plane).copied(), known.exact, |value| value.get(name));
                }
                self.place.enter_field(name);
                self.node(inner, &known.field(name, maps));
                self.place.leave();
            }
        }
        self.in_a_policy = outer;
        // An object of nothing but `null`s is an object all the same, and no member tells whether a plane has it.
        let [desired, recorded, _] = said;
        let only_there = desired.is_silent() && recorded.is_silent();
        let is_missing = |said: &Said<'a>| said.object().is_none() && !said.is_silent();
        if self.changes.len() == listed && (only_there || said.iter().any(is_missing)) {
            self.leaf(said, *known);
        }
    }

    /// Do the planes hold the same policy document in different words? Those are compared by what they say, as a whole:
    /// which of its parts correspond, only the whole tells.
    fn is_one_policy(&self, said: &[Said<'a>; 3], known: &Known<'a>) -> bool {
        let is_policy = |said: &Said<'a>| said.object().is_some_and(is_policy);
        let whole = self.actual_is_complete && self.record_is_complete;
        whole
            && !self.system().is_kubernetes()
            && said.iter().all(|said| said.is_silent() || is_policy(said))
            && said.iter().filter(|said| is_policy(said)).count() > 1
            && !self.is_in_doubt()
            && self.agree(said, *known)
    }

    /// The members that are marked as unknown and that no plane has.
    fn unknown_members(&self, maps: [Option<&'a Map<String, Value>>; 3]) -> Vec<&'a str> {
        let Some(marks) = self.marks(DESIRED).filter(|marks| marks.leave_doubt()) else { return Vec::new() };
        let mut names = marks.members(&self.place.views(DESIRED));
        names.retain(|name| !maps.iter().flatten().any(|map| map.contains_key(*name)));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What a plane says of a member, given what it says of the whole.
    fn member(
        &self,
        plane: usize,
        whole: Option<Said<'a>>,
        silence_is_absence: bool,
        get: impl Fn(&'a Value) -> Option<&'a Value>,
    ) -> Said<'a> {
        match whole {
            Some(Said::Value(value)) => match get(value) {
                Some(member) => Said::Value(member),
                None if plane == DESIRED && !silence_is_absence => Said::Silent,
                None if plane == ACTUAL && !self.actual_is_complete => Said::Unknown(UnknownReason::Partial),
                None if plane == RECORDED && !self.record_is_complete => Said::Unknown(UnknownReason::Partial),
                None => Said::Absent,
            },
            Some(Said::Silent) if plane == DESIRED && silence_is_absence => Said::Absent,
            Some(other) => other,
            None => Said::Silent,
        }
    }

    /// Is this place, of which Git says nothing, another's as a whole?
    fn belongs_to_another(&self, said: [Said<'a>; 3]) -> bool {
        let [desired, ..] = said;
        if desired.value().is_some() {
            return false;
        }
        let views = self.place.views(ACTUAL);
        self.mask.owner(&views).is_some_and(|owned| owned.kind.excuses()) && !self.mask.reaches_beneath(&views)
    }

    // What recurses is kept small: a list in a list in a list is as deep as a document goes, on whatever stack there is.
    fn list(&mut self, said: [Said<'a>; 3], known: &Known<'a>) {
        let (outer, listed) = (self.note, self.changes.len());
        let Some(Arranged { slots, silence_is_absence }) = self.arranged(&said, known) else { return };
        for (step, slot) in slots {
            let items = self.items(&said, slot, silence_is_absence);
            self.place.enter_element(step, slot);
            self.element(items, &known.element());
            self.place.leave();
        }
        if self.changes.len() == listed {
            self.repeats(&said);
        }
        self.note = outer;
    }

    /// Every member of the lists is everywhere; is one of them written more often in one plane than in another?
    fn repeats(&mut self, said: &[Said<'a>; 3]) {
        let [desired, recorded, actual] = said.map(|said| said.array().map(<[Value]>::len));
        let same = |a: Option<usize>, b: Option<usize>| a.zip(b).is_none_or(|(a, b)| a == b);
        let same = [same(desired, recorded), same(recorded, actual), same(desired, actual)];
        self.whole(ChangeKind::Changed, *said, same, Some("core/set-repeat/1"), false);
    }

    /// What the planes say of the items of a slot.
    fn items(&self, said: &[Said<'a>; 3], slot: Slot, silence_is_absence: bool) -> [Said<'a>; 3] {
        let mut items = [Said::Silent; 3];
        for (plane, item) in items.iter_mut().enumerate() {
            let index = slot.get(plane).copied().flatten();
            *item = self.member(plane, said.get(plane).copied(), silence_is_absence, |list| {
                index.and_then(|index| list.get(index))
            });
        }
        items
    }

    /// The items of a list side by side, once what is said of the list itself is listed; `None` where it is one value, or
    /// nothing more is to be said.
    fn arranged(&mut self, said: &[Said<'a>; 3], known: &Known<'a>) -> Option<Arranged> {
        let said = *said;
        if self.is_the_same_list(said) {
            return None;
        }
        let lists = said.map(|said| said.array().unwrap_or_default());
        if lists.iter().all(|list| list.is_empty()) || self.belongs_to_another(said) {
            self.leaf(said, *known);
            return None;
        }
        // A `null` among items is an item, and items cannot be told from absent ones by it: the list is one value.
        if lists.iter().any(|list| list.iter().any(Value::is_null)) && !self.is_in_doubt() {
            self.whole_list(said, known);
            return None;
        }
        let (by, source) = self.alignment(lists, known.shape);
        let one_value = matches!(by, None | Some(Alignment::Positional | Alignment::ListOrSet));
        let nobody_else_speaks = said.iter().take(ACTUAL).all(|said| said.value().is_none());
        let by = by.filter(|_| !(one_value && nobody_else_speaks));
        let Some(by) = by.filter(|by| *by != Alignment::Positional || !permuted(said.map(Said::array))) else {
            self.whole_list(said, known);
            return None;
        };
        let aligned = align(lists, by);
        if aligned.fell_back {
            self.note = Some("list keys are missing or repeated: aligned by position");
        } else if source == Source::Inferred {
            self.note = Some("no schema: list aligned by an inferred key");
        }
        let name = self.place.last_field().unwrap_or_default();
        let is_one_of = |names: &[String]| source == Source::Schema && names.iter().any(|known| known == name);
        let (told, runs_in_order) =
            (is_one_of(&self.comparer.builtin.told_orders), is_one_of(&self.comparer.builtin.running_orders));
        let free = match source {
            Source::Rule | Source::Schema if !told && !runs_in_order => Some("core/list-order/1"),
            Source::Inferred | Source::System if self.lists_may_be_sets() => Some("core/list-or-set/1"),
            Source::Rule | Source::Schema | Source::Ordered | Source::Inferred | Source::System => None,
        };
        self.whole(ChangeKind::Reordered, said, aligned.same_order, free, told);
        // A positional list is one declared value: what Git does not list in it, it declares absent.
        let [desired, ..] = said;
        let silence_is_absence = known.exact || !desired.is_silent() && (one_value || aligned.fell_back);
        Some(Arranged { slots: aligned.slots, silence_is_absence })
    }

    /// Is the list declared, and the same in every plane that takes part? Then its items need not be told apart.
    ///
    /// Asked of lists within few others only: a list in a list in a list would be compared again at every level.
    fn is_the_same_list(&self, said: [Said<'a>; 3]) -> bool {
        const LISTS_WITHIN_LISTS: usize = 8;
        let [Said::Value(desired), ..] = said else { return false };
        let same = |said: Said<'a>| match said {
            Said::Value(value) => equal(desired, value) == Equality::Same,
            Said::Silent => true,
            Said::Absent | Said::Unknown(_) | Said::Untold(_) => false,
        };
        !self.leaves_doubt() && self.place.elements() < LISTS_WITHIN_LISTS && said.into_iter().all(same)
    }

    /// Is a part of this place unknown, in some plane?
    fn is_in_doubt(&self) -> bool {
        (0..self.documents.len()).any(|plane| {
            self.marks(plane).filter(|marks| marks.leave_doubt()).is_some_and(|marks| {
                let beneath = marks.beneath(&self.place.views(plane));
                beneath.unknown || beneath.unobservable
            })
        })
    }

    /// Is something marked that makes equal values uncertain?
    fn leaves_doubt(&self) -> bool {
        (0..self.documents.len()).any(|plane| self.marks(plane).is_some_and(Marks::leave_doubt))
    }

    /// An item that one of the sides lacks is one change, not one for each of its fields.
    fn element(&mut self, items: [Said<'a>; 3], known: &Known<'a>) {
        let (items, _) = self.marked(items);
        if items.into_iter().any(|item| item.unknown().is_some()) {
            return self.leaf(items, *known);
        }
        let [desired, recorded, actual] = items;
        let whole = match (desired.value(), recorded.value(), actual.value()) {
            (Some(d), None, Some(a)) => !recorded.is_silent() && equal(d, a) == Equality::Same,
            (Some(_), Some(_), Some(_)) => false,
            // Git is silent, and knows nothing of the item: its fields are compared on the other planes.
            (None, Some(_), Some(_)) => !desired.is_silent() || self.record_of() == RecordOf::Declaration,
            _ => true,
        };
        if whole { self.leaf(items, *known) } else { self.node(items, known) }
    }

    /// How the elements are told apart, and who says so. `None` is a list that is one value.
    fn alignment(&self, lists: [&'a [Value]; 3], shape: Shape<'a>) -> (Option<Alignment<'a>>, Source) {
        let views = self.place.views(ACTUAL);
        let rules = self.comparer.equivalences.covering(&self.observation.resource, &views);
        let by_rule = rules.into_iter().rev().find_map(|rule| match rule.same {
            Same::Set => Some(Alignment::Set),
            Same::Keyed => Some(Alignment::Keyed(&rule.keys)),
            _ => None,
        });
        let (by, source) = match (by_rule, shape.list()) {
            (Some(by), _) => (Some(by), Source::Rule),
            (None, ListKind::Atomic) => (None, Source::Schema),
            (None, ListKind::Set) => (Some(Alignment::Set), Source::Schema),
            (None, ListKind::Keyed(keys)) => (Some(Alignment::Keyed(keys)), Source::Schema),
            (None, kind @ (ListKind::Ordered | ListKind::Unordered | ListKind::Unknown)) => {
                let key = infer_key(lists).and_then(|name| self.comparer.inferred_key(name)).map(Alignment::Keyed);
                let (by_place, source) = match kind {
                    ListKind::Ordered => (Alignment::Positional, Source::Ordered),
                    ListKind::Unordered => (Alignment::ListOrSet, Source::Schema),
                    _ if key.is_some() => (Alignment::Positional, Source::Inferred),
                    _ if self.lists_may_be_sets() => (Alignment::ListOrSet, Source::System),
                    _ => (Alignment::Positional, Source::System),
                };
                (Some(key.unwrap_or(by_place)), source)
            }
        };
        match by {
            // What is secret must not stand in a path.
            Some(Alignment::Set | Alignment::Keyed(_)) if self.keys_are_secret(lists, by) => {
                (Some(Alignment::Positional), Source::System)
            }
            by => (by, source),
        }
    }

    /// Do documents of this system not tell a list from a set?
    pub(crate) fn lists_may_be_sets(&self) -> bool {
        self.system().is_terraform() || *self.system() == System::Aws
    }

    fn keys_are_secret(&self, lists: [&'a [Value]; 3], by: Option<Alignment<'_>>) -> bool {
        lists.iter().enumerate().any(|(plane, list)| {
            let Some(marks) = self.marks(plane) else { return false };
            let mut views = self.place.views(plane);
            (0..list.len()).any(|index| {
                views.push(StepView::Element { index: Some(index), step: None });
                let secret = match by {
                    Some(Alignment::Keyed(keys)) => keys.iter().any(|key| {
                        views.push(StepView::Field(&key.name));
                        let secret = marks.at(&views).sensitive;
                        views.pop();
                        secret
                    }),
                    _ => marks.at(&views).sensitive || marks.beneath(&views).sensitive,
                };
                views.pop();
                secret
            })
        })
    }

    /// A list that is one value: its order counts.
    fn whole_list(&mut self, said: [Said<'a>; 3], known: &Known<'a>) {
        if permuted(said.map(Said::array)) {
            let lists = said.map(Said::array);
            let same = |left: usize, right: usize| match (lists.get(left), lists.get(right)) {
                (Some(Some(x)), Some(Some(y))) => x.iter().zip(*y).all(|(a, b)| equal(a, b) == Equality::Same),
                _ => true,
            };
            let orders = [same(DESIRED, RECORDED), same(RECORDED, ACTUAL), same(DESIRED, ACTUAL)];
            self.whole(ChangeKind::Reordered, said, orders, None, false);
        } else {
            self.leaf(said, *known);
        }
    }
}

/// The items of a list, side by side.
struct Arranged {
    slots: Vec<(Step, Slot)>,
    /// Does the desired plane say of an item that it lacks that there is none?
    silence_is_absence: bool,
}

/// What is known of a place besides what the planes say there.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Its shape, by schema.
    pub(crate) shape: Shape<'a>,
    /// The field that it is, if it is one.
    pub(crate) member: Option<Member<'a>>,
    /// Does Git's silence mean absence?
    pub(crate) exact: bool,
}

/// A field of an object, seen from the object.
#[derive(Clone, Copy)]
pub(crate) struct Member<'a> {
    of: Shape<'a>,
    name: &'a str,
    beside: [Option<&'a Map<String, Value>>; 3],
    /// What the field is in an object that was filled in as a whole.
    given: Option<&'a Value>,
}

impl<'a> Known<'a> {
    /// The root of a document.
    const fn root(shape: Shape<'a>) -> Self {
        Self { shape, member: None, exact: false }
    }

    fn field(self, name: &'a str, beside: [Option<&'a Map<String, Value>>; 3]) -> Self {
        let given = self.member.and_then(Member::given_whole).and_then(|whole| whole.get(name));
        let member = Member { of: self.shape, name, beside, given };
        Self { shape: self.shape.field(name), member: Some(member), exact: self.exact }
    }

    fn element(self) -> Self {
        Self { shape: self.shape.element(), member: None, exact: self.exact }
    }
}

impl<'a> Member<'a> {
    /// The object that the system fills in here, where only actual has one.
    fn given_whole(self) -> Option<&'a Value> {
        let [desired, recorded, _] = self.beside;
        let left_out = [desired, recorded].into_iter().flatten().all(|beside| !beside.contains_key(self.name));
        let own = || self.of.default(self.name).iter().find(|default| default.is_object());
        if left_out { own().or(self.given) } else { None }
    }

    /// Would the system have filled in this value by itself, had it been left out?
    pub(crate) fn is_filled_in(self, value: &Value) -> bool {
        self.given.is_some_and(|given| equal(given, value) == Equality::Same)
            || self.beside.into_iter().flatten().any(|beside| self.of.fills_in(self.name, value, beside))
    }
}

/// Who says how a list is aligned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// A user's rule.
    Rule,
    /// The schema of the kind.
    Schema,
    /// The schema of the kind, which says that the order counts; how the items are told apart is seen by their shape.
    Ordered,
    /// The shape of the items.
    Inferred,
    /// What is usual in the system.
    System,
}

/// Is this an object without a member that is anything?
fn holds_nothing(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.values().all(Value::is_null))
}
