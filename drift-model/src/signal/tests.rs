use serde_json::{Value, json};

use super::*;
use crate::facts::{ActorKind, ChangeRecordState, Fact, Facts, IncidentState, Violation};
use crate::observation::Observation;
use crate::taxonomy::Risk;

fn at(clock: &str) -> Timestamp {
    format!("2026-07-03T{clock}Z").parse().unwrap()
}

/// A Deployment whose replicas and image were changed, seen at 10:22:31.
fn deployment() -> Observation {
    let document = |replicas: u64, image: &str| json!({"metadata": {"labels": {"app": "web"}}, "spec": {"replicas": replicas, "containers": [{"name": "app", "image": image}]}});
    serde_json::from_value(json!({
        "id": "o", "observedAt": "2026-07-03T10:22:31Z", "unit": "web-prod",
        "resource": {"system": "KUBERNETES", "group": "apps", "version": "v1", "kind": "Deployment", "namespace": "prod", "name": "web"},
        "planes": {"desired": {"status": "PRESENT", "document": document(2, "web:1")}, "actual": {"status": "PRESENT", "document": document(5, "web:2")}}
    }))
    .unwrap()
}

fn security_group() -> Observation {
    let document = |cidr: &str| json!({"id": "sg-04d018d184a18f647", "arn": "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-04d018d184a18f647", "vpc_id": "vpc-1", "cidr": cidr});
    serde_json::from_value(json!({
        "id": "o", "observedAt": "2026-07-03T10:22:31Z",
        "resource": {"system": "OPENTOFU", "type": "aws_security_group", "address": "aws_security_group.web"},
        "planes": {"desired": {"status": "PRESENT", "document": {"cidr": "10.0.0.0/8"}}, "recorded": {"status": "PRESENT", "document": document("10.0.0.0/8")},
                   "actual": {"status": "PRESENT", "document": document("0.0.0.0/0")}}
    }))
    .unwrap()
}

fn event(id: &str, kind: Option<ActorKind>, who: &str, clock: &str) -> AuditEvent {
    let mut event = AuditEvent::new("kubernetes-audit", id);
    event.at = Some(at(clock));
    event.actor = AuditActor { kind, id: Some(who.into()), ..AuditActor::default() };
    event.verb = "patch".into();
    (event.mutating, event.succeeded) = (Some(true), Some(true));
    event.target = Some(Target::of(deployment().resource));
    event
}

fn by(who: &str) -> AuditEvent {
    event("a-1", Some(ActorKind::Human), who, "10:11:02")
}

fn call(name: &str, key: &str, kinds: &[&str]) -> AuditEvent {
    let mut event = event("c-1", Some(ActorKind::BreakGlass), "oncall", "10:11:02");
    event.log = "cloudtrail".into();
    event.verb = name.into();
    let mut target = Target::of(ResourceRef::aws("", key));
    target.keys = vec![key.into()];
    target.kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    target.account = Some("111122223333".into());
    event.target = Some(target);
    event
}

fn facts(observation: &Observation, signals: &[Signal]) -> Facts {
    correlate(observation, signals, &Windows::default())
}

fn who(observation: &Observation, signals: &[Signal]) -> String {
    match facts(observation, signals).actors {
        Fact::Unknown => "unknown".into(),
        Fact::Known(actors) => {
            actors.iter().map(|actor| format!("{} {}", actor.kind, actor.id)).collect::<Vec<_>>().join(", ")
        }
        Fact::Stale { .. } => "stale".into(),
    }
}

fn whole_log(log: &str) -> Signal {
    let coverage = RegisterCoverage::of_log(log, at("00:00:00").minus("2d".parse().unwrap()).unwrap(), at("11:00:00"));
    Signal::timeless(Scope::everything(), Report::Coverage(coverage))
}

#[test]
fn all_candidates_are_listed_once_and_in_order_and_none_is_picked() {
    let mut pipeline = event("a-2", Some(ActorKind::Pipeline), "argocd", "10:12:00");
    pipeline.actor.via = Some("admin".into());
    let again = event("a-3", Some(ActorKind::Human), "ana", "10:15:00");
    let mut signals: Vec<Signal> = [pipeline, by("ana"), again].map(Signal::from).into();
    assert_eq!(who(&deployment(), &signals), "HUMAN ana, PIPELINE argocd");
    let found = facts(&deployment(), &signals).actors;
    assert_eq!(found.known().unwrap()[0].at, Some(at("10:15:00")));
    assert_eq!(found.known().unwrap()[0].source, "kubernetes-audit");
    signals.reverse();
    assert_eq!(facts(&deployment(), &signals).actors, found);
    let evidence = candidates(&deployment(), &signals, &Windows::default());
    assert_eq!(
        evidence.iter().map(|found| found.evidence.as_deref().unwrap()).collect::<Vec<_>>(),
        ["kubernetes-audit://a-1", "kubernetes-audit://a-2", "kubernetes-audit://a-3"]
    );
}

