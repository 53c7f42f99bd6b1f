//! `Tree`: a document as it was written, before anything is made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use drift_model::MAX_DEPTH;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::{Map, Number, Value};

/// A document as it was written: members in their order, and a key that is written twice is there twice.
///
/// It is read through serde from JSON, YAML or anything else that knows lists and maps. Readers into a map lose all but
/// the last of equal keys; a rule that was lost so is one that nobody misses before the incident.
///
/// ```
/// use drift_policy::Tree;
///
/// let tree: Tree = serde_json::from_str(r#"{"kind": "IgnoreRule", "spec": {"owner": "a", "owner": "b"}}"#)?;
/// assert_eq!(tree.duplicate_keys(), ["/spec/owner"]);
/// assert_eq!(tree.to_value(), serde_json::json!({"kind": "IgnoreRule", "spec": {"owner": "b"}}));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the six kinds of value of RFC 8259")]
pub enum Tree {
    /// `null`, or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, with all its digits where the reader that was used keeps them.
    Number(Number),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Tree>),
    /// Members in the order in which they are written.
    Object(Vec<(String, Tree)>),
}

/// One document that somebody wrote, with the name of its place.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Authored {
    /// The place by which diagnostics call the document while it has no name: `policy.yaml`, `policy.yaml#2`.
    pub document: String,
    /// What is written there.
    pub content: Tree,
}

impl Authored {
    /// A document at this place.
    #[must_use]
    pub fn new(document: impl Into<String>, content: Tree) -> Self {
        Self { document: document.into(), content }
    }
}

impl Tree {
    /// The member of this name, the last if there are several; `None` for what is no object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, tree)| tree),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The text, if it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// The value that is written; of equal keys the last one holds, as `serde_json` has it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Object(members) => {
                Value::Object(members.iter().map(|(key, tree)| (key.clone(), tree.to_value())).collect::<Map<_, _>>())
            }
        }
    }

    /// The JSON Pointers of the keys that are written more than once, each once, in document order.
    #[must_use]
    pub fn duplicate_keys(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.find_duplicates("", &mut found);
        let mut seen = BTreeSet::new();
        found.retain(|pointer| seen.insert(pointer.clone()));
        found
    }

    /// Is it nested more than [`MAX_DEPTH`] levels deep? Nothing that was read is; what was put together by hand can be.
    pub(crate) fn is_too_deep(&self) -> bool {
        let mut open = vec![(self, 0_usize)];
        while let Some((tree, depth)) = open.pop() {
            if depth > MAX_DEPTH {
                return true;
            }
            let below = depth.saturating_add(1);
            match tree {
                Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {}
                Self::List(items) => open.extend(items.iter().map(|item| (item, below))),
                Self::Object(members) => open.extend(members.iter().map(|(_, member)| (member, below))),
            }
        }
        false
    }

    fn find_duplicates(&self, pointer: &str, found: &mut Vec<String>) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {}
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.find_duplicates(&child(pointer, &index.to_string()), found);
                }
            }
            Self::Object(members) => {
                let mut seen = BTreeMap::new();
                for (key, tree) in members {
                    let place = child(pointer, key);
                    let times = seen.entry(key.as_str()).or_insert(0_u8);
                    *times = times.saturating_add(1);
                    if *times == 2 {
                        found.push(place.clone());
                    }
                    tree.find_duplicates(&place, found);
                }
            }
        }
    }

    /// What it is, in words.
    pub(crate) const fn noun(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// The pointer to a child.
pub(crate) fn child(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"))
}

impl From<Value> for Tree {
    /// The tree of a value. Its members are in the order of the value's map.
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(map) => Self::Object(map.into_iter().map(|(key, value)| (key, Self::from(value))).collect()),
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Level(MAX_DEPTH).deserialize(deserializer)
    }
}

/// Under `arbitrary_precision`, `serde_json` hands a number over as a map with this one key, and its digits as text.
const NUMBER: &str = "$serde_json::private::Number";

/// Reads a tree with so many levels left.
#[derive(Clone, Copy)]
struct Level(usize);

