//! Kubernetes audit events (`audit.k8s.io`): who asked the API server for what.
//!
//! A log is read as it comes: single events, one a line, in an `EventList`, of every version of the API
//! ([`Reader::read_text`], [`Reader::read_document`]). One request makes several events that share an id, one for each stage;
//! [`latest`] keeps the last of them.
//!
//! | an event's | becomes | left out |
//! |---|---|---|
//! | `auditID` | `id`, and the evidence `kubernetes-audit://<id>` | no evidence; joined with no other stage |
//! | `stage` | `stage` | unknown |
//! | `stageTimestamp`, `requestReceivedTimestamp`, `timestamp`, `metadata.creationTimestamp` | `at`, the first of them that is a time | unknown: such an event may be of any moment |
//! | `verb` | `verb`; whether such a request writes | nobody knows whether it wrote |
//! | `user.username`, `user.groups` | who acted, and by [`ActorRules`] the kind of actor | nobody |
//! | `impersonatedUser` | who acted; `user` is then through whom. A person who acts as a machine is a person, an emergency identity stays one | `user` acted |
//! | `objectRef` | the target; the kind from a table of plurals, else from a body | no target |
//! | `requestURI`, of a deletion its body too | whether it was a dry run | it was none |
//! | `responseStatus.code` | whether it succeeded: 2xx, or 101 | unknown |
//! | `requestObject` | the paths that a patch wrote; the kind | any path may have been written |
//! | `responseObject` | the kind, and the name of what was created | unknown |
//!
//! Nothing else is read. `userAgent` and `sourceIPs` are the client's to write and prove nothing; of the bodies no value is
//! kept. An id, a verb, a user, a reference or a status of another type makes the event unreadable: the error has the place, and
//! no value.

mod fields;
mod kinds;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use self::kinds::Kinds;
use crate::facts::ActorKind;
use crate::read::ReadError;
use crate::resource::ResourceRef;
use crate::signal::{AuditActor, AuditEvent, Stage, Target};
use crate::source::actors::{ActorRules, Identity, RuleLog};
use crate::source::audit_log::{self, Form, Log, LogReading, wrong};
use crate::time::Timestamp;

/// The name of the log, as [`Actor`](crate::Actor)s give it.
pub const LOG: &str = "kubernetes-audit";

/// Reads audit events.
///
/// ```
/// use drift_model::ActorKind;
/// use drift_model::source::kubernetes_audit::Reader;
/// use serde_json::json;
///
/// let event = Reader::new().read(&json!({
///     "kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "0eaf743e", "stage": "ResponseComplete", "verb": "patch",
///     "user": {"username": "alice@example.com"}, "impersonatedUser": {"username": "break-glass"},
///     "objectRef": {"resource": "deployments", "namespace": "prod", "name": "web", "apiGroup": "apps", "apiVersion": "v1"},
///     "responseStatus": {"code": 200}, "requestObject": {"spec": {"replicas": 5}},
/// }))?;
/// assert_eq!(event.actor.kind, Some(ActorKind::BreakGlass));
/// assert_eq!(event.actor.via.as_deref(), Some("alice@example.com"));
/// assert_eq!(event.target.unwrap().resource.to_string(), "Deployment/prod/web");
/// assert_eq!(event.fields.unwrap()[0].to_string(), "/spec/replicas");
/// # Ok::<(), drift_model::ReadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    rules: ActorRules,
    kinds: Kinds,
}

/// With the rules that come with the library.
impl Default for Reader {
    fn default() -> Self {
        Self { rules: ActorRules::built_in(), kinds: Kinds::built_in() }
    }
}

