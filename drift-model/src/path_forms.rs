//! The other spellings of a path: FieldsV1 elements, RFC 6901 pointers, Terraform attribute paths.
//!
//! A [`FieldPath`] does not say whether a number is a position or a name, and a pointer does not say by which key an item
//! is known. The document that the path leads through does, so it is asked for where it matters.

use jsonptr::Pointer;
use serde_json::Value;

use crate::path::{FieldPath, Step, decimal};
use crate::source::managed_fields::PathElement;

impl FieldPath {
    /// The path that FieldsV1 elements lead along, outermost first; `None` where one is a negative index, which no document
    /// has.
    #[must_use]
    pub fn from_elements<'e>(elements: impl IntoIterator<Item = &'e PathElement>) -> Option<Self> {
        elements.into_iter().map(PathElement::step).collect()
    }

    /// The FieldsV1 elements of this path in `document`, outermost first.
    ///
    /// The document is asked of numbers alone: `f:3` in a map, `i:3` in a list. `None` where it cannot tell, because it ends
    /// before the number.
    ///
    /// ```
    /// use drift_model::FieldPath;
    /// use serde_json::json;
    ///
    /// let path: FieldPath = "/ports/[name=http]/0".parse()?;
    /// let document = json!({"ports": [{"name": "http", "0": "zero"}]});
    /// let elements: Vec<_> = path.elements(&document).unwrap().iter().map(ToString::to_string).collect();
    /// assert_eq!(elements, ["f:ports", r#"k:{"name":"http"}"#, "f:0"]);
    /// # Ok::<(), drift_model::PathError>(())
    /// ```
    #[must_use]
    pub fn elements(&self, document: &Value) -> Option<Vec<PathElement>> {
        let mut here = Some(document);
        let mut elements = Vec::with_capacity(self.steps().len());
        for step in self.steps() {
            elements.push(match step {
                Step::Field(name) => PathElement::field(name.as_str()),
                Step::Key(keys) => {
                    let keys = keys.iter().map(|(name, literal)| Some((name.clone(), literal.value()?)));
                    PathElement::key(keys.collect::<Option<Vec<_>>>()?)
                }
                Step::Item(literal) => PathElement::item(literal.value()?),
                Step::Index(index) => match here? {
                    Value::Object(_) => PathElement::field(index.to_string()),
                    Value::Array(_) => PathElement::index(*index)?,
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
                },
            });
            here = here.and_then(|here| step.find(here)).map(|(_, child)| child);
        }
        Some(elements)
    }

    /// The path of a place in `document`; `None` where the document has no such place.
    ///
    /// `known_by` says by what an item of a list is known: it is given the path of the list and the item. What it leaves
    /// open (`None`), and what leads to another item than this one (a key that two items have), is known by its position.
    /// So [`FieldPath::resolve`] always leads back to the pointer.
    ///
    /// ```
    /// use drift_model::{FieldPath, item_step};
    /// use drift_model::jsonptr::Pointer;
    /// use serde_json::json;
    ///
    /// let live = json!({"containers": [{"name": "proxy"}, {"name": "app", "args": ["-v"]}]});
    /// let pointer = Pointer::from_static("/containers/1/args/0");
    /// let path = FieldPath::from_pointer(pointer, &live, |_, item| item_step(item, &["name"])).unwrap();
    /// assert_eq!(path.to_string(), "/containers/[name=app]/args/0");
    /// assert_eq!(path.resolve(&live).as_deref(), Some(pointer));
    /// ```
    #[must_use]
    pub fn from_pointer(
        pointer: &Pointer,
        document: &Value,
        mut known_by: impl FnMut(&Self, &Value) -> Option<Step>,
    ) -> Option<Self> {
        let mut path = Self::root();
        let mut here = document;
        for token in pointer.tokens() {
            let token = token.decoded();
            let (step, child) = match here {
                Value::Object(map) => (Step::field(token.as_ref()), map.get(token.as_ref())?),
                Value::Array(items) => {
                    let index = decimal(&token)?;
                    let item = items.get(index)?;
                    let known = known_by(&path, item)
                        .filter(|step| step.find(here).is_some_and(|(_, found)| std::ptr::eq(found, item)));
                    (known.unwrap_or(Step::Index(index)), item)
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
            };
            path = path.join(step);
            here = child;
        }
        Some(path)
    }

    /// The path that the steps of a Terraform attribute path lead along, as `replace_paths` of a plan has them: text for an
    /// attribute or the key of a map, a whole number for a position, any other value for the element of a set.
    ///
    /// The document is asked of text alone, which in a list is the element of a set. Without one, hand over `null`.
    ///
    /// # Errors
    ///
    /// [`AttributePathError`] where the value is no list of steps, or a number no position.
    ///
    /// ```
    /// use drift_model::FieldPath;
    /// use serde_json::{Value, json};
    ///
    /// let path = FieldPath::from_attribute_path(&json!(["ingress", 0, "cidr_blocks"]), &Value::Null)?;
    /// assert_eq!(path.to_string(), "/ingress/0/cidr_blocks");
    /// # Ok::<(), drift_model::AttributePathError>(())
    /// ```
    pub fn from_attribute_path(steps: &Value, document: &Value) -> Result<Self, AttributePathError> {
        let Value::Array(steps) = steps else { return Err(AttributePathError::NoList) };
        let mut here = Some(document);
        let mut path = Vec::with_capacity(steps.len());
        for step in steps {
            let step = match step {
                Value::String(_) if matches!(here, Some(Value::Array(_))) => Step::item(step),
                Value::String(name) => Step::field(name.as_str()),
                Value::Number(number) => {
                    let index = number.as_u64().and_then(|index| usize::try_from(index).ok());
                    Step::Index(index.ok_or(AttributePathError::Position)?)
                }
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Step::item(step),
            };
            here = here.and_then(|here| step.find(here)).map(|(_, child)| child);
            path.push(step);
        }
        Ok(path.into_iter().collect())
    }

    /// The steps of the Terraform attribute path that leads here in `document`. `None` where the document does not tell a
    /// position from a name, or a key from a position; and for a number in a set, which would read as a position.
    #[must_use]
    pub fn attribute_path(&self, document: &Value) -> Option<Vec<Value>> {
        let mut here = Some(document);
        let mut steps = Vec::with_capacity(self.steps().len());
        for step in self.steps() {
            let found = here.and_then(|here| step.find(here));
            let position = || found.as_ref().and_then(|(token, _)| decimal(token)).map(Value::from);
            steps.push(match step {
                Step::Field(name) => Value::from(name.as_str()),
                Step::Index(index) => match here? {
                    Value::Object(_) => Value::from(index.to_string()),
                    Value::Array(_) => Value::from(*index),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
                },
                Step::Key(_) => position()?,
                Step::Item(literal) => match literal.value()? {
                    Value::Number(_) => return None,
                    // Text is the element of a set in a list alone.
                    Value::String(text) => here.filter(|here| here.is_array()).map(|_| Value::String(text))?,
                    value @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => value,
                },
            });
            here = found.map(|(_, child)| child);
        }
        Some(steps)
    }

    /// The path in the text of a provider's message: `ingress[0].cidr_blocks`, `tags["a.b"]`, and the older
    /// `ingress.0.cidr_blocks`.
    ///
    /// # Errors
    ///
    /// [`AttributePathError::Text`] for any other text. It is not repeated: messages are observed, not written.
    ///
    /// ```
    /// use drift_model::FieldPath;
    ///
    /// let path = FieldPath::from_attribute_text(r#"ingress[0].tags["a/b"]"#)?;
    /// assert_eq!(path.to_string(), "/ingress/0/tags/a~1b");
    /// # Ok::<(), drift_model::AttributePathError>(())
    /// ```
    pub fn from_attribute_text(text: &str) -> Result<Self, AttributePathError> {
        let mut path = Vec::new();
        let mut rest = text;
        loop {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at_checked(end).ok_or(AttributePathError::Text)?;
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
                return Err(AttributePathError::Text);
            }
            path.push(Step::field(name));
            rest = after;
            while let Some(inner) = rest.strip_prefix('[') {
                let (step, after) = bracketed(inner).ok_or(AttributePathError::Text)?;
                path.push(step);
                rest = after;
            }
            if rest.is_empty() {
                return Ok(path.into_iter().collect());
            }
            rest = rest.strip_prefix('.').ok_or(AttributePathError::Text)?;
        }
    }
}

