//! `Shape`: what is known of one place in a document.

use std::borrow::Cow;

use drift_model::MAX_DEPTH;
use serde_json::{Map, Value};

use super::{Collection, CollectionKind, Filled, Node, Schema, TypeId};
use crate::equivalence::{Parameters, Same, equal, is_empty};

/// What is known of one place in a document. Cheap to copy and to descend into; never fails.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'s> {
    pub(super) schema: &'s Schema,
    pub(super) node: Node,
    /// May the value be left out, and does its emptiness mean no more than that?
    pub(super) omittable: bool,
}

/// How the items of a list relate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the list types of server-side apply and of Terraform, and not knowing")]
pub enum ListKind<'s> {
    /// Ordered, and one value.
    Atomic,
    /// An item is its value; neither order nor repetition has a meaning.
    Set,
    /// An item is known by its key fields, at least one; order has no meaning.
    Keyed(&'s [ListKey]),
    /// The items are compared one by one, and their order counts: a `list` of Terraform.
    Ordered,
    /// The items are compared one by one, and their order has no meaning: a `set` of objects in Terraform.
    Unordered,
    /// Nothing is known, or this is no list.
    Unknown,
}

/// A key field of a keyed list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ListKey {
    /// The name of the field.
    pub name: Cow<'static, str>,
    /// What the key is where the field is left out; `None` if it must be there.
    pub default: Option<Value>,
}

/// How a value that is not compared part by part is to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the leaves of the Kubernetes API")]
pub enum Leaf {
    /// A resource quantity, as text or number.
    Quantity,
    /// A number, or a text such as `25%`.
    IntOrString,
    /// RFC 3339 text.
    Time,
    /// Base64 text.
    Bytes,
    /// Text, number or boolean.
    Scalar,
    /// Anything, one value, never looked into.
    Opaque,
    /// No leaf: a list, a map or a struct.
    Branch,
    /// Nothing is known.
    Unknown,
}

impl Leaf {
    /// The sense in which such values are compared, and the name of the rule.
    pub(crate) const fn sense(self) -> Option<(Same, &'static str)> {
        match self {
            Self::Quantity => Some((Same::Quantity, Same::Quantity.rule())),
            Self::IntOrString => Some((Same::IntOrString, "kubernetes/int-or-string/1")),
            Self::Time => Some((Same::Timestamp, "kubernetes/time/1")),
            Self::Bytes | Self::Scalar | Self::Opaque | Self::Branch | Self::Unknown => None,
        }
    }
}

