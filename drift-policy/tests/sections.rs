//! The sections of the seeds, bullet by bullet, answered by the shipped tables: from planes and facts to what is recommended.
//!
//! The cases stand in `data/section-*.json`, as documents that `policy test` runs as well. Each is named by the section and
//! the bullet that it is about, and a reader can go from one to the other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_types, reason = "an engine is compiled once for all cases")]

use std::sync::LazyLock;

use drift_diff::Rules;
use drift_model::{Action, Facts, Finding, Method, Observation};
use drift_policy::testing::Scenario;
use drift_policy::{Authored, Contract, Diagnostics, Engine, Policy, Tree};
use serde_json::{Value, json};

/// The documents, with the number of bullets and rows of their section: each has a case, and some have several.
macro_rules! sections {
    ($( $section:literal: $bullets:literal, )+) => {
        const SECTIONS: &[(&str, usize, &str)] =
            &[ $( ($section, $bullets, include_str!(concat!("data/section-", $section, ".json"))), )+ ];
    };
}

sections! {
    "3": 8, "5-1": 5, "5-2": 5, "5-3": 6, "5-4": 6, "5-5": 6, "5-6": 4, "5-7": 5, "5-8": 5, "6": 9, "9-1": 9, "12": 8, "17": 10,
    "18": 7, "19": 3,
}

fn documents() -> Vec<Authored> {
    let read =
        |(name, _, text): &(&str, usize, &str)| Authored::new(*name, serde_json::from_str::<Tree>(text).unwrap());
    SECTIONS.iter().map(read).collect()
}

fn engine(documents: Vec<Authored>) -> Engine {
    let (policy, warnings) = Policy::read(documents).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(warnings, Diagnostics::default());
    deciding_by(policy)
}

fn deciding_by(policy: Policy) -> Engine {
    let contract = Contract::new()
        .owner("platform")
        .source_of_truth("git://shop/infra")
        .observed_by(Method::ALL.iter().copied())
        .diffed_by(Rules::default())
        .decided_by(policy)
        .may(Action::ALL.iter().copied())
        .evidence_in("s3://evidence/drift");
    Engine::compile(contract).unwrap()
}

static SHIPPED: LazyLock<Engine> = LazyLock::new(|| engine(documents()));

fn cases(section: &str) -> &'static [Scenario] {
    let name = format!("section-{section}");
    let named = SHIPPED.policy().tests().iter().find(|named| named.name == name);
    named.map(|named| named.spec.as_slice()).unwrap_or_default()
}

