//! Where Flux looks away: on what delivers, and on live objects.

use serde_json::Value;

use super::super::node::{Node, Read, noting};
use super::super::opt_out::{OptOut, OptOutKind, Reach, extent_of};
use super::super::status::{Setting, StatusProblem, who_set};

/// Marks by which an object opts out, with the value and what it means.
const MARKS: [(&str, &str, OptOutKind); 6] = [
    ("kustomize.toolkit.fluxcd.io/reconcile", "disabled", OptOutKind::NotReconciled),
    ("kustomize.toolkit.fluxcd.io/ssa", "ignore", OptOutKind::NotApplied),
    ("kustomize.toolkit.fluxcd.io/ssa", "merge", OptOutKind::KeepsAdditions),
    ("kustomize.toolkit.fluxcd.io/ssa", "ifnotpresent", OptOutKind::AppliedOnce),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled", OptOutKind::NotPruned),
    ("helm.toolkit.fluxcd.io/driftdetection", "disabled", OptOutKind::NotDetected),
];

/// What a live object opts out of, sorted, and what of it could not be read. Flux honours what the object itself says, in
/// annotations and in labels, whatever the case of the value.
///
/// ```
/// use drift_model::source::{OptOutKind, flux};
/// use serde_json::json;
///
/// let live = json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "Disabled"}}});
/// let (opt_outs, _) = flux::opt_outs(&live);
/// assert_eq!(opt_outs[0].kind, OptOutKind::NotReconciled);
/// ```
#[must_use]
pub fn opt_outs(live: &Value) -> (Vec<OptOut>, Vec<StatusProblem>) {
    noting(live, |root| {
        let metadata = root.at("metadata");
        let mut found = Vec::new();
        for map in ["annotations", "labels"] {
            let marks = metadata.at(map);
            for (mark, value, kind) in MARKS {
                // The one name with a capital in it.
                let name = if kind == OptOutKind::NotDetected { "helm.toolkit.fluxcd.io/driftDetection" } else { mark };
                let node = marks.at(name);
                if node.text().ok().is_some_and(|text| text.eq_ignore_ascii_case(value)) {
                    found.push(OptOut::of_object(node.pointer, kind, who_set(live, &["metadata", map, name])));
                }
            }
        }
        found.sort();
        found
    })
}

/// Where a Kustomization looks away.
pub(super) fn of_kustomization(spec: &Node<'_, '_>) -> Vec<OptOut> {
    let mut found = ignore_rules(&spec.at("ignore"));
    let prune = spec.at("prune");
    if matches!(prune.setting(), Setting::Off | Setting::Absent) {
        found.push(everything(prune.pointer, OptOutKind::NotPruned));
    }
    found
}

/// Where a HelmRelease looks away.
pub(super) fn of_helm_release(spec: &Node<'_, '_>) -> Vec<OptOut> {
    let detection = spec.at("driftDetection");
    let mut found = ignore_rules(&detection.at("ignore"));
    let mode = detection.at("mode");
    match mode.text() {
        Read::Is("enabled") | Read::Unreadable => {}
        Read::Is("warn") => found.push(everything(mode.pointer, OptOutKind::NotCorrected)),
        Read::Is(_) | Read::Absent => found.push(everything(mode.pointer, OptOutKind::NotDetected)),
    }
    found
}

fn everything(pointer: String, kind: OptOutKind) -> OptOut {
    OptOut { reach: Reach::Everything, ..OptOut::of_object(pointer, kind, None) }
}

/// Rules `{paths, target}`. What a target leaves out matches all, and what it says are anchored regular expressions.
fn ignore_rules(node: &Node<'_, '_>) -> Vec<OptOut> {
    let rule = |node: Node<'_, '_>| {
        let target = node.at("target");
        let plain = |name: &str| {
            target
                .at(name)
                .name()
                .is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        };
        let reach = match (plain("kind"), plain("namespace"), plain("name")) {
            (true, true, true) => Reach::Object,
            (true, true, false) => Reach::Namespace,
            (true, false, _) => Reach::Kind,
            (false, ..) => Reach::Everything,
        };
        let places = node.at("paths").texts();
        let extent = extent_of(&places);
        OptOut { reach, extent, places, ..OptOut::of_object(node.pointer, OptOutKind::IgnoresDifferences, None) }
    };
    node.items().into_iter().map(rule).collect()
}
