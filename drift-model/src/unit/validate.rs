//! What is wrong with units, one by one and beside each other.

use std::collections::BTreeMap;

use super::{DriftManagedUnit, UnitProblem};
use crate::taxonomy::Risk;
use crate::time::Span;

/// The longest time from one look to the next that a tier of risk allows.
const fn longest(risk: Risk) -> Option<Span> {
    match risk {
        Risk::Critical => Some(Span::from_seconds(86_400)),
        Risk::High => Some(Span::from_seconds(604_800)),
        Risk::Medium | Risk::Low | Risk::Info => None,
    }
}

/// Words in the name of a role that may do more than look.
const POWERFUL: [&str; 6] = ["admin", "administrator", "administratoraccess", "owner", "poweruser", "root"];

/// What is wrong with a unit by itself.
pub(super) fn one(unit: &DriftManagedUnit) -> Vec<UnitProblem> {
    let mut found = Vec::new();
    texts(unit, &mut found);
    if let Some(credentials) = &unit.credentials {
        role(&credentials.oidc_role, &mut found);
    }
    schedule(unit, &mut found);
    let heals = unit.policies.as_ref().is_some_and(|policies| policies.auto_heal);
    if heals && unit.risk() == Some(Risk::Critical) {
        found.push(UnitProblem::warning(
            "critical-auto-heal",
            "/policies/autoHeal",
            "a machine may heal a critical unit".to_owned(),
            "leave it to a person, or register the unit with a lower tier",
        ));
    }
    if unit.evidence.as_ref().and_then(|evidence| evidence.retention).is_some_and(|kept| kept.seconds() == 0) {
        found.push(UnitProblem::error(
            "zero-duration",
            "/evidence/retention",
            "evidence that is kept for no time is not kept".to_owned(),
            "write for how long it is kept, such as `7y`",
        ));
    }
    found
}

/// Text that says nothing.
fn texts(unit: &DriftManagedUnit, found: &mut Vec<UnitProblem>) {
    let source = [
        ("/type", Some(&unit.unit_type)),
        ("/owner", Some(&unit.owner)),
        ("/environment", Some(&unit.environment)),
        ("/riskTier", Some(&unit.risk_tier)),
        ("/source/repo", Some(&unit.source.repo)),
        ("/source/path", unit.source.path.as_ref()),
        ("/source/revision", unit.source.revision.as_ref()),
        ("/state/backend", unit.state.as_ref().map(|state| &state.backend)),
        ("/state/key", unit.state.as_ref().map(|state| &state.key)),
        ("/credentials/oidcRole", unit.credentials.as_ref().map(|credentials| &credentials.oidc_role)),
        ("/evidence/store", unit.evidence.as_ref().and_then(|evidence| evidence.store.as_ref())),
    ];
    for (pointer, text) in source {
        if text.is_some_and(|text| text.trim().is_empty()) {
            let help = "write something here that a reader can use, or leave the field out if it is optional";
            found.push(UnitProblem::error("empty-text", pointer, "the text is empty".to_owned(), help));
        }
    }
}

fn role(role: &str, found: &mut Vec<UnitProblem>) {
    let mut problem = |problem: UnitProblem| found.push(problem);
    let help = "give the unit a role of its own, which may read this unit and nothing else";
    if role.contains(['*', '?']) {
        let message = format!("the role {} is a pattern, not a role", quote(role));
        problem(UnitProblem::error("wildcard-role", "/credentials/oidcRole", message, help));
    }
    let name = role.rsplit(['/', ':']).next().unwrap_or(role).to_ascii_lowercase();
    if name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| POWERFUL.contains(&word)) {
        let message = format!("the role {} sounds like one that may do more than look", quote(role));
        problem(UnitProblem::warning("powerful-role", "/credentials/oidcRole", message, help));
    }
}

