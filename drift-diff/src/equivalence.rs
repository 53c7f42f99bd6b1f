//! Equivalences: named senses in which two different values mean the same.
//!
//! Nothing is rewritten. Where two values differ, the rules that hold at that place are asked, each by itself, and the one
//! that says "the same" is named in the change. Every sense is symmetric; whether it is transitive, [`Same::is_transitive`]
//! says.

mod arn;
mod base64;
mod cidr;
mod collection;
mod duration;
mod equal;
mod generated;
mod iam_policy;
mod json_text;
mod number;
mod protocol;
mod quantity;
mod text;
mod timestamp;
mod version;

use std::fmt;
use std::str::FromStr;

use drift_model::UnknownWord;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

pub(crate) use self::arn::{account, account_of_a_name};
pub(crate) use self::collection::is_empty;
pub use self::equal::{Equality, equal, equal_or_absent};
pub(crate) use self::iam_policy::is_policy;
pub use self::quantity::{Quantity, QuantityError, QuantityFormat};

macro_rules! senses {
    ($( $(#[$meta:meta])* $Variant:ident = $word:literal, $rule:literal, transitive: $transitive:literal; )+) => {
        /// The senses in which two values can be the same: `same` of an `EquivalenceRule`.
        ///
        /// Values that are [`equal`] are the same in every sense; what each sense adds stands beside it. What a sense does not
        /// speak of differs: no sense makes a number equal a string, or absence equal a value, unless it says so.
        ///
        /// ```
        /// use drift_diff::{Parameters, Same};
        /// use serde_json::json;
        ///
        /// let none = Parameters::default();
        /// assert!(Same::Quantity.holds(Some(&json!("1000m")), Some(&json!(1)), &none));
        /// assert!(!Same::Duration.holds(Some(&json!("1000m")), Some(&json!(1)), &none));
        /// assert_eq!(Same::Quantity.rule(), "kubernetes/quantity/1");
        /// # Ok::<(), drift_model::UnknownWord>(())
        /// ```
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[expect(clippy::exhaustive_enums, reason = "a closed vocabulary: a new word must be thought about everywhere")]
        pub enum Same {
            $( $(#[$meta])* $Variant, )+
        }

        impl Same {
            /// Every sense, in the order of this page.
            pub const ALL: &'static [Self] = &[ $( Self::$Variant, )+ ];
            /// Every word, in the same order.
            pub const WORDS: &'static [&'static str] = &[ $( $word, )+ ];

            /// The word on the wire.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( Self::$Variant => $word, )+ }
            }

            /// The name and version by which a change calls this sense: `kubernetes/quantity/1`. The version grows when the
            /// sense begins to say something else of some two values.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self { $( Self::$Variant => $rule, )+ }
            }

            /// Do two values that are the same as a third always be the same as each other? Otherwise three planes have to
            /// be compared pair by pair.
            #[must_use]
            pub const fn is_transitive(self) -> bool {
                match self { $( Self::$Variant => $transitive, )+ }
            }

            fn from_word(text: &str) -> Option<Self> {
                match text { $( $word => Some(Self::$Variant), )+ _ => None }
            }
        }
    };
}

senses! {
    /// Kubernetes quantities of the same value: `1000m`, `"1"` and `1`. See [`Quantity`].
    Quantity = "QUANTITY", "kubernetes/quantity/1", transitive: true;
    /// Texts of the same duration, as Go reads them: `8760h` and `8760h0m0s`. Numbers are no durations.
    Duration = "DURATION", "core/duration/1", transitive: true;
    /// An integer and its decimal text: `80` and `"80"`. Not `"080"`, not `"25%"`.
    IntOrString = "INT_OR_STRING", "core/int-or-string/1", transitive: true;
    /// A number and any JSON text of it: `1`, `1.0`, `"1.0"`, `"1e0"`. Not `"01"`, not `"+1"`.
    NumberFormat = "NUMBER_FORMAT", "core/number-format/1", transitive: true;
    /// A boolean and its text: `true`, `"true"`, `"True"`, `"TRUE"`, `"1"`. Not `"yes"`, and not the number `1`.
    BoolOrString = "BOOL_OR_STRING", "core/bool-or-string/1", transitive: true;
    /// A value that is no text, and a JSON text of it: `40` and `"40.0"`, `true` and `"true"`, `{"a": 1}` and its text. Not
    /// two texts, however alike: `"1.1"` and `"1.10"` are two versions. That is why it is not transitive.
    ValueOrText = "VALUE_OR_TEXT", "core/value-or-text/1", transitive: false;
    /// Absence, `null`, `""`, `[]` and `{}`. Not `0`, not `false`, not `{"a": {}}`.
    EmptyAbsent = "EMPTY_ABSENT", "core/empty-absent/1", transitive: true;
    /// A value and the list that holds it alone: `"a"` and `["a"]`.
    ScalarOrList = "SCALAR_OR_LIST", "core/scalar-or-list/1", transitive: true;
    /// Lists of the same items, whatever their order and repetition.
    Set = "SET", "core/set/1", transitive: true;
    /// Lists of the same objects in any order, each known by its `keys`. Not where an item lacks a key or two have the same.
    Keyed = "KEYED", "core/keyed/1", transitive: true;
    /// Strings that are JSON objects or arrays, and are equal as such. Not where a name is repeated in one of them.
    JsonText = "JSON_TEXT", "core/json-text/1", transitive: true;
    /// Strings that differ in white space at the ends of lines, in line ends, and in empty lines at the end alone.
    YamlFreeText = "YAML_FREE_TEXT", "core/yaml-free-text/1", transitive: true;
    /// Texts of which one has a `?` for each character beyond ASCII in the other. Not transitive: `?` stands for any.
    AsciiOnly = "ASCII_ONLY", "core/ascii-only/1", transitive: false;
    /// IAM policy documents, as JSON or as text, that say the same. Wildcards are left as they are.
    IamPolicy = "IAM_POLICY", "aws/iam-policy/1", transitive: true;
    /// Texts of the same block of addresses: `10.1.2.3/8` and `10.0.0.0/8`; an address is its block of one.
    Cidr = "CIDR", "core/cidr/1", transitive: true;
    /// Names and numbers of network protocols, in any case: `tcp`, `TCP` and `6`. Words that name no protocol differ.
    Protocol = "PROTOCOL", "core/protocol/1", transitive: true;
    /// Strings that differ in ASCII case alone.
    Case = "CASE", "core/case/1", transitive: true;
    /// An ARN and the name of the resource in it; a log group's ARN with and without its streams. Not transitive: a name is in
    /// many ARNs.
    ArnOrName = "ARN_OR_NAME", "aws/arn-or-name/1", transitive: false;
    /// Strings that differ in one dot at the end alone: `example.com.` and `example.com`.
    TrailingDot = "TRAILING_DOT", "core/trailing-dot/1", transitive: true;
    /// A text and its base64, or two spellings of the same base64. Not transitive: base64 has a base64, too.
    Base64 = "BASE64", "core/base64/1", transitive: false;
    /// RFC 3339 texts of the same instant. Numbers are no times.
    Timestamp = "TIMESTAMP", "core/timestamp/1", transitive: true;
    /// A text or number where the other is left out: the system made it up. Not transitive: two made-up values differ.
    Generated = "GENERATED", "core/generated/1", transitive: false;
    /// A value where the other side says nothing: what is accepted and never answered. Two values that are both given are
    /// not the same. Not transitive: absence stands beside any value.
    NotReadBack = "NOT_READ_BACK", "core/not-read-back/1", transitive: false;
    /// The word that is the rule's `value`, such as `LATEST`, and what the system resolves it to. Not transitive: it is
    /// resolved to one thing today, and to another tomorrow.
    Floating = "FLOATING", "core/floating/1", transitive: false;
    /// A version and a version of its series: `5.7` and `5.7.44`. Not transitive: two versions of a series differ. The side
    /// that says less must be the declared one for this to be harmless, so a rule should be written for one path at a time.
    VersionPrefix = "VERSION_PREFIX", "core/version-prefix/1", transitive: false;
    /// Absence and the `value` of the rule.
    Default = "DEFAULT", "core/default/1", transitive: true;
}

/// What a rule adds to the sense it names.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "made with `..Parameters::default()`")]
pub struct Parameters<'r> {
    /// [`Same::Keyed`]: the names of the key fields.
    pub keys: &'r [String],
    /// [`Same::Default`]: the value that absence stands for. [`Same::Floating`]: the word that is resolved.
    pub value: Option<&'r Value>,
}