impl Reader {
    /// A reader with the rules that come with the library.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader with these rules.
    #[must_use]
    pub fn with_rules(rules: ActorRules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Reads all events of a text: one document, over however many lines, or one on each line.
    ///
    /// This is the method for a file or a body of unknown form: what each document may be, [`Reader::read_document`] says. A
    /// log that is too large to hold may be handed over line by line.
    #[must_use]
    pub fn read_text(&self, text: &str) -> LogReading<AuditEvent> {
        audit_log::of_text(self, text)
    }

    /// Reads all events of a document: one event, the `items` of an `EventList` (what a webhook is sent), or a list of such.
    ///
    /// ```
    /// use drift_model::source::kubernetes_audit::Reader;
    /// use serde_json::json;
    ///
    /// let sent = json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [
    ///     {"auditID": "0eaf743e", "verb": "delete", "objectRef": {"resource": "pods", "name": "web-0"}},
    ///     {"auditID": "7c1f06b2", "verb": "patch", "user": "alice"},
    /// ]});
    /// let log = Reader::new().read_document(&sent);
    /// assert_eq!(log.events[0].id, "0eaf743e");
    /// assert_eq!(log.problems[0].to_string(), "at `/items/1/user`: expected an object");
    /// ```
    #[must_use]
    pub fn read_document(&self, document: &Value) -> LogReading<AuditEvent> {
        audit_log::of_document(self, document)
    }

    /// Reads one event.
    ///
    /// Members that are missing or null are unknown: old logs lack several, and a log may contradict itself.
    ///
    /// # Errors
    ///
    /// [`ReadError`] without a value for what is no audit event: another kind of object, an object that neither tells
    /// what was asked for nor of what, a member of another type.
    pub fn read(&self, event: &Value) -> Result<AuditEvent, ReadError> {
        let event = Event::of(event)?;
        let user = event.object("/user", "user")?;
        let impersonated = event.object("/impersonatedUser", "impersonatedUser")?;
        let reference = event.object("/objectRef", "objectRef")?;
        let status = event.object("/responseStatus", "responseStatus")?;
        let verb = event.text("verb")?.unwrap_or_default();
        let stage = event.text("stage")?.and_then(|stage| stage.parse::<Stage>().ok());
        let uri = event.text("requestURI")?.unwrap_or_default();

        let mut read = AuditEvent::new(LOG, event.text("auditID")?.unwrap_or_default());
        read.stage = stage;
        read.at = event.at();
        read.actor = self.actor(user, impersonated);
        read.dry_run = is_dry_run(uri, verb, event.body("requestObject"));
        read.target = reference.and_then(|reference| self.target(&event, reference, verb));
        read.mutating = mutating(verb, read.target.as_ref()).map(|mutating| mutating && !read.dry_run);
        let code = status.and_then(|status| status.get("code")).and_then(Value::as_u64).filter(|code| *code > 0);
        read.succeeded = match code {
            _ if read.dry_run => Some(false),
            _ if stage == Some(Stage::RequestReceived) => None,
            Some(code) => Some((200..300).contains(&code) || code == 101),
            None => None,
        };
        let subresource = read.target.as_ref().map_or("", |target| target.subresource.as_str());
        read.fields = fields::written(verb, subresource, event.body("requestObject"));
        verb.clone_into(&mut read.verb);
        Ok(read)
    }

    /// Whoever is impersonated acted, through the user who did so.
    fn actor(&self, user: Option<&Map<String, Value>>, impersonated: Option<&Map<String, Value>>) -> AuditActor {
        let user = self.identified(user);
        let mut acting = self.identified(impersonated);
        if acting.id.is_none() {
            return user;
        }
        if user.id.is_some() && takes_over(user.kind, acting.kind) {
            acting.kind = user.kind;
            acting.rule = user.rule;
        }
        acting.via = user.id;
        acting
    }

    fn identified(&self, user: Option<&Map<String, Value>>) -> AuditActor {
        let id = user.and_then(|user| user.get("username")).and_then(Value::as_str).filter(|name| !name.is_empty());
        let groups: Vec<&str> = user
            .and_then(|user| user.get("groups"))
            .and_then(Value::as_array)
            .map(|groups| groups.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let superuser = groups.contains(&"system:masters");
        let (namespace, service_account) = id
            .and_then(|name| name.strip_prefix("system:serviceaccount:"))
            .and_then(|name| name.split_once(':'))
            .unwrap_or_default();
        let identity = Identity {
            somebody: id.is_some(),
            user: id.unwrap_or_default(),
            service_account,
            namespace,
            groups,
            ..Identity::default()
        };
        let rule = self.rules.find(RuleLog::Kubernetes, &identity);
        AuditActor {
            kind: rule.and_then(|rule| rule.kind),
            rule: rule.map(|rule| rule.id.clone()).unwrap_or_default(),
            via: None,
            superuser,
            id: id.map(str::to_owned),
        }
    }

    fn target(&self, event: &Event<'_>, reference: &Map<String, Value>, verb: &str) -> Option<Target> {
        let text = |name| reference.get(name).and_then(Value::as_str).unwrap_or_default();
        let plural = Some(text("resource")).filter(|plural| !plural.is_empty())?;
        let (group, version, subresource) = (text("apiGroup"), text("apiVersion"), text("subresource"));
        let mut name = text("name");
        if name.is_empty() && verb == "create" && subresource.is_empty() {
            // The server names what `generateName` asks for.
            let created = event.body("responseObject").and_then(|body| body.pointer("/metadata/name"));
            name = created.and_then(Value::as_str).unwrap_or_default();
        }
        let known = self.kinds.find(group, version, plural).map(str::to_owned);
        let of_body = || {
            let bodies = ["requestObject", "responseObject"].into_iter().filter_map(|body| event.body(body));
            bodies.into_iter().find_map(|body| kinds::of_body(body, group, version, plural))
        };
        let kind = known.or_else(|| of_body().filter(|_| subresource.is_empty())).unwrap_or_default();
        // A namespace is not in itself.
        let namespace = if (group, plural) == ("", "namespaces") { "" } else { text("namespace") };
        let mut target = Target::of(ResourceRef::kubernetes(group, version, &kind, namespace, name));
        plural.clone_into(&mut target.plural);
        subresource.clone_into(&mut target.subresource);
        target.collection = verb == "deletecollection";
        Some(target)
    }
}

impl Log for Reader {
    type Event = AuditEvent;

    fn form(document: &Map<String, Value>) -> Result<Form, ReadError> {
        if document.get("kind").and_then(Value::as_str) != Some("EventList") {
            return Ok(Form::Entry);
        }
        Event(document).of_this_api()?;
        Ok(Form::List { of: "items", next: None })
    }

    fn entry(&self, entry: &Value) -> Result<AuditEvent, ReadError> {
        self.read(entry)
    }
}

/// Is the kind of actor that of the user rather than that of whom it impersonates?
///
/// An emergency identity stays one whoever it acts as. A person who borrows the identity of a machine (`kubectl --as`) is a
/// person, and if nobody knows what the user is, nobody knows that it was the machine.
fn takes_over(user: Option<ActorKind>, impersonated: Option<ActorKind>) -> bool {
    let machine = match impersonated {
        Some(ActorKind::Pipeline | ActorKind::Controller | ActorKind::Service) => true,
        Some(ActorKind::Human | ActorKind::BreakGlass | ActorKind::Root | ActorKind::Unattributed) | None => false,
    };
    match user {
        Some(ActorKind::BreakGlass) => true,
        Some(ActorKind::Human | ActorKind::Root | ActorKind::Unattributed) | None => machine,
        Some(ActorKind::Pipeline | ActorKind::Controller | ActorKind::Service) => false,
    }
}

/// The events of each request at their last stage, in order. Of equal events one is kept.
#[must_use]
pub fn latest(events: Vec<AuditEvent>) -> Vec<AuditEvent> {
    let mut by_id: BTreeMap<(String, String, String), Vec<usize>> = BTreeMap::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| !event.id.is_empty()) {
        by_id.entry((event.log.clone(), event.id.clone(), event.verb.clone())).or_default().push(index);
    }
    let superseded: Vec<bool> = events
        .iter()
        .enumerate()
        .map(|(index, event)| {
            let same = by_id.get(&(event.log.clone(), event.id.clone(), event.verb.clone()));
            same.into_iter().flatten().any(|other| {
                events
                    .get(*other)
                    .is_some_and(|known| event.is_superseded_by(known) || (*other < index && known == event))
            })
        })
        .collect();
    events.into_iter().zip(superseded).filter(|(_, superseded)| !superseded).map(|(event, _)| event).collect()
}

/// An object that is an audit event as far as anybody can tell.
struct Event<'a>(&'a Map<String, Value>);

