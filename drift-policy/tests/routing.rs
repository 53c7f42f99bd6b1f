//! Who hears of what: the routes of the seeds, the shipped ones, and what missing facts do to them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "numbers and lists of tests are small")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` makes values to give away")]

use drift_model::{Digest, DriftClass, Facts, Finding, Risk};
use drift_policy::{Authored, Diagnostics, Policy, Routed, Tree};
use proptest::prelude::*;
use serde_json::{Value, json};

fn routing(routes: Value) -> Authored {
    let content = json!({"apiVersion": "platform.example.com/v1", "kind": "AlertRouting",
                         "metadata": {"name": "routes"}, "spec": {"routes": routes}});
    Authored::new("routes.yaml", content.into())
}

fn policy(routes: Value) -> Policy {
    let (policy, warnings) = Policy::read(vec![routing(routes)]).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(warnings, Diagnostics::default());
    policy
}

fn said(routes: Value) -> String {
    match Policy::read(vec![routing(routes)]) {
        Ok((_, warnings)) => warnings.to_string(),
        Err(problems) => problems.to_string(),
    }
}

fn finding(class: DriftClass, risk: Risk, domain: &str, environment: Option<&str>) -> Finding {
    let prints = (Digest::of(b"finding"), Digest::of(b"cause"));
    let mut finding = Finding::new("drift-1".into(), "Deployment/prod/web".into(), (class, risk), prints);
    domain.clone_into(&mut finding.domain);
    finding.environment = environment.map(str::to_owned);
    finding.owner = Some("checkout".into());
    finding
}

/// The example of seeds S0.19, letter by letter.
fn of_the_seeds() -> Vec<Value> {
    vec![
        json!({"match": {"driftClass": "UNAUTHORIZED_RUNTIME_DRIFT", "domain": "iam", "environment": "prod",
                         "severity": "critical"},
               "notify": ["security-oncall", "platform-identity-oncall"], "createIncident": true}),
        json!({"match": {"driftClass": "CONTROLLER_OWNED_DRIFT", "severity": "info"}, "notify": [],
               "createIncident": false}),
        json!({"match": {"driftClass": "PROVIDER_READ_NOISE", "severity": "low"}, "notify": ["iac-platform-team"],
               "createIssue": true}),
    ]
}

fn with_default() -> Value {
    let mut routes = of_the_seeds();
    routes.push(json!({"match": {}, "notify": ["platform-oncall"]}));
    routes.into()
}

#[test]
fn s0_19_the_routes_of_the_seeds_are_read_as_they_stand_and_lack_a_default_alone() {
    let expected = "error[missing-default-route] routes /spec/routes: the last route does not take everything, so that \
                    somebody's finding may be heard by nobody\n  \
                    help: end with a default route: `{match: {}, notify: […]}`";
    assert_eq!(said(of_the_seeds().into()), expected);
    let policy = policy(with_default());
    assert_eq!(policy.routes().rules().len(), 4);
    let first = &policy.routes().rules()[0].outcome;
    assert_eq!(first.notify, ["security-oncall", "platform-identity-oncall"]);
    assert!(first.create_incident && !first.create_issue);
}

#[test]
fn s0_19_each_route_of_the_seeds_takes_what_it_names() {
    let policy = policy(with_default());
    let told = |finding: &Finding| {
        let Routed { notify, create_incident, create_issue, rule, .. } = policy.route(finding);
        (notify, create_incident, create_issue, rule)
    };
    let unauthorized = DriftClass::UnauthorizedRuntimeDrift;
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        told(&finding(unauthorized, Risk::Critical, "iam", Some("prod"))),
        (names(&["security-oncall", "platform-identity-oncall"]), true, false, "routes/0".into())
    );
    assert_eq!(
        told(&finding(DriftClass::ControllerOwnedDrift, Risk::Info, "runtime", Some("prod"))),
        (vec![], false, false, "routes/1".into())
    );
    assert_eq!(
        told(&finding(DriftClass::ProviderReadNoise, Risk::Low, "storage", None)),
        (names(&["iac-platform-team"]), false, true, "routes/2".into())
    );
    for other in [
        finding(unauthorized, Risk::High, "iam", Some("prod")),
        finding(unauthorized, Risk::Critical, "iam", Some("dev")),
        finding(unauthorized, Risk::Critical, "dns", Some("prod")),
    ] {
        assert_eq!(told(&other), (names(&["platform-oncall"]), false, false, "routes/3".into()));
    }
}

