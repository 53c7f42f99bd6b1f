//! What is handed over of an audit log: one entry, a batch in an envelope, or one document a line.

use std::fmt;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::read::{self, ReadError, ReadErrorKind};

/// What was read of an audit log, whatever it was wrapped in.
///
/// Every entry that was handed over is in one of the two lists.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct LogReading<T> {
    /// What could be read, in the order of the log.
    pub events: Vec<T>,
    /// What could not be read, in the order of the log. While there is any, the log isn't all there.
    pub problems: Vec<LogProblem>,
}

/// No entries.
impl<T> Default for LogReading<T> {
    fn default() -> Self {
        Self { events: Vec::new(), problems: Vec::new() }
    }
}

/// A part of a log that could not be read. The parts beside it were.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct LogProblem {
    /// The line of the text on which the document stands, from 1, where there is one document a line.
    pub line: Option<usize>,
    /// The entry, as an RFC 6901 pointer into the document; empty where the document is the entry.
    pub pointer: String,
    /// What is wrong, and where in the entry.
    pub error: ReadError,
}

impl LogProblem {
    /// Does the text end in the middle of a value? A line that does may be the first of a document of several lines.
    #[must_use]
    pub const fn is_cut_short(&self) -> bool {
        self.pointer.is_empty() && is_cut_short(&self.error)
    }
}

const fn is_cut_short(error: &ReadError) -> bool {
    matches!(error.kind, ReadErrorKind::Syntax { at_end: true, .. })
}

impl std::error::Error for LogProblem {}

impl fmt::Display for LogProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, pointer, error } = self;
        line.map_or(Ok(()), |line| write!(f, "line {line}: "))?;
        match &error.kind {
            _ if pointer.is_empty() => write!(f, "{error}"),
            ReadErrorKind::Data { pointer: inner, expected } => write!(f, "at `{pointer}{inner}`: {expected}"),
            ReadErrorKind::Syntax { .. } | ReadErrorKind::TooDeep { .. } | ReadErrorKind::NumberTooLarge { .. } => {
                write!(f, "in `{pointer}`: {error}")
            }
        }
    }
}