impl<'a> Event<'a> {
    fn of(event: &'a Value) -> Result<Self, ReadError> {
        let Value::Object(map) = event else { return Err(wrong("", "expected an audit event, as an object")) };
        let event = Self(map);
        event.of_this_api()?;
        if event.text("kind")?.is_some_and(|kind| kind != "Event") {
            return Err(wrong("/kind", "expected `Event`; of an `EventList`, hand over the items"));
        }
        if !["verb", "objectRef", "requestURI"].iter().any(|name| map.get(*name).is_some_and(|value| !value.is_null()))
        {
            return Err(wrong("", "expected an audit event, which has a `verb`, an `objectRef` or a `requestURI`"));
        }
        Ok(event)
    }

    fn of_this_api(&self) -> Result<(), ReadError> {
        match self.text("apiVersion")? {
            Some(version) if !version.starts_with("audit.k8s.io/") => {
                Err(wrong("/apiVersion", "expected `audit.k8s.io/v1`, or an older version of it"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn text(&self, name: &'static str) -> Result<Option<&'a str>, ReadError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty()).map(String::as_str)),
            Some(_) => Err(wrong(&format!("/{name}"), "expected a text")),
        }
    }

    fn object(&self, pointer: &str, name: &str) -> Result<Option<&'a Map<String, Value>>, ReadError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(_) => Err(wrong(pointer, "expected an object")),
        }
    }

