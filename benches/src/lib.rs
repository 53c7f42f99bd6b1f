//! Objects to measure with: deployments as Git declares them and as an API server answers them.

use drift_model::{Observation, PlaneState, Planes, RecordOf, ResourceRef};
use serde_json::{Value, json};

/// A deployment as Git declares it, with this many containers.
#[must_use]
pub fn declared(containers: usize) -> Value {
    let container = |index: usize| {
        let env: Vec<Value> =
            (0..10).map(|i| json!({"name": format!("SETTING_{i}"), "value": format!("value-{i}")})).collect();
        json!({
            "name": format!("app-{index}"), "image": format!("registry.example/app-{index}@sha256:9b2c6f0d4b1e8a75"), "env": env,
            "ports": [{"containerPort": 8080}],
            "resources": {"limits": {"cpu": "1000m", "memory": "1Gi"}, "requests": {"cpu": "250m", "memory": "256Mi"}},
        })
    };
    let containers: Vec<Value> = (0..containers).map(container).collect();
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "prod", "labels": {"app": "web", "team": "shop"}},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}},
                 "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}},
    })
}

/// The same three times: what is in sync.
#[must_use]
pub fn in_sync(containers: usize) -> Observation {
    observed(containers, |_| {})
}

/// The same with one image changed by hand.
#[must_use]
pub fn drifted(containers: usize) -> Observation {
    observed(containers, |live| {
        if let Some(image) = live.pointer_mut("/spec/template/spec/containers/0/image") {
            *image = json!("registry.example/app-0:debug");
        }
    })
}

fn observed(containers: usize, change: impl FnOnce(&mut Value)) -> Observation {
    let mut live = declared(containers);
    change(&mut live);
    let planes = Planes::new(PlaneState::present(declared(containers)), PlaneState::present(live))
        .with_recorded(PlaneState::present(declared(containers)), RecordOf::Declaration);
    Observation::new("bench", ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "web"), planes)
}
