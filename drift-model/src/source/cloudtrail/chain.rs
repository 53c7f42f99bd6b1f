//! The break-glass chain: who opened the session that a call was made in.

use std::collections::BTreeMap;

use super::Record;
use crate::facts::ActorKind;
use crate::signal::AuditActor;

/// Sessions opened from sessions, at most this often.
const MAX_LINKS: usize = 16;

/// Names behind each role session whoever opened it, as far as the same batch of records tells.
///
/// A session is joined to the `AssumeRole` that handed out its access key; failing that, to the only one that opened a
/// session of its principal. Chains of roles are followed to their beginning. What is known of the session itself stays:
/// its kind of actor, where it has one, and the identity that was set as its source. A break-glass role anywhere in the
/// chain makes the actor BREAK_GLASS. Records whose session's origin isn't among them, or might be several, are left as
/// they are.
///
/// ```
/// use drift_model::ActorKind;
/// use drift_model::source::cloudtrail::{Reader, chain};
/// use serde_json::json;
///
/// let reader = Reader::new();
/// let mut records = vec![
///     reader.read(&json!({
///         "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "userIdentity": {"type": "IAMUser", "userName": "ana"},
///         "responseElements": {"credentials": {"accessKeyId": "ASIA1"}},
///     }))?,
///     reader.read(&json!({
///         "eventSource": "iam.amazonaws.com", "eventName": "DeleteRole", "requestParameters": {"roleName": "web"},
///         "userIdentity": {"type": "AssumedRole", "accessKeyId": "ASIA1", "arn": "arn:aws:sts::1:assumed-role/Admin/x"},
///     }))?,
/// ];
/// chain(&mut records);
/// let actor = &records[1].event.actor;
/// assert_eq!((actor.kind, actor.id.as_deref(), actor.via.as_deref()), (Some(ActorKind::Human), Some("ana"), Some("Admin")));
/// # Ok::<(), drift_model::ReadError>(())
/// ```
pub fn chain(records: &mut [Record]) {
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_principal: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, record) in records.iter().enumerate().filter(|(_, record)| record.event.succeeded == Some(true)) {
        if let Some(key) = record.session.issued_key.as_deref() {
            by_key.entry(key).or_default().push(index);
        }
        if let Some(principal) = record.session.issued_principal.as_deref() {
            by_principal.entry(principal).or_default().push(index);
        }
    }
    let origin = |record: &Record| -> Option<usize> {
        let of_key = record.session.access_key.as_deref().and_then(|key| by_key.get(key));
        let of_principal = record.session.principal.as_deref().and_then(|principal| by_principal.get(principal));
        let found = of_key.or(of_principal)?;
        let earlier = |index: &&usize| match (records.get(**index).and_then(|origin| origin.event.at), record.event.at)
        {
            (Some(opened), Some(used)) => opened <= used,
            _ => true,
        };
        let mut found: Vec<usize> = found.iter().filter(earlier).copied().collect();
        // The same record may have been delivered twice, and one caller may have opened several.
        found.dedup_by(|a, b| caller(records, *a).is_some() && caller(records, *a) == caller(records, *b));
        match found.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    };
    let actors: Vec<Option<AuditActor>> = records
        .iter()
        .map(|record| {
            let mut links = Vec::new();
            let mut at = origin(record);
            while let Some(index) = at.filter(|index| links.len() < MAX_LINKS && !links.contains(index)) {
                links.push(index);
                at = records.get(index).and_then(origin);
            }
            let links: Vec<&Record> = links.into_iter().filter_map(|index| records.get(index)).collect();
            links.last().map(|first| behind(record, &links, &first.event.actor))
        })
        .collect();
    for (record, actor) in records.iter_mut().zip(actors) {
        if let Some(actor) = actor {
            record.event.actor = actor;
        }
    }
}

fn caller(records: &[Record], index: usize) -> Option<(&str, Option<&str>)> {
    let record = records.get(index)?;
    Some((record.event.actor.id.as_deref()?, record.session.access_key.as_deref()))
}

/// The actor of a record whose session goes back, over these links, to the first actor.
fn behind(record: &Record, links: &[&Record], first: &AuditActor) -> AuditActor {
    let own = &record.event.actor;
    let kinds = || links.iter().map(|link| link.event.actor.kind).chain([own.kind]);
    let kind = if kinds().any(|kind| kind == Some(ActorKind::BreakGlass)) {
        Some(ActorKind::BreakGlass)
    } else {
        own.kind.or(first.kind)
    };
    // A service that assumes a role on its own account says less than the session does.
    let telling = first.kind != Some(ActorKind::Service) || own.kind.is_none();
    let id = match &record.session.source_identity {
        Some(source) => Some(source.clone()),
        None if telling => first.id.clone().or_else(|| own.id.clone()),
        None => own.id.clone(),
    };
    let via = record.session.role_arn.clone().or_else(|| own.via.clone());
    let via = via.or_else(|| own.id.clone().filter(|session| Some(session) != id.as_ref()));
    AuditActor { kind, rule: own.rule.clone(), via, id, superuser: own.superuser }
}
