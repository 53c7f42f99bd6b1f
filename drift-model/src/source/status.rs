//! What the readers of controllers' objects share: places in a document, and what cannot be read there.
//!
//! A member that is left out and a member that cannot be read are two things: the first means the documented default, the
//! second means that nobody knows. Nothing here turns the second into the first.

use std::cell::RefCell;
use std::fmt;

use serde_json::Value;

use crate::source::managed_fields::{ManagedFields, PathElement};
use crate::time::{Span, Timestamp};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// A switch in a document.
    pub enum Setting as "setting" {
        /// It says yes.
        On = "ON",
        /// It says no.
        Off = "OFF",
        /// It is left out.
        Absent = "ABSENT",
        /// It is there, and is neither.
        Unknown = "UNKNOWN",
    }
}

impl Setting {
    /// Is it on, where left out means `default`? `None` where it cannot be read.
    #[must_use]
    pub const fn or(self, default: bool) -> Option<bool> {
        match self {
            Self::On => Some(true),
            Self::Off => Some(false),
            Self::Absent => Some(default),
            Self::Unknown => None,
        }
    }
}

/// Free text of a controller. It may repeat anything, so it does not print.
///
/// Controllers put error texts of others into their messages, and those have held secrets before. Whoever shows one takes
/// that on himself.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Prose(String);

impl Prose {
    /// The text, with whatever it repeats.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prose({} bytes)", self.0.len())
    }
}

/// A document that is not the object that it was handed over as. It says where and what, and never repeats a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("at {}: {kind}", place(.pointer))]
#[non_exhaustive]
pub struct StatusError {
    /// Where, as an RFC 6901 pointer.
    pub pointer: &'static str,
    /// What is wrong.
    pub kind: StatusErrorKind,
}

impl StatusError {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.kind {
            StatusErrorKind::NotAnObject => "not-an-object",
            StatusErrorKind::ApiVersion { .. } => "wrong-api-version",
            StatusErrorKind::Kind { .. } => "wrong-kind",
            StatusErrorKind::Name => "no-name",
        }
    }
}

/// What is wrong with a document as a whole.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusErrorKind {
    /// It is no object.
    #[error("expected an object, as the API server answers it")]
    NotAnObject,
    /// It is of another API group.
    #[error("expected an API version of the group `{group}`; hand over the object of that API")]
    ApiVersion {
        /// The group.
        group: &'static str,
    },
    /// It is of another kind.
    #[error("expected one of the kinds `{}`", .kinds.join("`, `"))]
    Kind {
        /// The kinds.
        kinds: &'static [&'static str],
    },
    /// It has no name.
    #[error("expected a name as text")]
    Name,
}

/// A member of a document that could not be read. The rest was, and what hangs on that member is unknown.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct StatusProblem {
    /// Where, as an RFC 6901 pointer.
    pub pointer: String,
    /// A stable name for the problem.
    pub code: &'static str,
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for StatusProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: expected {}; it is taken as unknown", place(&self.pointer), self.expected)
    }
}

fn place(pointer: &str) -> String {
    if pointer.is_empty() { "the root".to_owned() } else { format!("`{pointer}`") }
}

/// Collects what could not be read.
#[derive(Default)]
pub(super) struct Notes(RefCell<Vec<StatusProblem>>);

impl Notes {
    pub(super) fn note(&self, pointer: &str, code: &'static str, expected: &'static str) {
        self.0.borrow_mut().push(StatusProblem { pointer: pointer.to_owned(), code, expected });
    }

    /// The problems, sorted by place, each once.
    pub(super) fn into_problems(self) -> Vec<StatusProblem> {
        let mut problems = self.0.into_inner();
        problems.sort_by(|a, b| (&a.pointer, a.code, a.expected).cmp(&(&b.pointer, b.code, b.expected)));
        problems.dedup();
        problems
    }
}

/// What was read at a place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Read<T> {
    /// Nothing is there, or `null`.
    Absent,
    /// This.
    Is(T),
    /// Something else than what belongs there.
    Unreadable,
}

impl<T> Read<T> {
    pub(super) fn ok(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Unreadable => None,
        }
    }

    pub(super) const fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable)
    }

    pub(super) const fn is_there(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Read<U> {
        match self {
            Self::Absent => Read::Absent,
            Self::Is(value) => read(value).map_or(Read::Unreadable, Read::Is),
            Self::Unreadable => Read::Unreadable,
        }
    }
}

/// A place in a document that is being read.
#[derive(Clone)]
pub(super) struct Node<'v, 'n> {
    value: Read<&'v Value>,
    pub(super) pointer: String,
    notes: &'n Notes,
}

impl<'v, 'n> Node<'v, 'n> {
    pub(super) fn root(value: &'v Value, notes: &'n Notes) -> Self {
        Self { value: Read::Is(value), pointer: String::new(), notes }
    }

