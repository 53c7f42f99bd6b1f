//! Recorded AWS resources: what CloudFormation was given beside what the read API answered, with labelled truth.
//!
//! A *clean* resource is one in which nothing drifted, and a change of disposition DRIFT there is a false positive. A
//! resource that drifted in a declared property must have such a change at that property, or else it is lost. What drifted
//! outside of the declaration must be listed. Asked twice: of what the library knows by itself, and with the rules that it
//! ships for AWS.
//!
//! The corpus belongs to others, and is read where it lies beside the checkout.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads files, and says what it counted"
)]

use std::path::Path;

use drift_diff::{Comparer, Delta, FieldChange, Rules};
use drift_model::{
    Claim, ClaimOrigin, Disposition, Document, Facts, Mark, Observation, OwnerKind, PathPattern, PlaneState, Planes,
    ResourceRef, Verdict,
};
use serde_json::Value;

/// What is still taken for drift: type, path, and why.
const RESIDUE: [(&str, &str, &str); 4] = [
    (
        "AWS::CE::CostCategory",
        "/Rules",
        "JSON in a text, to which the service adds a default: which part was added, only its schema tells",
    ),
    (
        "AWS::ElastiCache::User",
        "/AccessString",
        "a list of grants in a language of its own, in which a word that takes everything away is implied at the start",
    ),
    (
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "/Actions",
        "traffic goes to another target group than the declared one: a deployment moved it, and nothing here says so",
    ),
    ("AWS::GuardDuty::Filter", "/FindingCriteria", "an operator answered under the name that replaced it"),
];

fn cases() -> Option<Vec<Value>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = ["../../shared/corpus/aws", "../../../shared/corpus/aws"]
        .iter()
        .map(|path| here.join(path).join("resources.jsonl"))
        .find(|path| path.is_file())?;
    let text = std::fs::read_to_string(file).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// A path of a resource type's schema, `Foo.*.Bar`, as `/Foo/*/Bar`.
fn pattern(path: &str) -> PathPattern {
    let step = |step: &str| if step == "*" { step.to_owned() } else { escaped(step) };
    format!("/{}", path.split('.').map(step).collect::<Vec<_>>().join("/")).parse().unwrap()
}

fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1").replace('*', "~2").replace('[', "~3")
}

fn patterns<'c>(case: &'c Value, name: &str) -> impl Iterator<Item = PathPattern> + use<'c> {
    case["schema"][name].as_array().into_iter().flatten().map(|path| pattern(path.as_str().unwrap()))
}

/// What the recording holds where a template refers to something that nobody resolved.
fn is_unresolved(text: &str) -> bool {
    text.starts_with("__") && text.ends_with("_unresolved__")
}

