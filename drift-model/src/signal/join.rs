//! Is a signal about the resource of an observation?

use serde_json::Value;

use super::{AuditEvent, Scope, Target};
use crate::canonical;
use crate::observation::Observation;
use crate::path::Step;
use crate::pattern::{PathPattern, PatternStep};
use crate::plane::Plane;
use crate::resource::{ResourceRef, System};
use crate::source::actors::glob;

/// Is the observation's resource in the scope?
pub(super) fn is_in(scope: &Scope, observation: &Observation) -> bool {
    scope.everything
        || scope.resources.iter().any(|resource| is_same(resource, &observation.resource))
        || (scope.resources.is_empty() && observation.unit.as_ref().is_some_and(|unit| scope.units.contains(unit)))
}

/// Do the two name one resource? What one of them leaves out may be anything, except for the namespace and the name.
fn is_same(a: &ResourceRef, b: &ResourceRef) -> bool {
    let either = |a: &str, b: &str| a.is_empty() || b.is_empty() || a == b;
    if a.system.is_kubernetes() && b.system.is_kubernetes() {
        return a.kind == b.kind && a.namespace == b.namespace && a.name == b.name && is_same_group(a, b);
    }
    let same_system = a.system == b.system || (a.system.is_terraform() && b.system.is_terraform());
    same_system
        && either(&a.resource_type, &b.resource_type)
        && (&a.kind, &a.namespace, &a.name, &a.address) == (&b.kind, &b.namespace, &b.name, &b.address)
        && (&a.deposed, &a.mode) == (&b.deposed, &b.mode)
}

/// A group without a version is one that was left out; `extensions` served objects that now live in other groups.
fn is_same_group(a: &ResourceRef, b: &ResourceRef) -> bool {
    let left_out = |of: &ResourceRef| of.group.is_empty() && of.version.is_empty();
    let moved = |old: &str, new: &str| old == "extensions" && matches!(new, "apps" | "networking.k8s.io" | "policy");
    a.group == b.group || left_out(a) || left_out(b) || moved(&a.group, &b.group) || moved(&b.group, &a.group)
}

/// Is the event about the observation's resource? `None` if the event doesn't tell what it is about.
pub(super) fn is_about(event: &AuditEvent, scope: &Scope, observation: &Observation) -> Option<bool> {
    if is_in(scope, observation) {
        return Some(true);
    }
    let named_elsewhere = !scope.resources.is_empty() || !scope.units.is_empty();
    let Some(target) = &event.target else { return named_elsewhere.then_some(false) };
    Some(match (&target.resource.system, &observation.resource.system) {
        (System::Kubernetes | System::ArgoCd | System::Flux, other) if other.is_kubernetes() => {
            is_object(target, event, observation)
        }
        (System::Aws, System::Aws | System::OpenTofu | System::Terraform) => is_cloud_resource(target, observation),
        (one, other) => one == other && is_same(&target.resource, &observation.resource),
    })
}

fn is_object(target: &Target, event: &AuditEvent, observation: &Observation) -> bool {
    let (named, observed) = (&target.resource, &observation.resource);
    let of_kind =
        if named.kind.is_empty() { is_plural_of(&target.plural, &observed.kind) } else { named.kind == observed.kind };
    if !of_kind || !is_same_group(named, observed) {
        return false;
    }
    if target.collection {
        return named.namespace.is_empty() || named.namespace == observed.namespace;
    }
    if named.name.is_empty() {
        // Only an object that the server named can have been made by a request without a name.
        let asked = |document: &Value| document.pointer("/metadata/generateName").is_some();
        return event.verb == "create" && named.namespace == observed.namespace && documents(observation).any(asked);
    }
    named.name == observed.name && named.namespace == observed.namespace
}

/// Is the plural one that this kind would have?
pub(crate) fn is_plural_of(plural: &str, kind: &str) -> bool {
    let kind = kind.to_lowercase();
    let stem = kind.strip_suffix('y').map(|stem| format!("{stem}ies"));
    let regular = [kind.clone(), format!("{kind}s"), format!("{kind}es")];
    !plural.is_empty() && (regular.iter().any(|known| known == plural) || stem.is_some_and(|known| known == plural))
}

fn documents(observation: &Observation) -> impl Iterator<Item = &Value> {
    [Plane::Actual, Plane::Recorded, Plane::Desired]
        .into_iter()
        .filter_map(|plane| observation.planes.get(plane).observed.present())
        .map(crate::document::Document::value)
}