    /// A member. Where this is no object, that is noted, and its members are unreadable rather than absent.
    pub(super) fn at(&self, name: &str) -> Self {
        let value = match self.value {
            Read::Absent => Read::Absent,
            Read::Is(Value::Object(map)) => match map.get(name) {
                None | Some(Value::Null) => Read::Absent,
                Some(member) => Read::Is(member),
            },
            Read::Is(_) => self.wrong("an object"),
            Read::Unreadable => Read::Unreadable,
        };
        let token = name.replace('~', "~0").replace('/', "~1");
        Self { value, pointer: format!("{}/{token}", self.pointer), notes: self.notes }
    }

    /// Is something there?
    pub(super) const fn is_there(&self) -> bool {
        self.value.is_there()
    }

    pub(super) fn note(&self, code: &'static str, expected: &'static str) {
        self.notes.note(&self.pointer, code, expected);
    }

    fn wrong<T>(&self, expected: &'static str) -> Read<T> {
        self.note("wrong-shape", expected);
        Read::Unreadable
    }

    fn take<T>(&self, expected: &'static str, read: impl FnOnce(&'v Value) -> Option<T>) -> Read<T> {
        match self.value {
            Read::Absent => Read::Absent,
            Read::Is(value) => read(value).map_or_else(|| self.wrong(expected), Read::Is),
            Read::Unreadable => Read::Unreadable,
        }
    }

    pub(super) fn text(&self) -> Read<&'v str> {
        self.take("text", Value::as_str)
    }

    /// Text that is not empty; the empty text is what Go writes for nothing.
    pub(super) fn name(&self) -> Option<String> {
        self.text().ok().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.items().iter().filter_map(|item| item.text().ok().map(str::to_owned)).collect()
    }

    pub(super) fn count(&self) -> Read<u64> {
        self.take("a whole number that is not negative", Value::as_u64)
    }

    /// The same, where -1 stands for none.
    pub(super) fn count_or_minus_one(&self) -> Read<Option<u64>> {
        let read = |value: &Value| if value.as_i64() == Some(-1) { Some(None) } else { value.as_u64().map(Some) };
        self.take("a whole number, -1 or more", read)
    }

    pub(super) fn time(&self) -> Read<Timestamp> {
        self.take("a time as RFC 3339 has it", |value| value.as_str()?.parse().ok())
    }

    pub(super) fn setting(&self) -> Setting {
        match self.take("`true` or `false`", Value::as_bool) {
            Read::Absent => Setting::Absent,
            Read::Is(true) => Setting::On,
            Read::Is(false) => Setting::Off,
            Read::Unreadable => Setting::Unknown,
        }
    }

    /// A word of a vocabulary of the system; the empty text is none.
    pub(super) fn word<T>(&self, expected: &'static str, known: impl FnOnce(&str) -> Option<T>) -> Read<T> {
        match self.text() {
            Read::Is("") => Read::Absent,
            text => {
                let was_text = text.ok().is_some();
                let read = text.and_then(known);
                if was_text && read.is_unreadable() {
                    self.note("unknown-word", expected);
                }
                read
            }
        }
    }

    /// A duration as Go writes it, in whole seconds: `1h0m0s`, `90s`.
    pub(super) fn duration(&self) -> Read<Span> {
        self.take("a duration such as `10m` or `1h30m`", |value| go_duration(value.as_str()?))
    }

    pub(super) fn prose(&self) -> Prose {
        Prose(self.text().ok().unwrap_or_default().to_owned())
    }

    /// The items of a list; none where there is no list.
    pub(super) fn items(&self) -> Vec<Self> {
        let items = self.take("a list", Value::as_array).ok().map(Vec::as_slice).unwrap_or_default();
        let item = |(index, value)| Self {
            value: Read::Is(value),
            pointer: format!("{}/{index}", self.pointer),
            notes: self.notes,
        };
        items.iter().enumerate().map(item).collect()
    }

    /// Is a list there that could not be read?
    pub(super) fn is_no_list(&self) -> bool {
        match self.value {
            Read::Absent => false,
            Read::Is(value) => !value.is_array(),
            Read::Unreadable => true,
        }
    }
}

/// Go's durations: numbers with units, one after the other. Less than a second is dropped.
fn go_duration(text: &str) -> Option<Span> {
    let (mut seconds, mut rest) = (0_u64, text);
    if rest == "0" {
        return Some(Span::default());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let units = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(units)?;
        let whole: u64 = number.split('.').next()?.parse().ok()?;
        let length = match unit {
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            "ms" | "us" | "µs" | "ns" => 0,
            _ => return None,
        };
        seconds = seconds.checked_add(whole.checked_mul(length)?)?;
        rest = tail;
    }
    (!text.is_empty()).then(|| Span::from_seconds(seconds))
}

/// Who an object is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Identity {
    pub(super) version: String,
    pub(super) kind: &'static str,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) generation: Read<u64>,
}

