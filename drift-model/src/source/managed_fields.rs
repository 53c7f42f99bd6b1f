//! `metadata.managedFields`: who wrote which field of a live Kubernetes object, as claims.
//!
//! Managed fields hold no values, so they make claims and never a recorded plane. Each entry names a manager, an
//! operation, perhaps a subresource, and a [`FieldSet`]. [`ManagerRules`] say which owner stands behind a manager. What is
//! made of an entry:
//!
//! - each leaf of its set is one claim;
//! - so is each list item that is a member beside its fields, because an added item is one change at the item. Whoever
//!   owns a field inside of the item has a longer path, and outranks it there;
//! - the `.` of a map makes no claim: who made the map doesn't own what others put into it.
//!
//! **An unknown manager never excuses anything.** It makes a claim too, of the owner UNCLAIMED with the manager's name,
//! so that it outranks broader claims of others. Where it owns a field together with Git or a person, theirs stands and
//! its own is left out; together with a controller both stand, and the path is AMBIGUOUS. Several managers of one kind
//! that excuses nothing are one claim, with all their names.
//!
//! **What can't be read excuses nothing.** Where an entry is unreadable, nobody knows what it would have said about the
//! fields that others own; so the claims that excuse (RUNTIME, CONTROLLER, POLICY) are left out of the whole object.
//!
//! Entries of several API versions are taken together: a path that only another version has claims nothing here.
//! | an entry's | becomes | left out |
//! |---|---|---|
//! | `manager` | the name that rules ask for, and the name of the owner | a manager without a name, which is UNCLAIMED |
//! | `operation` | what rules may ask for | unknown: rules that ask for one do not apply |
//! | `subresource` | what rules may ask for | the object itself |
//! | `apiVersion`, `time` | for showing | empty, unknown |
//! | `fieldsType` | has to be `FieldsV1`, or the entry is unreadable | taken as that |
//! | `fieldsV1` | the [`FieldSet`] | an empty set |

mod element;
mod field_set;
mod managers;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub use self::element::{PathElement, PathElementError};
pub use self::field_set::{FieldSet, FieldSetError, FieldSetErrorKind};
pub use self::managers::{ManagerRule, ManagerRules, Operation};
use crate::owner::{Claim, ClaimOrigin, OwnerKind};
use crate::path::FieldPath;
use crate::pattern::PathPattern;
use crate::time::Timestamp;

/// The claims that a live object's managed fields make, sorted by path. What is unreadable is passed over in silence;
/// [`ManagedFields::read`] says what it was.
///
/// ```
/// use drift_model::OwnerKind;
/// use drift_model::source::managed_fields::{ManagerRules, claims};
/// use serde_json::json;
///
/// let live = json!({"metadata": {"managedFields": [
///     {"manager": "kube-controller-manager", "operation": "Update", "subresource": "scale", "fieldsType": "FieldsV1",
///      "fieldsV1": {"f:spec": {"f:replicas": {}}}},
///     {"manager": "kubectl-edit", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:mode": {}}}},
/// ]}});
/// let claims = claims(&live, &ManagerRules::built_in());
/// assert_eq!(claims[0].path.to_string(), "/data/mode");
/// assert_eq!(claims[0].owner, OwnerKind::Human);
/// assert_eq!(claims[1].path.to_string(), "/spec/replicas");
/// assert_eq!(claims[1].name.as_deref(), Some("horizontal-pod-autoscaler"));
/// ```
#[must_use]
pub fn claims(live: &Value, rules: &ManagerRules) -> Vec<Claim> {
    ManagedFields::read(live).claims(rules)
}

/// The managed fields of one object.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ManagedFields {
    /// The entries that could be read, in the order of the object.
    pub entries: Vec<Entry>,
    /// What could not be read.
    pub errors: Vec<ManagedFieldsError>,
}

