//! Section 11.2 of the seeds: a whole finding, from what `tofu show -json` and CloudTrail print to the last field.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use drift_diff::Rules;
use drift_model::source::cloudtrail;
use drift_model::source::opentofu::{PlanContext, read_plan};
use drift_model::{
    Action, Facts, Finding, Method, Observation, PlanResult, Register, RegisterCoverage, Report, Scope, Signal,
    Timestamp, Windows, correlate,
};
use drift_policy::{Contract, Engine, Policy};
use serde_json::{Value, json};

const UNIT: &str = "prod/eu-central-1/edge";

fn at(clock: &str) -> Timestamp {
    format!("2026-11-05T{clock}Z").parse().unwrap()
}

/// A security group with one rule.
fn group(port: u16, cidr: &str) -> Value {
    json!({
        "id": "sg-0c9a41f2b7d8e6350", "name": "edge-public", "description": "edge",
        "ingress": [{"cidr_blocks": [cidr], "description": "", "from_port": port, "ipv6_cidr_blocks": [],
                     "prefix_list_ids": [], "protocol": "tcp", "security_groups": [], "self": false, "to_port": 443}],
    })
}

/// What `tofu show -json` prints of a plan that finds the group opened.
fn plan() -> Value {
    let resource = |more: Value| {
        let mut resource = json!({"address": "aws_security_group.edge_public", "mode": "managed", "type": "aws_security_group",
                   "name": "edge_public", "provider_name": "registry.opentofu.org/hashicorp/aws"});
        resource.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        resource
    };
    let (declared, live) = (group(443, "10.20.0.0/16"), group(22, "0.0.0.0/0"));
    let constant = |value: Value| json!({ "constant_value": value });
    json!({
        "format_version": "1.2", "terraform_version": "1.9.0", "timestamp": "2026-11-05T09:40:12Z", "errored": false,
        "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [resource(json!({"values": live}))]}}},
        "resource_drift": [resource(json!({"change": {"actions": ["update"], "before": declared, "after": live}}))],
        "resource_changes": [resource(json!({"change": {"actions": ["update"], "before": live, "after": declared,
                                                          "after_unknown": {}}}))],
        "configuration": {"root_module": {"resources": [resource(json!({"expressions": {
            "name": constant(json!("edge-public")), "description": constant(json!("edge")),
            "ingress": constant(declared.get("ingress").cloned().unwrap())}}))]}},
    })
}

/// Who opened it, as CloudTrail has it, and registers that know of no change and of no incident.
fn signals() -> Vec<Signal> {
    let event = cloudtrail::Reader::new().read(&json!({
        "eventTime": "2026-11-05T09:31:44Z", "eventSource": "ec2.amazonaws.com", "eventName": "AuthorizeSecurityGroupIngress",
        "eventID": "5d1e0f6a", "readOnly": false, "awsRegion": "eu-central-1", "recipientAccountId": "444455556666",
        "userIdentity": {"type": "IAMUser", "userName": "ben@example.com", "arn": "arn:aws:iam::444455556666:user/ben@example.com"},
        "requestParameters": {"groupId": "sg-0c9a41f2b7d8e6350"},
    }));
    let all = |register| Signal::timeless(Scope::everything(), Report::Coverage(RegisterCoverage::complete(register)));
    vec![
        event.unwrap().event.into(),
        Signal::new(at("09:40:12"), Scope::unit(UNIT), Report::Plan(PlanResult::Changes)),
        all(Register::ChangeRecords),
        all(Register::Incidents),
    ]
}

fn engine() -> Engine {
    let contract = Contract::new()
        .owner("platform-edge")
        .source_of_truth("git://shop/infra-live")
        .observed_by([Method::ScheduledPlan])
        .diffed_by(Rules::default())
        .decided_by(Policy::shipped())
        .may(Action::ALL.iter().copied())
        .evidence_in("s3://shop-evidence/drift");
    Engine::compile(contract).unwrap()
}

fn observation() -> Observation {
    let context = PlanContext {
        refreshed: Some(true),
        targeted: Some(false),
        method: Some(Method::ScheduledPlan),
        ..PlanContext::default()
    };
    let mut reading = read_plan(&plan(), &context).unwrap();
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let mut observation = reading.observations.remove(0);
    observation.unit = Some(UNIT.to_owned());
    observation.source_of_truth = Some("git://shop/infra-live/prod/eu-central-1/edge".to_owned());
    observation.state_backend = Some("s3://shop-tfstate/edge".to_owned());
    observation
}

fn finding() -> Finding {
    let mut observation = observation();
    observation.facts = correlate(&observation, &signals(), &Windows::default());
    let known: Facts = serde_json::from_value(json!({"environment": "prod", "owner": "platform-network"})).unwrap();
    let engine = engine();
    let assessment = engine.assess(&observation, &known);
    let [finding] = assessment.findings() else { panic!("{:?}", assessment.findings()) };
    finding.clone()
}

#[test]
fn section_11_2_the_whole_finding_from_a_plan_and_an_event() {
    let mut finding = finding();
    // Which rules come first, and their digest, change with every rule that ships; that they are told does not.
    for step in &mut finding.trace {
        assert!(!step.refused.is_empty(), "{step:?}");
        step.refused.clear();
    }
    let written = serde_json::to_string_pretty(&finding).unwrap().replace(&engine().digest().to_string(), "sha256:…");
    assert_eq!(written, include_str!("finding.json").trim_end());
    // Who reads it has all of it.
    let read: Finding = serde_json::from_str(&written.replace("sha256:…", &engine().digest().to_string())).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), serde_json::to_string(&finding).unwrap());
}

#[test]
fn section_11_2_the_fields_of_the_seeds_come_first_and_in_their_order() {
    const FIELDS: [&str; 15] = [
        "findingId",
        "detectedAt",
        "domain",
        "resourceRef",
        "environment",
        "owner",
        "sourceOfTruth",
        "stateBackend",
        "driftClass",
        "risk",
        "changedFields",
        "auditCorrelation",
        "recommendedAction",
        "autoHealAllowed",
        "evidenceUri",
    ];
    let written = serde_json::to_string_pretty(&finding()).unwrap();
    let names = |indent: &str| -> Vec<String> {
        let beginning = format!("{indent}\"");
        let name = |line: &str| Some(line.strip_prefix(&beginning)?.split('"').next()?.to_owned());
        written.lines().filter_map(name).collect()
    };
    assert_eq!(names("  ").into_iter().take(FIELDS.len()).collect::<Vec<_>>(), FIELDS);
    assert_eq!(
        names("    ").into_iter().take_while(|name| name != "action").collect::<Vec<_>>(),
        // The elements of changedFields, then the three of auditCorrelation.
        ["/ingress/0/cidr_blocks/0", "/ingress/0/from_port", "actor", "source", "eventTime"]
    );
}