impl Same {
    /// Are these two the same in this sense? `None` is absence. Symmetric, total, and true of values that are [`equal`].
    #[must_use]
    pub fn holds(self, a: Option<&Value>, b: Option<&Value>, with: &Parameters<'_>) -> bool {
        if equal_or_absent(a, b).is_same() {
            return true;
        }
        match self {
            Self::EmptyAbsent => return collection::is_empty(a) && collection::is_empty(b),
            Self::Generated => return generated::same(a, b),
            Self::NotReadBack => return generated::not_read_back(a, b),
            Self::Default => {
                let absent = |value: Option<&Value>| value.is_none_or(Value::is_null);
                let default = |value: Option<&Value>| matches!((value, with.value), (Some(value), Some(default)) if equal(value, default).is_same());
                return absent(a) && default(b) || absent(b) && default(a);
            }
            Self::Quantity
            | Self::Duration
            | Self::IntOrString
            | Self::NumberFormat
            | Self::BoolOrString
            | Self::ValueOrText
            | Self::ScalarOrList
            | Self::Set
            | Self::Keyed
            | Self::JsonText
            | Self::YamlFreeText
            | Self::AsciiOnly
            | Self::IamPolicy
            | Self::Cidr
            | Self::Protocol
            | Self::Case
            | Self::ArnOrName
            | Self::TrailingDot
            | Self::Base64
            | Self::Timestamp
            | Self::Floating
            | Self::VersionPrefix => {}
        }
        let (Some(a), Some(b)) = (a, b) else { return false };
        match self {
            // Answered above.
            Self::EmptyAbsent | Self::Generated | Self::NotReadBack | Self::Default => false,
            Self::Quantity => quantity::same(a, b),
            Self::Duration => duration::same(a, b),
            Self::IntOrString => number::same_integer(a, b),
            Self::NumberFormat => number::same_number(a, b),
            Self::BoolOrString => number::same_boolean(a, b),
            Self::ValueOrText => json_text::same_value_or_text(a, b),
            Self::ScalarOrList => collection::same_scalar_or_list(a, b),
            Self::Set => collection::same_set(a, b),
            Self::Keyed => collection::same_keyed(a, b, with.keys),
            Self::JsonText => json_text::same(a, b),
            Self::YamlFreeText => text::same_free_text(a, b),
            Self::AsciiOnly => text::same_but_for_lost_characters(a, b),
            Self::IamPolicy => iam_policy::same(a, b),
            Self::Cidr => cidr::same(a, b),
            Self::Protocol => protocol::same(a, b),
            Self::Case => text::same_but_for_case(a, b),
            Self::ArnOrName => arn::same_resource(a, b),
            Self::TrailingDot => text::same_but_for_trailing_dot(a, b),
            Self::Base64 => base64::same(a, b),
            Self::Timestamp => timestamp::same(a, b),
            Self::Floating => with.value.is_some_and(|word| generated::floats(a, b, word)),
            Self::VersionPrefix => version::same_series(a, b),
        }
    }
}

