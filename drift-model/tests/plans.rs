//! The reader of plans, one claim at a time, over plans written by hand.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use drift_model::source::opentofu::{PlanContext, PlanCoverage, PlanMode, PlanReading, read_plan};
use drift_model::{Document, Existence, Observation, Observed, StepView, System, UnknownReason};
use serde_json::{Value, json};

const REFRESHED: PlanContext<'static> = PlanContext {
    mode: PlanMode::Normal,
    refreshed: Some(true),
    targeted: Some(false),
    engine: &System::OpenTofu,
    state: None,
    schema: None,
    observed_at: None,
    method: None,
};

/// A resource `t.n` with what is given of `{prior, drift, change, expressions}`.
fn plan(parts: &Value) -> Value {
    let named = |mut entry: Value| {
        let map = entry.as_object_mut().unwrap();
        for (name, value) in [("address", "t.n"), ("mode", "managed"), ("type", "t"), ("name", "n")] {
            map.insert(name.to_owned(), value.into());
        }
        json!([entry])
    };
    let mut plan = json!({"format_version": "1.2"});
    let map = plan.as_object_mut().unwrap();
    if let Some(values) = parts.get("prior") {
        let resources = named(json!({"values": values}));
        map.insert("prior_state".into(), json!({"values": {"root_module": {"resources": resources}}}));
    }
    for (part, member) in [("drift", "resource_drift"), ("change", "resource_changes")] {
        if let Some(change) = parts.get(part) {
            map.insert(member.into(), named(json!({"change": change})));
        }
    }
    let resources =
        parts.get("expressions").map_or(json!([]), |expressions| named(json!({"expressions": expressions})));
    map.insert("configuration".into(), json!({"root_module": {"resources": resources}}));
    plan
}

fn read(plan: &Value, context: PlanContext<'_>) -> PlanReading {
    read_plan(plan, &context).unwrap()
}

fn only(reading: &PlanReading) -> &Observation {
    assert_eq!(reading.observations.len(), 1, "{reading:?}");
    &reading.observations[0]
}

fn document(plane: &Observed<Document>) -> &Value {
    plane.present().unwrap().value()
}

fn schema(attributes: &Value) -> Value {
    json!({"format_version": "1.0", "provider_schemas": {"p": {"resource_schemas": {"t": {"block": {"attributes": attributes}}}}}})
}

/// An object that drifted from `recorded` to `actual`, where the plan wants `after`.
fn drifted(recorded: &Value, actual: &Value, after: &Value, action: &str, expressions: &Value) -> Value {
    plan(&json!({
        "prior": actual,
        "drift": {"actions": ["update"], "before": recorded, "after": actual},
        "change": {"actions": [action], "before": actual, "after": after, "after_unknown": {}},
        "expressions": expressions,
    }))
}