#[test]
fn what_only_read_failed_or_was_tried_out_is_no_cause() {
    for change in [
        (|event| event.mutating = Some(false)) as fn(&mut AuditEvent),
        |event| event.succeeded = Some(false),
        |event| event.dry_run = true,
    ] {
        let mut event = by("ana");
        change(&mut event);
        assert_eq!(who(&deployment(), &[event.into()]), "unknown");
    }
    // What is not known not to have changed anything may have.
    let mut event = by("ana");
    (event.mutating, event.succeeded, event.at) = (None, None, None);
    assert_eq!(who(&deployment(), &[event.into()]), "HUMAN ana");
}

#[test]
fn law_3_a_candidate_of_unknown_kind_makes_the_fact_unknown() {
    let role = event("a-2", None, "some-role", "10:12:00");
    let signals = [Signal::from(by("ana")), role.into(), whole_log("kubernetes-audit")];
    assert_eq!(who(&deployment(), &signals), "unknown");
    assert_eq!(candidates(&deployment(), &signals, &Windows::default()).len(), 2);
}

#[test]
fn a_cause_lies_between_the_last_known_good_and_the_observation() {
    let synced = |clock| Signal::new(at(clock), Scope::unit("web-prod"), Report::Sync(crate::SyncStatus::Synced));
    for (signals, expected) in [
        (vec![by("ana").into()], "HUMAN ana"),
        (vec![by("ana").into(), synced("10:12:00")], "unknown"),
        (vec![by("ana").into(), synced("10:11:00")], "HUMAN ana"),
        // Seen in sync after the observation says nothing about before.
        (vec![by("ana").into(), synced("10:30:00")], "HUMAN ana"),
        (vec![event("a", Some(ActorKind::Human), "ana", "10:22:36").into()], "HUMAN ana"),
        (vec![event("a", Some(ActorKind::Human), "ana", "10:22:37").into()], "unknown"),
    ] {
        let signals: Vec<Signal> = signals;
        assert_eq!(who(&deployment(), &signals), expected, "{signals:?}");
    }
    let mut yesterday = by("ana");
    yesterday.at = Some(at("10:22:31").minus("25h".parse().unwrap()).unwrap());
    assert_eq!(who(&deployment(), &[yesterday.into()]), "unknown");
    let mut timeless = deployment();
    timeless.observed_at = None;
    assert_eq!(facts(&timeless, &[by("ana").into(), whole_log("kubernetes-audit")]).actors, Fact::Unknown);
}

#[test]
fn unattributed_needs_a_log_that_is_asserted_to_cover_the_window() {
    let partial = |change: fn(&mut RegisterCoverage)| {
        let mut signal = whole_log("kubernetes-audit");
        if let Report::Coverage(coverage) = &mut signal.report {
            change(coverage);
        }
        signal
    };
    for (signal, expected, coverage) in [
        (whole_log("kubernetes-audit"), "UNATTRIBUTED ", Some(LogCoverage::Complete)),
        (whole_log("cloudtrail"), "unknown", None),
        (partial(|coverage| coverage.coverage = LogCoverage::Partial), "unknown", Some(LogCoverage::Partial)),
        (partial(|coverage| coverage.from = Some(at("10:00:00"))), "unknown", Some(LogCoverage::Partial)),
        // Read five minutes after the observation, when events may still have been on their way.
        (partial(|coverage| coverage.read_at = Some(at("10:27:31"))), "unknown", Some(LogCoverage::Partial)),
    ] {
        let signals = [signal];
        assert_eq!(who(&deployment(), &signals), expected);
        assert_eq!(facts(&deployment(), &signals).log_coverage.known().copied(), coverage);
    }
    assert_eq!(who(&deployment(), &[]), "unknown");
    // An event that does not tell what it is about may be about this.
    let mut unplaced = by("ana");
    unplaced.target = None;
    assert_eq!(who(&deployment(), &[whole_log("kubernetes-audit"), unplaced.into()]), "unknown");
}

#[test]
fn paths_that_do_not_differ_are_no_cause() {
    for (fields, expected) in [
        (&["/spec/replicas"][..], "HUMAN ana"),
        (&["/metadata/labels/app"], "unknown"),
        (&["/metadata/labels/app", "/spec/containers"], "HUMAN ana"),
        (&["/spec/containers/*/image"], "HUMAN ana"),
        (&["/status"], "unknown"),
        (&[], "unknown"),
        (&[""], "HUMAN ana"),
    ] {
        let mut event = by("ana");
        event.fields = Some(fields.iter().map(|field| field.parse().unwrap()).collect());
        assert_eq!(who(&deployment(), &[event.into()]), expected, "{fields:?}");
    }
    // Of an object that is gone nobody knows which write it was.
    let mut gone = deployment();
    gone.planes.actual = crate::PlaneState::new(crate::Observed::Absent);
    let mut event = by("ana");
    event.fields = Some(vec!["/metadata/labels/app".parse().unwrap()]);
    assert_eq!(who(&gone, &[event.into()]), "HUMAN ana");
}

