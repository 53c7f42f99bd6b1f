use serde_json::json;

use super::super::mutation;
use super::*;
use crate::document::Document;
use crate::relation::Existence;

fn monitor() -> ResourceRef {
    serde_json::from_value(json!({"system": "GENERIC:datadog", "type": "monitor", "name": "m-1"})).unwrap()
}

#[test]
fn an_observation_is_what_the_caller_says() {
    let observation = Reader::new("obs-1", monitor())
        .desired(json!({"query": "a", "options": {"token": "hunter2-hunter2", "*": 1}}))
        .recorded(json!({"query": "a"}), RecordOf::Declaration)
        .plane(Plane::Actual, PlaneState::present(json!({"query": "b", "list": [{"v": 1}]})).at_revision("7"))
        .mark(Mark::Sensitive, ["/options/token"])
        .mark_in(Plane::Desired, Mark::Unknown, ["/options/*", "/list/0/v"])
        .coverage(Coverage::Exact)
        .unit("checkout")
        .method(Method::InventoryScan)
        .observed_at("2026-07-03T10:22:31Z".parse().unwrap())
        .read()
        .unwrap();
    assert_eq!(
        serde_json::to_value(&observation).unwrap(),
        json!({
            "id": "obs-1", "resource": {"system": "GENERIC:datadog", "type": "monitor", "name": "m-1"}, "unit": "checkout",
            "method": "INVENTORY_SCAN", "observedAt": "2026-07-03T10:22:31Z",
            "planes": {
                "desired": {"status": "PRESENT", "document": {"query": "a", "options": {"token": "(sensitive)", "*": 1}},
                            "unknown": ["/options/~2", "/list/0/v"], "sensitive": ["/options/token"], "unobservable": ["/options/token"], "exact": ["/**"]},
                "recorded": {"status": "PRESENT", "document": {"query": "a"}, "sensitive": ["/options/token"], "unobservable": ["/options/token"], "of": "DECLARATION"},
                "actual": {"status": "PRESENT", "document": {"query": "b", "list": [{"v": 1}]}, "revision": "7", "sensitive": ["/options/token"], "unobservable": ["/options/token"]},
            },
            "facts": {},
        })
    );
}

#[test]
fn law_3_no_result_is_not_no_drift_a_plane_left_out_is_unknown() {
    let observation = Reader::new("a", monitor()).desired(json!({})).read().unwrap();
    assert_eq!(observation.planes.existence(), Existence::Undetermined);
    assert_eq!(observation.planes.unknown(), Some(UnknownReason::NotObserved));
}

#[test]
fn law_8_a_mark_that_marks_nothing_is_refused() {
    for (pointer, ok) in
        [("/a", true), ("", true), ("/~1~0", true), ("CANARY", false), ("/CANARY~", false), ("/CANARY~2", false)]
    {
        let read = Reader::new("a", monitor())
            .desired(json!({"a": "x"}))
            .mark(Mark::Unknown, ["/a"])
            .mark(Mark::Sensitive, [pointer])
            .read();
        assert_eq!(read.is_ok(), ok, "{pointer}");
        if let Err(error) = read {
            assert_eq!((error.index, error.code()), (1, "bad-pointer"));
            assert!(!format!("{error} {error:?}").contains("CANARY"), "{error}");
        }
    }
}

#[test]
fn law_8_a_secret_of_one_plane_is_a_secret_in_all_of_them() {
    let mut document = Document::new(json!({"pin": "CANARY-1", "a/b": {"c": "CANARY-2"}}));
    document.mark(Mark::Sensitive, "/pin".parse().unwrap());
    let observation = Reader::new("a", monitor())
        .plane(Plane::Desired, PlaneState::present(document))
        .actual(json!({"pin": "CANARY-other", "a/b": {"c": "CANARY-3"}, "note": "was CANARY-1"}))
        .mark_in(Plane::Actual, Mark::Sensitive, ["/a~1b/c"])
        .read()
        .unwrap();
    let text = format!("{observation:?} {}", serde_json::to_string(&observation).unwrap());
    assert!(!text.contains("CANARY"), "{text}");
}

#[test]
fn law_2_total_any_document_is_a_plane() {
    let document = json!({"a": [{"b": "text"}], "c": {"d": 1}});
    mutation::everywhere(&document, &mut |changed| {
        let reader = Reader::new("a", monitor()).desired(document.clone()).actual(changed.clone());
        let observation = reader.mark(Mark::Sensitive, ["/a/0/b"]).mark(Mark::Opaque, ["/c"]).read().unwrap();
        let _ = serde_json::to_string(&observation).unwrap();
    });
}
