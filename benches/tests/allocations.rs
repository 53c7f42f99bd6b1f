//! What must not allocate, with every allocation of this thread counted.

#![allow(unsafe_code, reason = "an allocator is unsafe to write; this one counts, and leaves the work to the system's")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may fail")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use drift_diff::{Comparer, Rules};
use drift_model::{
    Change, ChangeKind, Disposition, Domain, DriftClass, Existence, Facts, Observation, PlaneState, Planes, RecordOf,
    Relation, ResourceRef, Risk,
};
use drift_policy::{Case, Policy};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is ending has nothing to count.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<R>(work: impl FnOnce() -> R) -> (u64, R) {
    let before = COUNT.with(Cell::get);
    let result = work();
    (COUNT.with(Cell::get) - before, result)
}

#[test]
fn counting_counts() {
    assert_eq!(allocations(|| std::hint::black_box(vec![1_u8])).0, 1);
}

#[test]
fn the_shipped_tables_decide_without_allocating_whatever_is_known() {
    let policy = Policy::shipped();
    let everything = serde_json::json!({
        "environment": "prod-eu", "actors": [{"kind": "HUMAN"}, {"kind": "PIPELINE"}], "incident": "NONE",
        "changeRecord": {"state": "MATCHED", "acceptsRuntime": false}, "sync": "OUT_OF_SYNC", "reconcile": "FAILED",
        "dependency": "CHANGED", "violations": [{"policy": "p"}], "cost": "OVER", "complianceScope": ["pci-dss"],
        "conditions": {"hpa": true}});
    let mut decided = 0;
    for facts in [serde_json::json!({}), serde_json::json!({"incident": "OPEN"}), everything] {
        let facts: Facts = serde_json::from_value(facts).unwrap();
        for (kind, path) in [("Deployment", "/spec/template/spec/containers/[name=app]/image"), ("Widget", "/spec/a")] {
            let resource = ResourceRef::kubernetes("apps", "v1", kind, "prod", "web");
            let relation = Relation::RuntimeChanged;
            let change = Change::new(path.parse().unwrap(), ChangeKind::Changed, relation, Disposition::Drift);
            let (count, rules) = allocations(|| {
                let case = Case::new(&resource, &facts).existing(Existence::Managed).of_written_change(&change);
                let place = policy.taxonomy().decide(&case).outcome;
                let case = case.in_domain(place.domain, &place.label).at_risk(place.risk);
                let class = policy.classification().decide(&case).outcome.class;
                let case = case.of_class(class, place.risk).without_exception();
                let other = Case::new(&resource, &facts)
                    .existing(Existence::Managed)
                    .of_written_change(&change)
                    .in_domain(Domain::Network, "dns")
                    .of_class(DriftClass::UnauthorizedRuntimeDrift, Risk::High);
                [policy.decision().decide(&case).rule.is_some(), policy.decision().decide(&other).rule.is_some()]
            });
            assert_eq!(count, 0, "{kind} {path} {facts:?}");
            decided += rules.iter().filter(|decided| **decided).count();
        }
    }
    assert!(decided > 0, "nothing was decided by a rule");
}

/// A comparison costs the same few allocations however much the planes agree on: where they agree on everything, and where
/// one field sends the walk through all that they hold.
#[test]
fn what_agrees_allocates_no_more_for_more() {
    let comparer = Comparer::compile(&Rules::default()).unwrap();
    let count = |containers: usize, replicas: u8| {
        let container = |at: usize| {
            serde_json::json!({"name": format!("c{at}"), "image": "app:1", "env": [{"name": "A", "value": "b"}],
                "ports": [{"containerPort": 80 + at, "protocol": "TCP"}], "args": ["a", "b"],
                "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}})
        };
        let containers: Vec<_> = (0..containers).map(container).collect();
        let labels: serde_json::Map<_, _> =
            (0..containers.len()).map(|at| (format!("l{at}"), at.to_string().into())).collect();
        // Objects that are no items of a list are walked one by one.
        let parts: serde_json::Map<_, _> =
            (0..containers.len()).map(|at| (format!("p{at}"), serde_json::json!({"a": {"b": at}}))).collect();
        let document = serde_json::json!({"metadata": {"name": "web", "labels": labels},
            "spec": {"replicas": 3, "parts": parts, "template": {"spec": {"containers": containers}}}});
        let mut live = document.clone();
        live["spec"]["replicas"] = replicas.into();
        let plane = |document: &serde_json::Value| PlaneState::present(document.clone());
        let planes = Planes::new(plane(&document), plane(&live)).with_recorded(plane(&document), RecordOf::Declaration);
        let observation =
            Observation::new("o", ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "web"), planes);
        let facts = Facts::default();
        let (count, delta) = allocations(|| comparer.compare(&observation, &facts));
        assert_eq!(delta.changes.len(), usize::from(replicas != 3));
        count
    };
    for replicas in [3, 5] {
        assert_eq!(count(1, replicas), count(200, replicas), "{replicas} replicas");
    }
}