#[test]
fn another_document_is_refused_by_name() {
    for (document, code) in [
        (json!([]), "not-a-plan"),
        (json!({"format_version": "1.2"}), "not-a-plan"),
        (json!({"version": 4, "serial": 1, "lineage": "hunter2"}), "state-instead-of-plan"),
        (json!({"format_version": "1.0", "values": {}}), "state-instead-of-plan"),
        (json!({"format_version": "2.0", "resource_changes": []}), "unsupported-version"),
        (json!({"format_version": 1, "resource_changes": []}), "unsupported-version"),
        (json!({"format_version": "1.2", "resource_changes": "hunter2"}), "wrong-shape"),
        (json!({"format_version": "1.2", "configuration": "hunter2"}), "wrong-shape"),
    ] {
        let error = read_plan(&document, &REFRESHED).unwrap_err();
        assert_eq!(error.code(), code, "{document}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    let error = read_plan(&json!({"format_version": "2.0", "resource_changes": []}), &REFRESHED).unwrap_err();
    assert_eq!(
        error.to_string(),
        "plan at `/format_version`: this major version of the format is not known, only 0 and 1 are; print the plan with \
         an engine of the same age as this library, or update the library"
    );
}

#[test]
fn another_state_or_schema_is_refused_by_name() {
    let plan = plan(&json!({}));
    let state = json!({"format_version": "1.0", "values": {}});
    let error = read_plan(&plan, &PlanContext { state: Some(&state), ..REFRESHED }).unwrap_err();
    assert_eq!((error.document, error.code()), ("state", "unsupported-state-version"));
    let error = read_plan(&plan, &PlanContext { schema: Some(&plan["configuration"]), ..REFRESHED }).unwrap_err();
    assert_eq!((error.document, error.code()), ("schema", "not-a-schema"));
}

#[test]
fn unknown_members_and_minor_versions_are_no_hindrance() {
    for version in [json!("0.1"), json!("0.2"), json!("1.0"), json!("1.99")] {
        let plan = json!({"format_version": version, "resource_changes": [], "novelty": {"a": 1}});
        assert!(read(&plan, REFRESHED).observations.is_empty());
    }
    let reading = read(&json!({"resource_changes": []}), REFRESHED);
    assert_eq!(reading.problems[0].code, "no-format-version");
}

#[test]
fn format_0_1_has_addresses_without_module_and_key() {
    let change = json!({"actions": ["no-op"], "before": {"a": 1}, "after": {"a": 1}, "after_unknown": {}});
    let plan = json!({
        "format_version": "0.1",
        "resource_changes": [{"address": "module.m[\"x.y\"].t.n[0]", "module_address": "module.m[\"x.y\"]", "mode": "managed",
            "type": "t", "name": "n", "index": 0, "change": change}],
        "prior_state": {"values": {"root_module": {"child_modules": [{"address": "module.m[\"x.y\"]", "resources": [
            {"address": "t.n", "mode": "managed", "type": "t", "name": "n", "index": 0, "values": {"a": 1}}]}]}}},
        "configuration": {"root_module": {"module_calls": {"m": {"module": {"resources": [
            {"address": "t.n", "mode": "managed", "type": "t", "name": "n", "expressions": {"a": {}}}]}}}}},
    });
    let reading = read(&plan, REFRESHED);
    assert_eq!(only(&reading).planes.existence(), Existence::Managed);
    assert_eq!(document(&only(&reading).planes.desired.observed), &json!({"a": 1}));
}

#[test]
fn an_entry_without_an_address_is_rebuilt_or_named() {
    let change = json!({"actions": ["update"], "before": {"a": 1}, "after": {"a": 2}});
    let mut plan = drifted(&json!({"a": 1}), &json!({"a": 2}), &json!({"a": 1}), "update", &json!({"a": {}}));
    let drift = plan["resource_drift"].as_array_mut().unwrap();
    drift[0].as_object_mut().unwrap().remove("address");
    drift.push(json!({"change": change}));
    drift.push(json!("CANARY"));
    let reading = read(&plan, REFRESHED);
    assert_eq!(document(&only(&reading).planes.recorded.observed), &json!({"a": 1}));
    let named: Vec<_> = reading.problems.iter().map(|problem| (problem.code, problem.pointer.as_str())).collect();
    assert_eq!(named, [("unreadable-entry", "/resource_drift/1"), ("unreadable-entry", "/resource_drift/2")]);
}

#[test]
fn law_3_no_result_is_not_no_drift_contradicting_parts_leave_the_planes_unknown() {
    let mut plan = drifted(&json!({"a": 1}), &json!({"a": 2}), &json!({"a": 1}), "update", &json!({"a": {}}));
    plan["resource_drift"][0]["change"]["after"]["a"] = json!(3);
    let reading = read(&plan, REFRESHED);
    assert_eq!(only(&reading).planes.actual.observed.unknown(), Some(UnknownReason::Inconsistent));
    assert_eq!(reading.problems[0].code, "contradiction");

    let entry = plan["resource_changes"][0].clone();
    plan["resource_changes"].as_array_mut().unwrap().push(entry);
    let reading = read(&plan, REFRESHED);
    assert_eq!(only(&reading).planes.desired.observed.unknown(), Some(UnknownReason::Inconsistent));
    assert_eq!(reading.problems[0].code, "listed-twice");
}

#[test]
fn law_3_no_result_is_not_no_drift_an_unknown_action_is_no_absence() {
    let plan = plan(&json!({
        "prior": {"a": 1},
        "change": {"actions": ["frobnicate"], "before": {"a": 1}, "after": null},
        "expressions": {"a": {}},
    }));
    assert_eq!(only(&read(&plan, REFRESHED)).planes.desired.observed.unknown(), Some(UnknownReason::Inconsistent));
}

#[test]
fn opentofu_reads_what_it_forgets_and_terraform_does_not() {
    let plan = plan(&json!({"prior": {"a": 1}, "change": {"actions": ["forget"], "before": {"a": 1}, "after": null}}));
    let tofu = read(&plan, REFRESHED);
    assert!(matches!(only(&tofu).planes.desired.observed, Observed::Released));
    assert_eq!(document(&only(&tofu).planes.actual.observed), &json!({"a": 1}));
    let terraform = read(&plan, PlanContext { engine: &System::Terraform, ..REFRESHED });
    assert_eq!(only(&terraform).planes.actual.observed.unknown(), Some(UnknownReason::NotRefreshed));
    assert_eq!(only(&terraform).planes.existence(), Existence::Released);
}

#[test]
fn coverage_is_undetermined_where_nobody_says() {
    let plan = plan(&json!({}));
    let of = |targeted| read(&plan, PlanContext { targeted, ..REFRESHED }).coverage;
    assert_eq!(of(None), PlanCoverage::Undetermined);
    assert_eq!(of(Some(false)), PlanCoverage::Full);
    assert_eq!(of(Some(true)), PlanCoverage::Partial);
}

#[test]
fn what_is_neither_planned_nor_reported_was_not_read() {
    let plan = plan(&json!({"prior": {"a": 1}, "expressions": {"a": {"constant_value": 1}}}));
    for targeted in [None, Some(false), Some(true)] {
        let reading = read(&plan, PlanContext { targeted, ..REFRESHED });
        assert_eq!(only(&reading).planes.actual.observed.unknown(), Some(UnknownReason::Partial));
        // The block is there, whoever was not looked at.
        assert_eq!(document(&only(&reading).planes.desired.observed), &json!({"a": 1}));
    }
}

/// Data sources are listed in no plan but by what they answered, and in a targeted plan that answer may be an old one.
#[test]
fn law_3_no_result_is_not_no_drift_an_unstated_target_may_be_one() {
    let resource = json!({"address": "data.t.n", "mode": "data", "type": "t", "name": "n"});
    let with = |name: &str, value: Value| {
        let mut resource = resource.clone();
        resource[name] = value;
        json!({"root_module": {"resources": [resource]}})
    };
    let mut plan = json!({
        "format_version": "1.2",
        "prior_state": {"values": with("values", json!({"a": 1}))},
        "configuration": with("expressions", json!({"a": {"constant_value": 1}})),
    });
    let unstated = PlanContext { targeted: None, ..REFRESHED };
    let reading = read(&plan, unstated);
    let actual = &only(&reading).planes.actual;
    assert_eq!(actual.observed.unknown(), Some(UnknownReason::Partial));
    assert!(actual.detail.as_ref().unwrap().contains("pass `targeted`"), "{actual:?}");
    assert!(only(&read(&plan, REFRESHED)).planes.actual.observed.present().is_some());
    // Terraform says it.
    plan["complete"] = true.into();
    assert!(only(&read(&plan, unstated)).planes.actual.observed.present().is_some());
}

#[test]
fn only_owned_paths_are_desired() {
    let schema = schema(&json!({
        "required": {"type": "string", "required": true},
        "optional": {"type": "string", "optional": true},
        "written": {"type": "string", "optional": true, "computed": true},
        "silent": {"type": "string", "optional": true, "computed": true},
        "null": {"type": "string", "optional": true, "computed": true},
        "computed": {"type": ["map", "string"], "computed": true},
        "secret_wo": {"type": "string", "optional": true, "write_only": true},
    }));
    let values = json!({"required": "r", "optional": null, "written": "w", "silent": "s", "null": "n", "computed": {"c": "c"},
        "secret_wo": null});
    let plan = plan(&json!({
        "prior": values,
        "change": {"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}},
        "expressions": {"required": {"constant_value": "r"}, "written": {}, "null": {"constant_value": null},
            "secret_wo": {"constant_value": "CANARY-SECRET"}},
    }));
    let reading = read(&plan, PlanContext { schema: Some(&schema), ..REFRESHED });
    let planes = &only(&reading).planes;
    let wanted = json!({"required": "r", "optional": null, "written": "w"});
    assert_eq!(document(&planes.desired.observed), &wanted);
    let exact: Vec<String> = planes.exact.iter().map(ToString::to_string).collect();
    assert_eq!(exact, ["/optional", "/required", "/written"]);
    assert!(!format!("{reading:?}").contains("CANARY"));
}

#[test]
fn what_is_write_only_is_in_no_plane_and_the_planes_that_are_read_say_that_they_cannot_see_it() {
    let described = schema(&json!({
        "name": {"type": "string", "required": true},
        "pin_wo": {"type": "string", "optional": true, "write_only": true},
    }));
    let values = json!({"name": "n", "pin_wo": null});
    let parts = json!({
        "prior": values,
        "change": {"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}},
        "expressions": {"name": {"constant_value": "n"}, "pin_wo": {"constant_value": "CANARY1"}},
    });
    let place = [StepView::Field("pin_wo")];
    for schema in [Some(&described), None] {
        let reading = read(&plan(&parts), PlanContext { schema, ..REFRESHED });
        let planes = &only(&reading).planes;
        assert_eq!(document(&planes.desired.observed), &json!({"name": "n"}));
        for (plane, unobservable) in [(&planes.desired, false), (&planes.recorded, true), (&planes.actual, true)] {
            assert_eq!(plane.observed.present().unwrap().marks().at(&place).unobservable, unobservable);
        }
        // Where nothing was planned, the constants of the configuration speak: not this one, however short it is.
        let mut outside = plan(&parts);
        outside.as_object_mut().unwrap().remove("resource_changes");
        let reading = read(&outside, PlanContext { schema, targeted: Some(true), ..REFRESHED });
        assert_eq!(document(&only(&reading).planes.desired.observed), &json!({"name": "n"}));
        assert!(!format!("{reading:?}{}", serde_json::to_string(only(&reading)).unwrap()).contains("CANARY"));
    }
}

#[test]
fn an_argument_that_is_a_null_variable_declares_nothing() {
    let schema = schema(&json!({"size": {"type": "string", "optional": true, "computed": true}}));
    let context = PlanContext { schema: Some(&schema), ..REFRESHED };
    let with = |value: Value| {
        let expressions = json!({"size": {"references": ["var.size"]}});
        let mut plan =
            drifted(&json!({"size": "a"}), &json!({"size": "b"}), &json!({"size": "b"}), "no-op", &expressions);
        plan["variables"] = json!({"size": {"value": value}});
        read(&plan, context)
    };
    assert_eq!(document(&only(&with(Value::Null)).planes.desired.observed), &json!({}));
    // Otherwise it is declared, and the plan leaves a difference alone: nobody can tell what is written.
    let reading = with(json!("a"));
    let desired = only(&reading).planes.desired.observed.present().unwrap();
    assert!(desired.marks().at(&[StepView::Field("size")]).unknown);
}

#[test]
fn a_constant_that_the_plan_does_not_follow_is_what_is_desired() {
    let schema = schema(&json!({"size": {"type": "number", "optional": true}}));
    for context in [REFRESHED, PlanContext { schema: Some(&schema), ..REFRESHED }] {
        let of = |constant: Value, after: Value| {
            let expressions = json!({"size": {"constant_value": constant}});
            let plan =
                drifted(&json!({"size": 1}), &json!({"size": after}), &json!({"size": after}), "no-op", &expressions);
            document(&only(&read(&plan, context)).planes.desired.observed)["size"].clone()
        };
        // ignore_changes: declared is one thing, real another, and the plan is content.
        assert_eq!(of(json!(3), json!(2)), json!(3));
        // Accepted in Git: only the record is old.
        assert_eq!(of(json!(2), json!(2)), json!(2));
        // A conversion is not a difference.
        assert_eq!(of(json!("2"), json!(2)), json!(2));
    }
}

#[test]
fn a_dynamic_block_is_owned_where_the_plan_changes_it_and_undetermined_without_a_schema() {
    let rules = json!(["set", ["object", {"port": "number"}]]);
    let schema = schema(&json!({"rules": {"type": rules, "optional": true, "computed": true}}));
    let (declared, opened) = (json!({"rules": [{"port": 80}]}), json!({"rules": [{"port": 80}, {"port": 22}]}));
    let reverted = drifted(&declared, &opened, &declared, "update", &json!({}));
    let reading = read(&reverted, PlanContext { schema: Some(&schema), ..REFRESHED });
    assert_eq!(document(&only(&reading).planes.desired.observed), &declared);
    let reading = read(&reverted, REFRESHED);
    let desired = only(&reading).planes.desired.observed.present().unwrap();
    assert!(desired.marks().at(&[StepView::Field("rules")]).unknown);

    // What the plan keeps may be anybody's: the configuration is silent there, and record and reading differ.
    let kept = drifted(&declared, &opened, &opened, "no-op", &json!({}));
    for context in [REFRESHED, PlanContext { schema: Some(&schema), ..REFRESHED }] {
        let reading = read(&kept, context);
        assert_eq!(document(&only(&reading).planes.desired.observed), &json!({}));
        assert_ne!(
            document(&only(&reading).planes.recorded.observed),
            document(&only(&reading).planes.actual.observed)
        );
    }
}

#[test]
fn without_a_schema_what_follows_from_a_change_is_not_owned() {
    let before = json!({"tags": {"a": "1"}, "tags_all": {"a": "1"}, "note": "by hand"});
    let after = json!({"tags": {"a": "2"}, "tags_all": {"a": "2"}, "note": null});
    let plan = plan(&json!({
        "prior": before,
        "change": {"actions": ["update"], "before": before, "after": after, "after_unknown": {"id": true}},
        "expressions": {"tags": {"constant_value": {"a": "2"}}},
    }));
    // Only the configuration takes a value away.
    let reading = read(&plan, REFRESHED);
    assert_eq!(document(&only(&reading).planes.desired.observed), &json!({"tags": {"a": "2"}, "note": null}));
}

#[test]
fn silence_in_a_nested_object_is_absence_only_where_it_is_owned() {
    let listener = json!({"port": {"type": "number", "required": true},
        "protocol": {"type": "string", "optional": true, "computed": true}});
    let nested = json!({"nesting_mode": "map", "attributes": listener});
    let schema = schema(&json!({"listeners": {"nested_type": nested, "optional": true}}));
    let actual = json!({"listeners": {"a": {"port": 80, "protocol": "HTTP"}, "hand": {"port": 1, "protocol": "TCP"}}});
    let declared = json!({"listeners": {"a": {"port": 80, "protocol": "HTTP"}}});
    let expressions = json!({"listeners": {"constant_value": {"a": {"port": 80}}}});
    let plan = drifted(&declared, &actual, &declared, "update", &expressions);
    let reading = read(&plan, PlanContext { schema: Some(&schema), ..REFRESHED });
    let planes = &only(&reading).planes;
    assert_eq!(document(&planes.desired.observed), &json!({"listeners": {"a": {"port": 80}}}));
    let exact: Vec<String> = planes.exact.iter().map(ToString::to_string).collect();
    assert_eq!(exact, ["/listeners/a/port", "/listeners/hand"]);
}

#[test]
fn a_sensitive_variable_hides_an_argument_in_a_plan_without_masks() {
    let mut plan = plan(&json!({"prior": {"pw": "CANARY-old-one"}, "expressions": {"pw": {"references": ["var.pw"]}}}));
    plan["variables"] = json!({"pw": {"value": "CANARY-new-one"}});
    plan["configuration"]["root_module"]["variables"] = json!({"pw": {"sensitive": true}});
    let reading = read(&plan, PlanContext { mode: PlanMode::RefreshOnly, ..REFRESHED });
    assert!(!format!("{reading:?}").contains("CANARY"), "{reading:?}");
}

#[test]
fn law_8_a_secret_never_leaves_through_the_places_that_are_named_beside_a_document() {
    let (secret, entry) = ("CANARY-9f8e7d6c", "user-CANARY-9f8e7d6c");
    let users = json!({"nesting_mode": "map", "attributes": {"role": {"type": "string", "optional": true}, "arn": {"type": "string", "computed": true}}});
    let schema = schema(&json!({
        "password": {"type": "string", "optional": true, "sensitive": true},
        "users": {"nested_type": users, "optional": true},
    }));
    let holds = |role: &str| json!({"password": secret, "users": {entry: {"role": role, "arn": "a"}}});
    let mut plan = drifted(
        &holds("reader"),
        &holds("admin"),
        &holds("reader"),
        "update",
        &json!({"password": {"references": ["var.p"]}, "users": {"references": ["var.u"]}}),
    );
    let change = plan.pointer_mut("/resource_changes/0/change").unwrap();
    change["after_unknown"] = json!({"users": {entry: {"arn": true}}});
    change["after_sensitive"] = json!({"users": {entry: {"role": true}}});
    let reading = read(&plan, PlanContext { schema: Some(&schema), ..REFRESHED });
    let planes = &only(&reading).planes;
    let printed = format!("{reading:?} {planes:?} {:?}", planes.desired.observed.present().unwrap().marks());
    let written = serde_json::to_value(only(&reading)).unwrap();
    assert!(!format!("{printed} {written}").contains("CANARY"), "{printed} {written}");
    // The comparison goes by the places themselves; what is written names the whole that hides them.
    assert!(planes.exact.iter().any(|pattern| pattern.to_string().contains(entry)));
    assert_eq!(written["planes"]["desired"]["exact"], json!(["/password", "/users"]));
    assert_eq!(written["planes"]["desired"]["sensitive"], json!(["/password", "/users"]));
}

#[test]
fn what_is_hidden_with_its_names_is_desired_as_a_whole() {
    let computed = json!({"type": "string", "computed": true});
    let login = json!({"nesting_mode": "single", "attributes": {"role": {"type": "string", "optional": true}, "arn": computed}});
    let schema = schema(&json!({"login": {"nested_type": login, "optional": true}}));
    let holds = |role: &str| json!({"login": {"role": role, "arn": "a"}});
    let expressions = json!({"login": {"references": ["var.login"]}});
    for (masked, desired) in [(true, holds("reader")), (false, json!({"login": {"role": "reader"}}))] {
        let mut plan = drifted(&holds("reader"), &holds("admin"), &holds("reader"), "update", &expressions);
        plan.pointer_mut("/resource_changes/0/change").unwrap()["after_sensitive"] = json!({"login": masked});
        let reading = read(&plan, PlanContext { schema: Some(&schema), ..REFRESHED });
        // Compared as one, it would differ from the record by what only the provider knows.
        assert_eq!(document(&only(&reading).planes.desired.observed), &desired, "{masked}");
    }
}

#[test]
fn what_an_object_is_replaced_for_is_told_by_place_and_never_by_value() {
    let secret = "CANARY-9f8e7d6c";
    let values = json!({"zone": "a", "password": secret, "users": {secret: {"role": "r"}}, "ports": ["CANARY", "b"], "disks": [{"size": 1}]});
    let paths = json!([
        ["zone"],
        ["disks", 0, "size"],
        ["ports", "CANARY"],
        ["users", secret, "role"],
        ["ports", "b"],
        "CANARY"
    ]);
    let plan = plan(&json!({
        "prior": values,
        "change": {"actions": ["delete", "create"], "before": values, "after": values, "after_unknown": {},
                   "before_sensitive": {"password": true}, "replace_paths": paths},
        "expressions": {"zone": {"constant_value": "a"}},
    }));
    let reading = read(&plan, REFRESHED);
    let told: Vec<String> = reading.planned[0].replace_paths.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["", "/disks/0/size", "/ports", "/users", "/zone"]);
    assert!(!format!("{reading:?}").contains("CANARY-"));
}

#[test]
fn depth_is_bounded() {
    // `json!` would copy by serializing, which is what recurses.
    let mut value = Value::Bool(true);
    for _ in 0..400 {
        value = Value::Object([("a".to_owned(), Value::Array(vec![value]))].into_iter().collect());
    }
    let mut plan = plan(&json!({"prior": {}, "change": {"actions": ["update"]}, "expressions": {}}));
    plan["prior_state"]["values"]["root_module"]["resources"][0]["values"] = value.clone();
    plan["configuration"]["root_module"]["resources"][0]["expressions"] = value.clone();
    for part in ["before", "after", "after_unknown", "after_sensitive", "before_sensitive"] {
        plan["resource_changes"][0]["change"][part] = value.clone();
    }
    let reading = read(&plan, REFRESHED);
    assert!(only(&reading).planes.desired.observed.present().unwrap().marks().leave_doubt());
}

#[test]
fn law_3_no_result_is_not_no_drift_what_is_imported_and_was_not_seen_is_not_absent() {
    let importing = |importing: Value, deferred: bool| {
        let change = json!({"actions": ["create"], "before": null, "after": {"a": 1}, "after_unknown": {"id": true},
            "importing": importing});
        let mut plan = plan(&json!({"change": change, "expressions": {"a": {"constant_value": 1}}}));
        if deferred {
            let change = plan["resource_changes"][0].take();
            let map = plan.as_object_mut().unwrap();
            map.insert("resource_changes".into(), json!([]));
            map.insert(
                "deferred_changes".into(),
                json!([{"reason": "resource_config_unknown", "resource_change": change}]),
            );
        }
        plan
    };
    for (block, deferred, reason) in [
        (json!({"unknown": true}), false, UnknownReason::NotYetKnown),
        (json!({"unknown": true}), true, UnknownReason::NotYetKnown),
        (json!({"id": "b-1"}), false, UnknownReason::NotObserved),
        (json!({"identity": {"name": "b-1"}}), true, UnknownReason::NotObserved),
    ] {
        let reading = read(&importing(block.clone(), deferred), REFRESHED);
        assert!(reading.planned[0].importing, "{block}");
        let planes = &only(&reading).planes;
        let Observed::Unknown(found) = planes.actual.observed else { panic!("{block}: {planes:?}") };
        assert_eq!(found, reason, "{block}");
        assert!(planes.actual.detail.is_some());
        // No record holds it before it is imported, and what is declared is what the configuration says, unless it waits.
        assert!(matches!(planes.recorded.observed, Observed::Absent), "{block}");
        assert_eq!(planes.desired.observed.present().is_some(), !deferred, "{block}");
        assert_eq!(planes.existence(), Existence::Undetermined);
    }
}