impl fmt::Display for Same {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Same {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::from_word(text).ok_or_else(|| UnknownWord::new("sense", text, Self::WORDS))
    }
}

impl Serialize for Same {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Same {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Word)
    }
}

/// Reads the word, without ever repeating what was read.
struct Word;

impl de::Visitor<'_> for Word {
    type Value = Same;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a sense: one of `{}`", Same::WORDS.join("`, `"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Same, E> {
        Same::from_word(text)
            .ok_or_else(|| E::custom(format_args!("unknown sense, expected one of `{}`", Same::WORDS.join("`, `"))))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Any small JSON value, with few enough names and scalars that two of them meet.
    pub(crate) fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0_i64..3).prop_map(Value::from),
            (0_i32..3).prop_map(|whole| Value::from(f64::from(whole))),
            "[ab]{0,1}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::vec(("[abc]", inner), 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Something like an IAM policy.
    fn policy() -> impl Strategy<Value = Value> {
        let member = prop_oneof![
            Just("Effect"),
            Just("Action"),
            Just("Resource"),
            Just("Principal"),
            Just("Condition"),
            Just("Sid")
        ];
        let statement = proptest::collection::vec((member.prop_map(str::to_owned), json_value()), 0..4)
            .prop_map(|members| Value::Object(members.into_iter().collect()));
        proptest::collection::vec(statement, 0..3).prop_map(|statements| json!({"Statement": statements}))
    }

    /// The same value with one more member that is `null` in each object.
    fn with_nulls(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(with_nulls).collect(),
            Value::Object(map) => {
                let members = map.iter().map(|(name, value)| (name.clone(), with_nulls(value)));
                Value::Object(members.chain([("none".to_owned(), Value::Null)]).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    /// Values among which every sense finds something to say.
    fn pool() -> Vec<Option<Value>> {
        let texts = [
            "",
            "0",
            "-0",
            "1",
            "1.0",
            "1e0",
            "01",
            "1000m",
            "1k",
            "1e3",
            "1000",
            "1Ki",
            "1024",
            "true",
            "True",
            "false",
            "1h",
            "60m",
            "1h0m",
            "0s",
            "a",
            "A",
            "a.",
            "a..",
            ".",
            "YQ==",
            "YQ",
            "WVE9PQ==",
            "WVE9PQ",
            "5.7",
            "5.7.1",
            "5.7.2",
            "5",
            "a\n",
            "a \n",
            "10.0.0.0/8",
            "10.1.1.1/8",
            "10.0.0.0",
            "10.0.0.0/32",
            "::/0",
            "::1/0",
            "2026-07-03",
            "2026-07-03T00:00:00Z",
            "2026-07-03T02:00:00+02:00",
            "arn:aws:iam::1:role/a",
            "arn:aws:iam::2:role/a",
            "role/a",
            "[]",
            " []",
            "[1]",
            "[1.0]",
            "{\"a\":1}",
            "{ \"a\":1,\"b\":null}",
            "{\"Statement\":{\"Effect\":\"Allow\"}}",
            "null",
            "25%",
            "default",
            "e?",
            "eé",
            "eè",
            "tcp",
            "TCP",
            "6",
            "http",
        ];
        let values = [
            json!(null),
            json!(true),
            json!(false),
            json!(0),
            json!(1),
            json!(1.0),
            json!(1000),
            json!(5),
            json!(5.7),
            json!([]),
            json!({}),
            json!([[]]),
            json!([null]),
            json!([1]),
            json!(["a"]),
            json!(["a", "a"]),
            json!(["a", 1]),
            json!([1, "a"]),
            json!([{"name": "a", "x": null}, {"name": "b"}]),
            json!([{"name": "b"}, {"name": "a"}]),
            json!([{"name": "a"}, {"name": "a"}]),
            json!({"a": 1}),
            json!({"a": 1.0, "b": null}),
            json!({"a": {}}),
            json!({"Statement": [{"Effect": "Allow"}]}),
            json!({"Statement": [{"Effect": "Allow", "Condition": {"Bool": null}}]}),
            json!({"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Sid": ""}]}),
        ];
        let texts = texts.into_iter().map(|text| Some(Value::from(text)));
        texts.chain(values.into_iter().map(Some)).chain([None]).collect()
    }

    fn holds(same: Same, a: Option<&Value>, b: Option<&Value>) -> bool {
        same.holds(a, b, &Parameters { keys: &["name".to_owned()], value: Some(&json!("default")) })
    }

    #[test]
    fn every_word_of_the_wire_is_known_and_prints_as_itself() {
        let words = "QUANTITY, DURATION, INT_OR_STRING, NUMBER_FORMAT, BOOL_OR_STRING, VALUE_OR_TEXT, EMPTY_ABSENT, SCALAR_OR_LIST, SET, \
                     KEYED, JSON_TEXT, YAML_FREE_TEXT, ASCII_ONLY, IAM_POLICY, CIDR, PROTOCOL, CASE, ARN_OR_NAME, TRAILING_DOT, \
                     BASE64, TIMESTAMP, GENERATED, NOT_READ_BACK, FLOATING, VERSION_PREFIX, DEFAULT";
        assert_eq!(words.split(", ").collect::<Vec<_>>(), Same::WORDS);
        for (same, word) in Same::ALL.iter().zip(Same::WORDS) {
            assert_eq!(word.parse(), Ok(*same));
            assert_eq!(serde_json::to_value(same).unwrap(), json!(word));
            assert_eq!(serde_json::from_value::<Same>(json!(word)).unwrap(), *same);
            assert!(same.rule().ends_with("/1") && same.rule().split('/').count() == 3, "{same}");
        }
    }

    #[test]
    fn a_word_that_is_not_known_is_not_repeated() {
        let error = serde_json::from_value::<Same>(json!("hunter2-secret")).unwrap_err().to_string();
        assert!(
            error.starts_with("unknown sense, expected one of `QUANTITY`") && !error.contains("hunter2"),
            "{error}"
        );
        let error = "QUANTITIY".parse::<Same>().unwrap_err().to_string();
        assert_eq!(error, "unknown sense `QUANTITIY`; did you mean `QUANTITY`?");
    }

    #[test]
    fn every_sense_is_symmetric_and_true_of_equal_values_and_says_something() {
        let pool = pool();
        for same in Same::ALL {
            let mut said = 0_usize;
            for a in &pool {
                for b in &pool {
                    let (a, b) = (a.as_ref(), b.as_ref());
                    let answer = holds(*same, a, b);
                    assert_eq!(answer, holds(*same, b, a), "{same} {a:?} {b:?}");
                    let equal = equal_or_absent(a, b).is_same();
                    assert!(answer || !equal, "{same} {a:?} {b:?}");
                    said += usize::from(answer && !equal);
                }
            }
            assert!(said > 0, "{same} never says anything");
        }
    }

    #[test]
    fn a_sense_is_transitive_where_it_says_so_and_only_there() {
        let pool = pool();
        for same in Same::ALL {
            let mut broken = None;
            for a in &pool {
                for b in pool.iter().filter(|b| holds(*same, a.as_ref(), b.as_ref())) {
                    for c in pool.iter().filter(|c| holds(*same, b.as_ref(), c.as_ref())) {
                        if !holds(*same, a.as_ref(), c.as_ref()) {
                            broken = Some((a, b, c));
                        }
                    }
                }
            }
            assert_eq!(broken.is_none(), same.is_transitive(), "{same} {broken:?}");
        }
    }

    #[test]
    fn only_four_senses_speak_of_absence() {
        for same in Same::ALL {
            let speaks =
                pool().iter().any(|b| b.as_ref().is_some_and(|b| !b.is_null()) && holds(*same, None, b.as_ref()));
            let expected = matches!(same, Same::EmptyAbsent | Same::Generated | Same::NotReadBack | Same::Default);
            assert_eq!(speaks, expected, "{same}");
        }
    }

    proptest! {
        #[test]
        fn every_sense_is_an_equivalence_on_any_values_where_it_says_so(
            a in json_value(), b in json_value(), c in json_value(),
        ) {
            for same in Same::ALL {
                let holds = |a: &Value, b: &Value| holds(*same, Some(a), Some(b));
                prop_assert!(holds(&a, &a));
                prop_assert_eq!(holds(&a, &b), holds(&b, &a));
                if same.is_transitive() && holds(&a, &b) && holds(&b, &c) {
                    prop_assert!(holds(&a, &c), "{same}");
                }
            }
        }

        #[test]
        fn no_sense_sees_a_difference_between_equal_values(
            a in prop_oneof![json_value(), policy()], b in prop_oneof![json_value(), policy()],
        ) {
            let spelled_otherwise = with_nulls(&a);
            prop_assert!(equal(&a, &spelled_otherwise).is_same());
            for same in Same::ALL {
                for other in [&a, &b] {
                    let holds = |a: &Value| holds(*same, Some(a), Some(other));
                    prop_assert_eq!(holds(&a), holds(&spelled_otherwise), "{} {}", same, other);
                }
                prop_assert_eq!(
                    holds(*same, Some(&a), None), holds(*same, Some(&spelled_otherwise), None), "{} and absence", same
                );
            }
        }

        #[test]
        fn any_texts_get_an_answer(a in any::<String>(), b in any::<String>()) {
            for same in Same::ALL {
                let (a, b) = (json!(a), json!(b));
                prop_assert_eq!(holds(*same, Some(&a), Some(&b)), holds(*same, Some(&b), Some(&a)));
            }
        }
    }
}
