//! The walk: three trees and their marks, once through, side by side.

mod known;
mod leaf;
mod lists;
mod said;

use drift_model::{Document, MAX_DEPTH, Marks, Observation, Observed, PatternTrie, RecordOf, System, UnknownReason};
use serde_json::Value;

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

/// What there is to compare at a place, and how.
struct Seen<'a> {
    said: [Said<'a>; 3],
    known: Known<'a>,
    form: Form,
}

/// How a place is compared.
#[derive(Clone, Copy)]
enum Form {
    /// As one.
    Leaf,
    /// Member by member.
    Object,
    /// Item by item.
    List,
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
        self.node(&said, &Known::root(shape));
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

    // What recurses keeps little for itself: a document is as deep as it is, on whatever stack there is.
    fn node(&mut self, said: &[Said<'a>; 3], known: &Known<'a>) {
        let seen = self.seen(*said, known);
        match seen.form {
            Form::Leaf => self.leaf(&seen.said, &seen.known),
            Form::Object => self.object(&seen.said, &seen.known),
            Form::List => self.list(&seen.said, &seen.known),
        }
    }

    /// What there is to compare, once marks and silence are heeded.
    #[inline(never)]
    fn seen(&self, said: [Said<'a>; 3], known: &Known<'a>) -> Seen<'a> {
        let known = Known { exact: known.exact || self.turns_exact(), ..*known };
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
        if opaque || unknown || null || self.is_one_policy(&said, &known) {
            Seen { said, known, form: Form::Leaf }
        } else if containers && self.place.depth() >= MAX_DEPTH {
            let too_deep = |said: Said<'a>| if said.is_silent() { said } else { Said::Untold(UnknownReason::TooDeep) };
            Seen { said: said.map(too_deep), known, form: Form::Leaf }
        } else if all(Value::is_object) && !known.shape.is_atomic() {
            Seen { said, known, form: if self.belongs_to_another(said) { Form::Leaf } else { Form::Object } }
        } else if all(Value::is_array) {
            Seen { said, known, form: Form::List }
        } else {
            Seen { said, known, form: Form::Leaf }
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

    fn object(&mut self, said: &[Said<'a>; 3], known: &Known<'a>) {
        let (outer, listed) = (self.in_a_policy, self.changes.len());
        self.in_a_policy |= self.begins_a_policy(said);
        // What Git does not know yet may stand in no document at all.
        for name in self.unknown_members(said) {
            self.field(name, said, known);
        }
        for (plane, whole) in said.iter().enumerate() {
            let Some(map) = whole.object() else { continue };
            for name in map.keys() {
                if !is_in_earlier(said, plane, name) {
                    self.field(name, said, known);
                }
            }
        }
        self.in_a_policy = outer;
        // An object of nothing but `null`s is an object all the same, and no member tells whether a plane has it.
        if self.changes.len() == listed && is_object_in_part(said) {
            self.leaf(said, known);
        }
    }

    fn field(&mut self, name: &'a str, said: &[Said<'a>; 3], known: &Known<'a>) {
        let inner = self.members(name, said, known.exact);
        self.place.enter_field(name);
        self.node(&inner, &known.field(name, said));
        self.place.leave();
    }

    fn begins_a_policy(&self, said: &[Said<'a>; 3]) -> bool {
        !self.system().is_kubernetes() && said.iter().filter_map(|said| said.object()).any(is_policy)
    }

    /// What the planes say of a member; nothing, if none of them has it.
    #[inline(never)]
    fn members(&self, name: &str, said: &[Said<'a>; 3], exact: bool) -> [Said<'a>; 3] {
        let mut inner = [Said::Silent; 3];
        if said.iter().filter_map(|said| said.object()).any(|map| map.contains_key(name)) {
            for (plane, member) in inner.iter_mut().enumerate() {
                *member = self.member(plane, said.get(plane).copied(), exact, |value| value.get(name));
            }
        }
        inner
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
            && self.agree(said, known)
    }

    /// The members that are marked as unknown and that no plane has.
    #[inline(never)]
    fn unknown_members(&self, said: &[Said<'a>; 3]) -> Vec<&'a str> {
        let Some(marks) = self.marks(DESIRED).filter(|marks| marks.leave_doubt()) else { return Vec::new() };
        let maps = said.map(Said::object);
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

/// Does a plane lack the object that others have, or does actual alone have it?
fn is_object_in_part(said: &[Said<'_>; 3]) -> bool {
    let [desired, recorded, _] = said;
    let only_there = desired.is_silent() && recorded.is_silent();
    only_there || said.iter().any(|said| said.object().is_none() && !said.is_silent())
}

/// Has a plane before this one a member of this name?
#[inline(never)]
fn is_in_earlier(said: &[Said<'_>; 3], plane: usize, name: &str) -> bool {
    said.iter().take(plane).filter_map(|said| said.object()).any(|map| map.contains_key(name))
}

/// Is this an object without a member that is anything?
fn holds_nothing(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.values().all(Value::is_null))
}
