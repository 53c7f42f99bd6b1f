//! Documents that somebody made to break a reader: each is read, refused with a place, or unknown. None panics or hangs.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use drift_model::source::kubernetes::Reader;
use drift_model::source::managed_fields::{FieldSet, ManagerRules};
use drift_model::source::opentofu::{InstanceAddress, PlanContext, read_plan};
use drift_model::{
    Existence, FieldPath, MAX_DEPTH, NumberRelation, Observation, PathPattern, ReadErrorKind, Secrets, StepView,
    UnknownReason, from_json,
};
use serde_json::{Value, json};

const REFRESHED: PlanContext<'static> = PlanContext {
    mode: drift_model::source::opentofu::PlanMode::Normal,
    refreshed: Some(true),
    targeted: Some(false),
    engine: &drift_model::System::OpenTofu,
    state: None,
    schema: None,
    observed_at: None,
    method: None,
};

/// A line of input whose actual document is this text.
fn line(document: &str) -> String {
    format!(
        r#"{{"id": "obs-1", "resource": {{"system": "GENERIC", "name": "x"}}, "planes": {{
            "desired": {{"status": "PRESENT", "document": {{"a": "b"}}, "sensitive": ["/a"]}},
            "actual": {{"status": "PRESENT", "document": {document}, "revision": "r1", "unknown": ["/u/**"]}}}},
            "claims": [{{"path": "/spec/replicas", "owner": "CONTROLLER", "name": "hpa", "origin": "managed-fields"}}],
            "facts": {{"environment": "prod"}}}}"#
    )
}

fn read(document: &str) -> Result<Observation, drift_model::ReadError> {
    Observation::from_json(&line(document))
}

fn actual(observation: &Observation) -> &Value {
    observation.planes.actual.observed.present().unwrap().value()
}

/// Arrays or objects in each other, with a text in the middle.
fn nested(depth: usize, object: bool) -> Value {
    // Not by `json!`, which copies what it is given.
    (0..depth).fold(Value::from("CANARY-deep"), |inner, _| {
        if object { Value::Object([("n".to_owned(), inner)].into_iter().collect()) } else { Value::Array(vec![inner]) }
    })
}

fn config_map(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": data})
}