/// One entry: what one manager owns by one operation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The name that the manager gave itself. Over ten managers the API server merges the oldest into
    /// `ancient-changes`; what was there before the first server-side apply is `before-first-apply`.
    pub manager: String,
    /// The operation; `None` for one that is not known.
    pub operation: Option<Operation>,
    /// The subresource that it wrote through; empty for the object itself.
    pub subresource: String,
    /// The API version that the paths are of.
    pub api_version: String,
    /// When the entry last changed: not when each of its fields did.
    pub time: Option<Timestamp>,
    /// The fields.
    pub fields: FieldSet,
}

impl ManagedFields {
    /// Reads the managed fields of a live object. An object without any has no entries.
    #[must_use]
    pub fn read(live: &Value) -> Self {
        let mut read = Self::default();
        match live.get("metadata").and_then(|metadata| metadata.get("managedFields")) {
            None | Some(Value::Null) => {}
            Some(Value::Array(entries)) => {
                for (index, entry) in entries.iter().enumerate() {
                    match Entry::read(entry) {
                        Ok(entry) => read.entries.push(entry),
                        Err(kind) => read.errors.push(ManagedFieldsError { index: Some(index), kind }),
                    }
                }
            }
            Some(_) => {
                read.errors.push(ManagedFieldsError { index: None, kind: ManagedFieldsErrorKind::NotAList });
            }
        }
        read
    }

    /// The claims that the entries make under these rules, sorted by path, without duplicates.
    #[must_use]
    pub fn claims(&self, rules: &ManagerRules) -> Vec<Claim> {
        let mut owners: BTreeMap<PathPattern, BTreeMap<OwnerKind, BTreeSet<String>>> = BTreeMap::new();
        for entry in &self.entries {
            entry.fields.visit(&mut |elements, leaf| {
                if !leaf && !elements.last().is_some_and(|last| last.is_item()) {
                    return;
                }
                let path: Option<FieldPath> = elements.iter().map(|element| element.step()).collect();
                let Some(path) = path else { return };
                let rule = rules.find(&entry.manager, entry.operation, &entry.subresource, &path);
                let owner = rule.map_or(OwnerKind::Unclaimed, |rule| rule.owner);
                if owner.excuses() && !self.errors.is_empty() {
                    return;
                }
                let name = rule.and_then(|rule| rule.name.as_ref()).unwrap_or(&entry.manager);
                owners.entry(PathPattern::from(&path)).or_default().entry(owner).or_default().insert(name.clone());
            });
        }
        owners.into_iter().flat_map(|(path, kinds)| claims_at(&path, kinds)).collect()
    }
}

/// The claims at one path.
fn claims_at(path: &PathPattern, mut kinds: BTreeMap<OwnerKind, BTreeSet<String>>) -> Vec<Claim> {
    if kinds.contains_key(&OwnerKind::Git) || kinds.contains_key(&OwnerKind::Human) {
        kinds.remove(&OwnerKind::Unclaimed);
    }
    let mut claims = Vec::new();
    for (kind, names) in kinds {
        let claim = Claim::new(path.clone(), kind, ClaimOrigin::ManagedFields);
        match kind {
            OwnerKind::Controller | OwnerKind::Policy => {
                claims.extend(names.into_iter().map(|name| claim.clone().by(name)));
            }
            OwnerKind::Runtime => claims.push(claim),
            OwnerKind::Git | OwnerKind::Human | OwnerKind::Unclaimed | OwnerKind::Ambiguous => {
                let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
                claims.push(if names.is_empty() { claim } else { claim.by(names.join(", ")) });
            }
        }
    }
    claims
}

