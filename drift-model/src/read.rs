//! Reading JSON text into a type, with errors that say where and never repeat a value.

use serde::de::DeserializeOwned;

/// A text that could not be read.
///
/// `serde_json`'s own messages repeat what they read (`invalid type: string "hunter2"`), and the text may be a secret. This
/// one keeps the place and what was expected, and drops the rest.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
}

impl ReadError {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.kind {
            ReadErrorKind::Syntax { .. } => "syntax",
            ReadErrorKind::TooDeep { .. } => "too-deep",
            ReadErrorKind::NumberTooLarge { .. } => "number-too-large",
            ReadErrorKind::Data { .. } => "wrong-shape",
        }
    }
}

/// What is wrong with a text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// It is not JSON.
    #[error("not JSON at line {line} column {column}{}", if *.at_end { ": the text ends too early; is the line complete?" } else { "" })]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// Does the text end in the middle of a value?
        at_end: bool,
    },
    /// It is nested more deeply than a reader goes.
    #[error(
        "TOO_DEEP at line {line} column {column}: nested more than 127 levels deep; hand over the part that is needed"
    )]
    TooDeep {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// It holds a number beyond what a double can hold, and this build keeps no others.
    #[error(
        "a number that cannot be held at line {line} column {column}: its exponent is beyond a double's; write it as a text"
    )]
    NumberTooLarge {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// It is JSON, but of another shape.
    #[error("at {}: {expected}", if .pointer.is_empty() { "the root".to_owned() } else { format!("`{}`", .pointer) })]
    Data {
        /// Where, as an RFC 6901 pointer.
        pointer: String,
        /// What was expected there.
        expected: String,
    },
}

/// Reads one value from JSON text.
///
/// # Errors
///
/// [`ReadError`], which says where and what was expected, without the value.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, ReadError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        from_serde(error.inner(), pointer)
    })?;
    deserializer.end().map_err(|error| from_serde(&error, String::new()))?;
    Ok(read)
}

/// Reads a type from a value that has been parsed already.
///
/// # Errors
///
/// As [`from_json`], without line and column.
pub fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, ReadError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        from_serde(error.inner(), pointer)
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let token = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            // serde does not say what it was looking at.
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&token);
    }
    pointer
}

fn from_serde(error: &serde_json::Error, pointer: String) -> ReadError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let kind = match error.classify() {
        serde_json::error::Category::Eof => ReadErrorKind::Syntax { line, column, at_end: true },
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            if text.starts_with("recursion limit exceeded") {
                ReadErrorKind::TooDeep { line, column }
            } else if text.starts_with("number out of range") {
                ReadErrorKind::NumberTooLarge { line, column }
            } else {
                ReadErrorKind::Syntax { line, column, at_end: false }
            }
        }
        serde_json::error::Category::Data => ReadErrorKind::Data { pointer, expected: expected(&text) },
    };
    ReadError { kind }
}

/// The part of serde's message that comes from the type and not from the text that was read.
///
/// `invalid type: string "…", expected X at line 1 column 2`: only what follows the last `, expected ` is static. What we
/// say ourselves (`unknown status, expected one of …`, `bad path, expected …`) has the same form, with a fixed head.
fn expected(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(text, _)| text);
    for head in ["missing field `", "duplicate field `"] {
        if message.starts_with(head) {
            return message.to_owned();
        }
    }
    let Some((head, tail)) = message.rsplit_once(", expected ") else {
        return "another shape was expected".to_owned();
    };
    let ours = head.len() < 40 && head.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ');
    if ours && !head.starts_with("invalid") { format!("{head}, expected {tail}") } else { format!("expected {tail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only read into")]
    struct Port {
        port: u16,
    }

    #[test]
    fn law_8_a_secret_never_leaves_through_an_error() {
        for text in [
            r#"{"port": "CANARY-secret"}"#,
            r#"{"port": "CANARY, expected nothing"}"#,
            r#"{"port": [1, "CANARY-secret"]}"#,
            r#""CANARY-secret""#,
            r#"{"port": CANARY}"#,
            r#"{"port": 1} CANARY"#,
        ] {
            let error = from_json::<Port>(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
        }
    }

    #[test]
    fn too_deep_a_text_is_an_error_with_a_name() {
        let text = "[".repeat(10_000);
        let error = from_json::<serde_json::Value>(&text).unwrap_err();
        assert_eq!(error.code(), "too-deep");
        assert!(error.to_string().starts_with("TOO_DEEP at line 1"), "{error}");
    }

    #[test]
    fn a_trailing_text_is_not_overlooked() {
        assert_eq!(from_json::<Port>("{\"port\": 1} {}").unwrap_err().code(), "syntax");
    }
}
