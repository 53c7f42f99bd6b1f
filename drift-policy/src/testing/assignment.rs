//! Values by column, and the `given` of a case that they make up.

use std::collections::BTreeMap;

use drift_model::Timestamp;
use serde_json::{Map, Value, json};

use crate::table::Column;

/// Values by column; a fact that is left out is unknown.
pub(super) type Assignment = BTreeMap<Column, String>;

/// The moment of cases that need one.
const NOW: &str = "2026-07-03T12:00:00Z";

/// A value of each open column that no rule names.
pub(super) const OTHERS: &[(Column, &str)] = &[
    (Column::Kind, "Gadget"),
    (Column::Namespace, "elsewhere"),
    (Column::Name, "another"),
    (Column::Path, "/spec/another"),
    (Column::Environment, "elsewhere"),
    (Column::Tier, "another"),
    (Column::RiskTier, "another"),
    (Column::ServiceCriticality, "another"),
    (Column::DataClassification, "another"),
    (Column::CustomerTier, "another"),
    (Column::Owner, "somebody"),
    (Column::ComplianceScope, "another"),
    (Column::Condition, "another"),
];

/// Where a search starts: one field of a workload, changed at runtime.
pub(super) fn base() -> Assignment {
    [
        (Column::System, "KUBERNETES"),
        (Column::Kind, "Deployment"),
        (Column::Namespace, "elsewhere"),
        (Column::Name, "another"),
        (Column::Path, "/spec/another"),
        (Column::Existence, "MANAGED"),
        (Column::Relation, "RUNTIME_CHANGED"),
        (Column::Disposition, "DRIFT"),
        (Column::Change, "CHANGED"),
        (Column::OwnerKind, "GIT"),
    ]
    .into_iter()
    .map(|(column, value)| (column, value.to_owned()))
    .collect()
}

/// Gives a column the first of its values that says something.
pub(super) fn give(assignment: &mut Assignment, column: Column, values: &[String]) {
    match values.iter().find(|value| *value != "UNKNOWN") {
        Some(value) => drop(assignment.insert(column, concrete(column, value))),
        None => drop(assignment.remove(&column)),
    }
}

/// A value that a glob or a pattern takes.
pub(super) fn concrete(column: Column, text: &str) -> String {
    if text == "*" {
        let words = column.values().words();
        return words.first().map_or_else(|| "any".to_owned(), |word| (*word).to_owned());
    }
    if column == Column::Path {
        let text = text.strip_suffix("/**").map_or_else(|| text.to_owned(), |above| format!("{above}/any"));
        return text.split('/').map(|step| if step == "*" { "any" } else { step }).collect::<Vec<_>>().join("/");
    }
    if column == Column::System {
        return if text == "GENERIC:*" { "GENERIC:any".to_owned() } else { text.to_owned() };
    }
    let (mut out, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        match c {
            '*' => {}
            '?' => out.push('a'),
            '\\' => out.extend(chars.next()),
            // The first alternative, the first character of a class.
            '{' => {
                let inside: String = chars.by_ref().take_while(|c| *c != '}').collect();
                out.push_str(inside.split(',').next().unwrap_or_default());
            }
            '[' => out.extend(chars.by_ref().take_while(|c| *c != ']').next()),
            plain => out.push(plain),
        }
    }
    if out.is_empty() { "any".to_owned() } else { out }
}

/// `given` of a case, as it is written.
pub(super) fn written(assignment: &Assignment) -> Value {
    let text = |column: Column| assignment.get(&column).map(String::as_str);
    let system = text(Column::System).unwrap_or("KUBERNETES");
    let kind = if matches!(system, "KUBERNETES" | "ARGOCD" | "FLUX") { "kind" } else { "type" };
    let mut resource = json!({"system": system});
    for (key, column) in [(kind, Column::Kind), ("namespace", Column::Namespace), ("name", Column::Name)] {
        if let (Some(value), Some(resource)) = (text(column), resource.as_object_mut()) {
            resource.insert(key.to_owned(), value.into());
        }
    }
    let mut change = Map::new();
    for (key, column) in [
        ("path", Column::Path),
        ("kind", Column::Change),
        ("relation", Column::Relation),
        ("disposition", Column::Disposition),
        ("owner", Column::OwnerKind),
    ] {
        change.extend(text(column).map(|value| (key.to_owned(), value.into())));
    }
    if text(Column::Disposition) == Some("UNDECLARED") {
        change.insert("counted".to_owned(), true.into());
    }
    let mut facts = Map::new();
    for (column, value) in assignment.iter().filter(|(column, _)| column.is_fact()) {
        if let Some((key, value)) = fact(*column, value, assignment) {
            facts.insert(key.to_owned(), value);
        }
    }
    json!({
        "resource": resource, "existence": text(Column::Existence).unwrap_or("MANAGED"),
        "changes": [change], "facts": facts, "now": NOW,
    })
}

/// A column's value as the fact that it comes from.
fn fact(column: Column, value: &str, assignment: &Assignment) -> Option<(&'static str, Value)> {
    let days_ago = |days: u64| {
        let now: Option<Timestamp> = NOW.parse().ok();
        now.and_then(|now| now.minus(drift_model::Span::from_seconds(days.saturating_mul(86_400))))
    };
    Some(match column {
        Column::ComplianceScope => ("complianceScope", json!([value])),
        Column::Actor => ("actors", json!([{"kind": value}])),
        Column::ChangeRecord | Column::Accepted => {
            let state = assignment.get(&Column::ChangeRecord).map_or("MATCHED", String::as_str);
            let accepts = assignment.get(&Column::Accepted).map(|accepts| accepts == "true");
            ("changeRecord", json!({"state": state, "acceptsRuntime": accepts}))
        }
        Column::Exception => match value {
            "ACTIVE" => ("exception", json!({"id": "given"})),
            "EXPIRED" => ("exception", json!({"id": "given", "expires": days_ago(1)?})),
            // Whoever holds all exceptions knows that there is none.
            _ => return None,
        },
        Column::Source if value == "OK" => {
            let ok = "OK";
            ("source", json!({"fetched": ok, "rendered": ok, "decrypted": ok, "applied": ok, "observed": ok}))
        }
        Column::Source => ("source", json!({"applied": value})),
        Column::Upgrade => {
            let at = days_ago(if value == "RECENT" { 1 } else { 30 })?;
            ("lastUpgrade", json!({"what": "PROVIDER", "name": "given", "at": at}))
        }
        Column::Violation if value == "YES" => ("violations", json!([{"policy": "given"}])),
        Column::Violation => ("violations", json!([])),
        Column::SecretSync => {
            let sync = match value {
                "FAILED" => json!({"condition": "SecretSyncedError"}),
                "LAGGING" => json!({"externalVersion": "2", "syncedVersion": "1"}),
                _ => json!({"externalVersion": "v2", "syncedVersion": "v2", "consumerGeneration": "current"}),
            };
            ("secretSync", sync)
        }
        Column::Condition => ("conditions", json!({value: true})),
        _ => (column.name(), value.into()),
    })
}
