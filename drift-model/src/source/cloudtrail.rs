//! CloudTrail records: who called which AWS API, with what.
//!
//! A log is read as it comes: single records, one a line, files, events of EventBridge, what `lookup-events` prints
//! ([`Reader::read_text`], [`Reader::read_document`]).
//!
//! | a record's | becomes | left out |
//! |---|---|---|
//! | `eventName`, `eventSource` | `verb`, and the service of the target | no record |
//! | `eventID` | `id`, and the evidence `cloudtrail://<id>` | no evidence |
//! | `eventTime` | `at`; RFC 3339, or `20131102T010628Z` | unknown |
//! | `readOnly` | whether it writes; as a text, too | the first word of `eventName` says so, or nobody. Where the two contradict each other nobody knows |
//! | `errorCode`, `errorMessage` | an attempt, and no change | it succeeded |
//! | `userIdentity` | who, and by [`ActorRules`] the kind of actor | nobody |
//! | `userIdentity.sessionContext` | role (`sessionIssuer.arn`), source identity, second factor | a session without them |
//! | `requestParameters`, `responseElements`, `resources[].ARN` | the target, by a table of pointers, one line for each kind of resource | no target |
//! | `recipientAccountId`, `awsRegion` | account and region of the target | unknown |
//!
//! Nothing else is read. `userAgent` and `sourceIPAddress` are the client's to write and prove nothing; of parameters and
//! responses only names are kept. Roles are matched on `sessionIssuer.arn`, which has the role's path; the name of a session
//! is chosen by the caller, and proves little unless a trust policy constrains it.
//!
//! Who stands behind a role session is often told by another record: [`chain`] joins the `AssumeRole` that handed out an
//! access key to the calls that were made with it.

mod chain;
mod identity;
mod resource;
mod verb;

use serde_json::{Map, Value};

pub use self::chain::chain;
use self::resource::Resources;
use self::verb::Verbs;
use crate::read::ReadError;
use crate::signal::AuditEvent;
use crate::source::actors::ActorRules;
use crate::source::audit_log::{self, Form, Log, LogReading, wrong};
use crate::time::Timestamp;

/// The name of the log, as [`Actor`](crate::Actor)s give it.
pub const LOG: &str = "cloudtrail";

/// One record.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// What it says.
    pub event: AuditEvent,
    /// The session that the call was made in.
    pub session: Session,
}

/// What joins the records of one session, and sessions to those that they were opened from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Session {
    /// The id of the access key that the call was made with (never the key itself).
    pub access_key: Option<String>,
    /// The principal: `AROA…:session` for a role session.
    pub principal: Option<String>,
    /// The ARN of the role, with its path.
    pub role_arn: Option<String>,
    /// The identity that was set when the first role was assumed, and that no later role can change.
    pub source_identity: Option<String>,
    /// The id of the access key that the call handed out (`AssumeRole`).
    pub issued_key: Option<String>,
    /// The principal of the session that the call opened (`AssumeRole`).
    pub issued_principal: Option<String>,
}

/// Reads records.
///
/// ```
/// use drift_model::ActorKind;
/// use drift_model::source::cloudtrail::Reader;
/// use serde_json::json;
///
/// let record = Reader::new().read(&json!({
///     "eventID": "52601748", "eventTime": "2026-07-03T10:11:02Z", "eventSource": "ec2.amazonaws.com",
///     "eventName": "AuthorizeSecurityGroupIngress", "readOnly": false,
///     "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/BreakGlassAdmin/alice@example.com",
///         "sessionContext": {"sourceIdentity": "alice", "sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/emergency/BreakGlassAdmin"}}},
///     "requestParameters": {"groupId": "sg-04d018d184a18f647"}, "responseElements": {"_return": true},
/// }))?;
/// assert_eq!(record.event.actor.kind, Some(ActorKind::BreakGlass));
/// assert_eq!(record.event.actor.id.as_deref(), Some("alice"));
/// assert_eq!(record.event.target.unwrap().keys, ["sg-04d018d184a18f647"]);
/// # Ok::<(), drift_model::ReadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    rules: ActorRules,
    resources: Resources,
    verbs: Verbs,
}