#[test]
fn kubernetes_objects_are_joined_by_group_kind_namespace_and_name() {
    for (change, expected) in [
        ((|_| {}) as fn(&mut Target), true),
        (|target| target.resource.version = "v1beta1".into(), true),
        (|target| target.resource.group = "extensions".into(), true),
        (|target| target.resource.group = "example.com".into(), false),
        (|target| target.resource.namespace = "dev".into(), false),
        (|target| target.resource.name = "web2".into(), false),
        (|target| target.resource.kind = "StatefulSet".into(), false),
        // A kind that is not known is joined by its plural.
        (|target| (target.resource.kind, target.plural) = (String::new(), "deployments".into()), true),
        (|target| (target.resource.kind, target.plural) = (String::new(), "daemonsets".into()), false),
        (|target| (target.resource.name, target.collection) = (String::new(), true), true),
        (|target| target.resource.name = String::new(), false),
    ] {
        let mut event = by("ana");
        change(event.target.as_mut().unwrap());
        assert_eq!(who(&deployment(), &[event.clone().into()]) != "unknown", expected, "{:?}", event.target);
    }
}

#[test]
fn cloud_resources_are_joined_by_what_stands_in_the_document() {
    let group = &["AWS::EC2::SecurityGroup*", "aws_security_group*"][..];
    for (event, expected) in [
        (call("AuthorizeSecurityGroupIngress", "sg-04d018d184a18f647", group), true),
        (call("AuthorizeSecurityGroupIngress", "sg-00000000000000000", group), false),
        // The group is in this VPC, and is not it.
        (call("ModifyVpcAttribute", "vpc-1", &["aws_vpc"]), false),
        (call("TagResource", "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-04d018d184a18f647", &[]), true),
        // A name, and nobody knows of what.
        (call("TagResource", "10.0.0.0/8", &[]), false),
    ] {
        assert_eq!(who(&security_group(), &[event.clone().into()]) != "unknown", expected, "{event:?}");
    }
    let mut elsewhere = call("AuthorizeSecurityGroupIngress", "sg-04d018d184a18f647", group);
    elsewhere.target.as_mut().unwrap().account = Some("999999999999".into());
    assert_eq!(who(&security_group(), &[elsewhere.into()]), "unknown");
    // A log of another system names nobody here.
    assert_eq!(who(&security_group(), &[by("ana").into(), whole_log("kubernetes-audit")]), "unknown");
}

#[test]
fn no_incident_and_no_change_record_need_somebody_who_says_so() {
    let all = |register| Signal::timeless(Scope::everything(), Report::Coverage(RegisterCoverage::complete(register)));
    let known = facts(&deployment(), &[all(Register::Incidents), all(Register::ChangeRecords)]);
    assert_eq!(known.incident.known().unwrap().state, IncidentState::None);
    assert_eq!(known.change_record.known().unwrap().state, ChangeRecordState::None);
    let unknown = facts(&deployment(), &[]);
    assert!(unknown.incident.is_unknown() && unknown.change_record.is_unknown());
    // A record of which nobody knows when it was is neither a match nor none.
    let mut record = ChangeNotice::merged("PR-1", at("10:00:00"));
    record.from = None;
    let signals = [Signal::timeless(Scope::unit("web-prod"), Report::Change(record)), all(Register::ChangeRecords)];
    assert!(facts(&deployment(), &signals).change_record.is_unknown());
}

#[test]
fn incidents_and_change_records_match_by_scope_and_window() {
    let incident = |scope, opened, closed: Option<&str>| {
        let notice = IncidentNotice { id: "INC-1".into(), opened: Some(at(opened)), closed: closed.map(at) };
        Signal::timeless(scope, Report::Incident(notice))
    };
    let state = |signal| facts(&deployment(), &[signal]).incident.known().map(|incident| incident.state);
    let ours = || Scope::unit("web-prod");
    assert_eq!(state(incident(ours(), "09:58:00", None)), Some(IncidentState::Open));
    assert_eq!(state(incident(ours(), "09:58:00", Some("10:30:00"))), Some(IncidentState::Open));
    assert_eq!(state(incident(ours(), "09:58:00", Some("10:05:00"))), Some(IncidentState::Closed));
    assert_eq!(state(incident(Scope::unit("other"), "09:58:00", None)), None);
    assert_eq!(state(incident(ours(), "10:30:00", None)), None);

    let record = |scope, clock: &str, fields: &[&str]| {
        let mut notice = ChangeNotice::merged("PR-7", at(clock));
        notice.fields = fields.iter().map(|field| field.parse().unwrap()).collect();
        Signal::timeless(scope, Report::Change(notice))
    };
    let state = |signal| facts(&deployment(), &[signal]).change_record.known().map(|record| record.state);
    let resource = || Scope::of(["Deployment/prod/web".parse().unwrap()]);
    assert_eq!(state(record(resource(), "10:10:00", &[])), Some(ChangeRecordState::Matched));
    assert_eq!(state(record(resource(), "10:10:00", &["/spec/replicas"])), Some(ChangeRecordState::Matched));
    assert_eq!(state(record(resource(), "10:10:00", &["/metadata/labels/app"])), Some(ChangeRecordState::Unmatched));
    assert_eq!(state(record(Scope::of(["Deployment/prod/api".parse().unwrap()]), "10:10:00", &[])), None);
    assert_eq!(state(record(resource(), "10:23:00", &[])), None);
}

