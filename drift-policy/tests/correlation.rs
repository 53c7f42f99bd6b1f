//! The two worked examples of seeds S0.6, from the lines of the logs to the class of the finding.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use drift_diff::Rules;
use drift_model::source::{cloudtrail, kubernetes_audit};
use drift_model::{
    Action, DriftClass, Facts, Finding, IncidentNotice, Method, Obligation, Observation, PlanResult, Register,
    RegisterCoverage, Report, Risk, Scope, Signal, SyncStatus, Timestamp, Windows, correlate,
};
use drift_policy::{Contract, Engine, Policy};
use serde_json::{Value, json};

fn at(clock: &str) -> Timestamp {
    format!("2026-07-03T{clock}Z").parse().unwrap()
}

fn finding(observation: Value, signals: &[Signal]) -> Finding {
    let engine = Engine::compile(
        Contract::new()
            .owner("platform")
            .source_of_truth("git://shop/infra")
            .observed_by([Method::GitopsDiff, Method::ScheduledPlan])
            .diffed_by(Rules::default())
            .decided_by(Policy::shipped())
            .may(Action::ALL.iter().copied())
            .evidence_in("s3://evidence/drift/"),
    )
    .unwrap();
    let mut observation: Observation = serde_json::from_value(observation).unwrap();
    observation.facts = correlate(&observation, signals, &Windows::default());
    let facts = Facts::at(at("10:30:00"));
    let assessment = engine.assess(&observation, &facts);
    let [finding] = assessment.findings() else { panic!("{:?}", assessment.findings()) };
    finding.clone()
}

fn all(register: Register) -> Signal {
    Signal::timeless(Scope::everything(), Report::Coverage(RegisterCoverage::complete(register)))
}

fn deployment() -> Value {
    let document =
        |image: &str| json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}}});
    json!({
        "id": "obs", "observedAt": "2026-07-03T10:22:31Z", "unit": "checkout-prod", "method": "GITOPS_DIFF",
        "resource": {"system": "KUBERNETES", "group": "apps", "version": "v1", "kind": "Deployment", "namespace": "prod", "name": "checkout"},
        "planes": {"desired": {"status": "PRESENT", "document": document("shop:1")},
                   "actual": {"status": "PRESENT", "document": document("shop:debug")}},
    })
}

fn patch_by(username: &str) -> Signal {
    let event = kubernetes_audit::Reader::new().read(&json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "0eaf743e", "stage": "ResponseComplete", "verb": "patch",
        "user": {"username": username, "groups": ["system:authenticated"]},
        "objectRef": {"resource": "deployments", "namespace": "prod", "name": "checkout", "apiGroup": "apps", "apiVersion": "v1"},
        "requestObject": {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "shop:debug"}]}}}},
        "responseStatus": {"code": 200}, "stageTimestamp": "2026-07-03T10:11:02.033796Z",
    }));
    event.unwrap().into()
}

#[test]
fn section_6_correlation_1_out_of_sync_with_a_patch_by_a_person_and_no_change_record_is_unauthorized() {
    let out_of_sync = Signal::new(at("10:20:00"), Scope::unit("checkout-prod"), Report::Sync(SyncStatus::OutOfSync));
    let signals = [out_of_sync, patch_by("ana@example.com"), all(Register::ChangeRecords), all(Register::Incidents)];
    let found = finding(deployment(), &signals);
    assert_eq!(found.drift_class, DriftClass::UnauthorizedRuntimeDrift);
    assert!(found.trace.iter().any(|step| step.rule == "out-of-sync-by-hand"), "{:?}", found.trace);
    let correlation = found.audit_correlation.unwrap();
    assert_eq!((correlation.actor.as_str(), correlation.source.as_str()), ("ana@example.com", "kubernetes-audit"));
    assert!(!found.auto_heal_allowed);
    let decided = (found.domain.as_str(), found.risk, found.recommended_action.as_str());
    assert_eq!(decided, ("workload-image", Risk::High, "RUNTIME_REVERT"));
    assert_eq!(found.actions.obligations, [Obligation::Notify]);

    // One signal fewer, and nobody can say so.
    for left_out in [1, 2] {
        let mut fewer = signals.to_vec();
        fewer.remove(left_out);
        assert_ne!(finding(deployment(), &fewer).drift_class, DriftClass::UnauthorizedRuntimeDrift, "{left_out}");
    }
    // Two candidates: both are named, neither is blamed.
    let mut two = signals.to_vec();
    two.push(patch_by("system:serviceaccount:ci:deploy"));
    let found = finding(deployment(), &two);
    assert_eq!(found.candidates.len(), 2);
    assert_eq!(found.audit_correlation, None);
}

