//! YAML to JSON values, one for each document, with errors that say where and never repeat a value.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

/// How plain words are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    /// YAML 1.2: `ON` and `NO` are words, `0644` is six hundred and forty-four.
    Core,
    /// As `kubectl` reads manifests: `on` and `no` are booleans, `0644` is octal.
    Kubernetes,
}

/// What is wrong with a YAML text, and where. Lines and columns count from 1.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct YamlError {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// One document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlDocument {
    /// The line that its content starts on, from 1.
    pub line: usize,
    /// Its content.
    pub value: Value,
    /// The JSON Pointers of the keys that stand twice in one map, in order; of equal keys the last one holds.
    pub repeated: Vec<String>,
}

/// Reads every document of a stream. What stands before an error is answered beside it. Empty documents are left out.
#[must_use]
pub fn read(text: &str, dialect: Dialect) -> (Vec<YamlDocument>, Option<YamlError>) {
    let mut builder = Builder {
        dialect,
        documents: Vec::new(),
        open: Vec::new(),
        anchors: BTreeMap::new(),
        copied: 0,
        repeated: Vec::new(),
    };
    for next in Parser::new_from_str(text) {
        let error = match next {
            Ok((event, span)) => {
                let (line, column) = (span.start.line(), span.start.col().saturating_add(1));
                match builder.event(event, line) {
                    Ok(()) => continue,
                    Err(message) => YamlError { line, column, message: message.to_owned() },
                }
            }
            Err(error) => {
                let (line, column) = (error.marker().line(), error.marker().col().saturating_add(1));
                YamlError { line, column, message: error.info() }
            }
        };
        return (builder.documents, Some(error));
    }
    (builder.documents, None)
}

/// How many values the aliases of one text may copy: beyond that it is a bomb.
const MAX_COPIED: usize = 1_000_000;

struct Builder {
    dialect: Dialect,
    documents: Vec<YamlDocument>,
    /// The collections that are not closed yet, outermost first.
    open: Vec<Open>,
    anchors: BTreeMap<usize, Value>,
    copied: usize,
    /// The keys that stand twice in a map of the document that is being read.
    repeated: Vec<String>,
}

struct Open {
    anchor: usize,
    line: usize,
    content: Content,
}

enum Content {
    List(Vec<Value>),
    Map { entries: Map<String, Value>, merged: Vec<Value>, key: Option<String> },
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: usize) -> Result<(), &'static str> {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let text_wanted = self.wants_key() || tag.as_ref().is_some_and(|tag| is_text(tag.core_suffix()));
                let value = if text_wanted || style != ScalarStyle::Plain {
                    Value::String(text.into_owned())
                } else {
                    self.plain(&text)?
                };
                self.anchor(anchor, &value);
                return self.value(value, line);
            }
            Event::Alias(id) => {
                let value = self.anchors.get(&id).cloned().ok_or("an alias stands inside of what it names")?;
                let (size, depth) = measure(&value);
                self.copied = self.copied.saturating_add(size);
                if self.copied > MAX_COPIED {
                    return Err("the aliases copy more than a million values");
                }
                if self.open.len().saturating_add(depth) > drift_model::MAX_DEPTH {
                    return Err("the aliases nest more than 512 levels deep");
                }
                return self.value(value, line);
            }
            Event::SequenceStart(_, anchor, _) => self.open(anchor, line, Content::List(Vec::new()))?,
            Event::MappingStart(_, anchor, _) => {
                self.open(anchor, line, Content::Map { entries: Map::new(), merged: Vec::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.content {
                    Content::List(items) => Value::Array(items),
                    Content::Map { entries, merged, .. } => Value::Object(merge(entries, merged)?),
                };
                self.anchor(open.anchor, &value);
                return self.value(value, open.line);
            }
            // The parser's list of events is open: all that carries data is named above.
            _ => {}
        }
        Ok(())
    }

    /// The JSON Pointer of a key of the map that is open.
    fn pointer(&self, name: &str) -> String {
        let (_, outer) = self.open.split_last().unzip();
        let outer = outer.into_iter().flatten().map(|open| match &open.content {
            Content::List(items) => items.len().to_string(),
            Content::Map { key, .. } => key.clone().unwrap_or_default(),
        });
        let tokens = outer.chain([name.to_owned()]);
        let escaped = tokens.map(|token| token.replace('~', "~0").replace('/', "~1"));
        escaped.flat_map(|token| ["/".to_owned(), token]).collect()
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { key: None, .. }, .. }))
    }

    fn anchor(&mut self, anchor: usize, value: &Value) {
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
    }

    fn open(&mut self, anchor: usize, line: usize, content: Content) -> Result<(), &'static str> {
        if self.wants_key() {
            return Err("a key is a list or a map; JSON has none such");
        }
        self.open.push(Open { anchor, line, content });
        Ok(())
    }

    fn value(&mut self, value: Value, line: usize) -> Result<(), &'static str> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None if value.is_null() => {}
            None => self.documents.push(YamlDocument { line, value, repeated: std::mem::take(&mut self.repeated) }),
            Some(Content::List(items)) => items.push(value),
            Some(Content::Map { entries, merged, key }) => match key.take() {
                None => match value {
                    Value::String(text) => *key = Some(text),
                    _ => return Err("a key is not a text"),
                },
                Some(name) if name == "<<" => merged.push(value),
                Some(name) => {
                    if entries.insert(name.clone(), value).is_some() {
                        let pointer = self.pointer(&name);
                        self.repeated.push(pointer);
                    }
                }
            },
        }
        Ok(())
    }

    fn plain(&self, text: &str) -> Result<Value, &'static str> {
        Ok(match text {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            _ => match self.dialect {
                Dialect::Kubernetes if matches!(text, "yes" | "Yes" | "YES" | "on" | "On" | "ON") => Value::Bool(true),
                Dialect::Kubernetes if matches!(text, "no" | "No" | "NO" | "off" | "Off" | "OFF") => Value::Bool(false),
                Dialect::Kubernetes | Dialect::Core => number(text, self.dialect)?.unwrap_or_else(|| text.into()),
            },
        })
    }
}

