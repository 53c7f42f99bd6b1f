//! The rules that people write about paths: who owns them, when values are equal, what is left aside.
//!
//! These are the `spec`s of documents (`DriftOwnershipRule`, `EquivalenceRule`, `IgnoreRule`), in shapes that a Kubernetes
//! custom resource can hold.

use drift_model::{PathPattern, ResourceRef, System, Timestamp};
use globset::GlobMatcher;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::equivalence::Same;

/// Which resources a rule is about. What is left out matches everything; texts are globs.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ResourceSelector {
    /// The system: `KUBERNETES`, `AWS` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
    /// Kubernetes: API group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Kubernetes: API version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Kubernetes: kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Terraform and AWS: resource type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Kubernetes: namespaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

impl ResourceSelector {
    /// How much it asks of a resource: the more, the more particular is a rule about it.
    pub(crate) fn particulars(&self) -> usize {
        let texts = [&self.group, &self.version, &self.kind, &self.resource_type];
        let said = [self.system.is_some(), !self.namespaces.is_empty(), !self.names.is_empty()];
        texts.into_iter().map(Option::is_some).chain(said).filter(|said| *said).count()
    }
}

/// A named rule: the name of its document, by which changes and diagnostics call it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Named<T> {
    /// `metadata.name` of the document.
    pub name: String,
    /// `spec` of the document.
    pub spec: T,
}

impl<T> Named<T> {
    /// A rule of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, spec: T) -> Self {
        Self { name: name.into(), spec }
    }
}

/// Who owns which paths: `spec` of a `DriftOwnershipRule` (seeds S0.8.3).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct OwnershipRule {
    /// Which resources.
    pub resource: ResourceSelector,
    /// What Git owns: declared values and added items. Silence is absence only under `exact`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub git_owned: Vec<PathPattern>,
    /// What the system itself owns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runtime_owned: Vec<PathPattern>,
    /// What controllers own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controller_owned: Vec<ControllerClaim>,
    /// Where Git's silence means absence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exact: Vec<PathPattern>,
}

/// A path that a controller owns.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct ControllerClaim {
    /// The path.
    pub path: PathPattern,
    /// The controller.
    pub owner: String,
    /// A named condition that the facts must meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// When two values mean the same: `spec` of an `EquivalenceRule`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct EquivalenceRule {
    /// Which resources.
    pub resource: ResourceSelector,
    /// Which paths.
    pub path: PathPattern,
    /// The sense in which they are the same.
    pub same: Same,
    /// Why.
    pub reason: String,
    /// Since which version of the system, or which date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// KEYED: the key fields of the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// DEFAULT: the value that absence stands for. FLOATING: the word that is resolved.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "crate::json_schema::any"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Must be said where the pattern reaches paths that expose something.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub covers_security_paths: bool,
}

/// What is left aside: `spec` of an `IgnoreRule`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct IgnoreRule {
    /// Which resources.
    pub resource: ResourceSelector,
    /// Which paths.
    pub paths: Vec<PathPattern>,
    /// Who answers for the rule.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Which other detectors look at these paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered_by: Vec<String>,
}

/// A [`ResourceSelector`] with its globs compiled.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    system: Option<System>,
    group: Option<GlobMatcher>,
    version: Option<GlobMatcher>,
    kind: Option<GlobMatcher>,
    resource_type: Option<GlobMatcher>,
    namespaces: Vec<GlobMatcher>,
    names: Vec<GlobMatcher>,
}

impl Selector {
    /// Compiles a selector.
    ///
    /// # Errors
    ///
    /// The globs that are not globs, each with the JSON Pointer of its place in the selector.
    pub fn compile(selector: &ResourceSelector) -> Result<Self, Vec<SelectorError>> {
        let mut errors = Vec::new();
        let mut glob = |pointer: String, text: &str| match globset::GlobBuilder::new(text).build() {
            Ok(glob) => Some(glob.compile_matcher()),
            Err(error) => {
                errors.push(SelectorError { pointer, glob: text.to_owned(), kind: error.kind().clone() });
                None
            }
        };
        let mut one = |name: &str, text: &Option<String>| text.as_ref().and_then(|text| glob(format!("/{name}"), text));
        let compiled = Self {
            system: selector.system.clone(),
            group: one("group", &selector.group),
            version: one("version", &selector.version),
            kind: one("kind", &selector.kind),
            resource_type: one("type", &selector.resource_type),
            namespaces: (0..)
                .zip(&selector.namespaces)
                .filter_map(|(i, text)| glob(format!("/namespaces/{i}"), text))
                .collect(),
            names: (0..).zip(&selector.names).filter_map(|(i, text)| glob(format!("/names/{i}"), text)).collect(),
        };
        if errors.is_empty() { Ok(compiled) } else { Err(errors) }
    }

    /// Is the resource one of those selected?
    #[must_use]
    pub fn matches(&self, resource: &ResourceRef) -> bool {
        let one = |glob: &Option<GlobMatcher>, text: &str| glob.as_ref().is_none_or(|glob| glob.is_match(text));
        let any = |globs: &[GlobMatcher], text: &str| globs.is_empty() || globs.iter().any(|glob| glob.is_match(text));
        self.system.as_ref().is_none_or(|system| *system == resource.system)
            && one(&self.group, &resource.group)
            && one(&self.version, &resource.version)
            && one(&self.kind, &resource.kind)
            && one(&self.resource_type, &resource.resource_type)
            && any(&self.namespaces, &resource.namespace)
            && any(&self.names, &resource.name)
    }
}

/// A glob of a selector that is not a glob.
#[derive(Clone, Debug, thiserror::Error)]
#[error("bad glob `{glob}` at {pointer}: {kind}")]
#[non_exhaustive]
pub struct SelectorError {
    /// Where in the selector, as a JSON Pointer.
    pub pointer: String,
    /// The text.
    pub glob: String,
    /// What is wrong with it.
    pub kind: globset::ErrorKind,
}
