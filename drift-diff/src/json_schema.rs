//! JSON Schema of what cannot derive it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::equivalence::Same;

impl JsonSchema for Same {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Same".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::Same").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Self::WORDS })
    }
}

/// Any value, in words that a custom resource definition knows, too.
pub(crate) fn any(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "DEFAULT: the value that absence stands for. FLOATING: the word that is resolved.",
        "x-kubernetes-preserve-unknown-fields": true,
    })
}