impl<'s> Shape<'s> {
    /// The shape of a field of a struct, or of an entry of a map.
    ///
    /// A field that a known struct of the built-in tables does not list is a plain scalar; if the document holds something else
    /// there, its shape is unknown from there on. So it is at once where a document that was added lists no such field.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        if let Some(Collection { element, kind: CollectionKind::Map { .. } }) = self.schema.collection(self.node) {
            return self.at(*element, false);
        }
        let Some(owner) = self.schema.owner(self.node) else { return self.at(Node::Unknown, false) };
        let listed = owner.fields.binary_search_by(|(field, _)| field.as_ref().cmp(name)).ok();
        let node = listed.and_then(|at| owner.fields.get(at)).map_or(owner.unlisted, |(_, node)| *node);
        self.at(node, owner.drops_empty && !owner.empty_is_meant.contains(&name))
    }

    /// Is this a struct of a document that was added, and not one of the built-in tables?
    #[must_use]
    pub(crate) fn is_added(self) -> bool {
        matches!(self.node, Node::Named { id: TypeId(index), .. } if index >= self.schema.built_in)
    }

    /// The shape of the items of a list, or of the values of a map.
    #[must_use]
    pub fn element(self) -> Self {
        let node = self.schema.collection(self.node).map_or(Node::Unknown, |collection| collection.element);
        self.at(node, false)
    }

    fn at(self, node: Node, omittable: bool) -> Self {
        Self { schema: self.schema, node: self.schema.resolved(node), omittable }
    }

    /// How the items of this list relate.
    #[must_use]
    pub fn list(self) -> ListKind<'s> {
        match self.schema.collection(self.node).map(|collection| &collection.kind) {
            Some(CollectionKind::List) => ListKind::Atomic,
            Some(CollectionKind::Set) => ListKind::Set,
            Some(CollectionKind::Keyed(keys)) => ListKind::Keyed(keys),
            Some(CollectionKind::Ordered) => ListKind::Ordered,
            Some(CollectionKind::Unordered) => ListKind::Unordered,
            Some(CollectionKind::Unsaid | CollectionKind::Map { .. }) | None => ListKind::Unknown,
        }
    }

    /// How the value is to be read, if it is a leaf.
    #[must_use]
    pub fn leaf(self) -> Leaf {
        match self.node {
            Node::Leaf(leaf) => leaf,
            Node::Named { .. } | Node::Collection(_) => Leaf::Branch,
            Node::Unknown => Leaf::Unknown,
        }
    }

    /// Is this a struct or map that is one value, or something that is never looked into? Of lists, [`Self::list`] says it.
    #[must_use]
    pub fn is_atomic(self) -> bool {
        match self.node {
            Node::Named { granular, .. } => !granular && self.schema.owner(self.node).is_some_and(|owner| owner.atomic),
            Node::Collection(_) => {
                let kind = self.schema.collection(self.node).map(|collection| &collection.kind);
                matches!(kind, Some(CollectionKind::Map { atomic: true }))
            }
            Node::Leaf(leaf) => leaf == Leaf::Opaque,
            Node::Unknown => false,
        }
    }

    /// Is anything known of this place?
    #[must_use]
    pub const fn is_known(self) -> bool {
        !matches!(self.node, Node::Unknown)
    }

    /// Is this a map, whose entries have names that people choose?
    #[must_use]
    pub fn is_map(self) -> bool {
        matches!(self.schema.collection(self.node).map(|found| &found.kind), Some(CollectionKind::Map { .. }))
    }

    /// Does an empty string, list or object mean the same as leaving this field out?
    ///
    /// True of the strings, maps and lists of known structs, because the API server drops them (`storageClassName: ""` and its
    /// like excepted). Of structs, it is true of a short list: `resources`, `strategy`, `updateStrategy`, `securityContext`,
    /// `metadata`, `status`, `affinity`, `capabilities` and their kin. `emptyDir: {}` and `podSelector: {}` mean something. Never
    /// true of the entries of a map or the items of a list: a label with an empty value is a label.
    #[must_use]
    pub fn empty_is_absent(self) -> bool {
        self.omittable
            && match self.node {
                Node::Named { .. } => self.schema.owner(self.node).is_some_and(|owner| owner.empty_is_absent),
                Node::Collection(_) => true,
                Node::Leaf(leaf) => matches!(leaf, Leaf::Scalar | Leaf::Bytes | Leaf::Time),
                Node::Unknown => false,
            }
    }

    /// The values that the API server fills in where this field is left out, any one of them; mostly one, often none.
    #[must_use]
    pub fn default(self, field: &str) -> &'s [Value] {
        match self.filled(field) {
            Some(Filled::OneOf(values)) => values,
            Some(Filled::SameAs(_)) | None => &[],
        }
    }

    /// The field beside it whose value this field takes where it is left out: the `targetPort` of a Service is its `port`.
    #[must_use]
    pub fn default_from(self, field: &str) -> Option<&'s str> {
        match self.filled(field) {
            Some(Filled::SameAs(sibling)) => Some(sibling),
            Some(Filled::OneOf(_)) | None => None,
        }
    }

    /// Would the API server have put this value here, had the field been left out? `beside` is the object that holds the field.
    ///
    /// So it is with `null`, with emptiness where it is absence, with each [`default`](Self::default), with a copy of the
    /// field it is [taken from](Self::default_from), and with those structs that say nothing when they are empty, if all that
    /// they hold is of this kind: `securityContext: {procMount: Default}`.
    #[must_use]
    pub fn fills_in(self, field: &str, value: &Value, beside: &Map<String, Value>) -> bool {
        let here = self.field(field);
        let same = |default: &Value| equal(default, value).is_same() || here.completes(default, value);
        value.is_null()
            || here.empty_is_absent() && is_empty(Some(value))
            || self.default(field).iter().any(same)
            || self.default_from(field).and_then(|sibling| beside.get(sibling)).is_some_and(same)
            // Structs that say nothing when they are empty do not hold themselves, so this ends.
            || here.schema.owner(here.node).is_some_and(|owner| owner.empty_is_absent)
                && value.as_object().is_some_and(|map| map.iter().all(|(name, value)| here.fills_in(name, value, map)))
    }

    /// Is the value this default, with what is filled into it in turn?
    fn completes(self, default: &Value, value: &Value) -> bool {
        let (Value::Object(default), Value::Object(value)) = (default, value) else { return false };
        default.keys().all(|name| value.contains_key(name))
            && value.iter().all(|(name, member)| match default.get(name) {
                Some(default) => equal(default, member).is_same() || self.field(name).completes(default, member),
                None => self.fills_in(name, member, value),
            })
    }

    /// Would the API server answer one of these values for the other: are they the same once each is spelled in its way, and
    /// what is left out is filled in? Asked of lists and structs that are one value; item by item, in order. What is filled in
    /// must be something that `may` be, by its name and value.
    #[must_use]
    pub(crate) fn completes_to_the_same(self, a: &Value, b: &Value, may: &impl Fn(&str, &Value) -> bool) -> bool {
        self.same_within(a, b, may, MAX_DEPTH)
    }

    fn same_within(self, a: &Value, b: &Value, may: &impl Fn(&str, &Value) -> bool, depth: usize) -> bool {
        if equal(a, b).is_same() {
            return true;
        }
        let Some(depth) = depth.checked_sub(1).filter(|_| self.is_known()) else { return false };
        match (a, b) {
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.element().same_within(a, b, may, depth))
            }
            (Value::Object(a), Value::Object(b)) => {
                let only_in = |one: &Map<String, Value>, other: &Map<String, Value>| {
                    let mut only = one.iter().filter(|(name, _)| !other.contains_key(*name));
                    only.all(|(name, value)| self.fills_in(name, value, one) && may(name, value))
                };
                let mut both = a.iter().filter_map(|(name, value)| Some((name, value, b.get(name)?)));
                both.all(|(name, a, b)| self.field(name).same_within(a, b, may, depth))
                    && only_in(a, b)
                    && only_in(b, a)
            }
            _ => self.leaf().sense().is_some_and(|(same, _)| same.holds(Some(a), Some(b), &Parameters::default())),
        }
    }

    fn filled(self, field: &str) -> Option<&'s Filled> {
        self.schema.owner(self.node)?.defaults.get(field)
    }

    /// The name of the type, `core.v1.Container`, where there is one.
    #[must_use]
    pub fn type_name(self) -> Option<&'s str> {
        self.schema.owner(self.node).map(|owner| owner.name.as_str())
    }
}
