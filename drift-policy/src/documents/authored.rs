//! The `spec`s of tables and exceptions as they are written: plain types for whoever keeps them in a custom resource.
//!
//! An engine does not run on these. It reads documents, through [`Policy::read`](crate::Policy::read), which says
//! everything that is wrong with them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use drift_model::{
    Action, ChangeKind, Disposition, DriftClass, Existence, Obligation, OwnerKind, Recommend, Relation, Risk, Span,
    Timestamp, Verdict,
};
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

specs! {
    /// Who hears of what: `spec` of an `AlertRouting`.
    pub struct AlertRoutingSpec {
        /// The routes; the first that takes a finding decides, and the last takes every one.
        pub routes: Vec<RouteSpec>,
    }

    /// A route.
    pub struct RouteSpec {
        /// The name by which traces call the route; its place if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub id: Option<String>,
        /// What it asks, one value a key; nothing at all takes every finding.
        #[serde(rename = "match")]
        pub matches: BTreeMap<String, String>,
        /// Who hears of it; `$owner` stands for the finding's owner.
        pub notify: Vec<String>,
        /// Does it open an incident?
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub create_incident: Option<bool>,
        /// Does it open an issue?
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub create_issue: Option<bool>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub because: Option<String>,
    }

    /// How much drift is tolerated: `spec` of a `DriftBudget`.
    pub struct DriftBudgetSpec {
        /// A label, or a domain by its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub domain: Option<String>,
        /// What it is about; the columns are those of a rule's `when`.
        #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
        pub matches: Option<WhenSpec>,
        /// How many may be open at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub max_open: Option<u32>,
        /// How old an open one may be, counted from its detection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub max_age: Option<Span>,
        /// Within what time of the change it is detected.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub detect_within: Option<Span>,
        /// Within what time of the detection it has a class.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub classify_within: Option<Span>,
        /// Within what time of the detection it is settled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reconcile_within: Option<Span>,
        /// The share of findings that must keep each of the three: `99%`, `99.95%`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub objective: Option<String>,
        /// How far back findings count that are settled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub window: Option<Span>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub because: Option<String>,
    }

    /// What the policy is expected to say: `spec` of a `DriftPolicyTest`.
    pub struct DriftPolicyTestSpec {
        /// The cases.
        pub cases: Vec<CaseSpec>,
    }

    /// A case of a `DriftPolicyTest`.
    pub struct CaseSpec {
        /// The name, as a claim.
        pub name: String,
        /// What is known.
        pub given: GivenSpec,
        /// What is expected; what is left out is not checked.
        pub expect: ExpectSpec,
    }

    /// What is known: an observation, or a resource with its changes; and facts beside it.
    pub struct GivenSpec {
        /// An observation, as it is written elsewhere.
        #[cfg_attr(feature = "schemars", schemars(schema_with = "super::json_schema::any"))]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub observation: Option<Value>,
        /// A resource, as it is written elsewhere, or as people write it.
        #[cfg_attr(feature = "schemars", schemars(schema_with = "super::json_schema::any"))]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resource: Option<Value>,
        /// How the resource exists; what its changes say if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub existence: Option<Existence>,
        /// Facts.
        #[cfg_attr(feature = "schemars", schemars(schema_with = "super::json_schema::facts"))]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub facts: Option<BTreeMap<String, Value>>,
        /// Changes of the resource; one somewhere if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub changes: Option<Vec<ChangeSpec>>,
        /// The moment for which all of this holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub now: Option<Timestamp>,
    }

    /// A change of a resource.
    pub struct ChangeSpec {
        /// Where, by key.
        pub path: String,
        /// What happened; CHANGED if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub kind: Option<ChangeKind>,
        /// Which planes agree; what is usual for the disposition if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub relation: Option<Relation>,
        /// What it amounts to; DRIFT if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub disposition: Option<Disposition>,
        /// Who owns the path; GIT if left out, a controller for what is OWNED_BY.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub owner: Option<OwnerKind>,
        /// The owner by name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub owner_name: Option<String>,
        /// The rule that excuses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rule: Option<String>,
        /// Does an undeclared change count as drift?
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub counted: Option<bool>,
    }

    /// What is expected.
    pub struct ExpectSpec {
        /// The answer in one word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub verdict: Option<Verdict>,
        /// The class.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub class: Option<DriftClass>,
        /// The risk.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub risk: Option<Risk>,
        /// The label of the taxonomy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub domain: Option<String>,
        /// The action.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub action: Option<Action>,
        /// The decision by name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub recommend: Option<Recommend>,
        /// May a machine do it alone?
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub auto_heal_allowed: Option<bool>,
        /// The rule of the decision table.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rule: Option<String>,
        /// Gates that refuse, all of these; an empty list says that none does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub refused_by: Option<Vec<String>>,
        /// What must be done besides, all of these; an empty list says that nothing must.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub obligations: Option<Vec<Obligation>>,
        /// Who must agree, all of these; an empty list says that nobody must.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub approvers: Option<Vec<String>>,
        /// Within what time of its detection it must be reconciled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reconcile_within: Option<Span>,
        /// Who hears of it, all of these; an empty list says that nobody does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub routes: Option<Vec<String>>,
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
