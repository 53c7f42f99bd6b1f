//! Operations of a patch on the text of a JSON document: what is not concerned keeps its bytes.

use std::collections::BTreeSet;
use std::ops::Range;

use drift_model::canonical_text;
use serde_json::Value;

use super::draft::Draft;
use super::no_lines::NoLines;
use super::patch::Operation;

/// Carries out one operation on the draft.
pub(super) fn carry_out(draft: &mut Draft, operation: &Operation) -> Result<(), NoLines> {
    let text = draft.text();
    let mut reader = Reader { text: &text, at: 0 };
    let root = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.not_understood());
    }
    let (range, new) = edit(&text, &root, operation)?;
    let Some(range) = range else { return Ok(()) };
    // Whole lines take the place of whole lines.
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let begin = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let end = after.find('\n').map_or(text.len(), |at| range.end.saturating_add(at));
    let first = before.matches('\n').count();
    let last = first.saturating_add(text.get(range.clone()).unwrap_or_default().matches('\n').count());
    let whole = [text.get(begin..range.start), Some(new.as_str()), text.get(range.end..end)]
        .into_iter()
        .flatten()
        .collect::<String>();
    let lines = whole.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned()).collect();
    draft.splice(first..last.saturating_add(1), lines);
    Ok(())
}

/// Which bytes become which.
fn edit(text: &str, root: &Node, operation: &Operation) -> Result<(Option<Range<usize>>, String), NoLines> {
    let pointer = operation.path();
    let no_place = || NoLines::NoPlace { pointer: pointer.to_owned() };
    let tokens: Vec<String> = pointer.split('/').skip(1).map(|t| t.replace("~1", "/").replace("~0", "~")).collect();
    let (last, above) = tokens.split_last().ok_or_else(no_place)?;
    let parent = above.iter().try_fold(root, |node, token| node.child(token)).ok_or_else(no_place)?;
    let slot = parent.slot(last);
    match (operation, slot) {
        (Operation::Test { value, .. }, Some(at)) => {
            let slot = parent.slots.get(at).ok_or_else(no_place)?;
            let written: Option<Value> =
                text.get(slot.value.span.clone()).and_then(|text| serde_json::from_str(text).ok());
            if written.is_some_and(|written| canonical_text(&written) == canonical_text(value)) {
                Ok((None, String::new()))
            } else {
                Err(NoLines::MovedOn { pointer: pointer.to_owned() })
            }
        }
        (Operation::Replace { value, .. }, Some(at)) => {
            let slot = parent.slots.get(at).ok_or_else(no_place)?;
            Ok((Some(slot.value.span.clone()), canonical_text(value)))
        }
        (Operation::Add { value, .. }, Some(at)) if parent.is_object => {
            let slot = parent.slots.get(at).ok_or_else(no_place)?;
            Ok((Some(slot.value.span.clone()), canonical_text(value)))
        }
        (Operation::Remove { .. }, Some(at)) => Ok((Some(parent.without(at).ok_or_else(no_place)?), String::new())),
        (Operation::Add { value, .. }, at) => {
            let name =
                if parent.is_object { canonical_text(&Value::from(last.as_str())) + ": " } else { String::new() };
            let new = name + &canonical_text(value);
            let is_end = at.is_none() && (parent.is_object || last == "-" || *last == parent.slots.len().to_string());
            match (at.and_then(|at| parent.slots.get(at)), parent.slots.last()) {
                _ if !parent.is_container => Err(no_place()),
                (Some(slot), _) => {
                    let gap = parent.gap(text, at.unwrap_or_default());
                    Ok((Some(slot.start..slot.start), format!("{new},{gap}")))
                }
                (None, _) if !is_end => Err(no_place()),
                (None, Some(slot)) => {
                    let gap = parent.gap(text, parent.slots.len().saturating_sub(1));
                    Ok((Some(slot.value.span.end..slot.value.span.end), format!(",{gap}{new}")))
                }
                (None, None) => {
                    let inside = parent.span.start.saturating_add(1)..parent.span.end.saturating_sub(1);
                    Ok((Some(inside), new))
                }
            }
        }
        (Operation::Replace { .. } | Operation::Remove { .. } | Operation::Test { .. }, None) => Err(no_place()),
    }
}

struct Node {
    span: Range<usize>,
    is_container: bool,
    is_object: bool,
    slots: Vec<Slot>,
}