#[test]
fn a_route_says_why_and_why_the_earlier_ones_did_not() {
    let routed = policy(with_default()).route(&finding(DriftClass::PolicyDrift, Risk::Low, "policy", None));
    let expected = json!({
        "notify": ["platform-oncall"], "createIncident": false, "createIssue": false, "rule": "routes/3",
        "refused": [{"rule": "routes/0", "column": "driftClass"}, {"rule": "routes/1", "column": "driftClass"},
                    {"rule": "routes/2", "column": "driftClass"}],
    });
    assert_eq!(serde_json::to_value(routed).unwrap(), expected);
}

#[test]
fn law_3_a_route_that_waits_for_a_fact_is_heard_as_well() {
    // Nobody knows whether it is in production: those who would hear of it there hear of it.
    let unsure = finding(DriftClass::UnauthorizedRuntimeDrift, Risk::Critical, "iam", None);
    let routed = policy(with_default()).route(&unsure);
    let expected = json!({
        "notify": ["security-oncall", "platform-identity-oncall", "platform-oncall"], "createIncident": true,
        "createIssue": false, "rule": "routes/3", "besides": ["routes/0"], "missing": ["environment"],
        "refused": [{"rule": "routes/1", "column": "driftClass"}, {"rule": "routes/2", "column": "driftClass"}],
    });
    assert_eq!(serde_json::to_value(routed).unwrap(), expected);
}

#[test]
fn facts_beside_the_finding_decide_where_the_finding_does_not_say() {
    let routes = json!([
        {"match": {"dataClassification": "restricted", "incident": "NONE"}, "notify": ["privacy-oncall"]},
        {"match": {"complianceScope": "pci*", "customerTier": "*"}, "notify": ["audit"]},
        {"match": {"kind": "Deployment", "namespace": "prod*"}, "notify": ["$owner"]},
        {"match": {}, "notify": ["platform-oncall"]},
    ]);
    let policy = policy(routes);
    let drift = finding(DriftClass::StateDrift, Risk::Low, "state", None);
    let told = |facts: Value| policy.route_knowing(&drift, &serde_json::from_value(facts).unwrap()).notify;
    let known = json!({"dataClassification": "restricted", "incident": "NONE"});
    assert_eq!(told(known), ["privacy-oncall"]);
    let known = json!({"dataClassification": "public", "complianceScope": ["pci-dss"], "customerTier": "gold"});
    assert_eq!(told(known), ["audit"]);
    assert_eq!(told(json!({"dataClassification": "public", "complianceScope": []})), ["checkout"]);
    assert_eq!(policy.route(&drift).notify, ["privacy-oncall", "audit", "checkout"]);
}

#[test]
fn a_finding_without_an_owner_is_heard_under_a_name_to_look_for() {
    let policy = policy(json!([{"match": {}, "notify": ["$owner", "checkout"]}]));
    let mut drift = finding(DriftClass::StateDrift, Risk::Low, "state", None);
    assert_eq!(policy.route(&drift).notify, ["checkout"], "each once");
    drift.owner = None;
    assert_eq!(policy.route(&drift).notify, ["unowned", "checkout"]);
}

#[test]
fn a_resource_that_cannot_be_read_is_refused_by_no_kind() {
    let policy = policy(json!([
        {"match": {"kind": "AWS::IAM::Role"}, "notify": ["identity"]},
        {"match": {}, "notify": ["platform-oncall"]},
    ]));
    let mut drift = finding(DriftClass::StateDrift, Risk::Low, "state", None);
    for (text, expected) in [
        ("AWS::IAM::Role/deploy", &["identity"][..]),
        ("AWS::S3::Bucket/logs", &["platform-oncall"]),
        ("aws_iam_role.deploy", &["platform-oncall"]),
        ("something that nobody can read", &["identity", "platform-oncall"]),
    ] {
        text.clone_into(&mut drift.resource_ref);
        assert_eq!(policy.route(&drift).notify, expected, "{text}");
    }
}

