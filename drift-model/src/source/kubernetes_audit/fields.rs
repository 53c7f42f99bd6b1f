//! The paths that a request wrote, from its body: paths, and never what stands there.

use serde_json::Value;

use crate::document::MAX_DEPTH;
use crate::path::Step;
use crate::pattern::{PathPattern, PatternStep};

/// More paths than this tell nobody anything.
const MAX_FIELDS: usize = 1_000;

/// What can be written through a subresource.
const SUBRESOURCES: &[(&str, &[&str])] = &[
    ("scale", &["/spec/replicas"]),
    ("status", &["/status", "/metadata"]),
    ("binding", &["/spec/nodeName", "/metadata"]),
    ("finalize", &["/spec/finalizers"]),
    ("approval", &["/status", "/metadata"]),
    ("ephemeralcontainers", &["/spec/ephemeralContainers"]),
];

/// The paths that the request wrote; `None` where they cannot be told.
pub(super) fn written(verb: &str, subresource: &str, body: Option<&Value>) -> Option<Vec<PathPattern>> {
    let through = SUBRESOURCES.iter().find(|(name, _)| *name == subresource);
    let whole: Option<Vec<PathPattern>> =
        through.map(|(_, paths)| paths.iter().filter_map(|path| path.parse().ok()).collect());
    match (verb, body) {
        ("patch", Some(body)) => match (patched(body), whole) {
            // What cannot be written through the subresource the server leaves as it is.
            (Some(mut fields), Some(whole)) => {
                fields.retain(|field| whole.iter().any(|written| written.intersects(field)));
                Some(fields)
            }
            (fields, whole) => fields.or(whole),
        },
        ("patch" | "update" | "create", _) => whole,
        _ => None,
    }
}

fn patched(body: &Value) -> Option<Vec<PathPattern>> {
    let mut fields = Fields { found: Vec::new(), too_many: false };
    match body {
        Value::Array(operations) => {
            for operation in operations {
                let text = |name| operation.get(name).and_then(Value::as_str);
                match text("op")? {
                    "test" => {}
                    "add" | "remove" | "replace" | "copy" => fields.add(pointer(text("path")?)?),
                    "move" => {
                        fields.add(pointer(text("from")?)?);
                        fields.add(pointer(text("path")?)?);
                    }
                    _ => return None,
                }
            }
        }
        // A body that names its kind may be one of server-side apply, which takes away what it leaves out.
        Value::Object(map) if map.contains_key("apiVersion") && map.contains_key("kind") => return None,
        Value::Object(_) => fields.merge(&mut Vec::new(), body),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    fields.found.sort();
    fields.found.dedup();
    (!fields.too_many).then_some(fields.found)
}

/// The pattern of an RFC 6901 pointer. A list in a patch is by position, which says nothing about another document's.
fn pointer(text: &str) -> Option<Vec<PatternStep>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let steps = text.strip_prefix('/')?.split('/').map(|token| {
        if token == "-" || token.bytes().all(|byte| byte.is_ascii_digit()) {
            PatternStep::Any
        } else {
            PatternStep::Exactly(Step::field(token.replace("~1", "/").replace("~0", "~")))
        }
    });
    Some(steps.collect())
}

struct Fields {
    found: Vec<PathPattern>,
    too_many: bool,
}

impl Fields {
    fn add(&mut self, steps: Vec<PatternStep>) {
        self.too_many = self.too_many || self.found.len() >= MAX_FIELDS;
        if !self.too_many {
            self.found.push(PathPattern { steps, below: false });
        }
    }

    /// The leaves of a merge patch. A list is one: its items are merged by keys that the body does not name.
    fn merge(&mut self, place: &mut Vec<PatternStep>, value: &Value) {
        let members = match value {
            Value::Object(map) if place.len() < MAX_DEPTH && (place.is_empty() || !map.is_empty()) => map,
            _ => return self.add(place.clone()),
        };
        for (name, member) in members {
            if self.too_many {
                return;
            }
            match name.strip_prefix('$') {
                None => {
                    place.push(PatternStep::Exactly(Step::field(name.as_str())));
                    self.merge(place, member);
                    place.pop();
                }
                // Directives of a strategic merge patch: `$setElementOrder/containers` is about a member, `$patch` about
                // the whole.
                Some(directive) => {
                    let mut steps = place.clone();
                    steps
                        .extend(directive.split_once('/').map(|(_, member)| PatternStep::Exactly(Step::field(member))));
                    self.add(steps);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(verb: &str, subresource: &str, body: &Value) -> Option<Vec<String>> {
        written(verb, subresource, Some(body)).map(|fields| fields.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_patch_tells_its_paths_and_never_its_values() {
        for (body, expected) in [
            (json!({"spec": {"replicas": 5, "paused": null}}), &["/spec/paused", "/spec/replicas"][..]),
            (json!({"data": {"a.b/c": "CANARY"}, "metadata": {"labels": {}}}), &["/data/a.b~1c", "/metadata/labels"]),
            (
                json!({"spec": {"$setElementOrder/containers": [{"name": "CANARY"}], "containers": [{"name": "CANARY", "image": "CANARY"}]}}),
                &["/spec/containers"],
            ),
            (
                json!({"spec": {"strategy": {"$patch": "replace", "type": "Recreate"}}}),
                &["/spec/strategy", "/spec/strategy/type"],
            ),
            (
                json!([{"op": "replace", "path": "/spec/containers/0/image", "value": "CANARY"}, {"op": "test", "path": "/x", "value": 1},
                       {"op": "move", "from": "/a~1b", "path": "/c/-"}]),
                &["/a~1b", "/c/*", "/spec/containers/*/image"],
            ),
            (json!({}), &[]),
        ] {
            assert_eq!(shown("patch", "", &body).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn what_does_not_tell_its_paths_may_have_written_any() {
        for body in [
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {}}),
            json!([{"op": "frob", "path": "/a"}]),
            json!([{"op": "add"}]),
            json!([1]),
            json!("x"),
        ] {
            assert_eq!(shown("patch", "", &body), None, "{body}");
        }
        assert_eq!(shown("update", "", &json!({"spec": {}})), None);
        let many: serde_json::Map<String, Value> = (0..2_000).map(|n| (format!("k{n}"), json!(1))).collect();
        assert_eq!(shown("patch", "", &json!({"data": many})), None);
    }

    #[test]
    fn a_subresource_bounds_what_can_be_written_through_it() {
        assert_eq!(shown("update", "scale", &json!({"spec": {"replicas": 3}})).unwrap(), ["/spec/replicas"]);
        assert_eq!(shown("update", "status", &json!({"spec": {}})).unwrap(), ["/status", "/metadata"]);
        let body = json!({"spec": {"replicas": 3}, "status": {"replicas": 3}});
        assert_eq!(shown("patch", "status", &body).unwrap(), ["/status/replicas"]);
        assert_eq!(shown("patch", "", &body).unwrap(), ["/spec/replicas", "/status/replicas"]);
    }
}
