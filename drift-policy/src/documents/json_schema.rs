//! JSON Schema of the documents that people write.

use drift_diff::{EquivalenceRule, IgnoreRule, OwnershipRule};
use drift_model::{DocumentKind, DriftManagedUnit, Metadata};
use schemars::{Schema, SchemaGenerator, json_schema as schema};
use serde_json::Value;

use super::authored::{
    AlertRoutingSpec, DriftBudgetSpec, DriftClassificationSpec, DriftExceptionSpec, DriftPolicyTestSpec,
    DriftTaxonomySpec, ReconciliationPolicySpec,
};
use super::auto_heal::AutoHealPolicy;

/// The JSON Schema (draft 2020-12) of a whole document of a kind, envelope included: for an editor.
///
/// It knows the fields, their types and the closed words. What makes a table total, a rule reachable or a path dangerous is
/// for [`Policy::read`](crate::Policy::read) to say.
///
/// ```
/// use drift_model::DocumentKind;
///
/// let schema = drift_policy::json_schema(DocumentKind::IgnoreRule);
/// assert_eq!(schema.pointer("/properties/kind/const"), Some(&"IgnoreRule".into()));
/// ```
#[must_use]
pub fn json_schema(kind: DocumentKind) -> Schema {
    let mut generator = SchemaGenerator::default();
    let metadata = generator.subschema_for::<Metadata>();
    let spec = match kind {
        DocumentKind::DriftOwnershipRule => generator.subschema_for::<OwnershipRule>(),
        DocumentKind::EquivalenceRule => generator.subschema_for::<EquivalenceRule>(),
        DocumentKind::IgnoreRule => generator.subschema_for::<IgnoreRule>(),
        DocumentKind::DriftTaxonomy => generator.subschema_for::<DriftTaxonomySpec>(),
        DocumentKind::DriftClassification => generator.subschema_for::<DriftClassificationSpec>(),
        DocumentKind::ReconciliationPolicy => generator.subschema_for::<ReconciliationPolicySpec>(),
        DocumentKind::AutoHealPolicy => generator.subschema_for::<AutoHealPolicy>(),
        DocumentKind::DriftException => generator.subschema_for::<DriftExceptionSpec>(),
        DocumentKind::DriftManagedUnit => generator.subschema_for::<DriftManagedUnit>(),
        DocumentKind::DriftBudget => generator.subschema_for::<DriftBudgetSpec>(),
        DocumentKind::AlertRouting => generator.subschema_for::<AlertRoutingSpec>(),
        DocumentKind::DriftPolicyTest => generator.subschema_for::<DriftPolicyTestSpec>(),
    };
    let definitions: Value = generator.take_definitions(true).into();
    schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.word(),
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": false,
        "properties": {
            "apiVersion": { "type": "string", "pattern": "^[^/]+/v[1-9][0-9A-Za-z]*$" },
            "kind": { "const": kind.word() },
            "metadata": metadata,
            "spec": spec,
        },
        "$defs": definitions,
    })
}

/// An object or a text, in words that a custom resource definition knows, too.
pub(super) fn any(_: &mut SchemaGenerator) -> Schema {
    schema!({ "description": "As it is written elsewhere.", "x-kubernetes-preserve-unknown-fields": true })
}

/// Facts by name, each in its own form.
pub(super) fn facts(_: &mut SchemaGenerator) -> Schema {
    schema!({
        "description": "Facts by name.",
        "type": "object",
        "additionalProperties": { "x-kubernetes-preserve-unknown-fields": true },
    })
}
