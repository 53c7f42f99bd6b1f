//! `DriftPolicyTest`: what the policy is expected to say.

use std::collections::BTreeSet;

use drift_model::{Change, ChangeKind, Disposition, Facts, FieldPath, Observation, OwnerKind, Relation, ResourceRef};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::reader::{Fields, Findings, Reader, all, list, quote};
use crate::diagnostics::Severity;
use crate::testing::{Expectation, Given, Scenario};
use crate::tree::Tree;

/// `spec` of a `DriftPolicyTest`.
pub(super) fn read(spec: &Reader<'_>) -> Option<Vec<Scenario>> {
    let fields = spec.object(&["cases"])?;
    let cases = fields.some("cases", scenario)?;
    let mut names = BTreeSet::new();
    for (index, case) in cases.iter().enumerate() {
        if !names.insert(case.name.as_str()) {
            let message = format!("another case has the name {}", quote(&case.name));
            let pointer = format!("/cases/{index}/name");
            spec.below(Severity::Error, "duplicate-case", &pointer, message, "give each a name of its own");
            return None;
        }
    }
    Some(cases)
}

fn scenario(place: &Reader<'_>) -> Option<Scenario> {
    let fields = place.object(&["name", "given", "expect"])?;
    let name = fields.text("name");
    let given = fields.required("given").and_then(|place| given(&place));
    let expect = fields.required("expect").and_then(|place| expect(&place));
    Some(Scenario::new(name?, given?, expect?))
}

/// `given` of a case that was made up.
pub(crate) fn given_of(value: &serde_json::Value) -> Option<Given> {
    let (tree, findings) = (Tree::from(value.clone()), Findings::new("given"));
    given(&Reader::root(&tree, &findings))
}

/// What is known. An observation is assessed as it is; a resource with its facts and changes goes through the tables.
fn given(place: &Reader<'_>) -> Option<Given> {
    let fields = place.object(&["observation", "resource", "existence", "facts", "changes", "now"])?;
    let observation = fields.maybe("observation", observed::<Observation>);
    for name in ["resource", "existence", "changes"] {
        if let (Some(_), Some(beside)) = (fields.optional("observation"), fields.optional(name)) {
            beside.error(
                "needless-field",
                format!("an observation takes no `{name}`"),
                "an observation says it itself",
            );
        }
    }
    let resource = fields.maybe("resource", resource);
    let existence = fields.maybe("existence", Reader::word);
    let facts = fields.maybe("facts", facts);
    let changes = fields.maybe("changes", |place| Reader::each(&place.some()?, change));
    let now = fields.maybe("now", Reader::time);
    let (observation, resource) = (observation?, resource?);
    let mut facts = facts?.unwrap_or_default();
    facts.now = now?;
    let (existence, changes) = (existence?, changes?);
    if let Some(observation) = observation {
        return Some(Given::observation(observation).knowing(facts));
    }
    let given = Given::changes(resource.unwrap_or_default(), changes.unwrap_or_default()).knowing(facts);
    Some(match existence {
        Some(existence) => given.existing(existence),
        None => given,
    })
}

/// Something that is observed elsewhere, and quoted here: it is read as it is there.
fn observed<T: DeserializeOwned>(place: &Reader<'_>) -> Option<T> {
    match drift_model::from_value(place.tree.to_value()) {
        Ok(read) => Some(read),
        Err(error) => {
            let (pointer, expected) = match &error.kind {
                drift_model::ReadErrorKind::Data { pointer, expected } => (pointer.as_str(), expected.clone()),
                other => ("", other.to_string()),
            };
            place.below(Severity::Error, error.code(), pointer, "it cannot be read", expected);
            None
        }
    }
}

fn resource(place: &Reader<'_>) -> Option<ResourceRef> {
    if let Tree::Text(text) = place.tree {
        let help = "expected `Kind/name`, `Kind/namespace/name`, a Terraform address, or an object";
        let bad = |_| place.error("bad-resource", format!("bad resource {}", quote(text)), help);
        return text.parse().map_err(bad).ok();
    }
    let known = &["system", "group", "version", "kind", "type", "namespace", "name", "address", "deposed", "mode"];
    let before = place.errors();
    place.object(known)?;
    (place.errors() == before).then_some(())?;
    observed(place)
}

/// Facts. Whoever exchanges facts may know some that we do not; whoever writes a test has misspelled one.
fn facts(place: &Reader<'_>) -> Option<Facts> {
    let known = names_of::<Facts>();
    let before = place.errors();
    place.object(known)?;
    (place.errors() == before).then_some(())?;
    observed(place)
}

