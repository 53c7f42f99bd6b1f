//! One incident, told to its end: what the tests of this crate share.

use drift_model::{
    Action, AssessmentReport, Change, ChangeKind, Digest, DriftClass, Existence, Finding, Method, Relation, Risk,
    Timestamp, UnknownReason, Verdict,
};

use crate::{Artifact, ArtifactKind, Chain, Event, Outcome, Record, Verification};

/// So many minutes after detection.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix_seconds(minutes.saturating_mul(60).saturating_add(1_783_074_151)).unwrap()
}

pub(crate) fn finding() -> Finding {
    serde_json::from_str(include_str!("../tests/data/finding.json")).unwrap()
}

/// A later assessment of the resource of the finding, with changes of these dispositions at these paths.
pub(crate) fn report(changes: &[(&str, &str)]) -> AssessmentReport {
    let resource = finding().resource_ref.parse().unwrap();
    let mut report =
        AssessmentReport::new("obs-9", resource, Verdict::InSync, Existence::Managed, Digest::of(b"policy"));
    report.changes = changes
        .iter()
        .map(|(path, disposition)| {
            Change::new(path.parse().unwrap(), ChangeKind::Changed, Relation::Differs, disposition.parse().unwrap())
        })
        .collect();
    report
}

/// The same drift as it is later: a port more, and a class that takes note of it.
pub(crate) fn wider() -> Finding {
    let mut wider = finding();
    wider.finding_id = "drift-20260703-000185".to_owned();
    wider.detected_at = Some(at(8));
    wider.fingerprint = Digest::of(b"wider");
    let added = "/ingress/[from=8443]".parse().unwrap();
    wider.changes.push(Change::new(
        added,
        ChangeKind::Added,
        Relation::RuntimeChanged,
        drift_model::Disposition::Drift,
    ));
    wider
}

/// Every kind of event, in an order in which they can happen.
pub(crate) fn story() -> Vec<(Event, Timestamp)> {
    let record = || finding().finding_id;
    vec![
        (Event::detected(finding()), at(0)),
        (
            Event::Classified {
                record: record(),
                class: DriftClass::EmergencyDrift,
                risk: Risk::High,
                rule: "open-incident".to_owned(),
                policy_digest: Digest::of(b"policy"),
            },
            at(3),
        ),
        (
            Event::Routed {
                record: record(),
                route: "critical".to_owned(),
                notified: vec!["security-oncall".to_owned(), "platform-network".to_owned()],
            },
            at(4),
        ),
        (
            Event::DetectorFailed {
                resource: "ConfigMap/prod/app".parse().unwrap(),
                unit: Some("shop-prod".to_owned()),
                method: Some(Method::GitopsDiff),
                reason: UnknownReason::Failed,
                detail: None,
            },
            at(5),
        ),
        (Event::Persisted { record: record(), observed_at: at(10) }, at(10)),
        (
            Event::Approved {
                record: record(),
                action: Action::RuntimeRevert,
                by: "security-oncall".to_owned(),
                reference: Some("INC-9127".to_owned()),
            },
            at(12),
        ),
        (
            Event::Acted {
                record: record(),
                action: Action::RuntimeRevert,
                by: "pipeline/42".to_owned(),
                outcome: Outcome::Succeeded,
                reference: None,
            },
            at(13),
        ),
        (Event::Recovered { dropped: 17, digest: Digest::of(b"{\"at\":\"2026-07-03") }, at(14)),
        (Event::Verified { record: record(), verification: Verification::of(&report(&[]), at(20)) }, at(20)),
        (Event::Closed { record: record(), because: Some("reverted".to_owned()) }, at(21)),
        (Event::reopened(record(), finding()), at(60)),
        (Event::updated(record(), wider()), at(61)),
        (
            Event::ArtifactKept {
                record: record(),
                artifact: Artifact::new(
                    ArtifactKind::VerificationResult,
                    "application/json",
                    "s3://evidence/obs-9.json",
                )
                .unwrap()
                .of(Digest::of(b"{}")),
            },
            at(62),
        ),
    ]
}

/// The case after the first `count` of its events.
pub(crate) fn record(count: usize) -> Record {
    let finding = finding();
    let mut story = story().into_iter().filter(|(event, _)| event.record() == Some(&finding.finding_id)).take(count);
    let mut record = Record::open(&finding, story.next().unwrap().1);
    for (event, at) in story {
        record.apply(&event, at).unwrap();
    }
    record
}

/// The story as a ledger.
pub(crate) fn ledger(chain: &str) -> String {
    let mut chain = Chain::start(chain.parse().unwrap());
    story().iter().map(|(event, at)| chain.append(event, *at).unwrap().stored().to_owned()).collect()
}
