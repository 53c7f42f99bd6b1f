//! Resources that explain each other, in the types of CloudFormation and of the Terraform provider.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_types, reason = "the rules are compiled once for all cases")]

use std::sync::LazyLock;

use drift_diff::{Comparer, Delta, Excuses, Relations, Rules};
use drift_model::{
    Disposition, Facts, Observation, Observed, PlaneState, Planes, RecordOf, ResourceRef, UnknownReason, Verdict,
};
use proptest::prelude::*;
use serde_json::{Value, json};

static COMPARER: LazyLock<Comparer> = LazyLock::new(|| Comparer::compile(&Rules::default()).unwrap());
static RELATIONS: LazyLock<Relations> = LazyLock::new(Relations::shipped);

fn resource(kind: &str, name: &str) -> ResourceRef {
    if kind.starts_with("AWS::") {
        ResourceRef::aws(kind, name)
    } else {
        ResourceRef::opentofu(kind, &format!("{kind}.{name}"))
    }
}

/// What Git declares and what is there. Terraform keeps a record, and it says the same as was declared.
fn managed(kind: &str, name: &str, desired: &Value, actual: &Value) -> Observation {
    let mut planes = Planes::new(PlaneState::present(desired.clone()), PlaneState::present(actual.clone()));
    if !kind.starts_with("AWS::") {
        planes = planes.with_recorded(PlaneState::present(desired.clone()), RecordOf::Observation);
    }
    Observation::new(name, resource(kind, name), planes)
}

/// What is there, and nobody declared.
fn stranger(kind: &str, name: &str, actual: &Value) -> Observation {
    let planes = Planes::new(PlaneState::new(Observed::Absent), PlaneState::present(actual.clone()));
    Observation::new(name, resource(kind, name), planes)
}

/// The deltas of all resources, among each other.
fn among<'a>(all: &'a [Observation], excuses: &'a [Excuses<'a>]) -> Vec<Delta<'a>> {
    all.iter().zip(excuses).map(|(one, excuses)| COMPARER.compare_among(one, &Facts::default(), excuses)).collect()
}

/// Every change, as `name path DISPOSITION rule`.
fn told(all: &[Observation]) -> Vec<String> {
    let excuses = RELATIONS.excuses(all);
    let lines = all.iter().zip(among(all, &excuses)).flat_map(|(one, delta)| {
        let line = |change: &drift_diff::FieldChange<'_>| {
            format!("{} {} {} {}", one.id, change.path, change.disposition, change.rule.as_deref().unwrap_or("-"))
        };
        delta.changes.iter().map(line).collect::<Vec<_>>()
    });
    lines.collect()
}

