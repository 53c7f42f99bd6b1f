//! Redaction by value: a secret that reappears somewhere else is a secret there too.
//!
//! Masks under-approximate. A computed attribute repeats a password, a connection string contains it, an annotation holds
//! it inside JSON inside JSON. So whatever is marked by path is also looked for by value: plain, base64 (also within a
//! longer text, and of UTF-16), percent-encoded and escaped as in JSON, whichever characters an encoder chose to escape.

mod needles;
mod spelling;

use std::collections::BTreeSet;

use serde_json::Value;

use self::needles::Needles;
use self::spelling::{beginning, json_unescaped, spellings};
use crate::document::{Document, MAX_DEPTH, Mark};
use crate::path::{FieldPath, Step};
use crate::pattern::PathPattern;
use crate::trie::StepView;

/// Secrets shorter than this are common words: they are masked at their path only.
const MIN_SECRET_CHARS: usize = 8;

/// How often a text may have been put into a JSON string in turn, and a secret in it still be found.
const MOST_ESCAPED: usize = 3;

/// The texts that are secret, in the spellings in which they may reappear.
///
/// However many there are, a text is searched in one pass, in time proportional to its length. Where that decides it, a
/// text is taken to hold a secret: one that repeats nearly the whole of a secret at nearly every place, or that holds
/// the first 16 KiB of a larger one.
///
/// ```
/// use drift_model::{Document, Mark, Secrets};
/// use serde_json::json;
///
/// let mut document = Document::new(json!({"password": "s3cret-w0rd", "url": "db://app:s3cret-w0rd@db/app"}));
/// document.mark(Mark::Sensitive, "/password".parse()?);
/// let mut secrets = Secrets::default();
/// secrets.collect(&document);
/// secrets.redact(&mut document);
/// assert!(!format!("{document:?}").contains("s3cret"));
/// # Ok::<(), drift_model::PathError>(())
/// ```
#[derive(Default)]
pub struct Secrets {
    /// As far as they are looked for. The planes of an object, and of many, hold the same ones.
    known: BTreeSet<Box<str>>,
    needles: Needles,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// Is there nothing to look for?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Adds the text of every sensitive string of the document.
    pub fn collect(&mut self, document: &Document) {
        if document.marks().is_empty() {
            return;
        }
        visit(document.value(), &mut Vec::new(), &mut |place, value| {
            if let Value::String(text) = value
                && document.marks().at(place).sensitive
            {
                self.add(text);
            }
        });
    }

    /// Adds one secret text, if it is long enough to be looked for.
    pub fn add(&mut self, secret: &str) {
        let secret = beginning(secret);
        if secret.chars().nth(MIN_SECRET_CHARS - 1).is_some() && !self.known.contains(secret) {
            self.known.insert(secret.into());
            for spelling in spellings(secret) {
                self.needles.insert(&spelling);
            }
        }
    }

    /// Does the text hold one of the secrets, in any spelling?
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        if self.needles.are_in(text) {
            return true;
        }
        // Encoders differ in what they escape. Undoing all of it finds every choice; texts within texts need it again.
        let mut unescaped = std::borrow::Cow::Borrowed(text);
        for _ in 0..MOST_ESCAPED {
            if self.is_empty() || !unescaped.contains('\\') {
                return false;
            }
            unescaped = json_unescaped(&unescaped).into();
            if self.needles.are_in(&unescaped) {
                return true;
            }
        }
        false
    }

    /// Marks every string of the document that holds a secret, and every object one of whose names does.
    pub fn redact(&self, document: &mut Document) {
        if self.is_empty() {
            return;
        }
        let mut found = Vec::new();
        visit(document.value(), &mut Vec::new(), &mut |place, value| match value {
            Value::String(text) if self.are_in(text) && !document.marks().at(place).sensitive => {
                found.push((Mark::Sensitive, pattern(place)));
            }
            Value::Object(map) if map.keys().any(|name| self.are_in(name)) => {
                found.push((Mark::Opaque, pattern(place)));
            }
            _ => {}
        });
        for (mark, pattern) in found {
            document.mark(mark, pattern);
        }
    }

    /// Collects from all documents, then redacts all of them.
    pub fn sweep(documents: &mut [&mut Document]) {
        let mut secrets = Self::default();
        for document in &*documents {
            secrets.collect(document);
        }
        for document in documents {
            secrets.redact(document);
        }
    }
}

