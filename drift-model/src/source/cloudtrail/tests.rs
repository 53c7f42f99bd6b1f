use serde_json::json;

use super::*;
use crate::facts::ActorKind;
use crate::source::actors::ActorRule;

fn read(record: &Value) -> Record {
    Reader::new().read(record).unwrap()
}

fn ingress() -> Value {
    json!({
        "eventVersion": "1.08", "eventTime": "2026-07-03T10:11:02Z", "eventSource": "ec2.amazonaws.com", "awsRegion": "eu-west-1",
        "eventName": "AuthorizeSecurityGroupIngress", "readOnly": false, "recipientAccountId": "111122223333", "eventID": "e-1",
        "userIdentity": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:session-7", "accessKeyId": "ASIAEXAMPLE",
            "arn": "arn:aws:sts::111122223333:assumed-role/Admin/session-7",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/oncall/Admin", "userName": "Admin"},
                "attributes": {"mfaAuthenticated": "false"}}},
        "requestParameters": {"groupId": "sg-04d018d184a18f647", "ipPermissions": {"items": [{"fromPort": 22}]}}
    })
}

fn assume(id: &str, who: &Value, key: &str) -> Value {
    json!({
        "eventTime": "2026-07-03T10:02:41Z", "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "eventID": id,
        "userIdentity": who, "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/oncall/Admin"},
        "responseElements": {"credentials": {"accessKeyId": key, "sessionToken": "CANARY"}, "assumedRoleUser": {"assumedRoleId": "AROAEXAMPLE:session-7"}}
    })
}

#[test]
fn what_is_no_record_is_refused_without_its_values() {
    for (record, message) in [
        (json!("CANARY"), "at the root: expected a CloudTrail record, as an object"),
        (json!({}), "at the root: expected a CloudTrail record, which has `eventName`"),
        (json!({"eventName": "CANARY"}), "at the root: expected a CloudTrail record, which has `eventSource`"),
        (json!({"eventName": ["CANARY"]}), "at `/eventName`: expected a text"),
        (json!({"Records": []}), "at `/Records`: expected one record; of a file, hand over the items"),
        (
            json!({"eventName": "A", "eventSource": "b", "userIdentity": "CANARY"}),
            "at `/userIdentity`: expected an object",
        ),
    ] {
        let error = Reader::new().read(&record).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(!format!("{error:?}").contains("CANARY"));
    }
}

#[test]
fn law_8_a_secret_never_leaves_the_parameters_of_a_call() {
    let mut record = assume("a", &json!({"type": "IAMUser", "userName": "ana"}), "ASIAEXAMPLE");
    record["requestParameters"]["policy"] = json!("CANARY");
    record["errorMessage"] = json!("CANARY");
    record["userAgent"] = json!("CANARY");
    assert!(!format!("{:?}", read(&record)).contains("CANARY"));
    let mut put = ingress();
    put["requestParameters"] = json!({"groupId": "sg-1", "value": "CANARY"});
    put["responseElements"] = json!({"secretString": "CANARY"});
    assert!(!format!("{:?}", read(&put)).contains("CANARY"));
}

#[test]
fn an_error_is_an_attempt_and_a_dry_run_is_no_change() {
    let mut record = ingress();
    record["errorCode"] = json!("Client.UnauthorizedOperation");
    assert_eq!((read(&record).event.succeeded, read(&record).event.mutating), (Some(false), Some(true)));
    record["errorCode"] = json!("Client.DryRunOperation");
    let event = read(&record).event;
    assert_eq!((event.succeeded, event.mutating, event.dry_run), (Some(false), Some(false), true));
    record["errorCode"] = json!(null);
    record["readOnly"] = json!("true");
    // The name says that it writes.
    assert_eq!(read(&record).event.mutating, None);
}

#[test]
fn the_source_identity_names_the_actor_and_the_arn_of_the_role_its_kind() {
    let rule: ActorRule = serde_json::from_value(
        json!({"id": "oncall", "log": "CLOUDTRAIL", "roleArns": ["arn:aws:iam::*:role/oncall/*"], "kind": "BREAK_GLASS", "because": "only the rota"}),
    )
    .unwrap();
    let reader = Reader::with_rules(ActorRules::built_in().preceded_by([rule]));
    let mut record = ingress();
    record["userIdentity"]["sessionContext"]["sourceIdentity"] = json!("alice");
    let actor = reader.read(&record).unwrap().event.actor;
    assert_eq!((actor.kind, actor.id.as_deref()), (Some(ActorKind::BreakGlass), Some("alice")));
    assert_eq!(actor.via.as_deref(), Some("arn:aws:iam::111122223333:role/oncall/Admin"));
    // The name of the session is the caller's to choose, and no role by itself.
    assert_eq!(read(&ingress()).event.actor.kind, None);
}

#[test]
fn a_chain_leads_from_the_call_to_whoever_assumed_the_role() {
    let ana = json!({"type": "IAMUser", "userName": "ana", "accessKeyId": "AKIA1"});
    let mut batch = vec![read(&assume("a", &ana, "ASIAEXAMPLE")), read(&ingress())];
    chain(&mut batch);
    let actor = &batch[1].event.actor;
    assert_eq!((actor.kind, actor.id.as_deref()), (Some(ActorKind::Human), Some("ana")));
    assert_eq!(actor.via.as_deref(), Some("arn:aws:iam::111122223333:role/oncall/Admin"));

    // Over a break-glass role in between, whatever the last role is called.
    let middle = json!({"type": "AssumedRole", "accessKeyId": "ASIA0", "arn": "arn:aws:sts::1:assumed-role/BreakGlass-Emergency/x"});
    let mut batch =
        vec![read(&assume("b", &ana, "ASIA0")), read(&assume("c", &middle, "ASIAEXAMPLE")), read(&ingress())];
    chain(&mut batch);
    let actor = &batch[2].event.actor;
    assert_eq!((actor.kind, actor.id.as_deref()), (Some(ActorKind::BreakGlass), Some("ana")));
}

#[test]
fn a_chain_with_two_beginnings_or_in_a_circle_leads_nowhere() {
    let user = |name: &str| json!({"type": "IAMUser", "userName": name});
    let untouched = read(&ingress());
    for origins in [vec![assume("a", &user("ana"), "OTHER-1"), assume("b", &user("ben"), "OTHER-2")], vec![]] {
        let mut batch: Vec<Record> = origins.iter().map(read).chain([untouched.clone()]).collect();
        chain(&mut batch);
        assert_eq!(batch.last(), Some(&untouched));
    }
    // The same key cannot have opened itself; this must end.
    let mut record =
        assume("a", &json!({"type": "AssumedRole", "accessKeyId": "K", "arn": "arn:aws:sts::1:assumed-role/R/s"}), "K");
    record["responseElements"]["credentials"]["accessKeyId"] = json!("K");
    let mut batch = vec![read(&record)];
    chain(&mut batch);
    assert_eq!(batch[0].event.actor.id.as_deref(), Some("s"));
    // What was opened after the call did not make it.
    let mut late = assume("a", &user("ana"), "ASIAEXAMPLE");
    late["eventTime"] = json!("2026-07-03T10:11:03Z");
    let mut batch = vec![read(&late), untouched.clone()];
    chain(&mut batch);
    assert_eq!(batch[1], untouched);
}

#[test]
fn times_are_read_in_both_forms() {
    assert_eq!(time("20131102T010628Z"), "2013-11-02T01:06:28Z".parse().ok());
    assert_eq!(time("20131102T01062Z"), None);
    assert_eq!(time("x"), None);
}