fn is_text(core_suffix: Option<&str>) -> bool {
    core_suffix == Some("str") || core_suffix == Some("binary")
}

/// A plain scalar as a number, if it is one.
fn number(text: &str, dialect: Dialect) -> Result<Option<Value>, &'static str> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err("an infinite number or not-a-number; JSON has none such");
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Ok(None);
    }
    let radix = |prefix: &str, radix| {
        let digits = digits.strip_prefix(prefix).filter(|digits| !digits.starts_with(['+', '-']))?;
        let value = i64::from_str_radix(digits, radix).ok()?;
        Some(Value::from(if negative { value.saturating_neg() } else { value }))
    };
    if let Some(value) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Ok(Some(value));
    }
    let leading_zero = digits.len() > 1 && digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.starts_with('0');
    if leading_zero && dialect == Dialect::Kubernetes {
        // What is no octal number (`0899`) is read as a float there, which is never meant: it stays a text.
        return Ok(radix("0", 8));
    }
    let (digits, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if !is_number(whole)
        || !is_number(fraction)
        || (whole.is_empty() && fraction.is_empty())
        || exponent_digits.is_empty()
        || !is_number(exponent_digits)
    {
        return Ok(None);
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if negative { "-" } else { "" };
    let json = match (fraction.is_empty(), exponent == "0") {
        (true, true) => format!("{sign}{whole}"),
        (true, false) => format!("{sign}{whole}e{exponent}"),
        (false, _) => format!("{sign}{whole}.{fraction}e{exponent}"),
    };
    let number: Result<Number, _> = serde_json::from_str(&json);
    number.map(|number| Some(Value::Number(number))).map_err(|_| "a number that is out of range")
}

/// `<<`: what a map does not say itself, it takes from the maps it merges, the earlier first.
fn merge(mut entries: Map<String, Value>, merged: Vec<Value>) -> Result<Map<String, Value>, &'static str> {
    for value in merged {
        let sources = match value {
            Value::Array(sources) => sources,
            one => vec![one],
        };
        for source in sources {
            let Value::Object(source) = source else { return Err("`<<` merges something that is not a map") };
            for (key, value) in source {
                entries.entry(key).or_insert(value);
            }
        }
    }
    Ok(entries)
}

