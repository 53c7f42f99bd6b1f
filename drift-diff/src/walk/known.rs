//! `Known`: what is known of a place besides what the planes say there.

use serde_json::{Map, Value};

use super::Said;
use crate::equivalence::{Equality, equal};
use crate::schema::Shape;

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
    pub(crate) name: &'a str,
    beside: [Option<&'a Map<String, Value>>; 3],
    /// What the field is in an object that was filled in as a whole.
    given: Option<&'a Value>,
}

impl<'a> Known<'a> {
    /// The root of a document.
    pub(super) const fn root(shape: Shape<'a>) -> Self {
        Self { shape, member: None, exact: false }
    }

    pub(super) fn field(&self, name: &'a str, said: &[Said<'a>; 3]) -> Self {
        let beside = said.map(Said::object);
        let given = self.member.and_then(Member::given_whole).and_then(|whole| whole.get(name));
        let member = Member { of: self.shape, name, beside, given };
        Self { shape: self.shape.field(name), member: Some(member), exact: self.exact }
    }

    pub(super) fn element(&self) -> Self {
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
