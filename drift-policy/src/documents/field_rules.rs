//! The rules about paths: `DriftOwnershipRule`, `EquivalenceRule`, `IgnoreRule`.

use drift_diff::{EquivalenceRule, IgnoreRule, OwnershipRule, Same};
use drift_model::System;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::exposing;
use super::reader::{Fields, Reader, quote};
use crate::diagnostics::Severity;
use crate::tree::Tree;

/// `spec` of a `DriftOwnershipRule`.
pub(super) fn ownership(spec: &Reader<'_>) -> Option<OwnershipRule> {
    rule(spec, || {
        let fields = spec.object(&["resource", "gitOwned", "runtimeOwned", "controllerOwned", "exact"])?;
        fields.required("resource").map(|place| selector(&place));
        let git = fields.many("gitOwned", Reader::pattern);
        let runtime = fields.many("runtimeOwned", Reader::pattern);
        let controllers = fields.many("controllerOwned", claim);
        fields.many("exact", Reader::pattern);
        if git?.is_empty() && runtime?.is_empty() && controllers?.is_empty() {
            let help = "add one of `gitOwned`, `runtimeOwned`, `controllerOwned`, with a path";
            spec.error("missing-field", "the rule says of no path who owns it", help);
        }
        Some(())
    })
}

fn claim(place: &Reader<'_>) -> Option<()> {
    let fields = place.object(&["path", "owner", "condition"])?;
    fields.required("path").and_then(|place| place.pattern());
    fields.text("owner");
    fields.maybe("condition", Reader::text);
    Some(())
}

/// `spec` of an `EquivalenceRule`.
pub(super) fn equivalence(spec: &Reader<'_>) -> Option<EquivalenceRule> {
    let known = &["resource", "path", "same", "reason", "since", "keys", "value", "coversSecurityPaths"];
    rule(spec, || {
        let fields = spec.object(known)?;
        fields.required("resource").map(|place| selector(&place));
        let path = fields.required("path").and_then(|place| place.pattern());
        let sense = fields.required("same");
        let word = sense.as_ref().and_then(|place| place.tree.as_text());
        let same = sense.as_ref().and_then(Reader::word::<Same>);
        fields.text("reason");
        fields.maybe("since", Reader::text);
        fields.maybe("keys", |place| Reader::each(&place.some()?, Reader::text));
        let covers = fields.maybe("coversSecurityPaths", Reader::flag);
        if let (Some(_), Some(word)) = (same, word) {
            parameters(&fields, word);
        }
        if let (Some(path), Some(word), Some(None | Some(false))) = (path, word, covers)
            && exposing::hides(word)
            && let Some(place) = exposing::reached(&path)
        {
            let message = format!("`{word}` at {} can hide what exposes something", quote(&path.to_string()));
            let help = format!("it reaches `{place}`; narrow the path, or add `coversSecurityPaths: true`");
            spec.below(Severity::Error, "security-path", "/path", message, help);
        }
        Some(())
    })
}

/// What a sense needs besides its word, and what it does not.
fn parameters(fields: &Fields<'_>, sense: &str) {
    for (name, owners) in [("keys", &["KEYED"][..]), ("value", &["DEFAULT", "FLOATING"])] {
        if owners.contains(&sense) {
            fields.required(name);
        } else if let Some(place) = fields.optional(name) {
            let help = format!("`{name}` is for `{}`", owners.join("` and `"));
            place.error("needless-field", format!("`{sense}` takes no `{name}`"), help);
        }
    }
}

/// `spec` of an `IgnoreRule`.
pub(super) fn ignore(spec: &Reader<'_>) -> Option<IgnoreRule> {
    rule(spec, || {
        let fields = spec.object(&["resource", "paths", "owner", "reason", "expires", "coveredBy"])?;
        fields.required("resource").map(|place| selector(&place));
        fields.some("paths", ignored);
        fields.text("owner");
        fields.text("reason");
        if fields.maybe("expires", Reader::expiry) == Some(None) {
            spec.warning("no-expiry", "the rule never expires", "add `expires`, so that somebody looks at it again");
        }
        fields.many("coveredBy", Reader::text);
        Some(())
    })
}

fn ignored(place: &Reader<'_>) -> Option<()> {
    let pattern = place.pattern()?;
    if let Some(taken) = exposing::taken(&pattern) {
        let message = format!("{} leaves aside what exposes something", quote(&pattern.to_string()));
        let help = format!("it takes all of `{taken}`; name the item or the field that is meant");
        place.warning("broad-ignore", message, help);
    }
    Some(())
}

/// A `resource` of a rule.
fn selector(place: &Reader<'_>) -> Option<()> {
    let fields = place.object(&["system", "group", "version", "kind", "type", "namespaces", "names"])?;
    fields.maybe("system", Reader::word::<System>);
    for name in ["group", "version", "kind", "type"] {
        fields.maybe(name, glob);
    }
    for name in ["namespaces", "names"] {
        fields.many(name, glob);
    }
    Some(())
}

/// A glob. It may be empty: the core group of Kubernetes has an empty name.
fn glob(place: &Reader<'_>) -> Option<()> {
    let text = place.any_text()?;
    match globset::GlobBuilder::new(text).build() {
        Ok(_) => Some(()),
        Err(error) => {
            place.error("bad-glob", format!("bad glob {}", quote(text)), error.kind().to_string());
            None
        }
    }
}

/// Checks a `spec`, and makes the rule of one in which nothing is wrong.
pub(super) fn rule<T: DeserializeOwned>(spec: &Reader<'_>, check: impl FnOnce() -> Option<()>) -> Option<T> {
    let before = spec.errors();
    check();
    if spec.errors() > before {
        return None;
    }
    match drift_model::from_value(without_nulls(spec.tree)) {
        Ok(rule) => Some(rule),
        Err(error) => {
            let (pointer, expected) = match &error.kind {
                drift_model::ReadErrorKind::Data { pointer, expected } => (pointer.as_str(), expected.clone()),
                other => ("", other.to_string()),
            };
            spec.below(Severity::Error, error.code(), pointer, "the rule cannot be read", expected);
            None
        }
    }
}

/// The value of a `spec`, in which `null` is as good as missing.
fn without_nulls(tree: &Tree) -> Value {
    match tree {
        Tree::Object(members) => {
            let there = members.iter().filter(|(_, tree)| !matches!(tree, Tree::Null));
            // What `value` is inside is not ours.
            let read = |key: &str, tree: &Tree| if key == "value" { tree.to_value() } else { without_nulls(tree) };
            Value::Object(there.map(|(key, tree)| (key.clone(), read(key, tree))).collect())
        }
        Tree::List(items) => Value::Array(items.iter().map(without_nulls).collect()),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => tree.to_value(),
    }
}
