//! `policy compare`: what another policy would decide otherwise.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use drift_model::canonical_text;
use drift_policy::{Decided, Difference, Policy, Table};
use serde::Serialize;
use serde_json::Value;

use super::Exit;
use super::cli::Compare;
use super::documents::{self, Documents};
use crate::console::Streams;
use crate::console::paint::clean;

/// What was found so far.
#[derive(Default)]
struct Found {
    different: bool,
    unproven: bool,
}

pub(super) fn run(compare: &Compare, streams: &mut Streams<'_>) -> Exit {
    let (old, new) = (policy(&compare.old, streams), policy(&compare.new, streams));
    let (Some(old), Some(new)) = (old, new) else { return Exit::Problem };
    let mut found = Found::default();
    let same = |output: &mut dyn Write| {
        drop(writeln!(output, "no difference: policy {}", new.digest()));
        Exit::Fine
    };
    // The same documents need no proof.
    if old.digest() == new.digest() {
        return same(streams.output);
    }
    let output = &mut *streams.output;
    let written = table(output, &mut found, "taxonomy", (old.taxonomy(), new.taxonomy()))
        .and_then(|()| table(output, &mut found, "classification", (old.classification(), new.classification())))
        .and_then(|()| table(output, &mut found, "decision", (old.decision(), new.decision())))
        .and_then(|()| table(output, &mut found, "routes", (old.routes(), new.routes())))
        .and_then(|()| others(output, &mut found, &old, &new));
    drop(written);
    if found.unproven {
        let help = "the regions that are listed are right; write plain globs and shorter lists to have them all";
        drop(writeln!(streams.errors, "error: the tables are too entangled to find every difference\n  help: {help}"));
    }
    if found.different {
        return Exit::Different;
    }
    if found.unproven {
        return Exit::Problem;
    }
    same(streams.output)
}

/// The policy of a path; says what is wrong with it, and nothing about what is only odd.
fn policy(path: &Path, streams: &mut Streams<'_>) -> Option<Policy> {
    let (engine, said) = Documents::of(&[path.to_owned()], streams.input).engine(None);
    if engine.is_none() {
        drop(documents::print(&said, streams.errors));
    }
    engine.map(|engine| engine.policy().clone())
}

fn table<T: PartialEq + Serialize>(
    output: &mut dyn Write,
    found: &mut Found,
    name: &str,
    (old, new): (&Table<T>, &Table<T>),
) -> std::io::Result<()> {
    let comparison = old.compare(new);
    found.unproven |= !comparison.proven;
    let count = comparison.differences.len();
    if count > 0 {
        found.different = true;
        writeln!(output, "{name}: {count} {}", if count == 1 { "region" } else { "regions" })?;
    }
    comparison.differences.iter().try_for_each(|difference| region(output, difference))
}

fn region<T: Serialize>(output: &mut dyn Write, difference: &Difference<'_, T>) -> std::io::Result<()> {
    let columns = difference.region.iter().map(|(column, values)| format!("{column}: [{}]", values.join(", ")));
    let columns: Vec<String> = columns.collect();
    let columns = if columns.is_empty() { "everything".to_owned() } else { columns.join(", ") };
    writeln!(output, "\n  {}", clean(&columns))?;
    writeln!(output, "    old   {}", clean(&decided(&difference.old)))?;
    writeln!(output, "    new   {}", clean(&decided(&difference.new)))?;
    writeln!(output, "    case  {}", clean(&difference.witness.to_string()))?;
    writeln!(output, "    given: {}", clean(&canonical_text(&difference.witness.given())))
}

fn decided<T: Serialize>(decided: &Decided<'_, T>) -> String {
    let outcome = serde_json::to_value(decided.outcome).map(|value| canonical_text(&value)).unwrap_or_default();
    match decided.rule {
        Some(rule) => format!("{outcome} by `{}`", rule.id),
        None => format!("{outcome} by `onUnknown`, without {}", decided.missing),
    }
}

/// The documents that are no tables are not compared case by case: which of them differ is said.
fn others(output: &mut dyn Write, found: &mut Found, old: &Policy, new: &Policy) -> std::io::Result<()> {
    let (old, new) = (by_name(old), by_name(new));
    let mut lines = Vec::new();
    for (name, text) in &old {
        match new.get(name) {
            None => lines.push(format!("  {name}: only in the old policy")),
            Some(other) if other != text => lines.push(format!("  {name}: says something else")),
            Some(_) => {}
        }
    }
    lines.extend(
        new.keys().filter(|name| !old.contains_key(*name)).map(|name| format!("  {name}: only in the new policy")),
    );
    if lines.is_empty() {
        return Ok(());
    }
    lines.sort();
    let before = if found.different { "\n" } else { "" };
    found.different = true;
    writeln!(output, "{before}other documents: {}", lines.len())?;
    lines.iter().try_for_each(|line| writeln!(output, "{}", clean(line)))
}

/// The documents in force that are no tables, by kind and name. What decides nothing is left aside.
fn by_name(policy: &Policy) -> BTreeMap<String, String> {
    let compared =
        ["DriftTaxonomy", "DriftClassification", "ReconciliationPolicy", "DriftPolicyTest", "DriftManagedUnit"];
    let mut documents = BTreeMap::new();
    for text in policy.documents() {
        let document: Value = serde_json::from_str(text).unwrap_or_default();
        let word = |pointer| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        if !compared.contains(&word("/kind")) {
            let spec = document.pointer("/spec").map(canonical_text).unwrap_or_default();
            documents.insert(format!("{} {}", word("/kind"), word("/metadata/name")), spec);
        }
    }
    documents
}