/// One of the event's keys stands in a document as its id, ARN or name, and type, account and region do not say otherwise.
fn is_cloud_resource(target: &Target, observation: &Observation) -> bool {
    let observed = &observation.resource;
    let of_type = observed.kind_or_type();
    let typed = target.kinds.is_empty() || of_type.is_empty() || target.kinds.iter().any(|kind| glob(kind, of_type));
    // A type that the record does not tell is joined by ids and ARNs alone: names are shared between types.
    let keys = || target.keys.iter().filter(|key| !target.kinds.is_empty() || is_unique(key));
    let texts = || {
        documents(observation)
            .filter_map(Value::as_object)
            .flatten()
            // The member that holds a key of *another* resource is called after that resource, and then the type differs,
            // unless the type is not told.
            .filter(|(name, _)| !target.kinds.is_empty() || names_itself(name))
            .filter_map(|(_, value)| value.as_str())
            .chain([observed.name.as_str()])
            .filter(|text| !text.is_empty())
    };
    let elsewhere = || {
        let differs = |known: &Option<String>, found: &str| {
            !found.is_empty() && known.as_deref().is_some_and(|known| !known.is_empty() && known != found)
        };
        documents(observation).filter_map(own_arn).any(|arn| {
            let mut parts = arn.split(':').skip(3);
            let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            differs(&target.region, region) && !is_global(&target.service) || differs(&target.account, account)
        })
    };
    typed && keys().any(|key| texts().any(|text| is_key(key, text))) && !elsewhere()
}

/// The same key; or one is an ARN and ends in the other.
fn is_key(key: &str, text: &str) -> bool {
    let ends_in = |arn: &str, name: &str| {
        arn.starts_with("arn:")
            && !name.is_empty()
            && arn.strip_suffix(name).is_some_and(|head| head.ends_with([':', '/']))
    };
    key == text || ends_in(key, text) || ends_in(text, key)
}

/// Is this an ARN, or an id such as `sg-04d018d184a18f647`, that no other resource has?
fn is_unique(key: &str) -> bool {
    let id = |key: &str| {
        key.rsplit_once('-').is_some_and(|(kind, id)| {
            !kind.is_empty() && id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    key.starts_with("arn:") || id(key)
}

fn names_itself(member: &str) -> bool {
    ["id", "arn", "name"].iter().any(|name| member.eq_ignore_ascii_case(name))
}

fn own_arn(document: &Value) -> Option<&str> {
    let members = document.as_object()?;
    let own = members.iter().filter(|(name, _)| name.eq_ignore_ascii_case("arn"));
    own.filter_map(|(_, value)| value.as_str()).find(|text| text.starts_with("arn:"))
}

/// Services that log all their events in one region, wherever the resource is.
fn is_global(service: &str) -> bool {
    matches!(service, "iam" | "route53" | "cloudfront" | "organizations" | "s3")
}

/// Can a request that wrote these paths have made the planes differ? It cannot where the planes that are known agree on
/// all of them.
pub(super) fn may_explain(fields: &[PathPattern], observation: &Observation) -> bool {
    let known: Vec<&Value> = documents(observation).collect();
    let missing = [Plane::Desired, Plane::Actual]
        .into_iter()
        .any(|plane| observation.planes.get(plane).observed.present().is_none());
    missing || fields.iter().any(|field| differs(&known, &field.steps))
}

fn differs(documents: &[&Value], steps: &[PatternStep]) -> bool {
    let mut at: Vec<Option<&Value>> = documents.iter().map(|document| Some(*document)).collect();
    for step in steps {
        let PatternStep::Exactly(step) = step else { break };
        let name = match step {
            Step::Field(name) => name.clone(),
            Step::Index(index) => index.to_string(),
            // Below an item of a list, the lists are compared.
            Step::Key(_) | Step::Item(_) => break,
        };
        if at.iter().flatten().any(|value| value.is_array()) {
            break;
        }
        at = at.into_iter().map(|value| value.and_then(|value| value.get(&name))).collect();
    }
    let texts: Vec<Option<String>> =
        at.into_iter().map(|value| value.filter(|value| !value.is_null()).map(canonical::text)).collect();
    texts.windows(2).any(|pair| pair.first() != pair.last())
}