impl Entry {
    fn read(value: &Value) -> Result<Self, ManagedFieldsErrorKind> {
        let entry = value.as_object().ok_or(ManagedFieldsErrorKind::NotAnEntry)?;
        match text(entry, "fieldsType") {
            "" | "FieldsV1" => {}
            _ => return Err(ManagedFieldsErrorKind::FieldsType),
        }
        let fields = match entry.get("fieldsV1") {
            Some(fields) => FieldSet::from_value(fields).map_err(ManagedFieldsErrorKind::Fields)?,
            None => FieldSet::default(),
        };
        Ok(Self {
            manager: text(entry, "manager").to_owned(),
            operation: text(entry, "operation").parse().ok(),
            subresource: text(entry, "subresource").to_owned(),
            api_version: text(entry, "apiVersion").to_owned(),
            time: text(entry, "time").parse().ok(),
            fields,
        })
    }
}

/// A text member; empty where there is none.
fn text<'v>(map: &'v Map<String, Value>, name: &str) -> &'v str {
    map.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Managed fields that could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("at `/metadata/managedFields{}`: {kind}", .index.map(|index| format!("/{index}")).unwrap_or_default())]
#[non_exhaustive]
pub struct ManagedFieldsError {
    /// Which entry; `None` for the whole list.
    pub index: Option<usize>,
    /// What is wrong with it.
    pub kind: ManagedFieldsErrorKind,
}