/// Where nobody resolved what is declared.
fn unresolved(value: &Value, at: &str, found: &mut Vec<PathPattern>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| unresolved(member, &format!("{at}/{}", escaped(name)), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| unresolved(item, &format!("{at}/{index}"), found));
        }
        Value::String(text) if is_unresolved(text) => found.push(at.parse().unwrap()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Declared is desired, live is actual, nothing is recorded; what can only be written cannot be observed, and what can only
/// be read is the system's. `resolved`: is what nobody resolved taken for a value like any other?
fn observation(case: &Value, resolved: bool) -> Observation {
    let [mut desired, mut actual] = ["declared", "live"].map(|plane| Document::new(case[plane].clone()));
    for write_only in patterns(case, "writeOnlyPaths") {
        desired.mark(Mark::Unobservable, write_only.clone());
        actual.mark(Mark::Unobservable, write_only);
    }
    if !resolved {
        let mut unknown = Vec::new();
        unresolved(&case["declared"], "", &mut unknown);
        for pattern in unknown {
            desired.mark(Mark::Unknown, pattern);
        }
    }
    let planes = Planes::new(PlaneState::present(desired), PlaneState::present(actual));
    let name = case["resource"]["physicalId"].as_str().unwrap_or_default();
    let resource = ResourceRef::aws(case["type"].as_str().unwrap(), name);
    let mut observation = Observation::new(case["id"].as_str().unwrap(), resource, planes);
    let read_only = patterns(case, "readOnlyPaths");
    let claim = |path| Claim::new(path, OwnerKind::Runtime, ClaimOrigin::ProviderSchema);
    observation.claims = read_only.map(claim).collect();
    observation
}

/// The labels of a tier, each as the pointer of its property: `Volumes[/dev/xvda]` is in `/Volumes`.
fn labels<'c>(case: &'c Value, tier: &str) -> Vec<String> {
    let of_tier = case["expected"].as_array().unwrap().iter().filter(|label| label["tier"] == tier);
    let path = |label: &'c Value| label["path"].as_str().unwrap().split('[').next().unwrap_or_default();
    of_tier.map(|label| pattern(path(label)).to_string()).collect()
}

fn is_clean(case: &Value) -> bool {
    ["declared", "undeclared", "deleted", "added"].iter().all(|tier| labels(case, tier).is_empty())
}

/// Does the change stand at the property, above it or below it?
fn is_at(change: &FieldChange<'_>, pointer: &str) -> bool {
    let path = change.path.to_string();
    let below = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
    below(&path, pointer) || below(pointer, &path)
}

fn drift<'d, 'a>(delta: &'d Delta<'a>) -> impl Iterator<Item = &'d FieldChange<'a>> {
    delta.changes.iter().filter(|change| change.disposition == Disposition::Drift)
}

/// What a comparer makes of all resources.
#[derive(Debug, Default)]
struct Count {
    clean: usize,
    /// Type and path of what is taken for drift in clean resources.
    false_positives: Vec<(String, Vec<String>)>,
    declared: usize,
    lost: Vec<String>,
    undeclared: usize,
    unlisted: Vec<String>,
}

fn count(cases: &[Value], rules: &Rules, resolved: bool) -> Count {
    let comparer = Comparer::compile(rules).unwrap();
    let mut count = Count::default();
    for case in cases {
        let observation = observation(case, resolved);
        let delta = comparer.compare(&observation, &Facts::default());
        if is_clean(case) {
            count.clean += 1;
            let paths: Vec<String> = drift(&delta).map(|change| change.path.to_string()).collect();
            if !paths.is_empty() {
                count.false_positives.push((observation.resource.resource_type.clone(), paths));
            }
        }
        let declared = labels(case, "declared");
        count.declared += usize::from(!declared.is_empty());
        for pointer in declared.iter().filter(|pointer| !drift(&delta).any(|change| is_at(change, pointer))) {
            count.lost.push(format!("{} {pointer}", case["id"]));
        }
        for pointer in labels(case, "undeclared") {
            count.undeclared += 1;
            let open = |change: &&FieldChange<'_>| change.disposition != Disposition::Equivalent;
            if !delta.changes.iter().filter(open).any(|change| is_at(change, &pointer)) {
                count.unlisted.push(format!("{} {pointer}", case["id"]));
            }
        }
    }
    count
}

impl Count {
    fn tell(&self, what: &str) {
        println!(
            "aws, {what}: {} of {} clean resources called drifted; {} of {} drifted ones lost; {} of {} undeclared differences not listed",
            self.false_positives.len(),
            self.clean,
            self.lost.len(),
            self.declared,
            self.unlisted.len(),
            self.undeclared,
        );
    }

    /// Are at most so many of a hundred clean resources called drifted, and is nothing lost?
    fn keeps(&self, percent: usize) {
        assert!(self.false_positives.len() * 100 <= self.clean * percent, "{:#?}", self.false_positives);
        assert!(self.lost.is_empty(), "true drift must not be lost: {:#?}", self.lost);
        assert!(self.unlisted.is_empty(), "{:#?}", self.unlisted);
        assert!(self.clean > 400 && self.declared > 5 && self.undeclared > 5, "labelled resources are gone");
    }
}

#[test]
fn clean_resources_stay_clean_and_no_drift_is_lost() {
    let Some(cases) = cases() else {
        println!("skipped: the AWS resources are not beside the checkout");
        return;
    };
    let by_itself = count(&cases, &Rules::default(), false);
    by_itself.tell("by what the library knows");
    by_itself.keeps(5);
    let with_rules = count(&cases, &Rules::aws(), false);
    with_rules.tell("with the rules for AWS");
    with_rules.keeps(1);
    for (resource_type, paths) in &with_rules.false_positives {
        let known =
            RESIDUE.iter().find(|(known, at, _)| known == resource_type && paths.iter().all(|p| p.starts_with(at)));
        let Some((_, _, why)) = known else {
            panic!("{resource_type} {paths:?}: a false positive that nobody explains")
        };
        println!("  {resource_type} {paths:?}: {why}");
    }
    for (known, ..) in RESIDUE {
        assert!(with_rules.false_positives.iter().any(|(found, _)| found == known), "{known} is no residue any more");
    }
    println!("  besides, by what the library knows alone:");
    for (resource_type, paths) in &by_itself.false_positives {
        if !with_rules.false_positives.contains(&(resource_type.clone(), paths.clone())) {
            println!("  {resource_type} {paths:?}");
        }
    }
    // A reader of templates knows what it has not resolved, and says so. Who hands it in as a value gets drift there.
    for (what, rules) in [("by what the library knows", Rules::default()), ("with the rules for AWS", Rules::aws())] {
        count(&cases, &rules, true).tell(&format!("{what}, unresolved references taken for values"));
    }
}

/// Every scalar that both sides hold.
fn shared_scalars(declared: &Value, live: &Value, at: &str, found: &mut Vec<String>) {
    match (declared, live) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, member) in a {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                b.get(name).into_iter().for_each(|other| shared_scalars(member, other, &at, found));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            // Items of the same position may be others.
            let same = |(_, (x, y)): &(usize, (&Value, &Value))| match (x, y) {
                (Value::Object(x), Value::Object(y)) => x.iter().all(|(name, member)| y.get(name) == Some(member)),
                (x, y) => x == y,
            };
            let items = a.iter().zip(b).enumerate().filter(same);
            items.for_each(|(index, (x, y))| shared_scalars(x, y, &format!("{at}/{index}"), found));
        }
        (Value::Bool(_) | Value::Number(_) | Value::String(_), _) if declared == live => found.push(at.to_owned()),
        _ => {}
    }
}