struct Slot {
    /// The name, unescaped; empty for items.
    name: String,
    /// Where the name, or the item, begins.
    start: usize,
    value: Node,
}

impl Node {
    fn slot(&self, token: &str) -> Option<usize> {
        if self.is_object {
            return self.slots.iter().position(|slot| slot.name == token);
        }
        let sound = token == "0" || !token.starts_with(['0', '+']);
        token.parse().ok().filter(|at: &usize| sound && *at < self.slots.len())
    }

    fn child(&self, token: &str) -> Option<&Self> {
        self.slot(token).and_then(|at| self.slots.get(at)).map(|slot| &slot.value)
    }

    /// The bytes of a slot with the comma that goes with it.
    fn without(&self, at: usize) -> Option<Range<usize>> {
        let slot = self.slots.get(at)?;
        let next = self.slots.get(at.saturating_add(1));
        let before = at.checked_sub(1).and_then(|at| self.slots.get(at));
        Some(match (before, next) {
            (_, Some(next)) => slot.start..next.start,
            (Some(before), None) => before.value.span.end..slot.value.span.end,
            (None, None) => self.span.start.saturating_add(1)..self.span.end.saturating_sub(1),
        })
    }

    /// The white space before a slot: what separates it from the one before.
    fn gap<'t>(&self, text: &'t str, at: usize) -> &'t str {
        let start = self.slots.get(at).map_or(0, |slot| slot.start);
        let before = text.get(..start).unwrap_or_default();
        let gap = before.len().saturating_sub(before.trim_end_matches([' ', '\t', '\r', '\n']).len());
        let gap = before.get(before.len().saturating_sub(gap)..).unwrap_or_default();
        if gap.is_empty() { " " } else { gap }
    }
}

/// A reader of JSON (RFC 8259) that keeps where things stand.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn not_understood(&self) -> NoLines {
        NoLines::NotUnderstood { line: self.line() }
    }

    fn line(&self) -> usize {
        self.text.get(..self.at).unwrap_or_default().matches('\n').count().saturating_add(1)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        let space = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t', '\r', '\n']).len());
        self.at = self.at.saturating_add(space);
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        self.at = self.at.saturating_add(usize::from(found));
        found
    }

    fn value(&mut self, depth: usize) -> Result<Node, NoLines> {
        if depth > 256 {
            return Err(NoLines::TooDeep);
        }
        self.space();
        let start = self.at;
        if let Some(is_object) = [('{', true), ('[', false)].into_iter().find(|(c, _)| self.take(*c)).map(|(_, is)| is)
        {
            let close = if is_object { '}' } else { ']' };
            let (mut slots, mut names) = (Vec::<Slot>::new(), BTreeSet::new());
            self.space();
            while !self.take(close) {
                if !slots.is_empty() && !self.take(',') {
                    return Err(self.not_understood());
                }
                self.space();
                let begin = self.at;
                let mut name = String::new();
                if is_object {
                    name = self
                        .scalar()
                        .and_then(|text| serde_json::from_str(text).ok())
                        .ok_or_else(|| self.not_understood())?;
                    self.space();
                    if !self.take(':') {
                        return Err(self.not_understood());
                    }
                    if !names.insert(name.clone()) {
                        return Err(NoLines::DuplicateKey { line: self.line() });
                    }
                }
                let value = self.value(depth.saturating_add(1))?;
                slots.push(Slot { name, start: begin, value });
                self.space();
            }
            return Ok(Node { span: start..self.at, is_container: true, is_object, slots });
        }
        let sound = self.scalar().is_some_and(|text| serde_json::from_str::<Value>(text).is_ok());
        if sound {
            Ok(Node { span: start..self.at, is_container: false, is_object: false, slots: Vec::new() })
        } else {
            Err(self.not_understood())
        }
    }

    /// The text of a string, a number or a word.
    fn scalar(&mut self) -> Option<&str> {
        let start = self.at;
        let length = if self.rest().starts_with('"') {
            let mut escaped = false;
            let end = self.rest().char_indices().skip(1).find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            end?.0.saturating_add(1)
        } else {
            self.rest().find([',', ']', '}', ':', ' ', '\t', '\r', '\n']).unwrap_or(self.rest().len())
        };
        self.at = start.saturating_add(length);
        self.text.get(start..self.at)
    }
}
