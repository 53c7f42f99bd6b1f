//! `Tracker`: who says of an object that it is theirs.

use serde_json::Value;

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What kind of GitOps object tracks a Kubernetes object.
    pub enum TrackedBy as "tracker" {
        /// An Argo CD Application, by its tracking annotation.
        ArgoApplication = "ARGO_APPLICATION",
        /// A Flux Kustomization, by its labels.
        FluxKustomization = "FLUX_KUSTOMIZATION",
        /// A Flux HelmRelease, by its labels.
        FluxHelmRelease = "FLUX_HELM_RELEASE",
        /// A Helm release, by its annotations.
        HelmRelease = "HELM_RELEASE",
    }
}

/// A mark on a live object that names who delivers it. Several on one object are a sign of a fight.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Tracker {
    /// The kind of tracker.
    pub by: TrackedBy,
    /// The tracker's namespace; empty where the mark does not say.
    pub namespace: String,
    /// The tracker's name.
    pub name: String,
}

/// Who tracks the object, by the marks on it, sorted.
///
/// Argo CD's tracking id also names the object that it was put on; one that names another was copied, and tracks
/// nothing. The instance label (`app.kubernetes.io/instance`) is set by charts as well, and proves nothing.
///
/// ```
/// use drift_model::source::kubernetes::{TrackedBy, trackers};
/// use serde_json::json;
///
/// let live = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {
///     "name": "checkout", "namespace": "prod",
///     "annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:prod/checkout"},
/// }});
/// let tracker = &trackers(&live)[0];
/// assert_eq!((tracker.by, tracker.name.as_str()), (TrackedBy::ArgoApplication, "shop"));
/// ```
#[must_use]
pub fn trackers(live: &Value) -> Vec<Tracker> {
    let metadata = live.get("metadata");
    let member = |map: &str, name: &str| {
        metadata.and_then(|metadata| metadata.get(map)?.get(name)?.as_str()).filter(|text| !text.is_empty())
    };
    let tracker = |by, namespace: Option<&str>, name: &str| Tracker {
        by,
        namespace: namespace.unwrap_or_default().to_owned(),
        name: name.to_owned(),
    };
    let mut trackers = Vec::new();
    if let Some(id) = member("annotations", "argocd.argoproj.io/tracking-id")
        && let Some((application, object)) = id.split_once(':')
        && tracks(object, live)
    {
        trackers.push(tracker(TrackedBy::ArgoApplication, None, application));
    }
    for (by, group) in [(TrackedBy::FluxKustomization, "kustomize"), (TrackedBy::FluxHelmRelease, "helm")] {
        if let Some(name) = member("labels", &format!("{group}.toolkit.fluxcd.io/name")) {
            trackers.push(tracker(by, member("labels", &format!("{group}.toolkit.fluxcd.io/namespace")), name));
        }
    }
    if let Some(name) = member("annotations", "meta.helm.sh/release-name") {
        trackers.push(tracker(TrackedBy::HelmRelease, member("annotations", "meta.helm.sh/release-namespace"), name));
    }
    trackers
}

/// Does `<group>/<kind>:<namespace>/<name>` name this object?
fn tracks(id: &str, live: &Value) -> bool {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let metadata = live.get("metadata");
    let api_version = text(live.get("apiVersion"));
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let (kind, name) = (text(live.get("kind")), text(metadata.and_then(|metadata| metadata.get("name"))));
    let namespace = text(metadata.and_then(|metadata| metadata.get("namespace")));
    let Some((tracked_type, tracked_name)) = id.split_once(':') else { return false };
    // Names of cluster roles may hold colons, and never a slash.
    let Some((tracked_namespace, tracked_name)) = tracked_name.split_once('/') else { return false };
    tracked_type.split_once('/') == Some((group, kind.as_str()))
        && tracked_name == name
        // Objects without a namespace are tracked under that of their Application.
        && (namespace.is_empty() || tracked_namespace == namespace)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_mark_is_read() {
        let live = json!({"apiVersion": "v1", "kind": "ClusterRole", "metadata": {
            "name": "system:x",
            "annotations": {
                "argocd.argoproj.io/tracking-id": "shop:/ClusterRole:shop-ns/system:x",
                "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "prod",
            },
            "labels": {
                "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                "helm.toolkit.fluxcd.io/name": "podinfo",
            },
        }});
        let shown: Vec<String> = trackers(&live)
            .iter()
            .map(|tracker| format!("{} {}/{}", tracker.by, tracker.namespace, tracker.name))
            .collect();
        assert_eq!(
            shown,
            [
                "ARGO_APPLICATION /shop",
                "FLUX_KUSTOMIZATION flux-system/apps",
                "FLUX_HELM_RELEASE /podinfo",
                "HELM_RELEASE prod/web"
            ]
        );
    }

    #[test]
    fn a_copied_tracking_id_tracks_nothing() {
        for id in [
            "shop:apps/Deployment:prod/other",
            "shop:/Deployment:prod/web",
            "shop:apps/Deployment:dev/web",
            "shop",
            "",
            "a:b:c",
        ] {
            let live = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {
                "name": "web", "namespace": "prod", "annotations": {"argocd.argoproj.io/tracking-id": id}}});
            assert_eq!(trackers(&live), [], "{id}");
        }
        assert_eq!(trackers(&json!("x")), []);
    }
}