/// How many values there are in this one, and how deep they are nested.
fn measure(value: &Value) -> (usize, usize) {
    let measure_all = |values: &mut dyn Iterator<Item = &Value>| {
        values.map(measure).fold((1_usize, 1_usize), |(size, depth), (part, deep)| {
            (size.saturating_add(part), depth.max(deep.saturating_add(1)))
        })
    };
    match value {
        Value::Array(items) => measure_all(&mut items.iter()),
        Value::Object(entries) => measure_all(&mut entries.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(text: &str, dialect: Dialect) -> Value {
        let (mut documents, error) = read(text, dialect);
        assert_eq!(error, None, "{text}");
        assert_eq!(documents.len(), 1, "{text}");
        documents.remove(0).value
    }

    #[test]
    fn manifests_are_read_as_kubectl_reads_them() {
        let text = "a: yes\nb: 'yes'\nc: 0644\nd: 1.50\ne: !!str 12\nf: 1e3\ng: 0x1F\nh: -7\ni: ~\nj: 0899\nk: 10.0.0.1\nl: 1e\n";
        let expected = json!({"a": true, "b": "yes", "c": 420, "d": 1.5, "e": "12", "f": 1e3, "g": 31, "h": -7, "i": null,
                              "j": "0899", "k": "10.0.0.1", "l": "1e"});
        assert_eq!(one(text, Dialect::Kubernetes), expected);
    }

    #[test]
    fn in_documents_that_people_write_on_and_no_are_words() {
        assert_eq!(
            one("freeze: ON\nsuspended: NO\nmode: 0644", Dialect::Core),
            json!({"freeze": "ON", "suspended": "NO", "mode": 644})
        );
    }

    #[test]
    fn anchors_aliases_and_merges_are_followed() {
        let text = "base: &base {a: 1, b: 2}\nmore:\n  <<: *base\n  b: 3\nagain: *base\n";
        assert_eq!(
            one(text, Dialect::Core),
            json!({"base": {"a": 1, "b": 2}, "more": {"a": 1, "b": 3}, "again": {"a": 1, "b": 2}})
        );
    }

    #[test]
    fn documents_have_the_line_that_they_start_on_and_empty_ones_are_left_out() {
        let (documents, error) = read("---\n# nothing\n---\na: 1\n---\n- b\n", Dialect::Core);
        assert_eq!(error, None);
        let places: Vec<usize> = documents.iter().map(|document| document.line).collect();
        assert_eq!(places, [4, 6]);
    }

    #[test]
    fn what_stands_before_an_error_is_kept() {
        let (documents, error) = read("a: 1\n---\nb: [1, CANARY\n", Dialect::Core);
        assert_eq!(documents.len(), 1);
        let error = error.unwrap();
        assert!(error.line >= 3 && !error.message.contains("CANARY"), "{error:?}");
    }

    #[test]
    fn a_key_that_stands_twice_is_told_and_the_rest_is_read() {
        let (documents, error) = read("a:\n- b~/c: 1\n  b~/c: 2\n- d: {e: 1, e: 2}\na: 3\n---\nf: 4\n", Dialect::Core);
        assert_eq!(error, None);
        let found: Vec<_> = documents.iter().map(|document| (&document.value, document.repeated.as_slice())).collect();
        let repeated = ["/a/0/b~0~1c", "/a/1/d/e", "/a"].map(str::to_owned);
        assert_eq!(found, [(&json!({"a": 3}), repeated.as_slice()), (&json!({"f": 4}), &[])]);
    }

    #[test]
    fn each_mistake_has_its_own_words() {
        for (text, message) in [
            ("[1, 2]: 3", "a key is a list or a map; JSON has none such"),
            ("a: .nan", "an infinite number or not-a-number; JSON has none such"),
            ("<<: 7", "`<<` merges something that is not a map"),
        ] {
            assert_eq!(read(text, Dialect::Core).1.unwrap().message, message, "{text}");
        }
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            text = format!("{text}a{level}: &a{level} [{}]\n", vec![alias; 10].join(", "));
        }
        assert_eq!(read(&text, Dialect::Core).1.unwrap().message, "the aliases copy more than a million values");
    }

    #[test]
    fn depth_is_bounded_through_aliases_too() {
        let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(200), "]".repeat(200));
        let text = format!("a: &a {}\nb: &b {}\nc: {}\n", nested("1"), nested("*a"), nested("*b"));
        assert_eq!(read(&text, Dialect::Core).1.unwrap().message, "the aliases nest more than 512 levels deep");
    }

    #[test]
    fn depth_is_bounded() {
        let (_, error) = read(&"[".repeat(100_000), Dialect::Core);
        assert!(error.is_some());
    }
}