/// A network with what it is born with, in both spellings.
fn network() -> Vec<Observation> {
    let vpc = json!({"VpcId": "vpc-1", "DefaultSecurityGroup": "sg-0", "DefaultNetworkAcl": "acl-0"});
    let group = json!({"GroupId": "sg-0", "GroupName": "default",
        "SecurityGroupIngress": [{"IpProtocol": "-1", "SourceSecurityGroupId": "sg-0", "SourceSecurityGroupOwnerId": "1"}],
        "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "FromPort": -1, "ToPort": -1}]});
    let of_vpc = json!({"id": "vpc-2", "default_security_group_id": "sg-2", "default_network_acl_id": "acl-2", "main_route_table_id": "rtb-2"});
    let block = |cidrs: Value, own: bool| {
        json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "self": own, "cidr_blocks": cidrs,
                "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "description": ""}])
    };
    let entry = json!([{"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0", "ipv6_cidr_block": ""}]);
    vec![
        managed("AWS::EC2::VPC", "vpc", &json!({}), &vpc),
        stranger("AWS::EC2::SecurityGroup", "group", &group),
        stranger("AWS::EC2::NetworkAcl", "acl", &json!({"Id": "acl-0", "VpcId": "vpc-1"})),
        managed("AWS::EC2::RouteTable", "table", &json!({}), &json!({"RouteTableId": "rtb-1"})),
        stranger("AWS::EC2::Route", "local", &json!({"RouteTableId": "rtb-1", "GatewayId": "local"})),
        managed("aws_vpc", "tf-vpc", &of_vpc, &of_vpc),
        stranger(
            "aws_security_group",
            "tf-group",
            &json!({"id": "sg-2", "name": "default",
            "ingress": block(json!([]), true), "egress": block(json!(["0.0.0.0/0"]), false)}),
        ),
        stranger("aws_network_acl", "tf-acl", &json!({"id": "acl-2", "ingress": entry, "egress": entry})),
        stranger("aws_route_table", "tf-table", &json!({"id": "rtb-2", "route": []})),
        stranger("aws_route", "tf-local", &json!({"route_table_id": "rtb-2", "gateway_id": "local"})),
    ]
}

#[test]
fn what_a_network_is_born_with_stays_listed_with_the_rule() {
    let own = |line: &String| line.contains("EQUIVALENT");
    let lines = told(&network());
    let excused: Vec<&str> = lines.iter().filter(|line| own(line)).map(String::as_str).collect();
    assert_eq!(
        excused,
        [
            "group  EQUIVALENT aws/default-security-group/1",
            "acl  EQUIVALENT aws/default-network-acl/1",
            "local  EQUIVALENT aws/local-route/1",
            "tf-group  EQUIVALENT aws/default-security-group/1",
            "tf-acl  EQUIVALENT aws/default-network-acl/1",
            "tf-table  EQUIVALENT aws/main-route-table/1",
            "tf-local  EQUIVALENT aws/local-route/1",
        ]
    );
}

#[test]
fn what_was_changed_since_it_was_born_is_explained_by_nobody() {
    let mut opened = network();
    let open = |observation: &mut Observation, pointer: &str, value: Value| {
        let mut live = observation.planes.actual.observed.present().unwrap().value().clone();
        *live.pointer_mut(pointer).unwrap() = value;
        observation.planes.actual = PlaneState::present(live);
    };
    open(&mut opened[1], "/SecurityGroupIngress/0/SourceSecurityGroupId", json!("sg-666"));
    // The provider puts all rules of one protocol into one block.
    open(&mut opened[6], "/ingress/0/cidr_blocks", json!(["0.0.0.0/0"]));
    open(&mut opened[7], "/egress/0/cidr_block", json!("10.0.0.0/8"));
    open(&mut opened[8], "/route", json!([{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}]));
    let lines = told(&opened);
    for name in ["group", "tf-group", "tf-acl", "tf-table"] {
        assert!(lines.contains(&format!("{name}  UNDECLARED -")), "{name}: {lines:#?}");
    }
}

#[test]
fn zones_apis_and_accounts_are_born_with_something() {
    let zone = json!({"zone_id": "Z2", "name": "example.com"});
    let all = vec![
        managed("AWS::Route53::HostedZone", "zone", &json!({}), &json!({"Id": "Z1", "Name": "example.com"})),
        stranger("AWS::Route53::RecordSet", "ns", &json!({"HostedZoneId": "Z1", "Name": "example.com.", "Type": "NS"})),
        stranger(
            "AWS::Route53::RecordSet",
            "delegation",
            &json!({"HostedZoneId": "Z1", "Name": "evil.example.com.", "Type": "NS"}),
        ),
        managed("aws_route53_zone", "tf-zone", &zone, &zone),
        stranger("aws_route53_record", "tf-soa", &json!({"zone_id": "Z2", "name": "example.com", "type": "SOA"})),
        stranger("aws_route53_record", "tf-mx", &json!({"zone_id": "Z2", "name": "example.com", "type": "MX"})),
        managed("AWS::ApiGateway::RestApi", "api", &json!({}), &json!({"RootResourceId": "r0"})),
        stranger("AWS::ApiGateway::Resource", "root", &json!({"ResourceId": "r0"})),
        stranger("AWS::ApiGateway::Resource", "back-door", &json!({"ResourceId": "r1", "ParentId": "r0"})),
        stranger("AWS::IAM::Role", "linked", &json!({"Path": "/aws-service-role/ecs.amazonaws.com/"})),
        stranger("aws_iam_role", "tf-linked", &json!({"path": "/aws-service-role/ecs.amazonaws.com/"})),
        stranger("aws_iam_role", "tf-other", &json!({"path": "/aws-service-roles/"})),
    ];
    let roots: Vec<String> = told(&all).into_iter().filter(|line| line.contains("  ")).collect();
    assert_eq!(
        roots,
        [
            "ns  EQUIVALENT aws/zone-records/1",
            "delegation  UNDECLARED -",
            "tf-soa  EQUIVALENT aws/zone-records/1",
            "tf-mx  UNDECLARED -",
            "root  EQUIVALENT aws/root-resource/1",
            "back-door  UNDECLARED -",
            "linked  EQUIVALENT aws/service-linked-role/1",
            "tf-linked  EQUIVALENT aws/service-linked-role/1",
            "tf-other  UNDECLARED -",
        ]
    );
}

#[test]
fn what_another_resource_has_set_is_its() {
    let address = json!({"id": "eipalloc-1", "public_ip": "203.0.113.7", "instance": "i-1"});
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]});
    let retold = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["s3:GetObject"], "Resource": "*"}});
    let attached = json!({"bucket": "logs", "policy": policy.to_string()});
    let all = vec![
        managed(
            "aws_instance",
            "tf-instance",
            &json!({"id": "i-1"}),
            &json!({"id": "i-1", "public_ip": "203.0.113.7"}),
        ),
        managed("aws_eip", "tf-address", &address, &address),
        managed("aws_instance", "tf-other", &json!({"id": "i-2"}), &json!({"id": "i-2", "public_ip": "203.0.113.7"})),
        managed(
            "aws_s3_bucket",
            "tf-bucket",
            &json!({"id": "logs"}),
            &json!({"id": "logs", "policy": retold.to_string()}),
        ),
        managed("aws_s3_bucket_policy", "tf-policy", &attached, &attached),
        managed("AWS::EC2::Instance", "instance", &json!({}), &json!({"InstanceId": "i-3", "PublicIp": "203.0.113.9"})),
        managed(
            "AWS::EC2::EIP",
            "address",
            &json!({"InstanceId": "i-3"}),
            &json!({"InstanceId": "i-3", "PublicIp": "203.0.113.9"}),
        ),
    ];
    assert_eq!(
        told(&all)[..],
        [
            "tf-instance /public_ip EQUIVALENT aws/instance-address/1",
            "tf-other /public_ip UNDECLARED -",
            "tf-bucket /policy EQUIVALENT aws/resource-policy/1",
            "instance /InstanceId UNDECLARED -",
            "instance /PublicIp EQUIVALENT aws/instance-address/1",
            "address /PublicIp UNDECLARED -",
        ]
    );
    // An address that nobody manages explains nothing.
    let shadow = [all[0].clone(), stranger("aws_eip", "tf-address", &address)];
    assert_eq!(told(&shadow)[0], "tf-instance /public_ip UNDECLARED -");
}

