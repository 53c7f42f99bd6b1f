//! `DriftClassification`: which class a change is of.

use drift_model::{DriftClass, Risk};
use serde::Serialize;

use super::reader::{Fields, Reader};
use super::rules;
use super::taxonomy::Labels;
use crate::table::Table;

/// What a classification says of a change.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Classified {
    /// The class.
    pub class: DriftClass,
    /// The risk, where it is another than the taxonomy's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
}

impl Classified {
    /// A class, at the taxonomy's risk or at this one.
    #[must_use]
    pub const fn new(class: DriftClass, risk: Option<Risk>) -> Self {
        Self { class, risk }
    }
}

/// `spec` of a `DriftClassification`. Where facts are missing and it does not say what then, a change is `UNCLASSIFIED`.
pub(super) fn read(spec: &Reader<'_>, labels: &Labels) -> Option<Table<Classified>> {
    let fields = spec.object(&["rules", "onUnknown"])?;
    let rules = rules::read(&fields, labels, &["id", "when", "classify", "because"], |fields, _| {
        fields.required("classify").and_then(|place| classified(&place))
    });
    let on_unknown = fields.maybe("onUnknown", classified)?.unwrap_or(Classified::new(DriftClass::Unclassified, None));
    let rules = rules?;
    rules::table(spec, "rules", rules.len(), rules, on_unknown)
}

fn classified(place: &Reader<'_>) -> Option<Classified> {
    let fields: Fields<'_> = place.object(&["class", "risk"])?;
    let class = fields.required("class").and_then(|place| place.word());
    let risk = fields.maybe("risk", Reader::word);
    Some(Classified::new(class?, risk?))
}