/// A document as a log has it.
pub(super) enum Form {
    /// One entry, as far as anybody can tell.
    Entry,
    /// Documents, in a list under this name. A member `next` says that it goes on elsewhere.
    List { of: &'static str, next: Option<&'static str> },
    /// A document under this name.
    Envelope(&'static str),
    /// A document under this name, as a text.
    Text(&'static str),
}

/// A log whose documents can be taken apart.
pub(super) trait Log {
    /// What is made of an entry.
    type Event;

    /// Which form the document has.
    ///
    /// # Errors
    ///
    /// For a document that has one of the forms and is of another log.
    fn form(document: &Map<String, Value>) -> Result<Form, ReadError>;

    /// Reads one entry.
    fn entry(&self, entry: &Value) -> Result<Self::Event, ReadError>;
}

/// No log is wrapped more often.
const MAX_LAYERS: usize = 8;

/// Reads all entries of a text: one document, over however many lines, or one on each line.
pub(super) fn of_text<L: Log>(log: &L, text: &str) -> LogReading<L::Event> {
    let mut taken = Taken { log, reading: LogReading::default() };
    let lines = || (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let mut alone = lines().map(|(_, line)| read::from_json::<IgnoredAny>(line));
    let spans_lines = alone.next().is_some_and(|first| first.is_err_and(|error| is_cut_short(&error)));
    match spans_lines.then(|| read::from_json::<Value>(text)) {
        Some(Ok(document)) => taken.document(&document, "", 0),
        // The first line of several may have been cut short: then the next is a document again.
        Some(Err(error)) if alone.next().is_none_or(|second| second.is_err()) => taken.problem("", error),
        Some(Err(_)) | None => {
            for (number, line) in lines() {
                let before = taken.reading.problems.len();
                taken.text(line, "", 0);
                taken.reading.problems.iter_mut().skip(before).for_each(|problem| problem.line = Some(number));
            }
        }
    }
    taken.reading
}

/// Reads all entries of a document.
pub(super) fn of_document<L: Log>(log: &L, document: &Value) -> LogReading<L::Event> {
    let mut taken = Taken { log, reading: LogReading::default() };
    taken.document(document, "", 0);
    taken.reading
}

struct Taken<'a, L: Log> {
    log: &'a L,
    reading: LogReading<L::Event>,
}

impl<L: Log> Taken<'_, L> {
    fn text(&mut self, text: &str, pointer: &str, layers: usize) {
        match read::from_json::<Value>(text) {
            Ok(document) => self.document(&document, pointer, layers),
            Err(error) => self.problem(pointer, error),
        }
    }

    fn document(&mut self, document: &Value, pointer: &str, layers: usize) {
        if layers > MAX_LAYERS {
            return self.problem(pointer, wrong("", "expected an entry of the log, not wrapped again"));
        }
        let layers = layers.saturating_add(1);
        let map = match document {
            Value::Array(items) => return self.list(items, pointer, layers),
            Value::Object(map) => map,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return self.entry(document, pointer),
        };
        let held = |name| (map.get(name).unwrap_or(&Value::Null), format!("{pointer}/{name}"));
        match L::form(map) {
            Err(error) => self.problem(pointer, error),
            Ok(Form::Entry) => self.entry(document, pointer),
            Ok(Form::Envelope(name)) => {
                let (inner, pointer) = held(name);
                self.document(inner, &pointer, layers);
            }
            Ok(Form::List { of, next }) => {
                match held(of) {
                    (Value::Array(items), pointer) => self.list(items, &pointer, layers),
                    // Go writes `null` for a list without items.
                    (Value::Null, _) if map.contains_key(of) => {}
                    (_, pointer) => self.problem(&pointer, wrong("", "expected a list")),
                }
                if next.is_some_and(|next| !held(next).0.is_null()) {
                    self.problem(pointer, wrong("", "expected the last page; there is more of the log than this"));
                }
            }
            Ok(Form::Text(name)) => match held(name) {
                (Value::String(text), pointer) => self.text(text, &pointer, layers),
                (_, pointer) => self.problem(&pointer, wrong("", "expected an entry of the log, as JSON text")),
            },
        }
    }

    fn list(&mut self, items: &[Value], pointer: &str, layers: usize) {
        for (index, item) in items.iter().enumerate() {
            self.document(item, &format!("{pointer}/{index}"), layers);
        }
    }

    fn entry(&mut self, entry: &Value, pointer: &str) {
        match self.log.entry(entry) {
            Ok(event) => self.reading.events.push(event),
            Err(error) => self.problem(pointer, error),
        }
    }

    fn problem(&mut self, pointer: &str, error: ReadError) {
        self.reading.problems.push(LogProblem { line: None, pointer: pointer.to_owned(), error });
    }
}

/// What stands at a place of an entry is of another shape.
pub(super) fn wrong(pointer: &str, expected: &str) -> ReadError {
    ReadError { kind: ReadErrorKind::Data { pointer: pointer.to_owned(), expected: expected.to_owned() } }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::source::{cloudtrail, kubernetes_audit};

    fn event(id: &str) -> Value {
        json!({"auditID": id, "verb": "patch", "objectRef": {"resource": "deployments", "name": "web"}})
    }

    fn record(id: &str) -> Value {
        json!({"eventID": id, "eventSource": "ec2.amazonaws.com", "eventName": "RebootInstances"})
    }

    fn event_list(version: &str, items: &Value) -> Value {
        json!({"kind": "EventList", "apiVersion": version, "metadata": {}, "items": items})
    }

    /// The ids of the events, and the problems.
    fn events(text: &str) -> (Vec<String>, Vec<String>) {
        let read = kubernetes_audit::Reader::new().read_text(text);
        (
            read.events.into_iter().map(|event| event.id).collect(),
            read.problems.iter().map(ToString::to_string).collect(),
        )
    }

    fn records(document: &Value) -> (Vec<String>, Vec<String>) {
        let read = cloudtrail::Reader::new().read_document(document);
        (
            read.events.into_iter().map(|record| record.event.id).collect(),
            read.problems.iter().map(ToString::to_string).collect(),
        )
    }

    fn told(ids: &[&str], problems: &[&str]) -> (Vec<String>, Vec<String>) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        (owned(ids), owned(problems))
    }