impl Level {
    fn down<E: de::Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("nested too deeply; hand over the part that is needed"))
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document of objects, lists, text, numbers, true, false and null")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        self.down::<D::Error>()?.deserialize(deserializer)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Tree, E> {
        digits(&number.to_string()).map(Tree::Number).ok_or_else(|| E::custom("a number that is out of range"))
    }

    fn visit_u128<E: de::Error>(self, number: u128) -> Result<Tree, E> {
        digits(&number.to_string()).map(Tree::Number).ok_or_else(|| E::custom("a number that is out of range"))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Tree, E> {
        let number =
            Number::from_f64(number).ok_or_else(|| E::custom("a number that is not finite; write it as text"))?;
        Ok(Tree::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Tree, E> {
        Ok(Tree::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let below = self.down()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let below = self.down()?;
        let mut members = Vec::new();
        while let Some(Key(key)) = entries.next_key()? {
            members.push((key, entries.next_value_seed(below)?));
        }
        if let [(key, Tree::Text(text))] = members.as_slice()
            && key == NUMBER
        {
            let number = digits(text).ok_or_else(|| A::Error::custom("a number that cannot be read"))?;
            return Ok(Tree::Number(number));
        }
        Ok(Tree::Object(members))
    }
}

fn digits(text: &str) -> Option<Number> {
    serde_json::from_str(text).ok()
}

/// A key. YAML has keys that are no text; they are taken by their spelling, as `1:` and `true:` are meant.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor).map(Self)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is text")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<String, E> {
        Ok(flag.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::value::{Error, MapDeserializer, StrDeserializer, U128Deserializer};
    use serde::de::{IntoDeserializer, value::F64Deserializer};
    use serde_json::json;

    use super::*;

    fn tree(text: &str) -> Tree {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn members_keep_their_order_and_a_key_may_be_there_twice() {
        let expected = [("z", Tree::from(json!(1))), ("a", Tree::Null), ("z", Tree::from(json!(2)))];
        let expected = expected.map(|(key, tree)| (key.to_owned(), tree));
        assert_eq!(tree(r#"{"z": 1, "a": null, "z": 2}"#), Tree::Object(expected.into()));
    }

    #[test]
    fn every_duplicate_key_has_its_pointer_once() {
        let tree = tree(r#"{"a": [{"b/c": 1, "b/c": 2, "b/c": 3}], "d": {"e": {"f": 1, "f": 1}}, "d": 4}"#);
        assert_eq!(tree.duplicate_keys(), ["/a/0/b~1c", "/d/e/f", "/d"]);
    }

    #[test]
    fn a_duplicate_key_within_a_duplicate_key_is_reported_once() {
        assert_eq!(tree(r#"{"d": {"f": 1, "f": 1}, "d": {"f": 1, "f": 1}}"#).duplicate_keys(), ["/d/f", "/d"]);
    }

    #[test]
    fn a_number_keeps_its_digits() {
        let Tree::List(numbers) = tree("[18446744073709551615, -9223372036854775808, 4.5]") else { panic!() };
        let texts: Vec<_> = numbers.iter().map(|number| drift_model::canonical_text(&number.to_value())).collect();
        assert_eq!(texts, ["18446744073709551615", "-9223372036854775808", "4.5"]);
        let number = Level(9).deserialize(U128Deserializer::<Error>::new(u128::from(u64::MAX))).unwrap();
        assert_eq!(number, Tree::Number(u64::MAX.into()));
    }

    #[test]
    fn a_number_in_the_manner_of_arbitrary_precision_is_a_number() {
        let entries = MapDeserializer::<_, Error>::new([(NUMBER, "0.10")].into_iter());
        let Tree::Number(number) = Tree::deserialize(entries).unwrap() else { panic!("no number") };
        assert_eq!(drift_model::Decimal::of(&number), drift_model::Decimal::parse("0.1"));
        let broken = MapDeserializer::<_, Error>::new([(NUMBER, "CANARY")].into_iter());
        assert!(!Tree::deserialize(broken).unwrap_err().to_string().contains("CANARY"));
    }

    #[test]
    fn keys_of_yaml_are_taken_by_their_spelling() {
        let entries = MapDeserializer::<_, Error>::new([(true, 1_u8)].into_iter());
        assert_eq!(Tree::deserialize(entries).unwrap(), Tree::from(json!({"true": 1})));
        let entries = MapDeserializer::<_, Error>::new([(-3_i64, "x")].into_iter());
        assert_eq!(Tree::deserialize(entries).unwrap(), Tree::from(json!({"-3": "x"})));
    }

    #[test]
    fn what_has_no_place_in_a_document_is_refused() {
        let infinite: F64Deserializer<Error> = f64::INFINITY.into_deserializer();
        assert!(Tree::deserialize(infinite).is_err());
        let text: StrDeserializer<'_, Error> = "x".into_deserializer();
        assert_eq!(Tree::deserialize(text).unwrap(), Tree::Text("x".into()));
    }

    /// A deserializer of lists without an end.
    struct Bottomless;

    impl<'de> Deserializer<'de> for Bottomless {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.visit_seq(self)
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
        }
    }

    impl<'de> SeqAccess<'de> for Bottomless {
        type Error = Error;

        fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
            seed.deserialize(Self).map(Some)
        }
    }

    #[test]
    fn depth_has_a_bound() {
        let error = Tree::deserialize(Bottomless).unwrap_err();
        assert_eq!(error.to_string(), "nested too deeply; hand over the part that is needed");
    }

    fn any_tree() -> impl Strategy<Value = Tree> {
        let leaf = prop_oneof![
            Just(Tree::Null),
            any::<bool>().prop_map(Tree::Bool),
            any::<i64>().prop_map(|number| Tree::Number(number.into())),
            "[a-c~/]{0,2}".prop_map(Tree::Text),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
                proptest::collection::vec(("[a-c~/]{0,2}", inner), 0..4).prop_map(Tree::Object),
            ]
        })
    }

    fn size(tree: &Tree) -> usize {
        let below: usize = match tree {
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => 0,
            Tree::List(items) => items.iter().map(size).sum(),
            Tree::Object(members) => members.iter().map(|(_, tree)| size(tree)).sum(),
        };
        below.saturating_add(1)
    }

    proptest! {
        #[test]
        fn nothing_is_lost_in_the_value_unless_a_duplicate_key_was_reported(tree in any_tree()) {
            let kept = size(&Tree::from(tree.to_value()));
            prop_assert_eq!(kept == size(&tree), tree.duplicate_keys().is_empty());
        }
    }
}
