//! The kinds of document that people write, one file a kind: what each must say, read into what the library works with.
//!
//! Nothing stops at the first problem. Each reader asks for everything that should be there, and what is missing or wrong
//! is reported with its place.

#[cfg(feature = "schemars")]
mod authored;
mod auto_heal;
mod beside;
mod budget;
mod classification;
mod exception;
mod exposing;
mod field_rules;
mod heal_mode;
#[cfg(feature = "schemars")]
mod json_schema;
mod policy_test;
mod reader;
mod reconciliation;
mod routing;
mod rules;
mod taxonomy;
mod unit;

use drift_diff::{EquivalenceRule, IgnoreRule, OwnershipRule};
use drift_model::{DocumentKind, DriftManagedUnit, Timestamp, is_api_version};

#[cfg(feature = "schemars")]
pub use self::authored::{
    AcknowledgementSpec, AlertRoutingSpec, CaseSpec, ChangeSpec, ClassificationRuleSpec, ClassifiedSpec,
    DecisionRuleSpec, DomainedSpec, DriftBudgetSpec, DriftClassificationSpec, DriftExceptionSpec, DriftPolicyTestSpec,
    DriftTaxonomySpec, ExpectSpec, Extends, GivenSpec, ReconciliationPolicySpec, RouteSpec, RulingSpec,
    TaxonomyRuleSpec, ValuesSpec, WhenSpec,
};
pub use self::auto_heal::{AppliesTo, AutoHealPolicy, HealSuspension, NamespaceSelector};
pub(crate) use self::beside::{contradictions, protected_kinds};
pub use self::budget::{DriftBudget, Share, ShareError};
pub use self::classification::Classified;
pub use self::exception::DriftException;
pub use self::heal_mode::HealMode;
#[cfg(feature = "schemars")]
pub use self::json_schema::json_schema;
pub(crate) use self::policy_test::given_of;
use self::reader::{Fields, Reader};
pub(crate) use self::reader::{Findings, quote};
pub use self::reconciliation::{Acknowledgement, Ruling};
pub use self::routing::Route;
pub(crate) use self::routing::{column_of, key_of};
pub use self::taxonomy::Domained;
pub(crate) use self::taxonomy::Labels;
use crate::diagnostics::Severity;
use crate::table::Table;
use crate::testing::Scenario;
use crate::tree::{Authored, Tree};

/// What a document says, by its kind.
pub(crate) enum Content {
    Ownership(OwnershipRule),
    Equivalence(EquivalenceRule),
    Ignore(IgnoreRule),
    Taxonomy {
        table: Table<Domained>,
        extends: bool,
    },
    Classification(Table<Classified>),
    Decision(Table<Ruling>),
    AutoHeal(AutoHealPolicy),
    Exception(DriftException),
    Routing(Table<Route>),
    Budget(DriftBudget),
    /// What the policy is expected to say; it decides nothing.
    Tests(Vec<Scenario>),
    /// An assessment does not use it, and whoever plans the looking does.
    Unit(DriftManagedUnit),
}

/// A document that has been looked at: as much of it as could be read.
pub(crate) struct Checked {
    pub(crate) kind: Option<DocumentKind>,
    pub(crate) name: Option<String>,
    pub(crate) content: Option<Content>,
}

/// The findings of a document, under the name by which they call it.
pub(crate) fn findings(authored: &Authored, now: Option<Timestamp>) -> Findings {
    let name = authored.content.get("metadata").and_then(|metadata| metadata.get("name")?.as_text());
    Findings::new(name.filter(|name| is_name(name)).unwrap_or(&authored.document)).at(now)
}

/// Looks at a document, beside the labels that all of them declare and the taxonomy that another may extend.
pub(crate) fn check(authored: &Authored, labels: &Labels, shipped: &Tree, findings: &Findings) -> Checked {
    let nothing = Checked { kind: None, name: None, content: None };
    let root = Reader::root(&authored.content, findings);
    if authored.content.is_too_deep() {
        root.error("too-deep", "nested too deeply", format!("keep to {} levels", drift_model::MAX_DEPTH));
        return nothing;
    }
    for pointer in authored.content.duplicate_keys() {
        root.below(Severity::Error, "duplicate-key", &pointer, "the key is written more than once", "keep one of them");
    }
    let Some(fields) = root.object(&["apiVersion", "kind", "metadata", "spec"]) else { return nothing };
    api_version(&fields);
    let kind = fields.required("kind").and_then(|place| kind(&place));
    let name = fields.required("metadata").and_then(|place| metadata(&place));
    let spec = fields.required("spec");
    let content = kind.zip(spec).and_then(|(kind, spec)| content(kind, &spec, labels, shipped));
    Checked { kind, name, content }
}

fn content<'t>(kind: DocumentKind, spec: &Reader<'t>, labels: &Labels, shipped: &'t Tree) -> Option<Content> {
    match kind {
        DocumentKind::DriftOwnershipRule => field_rules::ownership(spec).map(Content::Ownership),
        DocumentKind::EquivalenceRule => field_rules::equivalence(spec).map(Content::Equivalence),
        DocumentKind::IgnoreRule => field_rules::ignore(spec).map(Content::Ignore),
        DocumentKind::DriftTaxonomy => {
            taxonomy::read(spec, labels, shipped).map(|(table, extends)| Content::Taxonomy { table, extends })
        }
        DocumentKind::DriftClassification => classification::read(spec, labels).map(Content::Classification),
        DocumentKind::ReconciliationPolicy => reconciliation::read(spec, labels).map(Content::Decision),
        DocumentKind::AutoHealPolicy => auto_heal::read(spec).map(Content::AutoHeal),
        DocumentKind::DriftException => exception::read(spec, labels).map(Content::Exception),
        DocumentKind::AlertRouting => routing::read(spec, labels).map(Content::Routing),
        DocumentKind::DriftBudget => budget::read(spec, labels).map(Content::Budget),
        DocumentKind::DriftManagedUnit => unit::read(spec).map(Content::Unit),
        DocumentKind::DriftPolicyTest => policy_test::read(spec).map(Content::Tests),
    }
}

fn api_version(fields: &Fields<'_>) {
    let Some(place) = fields.required("apiVersion") else { return };
    let Some(version) = place.text() else { return };
    if !is_api_version(version) {
        let help = "write a group and a version such as `drift.example/v1`";
        place.error("bad-api-version", format!("bad API version {}", quote(version)), help);
    }
}

fn kind(place: &Reader<'_>) -> Option<DocumentKind> {
    let text = place.text()?;
    let known = |_| {
        place.unknown("unknown-kind", "document kind", text, DocumentKind::WORDS);
    };
    text.parse().map_err(known).ok()
}

fn metadata(place: &Reader<'_>) -> Option<String> {
    let fields = place.object(&["name", "labels", "annotations"])?;
    for name in ["labels", "annotations"] {
        // What is wrong is reported; nothing else is made of them.
        let _ = fields.maybe(name, Reader::texts_by_name);
    }
    let name = fields.required("name")?;
    let text = name.text()?;
    if !is_name(text) {
        name.error("bad-name", format!("bad name {}", quote(text)), "write one word, such as `prod-defaults`");
        return None;
    }
    Some(text.to_owned())
}

/// A name stands in lines that people and programs read, so it is one word.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