    #[test]
    fn an_event_list_is_read_in_every_version_and_a_bad_item_harms_no_other() {
        for version in ["audit.k8s.io/v1", "audit.k8s.io/v1beta1"] {
            let items = json!([event("a"), {"verb": "get", "user": "CANARY"}, "CANARY", {"kind": "Event", "apiVersion": "v1"}, event("b")]);
            let list = event_list(version, &items);
            let expected = told(
                &["a", "b"],
                &[
                    "at `/items/1/user`: expected an object",
                    "at `/items/2`: expected an audit event, as an object",
                    "at `/items/3/apiVersion`: expected `audit.k8s.io/v1`, or an older version of it",
                ],
            );
            assert_eq!(events(&serde_json::to_string_pretty(&list).unwrap()), expected);
            let on_a_line = events(&list.to_string());
            assert_eq!(on_a_line.0, expected.0);
            assert_eq!(on_a_line.1, expected.1.iter().map(|told| format!("line 1: {told}")).collect::<Vec<_>>());
        }
        assert_eq!(events(&event_list("audit.k8s.io/v1", &json!(null)).to_string()), told(&[], &[]));
        assert_eq!(
            events(&event_list("v1", &json!([event("a")])).to_string()),
            told(&[], &["line 1: at `/apiVersion`: expected `audit.k8s.io/v1`, or an older version of it"])
        );
        for broken in [json!({"kind": "EventList"}), event_list("audit.k8s.io/v1", &json!("CANARY"))] {
            assert_eq!(events(&broken.to_string()), told(&[], &["line 1: at `/items`: expected a list"]));
        }
    }

    #[test]
    fn each_line_may_be_an_event_or_a_list_of_them_and_is_for_itself() {
        let list = event_list("audit.k8s.io/v1", &json!([event("b"), 7, event("c")]));
        let text =
            format!("\n{}\r\n\n{list}\nCANARY\n{}\n{{\"verb\": \"CANARY", event("a"), json!([event("d"), event("e")]));
        assert_eq!(
            events(&text),
            told(
                &["a", "b", "c", "d", "e"],
                &[
                    "line 4: at `/items/1`: expected an audit event, as an object",
                    "line 5: not JSON at line 1 column 1",
                    "line 7: not JSON at line 1 column 16: the text ends too early; is the line complete?",
                ]
            )
        );
        assert_eq!(events(""), told(&[], &[]));
        assert_eq!(events(" \n"), told(&[], &[]));
    }

    #[test]
    fn a_first_line_that_was_cut_short_does_not_take_the_others_with_it() {
        let text = format!("{{\"verb\": \"CANARY\n{}\n{}", event("a"), event("b"));
        assert_eq!(
            events(&text),
            told(
                &["a", "b"],
                &["line 1: not JSON at line 1 column 16: the text ends too early; is the line complete?"]
            )
        );
        // One document over several lines that was cut short has no lines to read.
        let list = serde_json::to_string_pretty(&event_list("audit.k8s.io/v1", &json!([event("a")]))).unwrap();
        let read = kubernetes_audit::Reader::new().read_text(list.trim_end_matches(['}', '\n']));
        assert!(read.events.is_empty() && matches!(read.problems.as_slice(), [only] if only.is_cut_short()));
    }

