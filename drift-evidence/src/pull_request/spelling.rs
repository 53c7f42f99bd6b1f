//! Values as block-style YAML, spelled so that every reader takes them for what they are (YAML 1.2, and 1.1 as Kubernetes
//! reads it).

use drift_model::canonical_text;
use serde_json::Value;

use crate::export::is_unseen;

/// Words that some reader takes for something else than a text.
const WORDS: [&str; 12] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];

/// Is this word, written plain, a text to some readers and a truth value to others?
pub(super) fn is_bool_to_some(word: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off"].contains(&word.to_ascii_lowercase().as_str())
}

/// A text as a plain scalar where that is safe beyond doubt, else in double quotes.
pub(super) fn string(text: &str) -> String {
    let may_stand =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '+' | '=' | '@' | ':' | ' ');
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/'))
        && text.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '='))
        && text.chars().all(may_stand)
        && !text.contains(": ")
        && !text.contains("  ")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { double(text) }
}

/// A text in the quotes that another one had.
pub(super) fn like(old: &str, text: &str) -> String {
    let simple = !text.chars().any(is_unseen);
    match old.chars().next() {
        Some('\'') if simple => format!("'{}'", text.replace('\'', "''")),
        Some('"' | '\'') => double(text),
        _ => string(text),
    }
}

/// Does a scalar, as it is written, mean this value? `None` where readers differ, or an escape would have to be looked up.
pub(super) fn means(written: &str, value: &Value) -> Option<bool> {
    let quoted = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let read = match quoted {
        Some(inner) => Value::from(inner.replace("''", "'")),
        // JSON's escapes mean the same in YAML, which has more.
        None if written.starts_with('"') => serde_json::from_str(written).ok()?,
        None => match serde_json::from_str(written) {
            Ok(scalar) => scalar,
            Err(_) if string(written) == written => Value::from(written),
            // `yes`, `~`, `0x1F`, `010`, dates: each reader has its own mind.
            Err(_) => return None,
        },
    };
    Some(canonical_text(&read) == canonical_text(value))
}

/// JSON's escapes are YAML's, and what cannot be seen is escaped besides.
fn double(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for c in canonical_text(&Value::from(text)).chars() {
        match u32::from(c) {
            // Writing to a string cannot fail.
            code if is_unseen(c) && code > 0xffff => drop(write!(out, "\\U{code:08x}")),
            code if is_unseen(c) => drop(write!(out, "\\u{code:04x}")),
            _ => out.push(c),
        }
    }
    out
}

/// A value that takes one line: a scalar or an empty collection.
pub(super) fn on_one_line(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(string(text)),
        Value::Null | Value::Bool(_) => Some(canonical_text(value)),
        Value::Number(_) => {
            let text = canonical_text(value);
            // YAML 1.1 takes `1e+21` for a text.
            Some(if text.contains('.') { text } else { text.replace('e', ".0e") })
        }
        Value::Array(items) => items.is_empty().then(|| "[]".to_owned()),
        Value::Object(members) => members.is_empty().then(|| "{}".to_owned()),
    }
}

/// A value as lines at this column.
pub(super) fn block(value: &Value, column: usize) -> Vec<String> {
    let pad = " ".repeat(column);
    let inner = column.saturating_add(2);
    match value {
        Value::Object(members) if !members.is_empty() => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            members.into_iter().flat_map(|(name, value)| member(&pad, name, value, column)).collect()
        }
        Value::Array(items) if !items.is_empty() => {
            let item = |item: &Value| {
                let mut lines = block(item, inner);
                if let Some(first) = lines.first_mut() {
                    *first = format!("{pad}- {}", first.trim_start_matches(' '));
                }
                lines
            };
            items.iter().flat_map(item).collect()
        }
        one => on_one_line(one).map(|text| format!("{pad}{text}")).into_iter().collect(),
    }
}

/// A member of a mapping, whose key stands after the prefix, at this column.
pub(super) fn member(prefix: &str, name: &str, value: &Value, column: usize) -> Vec<String> {
    let key = string(name);
    if let Some(text) = on_one_line(value) {
        return vec![format!("{prefix}{key}: {text}")];
    }
    let mut lines = vec![format!("{prefix}{key}:")];
    lines.extend(block(value, column.saturating_add(2)));
    lines
}
