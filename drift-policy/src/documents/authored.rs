//! The `spec`s of tables and exceptions as they are written: plain types for whoever keeps them in a custom resource.
//!
//! An engine does not run on these. It reads documents, through [`Policy::read`](crate::Policy::read), which says
//! everything that is wrong with them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use drift_model::{DriftClass, Obligation, Recommend, Risk, Span, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::heal_mode::HealMode;
use crate::table::Column;

macro_rules! specs {
    ($(
        $(#[$meta:meta])*
        pub struct $Name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident : $Type:ty, )+
        }
    )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $Name {
            $( $(#[$field_meta])* pub $field: $Type, )+
        }
    )+ };
}

specs! {
    /// What to do: `spec` of a `ReconciliationPolicy`.
    pub struct ReconciliationPolicySpec {
        /// The rules; the first that holds decides.
        pub rules: Vec<DecisionRuleSpec>,
        /// What to do where facts are missing.
        pub on_unknown: RulingSpec,
    }

    /// A rule of a `ReconciliationPolicy`.
    pub struct DecisionRuleSpec {
        /// The name by which traces call the rule.
        pub id: String,
        /// For what it holds.
        pub when: WhenSpec,
        /// What it decides.
        pub decide: RulingSpec,
        /// Why.
        pub because: String,
        /// Who answers for healing in a protected domain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub acknowledge: Option<AcknowledgementSpec>,
    }

    /// What a policy decides.
    pub struct RulingSpec {
        /// What to do, by name.
        pub recommend: Recommend,
        /// May a machine do it alone?
        pub auto_heal: HealMode,
        /// Who must agree.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub approvers: Vec<String>,
        /// What must be done besides what `recommend` implies.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub obligations: Vec<Obligation>,
        /// Until when it must be done, counted from the detection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reconcile_within: Option<Span>,
        /// Where it is written how.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub playbook: Option<String>,
    }

    /// Somebody's word that healing in a protected domain is meant.
    pub struct AcknowledgementSpec {
        /// Who says so.
        pub by: String,
        /// Why.
        pub reason: String,
        /// Until when it holds.
        pub expires: Timestamp,
    }

    /// Which class a change is of: `spec` of a `DriftClassification`.
    pub struct DriftClassificationSpec {
        /// The rules; the first that holds decides.
        pub rules: Vec<ClassificationRuleSpec>,
        /// The class where facts are missing; UNCLASSIFIED if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub on_unknown: Option<ClassifiedSpec>,
    }

    /// A rule of a `DriftClassification`.
    pub struct ClassificationRuleSpec {
        /// The name by which traces call the rule.
        pub id: String,
        /// For what it holds.
        pub when: WhenSpec,
        /// The class.
        pub classify: ClassifiedSpec,
        /// Why.
        pub because: String,
    }

    /// A class, at the taxonomy's risk or at another.
    pub struct ClassifiedSpec {
        /// The class.
        pub class: DriftClass,
        /// The risk, where it is another than the taxonomy's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub risk: Option<Risk>,
    }

    /// Which domain a path belongs to: `spec` of a `DriftTaxonomy`.
    pub struct DriftTaxonomySpec {
        /// The rules; the first that holds decides.
        pub rules: Vec<TaxonomyRuleSpec>,
        /// Labels of one's own, each with the domain that it stands for.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// The taxonomy that is tried after this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub extends: Option<Extends>,
        /// The label where facts are missing; the most protected one of the rules if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub on_unknown: Option<DomainedSpec>,
    }

    /// A rule of a `DriftTaxonomy`.
    pub struct TaxonomyRuleSpec {
        /// The name by which traces call the rule.
        pub id: String,
        /// For what it holds.
        pub when: WhenSpec,
        /// The label, or a domain by its name.
        pub domain: String,
        /// How much is at stake.
        pub risk: Risk,
        /// Why.
        pub because: String,
    }

    /// A label, and how much is at stake.
    pub struct DomainedSpec {
        /// The label, or a domain by its name.
        pub domain: String,
        /// How much is at stake.
        pub risk: Risk,
    }

    /// What is accepted, until when: `spec` of a `DriftException`.
    pub struct DriftExceptionSpec {
        /// What it is about; the columns are those of a rule's `when`.
        #[serde(rename = "match")]
        pub matches: WhenSpec,
        /// Who answers for it.
        pub owner: String,
        /// Why.
        pub reason: String,
        /// Until when it holds.
        pub expires: Timestamp,
    }
}

/// What a taxonomy extends.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "there is one shipped taxonomy")]
pub enum Extends {
    /// The taxonomy that ships with the library.
    Shipped,
}

/// What a rule asks: columns, each with a list of values. None at all matches everything.
///
/// Its schema asks for lists of words where a column is closed, and knows every column. Reading takes one value for a list
/// of one, and leaves it to [`Policy::read`](crate::Policy::read) to say which words are wrong.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
#[expect(clippy::exhaustive_structs, reason = "columns with their values, and nothing else")]
pub struct WhenSpec(pub BTreeMap<String, ValuesSpec>);

/// The values of a column.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
#[expect(clippy::exhaustive_structs, reason = "a list of values, and nothing else")]
pub struct ValuesSpec(pub Vec<String>);

impl<'de> Deserialize<'de> for ValuesSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;

        impl<'de> Visitor<'de> for Values {
            type Value = ValuesSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ValuesSpec, E> {
                Ok(ValuesSpec(vec![text.to_owned()]))
            }

            fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<ValuesSpec, E> {
                Ok(ValuesSpec(vec![flag.to_string()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ValuesSpec, A::Error> {
                let mut values = Vec::new();
                while let Some(Word(word)) = items.next_element()? {
                    values.push(word);
                }
                Ok(ValuesSpec(values))
            }
        }
        deserializer.deserialize_any(Values)
    }
}

/// One value: text, or `true` and `false` as their words.
struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;

        impl Visitor<'_> for One {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }

            fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Word, E> {
                Ok(Word(flag.to_string()))
            }
        }
        deserializer.deserialize_any(One)
    }
}

impl JsonSchema for WhenSpec {
    fn schema_name() -> Cow<'static, str> {
        "WhenSpec".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::WhenSpec").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let columns = Column::ALL.iter().map(|column| {
            let mut items = Map::from_iter([("type".to_owned(), Value::from("string"))]);
            if let Some(words) = column.closed_words() {
                items.insert("enum".to_owned(), words.into());
            }
            let schema = serde_json::json!({"type": "array", "minItems": 1, "items": items});
            (column.name().to_owned(), schema)
        });
        json_schema!({
            "type": "object",
            "description": "Columns, each with a list of values that it may have. None at all matches everything.",
            "properties": columns.collect::<Map<_, _>>(),
            "additionalProperties": false,
        })
    }
}