/// A plan of one object that holds these values on every side.
fn plan(values: &Value) -> Value {
    let named = |part: &str, content: Value| json!([{"address": "t.n", "mode": "managed", "type": "t", "name": "n", part: content}]);
    let change = json!({"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}});
    json!({
        "format_version": "1.2",
        "prior_state": {"values": {"root_module": {"resources": named("values", values.clone())}}},
        "resource_changes": named("change", change),
        "configuration": {"root_module": {"resources": named("expressions", json!({"v": {}}))}},
    })
}

mod depth {
    use super::*;

    #[test]
    fn a_text_of_ten_thousand_levels_is_too_deep_wherever_it_stands() {
        for (open, close) in [("[", "]"), ("{\"n\":", "}")] {
            let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            let error = Observation::from_json(&line(&deep)).unwrap_err();
            assert_eq!(error.code(), "too-deep");
            assert!(error.to_string().starts_with("TOO_DEEP at line 3 column "), "{error}");
            for text in [deep.as_str(), line(&deep).as_str(), open.repeat(10_000).as_str()] {
                assert_eq!(from_json::<Value>(text).unwrap_err().code(), "too-deep");
            }
            assert!(deep.parse::<FieldSet>().is_err());
            assert!(ManagerRules::from_json(&deep).is_err());
        }
        let fields = format!("{}{}", "{\"f:n\":".repeat(10_000), "}".repeat(10_000));
        assert!(fields.parse::<FieldSet>().is_err());
    }

    /// All readers over a value of this depth: how much is shown, and that it is never more than can be read again.
    fn read_all(depth: usize, object: bool) {
        let value = nested(depth, object);
        let reading = Reader::new()
            .desired(vec![config_map(&json!({}))])
            .recorded(vec![config_map(&value)])
            .actual(vec![config_map(&value), value.clone()])
            .read();
        let plan = read_plan(&plan(&json!({"v": value})), &REFRESHED).unwrap();
        assert!(!reading.observations.is_empty() && !plan.observations.is_empty());
        for observation in reading.observations.iter().chain(&plan.observations) {
            let shown = serde_json::to_string(observation).unwrap();
            assert_eq!(shown.contains("CANARY-deep"), depth < 99, "{depth}");
            assert!(Observation::from_json(&shown).is_ok(), "{depth}");
        }
        assert!(!format!("{:?}", reading.problems).contains("CANARY"));
        let fields = json!([{"manager": "m", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": value}]);
        let live = json!({"metadata": {"managedFields": fields}});
        assert!(drift_model::source::managed_fields::claims(&live, &ManagerRules::built_in()).is_empty());
    }

    #[test]
    fn values_are_looked_into_as_deep_as_the_model_goes_and_shown_shorter() {
        // On the stack of a test, 2 MiB, `Value::clone` itself ends between 1,500 and 2,000 levels without optimization.
        for depth in [50, 97, 127, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 1_200] {
            read_all(depth, true);
            read_all(depth, false);
        }
    }

    #[test]
    fn values_of_ten_thousand_levels_are_read_where_they_can_be_held() {
        let reads = || [true, false].into_iter().for_each(|object| read_all(10_000, object));
        std::thread::Builder::new().stack_size(256 << 20).spawn(reads).unwrap().join().unwrap();
    }

    #[test]
    fn a_record_of_ten_thousand_levels_is_no_record() {
        let deep = format!("{}{}", "{\"data\":".repeat(10_000), "}".repeat(10_000));
        let mut live = config_map(&json!({"mode": "live"}));
        live["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": deep});
        let reading = Reader::new().desired(vec![config_map(&json!({}))]).actual(vec![live]).read();
        assert_eq!(reading.problems.len(), 1);
        assert_eq!(reading.observations[0].planes.existence(), Existence::Managed);
    }

    #[test]
    fn long_paths_patterns_and_addresses_are_read_or_refused() {
        let path = "/a".repeat(10_000);
        let _ = (path.parse::<FieldPath>(), path.parse::<PathPattern>());
        let keys = format!("/{}", "[a=".repeat(10_000));
        assert!(keys.parse::<FieldPath>().is_err() && keys.parse::<PathPattern>().is_err());
        let modules = "module.m[\"k\"].".repeat(10_000) + "t.n";
        assert_eq!(modules.parse::<InstanceAddress>().unwrap().to_string(), modules);
    }
}

mod size {
    use super::*;

    /// A member of about a hundred bytes.
    fn member(index: usize) -> String {
        format!(
            r#""field-{index:06}": {{"name": "item-{index:06}", "value": "{}", "flags": [true, null, {index}]}}"#,
            "x".repeat(24)
        )
    }

    fn megabytes(count: usize) -> String {
        let members: Vec<String> = (0..count * 10_000).map(member).collect();
        format!("{{{}}}", members.join(","))
    }

    #[test]
    fn five_megabytes_are_read_compared_with_nothing_and_written() {
        let document = megabytes(5);
        assert!(document.len() > 5_000_000);
        let observation = read(&document).unwrap();
        assert_eq!(actual(&observation).as_object().unwrap().len(), 50_000);
        let written = serde_json::to_string(&observation).unwrap();
        assert!(written.len() > document.len() / 2);
    }

    fn secret(data: &Value) -> Value {
        let metadata = json!({"name": "s", "namespace": "n"});
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    }

    #[test]
    fn a_secret_is_looked_for_in_five_megabytes() {
        let secret = secret(&json!({"k": "Q0FOQVJZLXNlY3JldC0wMQ==", "large": "eHh4".repeat(1_250_000)}));
        let mut live = secret.clone();
        live["copied"] = Value::from(format!("{} CANARY-secret-01", "y".repeat(5_000_000)));
        let reading = Reader::new().desired(vec![secret]).actual(vec![live]).read();
        assert!(!serde_json::to_string(&reading.observations).unwrap().contains("CANARY"));
    }

    #[test]
    fn a_secret_of_many_thousand_keys_is_looked_for_in_as_many_annotations() {
        const KEYS: u64 = if cfg!(debug_assertions) { 10_000 } else { 50_000 };
        let value = |index: u64| format!("{:016x}-CANARY", index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let all = |of: &dyn Fn(u64) -> String| -> Value {
            (0..KEYS).map(|index| (format!("k{index}"), Value::from(of(index)))).collect()
        };
        let mut secret = secret(&json!({}));
        secret["stringData"] = all(&value);
        let mut copied = config_map(&json!({}));
        copied["metadata"]["annotations"] = all(&|index| format!("was {} before", value(index)));
        let mut clear = config_map(&json!({}));
        clear["metadata"]["name"] = "clear".into();
        clear["metadata"]["annotations"] = all(&|index| format!("was {} before", value(index).to_lowercase()));
        let reading = Reader::new().desired(vec![secret]).actual(vec![copied, clear]).read();
        let shown = serde_json::to_string(&reading.observations).unwrap();
        assert!(!shown.contains("CANARY"));
        assert_eq!(shown.matches("-canary before").count(), usize::try_from(KEYS).unwrap());
    }

    #[test]
    fn a_mask_of_fifty_thousand_attributes_hides_each_of_them() {
        let all = |of: &dyn Fn(u64) -> Value| -> Value {
            (0..50_000).map(|index| (format!("a{index}"), of(index))).collect()
        };
        let mut plan = plan(&all(&|index| format!("CANARY-{index}").into()));
        plan["resource_changes"][0]["change"]["before_sensitive"] = all(&|_| true.into());
        let reading = read_plan(&plan, &REFRESHED).unwrap();
        assert!(!serde_json::to_string(&reading.observations).unwrap().contains("CANARY"));
    }

    #[test]
    fn a_text_that_nearly_holds_a_secret_everywhere_is_searched_in_time_or_masked() {
        let mut secrets = Secrets::default();
        secrets.add(&("a".repeat(15_000) + "CANARY"));
        secrets.add(&("ab".repeat(7_500) + "CANARY"));
        secrets.add(&("\\".repeat(1_000) + "CANARY"));
        let in_doubt =
            [("a", true), ("ab", true), ("ba", true), ("\\", true), ("YWFh", true), ("%5C", true), ("aab", false)];
        for (period, masked) in in_doubt {
            let text = period.repeat(1_000_000 / period.len());
            assert_eq!(secrets.are_in(&text), masked, "{period}");
            assert!(secrets.are_in(&format!("{text}{}CANARY", "ab".repeat(7_500))), "{period}");
        }
        // What is short of that is told apart.
        assert!(!secrets.are_in(&format!("{}b", "a".repeat(500))));
        assert!(!secrets.are_in(&"text with a run of aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa in it, ".repeat(1_000)));
    }

    /// Fifty megabytes with a secret deep inside, which stands beside them in the clear.
    fn fifty_megabytes(parts: usize) -> Value {
        let mut document: Value = serde_json::from_str(&megabytes(50 / parts)).unwrap();
        document["deep"] = json!([{"list": [1, {"text": "url://CANARY-secret-01@host"}]}]);
        document
    }

    #[test]
    #[cfg_attr(debug_assertions, ignore = "fifty megabytes: run with --release")]
    fn a_kubernetes_object_of_fifty_megabytes_is_read_and_searched() {
        let secret = secret(&json!({"k": "Q0FOQVJZLXNlY3JldC0wMQ=="}));
        let reading = Reader::new().desired(vec![secret]).actual(vec![config_map(&fifty_megabytes(1))]).read();
        let shown = serde_json::to_string(&reading.observations).unwrap();
        assert!(shown.len() > 45_000_000 && !shown.contains("CANARY"));
    }

    #[test]
    #[cfg_attr(debug_assertions, ignore = "fifty megabytes: run with --release")]
    fn a_plan_of_fifty_megabytes_is_read_and_searched() {
        // Before, after and the prior state.
        let mut values = fifty_megabytes(3);
        values["password"] = "CANARY-secret-01".into();
        let mut plan = plan(&values);
        plan["resource_changes"][0]["change"]["before_sensitive"] = json!({"password": true});
        let reading = read_plan(&plan, &REFRESHED).unwrap();
        let shown = serde_json::to_string(&reading.observations).unwrap();
        assert!(shown.len() > 30_000_000 && !shown.contains("CANARY"));
    }

    #[test]
    #[cfg_attr(debug_assertions, ignore = "fifty megabytes: run with --release")]
    fn an_observation_of_fifty_megabytes_is_read_and_searched() {
        let mut document = fifty_megabytes(1);
        document["a"] = "CANARY-secret-01".into();
        let observation = read(&document.to_string()).unwrap();
        let shown = serde_json::to_string(&observation).unwrap();
        assert!(shown.len() > 45_000_000 && !shown.contains("CANARY"));
    }

    #[test]
    fn five_thousand_objects_are_read() {
        let many: Vec<Value> = (0..5_000)
            .map(|index| {
                let mut object = config_map(&json!({"k": "v".repeat(900)}));
                object["metadata"]["name"] = format!("c-{index}").into();
                object
            })
            .collect();
        let reading = Reader::new().desired(many.clone()).actual(many).actual_complete(true).read();
        assert_eq!(reading.observations.len(), 5_000);
    }

    #[test]
    fn a_plan_of_five_thousand_objects_is_read() {
        let entry = |index: usize, part: &str, content: Value| json!({"address": format!("t.n[{index}]"), "mode": "managed", "type": "t", "name": "n", "index": index, part: content});
        let values = |index: usize| json!({"id": format!("id-{index}"), "v": "v".repeat(300)});
        let change = |index| {
            let values = values(index);
            json!({"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}, "before_sensitive": {"id": true}})
        };
        let plan = json!({
            "format_version": "1.2",
            "prior_state": {"values": {"root_module": {"resources":
                (0..5_000).map(|index| entry(index, "values", values(index))).collect::<Vec<_>>()}}},
            "resource_changes": (0..5_000).map(|index| entry(index, "change", change(index))).collect::<Vec<_>>(),
            "configuration": {"root_module": {}},
        });
        let reading = read_plan(&plan, &REFRESHED).unwrap();
        assert_eq!(reading.observations.len(), 5_000);
    }
}

mod text {
    use super::*;

    #[test]
    fn a_repeated_member_of_the_envelope_is_refused_by_name() {
        for (text, message) in [
            (line("1").replacen("\"id\"", "\"id\": \"a\", \"id\"", 1), "at the root: duplicate field `id`"),
            (line("1").replacen("\"facts\"", "\"facts\": {}, \"facts\"", 1), "at the root: duplicate field `facts`"),
            (
                line("1").replacen("\"desired\"", "\"desired\": {\"status\": \"ABSENT\"}, \"desired\"", 1),
                "at `/planes`: duplicate field `desired`",
            ),
            (
                line("1").replacen("\"document\"", "\"document\": {}, \"document\"", 1),
                "at `/planes/desired`: duplicate field `document`",
            ),
        ] {
            assert_eq!(Observation::from_json(&text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn nul_is_a_character_like_others() {
        let observation = read(r#"{"a\u0000b": "c\u0000d"}"#).unwrap();
        assert_eq!(actual(&observation), &json!({"a\0b": "c\0d"}));
        let path = FieldPath::from_iter([drift_model::Step::field("a\0b")]);
        assert_eq!(path.to_string().parse::<FieldPath>().as_ref(), Ok(&path));
        assert_eq!(path.resolve(actual(&observation)).unwrap().as_str(), "/a\0b");
        // Unescaped, it is no JSON.
        assert_eq!(read("\"\0\"").unwrap_err().code(), "syntax");
    }

    #[test]
    fn half_a_pair_is_no_text() {
        for text in
            [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\ud800\ud800""#, r#"{"\ud83d": 1}"#, r#""\u12""#]
        {
            let error = read(text).unwrap_err();
            assert_eq!(error.code(), "syntax", "{text}");
            assert!(error.to_string().starts_with("not JSON at line 3 column "), "{error}");
        }
        assert_eq!(actual(&read(r#""\ud83d\ude00""#).unwrap()), "\u{1F600}");
    }

    #[test]
    fn numbers_are_exact_or_unknowable_or_refused_and_never_rounded_in_silence() {
        let pair = |a: &str, b: &str| {
            let observation = read(&format!("[{a}, {b}]")).unwrap();
            let [Value::Number(a), Value::Number(b)] = actual(&observation).as_array().unwrap().as_slice() else {
                return None;
            };
            Some(NumberRelation::of(a, b))
        };
        let different = Some(NumberRelation::Different);
        assert_eq!(pair("9007199254740992", "9007199254740993"), different);
        assert_eq!(pair("-9223372036854775808", "-9223372036854775807"), different);
        assert_eq!(pair("18446744073709551614", "18446744073709551615"), different);
        // Beyond that only a build of `serde_json` that keeps all digits can tell.
        let beyond = pair("18446744073709551616", "18446744073709551617");
        assert!([different, Some(NumberRelation::Unknowable)].contains(&beyond), "{beyond:?}");
        let digits = "9".repeat(10_000);
        for number in ["1e400", "-1e400", "1E+99999", digits.as_str()] {
            match read(number) {
                Ok(observation) => assert!(actual(&observation).is_number()),
                Err(error) => {
                    assert_eq!(error.code(), "number-too-large");
                    let text = error.to_string();
                    assert!(
                        text.starts_with("a number that cannot be held at line 3 column ") && !text.contains("99999")
                    );
                }
            }
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_json_and_the_error_says_where() {
        let error = Observation::from_json(&format!("\u{feff}{}", line("1"))).unwrap_err();
        assert_eq!(error.to_string(), "not JSON at line 1 column 1");
    }
}

mod cut {
    use super::*;

    /// Every text that the whole begins with, the whole left out.
    fn cuts(whole: &str) -> impl Iterator<Item = &str> {
        (0..whole.len()).filter_map(|end| whole.get(..end))
    }

    #[test]
    fn an_observation_cut_at_any_byte_is_refused_as_cut() {
        let whole = line(r#"{"é": [1.5e3, -0, true, null, "\ud83d\ude00\n"], "x": {"y": {}}}"#);
        assert!(Observation::from_json(&whole).is_ok());
        for cut in cuts(&whole) {
            let error = Observation::from_json(cut).unwrap_err();
            assert!(matches!(error.kind, ReadErrorKind::Syntax { at_end: true, .. }), "{error} after {cut}");
        }
    }

    #[test]
    fn a_plan_cut_at_any_byte_is_refused_as_cut() {
        let whole = plan(&json!({"v": "text", "n": [1, {}]})).to_string();
        for cut in cuts(&whole) {
            let error = from_json::<Value>(cut).unwrap_err();
            assert!(error.to_string().contains("the text ends too early"), "{error} after {cut}");
        }
    }

    #[test]
    fn managed_fields_and_their_rules_cut_at_any_byte_are_refused() {
        let whole = r#"{"f:spec":{"k:{\"name\":\"a\"}":{".":{},"f:image":{}},"v:\"x\"":{},"i:3":{}}}"#;
        assert!(whole.parse::<FieldSet>().is_ok());
        assert!(cuts(whole).all(|cut| cut.parse::<FieldSet>().is_err()));
        assert!(cuts("[{\"manager\": \"x\"}]").all(|cut| ManagerRules::from_json(cut).is_err()));
    }

    #[test]
    fn a_record_cut_at_any_byte_is_no_record_and_a_problem_says_so() {
        let whole = config_map(&json!({"mode": "CANARY-cut"})).to_string();
        for cut in cuts(&whole) {
            let mut live = config_map(&json!({"mode": "live"}));
            live["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": cut});
            let reading = Reader::new().desired(vec![config_map(&json!({"mode": "live"}))]).actual(vec![live]).read();
            assert!(
                matches!(reading.observations[0].planes.recorded.observed, drift_model::Observed::NotKept),
                "{cut}"
            );
            assert_eq!(reading.problems.len(), 1, "{cut}");
            assert!(!reading.problems[0].to_string().contains("CANARY"));
        }
    }

    #[test]
    fn paths_and_addresses_cut_at_any_byte_are_read_or_refused() {
        let address = r#"module.a["x.\"y${b}"].data.aws_ami.base["k]"]"#;
        for cut in cuts(address) {
            if let Ok(read) = cut.parse::<InstanceAddress>() {
                assert_eq!(read.to_string().parse::<InstanceAddress>().unwrap(), read, "{cut}");
            }
        }
        let path = r#"/spec/[name="a~1b",port=80]/[="x"]/~0~2~3/0"#;
        assert!(path.parse::<FieldPath>().is_ok());
        for cut in cuts(path) {
            if let Ok(read) = cut.parse::<FieldPath>() {
                assert_eq!(read.to_string().parse::<FieldPath>().unwrap(), read, "{cut}");
            }
            if let Ok(read) = cut.parse::<PathPattern>() {
                assert_eq!(read.to_string().parse::<PathPattern>().unwrap(), read, "{cut}");
            }
        }
    }
}

#[test]
fn what_was_too_deep_to_be_read_is_unknown_where_a_caller_says_so() {
    let text = line("1").replace(
        r#"{"status": "PRESENT", "document": 1, "revision": "r1", "unknown": ["/u/**"]}"#,
        r#"{"status": "UNKNOWN", "reason": "TOO_DEEP"}"#,
    );
    let observation = Observation::from_json(&text).unwrap();
    assert_eq!(observation.planes.unknown(), Some(UnknownReason::TooDeep));
    let desired = observation.planes.desired.observed.present().unwrap();
    assert!(desired.marks().at(&[StepView::Field("a")]).sensitive);
}