fn pattern(place: &[StepView<'_>]) -> PathPattern {
    let path: FieldPath = place
        .iter()
        .map(|view| match view {
            StepView::Field(name) => Step::field(*name),
            StepView::Element { index, .. } => Step::Index(index.unwrap_or(0)),
        })
        .collect();
    PathPattern::from(&path)
}

/// Calls `see` with every part of the value and its place, no deeper than [`MAX_DEPTH`]. What is deeper is never shown.
fn visit<'v>(value: &'v Value, place: &mut Vec<StepView<'v>>, see: &mut impl FnMut(&[StepView<'v>], &'v Value)) {
    see(place, value);
    if place.len() > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                place.push(StepView::Element { index: Some(index), step: None });
                visit(item, place, see);
                place.pop();
            }
        }
        Value::Object(map) => {
            for (name, member) in map {
                place.push(StepView::Field(name));
                visit(member, place, see);
                place.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::spelling::{base64_within, json_escaped, percent_encoded};
    use super::*;

    const SECRET: &str = "CANARY \"pä<ss\\word";

    fn leaks(copy: &str) -> bool {
        let mut document = Document::new(json!({"secret": SECRET, "copy": {"deep": [copy]}}));
        document.mark(Mark::Sensitive, "/secret".parse().unwrap());
        let mut secrets = Secrets::default();
        secrets.collect(&document);
        secrets.redact(&mut document);
        format!("{document:?}").contains(&json_escaped(copy, false))
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let inside_json = json!({"a": SECRET}).to_string();
        for copy in [
            SECRET.to_owned(),
            format!("db://app:{SECRET}@db"),
            inside_json.clone(),
            json!({ "b": inside_json }).to_string(),
            percent_encoded(SECRET, true),
            format!("x={}", percent_encoded(SECRET, false)),
            json_escaped(SECRET, true),
            base64_within(SECRET.as_bytes(), 0),
            // Go escapes `<`, `>` and `&`, and leaves other letters alone; others escape slashes, or use capitals.
            r#"{"t":"CANARY \"pä\u003css\\word"}"#.to_owned(),
            r#"{"t":"CANARY \u0022p\u00E4\u003Css\u005Cword"}"#.to_owned(),
            json!({ "b": r#"{"t":"CANARY \"pä\u003css\\word"}"# }).to_string(),
            percent_encoded(SECRET, true).replace("%20", "+"),
            base64_within(&format!("x{SECRET}y").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), 0),
        ] {
            assert!(!leaks(&copy), "{copy}");
        }
    }

    #[test]
    fn a_secret_is_found_inside_a_longer_base64_text_at_any_offset() {
        for before in ["", "u", "us", "use", "user:"] {
            for after in ["", "\n", "ab", "abc"] {
                assert!(!leaks(&base64_within(format!("{before}{SECRET}{after}").as_bytes(), 0)), "{before} {after}");
            }
        }
    }

    #[test]
    fn a_short_secret_is_not_looked_for_everywhere() {
        let mut document = Document::new(json!({"region": "eu", "zone": "eu-west-1"}));
        document.mark(Mark::Sensitive, "/region".parse().unwrap());
        Secrets::sweep(&mut [&mut document]);
        assert_eq!(format!("{document:?}"), r#"Document({"region":"(sensitive)","zone":"eu-west-1"})"#);
    }

    #[test]
    fn a_name_that_holds_a_secret_hides_its_object() {
        let mut document = Document::new(json!({"password": "CANARY-word", "tags": {"pw=CANARY-word": "x"}}));
        document.mark(Mark::Sensitive, "/password".parse().unwrap());
        Secrets::sweep(&mut [&mut document]);
        assert!(!format!("{document:?}").contains("CANARY"), "{document:?}");
    }
}
