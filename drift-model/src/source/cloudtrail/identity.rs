//! Who a record names.

use serde_json::{Map, Value};

use super::{Session, text};
use crate::signal::AuditActor;
use crate::source::actors::{ActorRules, Identity, NamedActor, RuleLog};

/// The actor of a record, and the session that it acted in.
pub(super) fn read(
    record: &Value,
    user: Option<&Map<String, Value>>,
    event: &str,
    rules: &ActorRules,
) -> (AuditActor, Session) {
    let nobody = Map::new();
    let user = user.unwrap_or(&nobody);
    let of_type = text(user, "type").unwrap_or_default();
    let at = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let issuer = |name: &str| at(&format!("/userIdentity/sessionContext/sessionIssuer/{name}"));
    let source_identity = at("/userIdentity/sessionContext/sourceIdentity");
    let arn = text(user, "arn").unwrap_or_default();
    let principal = text(user, "principalId");

    let (arn_role, arn_session) = assumed_role(arn);
    let is_role = matches!(of_type, "AssumedRole" | "Role");
    let role = arn_role
        .or_else(|| issuer("userName"))
        .or_else(|| issuer("arn").and_then(last_part))
        .filter(|_| is_role || arn_role.is_some())
        .unwrap_or_default();
    // Without an ARN the principal is all there is: `AROA…:session`.
    let of_principal = || principal.filter(|_| is_role && arn.is_empty()).and_then(|id| id.split_once(':'));
    let session = arn_session.or_else(|| of_principal().map(|(_, session)| session)).unwrap_or_default();
    let user_name = text(user, "userName").or_else(|| arn.contains(":user/").then(|| last_part(arn)).flatten());
    let invoked_by = text(user, "invokedBy").unwrap_or_default();
    let provider = text(user, "identityProvider")
        .or_else(|| at("/userIdentity/sessionContext/webIdFederationData/federatedProvider"))
        .unwrap_or_default();
    let mfa = record.pointer("/userIdentity/sessionContext/attributes/mfaAuthenticated");
    let identity = Identity {
        somebody: !of_type.is_empty(),
        of_type,
        user: user_name.unwrap_or_default(),
        role,
        role_arn: issuer("arn").unwrap_or_default(),
        session,
        invoked_by,
        provider,
        mfa: mfa.is_some_and(|mfa| mfa == &Value::Bool(true) || mfa.as_str() == Some("true")),
        event,
        ..Identity::default()
    };
    let decided_by = rules.find(RuleLog::Cloudtrail, &identity);

    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let root = of_type == "Root";
    let caller = || {
        let named = [source_identity.unwrap_or_default(), session, role, user_name.unwrap_or_default()];
        let known = named.into_iter().find(|name| !name.is_empty()).or(principal).or_else(|| text(user, "accountId"));
        if root { Some("root".to_owned()) } else { known.map(str::to_owned) }
    };
    let id = match decided_by.and_then(|rule| rule.actor) {
        Some(NamedActor::Service) => some(invoked_by).or_else(|| some(role)).or_else(caller),
        Some(NamedActor::Caller) | None => caller(),
    };
    let role_arn = issuer("arn").filter(|_| is_role).map(str::to_owned);
    let via = role_arn.clone().or_else(|| some(role)).filter(|via| is_role && Some(via) != id.as_ref());
    let actor = AuditActor {
        kind: decided_by.and_then(|rule| rule.kind),
        rule: decided_by.map(|rule| rule.id.clone()).unwrap_or_default(),
        id: id.filter(|_| identity.somebody),
        via,
        superuser: root,
    };
    let opened = |pointer: &str| at(pointer).filter(|_| event.starts_with("AssumeRole")).map(str::to_owned);
    let session = Session {
        access_key: text(user, "accessKeyId").map(str::to_owned),
        principal: principal.map(str::to_owned),
        role_arn,
        source_identity: source_identity.map(str::to_owned),
        issued_key: opened("/responseElements/credentials/accessKeyId"),
        issued_principal: opened("/responseElements/assumedRoleUser/assumedRoleId"),
    };
    (actor, session)
}

/// Role and session of `arn:aws:sts::1:assumed-role/Role/session`.
fn assumed_role(arn: &str) -> (Option<&str>, Option<&str>) {
    let Some((_, named)) = arn.split_once(":assumed-role/") else { return (None, None) };
    match named.split_once('/') {
        Some((role, session)) => (Some(role), Some(session).filter(|session| !session.is_empty())),
        None => (Some(named).filter(|role| !role.is_empty()), None),
    }
}

/// The name at the end of an ARN, after its path.
fn last_part(arn: &str) -> Option<&str> {
    arn.rsplit(['/', ':']).next().filter(|name| !name.is_empty())
}