#[test]
fn an_item_that_is_declared_as_a_resource_of_its_own_is_declared() {
    let rule = |cidr: &str, port: u16| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr});
    let mut separate = rule("10.0.0.0/8", 22);
    separate["GroupId"] = json!("sg-1");
    let block = |cidrs: Value, port: u16| {
        json!({"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": cidrs, "ipv6_cidr_blocks": [],
               "prefix_list_ids": [], "security_groups": [], "self": false})
    };
    let group = |ingress: Value| json!({"id": "sg-2", "ingress": ingress});
    let of_group = json!({"security_group_id": "sg-2", "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "10.0.0.0/8"});
    let with_policies = |policies: Value| json!({"name": "deploy", "managed_policy_arns": policies});
    let attachment = json!({"role": "deploy", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
    let all = vec![
        managed(
            "AWS::EC2::SecurityGroup",
            "group",
            &json!({"SecurityGroupIngress": [rule("10.0.0.0/8", 80)]}),
            &json!({"GroupId": "sg-1", "SecurityGroupIngress": [rule("0.0.0.0/0", 22), rule("10.0.0.0/8", 22), rule("10.0.0.0/8", 80)]}),
        ),
        managed("AWS::EC2::SecurityGroupIngress", "rule", &separate, &separate),
        managed(
            "aws_security_group",
            "tf-group",
            &group(json!([block(json!(["10.0.0.0/8"]), 80)])),
            &group(json!([block(json!(["10.0.0.0/8"]), 443), block(json!(["10.0.0.0/8"]), 80)])),
        ),
        managed("aws_vpc_security_group_ingress_rule", "tf-rule", &of_group, &of_group),
        // The other way round: the block is declared, and the rule is listed once more by itself.
        stranger(
            "aws_vpc_security_group_ingress_rule",
            "tf-listed",
            &json!({"security_group_id": "sg-2", "ip_protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_ipv4": "10.0.0.0/8"}),
        ),
        managed(
            "aws_iam_role",
            "tf-role",
            &with_policies(json!([])),
            &with_policies(json!([
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
                "arn:aws:iam::aws:policy/AdministratorAccess"
            ])),
        ),
        managed("aws_iam_role_policy_attachment", "tf-attachment", &attachment, &attachment),
    ];
    assert_eq!(
        told(&all)[..],
        [
            "group /GroupId UNDECLARED -",
            "group /SecurityGroupIngress/[={\"CidrIp\":\"0.0.0.0~10\",\"FromPort\":22,\"IpProtocol\":\"tcp\",\"ToPort\":22}] UNDECLARED -",
            "group /SecurityGroupIngress/[={\"CidrIp\":\"10.0.0.0~18\",\"FromPort\":22,\"IpProtocol\":\"tcp\",\"ToPort\":22}] EQUIVALENT aws/security-group-rule/1",
            "tf-group /ingress/0 EQUIVALENT aws/security-group-rule/1",
            "tf-listed  EQUIVALENT aws/security-group-rule/1",
            "tf-role /managed_policy_arns/0 EQUIVALENT aws/role-policy-attachment/1",
            "tf-role /managed_policy_arns/1 DRIFT -",
        ]
    );
}

/// A role answers the policies that name it, and a policy the roles that name it: neither explains the other by that.
#[test]
fn what_two_resources_merely_answer_explains_nothing() {
    let arn = "arn:aws:iam::123456789012:policy/shared";
    let role = |policies: Value| json!({"RoleName": "deploy", "ManagedPolicyArns": policies});
    let policy = |roles: Value| json!({"PolicyArn": arn, "Roles": roles});
    let all = |desired_role: &Value, desired_policy: &Value| {
        [
            managed("AWS::IAM::Role", "role", desired_role, &role(json!([arn]))),
            managed("AWS::IAM::ManagedPolicy", "policy", desired_policy, &policy(json!(["deploy"]))),
        ]
    };
    let attached_by_hand = all(&role(json!([])), &policy(json!([])));
    assert_eq!(told(&attached_by_hand)[..], ["role /ManagedPolicyArns/0 DRIFT -", "policy /Roles/0 DRIFT -"]);
    let by_the_policy = all(&role(json!([])), &policy(json!(["deploy"])));
    assert_eq!(told(&by_the_policy)[..], ["role /ManagedPolicyArns/0 EQUIVALENT aws/role-policy-attachment/1"]);
    let by_the_role = all(&role(json!([arn])), &json!({"PolicyArn": arn}));
    assert_eq!(told(&by_the_role)[..], ["policy /Roles EQUIVALENT aws/role-policy-attachment/1"]);
}

#[test]
fn one_object_under_two_types_is_one_object() {
    let balancer = json!({"arn": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/shop/1"});
    let all = vec![
        managed("aws_alb", "declared", &balancer, &balancer),
        stranger("aws_lb", "listed", &balancer),
        stranger(
            "aws_lb",
            "shadow",
            &json!({"arn": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/shadow/2"}),
        ),
    ];
    assert_eq!(told(&all)[..], ["listed  EQUIVALENT aws/load-balancer/1", "shadow  UNDECLARED -"]);
}

#[test]
fn what_git_declares_is_explained_by_nobody() {
    let address = json!({"id": "eipalloc-1", "public_ip": "203.0.113.7", "instance": "i-1"});
    let declared = json!({"id": "i-1", "public_ip": "198.51.100.1"});
    let live = json!({"id": "i-1", "public_ip": "203.0.113.7"});
    let all =
        [managed("aws_instance", "instance", &declared, &live), managed("aws_eip", "address", &address, &address)];
    assert_eq!(told(&all)[..], ["instance /public_ip DRIFT -"]);
}

proptest! {
    /// In whatever order resources are handed in, and whichever of them are missing: what is explained is explained by
    /// resources that are there, and stays listed.
    #[test]
    fn fewer_resources_explain_less_and_nothing_vanishes(
        order in Just((0..network().len()).collect::<Vec<usize>>()).prop_shuffle(),
        kept in 0..=network().len(),
        unseen in any::<proptest::sample::Index>(),
    ) {
        let all = network();
        let of_all = RELATIONS.excuses(&all);
        let mut some: Vec<Observation> = order.iter().take(kept).map(|i| all[*i].clone()).collect();
        let of_some = RELATIONS.excuses(&some);
        for ((one, mine), i) in some.iter().zip(&of_some).zip(&order) {
            prop_assert!(mine.is_empty() || *mine == of_all[*i], "{} is explained by less", one.id);
            prop_assert!(kept < all.len() || *mine == of_all[*i], "{} depends on the order", one.id);
        }
        for ((one, mine), among) in some.iter().zip(&of_some).zip(among(&some, &of_some)) {
            let alone = COMPARER.compare(one, &Facts::default());
            let paths = |delta: &Delta<'_>| delta.changes.iter().map(|change| change.path.clone()).collect::<Vec<_>>();
            prop_assert_eq!(paths(&alone), paths(&among));
            for (before, after) in alone.changes.iter().zip(&among.changes) {
                let explained = after.disposition == Disposition::Equivalent && after.rule.is_some() && !mine.is_empty();
                prop_assert!(before.disposition == after.disposition || explained);
            }
        }
        // What could not be observed is explained by nothing.
        if let Some(one) = (!some.is_empty()).then(|| unseen.index(some.len())) {
            some[one].planes.actual = PlaneState::new(Observed::Unknown(UnknownReason::Failed));
            let excuses = RELATIONS.excuses(&some);
            prop_assert!(excuses[one].is_empty());
            let delta = COMPARER.compare_among(&some[one], &Facts::default(), &excuses[one]);
            prop_assert_eq!(delta.verdict, Verdict::Unknown);
        }
    }
}