    fn body(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|body| !body.is_null())
    }

    fn at(&self) -> Option<Timestamp> {
        let time = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
        ["stageTimestamp", "requestReceivedTimestamp", "timestamp"]
            .into_iter()
            .find_map(|name| self.0.get(name).and_then(time))
            .or_else(|| self.0.get("metadata").and_then(|metadata| metadata.get("creationTimestamp")).and_then(time))
    }
}

/// Subresources that open a channel or hand something out, and change no object.
const CHANNELS: [&str; 6] = ["exec", "attach", "portforward", "proxy", "log", "token"];

/// Groups whose objects are questions.
const QUESTIONS: [&str; 2] = ["authorization.k8s.io", "authentication.k8s.io"];

fn mutating(verb: &str, target: Option<&Target>) -> Option<bool> {
    match verb {
        "create" | "update" | "patch" | "delete" | "deletecollection" => {
            let harmless = target.is_some_and(|target| {
                CHANNELS.contains(&target.subresource.as_str())
                    || QUESTIONS.contains(&target.resource.group.as_str())
                    || target.plural.ends_with("accessreviews")
            });
            Some(!harmless)
        }
        "get" | "list" | "watch" => Some(false),
        _ => None,
    }
}

/// Of a deletion, the body may say so too.
fn is_dry_run(uri: &str, verb: &str, body: Option<&Value>) -> bool {
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let asked = query
        .split('&')
        .any(|pair| pair.strip_prefix("dryRun=").is_some_and(|value| value.eq_ignore_ascii_case("all")));
    let options = || {
        let listed = body.and_then(|body| body.get("dryRun")).and_then(Value::as_array);
        listed.is_some_and(|listed| listed.iter().any(|value| value.as_str() == Some("All")))
    };
    asked || (verb.starts_with("delete") && options())
}

#[cfg(test)]
mod tests;