/// What stands between brackets, and what follows them.
fn bracketed(inner: &str) -> Option<(Step, &str)> {
    if inner.starts_with('"') {
        let mut stream = serde_json::Deserializer::from_str(inner).into_iter::<String>();
        let name = stream.next()?.ok()?;
        let rest = inner.get(stream.byte_offset()..)?.strip_prefix(']')?;
        return Some((Step::field(name), rest));
    }
    let (number, rest) = inner.split_once(']')?;
    Some((Step::Index(decimal(number)?), rest))
}

/// The step to an item that has all of these keys, each with a scalar; `None` for any other.
///
/// For [`FieldPath::from_pointer`], where a list is known to have such keys.
#[must_use]
pub fn item_step(item: &Value, keys: &[&str]) -> Option<Step> {
    let values = keys.iter().map(|key| {
        let value = item.get(key)?;
        (!value.is_object() && !value.is_array()).then_some((*key, value))
    });
    let values: Vec<_> = values.collect::<Option<_>>()?;
    (!values.is_empty()).then(|| Step::key(values))
}

/// What is no attribute path. The path itself is left out: it may hold values of the document.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributePathError {
    /// It is no list.
    #[error("expected a list of steps such as `[\"ingress\", 0, \"cidr_blocks\"]`")]
    NoList,
    /// A number among the steps is no position.
    #[error("expected a whole number from 0 on as the position in a list")]
    Position,
    /// The text is no attribute path.
    #[error("expected an attribute such as `ingress[0].cidr_blocks` or `tags[\"a.b\"]`")]
    Text,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_a_name_in_a_map_and_a_position_in_a_list() {
        let document = json!({"0": [{"1": [10, 11]}]});
        let path: FieldPath = "/0/0/1/1".parse().unwrap();
        let elements: Vec<_> = path.elements(&document).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(elements, ["f:0", "i:0", "f:1", "i:1"]);
        assert_eq!(path.attribute_path(&document), Some(vec![json!("0"), json!(0), json!("1"), json!(1)]));
        // Where the document ends, nobody can tell.
        assert_eq!(path.elements(&json!({"0": "text"})), None);
        assert_eq!(path.attribute_path(&json!({})), None);
    }

    #[test]
    fn a_key_that_two_items_have_names_neither() {
        let document = json!([{"name": "a"}, {"name": "a"}, {"name": "b"}]);
        let path = |pointer: &'static str| {
            let pointer = Pointer::from_static(pointer);
            FieldPath::from_pointer(pointer, &document, |_, item| item_step(item, &["name"]))
        };
        let told: Vec<_> = ["/0", "/1", "/2"].map(|pointer| path(pointer).unwrap().to_string()).into();
        assert_eq!(told, ["/[name=a]", "/1", "/[name=b]"]);
        for pointer in ["/3", "/-", "/00", "/0/missing", "/0/name/deeper"] {
            assert_eq!(path(pointer), None, "{pointer}");
        }
    }

    #[test]
    fn the_elements_of_sets_are_told_from_positions_and_names() {
        let document = json!({"groups": ["sg-1", "sg-2"], "ingress": [{"port": 80}], "ports": [80]});
        for (path, steps) in [
            ("/groups/[=sg-2]", Some(json!(["groups", "sg-2"]))),
            ("/groups/1", Some(json!(["groups", 1]))),
            ("/ports/[=80]", None),
        ] {
            let path: FieldPath = path.parse().unwrap();
            let written = path.attribute_path(&document).map(Value::from);
            assert_eq!(written, steps, "{path}");
            if let Some(steps) = steps {
                assert_eq!(FieldPath::from_attribute_path(&steps, &document), Ok(path));
            }
        }
        let whole = json!(["ingress", {"port": 80}]);
        let path = FieldPath::from_attribute_path(&whole, &document).unwrap();
        assert_eq!(path.resolve(&document).unwrap().as_str(), "/ingress/0");
        assert_eq!(path.attribute_path(&document).map(Value::from), Some(whole));
        let keyed: FieldPath = "/ingress/[port=80]/port".parse().unwrap();
        assert_eq!(keyed.attribute_path(&document).map(Value::from), Some(json!(["ingress", 0, "port"])));
    }

    #[test]
    fn what_is_no_attribute_path_is_refused_without_repeating_it() {
        for steps in [json!("CANARY"), json!({}), json!(["a", -1]), json!(["a", 1.5])] {
            let error = FieldPath::from_attribute_path(&steps, &Value::Null).unwrap_err();
            assert!(!error.to_string().contains("CANARY"));
        }
        for text in ["", ".", "a.", ".a", "a[", "a[]", "a[x]", "a[01]", "a[0]b", "a[\"x]", "a b", "a[\"x\"", "a..b"] {
            assert_eq!(FieldPath::from_attribute_text(text), Err(AttributePathError::Text), "{text}");
        }
        let same = ["ingress[0].cidr_blocks", "ingress.0.cidr_blocks", "ingress[0][\"cidr_blocks\"]"];
        for text in same {
            assert_eq!(FieldPath::from_attribute_text(text).unwrap().to_string(), "/ingress/0/cidr_blocks");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![(0..3_i64).prop_map(Value::from), "[ab]".prop_map(Value::from), Just(json!(null))];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::btree_map("[a-c]|name|[01]|~/", inner.clone(), 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
            ]
        })
    }

    /// The pointers of all places of a document.
    fn places(value: &Value, here: &mut jsonptr::PointerBuf, found: &mut Vec<jsonptr::PointerBuf>) {
        found.push(here.clone());
        let children: Vec<(String, &Value)> = match value {
            Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), value)).collect(),
            Value::Array(items) => items.iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect(),
            _ => Vec::new(),
        };
        for (token, child) in children {
            here.push_back(token);
            places(child, here, found);
            here.pop_back();
        }
    }

    proptest! {
        #[test]
        fn every_form_leads_back_to_the_same_place(document in json()) {
            let mut pointers = Vec::new();
            places(&document, &mut jsonptr::PointerBuf::new(), &mut pointers);
            for pointer in pointers {
                for by_value in [false, true] {
                    let known_by = |_: &FieldPath, item: &Value| {
                        item_step(item, &["name"]).or_else(|| by_value.then(|| Step::item(item)))
                    };
                    let path = FieldPath::from_pointer(&pointer, &document, known_by).unwrap();
                    prop_assert_eq!(path.resolve(&document), Some(pointer.clone()));
                    let elements = path.elements(&document).unwrap();
                    prop_assert_eq!(FieldPath::from_elements(&elements), Some(path.clone()));
                    let printed: Vec<PathElement> =
                        elements.iter().map(|element| element.to_string().parse().unwrap()).collect();
                    prop_assert_eq!(&printed, &elements);
                    if let Some(steps) = path.attribute_path(&document) {
                        let read = FieldPath::from_attribute_path(&Value::from(steps), &document).unwrap();
                        prop_assert_eq!(read.resolve(&document), Some(pointer.clone()));
                    } else {
                        prop_assert!(by_value, "{} has an attribute path", path);
                    }
                }
            }
        }

        #[test]
        fn no_text_makes_reading_panic(text in "\\PC{0,12}|[a-c.\\[\\]\"0-9]{0,12}") {
            if let Ok(path) = FieldPath::from_attribute_text(&text) {
                prop_assert!(!path.is_root());
            }
        }
    }
}
