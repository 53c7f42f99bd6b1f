use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Actions, Actor, ActorKind, AuditCorrelation, DriftClass, Finding, ResourceRef};

fn report(verdict: Verdict) -> AssessmentReport {
    let resource = ResourceRef::opentofu("aws_security_group", "aws_security_group.public");
    AssessmentReport::new("obs-1", resource, verdict, Existence::Managed, Digest::of(b"policy"))
}

fn finding(risk: Risk, recommended: &str, domain: &str) -> Finding {
    let prints = (Digest::of(b"a"), Digest::of(b"b"));
    let class = (DriftClass::UnauthorizedRuntimeDrift, risk);
    let mut finding = Finding::new("drift-1".to_owned(), "aws_security_group.public".to_owned(), class, prints);
    domain.clone_into(&mut finding.domain);
    recommended.clone_into(&mut finding.recommended_action);
    let action = recommended.parse().map_or(Action::Incident, crate::Recommend::action);
    finding.actions = Actions::new(action, Vec::new());
    finding
}

fn drifted(findings: Vec<Finding>) -> AssessmentReport {
    let mut drifted = report(Verdict::Drifted);
    drifted.findings = findings;
    drifted
}

fn completed() -> StackRun {
    StackRun::new(RunStatus::Completed)
}

#[test]
fn a_stack_reads_as_in_the_seeds() {
    let mut by_hand = finding(Risk::High, "OPEN_RECONCILIATION_PR", "iam");
    let mut actor = Actor::new(ActorKind::Human, "ana@example.com");
    actor.source = "cloudtrail".to_owned();
    by_hand.audit_correlation = Some(AuditCorrelation::from(&actor));
    let reports = [
        drifted(vec![by_hand, finding(Risk::Info, "IGNORE", "capacity")]),
        drifted(vec![finding(Risk::Medium, "INCIDENT", "cloud-network")]),
        report(Verdict::Pending),
        report(Verdict::InSync),
    ];
    let run = completed().owned_by("platform-network").evidence_at("s3://evidence/iac-drift/2026-07-03/1");
    let result = StackResult::of("prod/eu-west-1/payments/network", &run, &reports);
    assert_eq!(
        serde_json::to_value(&result).unwrap(),
        json!({
            "stack": "prod/eu-west-1/payments/network",
            "result": "DRIFT_DETECTED",
            "severity": "HIGH",
            "owner": "platform-network",
            "resourceChanges": 3,
            "destructiveChanges": 0,
            "identityChanges": 1,
            "actorCorrelation": "cloudtrail:found-human-change",
            "recommendedAction": "OPEN_RECONCILIATION_PR",
            "evidenceUri": "s3://evidence/iac-drift/2026-07-03/1",
            "partial": false, "resources": 4, "drifted": 2, "pending": 1, "unknown": 0,
            "policyDigests": [Digest::of(b"policy").to_string()],
        })
    );
    let text = serde_json::to_string(&result).unwrap();
    assert_eq!(serde_json::from_str::<StackResult>(&text).unwrap(), result);
    // The order of the seeds, as text.
    let fields = ["stack", "result", "severity", "owner", "resourceChanges", "destructiveChanges", "identityChanges"];
    let places: Vec<_> = fields.iter().map(|field| text.find(&format!("\"{field}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn law_3_no_result_is_not_no_drift() {
    let clean = [report(Verdict::InSync), report(Verdict::InSync)];
    assert!(StackResult::of("s", &completed(), &clean).result.is_clean());
    for (run, reports, expected) in [
        (RunStatus::Completed, vec![], StackOutcome::Unknown),
        (RunStatus::Failed, vec![], StackOutcome::Failed),
        (RunStatus::Stale, vec![], StackOutcome::Stale),
        (RunStatus::Failed, clean.to_vec(), StackOutcome::Failed),
        (RunStatus::Stale, clean.to_vec(), StackOutcome::Stale),
        (RunStatus::Stale, vec![report(Verdict::Drifted)], StackOutcome::Stale),
        (RunStatus::Completed, vec![report(Verdict::InSync), report(Verdict::Unknown)], StackOutcome::Unknown),
        (RunStatus::Completed, vec![report(Verdict::Pending), report(Verdict::Unknown)], StackOutcome::Unknown),
    ] {
        let result = StackResult::of("s", &StackRun::new(run), &reports);
        assert_eq!((result.result, result.partial), (expected, true), "{run}");
        assert!(!result.result.is_clean() && result.result.is_inconclusive());
    }
    let result = StackResult::of("s", &StackRun::new(RunStatus::Failed), &[report(Verdict::Drifted)]);
    assert_eq!((result.result, result.partial), (StackOutcome::DriftDetected, true));
    let mut unknown = report(Verdict::Unknown);
    unknown.reason = Some(UnknownReason::NotRefreshed);
    let result = StackResult::of("s", &completed(), &[unknown, report(Verdict::Drifted)]);
    assert_eq!((result.result, result.partial, result.unknown), (StackOutcome::DriftDetected, true, 1));
    assert_eq!(result.reasons, [UnknownReason::NotRefreshed].into());
}

#[test]
fn detailed_exit_codes_are_transport_only() {
    // Code 0 beside drift in the documents: the documents say what is.
    let run = completed().after(Transport::of_exit_code(0));
    let result = StackResult::of("s", &run, &[report(Verdict::Drifted)]);
    assert_eq!(result.result, StackOutcome::DriftDetected);
    // Code 2 without any: likewise.
    let run = completed().after(Transport::of_exit_code(2));
    assert_eq!(StackResult::of("s", &run, &[report(Verdict::InSync)]).result, StackOutcome::InSync);
    // Code 1, and whatever else a shell may say, is never clean.
    for code in [1, 3, 127, 130, -1, i32::MAX] {
        for status in RunStatus::ALL {
            let run = StackRun::new(*status).after(Transport::of_exit_code(code));
            for reports in [vec![], vec![report(Verdict::InSync)], vec![report(Verdict::Drifted)]] {
                let result = StackResult::of("s", &run, &reports);
                assert!(!result.result.is_clean() && result.partial, "{code} {status}");
            }
        }
    }
}

#[test]
fn what_would_be_lost_is_counted() {
    let mut gone = report(Verdict::Drifted);
    gone.existence = Existence::DeletedOutside;
    let mut unmanaged = report(Verdict::Drifted);
    unmanaged.existence = Existence::Unmanaged;
    let replaced = drifted(vec![finding(Risk::High, "DESTROY_RECREATE", "storage")]);
    let result = StackResult::of("s", &completed(), &[gone, unmanaged, replaced]);
    assert_eq!((result.destructive_changes, result.resource_changes), (2, 3));
}

#[test]
fn labels_of_a_users_own_may_stand_for_identity() {
    let reports = [drifted(vec![finding(Risk::High, "INCIDENT", "workload-identity")])];
    assert_eq!(StackResult::of("s", &completed(), &reports).identity_changes, 0);
    let mut run = completed();
    run.identity_labels.insert("workload-identity".to_owned());
    assert_eq!(StackResult::of("s", &run, &reports).identity_changes, 1);
}

#[test]
fn of_equal_risks_the_most_careful_recommendation_is_written() {
    let sorted = [
        "INCIDENT",
        "OPEN_RECONCILIATION_PR",
        "STATE_REFRESH",
        "IMPORT",
        "STATE_MOVE",
        "INCIDENT_AND_REVERT",
        "RUNTIME_REVERT",
        "DESTROY_RECREATE",
        "NONE",
        "IGNORE",
        "SOMETHING_NEW",
    ];
    for (index, careful) in sorted.iter().enumerate() {
        for bold in sorted.iter().skip(index) {
            let findings = vec![finding(Risk::High, bold, "iam"), finding(Risk::High, careful, "iam")];
            let result = StackResult::of("s", &completed(), &[drifted(findings)]);
            assert_eq!(result.recommended_action.as_deref(), Some(*careful), "{careful} before {bold}");
        }
    }
    // A higher risk decides before caution does.
    let findings = vec![finding(Risk::Critical, "RUNTIME_REVERT", "iam"), finding(Risk::High, "INCIDENT", "iam")];
    let result = StackResult::of("s", &completed(), &[drifted(findings)]);
    assert_eq!(result.recommended_action.as_deref(), Some("RUNTIME_REVERT"));
}

#[test]
fn results_of_different_stacks_do_not_merge() {
    let (a, b) = (StackResult::of("a", &completed(), &[]), StackResult::of("b", &completed(), &[]));
    assert_eq!(
        a.merge(b.clone()).unwrap_err().to_string(),
        "a result of stack `b` does not merge into one of stack `a`; fold each stack by itself"
    );
    assert!(StackResult::fold("a", [b]).is_err());
    assert_eq!(StackResult::fold("a", []).unwrap().result, StackOutcome::Unknown);
}

#[test]
fn a_correlation_reads_back_and_ranks_by_kind() {
    for kind in ActorKind::ALL {
        let one = ActorCorrelation::new("cloudtrail", *kind);
        assert_eq!(one.to_string().parse(), Ok(one), "{kind}");
    }
    for text in ["", "cloudtrail", ":found-human-change", "cloudtrail:found-nobody-change", "cloudtrail:found-human"] {
        assert!(text.parse::<ActorCorrelation>().is_err(), "{text}");
    }
}

fn any_finding() -> impl Strategy<Value = Finding> {
    let recommended = prop::sample::select(vec!["INCIDENT", "IGNORE", "RUNTIME_REVERT", "IMPORT", "NEW", "REPLAN"]);
    let actor = prop::option::of((prop::sample::select(ActorKind::ALL), "[ab]"));
    let domain = prop::sample::select(vec!["iam", "storage", "oidc-trust"]);
    (prop::sample::select(Risk::ALL), recommended, domain, actor).prop_map(|(risk, recommended, domain, actor)| {
        let mut finding = finding(risk, recommended, domain);
        if let Some((kind, source)) = actor {
            let mut actor = Actor::new(kind, "x");
            actor.source = source;
            finding.candidates.push(actor);
        }
        finding
    })
}

fn any_report() -> impl Strategy<Value = AssessmentReport> {
    let existence = prop::sample::select(Existence::ALL);
    let reason = prop::option::of(prop::sample::select(UnknownReason::ALL));
    let findings = prop::collection::vec(any_finding(), 0..3);
    (prop::sample::select(Verdict::ALL), existence, reason, findings, any::<bool>(), 0..2_u8).prop_map(
        |(verdict, existence, reason, findings, partial, policy)| {
            let mut report = report(verdict);
            report.existence = existence;
            report.reason = reason;
            report.findings = findings;
            report.partial = partial;
            report.policy_digest = Digest::of(&[policy]);
            report
        },
    )
}

fn any_run() -> impl Strategy<Value = StackRun> {
    let text = || prop::option::of("[ab]");
    (prop::sample::select(RunStatus::ALL), text(), text()).prop_map(|(status, owner, evidence_uri)| {
        let mut run = StackRun::new(status);
        (run.owner, run.evidence_uri) = (owner, evidence_uri);
        run
    })
}

fn any_shard() -> impl Strategy<Value = StackResult> {
    (any_run(), prop::collection::vec(any_report(), 0..3))
        .prop_map(|(run, reports)| StackResult::of("s", &run, &reports))
}

proptest! {
    #[test]
    fn shards_merge_in_any_order_and_grouping(a in any_shard(), b in any_shard(), c in any_shard()) {
        let merge = |a: &StackResult, b: &StackResult| a.clone().merge(b.clone()).unwrap();
        prop_assert_eq!(merge(&a, &b), merge(&b, &a));
        prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
        let text = |shards: [&StackResult; 3]| {
            serde_json::to_string(&StackResult::fold("s", shards.map(Clone::clone)).unwrap()).unwrap()
        };
        prop_assert_eq!(text([&a, &b, &c]), text([&c, &a, &b]));
    }

    #[test]
    fn law_3_merging_never_makes_an_unknown_clean(a in any_shard(), b in any_shard()) {
        let merged = a.clone().merge(b.clone()).unwrap();
        prop_assert_eq!(merged.result.is_clean(), a.result.is_clean() && b.result.is_clean());
        prop_assert_eq!(merged.partial, a.partial || b.partial);
        prop_assert!(merged.severity >= a.severity && merged.severity >= b.severity);
    }

    #[test]
    fn shards_come_to_what_the_whole_comes_to(
        run in any_run(),
        reports in prop::collection::vec(any_report(), 1..8),
        at in any::<prop::sample::Index>(),
    ) {
        let whole = StackResult::of("s", &run, &reports);
        let (left, right) = reports.split_at(at.index(reports.len()));
        let shards = [left, right].into_iter().filter(|shard| !shard.is_empty());
        let merged = StackResult::fold("s", shards.map(|shard| StackResult::of("s", &run, shard))).unwrap();
        prop_assert_eq!(merged, whole);
    }

    #[test]
    fn a_result_is_clean_only_where_every_resource_is(run in any_run(), reports in prop::collection::vec(any_report(), 0..5)) {
        let result = StackResult::of("s", &run, &reports);
        let clean = run.status == RunStatus::Completed
            && !reports.is_empty()
            && reports.iter().all(|report| report.verdict == Verdict::InSync && !report.partial);
        prop_assert_eq!(result.result.is_clean(), clean);
        let severity = reports.iter().flat_map(|report| &report.findings).map(|finding| finding.risk).max();
        prop_assert_eq!(result.severity, severity);
    }
}