/// With the rules that come with the library.
impl Default for Reader {
    fn default() -> Self {
        Self { rules: ActorRules::built_in(), resources: Resources::built_in(), verbs: Verbs::built_in() }
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

    /// Reads all records of a text: one document, over however many lines, or one on each line.
    ///
    /// This is the method for a file or a body of unknown form: what each document may be, [`Reader::read_document`] says. A
    /// log that is too large to hold may be handed over line by line.
    #[must_use]
    pub fn read_text(&self, text: &str) -> LogReading<Record> {
        audit_log::of_text(self, text)
    }

    /// Reads all records of a document, which is one of these, or a list of such:
    ///
    /// - one record;
    /// - a file as CloudTrail delivers it, `{"Records": […]}`;
    /// - an event of EventBridge, with the record as its `detail`. Its `source` must be AWS's own: others may send events to
    ///   the same bus;
    /// - an answer of `LookupEvents`, `{"Events": [{"CloudTrailEvent": "…"}]}`, with each record as a text. One with a
    ///   `NextToken` is read, and told as a problem: the log goes on.
    ///
    /// ```
    /// use drift_model::source::cloudtrail::Reader;
    /// use serde_json::json;
    ///
    /// let answer = json!({"Events": [
    ///     {"EventId": "a", "CloudTrailEvent": r#"{"eventID": "a", "eventSource": "ec2.amazonaws.com", "eventName": "RebootInstances"}"#},
    ///     {"EventId": "b", "CloudTrailEvent": "{\"eventID\": "},
    /// ]});
    /// let log = Reader::new().read_document(&answer);
    /// assert_eq!(log.events[0].event.verb, "RebootInstances");
    /// assert!(log.problems[0].to_string().starts_with("in `/Events/1/CloudTrailEvent`: not JSON"));
    /// ```
    #[must_use]
    pub fn read_document(&self, document: &Value) -> LogReading<Record> {
        audit_log::of_document(self, document)
    }

    /// Reads one record.
    ///
    /// Members that are missing or null are unknown, and a record that contradicts itself is read as far as it goes.
    ///
    /// # Errors
    ///
    /// [`ReadError`] without a value for what is no record: not an object, without `eventName` or `eventSource`, with an
    /// identity or a name of another type.
    pub fn read(&self, record: &Value) -> Result<Record, ReadError> {
        let Value::Object(map) = record else { return Err(wrong("", "expected a CloudTrail record, as an object")) };
        if map.contains_key("Records") {
            return Err(wrong("/Records", "expected one record; of a file, hand over the items"));
        }
        let name = required(map, "eventName")?;
        let source = required(map, "eventSource")?;
        let service = source.strip_suffix(".amazonaws.com").unwrap_or(source);
        let user = match map.get("userIdentity") {
            None | Some(Value::Null) => None,
            Some(Value::Object(user)) => Some(user),
            Some(_) => return Err(wrong("/userIdentity", "expected an object")),
        };
        let error = ["errorCode", "errorMessage"].map(|member| text(map, member));

        let mut event = AuditEvent::new(LOG, text(map, "eventID").unwrap_or_default());
        event.at = text(map, "eventTime").and_then(time);
        name.clone_into(&mut event.verb);
        event.dry_run = error[0].is_some_and(|code| code.ends_with("DryRunOperation"));
        event.mutating = self.verbs.mutating(service, name, read_only(map)).map(|mutating| mutating && !event.dry_run);
        event.succeeded = Some(!event.dry_run && succeeded(record, name, &error));
        event.target = self.resources.find(record, service, name);
        let (actor, session) = identity::read(record, user, name, &self.rules);
        event.actor = actor;
        Ok(Record { event, session })
    }
}

impl Log for Reader {
    type Event = Record;

    fn form(document: &Map<String, Value>) -> Result<Form, ReadError> {
        let has = |name| document.contains_key(name);
        let source = || document.get("source").filter(|source| !source.is_null());
        Ok(if has("eventName") {
            Form::Entry
        } else if has("Records") {
            Form::List { of: "Records", next: None }
        } else if has("Events") {
            Form::List { of: "Events", next: Some("NextToken") }
        } else if has("CloudTrailEvent") {
            Form::Text("CloudTrailEvent")
        } else if has("detail-type") && has("detail") {
            if source().is_some_and(|source| !source.as_str().is_some_and(|source| source.starts_with("aws."))) {
                return Err(wrong("/source", "expected a source of AWS, such as `aws.ec2`; others prove nothing"));
            }
            Form::Envelope("detail")
        } else {
            Form::Entry
        })
    }

    fn entry(&self, entry: &Value) -> Result<Record, ReadError> {
        self.read(entry)
    }
}

fn required<'a>(map: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, ReadError> {
    match map.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None | Some(Value::Null) => Err(wrong("", &format!("expected a CloudTrail record, which has `{name}`"))),
        Some(_) => Err(wrong(&format!("/{name}"), "expected a text")),
    }
}

/// A text that says something.
fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && *text != HIDDEN)
}

/// What stands for what the log does not show.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// `LookupEvents` answers a text.
fn read_only(map: &Map<String, Value>) -> Option<bool> {
    match map.get("readOnly")? {
        Value::Bool(read_only) => Some(*read_only),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A refused sign-in is no error of the API.
fn succeeded(record: &Value, name: &str, error: &[Option<&str>]) -> bool {
    let sign_in = record.pointer("/responseElements/ConsoleLogin").and_then(Value::as_str);
    match sign_in.filter(|_| name == "ConsoleLogin") {
        Some(answer) => answer == "Success",
        None => error.iter().all(Option::is_none),
    }
}

/// RFC 3339, or its basic form `20131102T010628Z`.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if (date.len(), clock.len()) != (8, 6) || !digits(date) || !digits(clock) {
            return None;
        }
        let part = |text: &str, from: usize, to: usize| text.get(from..to).map(str::to_owned);
        let (year, month, day) = (part(date, 0, 4)?, part(date, 4, 6)?, part(date, 6, 8)?);
        let (hour, minute, second) = (part(clock, 0, 2)?, part(clock, 2, 4)?, part(clock, 4, 6)?);
        format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
    })
}

#[cfg(test)]
mod tests;
