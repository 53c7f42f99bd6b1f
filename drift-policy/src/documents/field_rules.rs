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
    let fields = spec.object(&["resource", "gitOwned", "runtimeOwned", "controllerOwned", "exact"])?;
    let resource = fields.required("resource").and_then(|place| selector(&place));
    let git = fields.many("gitOwned", Reader::pattern);
    let runtime = fields.many("runtimeOwned", Reader::pattern);
    let controllers = fields.many("controllerOwned", claim);
    let exact = fields.many("exact", Reader::pattern);
    let owned = git?.len().saturating_add(runtime?.len()).saturating_add(controllers?.len());
    if owned == 0 {
        let help = "add one of `gitOwned`, `runtimeOwned`, `controllerOwned`, with a path";
        spec.error("missing-field", "the rule says of no path who owns it", help);
        return None;
    }
    (resource?, exact?);
    read(spec)
}

fn claim(place: &Reader<'_>) -> Option<()> {
    let fields = place.object(&["path", "owner", "condition"])?;
    let path = fields.required("path").and_then(|place| place.pattern());
    let owner = fields.text("owner");
    let condition = fields.maybe("condition", Reader::text);
    (path?, owner?, condition?);
    Some(())
}

/// `spec` of an `EquivalenceRule`.
pub(super) fn equivalence(spec: &Reader<'_>) -> Option<EquivalenceRule> {
    let known = &["resource", "path", "same", "reason", "since", "keys", "value", "coversSecurityPaths"];
    let fields = spec.object(known)?;
    let resource = fields.required("resource").and_then(|place| selector(&place));
    let path = fields.required("path").and_then(|place| place.pattern());
    let sense = fields.required("same");
    let same = sense.as_ref().and_then(Reader::word::<Same>);
    let word = sense.as_ref().and_then(|place| place.tree.as_text());
    let reason = fields.text("reason");
    let since = fields.maybe("since", Reader::text);
    let keys = fields.maybe("keys", |place| Reader::each(place.some()?, |key| key.text()));
    let covers = fields.maybe("coversSecurityPaths", Reader::flag);

    let parameters = word.and_then(|word| parameters(&fields, word));
    if let (Some(path), Some(word), Some(None | Some(false))) = (&path, word, &covers) {
        if let Some(place) = exposing::reached(path).filter(|_| exposing::hides(word)) {
            let message = format!("`{word}` at {} can hide what exposes something", quote(&path.to_string()));
            let help = format!("it reaches `{place}`; narrow the path, or add `coversSecurityPaths: true`");
            spec.below(Severity::Error, "security-path", "/path", message, help);
            return None;
        }
    }
    (resource?, path?, same?, reason?, since?, keys?, covers?, parameters?);
    read(spec)
}

/// What a sense needs besides its word.
fn parameters(fields: &Fields<'_>, sense: &str) -> Option<()> {
    for (name, owner) in [("keys", "KEYED"), ("value", "DEFAULT")] {
        let given = fields.optional(name);
        if sense == owner {
            fields.required(name)?;
        } else if let Some(place) = given {
            place.error("needless-field", format!("`{sense}` takes no `{name}`"), format!("`{name}` is for `{owner}`"));
            return None;
        }
    }
    Some(())
}

/// `spec` of an `IgnoreRule`.
pub(super) fn ignore(spec: &Reader<'_>) -> Option<IgnoreRule> {
    let fields = spec.object(&["resource", "paths", "owner", "reason", "expires", "coveredBy"])?;
    let resource = fields.required("resource").and_then(|place| selector(&place));
    let paths = fields.some("paths", |place| {
        let pattern = place.pattern()?;
        if let Some(taken) = exposing::taken(&pattern) {
            let message = format!("{} leaves aside what exposes something", quote(&pattern.to_string()));
            let help = format!("it takes all of `{taken}`; name the item or the field that is meant");
            place.warning("broad-ignore", message, help);
        }
        Some(pattern)
    });
    let owner = fields.text("owner");
    let reason = fields.text("reason");
    let expires = fields.maybe("expires", Reader::time);
    if matches!(expires, Some(None)) {
        let help = "add `expires`, so that somebody looks at it again";
        spec.warning("no-expiry", "the rule never expires", help);
    }
    let covered = fields.many("coveredBy", |place| place.text());
    (resource?, paths?, owner?, reason?, expires?, covered?);
    read(spec)
}

/// A `resource` of a rule.
fn selector(place: &Reader<'_>) -> Option<()> {
    let fields = place.object(&["system", "group", "version", "kind", "type", "namespaces", "names"])?;
    let system = fields.maybe("system", Reader::word::<System>);
    let globs = ["group", "version", "kind", "type"].map(|name| fields.maybe(name, glob).map(|_| ()));
    let lists = ["namespaces", "names"].map(|name| fields.many(name, glob).map(|_| ()));
    system?;
    globs.into_iter().chain(lists).collect()
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

/// Makes the rule of a `spec` in which nothing was wrong.
fn read<T: DeserializeOwned>(spec: &Reader<'_>) -> Option<T> {
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
