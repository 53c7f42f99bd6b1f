//! RFC 8785 proper, for what leaves the house: the canonical JSON that every other implementation reads and writes.
//!
//! It has no integers beyond ±(2^53 − 1): implementations hold numbers as doubles, and would hold two different integers
//! as one. So nothing is rounded here in silence: such an integer is refused, or written as a string by whoever asks for
//! that. What stays in the house uses the [exact profile](crate::canonical_text).

use std::fmt;

use jsonptr::PointerBuf;
use serde_json::{Number, Value};

use crate::canonical::{sorted, write, write_string};
use crate::number::Decimal;

/// The largest integer up to which a double holds all.
const LARGEST: u64 = 9_007_199_254_740_991;

/// The canonical text of a value according to RFC 8785: keys in UTF-16 order, shortest escapes, numbers as ECMAScript
/// prints them.
///
/// Fractions are doubles, also where `arbitrary_precision` has kept more digits, so that all builds print the same.
/// What `serde_json` has rounded on reading (an integer beyond `u64`, without that feature) is the rounded number.
///
/// ```
/// use drift_model::rfc8785_text;
/// use serde_json::json;
///
/// assert_eq!(rfc8785_text(&json!({"b": 1e21, "a": [1.0, -0.0, 1e-7]}))?, r#"{"a":[1,0,1e-7],"b":1e+21}"#);
///
/// let error = rfc8785_text(&json!({"ids": [1, 9_007_199_254_740_993_u64]})).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "at `/ids/1`: an integer beyond ±(2^53 − 1), which other programs would round; write it as a string"
/// );
/// # Ok::<(), drift_model::InexactNumber>(())
/// ```
///
/// # Errors
///
/// [`InexactNumber`] with the first place that holds a number which RFC 8785 cannot tell. It does not repeat the number.
pub fn text(value: &Value) -> Result<String, InexactNumber> {
    let mut out = String::new();
    let written = write(value, &mut out, |number, out| {
        out.push_str(&exact(number)?);
        Ok(())
    });
    match written {
        Ok(()) => Ok(out),
        Err(kind) => Err(InexactNumber { pointer: first_inexact(value), kind }),
    }
}

/// The same for every value: a number that would be refused is written as a string of its digits.
///
/// That loses no digit, and no longer tells the number from a string of the same digits. It is for readers, not for
/// digests that a document is compared by.
///
/// ```
/// use drift_model::rfc8785_text_lossless;
/// use serde_json::json;
///
/// assert_eq!(rfc8785_text_lossless(&json!([i64::MIN, 1])), r#"["-9223372036854775808",1]"#);
/// ```
#[must_use]
pub fn text_lossless(value: &Value) -> String {
    let mut out = String::new();
    let Ok(()) = write(value, &mut out, |number, out| {
        match exact(number) {
            Ok(text) => out.push_str(&text),
            Err(_) => write_string(&digits(number), out),
        }
        Ok::<(), std::convert::Infallible>(())
    });
    out
}

/// A number that RFC 8785 has no text for.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct InexactNumber {
    /// Where it is, as an RFC 6901 pointer.
    pub pointer: PointerBuf,
    /// What is wrong with it.
    pub kind: InexactKind,
}

impl fmt::Display for InexactNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, kind) = (self.pointer.as_str(), self.kind);
        if place.is_empty() { write!(f, "at the root: {kind}") } else { write!(f, "at `{place}`: {kind}") }
    }
}

impl std::error::Error for InexactNumber {}

impl InexactNumber {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            InexactKind::Integer => "integer-beyond-double",
            InexactKind::TooLarge => "number-beyond-double",
        }
    }
}

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InexactKind {
    /// A double cannot hold all integers of its size.
    #[error("an integer beyond ±(2^53 − 1), which other programs would round; write it as a string")]
    Integer,
    /// A double cannot hold any number of its size. (Only `arbitrary_precision` reads one.)
    #[error("a number beyond the range of a double; write it as a string")]
    TooLarge,
}

/// The text of a number, if it has one.
fn exact(number: &Number) -> Result<String, InexactKind> {
    let text = number.to_string();
    // What is written with a point or an exponent is a double; all else is an integer, of whatever build.
    if !text.contains(['.', 'e', 'E']) {
        let digits = text.strip_prefix('-').unwrap_or(&text);
        return match digits.parse::<u64>() {
            Ok(0) => Ok("0".to_owned()),
            Ok(1..=LARGEST) => Ok(text),
            Ok(_) | Err(_) => Err(InexactKind::Integer),
        };
    }
    let double = number.as_f64().and_then(Number::from_f64).ok_or(InexactKind::TooLarge)?;
    // The shortest digits that read back as this double, in the notation of ECMAScript.
    Decimal::of(&double).map(|decimal| decimal.to_string()).ok_or(InexactKind::TooLarge)
}

/// All digits of a number that was refused.
fn digits(number: &Number) -> String {
    let text = number.to_string();
    if text.contains(['.', 'e', 'E']) { Decimal::of(number).map_or(text, |decimal| decimal.to_string()) } else { text }
}

/// Where the first number is that was refused, in the order in which it is written.
fn first_inexact(value: &Value) -> PointerBuf {
    let mut todo = vec![(value, PointerBuf::new())];
    while let Some((value, pointer)) = todo.pop() {
        match value {
            Value::Number(number) if exact(number).is_err() => return pointer,
            Value::Array(items) => {
                todo.extend(
                    items.iter().enumerate().rev().map(|(index, item)| (item, below(&pointer, &index.to_string()))),
                );
            }
            Value::Object(map) => {
                todo.extend(sorted(map).into_iter().rev().map(|(name, member)| (member, below(&pointer, name))));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    PointerBuf::new()
}

fn below(pointer: &PointerBuf, token: &str) -> PointerBuf {
    let mut pointer = pointer.clone();
    pointer.push_back(token);
    pointer
}