fn change(place: &Reader<'_>) -> Option<Change> {
    let known = &["path", "kind", "relation", "disposition", "owner", "ownerName", "rule", "counted"];
    let fields = place.object(known)?;
    let path = fields.required("path").and_then(|place| path(&place));
    let kind = fields.maybe("kind", Reader::word);
    let relation = fields.maybe("relation", Reader::word);
    let disposition = fields.maybe("disposition", Reader::word);
    let owner = fields.maybe("owner", Reader::word);
    let owner_name = fields.maybe("ownerName", |place| place.text().map(str::to_owned));
    let rule = fields.maybe("rule", |place| place.text().map(str::to_owned));
    let counted = fields.maybe("counted", Reader::flag);
    let disposition = disposition?.unwrap_or(Disposition::Drift);
    let usual = match disposition {
        Disposition::Pending => Relation::NotApplied,
        Disposition::Undeclared => Relation::UndeclaredAddition,
        Disposition::Undetermined => Relation::Undetermined,
        Disposition::Equivalent | Disposition::OwnedBy | Disposition::Ignored | Disposition::Drift => {
            Relation::RuntimeChanged
        }
    };
    let mut change = Change::new(path?, kind?.unwrap_or(ChangeKind::Changed), relation?.unwrap_or(usual), disposition);
    let usual = if disposition == Disposition::OwnedBy { OwnerKind::Controller } else { OwnerKind::Git };
    change.owner = owner?.unwrap_or(usual);
    change.owner_name = owner_name?;
    change.rule = rule?;
    change.counted = counted?.unwrap_or(false);
    Some(change)
}

fn path(place: &Reader<'_>) -> Option<FieldPath> {
    let text = place.any_text()?;
    let bad = |error: drift_model::PathError| {
        place.error("bad-path", format!("bad path {}", quote(text)), format!("expected {}", error.kind));
    };
    text.parse().map_err(bad).ok()
}

/// What is expected; what is left out is not checked.
fn expect(place: &Reader<'_>) -> Option<Expectation> {
    const KNOWN: &[&str] = &[
        "verdict",
        "class",
        "risk",
        "domain",
        "action",
        "recommend",
        "autoHealAllowed",
        "rule",
        "refusedBy",
        "obligations",
        "approvers",
        "reconcileWithin",
        "routes",
    ];
    let fields = place.object(KNOWN)?;
    if fields.each().is_empty() {
        let help = format!("expect one of {}", list(KNOWN));
        place.error("empty-expect", "the case expects nothing, so that it cannot fail", help);
        return None;
    }
    let verdict = fields.maybe("verdict", Reader::word);
    let class = fields.maybe("class", Reader::word);
    let risk = fields.maybe("risk", Reader::word);
    let domain = fields.maybe("domain", |place| place.text().map(str::to_owned));
    let action = fields.maybe("action", Reader::word);
    let recommend = fields.maybe("recommend", Reader::word);
    let auto_heal_allowed = fields.maybe("autoHealAllowed", Reader::flag);
    let rule = fields.maybe("rule", |place| place.text().map(str::to_owned));
    let refused_by = texts(&fields, "refusedBy");
    let obligations = fields.maybe("obligations", |place| all(place.list()?.iter().map(Reader::word)));
    let approvers = texts(&fields, "approvers");
    let reconcile_within = fields.maybe("reconcileWithin", Reader::span);
    let routes = texts(&fields, "routes");
    Some(Expectation {
        verdict: verdict?,
        class: class?,
        risk: risk?,
        domain: domain?,
        action: action?,
        recommend: recommend?,
        auto_heal_allowed: auto_heal_allowed?,
        rule: rule?,
        refused_by: refused_by?,
        obligations: obligations?,
        approvers: approvers?,
        reconcile_within: reconcile_within?,
        routes: routes?,
    })
}

#[expect(clippy::option_option, reason = "missing and unreadable are different answers")]
fn texts(fields: &Fields<'_>, name: &str) -> Option<Option<Vec<String>>> {
    fields.maybe(name, |place| all(place.list()?.iter().map(|place| place.text().map(str::to_owned))))
}

/// The names of a type's members, as serde reads them.
fn names_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It reads nothing, and says so; the names are known by then.
    let _ = T::deserialize(Members(&mut names));
    names
}

/// Takes down which members are asked for.
struct Members<'n>(&'n mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Members<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = names;
        Err(serde::de::Error::custom("nothing is read"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("nothing is read"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_facts_are_those_of_the_wire() {
        let names = names_of::<Facts>();
        assert!(
            names.len() > 25 && names.contains(&"serviceCriticality") && names.contains(&"secretSync"),
            "{names:?}"
        );
        assert!(!names.contains(&"now"), "the moment is no fact");
    }
}
