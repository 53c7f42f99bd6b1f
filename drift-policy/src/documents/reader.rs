//! The toolkit that the kinds of document are declared with: places in a tree that are asked for what should be there.
//!
//! Every question answers `Option`: `None` says that a problem was reported, and reading goes on beside it, so that one
//! look at a document finds everything. What is read is combined at the end, with `?`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::str::FromStr;

use drift_diff::Same;
use drift_model::{PathPattern, Span, System, Timestamp, UnknownWord, nearest};

use crate::diagnostics::{Diagnostic, Severity};
use crate::tree::{Tree, child};

/// Text of a document as problems quote it: at most 60 characters, in one line.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("`");
    for (index, c) in text.chars().enumerate() {
        if index == 60 {
            quoted.push('…');
            break;
        }
        if c.is_control() { quoted.extend(c.escape_default()) } else { quoted.push(c) }
    }
    quoted.push('`');
    quoted
}

/// Words as advice lists them.
pub(crate) fn list(words: &[&str]) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}`{word}`", if index > 0 { ", " } else { "" });
    }
    text
}

/// The problems of one document while it is read.
pub(crate) struct Findings {
    pub(crate) document: String,
    /// The moment for which the documents are looked at, if there is one.
    now: Option<Timestamp>,
    found: RefCell<Vec<Diagnostic>>,
}

impl Findings {
    pub(crate) fn new(document: impl Into<String>) -> Self {
        Self { document: document.into(), now: None, found: RefCell::default() }
    }

    /// The same, looked at for this moment.
    pub(crate) fn at(self, now: Option<Timestamp>) -> Self {
        Self { now, ..self }
    }

    pub(crate) fn into_inner(self) -> Vec<Diagnostic> {
        self.found.into_inner()
    }

    pub(crate) fn push(&self, problem: Diagnostic) {
        self.found.borrow_mut().push(problem);
    }

    fn report(
        &self,
        severity: Severity,
        code: &'static str,
        pointer: &str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let problem = Diagnostic::new(severity, code, self.document.as_str(), pointer, message);
        self.push(Diagnostic { help, ..problem });
    }
}

/// A place in a document.
#[derive(Clone)]
pub(crate) struct Reader<'t> {
    pub(crate) tree: &'t Tree,
    pub(crate) pointer: String,
    findings: &'t Findings,
}

impl<'t> Reader<'t> {
    pub(crate) fn root(tree: &'t Tree, findings: &'t Findings) -> Self {
        Self { tree, pointer: String::new(), findings }
    }

    fn child(&self, tree: &'t Tree, token: &str) -> Self {
        Self { tree, pointer: child(&self.pointer, token), findings: self.findings }
    }

    /// Reports an error here.
    pub(crate) fn error(&self, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.findings.report(Severity::Error, code, &self.pointer, message, Some(help.into()));
    }

    /// Reports a warning here.
    pub(crate) fn warning(&self, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.findings.report(Severity::Warning, code, &self.pointer, message, Some(help.into()));
    }

    /// Reports an error below here, at a pointer relative to this place.
    pub(crate) fn below(
        &self,
        severity: Severity,
        code: &'static str,
        relative: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let pointer = format!("{}{relative}", self.pointer);
        self.findings.report(severity, code, &pointer, message, Some(help.into()));
    }

    /// How many errors the document has so far: a reader that adds none has read something whole.
    pub(crate) fn errors(&self) -> usize {
        self.findings.found.borrow().iter().filter(|found| found.severity == Severity::Error).count()
    }

    fn wrong_type<T>(&self, expected: Expected) -> Option<T> {
        let help = match (expected, self.tree) {
            (Expected::Text | Expected::Pattern, Tree::Bool(_) | Tree::Number(_)) => "put it in quotes",
            (Expected::List, Tree::Text(_) | Tree::Object(_)) => "write it as a list of one: `[…]`",
            (Expected::Object, _) => "write fields, each with its value: `name: value`",
            (Expected::List, _) => "write a list: `[…]`",
            (Expected::Text, _) => "write one text",
            (Expected::Pattern, _) => "write a path such as `/spec/replicas`",
            (Expected::Flag, _) => "write `true` or `false`, without quotes",
            (Expected::Whole, _) => "write a number such as `5`, without quotes",
        };
        self.error("wrong-type", format!("expected {}, found {}", expected.noun(), self.tree.noun()), help);
        None
    }