fn schedule(unit: &DriftManagedUnit, found: &mut Vec<UnitProblem>) {
    let frequency = unit.schedule.frequency.span();
    if frequency.seconds() == 0 {
        let message = "the time from one look to the next is zero".to_owned();
        let help = "write `hourly`, `daily`, `weekly` or a duration such as `15m`";
        found.push(UnitProblem::error("zero-duration", "/schedule/frequency", message, help));
    }
    if let Some(risk) = unit.risk()
        && let Some(longest) = longest(risk)
        && frequency > longest
    {
        let message = format!("every {frequency} is seldom for a unit of tier {}", quote(&unit.risk_tier));
        let help = format!("look at it every {longest} at least, or register it with a lower tier");
        found.push(UnitProblem::warning("slow-schedule", "/schedule/frequency", message, &help));
    }
    if let Some(stale_after) = unit.schedule.stale_after
        && stale_after < frequency
    {
        let message = format!("a result is stale after {stale_after}, before the next look");
        let help = format!("write {frequency} or more, or leave it out: then it is twice that");
        found.push(UnitProblem::error("stale-too-soon", "/schedule/staleAfter", message, &help));
    }
    if let Some(timeout) = unit.schedule.lock_timeout
        && frequency.seconds() > 0
        && timeout >= frequency
    {
        let message = format!("a look may wait {timeout} for its lock, until the next one is due");
        let help = format!("give up before {frequency} have passed, and report the unit as unknown");
        found.push(UnitProblem::error("lock-too-long", "/schedule/lockTimeout", message, &help));
    }
}

/// What is wrong with units, one by one and then beside each other.
pub(super) fn all(units: &[&DriftManagedUnit]) -> Vec<(usize, UnitProblem)> {
    let mut found: Vec<(usize, UnitProblem)> =
        units.iter().enumerate().flat_map(|(index, unit)| one(unit).into_iter().map(move |p| (index, p))).collect();
    shared_roles(units, &mut found);
    shared_records(units, &mut found);
    // Stable: what stands beside the others comes after what stands by itself.
    found.sort_by_key(|(index, _)| *index);
    found
}

/// Units that have something in common, in the order of the registry.
type Sharing<'u, K> = BTreeMap<K, Vec<(usize, &'u DriftManagedUnit)>>;

fn shared_roles(units: &[&DriftManagedUnit], found: &mut Vec<(usize, UnitProblem)>) {
    let mut by_role: Sharing<'_, &str> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        if let Some(credentials) = &unit.credentials {
            by_role.entry(credentials.oidc_role.as_str()).or_default().push((index, unit));
        }
    }
    let help = "give each unit a role of its own, which may read this unit and nothing else";
    for (role, sharing) in by_role {
        let Some(((_, first), others)) = sharing.split_first().filter(|(_, others)| !others.is_empty()) else {
            continue;
        };
        let count = sharing.len();
        let apart = |unit: &DriftManagedUnit| (unit.owner != first.owner) || (unit.environment != first.environment);
        let global = others.iter().any(|(_, unit)| apart(unit));
        for (index, _) in &sharing {
            let problem = if global {
                let message = format!("the role {} reads {count} units of several owners or environments", quote(role));
                UnitProblem::error("global-role", "/credentials/oidcRole", message, help)
            } else {
                let message = format!("the role {} reads {count} units", quote(role));
                UnitProblem::warning("shared-role", "/credentials/oidcRole", message, help)
            };
            found.push((*index, problem));
        }
    }
}

fn shared_records(units: &[&DriftManagedUnit], found: &mut Vec<(usize, UnitProblem)>) {
    let mut by_record: Sharing<'_, (&str, &str)> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        if let Some(state) = &unit.state {
            by_record.entry((state.backend.as_str(), state.key.as_str())).or_default().push((index, unit));
        }
    }
    for ((_, key), sharing) in by_record.into_iter().filter(|(_, sharing)| sharing.len() > 1) {
        for (index, _) in &sharing {
            let message = format!("the record {} is that of {} units", quote(key), sharing.len());
            let help = "register each record once: two looks at one record wait for each other's lock";
            found.push((*index, UnitProblem::warning("shared-record", "/state/key", message, help)));
        }
    }
}

/// Text of the registry as problems quote it: at most 60 characters, in one line.
fn quote(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let cut = if short.len() < text.len() { "…" } else { "" };
    format!("`{}{cut}`", short.escape_debug())
}