    #[test]
    fn every_form_of_cloudtrail_is_read_and_what_is_none_is_told() {
        let envelope = |source: Value, detail: Value| json!({"detail-type": "AWS API Call via CloudTrail", "source": source, "detail": detail});
        let text = |record: &Value| json!({"EventId": "x", "ReadOnly": "false", "CloudTrailEvent": record.to_string()});
        for (document, expected) in [
            (record("a"), told(&["a"], &[])),
            (json!({"Records": [record("a"), record("b")]}), told(&["a", "b"], &[])),
            (json!({"Records": []}), told(&[], &[])),
            (envelope(json!("aws.ec2"), record("a")), told(&["a"], &[])),
            (envelope(json!(null), record("a")), told(&["a"], &[])),
            (json!([envelope(json!("aws.iam"), record("a")), record("b")]), told(&["a", "b"], &[])),
            (
                envelope(json!("CANARY"), record("a")),
                told(&[], &["at `/source`: expected a source of AWS, such as `aws.ec2`; others prove nothing"]),
            ),
            (
                json!({"detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "detail": {"state": "CANARY"}}),
                told(&[], &["at `/detail`: expected a CloudTrail record, which has `eventName`"]),
            ),
            (json!({"Events": [text(&record("a")), text(&record("b"))]}), told(&["a", "b"], &[])),
            (
                json!({"Events": [text(&record("a")), {"EventId": "CANARY"}, {"CloudTrailEvent": "CANARY"}, {"CloudTrailEvent": null}, text(&json!({"eventName": "b"}))], "NextToken": "CANARY"}),
                told(
                    &["a"],
                    &[
                        "at `/Events/1`: expected a CloudTrail record, which has `eventName`",
                        "in `/Events/2/CloudTrailEvent`: not JSON at line 1 column 1",
                        "at `/Events/3/CloudTrailEvent`: expected an entry of the log, as JSON text",
                        "at `/Events/4/CloudTrailEvent`: expected a CloudTrail record, which has `eventSource`",
                        "at the root: expected the last page; there is more of the log than this",
                    ],
                ),
            ),
            (json!({"Records": {"a": "CANARY"}}), told(&[], &["at `/Records`: expected a list"])),
            (json!("CANARY"), told(&[], &["at the root: expected a CloudTrail record, as an object"])),
        ] {
            assert_eq!(records(&document), expected, "{document}");
        }
        let file = serde_json::to_string_pretty(&json!({"Records": [record("a")]})).unwrap();
        assert_eq!(cloudtrail::Reader::new().read_text(&file).events.len(), 1);
    }

    #[test]
    fn what_is_wrapped_without_end_ends_in_a_problem() {
        let mut document = record("a");
        for _ in 0..MAX_LAYERS {
            document = json!({"detail-type": "x", "detail": document});
        }
        assert_eq!(records(&document).0, ["a"]);
        for _ in 0..5_000 {
            document = Value::Array(vec![document]);
        }
        let (found, problems) = records(&document);
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(problems, ["at `/0/0/0/0/0/0/0/0/0`: expected an entry of the log, not wrapped again"]);
        // Dropping a value goes as deep as the value.
        while let Value::Array(mut items) = document {
            document = items.pop().unwrap();
        }
    }

    proptest! {
        /// However a log is wrapped, each entry is read as it is read alone, or told.
        #[test]
        fn wrapping_changes_nothing_and_loses_nothing(entries in prop::collection::vec(prop_oneof![
            "[a-z]{1,4}".prop_map(|id| event(&id)),
            Just(json!({"verb": 7})),
            Just(json!(null)),
        ], 0..8)) {
            let reader = kubernetes_audit::Reader::new();
            let alone: Vec<_> = entries.iter().map(|entry| reader.read(entry)).collect();
            let lines = entries.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
            let list = event_list("audit.k8s.io/v1", &json!(entries));
            for read in [
                reader.read_text(&lines),
                reader.read_text(&serde_json::to_string_pretty(&list).unwrap()),
                reader.read_document(&list),
                reader.read_document(&Value::Array(entries)),
            ] {
                let (good, bad): (Vec<_>, Vec<_>) = alone.iter().cloned().partition(Result::is_ok);
                prop_assert_eq!(read.events, good.into_iter().flatten().collect::<Vec<_>>());
                let errors: Vec<_> = read.problems.into_iter().map(|problem| Err(problem.error)).collect();
                prop_assert_eq!(errors, bad);
            }
        }
    }
}
