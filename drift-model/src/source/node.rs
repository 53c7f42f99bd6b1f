//! `Node`: a place in a document that is being read.
//!
//! A member that is left out and a member that cannot be read are two things: the first means the documented default, the
//! second means that nobody knows. Nothing here turns the second into the first.

use std::cell::RefCell;

use serde_json::Value;

use crate::source::status::{Prose, Setting, StatusProblem};
use crate::time::{Span, Timestamp};

/// Reads a document from its root; with it, what of it could not be read.
pub(super) fn noting<T>(value: &Value, read: impl FnOnce(&Node<'_, '_>) -> T) -> (T, Vec<StatusProblem>) {
    let notes = Notes::default();
    let read = read(&Node { value: Read::Is(value), pointer: String::new(), notes: &notes });
    (read, notes.into_problems())
}

/// Collects what could not be read.
#[derive(Default)]
struct Notes(RefCell<Vec<StatusProblem>>);

impl Notes {
    fn note(&self, pointer: &str, code: &'static str, expected: &'static str) {
        self.0.borrow_mut().push(StatusProblem { pointer: pointer.to_owned(), code, expected });
    }

    /// The problems, sorted by place, each once.
    fn into_problems(self) -> Vec<StatusProblem> {
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

impl<'v> Node<'v, '_> {
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

    pub(super) fn is_object(&self) -> bool {
        matches!(self.value, Read::Is(Value::Object(_)))
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
        Prose::new(self.text().ok().unwrap_or_default())
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
        let (settings, problems) = noting(&json!({"a": "yes", "b": null, "c": [1]}), |root| {
            [root.at("a"), root.at("b"), root.at("c").at("d").at("e")].map(|node| node.setting())
        });
        assert_eq!(settings, [Setting::Unknown, Setting::Absent, Setting::Unknown]);
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "at `/a`: expected `true` or `false`; it is taken as unknown",
                "at `/c`: expected an object; it is taken as unknown"
            ]
        );
    }
}