#[test]
fn everything_that_is_wrong_with_routes_is_said_at_once() {
    let routes = json!([
        {"match": {"class": "EMERGENCY_DRIFT", "enviroment": "prod", "path": "/spec"}, "notify": ["a"]},
        {"match": {"driftClass": "EMERGENCY_DRFT", "severity": "CRITICAL", "domain": "iamm"}, "notify": "a"},
        {"match": {"driftClass": ["EMERGENCY_DRIFT"], "incident": "OPN", "owner": "[a"}, "notify": ["$team", ""]},
        {"match": {"environment": "prod"}, "createIncident": "yes", "notfy": []},
        {"notify": []},
    ]);
    let expected = "\
error[unknown-field] routes /spec/routes/0/match/class: unknown key `class`
  help: did you mean `driftClass`?
error[unknown-field] routes /spec/routes/0/match/enviroment: unknown key `enviroment`
  help: did you mean `environment`?
error[unknown-field] routes /spec/routes/0/match/path: unknown key `path`
  help: a route may ask for `driftClass`, `severity`, `domain`, `relation`, `kind`, `namespace`, `name`, `environment`, \
`tier`, `riskTier`, `serviceCriticality`, `dataClassification`, `customerTier`, `owner`, `complianceScope`, `actor`, \
`incident`, `changeRecord`, `freeze`
error[unknown-word] routes /spec/routes/1/match/domain: unknown label `iamm`
  help: did you mean `iam`?
error[unknown-word] routes /spec/routes/1/match/driftClass: unknown drift class `EMERGENCY_DRFT`
  help: did you mean `EMERGENCY_DRIFT`?
error[unknown-word] routes /spec/routes/1/match/severity: unknown severity `CRITICAL`
  help: did you mean `critical`?
error[wrong-type] routes /spec/routes/1/notify: expected a list, found text
  help: write it as a list of one: `[…]`
error[wrong-type] routes /spec/routes/2/match/driftClass: expected text, found a list
  help: write one text
error[unknown-value] routes /spec/routes/2/match/incident: unknown incident `OPN`; did you mean `OPEN`?
  help: use a word of this column
error[bad-glob] routes /spec/routes/2/match/owner: bad glob `[a`: unclosed character class; missing ']'
  help: `*`, `?`, `[ab]` and `{a,b}` have a meaning; escape with `\\`
error[unknown-target] routes /spec/routes/2/notify/0: unknown target `$team`
  help: `$owner` is the finding's owner; anybody else is named
error[empty-text] routes /spec/routes/2/notify/1: the text is empty
  help: write something here that a reader can use
error[unknown-field] routes /spec/routes/3/notfy: unknown field `notfy`
  help: did you mean `notify`? the fields here are `id`, `match`, `notify`, `createIncident`, `createIssue`, `because`
error[missing-field] routes /spec/routes/3: the field `notify` is missing
  help: add `notify`
error[wrong-type] routes /spec/routes/3/createIncident: expected true or false, found text
  help: write `true` or `false`, without quotes
error[missing-field] routes /spec/routes/4: the field `match` is missing
  help: add `match`";
    assert_eq!(sorted(&said(routes)), sorted(expected));
}

/// Members of `json!` are in no order that a feature of another crate could not change.
fn sorted(text: &str) -> Vec<String> {
    let mut problems: Vec<String> = text.replace("\n  help", "\t  help").lines().map(str::to_owned).collect();
    problems.sort();
    problems
}

#[test]
fn a_route_behind_one_that_takes_everything_is_noticed() {
    let routes = json!([{"id": "all", "match": {}, "notify": ["a"]}, {"match": {}, "notify": ["b"]}]);
    assert_eq!(
        said(routes),
        "warning[unreachable-rule] routes /spec/routes/1: `routes/1` decides nothing: `all` comes first\n  \
         help: move it up, narrow the earlier rules, or remove it"
    );
}

#[test]
fn law_5_the_shipped_routes_are_total_and_each_says_why() {
    let shipped = Policy::shipped();
    let rules = shipped.routes().rules();
    assert!(rules.iter().all(|rule| !rule.because.is_empty() && !rule.id.starts_with("routes/")));
    assert!(rules.last().is_some_and(|rule| rule.when.columns().is_empty()));
    for class in DriftClass::ALL {
        for risk in Risk::ALL {
            for domain in ["iam", "dns", "secret", "database", "policy", "workload", "capacity", "nobody-knows-it"] {
                let routed = shipped.route(&finding(*class, *risk, domain, None));
                let quiet = matches!(class, DriftClass::ControllerOwnedDrift | DriftClass::PendingChange);
                assert_eq!(routed.notify.is_empty(), quiet, "{class} {risk} {domain}: {routed:?}");
            }
        }
    }
}