/// What somebody else could have set: a little more, everything, everybody.
fn otherwise(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(value) => vec![Value::from(!value)],
        Value::Number(number) => vec![Value::from(number.as_f64().unwrap() + 7.0), Value::from(-7)],
        Value::String(text) => {
            let others = [format!("{text}x"), "*".to_owned(), "0.0.0.0/0".to_owned(), text.replace(':', "::")];
            others.into_iter().filter(|other| other != text).map(Value::from).collect()
        }
        Value::Null | Value::Array(_) | Value::Object(_) => panic!("no scalar"),
    }
}

/// What is excused must not cost what is to be found: every declared value is changed and taken away, one at a time.
#[test]
fn a_change_of_any_declared_value_is_drift() {
    let Some(cases) = cases() else {
        println!("skipped: the AWS resources are not beside the checkout");
        return;
    };
    let comparer = Comparer::compile(&Rules::aws()).unwrap();
    let (mut planted, mut found, mut hidden) = (0_usize, 0_usize, Vec::new());
    for case in &cases {
        let mut pointers = Vec::new();
        shared_scalars(&case["declared"], &case["live"], "", &mut pointers);
        let read_only: Vec<PathPattern> = patterns(case, "readOnlyPaths").collect();
        let write_only: Vec<PathPattern> = patterns(case, "writeOnlyPaths").collect();
        for pointer in pointers {
            let place: PathPattern = pointer.replace('*', "~2").replace('[', "~3").parse().unwrap();
            if read_only.iter().chain(&write_only).any(|known| known.contains(&place)) {
                continue;
            }
            // A member of a set that changed is another member, at another place of the property.
            let property = pointer.split('/').take(2).collect::<Vec<_>>().join("/");
            let (above, name) = pointer.rsplit_once('/').unwrap();
            let others = otherwise(case["live"].pointer(&pointer).unwrap()).into_iter().map(Some);
            for other in others.chain([None]) {
                let mut case = case.clone();
                match (&other, case["live"].pointer_mut(above).unwrap()) {
                    (None, Value::Object(members)) => drop(members.remove(&name.replace("~1", "/").replace("~0", "~"))),
                    (None, Value::Array(items)) => drop(items.remove(name.parse().unwrap())),
                    (Some(other), _) => *case["live"].pointer_mut(&pointer).unwrap() = other.clone(),
                    (None, _) => panic!("no member"),
                }
                let observation = observation(&case, false);
                planted += 1;
                let delta = comparer.compare(&observation, &Facts::default());
                if drift(&delta).any(|change| is_at(change, &property)) {
                    found += 1;
                    continue;
                }
                let mut here = delta.changes.iter().filter(|change| is_at(change, &property));
                // What is not always answered, and an empty text that is left out, are no loss.
                let forgiven = ["aws-lifecycle-default-policy", "core/empty-absent/1"];
                if other.is_some()
                    || !here.any(|change| change.rule.as_deref().is_some_and(|rule| forgiven.contains(&rule)))
                {
                    hidden.push(format!("{} {pointer} {other:?}", case["type"]));
                }
            }
        }
    }
    println!("aws: {found} of {planted} planted changes are drift");
    assert!(hidden.is_empty() && planted > 9_000 && planted - found < 10, "{hidden:#?}");
}

