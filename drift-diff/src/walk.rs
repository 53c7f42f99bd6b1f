//! The walk: three trees and their marks, once through, side by side.

mod known;
mod leaf;
mod lists;
mod said;

use drift_model::{Document, MAX_DEPTH, Marks, Observation, Observed, PatternTrie, RecordOf, System, UnknownReason};
use serde_json::{Map, Value};

use self::known::Known;
pub(crate) use self::leaf::Difference;
pub(crate) use self::said::Said;
use crate::compare::Comparer;
use crate::delta::FieldChange;
use crate::equivalence::is_policy;
use crate::mask::Mask;
use crate::place::{ACTUAL, DESIRED, Place, RECORDED};
use crate::relational::Excuses;

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
}

/// Is this an object without a member that is anything?
fn holds_nothing(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.values().all(Value::is_null))
}
