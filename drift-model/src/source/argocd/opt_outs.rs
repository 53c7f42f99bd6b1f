//! Where Argo CD looks away: on an Application, and on live objects.

use serde_json::Value;

use super::super::node::{Node, noting};
use super::super::opt_out::{Extent, OptOut, OptOutKind, Reach, extent_of};
use super::super::status::{Setting, StatusProblem, who_set};

/// Comma-separated options by which one object opts out of comparison.
const COMPARE_OPTIONS: &str = "argocd.argoproj.io/compare-options";

/// The same for syncing.
const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";

/// The same for health.
const IGNORE_HEALTH: &str = "argocd.argoproj.io/ignore-healthcheck";

/// When in a sync an object is applied; `Skip` is never.
const HOOK: &str = "argocd.argoproj.io/hook";

/// What a live object opts out of, sorted, and what of it could not be read. Argo CD honours what the object itself says.
///
/// ```
/// use drift_model::source::{OptOutKind, argocd};
/// use serde_json::json;
///
/// let live = json!({"metadata": {"annotations": {"argocd.argoproj.io/compare-options": "IgnoreExtraneous"}}});
/// let (opt_outs, _) = argocd::opt_outs(&live);
/// assert_eq!(opt_outs[0].kind, OptOutKind::IgnoresExtraneous);
/// ```
#[must_use]
pub fn opt_outs(live: &Value) -> (Vec<OptOut>, Vec<StatusProblem>) {
    noting(live, |root| {
        let annotations = root.at("metadata").at("annotations");
        let mut found = Vec::new();
        for annotation in [COMPARE_OPTIONS, SYNC_OPTIONS, IGNORE_HEALTH, HOOK] {
            let node = annotations.at(annotation);
            let text = node.text().ok().unwrap_or_default();
            for option in text.split(',').map(str::trim) {
                let kind = match annotation {
                    COMPARE_OPTIONS => (option == "IgnoreExtraneous").then_some(OptOutKind::IgnoresExtraneous),
                    IGNORE_HEALTH => (option == "true").then_some(OptOutKind::IgnoresHealth),
                    HOOK => (option == "Skip").then_some(OptOutKind::NotApplied),
                    _ => sync_option(option),
                };
                if let Some(kind) = kind {
                    let owner = who_set(live, &["metadata", "annotations", annotation]);
                    found.push(OptOut::of_object(node.pointer.clone(), kind, owner));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    })
}

fn sync_option(option: &str) -> Option<OptOutKind> {
    match option {
        "Prune=false" => Some(OptOutKind::NotPruned),
        "Prune=confirm" => Some(OptOutKind::PruneConfirmed),
        "Delete=false" => Some(OptOutKind::NotDeleted),
        "Validate=false" => Some(OptOutKind::NotValidated),
        _ => None,
    }
}

/// Where an Application looks away.
pub(super) fn of_application(spec: &Node<'_, '_>) -> Vec<OptOut> {
    let mut found: Vec<OptOut> = spec.at("ignoreDifferences").items().iter().map(ignored).collect();
    let policy = spec.at("syncPolicy");
    for option in policy.at("syncOptions").items() {
        if let Some(kind) = option.text().ok().and_then(sync_option) {
            let all = OptOut::of_object(option.pointer.clone(), kind, None);
            found.push(OptOut { reach: Reach::Everything, ..all });
        }
    }
    let automated = policy.at("automated");
    let prune = automated.at("prune");
    if automated.is_there() && matches!(prune.setting(), Setting::Off | Setting::Absent) {
        let all = OptOut::of_object(prune.pointer, OptOutKind::NotPruned, None);
        found.push(OptOut { reach: Reach::Everything, ..all });
    }
    found
}

/// One entry of `ignoreDifferences`. Group and kind are globs, and what is left out matches all.
fn ignored(node: &Node<'_, '_>) -> OptOut {
    let text = |name| node.at(name).name();
    let [pointers, expressions, managers] =
        ["jsonPointers", "jqPathExpressions", "managedFieldsManagers"].map(|name| node.at(name).texts());
    let is_glob = |text: &Option<String>| text.as_ref().is_none_or(|text| text.contains(['*', '?', '[', '{']));
    let group_is_glob = text("group").is_some_and(|group| group.contains(['*', '?', '[', '{']));
    let reach = if is_glob(&text("kind")) || group_is_glob {
        Reach::Everything
    } else {
        match (text("namespace"), text("name")) {
            (Some(_), Some(_)) => Reach::Object,
            (Some(_), None) => Reach::Namespace,
            // The same name in every namespace.
            (None, Some(_) | None) => Reach::Kind,
        }
    };
    let named = if pointers.is_empty() && !(expressions.is_empty() && managers.is_empty()) {
        Extent::Untold
    } else {
        extent_of(&pointers)
    };
    let extent = if expressions.is_empty() && managers.is_empty() { named } else { named.max(Extent::Untold) };
    OptOut {
        pointer: node.pointer.clone(),
        kind: OptOutKind::IgnoresDifferences,
        reach,
        extent,
        places: [pointers, expressions, managers].into_iter().flatten().collect(),
        owner: None,
    }
}
