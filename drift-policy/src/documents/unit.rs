//! `DriftManagedUnit`: what is watched (seeds S0.22).

use drift_model::{DriftManagedUnit, UnitProblem};

use super::field_rules::rule;
use super::reader::{Fields, Reader, quote};
use crate::diagnostics::Severity;

/// `spec` of a `DriftManagedUnit`.
pub(super) fn read(spec: &Reader<'_>) -> Option<DriftManagedUnit> {
    let unit: DriftManagedUnit = rule(spec, || {
        let fields = spec.object(&[
            "type",
            "owner",
            "environment",
            "riskTier",
            "source",
            "state",
            "credentials",
            "schedule",
            "policies",
            "evidence",
        ])?;
        for name in ["type", "owner", "environment", "riskTier"] {
            fields.text(name);
        }
        fields.required("source").and_then(|place| {
            let fields = place.object(&["repo", "path", "revision"])?;
            texts(&fields, &["path", "revision"]);
            fields.text("repo")
        });
        fields.maybe("state", |place| {
            let fields = place.object(&["backend", "key"])?;
            fields.text("backend");
            fields.text("key")
        });
        fields.maybe("credentials", |place| place.object(&["oidcRole"])?.text("oidcRole"));
        fields.required("schedule").and_then(|place| schedule(&place));
        fields.maybe("policies", |place| {
            let fields = place.object(&["autoHeal", "requireIncidentForManualChange"])?;
            fields.maybe("autoHeal", Reader::flag);
            fields.maybe("requireIncidentForManualChange", Reader::flag)
        });
        fields.maybe("evidence", |place| {
            let fields = place.object(&["retention", "store"])?;
            texts(&fields, &["store"]);
            fields.maybe("retention", Reader::span)
        });
        Some(())
    })?;
    let before = spec.errors();
    for problem in unit.validate() {
        report(spec, problem);
    }
    (spec.errors() == before).then_some(unit)
}

fn schedule(place: &Reader<'_>) -> Option<()> {
    let fields = place.object(&["frequency", "staleAfter", "lockTimeout", "requestsPerMinute"])?;
    fields.required("frequency").and_then(|place| {
        let text = place.text()?;
        let help = "expected `hourly`, `daily`, `weekly`, or a duration such as `15m` or `4h`";
        let bad = |_| place.error("bad-duration", format!("bad frequency {}", quote(text)), help);
        text.parse::<drift_model::Frequency>().map_err(bad).ok()
    });
    fields.maybe("staleAfter", Reader::span);
    fields.maybe("lockTimeout", Reader::span);
    fields.maybe("requestsPerMinute", Reader::count);
    Some(())
}

/// Texts that may be missing. What is wrong with them is reported; the unit itself is read once nothing is.
fn texts(fields: &Fields<'_>, names: &[&str]) {
    for name in names {
        fields.maybe(name, Reader::text);
    }
}

fn report(spec: &Reader<'_>, problem: UnitProblem) {
    let severity = if problem.warning { Severity::Warning } else { Severity::Error };
    spec.below(severity, problem.code, problem.pointer, problem.message, problem.help);
}