#[test]
fn routes_are_part_of_the_policy() {
    let one = policy(json!([{"match": {}, "notify": ["a"]}]));
    let other = policy(json!([{"match": {}, "notify": ["b"]}]));
    assert!(one.digest() != other.digest() && one.digest() != Policy::shipped().digest());
}

fn facts() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let text = |key: &'static str| proptest::sample::select(vec!["a", "b"]).prop_map(move |value| (key, json!(value)));
    let incident = proptest::sample::select(vec!["OPEN", "NONE"]).prop_map(|state| ("incident", json!(state)));
    let fact = prop_oneof![text("environment"), text("tier"), text("owner"), text("customerTier"), incident];
    proptest::collection::vec(fact, 0..6)
}

fn routes() -> impl Strategy<Value = Vec<Value>> {
    let route = (facts(), proptest::collection::vec("[a-e]", 0..3), any::<bool>(), any::<bool>()).prop_map(
        |(asked, notify, incident, issue)| {
            let asked: serde_json::Map<String, Value> =
                asked.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            json!({"match": asked, "notify": notify, "createIncident": incident, "createIssue": issue})
        },
    );
    proptest::collection::vec(route, 0..5)
}

/// The rules of routing, told again over the written routes: the first that certainly holds, and what waits before it.
fn naively(routes: &[Value], facts: &Value) -> (Vec<String>, bool, bool) {
    let (mut notify, mut incident, mut issue) = (Vec::new(), false, false);
    for route in routes {
        let asked = route["match"].as_object().unwrap();
        if asked.iter().any(|(key, value)| facts.get(key).is_some_and(|known| known != value)) {
            continue;
        }
        for name in route["notify"].as_array().unwrap() {
            let name = name.as_str().unwrap().to_owned();
            if !notify.contains(&name) {
                notify.push(name);
            }
        }
        incident |= route["createIncident"] == true;
        issue |= route["createIssue"] == true;
        if asked.keys().all(|key| facts.get(key).is_some()) {
            break;
        }
    }
    (notify, incident, issue)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn routing_is_what_a_plain_retelling_says_and_forgetting_makes_nothing_quieter(
        mut routes in routes(),
        facts in facts(),
        forget in any::<proptest::sample::Index>(),
    ) {
        routes.push(json!({"match": {}, "notify": ["z"], "createIncident": false, "createIssue": false}));
        let content = json!({"apiVersion": "d.e/v1", "kind": "AlertRouting", "metadata": {"name": "r"},
                             "spec": {"routes": routes}});
        let (policy, _) = Policy::read(vec![Authored::new("r", content.into())]).unwrap();
        let mut known: serde_json::Map<String, Value> =
            facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let mut drift = finding(DriftClass::StateDrift, Risk::Low, "state", None);
        drift.owner = None;
        let told = |known: &serde_json::Map<String, Value>| {
            let facts: Facts = serde_json::from_value(known.clone().into()).unwrap();
            let routed = policy.route_knowing(&drift, &facts);
            (routed.notify, routed.create_incident, routed.create_issue)
        };
        let before = told(&known);
        prop_assert_eq!(&before, &naively(&routes, &known.clone().into()));
        let keys: Vec<String> = known.keys().cloned().collect();
        if !keys.is_empty() {
            known.remove(forget.get(&keys));
            let after = told(&known);
            prop_assert!(before.0.iter().all(|name| after.0.contains(name)), "{before:?} {after:?}");
            prop_assert!(after.1 >= before.1 && after.2 >= before.2);
        }
    }

    #[test]
    fn what_is_printed_reads_as_what_was_printed(mut routes in routes()) {
        routes.push(json!({"match": {}, "notify": ["z"]}));
        let content = json!({"apiVersion": "d.e/v1", "kind": "AlertRouting", "metadata": {"name": "r"},
                             "spec": {"routes": routes}});
        let (policy, _) = Policy::read(vec![Authored::new("r", content.into())]).unwrap();
        let again = policy.documents().iter().map(|line| {
            Authored::new("again", serde_json::from_str::<Tree>(line).unwrap())
        });
        let (again, _) = Policy::read(again.collect()).unwrap();
        prop_assert_eq!(again.documents(), policy.documents());
        prop_assert_eq!(again.digest(), policy.digest());
    }
}