/// What is wrong with managed fields.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ManagedFieldsErrorKind {
    /// They are no list.
    #[error("expected a list of entries")]
    NotAList,
    /// An entry is no object.
    #[error("expected an entry, as an object")]
    NotAnEntry,
    /// The entry's fields are in another format.
    #[error("expected the fields type `FieldsV1`")]
    FieldsType,
    /// The entry's fields are no field set.
    #[error("in `fieldsV1`: {0}")]
    Fields(FieldSetError),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(live: &Value) -> Vec<String> {
        claims(live, &ManagerRules::built_in())
            .iter()
            .map(|claim| {
                assert_eq!(claim.origin, ClaimOrigin::ManagedFields);
                format!("{} {} {}", claim.path, claim.owner, claim.name.as_deref().unwrap_or("-"))
            })
            .collect()
    }

    fn entry(manager: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn live(entries: &[Value]) -> Value {
        json!({"metadata": {"managedFields": entries}})
    }

    #[test]
    fn leaves_and_items_are_claimed_and_the_dots_of_maps_are_not() {
        let object = json!({"metadata": {"managedFields": [
            {"manager": "argocd-controller", "operation": "Apply", "apiVersion": "apps/v1", "time": "2022-09-18T23:50:25Z", "fieldsType": "FieldsV1",
             "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"nginx\"}": {
                 ".": {}, "f:image": {}, "f:ports": {".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}}},
            {"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "apps/v1", "time": "2022-09-23T18:30:59Z", "subresource": "status", "fieldsType": "FieldsV1",
             "fieldsV1": {"f:status": {"f:conditions": {".": {}, "k:{\"type\":\"Available\"}": {".": {}, "f:status": {}}}}}},
        ]}});
        assert_eq!(
            shown(&object),
            [
                "/spec/replicas GIT argocd-controller",
                "/spec/template/spec/containers/[name=nginx] GIT argocd-controller",
                "/spec/template/spec/containers/[name=nginx]/image GIT argocd-controller",
                "/spec/template/spec/containers/[name=nginx]/ports/[containerPort=80,protocol=TCP] GIT argocd-controller",
                "/spec/template/spec/containers/[name=nginx]/ports/[containerPort=80,protocol=TCP]/containerPort GIT argocd-controller",
                "/status/conditions/[type=Available] RUNTIME -",
                "/status/conditions/[type=Available]/status RUNTIME -",
            ]
        );
        let read = ManagedFields::read(&object);
        assert_eq!(read.entries[0].time, Some("2022-09-18T23:50:25Z".parse().unwrap()));
        assert_eq!(
            (read.entries[1].subresource.as_str(), read.entries[1].operation),
            ("status", Some(Operation::Update))
        );
    }

    #[test]
    fn an_unknown_manager_outranks_a_broader_excuse_and_never_excuses() {
        let sidecar = json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"istio-proxy\"}": {".": {}, "f:args": {}}}}}}});
        let image = json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"istio-proxy\"}": {"f:image": {}}}}}}});
        assert_eq!(
            shown(&live(&[entry("istio-sidecar-injector", &sidecar), entry("curl", &image)])),
            [
                "/spec/template/spec/containers/[name=istio-proxy] CONTROLLER istio",
                "/spec/template/spec/containers/[name=istio-proxy]/args CONTROLLER istio",
                "/spec/template/spec/containers/[name=istio-proxy]/image UNCLAIMED curl",
            ]
        );
    }

    #[test]
    fn shared_fields_are_ambiguous_only_where_the_owners_differ() {
        let replicas = json!({"f:spec": {"f:replicas": {}}});
        for (managers, expected) in [
            (
                &["argocd-controller", "kubectl-client-side-apply"][..],
                &["/spec/replicas GIT argocd-controller, kubectl-client-side-apply"][..],
            ),
            (&["before-first-apply", "helm"], &["/spec/replicas GIT helm"]),
            (&["curl", "wget"], &["/spec/replicas UNCLAIMED curl, wget"]),
            (&["curl", "kubectl-edit"], &["/spec/replicas HUMAN kubectl-edit"]),
            (&["keda", "curl"], &["/spec/replicas CONTROLLER keda", "/spec/replicas UNCLAIMED curl"]),
            (&["keda", "helm", "curl"], &["/spec/replicas GIT helm", "/spec/replicas CONTROLLER keda"]),
            (
                &["keda", "horizontal-pod-autoscaler"],
                &["/spec/replicas CONTROLLER horizontal-pod-autoscaler", "/spec/replicas CONTROLLER keda"],
            ),
        ] {
            let entries: Vec<Value> = managers.iter().map(|manager| entry(manager, &replicas)).collect();
            assert_eq!(shown(&live(&entries)), expected, "{managers:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_excuses_nothing() {
        let replicas = json!({"f:spec": {"f:replicas": {}}});
        for (broken, message) in [
            (
                entry("x", &json!({"f:spec": 1})),
                "at `/metadata/managedFields/2`: in `fieldsV1`: under `/spec`: expected an object of keys such as `f:name`, or `null` at the root",
            ),
            (
                json!({"manager": "x", "fieldsType": "FieldsV2"}),
                "at `/metadata/managedFields/2`: expected the fields type `FieldsV1`",
            ),
            (json!("CANARY"), "at `/metadata/managedFields/2`: expected an entry, as an object"),
        ] {
            let object = live(&[entry("keda", &replicas), entry("kubectl-edit", &replicas), broken]);
            let read = ManagedFields::read(&object);
            assert_eq!(read.errors.iter().map(ToString::to_string).collect::<Vec<_>>(), [message]);
            assert_eq!(shown(&object), ["/spec/replicas HUMAN kubectl-edit"]);
        }
        let read = ManagedFields::read(&json!({"metadata": {"managedFields": "CANARY"}}));
        assert_eq!(read.errors[0].to_string(), "at `/metadata/managedFields`: expected a list of entries");
        for object in [json!(null), json!("x"), json!({"metadata": []}), json!({"metadata": {"managedFields": null}})] {
            assert!(ManagedFields::read(&object).errors.is_empty());
        }
    }

    #[test]
    fn a_users_rule_comes_first() {
        let rule: ManagerRule = serde_json::from_value(
            json!({"managers": ["cu*"], "owner": "CONTROLLER", "name": "nightly", "because": "cron job"}),
        )
        .unwrap();
        let rules = ManagerRules::built_in().preceded_by([rule]);
        let object = live(&[entry("curl", &json!({"f:data": {"f:a": {}, "i:-1": {}}}))]);
        let claims = claims(&object, &rules);
        assert_eq!(claims.len(), 1);
        assert_eq!((claims[0].owner, claims[0].name.as_deref()), (OwnerKind::Controller, Some("nightly")));
    }
}