#[test]
fn the_latest_status_counts_goes_stale_and_a_contradiction_is_unknown() {
    let sync = |clock, status| Signal::new(at(clock), Scope::unit("web-prod"), Report::Sync(status));
    let read = |signals: &[Signal]| facts(&deployment(), signals).sync;
    let (synced, out) = (crate::SyncStatus::Synced, crate::SyncStatus::OutOfSync);
    assert_eq!(read(&[sync("10:20:00", out), sync("10:10:00", synced)]), Fact::Known(out));
    assert_eq!(read(&[sync("08:00:00", out)]), Fact::Stale { value: out, since: at("08:00:00") });
    assert_eq!(read(&[sync("10:20:00", out), sync("10:20:00", synced)]), Fact::Unknown);
    let probe = Signal::new(at("10:20:00"), Scope::everything(), Report::Probe(ProbeResult::Failed));
    let healthy = Signal::new(at("10:21:00"), Scope::everything(), Report::Health(HealthStatus::Healthy));
    assert_eq!(facts(&deployment(), &[healthy, probe]).health, Fact::Known(HealthStatus::Degraded));
}

#[test]
fn law_9_the_order_of_signals_never_matters() {
    let signals: Vec<Signal> = vec![
        by("ana").into(),
        event("a-2", Some(ActorKind::Pipeline), "argocd", "10:12:00").into(),
        Signal::new(at("10:20:00"), Scope::everything(), Report::Sync(crate::SyncStatus::OutOfSync)),
        Signal::timeless(Scope::unit("web-prod"), Report::Incident(IncidentNotice::open("INC-1", at("10:00:00")))),
        Signal::timeless(Scope::unit("web-prod"), Report::Incident(IncidentNotice::open("INC-2", at("10:00:00")))),
        whole_log("kubernetes-audit"),
    ];
    let shown = |facts: &Facts| serde_json::to_value(facts).unwrap();
    let once: Value = shown(&facts(&deployment(), &signals));
    for turn in 1..signals.len() {
        let mut turned = signals.clone();
        turned.rotate_left(turn);
        assert_eq!(shown(&facts(&deployment(), &turned)), once);
    }
}

#[test]
fn law_9_signals_that_have_all_but_their_particulars_in_common_have_an_order_too() {
    let nameless = |kind, who: &str| {
        let mut event = event("", Some(kind), who, "10:12:00");
        event.at = None;
        Signal::from(event)
    };
    let change = |accepts_runtime| {
        let notice = ChangeNotice { accepts_runtime, ..ChangeNotice::merged("42", at("10:00:00")) };
        Signal::timeless(Scope::everything(), Report::Change(notice))
    };
    let violations = |severities: [Risk; 2]| {
        let listed = severities.map(|severity| Violation { policy: "p".into(), since: None, severity: Some(severity) });
        Signal::new(at("10:20:00"), Scope::everything(), Report::Violations(listed.to_vec()))
    };
    let mut signals = vec![
        nameless(ActorKind::Pipeline, "argocd"),
        nameless(ActorKind::Human, "ana"),
        nameless(ActorKind::Pipeline, "argocd"),
        change(Some(true)),
        change(Some(false)),
        violations([Risk::Low, Risk::High]),
        violations([Risk::High, Risk::Low]),
    ];
    let read =
        |signals: &[Signal]| (facts(&deployment(), signals), candidates(&deployment(), signals, &Windows::default()));
    let (told, named) = read(&signals);
    assert_eq!(named.iter().filter_map(|found| found.event.actor.id.as_deref()).collect::<Vec<_>>(), ["ana", "argocd"]);
    assert_eq!(told.change_record.known().unwrap().accepts_runtime, Some(false));
    assert_eq!(told.violations.known().map(Vec::len), Some(2));
    signals.reverse();
    assert_eq!(read(&signals), (told, named));
}
