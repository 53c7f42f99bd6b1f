//! JSON Schema of the types that are text on the wire. What is a struct derives its own.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::path::FieldPath;
use crate::pattern::PathPattern;
use crate::resource::System;
use crate::time::{Span, Timestamp};
use crate::unit::Frequency;

macro_rules! text_schemas {
    ($( $Type:ident, $pattern:literal, $description:literal; )+) => { $(
        impl JsonSchema for $Type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($Type).into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($Type)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
            }
        }
    )+ };
}

text_schemas! {
    FieldPath, r"^(/[\s\S]*)?$", "A path such as `/spec/containers/[name=app]/image`.";
    Frequency, "^(hourly|daily|weekly|[0-9]+[smhdwy])$", "`hourly`, `daily`, `weekly`, or a duration such as `15m`.";
    PathPattern, r"^(/[\s\S]*)?$", "A path pattern such as `/spec/containers/*/image` or `/metadata/**`.";
    Span, "^[0-9]+[smhdwy]$", "A duration such as `90s`, `15m`, `4h`, `7d`, `4w` or `1y`.";
    System, r"^(KUBERNETES|OPENTOFU|TERRAFORM|ARGOCD|FLUX|AWS|DATABASE|GENERIC(:[\s\S]*)?)$",
        "A system, `GENERIC:name` for any other.";
    Timestamp, "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9:]+))?$", "RFC 3339, or a date.";
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;
    use serde_json::json;

    use crate::{DriftManagedUnit, Risk};

    #[test]
    fn a_vocabulary_is_its_words() {
        let schema = schema_for!(Risk);
        assert_eq!(schema.get("enum"), Some(&json!(["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"])));
    }

    #[test]
    fn the_schema_of_a_unit_asks_for_what_the_unit_needs() {
        let schema = schema_for!(DriftManagedUnit);
        let required = json!(["type", "owner", "environment", "riskTier", "source", "schedule"]);
        assert_eq!(schema.get("required"), Some(&required));
        assert_eq!(schema.get("additionalProperties"), Some(&json!(false)));
        let frequency = schema.pointer("/$defs/UnitSchedule/properties/frequency/pattern");
        assert_eq!(frequency, Some(&json!("^(hourly|daily|weekly|[0-9]+[smhdwy])$")));
    }
}