/// Of every rule what it is for, and what it must not excuse: resource type, what is declared, what is answered, and what
/// would be drift.
const EXAMPLES: [(&str, &str, &str, &str, &str); 19] = [
    (
        "aws-bucket-public-access-block",
        "AWS::S3::Bucket",
        r#"{"PublicAccessBlockConfiguration": {"BlockPublicAcls": false}}"#,
        "{}",
        r#"{"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}"#,
    ),
    (
        "aws-budget-amount",
        "AWS::Budgets::Budget",
        r#"{"Budget": {"BudgetLimit": {"Amount": "40"}}}"#,
        r#"{"Budget": {"BudgetLimit": {"Amount": "40.0"}}}"#,
        r#"{"Budget": {"BudgetLimit": {"Amount": "400"}}}"#,
    ),
    (
        "aws-budget-notifications",
        "AWS::Budgets::Budget",
        r#"{"NotificationsWithSubscribers": [{"Threshold": 80}]}"#,
        "{}",
        r#"{"NotificationsWithSubscribers": [{"Threshold": 99}]}"#,
    ),
    (
        "aws-cache-names",
        "AWS::MemoryDB::Cluster",
        r#"{"ClusterName": "Sessions"}"#,
        r#"{"ClusterName": "sessions"}"#,
        r#"{"ClusterName": "sessions2"}"#,
    ),
    (
        "aws-cache-subnet-group-names",
        "AWS::DAX::Cluster",
        r#"{"SubnetGroupName": "Inner"}"#,
        r#"{"SubnetGroupName": "inner"}"#,
        r#"{"SubnetGroupName": "outer"}"#,
    ),
    (
        "aws-docdb-subnet-group",
        "AWS::DocDB::DBCluster",
        r#"{"DBSubnetGroupName": "inner"}"#,
        "{}",
        r#"{"DBSubnetGroupName": "outer"}"#,
    ),
    (
        "aws-ec2-address-blocks",
        "AWS::EC2::Subnet",
        r#"{"CidrBlock": "10.0.1.7/24"}"#,
        r#"{"CidrBlock": "10.0.1.0/24"}"#,
        r#"{"CidrBlock": "10.0.1.0/23"}"#,
    ),
    (
        "aws-glue-database-input-name",
        "AWS::Glue::Database",
        r#"{"DatabaseInput": {"Name": "Sales"}}"#,
        r#"{"DatabaseInput": {"Name": "sales"}}"#,
        r#"{"DatabaseInput": {}}"#,
    ),
    (
        "aws-glue-database-name",
        "AWS::Glue::Table",
        r#"{"DatabaseName": "Sales"}"#,
        r#"{"DatabaseName": "sales"}"#,
        r#"{"DatabaseName": "sale"}"#,
    ),
    (
        "aws-glue-open-table-format",
        "AWS::Glue::Table",
        r#"{"OpenTableFormatInput": {"IcebergInput": {"Version": "2"}}}"#,
        "{}",
        r#"{"OpenTableFormatInput": {"IcebergInput": {"Version": "1"}}}"#,
    ),
    (
        "aws-glue-table-input-name",
        "AWS::Glue::Table",
        r#"{"TableInput": {"Name": "Orders"}}"#,
        r#"{"TableInput": {"Name": "orders"}}"#,
        r#"{"TableInput": {"Name": "o"}}"#,
    ),
    (
        "aws-glue-table-name",
        "AWS::Glue::Partition",
        r#"{"TableName": "Orders"}"#,
        r#"{"TableName": "orders"}"#,
        r#"{"TableName": "order"}"#,
    ),
    (
        "aws-lake-formation-location",
        "AWS::LakeFormation::Resource",
        r#"{"ResourceArn": "arn:aws:s3:::lake"}"#,
        "{}",
        r#"{"ResourceArn": "arn:aws:s3:::sea"}"#,
    ),
    (
        "aws-lake-formation-role",
        "AWS::LakeFormation::Resource",
        r#"{"UseServiceLinkedRole": true}"#,
        "{}",
        r#"{"UseServiceLinkedRole": false}"#,
    ),
    (
        "aws-lambda-code",
        "AWS::Lambda::Function",
        r#"{"Code": {"S3Key": "a.zip"}}"#,
        r#"{"Code": {}}"#,
        r#"{"Code": {"S3Key": "b.zip"}}"#,
    ),
    (
        "aws-lambda-layer-content",
        "AWS::Lambda::LayerVersion",
        r#"{"Content": {"S3Key": "a.zip"}}"#,
        "{}",
        r#"{"Content": {"S3Key": "b.zip"}}"#,
    ),
    (
        "aws-lifecycle-default-policy",
        "AWS::DLM::LifecyclePolicy",
        r#"{"DefaultPolicy": "VOLUME"}"#,
        "{}",
        r#"{"DefaultPolicy": "INSTANCE"}"#,
    ),
    (
        "aws-route53-name",
        "AWS::Route53::RecordSet",
        r#"{"Name": "Shop.example.com"}"#,
        r#"{"Name": "shop.example.com"}"#,
        r#"{"Name": "shop.example.org"}"#,
    ),
    (
        "aws-waf-address-blocks",
        "AWS::WAFv2::IPSet",
        r#"{"Addresses": ["192.0.2.9/24"]}"#,
        r#"{"Addresses": ["192.0.2.0/24"]}"#,
        r#"{"Addresses": ["0.0.0.0/0"]}"#,
    ),
];

