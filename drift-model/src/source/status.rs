//! What the readers of controllers' objects share: who an object is, how old its status is, what of it cannot be read.

use std::fmt;

use serde_json::Value;

use crate::source::managed_fields::{ManagedFields, PathElement};
use crate::source::node::{Node, Read};
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
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

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
    if !root.is_object() {
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
    use super::*;

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