/// Reads who an object is, and refuses it if it is of another kind.
pub(super) fn identify(
    root: &Node<'_, '_>,
    group: &'static str,
    kinds: &'static [&'static str],
) -> Result<Identity, StatusError> {
    let error = |pointer, kind| StatusError { pointer, kind };
    if !matches!(root.value, Read::Is(Value::Object(_))) {
        return Err(error("", StatusErrorKind::NotAnObject));
    }
    let api_version = root.at("apiVersion").text().ok().unwrap_or_default();
    let version = api_version.split_once('/').filter(|(named, version)| *named == group && !version.is_empty());
    let (_, version) = version.ok_or_else(|| error("/apiVersion", StatusErrorKind::ApiVersion { group }))?;
    let kind = root.at("kind").text().ok().unwrap_or_default();
    let kind = kinds.iter().find(|known| **known == kind);
    let kind = kind.ok_or_else(|| error("/kind", StatusErrorKind::Kind { kinds }))?;
    let metadata = root.at("metadata");
    let name = metadata.at("name").name().ok_or_else(|| error("/metadata/name", StatusErrorKind::Name))?;
    Ok(Identity {
        version: version.to_owned(),
        kind,
        namespace: metadata.at("namespace").name().unwrap_or_default(),
        name,
        generation: metadata.at("generation").count(),
    })
}

/// The manager that wrote a field of a live object, if its managed fields name exactly one or one that was last.
pub(super) fn who_set(live: &Value, names: &[&str]) -> Option<String> {
    let path: Vec<PathElement> = names.iter().filter_map(|name| format!("f:{name}").parse().ok()).collect();
    let read = ManagedFields::read(live);
    let mut writers: Vec<_> = read.entries.iter().filter(|entry| entry.fields.contains(&path)).collect();
    writers.sort_by_key(|entry| entry.time);
    let last = writers.pop().filter(|entry| !entry.manager.is_empty())?;
    let tied = writers.last().is_some_and(|other| other.time == last.time && other.manager != last.manager);
    (!tied).then(|| last.manager.clone())
}

/// Is this a word as controllers write reasons: letters, digits and a few signs, and not too long?
pub(super) fn is_reason(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b',' | b':' | b'-');
    (1..=64).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(fits)
}

/// How old a status is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Age {
    /// Young enough to count.
    Fresh,
    /// Not looked at since then.
    Since(Timestamp),
    /// Nobody said when it was looked at, or it says a time that has not come yet.
    Untold,
}

impl Age {
    pub(super) fn of(at: Option<Timestamp>, now: Timestamp, window: Span) -> Self {
        match at {
            None => Self::Untold,
            // Clocks differ a little. One that differs by more than the window would make a status fresh for ever.
            Some(at) if at.since(now) > window => Self::Untold,
            Some(at) if now.since(at) > window => Self::Since(at),
            Some(_) => Self::Fresh,
        }
    }

    /// A fact of this age.
    pub(super) fn fact<T>(self, value: Option<T>) -> crate::facts::Fact<T> {
        use crate::facts::Fact;
        match (value, self) {
            (None, _) | (_, Self::Untold) => Fact::Unknown,
            (Some(value), Self::Fresh) => Fact::Known(value),
            (Some(value), Self::Since(since)) => Fact::Stale { value, since },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, seconds) in
            [("10m", 600), ("1h0m0s", 3_600), ("1m30s", 90), ("1.5s", 1), ("250ms", 0), ("0", 0), ("0s", 0)]
        {
            assert_eq!(go_duration(text).map(Span::seconds), Some(seconds), "{text}");
        }
        for text in ["", "m", "10", "1x", "-1s", "1 m", "99999999999999999999h", "9999999999999999999h", "٣s", ".s"] {
            assert_eq!(go_duration(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_what_is_left_out() {
        let notes = Notes::default();
        let document = json!({"a": "yes", "b": null, "c": [1]});
        let root = Node::root(&document, &notes);
        assert_eq!(root.at("a").setting(), Setting::Unknown);
        assert_eq!(root.at("b").setting(), Setting::Absent);
        assert_eq!(root.at("c").at("d").at("e").setting(), Setting::Unknown);
        let shown: Vec<String> = notes.into_problems().iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "at `/a`: expected `true` or `false`; it is taken as unknown",
                "at `/c`: expected an object; it is taken as unknown"
            ]
        );
    }

    #[test]
    fn law_8_a_secret_never_leaves_prose() {
        assert_eq!(format!("{:?}", Prose("CANARY".to_owned())), "Prose(6 bytes)");
    }

    #[test]
    fn a_time_that_has_not_come_is_no_time() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (now, window) = (at("2026-07-03T10:00:00Z"), Span::from_seconds(600));
        assert_eq!(Age::of(Some(at("2026-07-03T10:05:00Z")), now, window), Age::Fresh);
        assert_eq!(Age::of(Some(at("2026-07-03T10:10:01Z")), now, window), Age::Untold);
        assert_eq!(Age::of(Some(at("2026-07-03T09:50:00Z")), now, window), Age::Fresh);
        let old = at("2026-07-03T09:49:59Z");
        assert_eq!(Age::of(Some(old), now, window), Age::Since(old));
        assert_eq!(Age::of(None, now, window), Age::Untold);
    }
}