#[test]
fn every_rule_excuses_what_it_is_for_and_no_more() {
    let rules = Rules::aws();
    let names: Vec<&str> = rules.equivalences.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, EXAMPLES.map(|(name, ..)| name));
    let (bare, comparer) = (Comparer::compile(&Rules::default()).unwrap(), Comparer::compile(&rules).unwrap());
    for (name, resource_type, declared, answered, drifted) in EXAMPLES {
        let observation = |live: &str| {
            let plane = |text: &str| PlaneState::present(serde_json::from_str::<Value>(text).unwrap());
            Observation::new(name, ResourceRef::aws(resource_type, "x"), Planes::new(plane(declared), plane(live)))
        };
        let (answered, drifted) = (observation(answered), observation(drifted));
        let delta = comparer.compare(&answered, &Facts::default());
        assert_eq!(delta.verdict, Verdict::InSync, "{name}");
        assert!(delta.changes.iter().all(|change| change.rule.as_deref() == Some(name)), "{name}");
        // The library does not know it by itself, and what differs stays drift.
        assert_eq!(bare.compare(&answered, &Facts::default()).verdict, Verdict::Drifted, "{name}");
        assert_eq!(comparer.compare(&drifted, &Facts::default()).verdict, Verdict::Drifted, "{name}");
    }
}