#[test]
fn section_6_correlation_2_a_refresh_only_change_by_break_glass_in_an_open_incident_is_emergency_drift() {
    let document =
        |cidr: &str| json!({"id": "sg-04d018d184a18f647", "ingress": [{"from_port": 22, "cidr_blocks": [cidr]}]});
    let group = json!({
        "id": "obs", "observedAt": "2026-07-03T10:22:31Z", "unit": "edge-prod", "method": "SCHEDULED_PLAN",
        "resource": {"system": "OPENTOFU", "type": "aws_security_group", "address": "aws_security_group.app_public"},
        "planes": {"desired": {"status": "PRESENT", "document": document("10.0.0.0/8")},
                   "recorded": {"status": "PRESENT", "document": document("10.0.0.0/8")},
                   "actual": {"status": "PRESENT", "document": document("0.0.0.0/0")}},
    });
    let reader = cloudtrail::Reader::new();
    let mut records = vec![
        reader
            .read(&json!({
                "eventTime": "2026-07-03T10:02:41Z", "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "eventID": "e-1",
                "userIdentity": {"type": "IAMUser", "userName": "alice"},
                "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/BreakGlassAdmin"},
                "responseElements": {"credentials": {"accessKeyId": "ASIAEXAMPLE"}},
            }))
            .unwrap(),
        reader
            .read(&json!({
                "eventTime": "2026-07-03T10:11:02Z", "eventSource": "ec2.amazonaws.com", "eventID": "e-2", "readOnly": false,
                "eventName": "AuthorizeSecurityGroupIngress", "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
                "userIdentity": {"type": "AssumedRole", "accessKeyId": "ASIAEXAMPLE",
                    "arn": "arn:aws:sts::111122223333:assumed-role/BreakGlassAdmin/s",
                    "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/BreakGlassAdmin"}}},
                "requestParameters": {"groupId": "sg-04d018d184a18f647"},
            }))
            .unwrap(),
    ];
    cloudtrail::chain(&mut records);
    let mut signals: Vec<Signal> = records.into_iter().map(|record| record.event.into()).collect();
    signals.push(Signal::new(at("10:22:31"), Scope::unit("edge-prod"), Report::Plan(PlanResult::Changes)));
    let incident = IncidentNotice::open("INC-7", at("09:58:00"));
    signals.push(Signal::timeless(Scope::unit("edge-prod"), Report::Incident(incident)));
    let found = finding(group.clone(), &signals);
    assert_eq!(found.drift_class, DriftClass::EmergencyDrift);
    let decided = (found.domain.as_str(), found.risk, found.recommended_action.as_str());
    assert_eq!(decided, ("cloud-network", Risk::Critical, "OPEN_RECONCILIATION_PR"));
    assert_eq!(found.actions.obligations, [Obligation::PreserveEvidenceFirst]);
    assert_eq!(found.playbook.as_deref(), Some("hotfix"));
    assert_eq!(found.audit_correlation.unwrap().actor, "alice");
    assert!(!found.auto_heal_allowed);

    // Without the ticket nobody can say that it was an emergency.
    signals.pop();
    assert_ne!(finding(group, &signals).drift_class, DriftClass::EmergencyDrift);
}