    /// An object that has these fields and no others.
    pub(crate) fn object(&self, known: &[&'static str]) -> Option<Fields<'t>> {
        let fields = self.members()?;
        for (name, _) in &fields.members {
            if !known.contains(&name.as_str()) {
                let meant = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`? "));
                let help = format!("{}the fields here are {}", meant.unwrap_or_default(), list(known));
                let message = format!("unknown field {}", quote(name));
                let pointer = child(&self.pointer, name);
                self.findings.report(Severity::Error, "unknown-field", &pointer, message, Some(help));
            }
        }
        Some(fields)
    }

    /// An object with whatever fields; each key once, the last of equal ones.
    pub(crate) fn members(&self) -> Option<Fields<'t>> {
        let Tree::Object(members) = self.tree else { return self.wrong_type(Expected::Object) };
        let mut kept: Vec<(&'t String, &'t Tree)> = Vec::new();
        let mut places = BTreeMap::new();
        for (name, tree) in members {
            let next = kept.len();
            let place = *places.entry(name.as_str()).or_insert(next);
            match kept.get_mut(place) {
                Some(member) => member.1 = tree,
                None => kept.push((name, tree)),
            }
        }
        Some(Fields { place: self.clone(), members: kept })
    }

    /// The elements of a list.
    pub(crate) fn list(&self) -> Option<Vec<Self>> {
        let Tree::List(items) = self.tree else { return self.wrong_type(Expected::List) };
        Some(items.iter().enumerate().map(|(index, item)| self.child(item, &index.to_string())).collect())
    }

    /// The elements of a list that must have one.
    pub(crate) fn some(&self) -> Option<Vec<Self>> {
        let items = self.list()?;
        if items.is_empty() {
            self.error("empty-list", "the list is empty", "add an entry, or leave the field out if it is optional");
            return None;
        }
        Some(items)
    }

    /// Text that is not empty.
    pub(crate) fn text(&self) -> Option<&'t str> {
        let text = self.any_text()?;
        if text.trim().is_empty() {
            self.error("empty-text", "the text is empty", "write something here that a reader can use");
            return None;
        }
        Some(text)
    }

    /// Text that may be empty.
    pub(crate) fn any_text(&self) -> Option<&'t str> {
        self.tree.as_text().or_else(|| self.wrong_type(Expected::Text))
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        let Tree::Bool(flag) = self.tree else { return self.wrong_type(Expected::Flag) };
        Some(*flag)
    }

    /// A whole number that is at least 1.
    pub(crate) fn count(&self) -> Option<NonZeroU32> {
        let Tree::Number(number) = self.tree else { return self.wrong_type(Expected::Whole) };
        let count = drift_model::Decimal::of(number).and_then(|decimal| decimal.to_string().parse().ok());
        if count.is_none() {
            let help = format!("write a whole number from 1 to {}", u32::MAX);
            self.error("out-of-range", format!("the number {} is out of range", quote(&number.to_string())), help);
        }
        count
    }

    /// A whole number that may be 0.
    pub(crate) fn whole(&self) -> Option<u32> {
        let Tree::Number(number) = self.tree else { return self.wrong_type(Expected::Whole) };
        let whole = drift_model::Decimal::of(number).and_then(|decimal| decimal.to_string().parse().ok());
        if whole.is_none() {
            let help = format!("write a whole number from 0 to {}", u32::MAX);
            self.error("out-of-range", format!("the number {} is out of range", quote(&number.to_string())), help);
        }
        whole
    }

    /// A word of a closed vocabulary.
    pub(crate) fn word<T: Word>(&self) -> Option<T> {
        let text = self.text()?;
        T::read(text).map_err(|unknown| self.unknown_word(unknown.noun, text, &unknown.known)).ok()
    }

    /// Reports a word that is none of those known.
    pub(crate) fn unknown_word(&self, noun: &str, text: &str, known: &[&str]) {
        self.unknown("unknown-word", noun, text, known);
    }

    /// Reports, under this code, a word that is none of those known.
    pub(crate) fn unknown(&self, code: &'static str, noun: &str, text: &str, known: &[&str]) {
        let help = match nearest(text, known.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("expected one of {}", list(known)),
        };
        self.error(code, format!("unknown {noun} {}", quote(text)), help);
    }

    pub(crate) fn pattern(&self) -> Option<PathPattern> {
        // The empty text is the root: a path, though an empty text.
        let Some(text) = self.tree.as_text() else { return self.wrong_type(Expected::Pattern) };
        let bad = |error: drift_model::PathError| {
            self.error("bad-path", format!("bad path {}", quote(text)), format!("expected {}", error.kind));
        };
        text.parse().map_err(bad).ok()
    }

    pub(crate) fn span(&self) -> Option<Span> {
        let text = self.text()?;
        let help = "expected a whole number and a unit such as `90s`, `15m`, `4h`, `7d`, `4w` or `1y`";
        text.parse().map_err(|_| self.error("bad-duration", format!("bad duration {}", quote(text)), help)).ok()
    }

    pub(crate) fn time(&self) -> Option<Timestamp> {
        let text = self.text()?;
        let help = "expected RFC 3339 such as `2026-07-03T10:22:31Z`, or a date";
        text.parse().map_err(|_| self.error("bad-time", format!("bad time {}", quote(text)), help)).ok()
    }

    /// The end of something that holds until then. What has ended is noticed.
    pub(crate) fn expiry(&self) -> Option<Timestamp> {
        let end = self.time()?;
        if self.findings.now.is_some_and(|now| end <= now) {
            self.warning("expired", format!("it has ended on {end}"), "remove it, or let somebody decide anew");
        }
        Some(end)
    }

    /// A map from text to text, such as labels.
    pub(crate) fn texts_by_name(&self) -> Option<BTreeMap<String, String>> {
        let fields = self.members()?;
        let read =
            all(fields.each().into_iter().map(|(name, place)| Some((name.to_owned(), place.any_text()?.to_owned()))))?;
        Some(read.into_iter().collect())
    }

    /// Every element by one reader; all of them are asked, whatever the first ones answer.
    pub(crate) fn each<T>(places: &[Self], read: impl Fn(&Self) -> Option<T>) -> Option<Vec<T>> {
        all(places.iter().map(read))
    }

    /// The elements of a list; what is no list is its own only element.
    pub(crate) fn elements(&self) -> Vec<Self> {
        match self.tree {
            Tree::List(_) => self.list().unwrap_or_default(),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Object(_) => vec![self.clone()],
        }
    }

    /// A list of text; a plain text stands for a list of one, and `true` and `false` for their words.
    pub(crate) fn values(&self) -> Option<Vec<String>> {
        let value = |place: &Self| match place.tree {
            Tree::Bool(flag) => Some(flag.to_string()),
            Tree::Text(text) => Some(text.clone()),
            Tree::Null | Tree::Number(_) | Tree::List(_) | Tree::Object(_) => place.wrong_type(Expected::Text),
        };
        if matches!(self.tree, Tree::List(_)) {
            self.some()?;
        }
        Self::each(&self.elements(), value)
    }
}

/// What stands at a place that is read.
#[derive(Clone, Copy)]
enum Expected {
    Object,
    List,
    Text,
    Pattern,
    Flag,
    Whole,
}

impl Expected {
    const fn noun(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::List => "a list",
            Self::Text => "text",
            Self::Pattern => "text: a path pattern",
            Self::Flag => "true or false",
            Self::Whole => "a whole number",
        }
    }
}

/// All answers, or `None` once every question has been asked.
pub(crate) fn all<T>(answers: impl IntoIterator<Item = Option<T>>) -> Option<Vec<T>> {
    let mut complete = true;
    let mut read = Vec::new();
    for answer in answers {
        match answer {
            Some(answer) => read.push(answer),
            None => complete = false,
        }
    }
    complete.then_some(read)
}

/// The fields of an object.
pub(crate) struct Fields<'t> {
    pub(crate) place: Reader<'t>,
    members: Vec<(&'t String, &'t Tree)>,
}

impl<'t> Fields<'t> {
    /// A field that may be missing; `null` is as good as missing.
    pub(crate) fn optional(&self, name: &str) -> Option<Reader<'t>> {
        let (_, tree) = self.members.iter().find(|(key, _)| *key == name)?;
        (!matches!(tree, Tree::Null)).then(|| self.place.child(tree, name))
    }

    /// A field that must be there.
    pub(crate) fn required(&self, name: &str) -> Option<Reader<'t>> {
        let found = self.optional(name);
        if found.is_none() {
            self.place.error("missing-field", format!("the field `{name}` is missing"), format!("add `{name}`"));
        }
        found
    }

    /// A required text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        Some(self.required(name)?.text()?.to_owned())
    }

    /// A field that may be missing: `Some(None)` if it is, `None` if it is there and cannot be read.
    #[expect(clippy::option_option, reason = "missing and unreadable are different answers")]
    pub(crate) fn maybe<T>(&self, name: &str, read: impl FnOnce(&Reader<'t>) -> Option<T>) -> Option<Option<T>> {
        match self.optional(name) {
            Some(place) => read(&place).map(Some),
            None => Some(None),
        }
    }

    /// A list that may be missing, by one reader for each element; missing is empty.
    pub(crate) fn many<T>(&self, name: &str, read: impl Fn(&Reader<'t>) -> Option<T>) -> Option<Vec<T>> {
        match self.optional(name) {
            Some(place) => Reader::each(&place.list()?, read),
            None => Some(Vec::new()),
        }
    }

    /// A list that must be there and have an element.
    pub(crate) fn some<T>(&self, name: &str, read: impl Fn(&Reader<'t>) -> Option<T>) -> Option<Vec<T>> {
        Reader::each(&self.required(name)?.some()?, read)
    }

    /// Every field with its place, in document order.
    pub(crate) fn each(&self) -> Vec<(&'t str, Reader<'t>)> {
        self.members.iter().map(|(name, tree)| (name.as_str(), self.place.child(tree, name))).collect()
    }
}

/// A word of a closed vocabulary.
pub(crate) trait Word: Sized {
    /// Reads it, or says what there is.
    fn read(text: &str) -> Result<Self, UnknownWord>;
}

macro_rules! words {
    ($($Word:ty),+) => { $(
        impl Word for $Word {
            fn read(text: &str) -> Result<Self, UnknownWord> {
                Self::from_str(text)
            }
        }
    )+ };
}
words!(
    Same,
    drift_model::DriftClass,
    drift_model::Domain,
    drift_model::Risk,
    drift_model::Recommend,
    drift_model::Obligation,
    drift_model::ChangeKind,
    drift_model::Relation,
    drift_model::Disposition,
    drift_model::OwnerKind,
    drift_model::Existence,
    drift_model::Verdict,
    drift_model::Action,
    super::HealMode
);

impl Word for System {
    fn read(text: &str) -> Result<Self, UnknownWord> {
        const SYSTEMS: &[&str] =
            &["KUBERNETES", "OPENTOFU", "TERRAFORM", "ARGOCD", "FLUX", "AWS", "DATABASE", "GENERIC", "GENERIC:name"];
        text.parse().map_err(|_| UnknownWord::new("system", text, SYSTEMS))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(value: serde_json::Value, read: impl Fn(&Reader<'_>)) -> String {
        let (tree, findings) = (Tree::from(value), Findings::new("doc"));
        read(&Reader::root(&tree, &findings));
        findings.into_inner().into_iter().collect::<crate::Diagnostics>().to_string()
    }

    #[test]
    fn a_quotation_is_short_and_in_one_line() {
        assert_eq!(quote("a\nb\u{1b}[31m"), "`a\\nb\\u{1b}[31m`");
        assert_eq!(quote(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
        assert_eq!(quote(&"é".repeat(60)), format!("`{}`", "é".repeat(60)));
    }

    #[test]
    fn every_element_is_asked_whatever_the_first_answers() {
        let found = problems(json!(["a", 1, "/b", true]), |place| {
            assert_eq!(place.list().and_then(|items| Reader::each(&items, Reader::pattern)), None);
        });
        assert_eq!(
            found,
            "error[bad-path] doc /0: bad path `a`\n  help: expected a slash at the start (the root is the empty string)\n\
             error[wrong-type] doc /1: expected text: a path pattern, found a number\n  help: put it in quotes\n\
             error[wrong-type] doc /3: expected text: a path pattern, found true or false\n  help: put it in quotes"
        );
    }

    #[test]
    fn a_count_is_whole_and_at_least_one_however_it_is_spelled() {
        for (number, count) in
            [(json!(5), Some(5)), (json!(5.0), Some(5)), (json!(0), None), (json!(-1), None), (json!(1.5), None)]
        {
            let (tree, findings) = (Tree::from(number), Findings::new("doc"));
            assert_eq!(Reader::root(&tree, &findings).count().map(NonZeroU32::get), count, "{tree:?}");
            assert_eq!(findings.into_inner().len(), usize::from(count.is_none()), "{tree:?}");
        }
    }

    #[test]
    fn missing_and_unreadable_are_different_answers() {
        let found = problems(json!({"a": null, "b": 1}), |place| {
            let fields = place.object(&["a", "b"]).unwrap();
            assert_eq!(fields.maybe("a", Reader::flag), Some(None));
            assert_eq!(fields.maybe("b", Reader::flag), None);
        });
        assert_eq!(
            found,
            "error[wrong-type] doc /b: expected true or false, found a number\n  help: write `true` or `false`, without quotes"
        );
    }
}