/// Runs the cases whose name begins so, of which there must be one; and says of all that fail what they say.
#[track_caller]
fn run(section: &str, beginning: &str) {
    let wanted: Vec<&Scenario> = cases(section).iter().filter(|case| case.name.starts_with(beginning)).collect();
    assert!(!wanted.is_empty(), "no case of section {section} begins with `{beginning}`");
    let failures: Vec<String> = wanted.iter().filter_map(|case| case.assert(&SHIPPED).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_bullet_of_every_section_has_a_case_that_says_all_of_the_answer() {
    for (section, bullets, _) in SECTIONS {
        let title = section.replace('-', ".");
        for number in 1..=*bullets {
            let named = ["bullet", "row", "route"].map(|word| format!("{title} {word} {number} "));
            let is_about = |case: &Scenario| named.iter().any(|named| case.name.starts_with(named));
            assert!(cases(section).iter().any(is_about), "section {title} has no case for number {number}");
        }
        for case in cases(section) {
            let (expect, findings) = (&case.expect, case.given.run(&SHIPPED).findings);
            assert!(case.name.starts_with(&format!("{title} ")) && expect.verdict.is_some(), "{}", case.name);
            if expect.class.is_none() {
                assert!(findings.is_empty(), "{}: {findings:?}", case.name);
                continue;
            }
            let said = expect.risk.is_some()
                && expect.domain.is_some()
                && expect.recommend.is_some()
                && expect.auto_heal_allowed.is_some()
                && expect.obligations.is_some()
                && expect.approvers.is_some()
                && expect.routes.is_some();
            assert!(said && findings.len() == 1, "{}: {} findings", case.name, findings.len());
        }
    }
}

/// Whether anything is recommended that changes the runtime, and whether anything heals.
fn boldness(observation: &Value) -> (bool, bool) {
    let observation = Observation::from_json(&observation.to_string()).unwrap();
    let facts = Facts::default();
    let assessment = SHIPPED.assess(&observation, &facts);
    let any = |bold: fn(&Finding) -> bool| assessment.findings().iter().any(bold);
    (any(|finding| finding.actions.action.changes_runtime()), any(|finding| finding.auto_heal_allowed))
}

/// Of every case of every section, with any one or two of its facts forgotten.
#[test]
fn law_3_no_result_is_not_no_drift_what_is_forgotten_of_a_case_never_makes_its_answer_bolder() {
    let mut forgotten = 0;
    for (section, _, text) in SECTIONS {
        let document: Value = serde_json::from_str(text).unwrap();
        for case in document.pointer("/spec/cases").and_then(Value::as_array).unwrap() {
            let known = case.pointer("/given/observation").unwrap();
            let (acts, heals) = boldness(known);
            let keys: Vec<&String> = known.get("facts").and_then(Value::as_object).unwrap().keys().collect();
            for first in &keys {
                for second in &keys {
                    let mut fewer = known.clone();
                    let facts = fewer.get_mut("facts").and_then(Value::as_object_mut).unwrap();
                    facts.remove(*first);
                    facts.remove(*second);
                    let (acts_unsure, heals_unsure) = boldness(&fewer);
                    assert!(acts || !acts_unsure, "section {section}, without {first} and {second}: {case}");
                    assert!(heals || !heals_unsure, "section {section}, without {first} and {second}: {case}");
                    forgotten += 1;
                }
            }
        }
    }
    assert!(forgotten > 2_000, "{forgotten}");
}

/// A test for each section, whose cases are named in what it says when one fails.
macro_rules! whole_sections {
    ($( $name:ident: $section:literal; )+) => { $(
        #[test]
        fn $name() {
            run($section, "");
        }
    )+ };
}

whole_sections! {
    section_3_the_eight_classes_and_their_default_responses: "3";
    section_5_1_configuration_drift: "5-1";
    section_5_2_state_drift: "5-2";
    section_5_3_runtime_controller_drift: "5-3";
    section_5_4_dependency_drift: "5-4";
    section_5_5_identity_and_access_drift: "5-5";
    section_5_6_policy_drift: "5-6";
    section_5_7_secret_drift: "5-7";
    section_5_8_cost_and_capacity_drift: "5-8";
    section_17_drift_of_secrets_by_metadata: "17";
    section_18_drift_of_databases: "18";
    section_19_the_shipped_routes: "19";
}

/// A test for each row of a table.
macro_rules! rows {
    ($( $name:ident: $section:literal, $row:literal; )+) => { $(
        #[test]
        fn $name() {
            run($section, concat!($row, " "));
        }
    )+ };
}

rows! {
    section_6_row_1_a_pr_plan_shows_proposed_changes_and_no_runtime: "6", "6 row 1";
    section_6_row_2_a_scheduled_plan_shows_cloud_drift: "6", "6 row 2";
    section_6_row_3_a_gitops_diff_shows_cluster_drift_of_what_is_managed: "6", "6 row 3";
    section_6_row_4_an_admission_audit_shows_attempts_to_change_the_runtime: "6", "6 row 4";
    section_6_row_5_an_inventory_scan_shows_what_nobody_declared: "6", "6 row 5";
    section_6_row_6_an_audit_log_shows_manual_changes_once_they_are_correlated: "6", "6 row 6";
    section_6_row_7_a_policy_scanner_shows_what_is_older_than_the_policy: "6", "6 row 7";
    section_6_row_8_secret_sync_shows_what_was_not_delivered: "6", "6 row 8";
    section_6_row_9_a_probe_shows_behavior_and_no_field: "6", "6 row 9";

    section_9_1_row_1_a_manual_label_change_on_a_stateless_app_is_put_back: "9-1", "9.1 row 1";
    section_9_1_row_2_a_manual_image_patch_in_prod_is_put_back_with_an_alert: "9-1", "9.1 row 2";
    section_9_1_row_3_a_replica_change_of_the_hpa_is_left_alone: "9-1", "9.1 row 3";
    section_9_1_row_4_a_deleted_config_map_is_put_back_by_approval: "9-1", "9.1 row 4";
    section_9_1_row_5_a_port_opened_manually_is_alerted_first: "9-1", "9.1 row 5";
    section_9_1_row_6_a_policy_widened_manually_keeps_its_forensic_context: "9-1", "9.1 row 6";
    section_9_1_row_7_an_emergency_database_parameter_is_left_alone: "9-1", "9.1 row 7";
    section_9_1_row_8_a_sidecar_of_the_mesh_is_left_alone: "9-1", "9.1 row 8";
    section_9_1_row_9_read_noise_is_not_churned: "9-1", "9.1 row 9";

    section_12_row_1_runtime_revert_where_git_is_authoritative: "12", "12 row 1";
    section_12_row_2_git_update_where_the_change_was_approved: "12", "12 row 2";
    section_12_row_3_state_refresh_where_the_runtime_is_accepted: "12", "12 row 3";
    section_12_row_4_import_where_it_exists_and_is_not_tracked: "12", "12 row 4";
    section_12_row_5_state_move_where_the_address_changed: "12", "12 row 5";
    section_12_row_6_ignore_where_a_controller_owns_the_field: "12", "12 row 6";
    section_12_row_7_incident_where_it_is_security_critical_or_unknown: "12", "12 row 7";
    section_12_row_8_destroy_and_recreate_under_strong_control_alone: "12", "12 row 8";
}

/// The matrix once more, beside a heal policy that would let anything heal: "usually yes" heals, and nothing else does.
#[test]
fn section_9_1_with_a_heal_policy_for_everything_rows_1_and_2_heal_and_no_other() {
    let kinds = ["Deployment", "ConfigMap", "aws_security_group", "aws_iam_policy", "aws_db_parameter_group"];
    let heal = json!({"apiVersion": "drift.example/v1", "kind": "AutoHealPolicy", "metadata": {"name": "everything"},
        "spec": {"appliesTo": {"resourceKinds": kinds}, "allowedPaths": [""], "maxObjectsPerReconcile": 100}});
    let (policy, _) = Policy::read(vec![Authored::new("everything", heal.into())]).unwrap();
    let engine = deciding_by(policy);
    let heals = |case: &Scenario| case.given.run(&engine).findings.iter().all(|(finding, _)| finding.auto_heal_allowed);
    let healed: Vec<&str> = cases("9-1").iter().filter(|case| heals(case)).map(|case| case.name.as_str()).collect();
    assert_eq!(
        healed,
        [
            "9.1 row 1 manual label change on stateless app: usually yes",
            "9.1 row 2 manual image patch in prod: usually yes, plus alert"
        ]
    );
}

/// Ten routes, one for each dimension, and of each case the one that its finding or its facts call for.
#[test]
fn section_19_alerts_are_routed_by_each_of_the_ten_dimensions() {
    let routes = json!({"apiVersion": "drift.example/v1", "kind": "AlertRouting", "metadata": {"name": "ten"}, "spec": {"routes": [
        {"match": {"incident": "OPEN"}, "notify": ["incident-commander"]},
        {"match": {"complianceScope": "pci*"}, "notify": ["audit"]},
        {"match": {"customerTier": "enterprise"}, "notify": ["customer-success"]},
        {"match": {"dataClassification": "restricted"}, "notify": ["privacy-oncall"]},
        {"match": {"environment": "staging"}, "notify": ["release-team"]},
        {"match": {"severity": "critical"}, "notify": ["security-oncall"]},
        {"match": {"domain": "metadata"}, "notify": ["platform-metadata"]},
        {"match": {"driftClass": "CONTROLLER_OWNED_DRIFT"}, "notify": []},
        {"match": {"kind": "ConfigMap"}, "notify": ["config-team"]},
        {"match": {"owner": "payments"}, "notify": ["$owner"]},
        {"match": {}, "notify": ["platform-oncall"]}]}});
    let engine = engine(vec![Authored::new("ten", routes.into())]);
    let none = json!({"incident": "NONE", "complianceScope": [], "customerTier": "free", "dataClassification": "public",
        "environment": "prod", "changeRecord": "NONE", "owner": "shop", "actors": [{"kind": "HUMAN", "id": "ana"}]});
    let image = ("Deployment", json!({"spec": {"paused": false}}), json!({"spec": {"paused": true}}));
    let label =
        ("Deployment", json!({"metadata": {"labels": {"a": "1"}}}), json!({"metadata": {"labels": {"a": "2"}}}));
    let config = ("ConfigMap", json!({"data": {"a": "1"}}), json!({"data": {"a": "2"}}));
    let role = ("ClusterRole", json!({"aggregationRule": {"a": "1"}}), json!({"aggregationRule": {"a": "2"}}));
    let status = ("Deployment", json!({"status": {"a": "1"}}), json!({"status": {"a": "2"}}));
    let known = |key: &str, value: Value| {
        let mut facts = none.clone();
        facts.as_object_mut().unwrap().insert(key.to_owned(), value);
        facts
    };
    for (dimension, (kind, desired, actual), facts, expected) in [
        ("service owner", &image, known("owner", json!("payments")), &["payments"][..]),
        ("platform domain owner", &label, none.clone(), &["platform-metadata"]),
        ("environment", &image, known("environment", json!("staging")), &["release-team"]),
        ("severity", &role, none.clone(), &["security-oncall"]),
        ("data classification", &image, known("dataClassification", json!("restricted")), &["privacy-oncall"]),
        ("resource kind", &config, none.clone(), &["config-team"]),
        ("drift class", &status, none.clone(), &[]),
        ("affected customer tier", &image, known("customerTier", json!("enterprise")), &["customer-success"]),
        ("compliance scope", &image, known("complianceScope", json!(["soc2", "pci-dss"])), &["audit"]),
        ("incident correlation", &image, known("incident", json!("OPEN")), &["incident-commander"]),
        ("none of them", &image, none.clone(), &["platform-oncall"]),
    ] {
        let observation = json!({"id": "obs", "observedAt": "2026-07-03T10:22:31Z", "facts": facts,
            "resource": {"system": "KUBERNETES", "version": "v1", "kind": kind, "namespace": "prod", "name": "web"},
            "planes": {"desired": {"status": "PRESENT", "document": desired}, "actual": {"status": "PRESENT", "document": actual}}});
        let observation = Observation::from_json(&observation.to_string()).unwrap();
        let facts = Facts::default();
        let assessment = engine.assess(&observation, &facts);
        let told: Vec<Vec<String>> = assessment.routes().into_iter().map(|routed| routed.notify).collect();
        assert_eq!(told, [expected], "{dimension}");
    }
}
