//! `TrackingId`: the mark by which Argo CD knows its resources.

use std::fmt;
use std::str::FromStr;

use crate::resource::ResourceRef;

/// The value of the annotation `argocd.argoproj.io/tracking-id`: `<app>:<group>/<kind>:<namespace>/<name>`.
///
/// The Application stands as `<namespace>_<name>` where it lives outside of Argo CD's own namespace. Names of RBAC objects
/// may hold colons.
///
/// ```
/// use drift_model::source::argocd::TrackingId;
///
/// let id: TrackingId = "shop:rbac.authorization.k8s.io/Role:prod/system:reader".parse()?;
/// assert_eq!((id.application.as_str(), id.resource.name.as_str()), ("shop", "system:reader"));
/// assert_eq!(id.to_string(), "shop:rbac.authorization.k8s.io/Role:prod/system:reader");
/// # Ok::<(), drift_model::source::argocd::TrackingIdError>(())
/// ```
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct TrackingId {
    /// The namespace of the Application; empty for Argo CD's own.
    pub application_namespace: String,
    /// The name of the Application.
    pub application: String,
    /// The resource. Objects without a namespace are tracked under that of the destination.
    pub resource: ResourceRef,
}

impl fmt::Display for TrackingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { application_namespace, application, resource } = self;
        let ResourceRef { group, kind, namespace, name, .. } = resource;
        if !application_namespace.is_empty() {
            write!(f, "{application_namespace}_")?;
        }
        write!(f, "{application}:{group}/{kind}:{namespace}/{name}")
    }
}

impl FromStr for TrackingId {
    type Err = TrackingIdError;

    fn from_str(text: &str) -> Result<Self, TrackingIdError> {
        let read = || {
            let (application, rest) = text.split_once(':')?;
            let (group, rest) = rest.split_once('/')?;
            let (kind, rest) = rest.split_once(':')?;
            let (namespace, name) = rest.split_once('/')?;
            let (application_namespace, application) = application.split_once('_').unwrap_or(("", application));
            let whole = ![application, kind, name].iter().any(|part| part.is_empty());
            let plain = !group.contains(':') && !kind.contains('/') && !namespace.contains(':') && !name.contains('/');
            (whole && plain).then(|| Self {
                application_namespace: application_namespace.to_owned(),
                application: application.to_owned(),
                resource: ResourceRef::kubernetes(group, "", kind, namespace, name),
            })
        };
        read().ok_or(TrackingIdError)
    }
}

/// A text that is no tracking id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("bad tracking id, expected `<application>:<group>/<kind>:<namespace>/<name>`")]
#[non_exhaustive]
pub struct TrackingIdError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tracking_id_prints_reads_back() {
        for text in [
            "shop:apps/Deployment:prod/web",
            "shop:/ConfigMap:prod/app",
            "team_shop:/Service:prod/web",
            "a:rbac.authorization.k8s.io/ClusterRole:ns/system:x:y",
        ] {
            assert_eq!(text.parse::<TrackingId>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "shop",
            "shop:apps/Deployment",
            "shop:apps/Deployment:prod",
            ":apps/Deployment:prod/web",
            "a:b/c:d/",
            "a:b/c:d/e/f",
        ] {
            assert_eq!(text.parse::<TrackingId>(), Err(TrackingIdError), "{text}");
        }
    }
}
