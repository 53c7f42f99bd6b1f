//! `Outline`: which lines of a block-style YAML document hold what. Not a YAML parser: what it does not understand it says.
//!
//! It takes the part of YAML 1.2 that people write configuration in: mappings and sequences by indentation, scalars on
//! one line, block texts, flow collections on one line. Where it stops short (aliases, tags, texts over several lines) it
//! knows at least where that ends, or refuses the document as a whole.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::no_lines::NoLines;
use super::spelling;
use super::tokens::{SPACE, flow, is_dash, key, quoted};

/// A value, with the lines that it takes.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// The line that it begins on.
    pub(super) start: usize,
    /// The line after its last one.
    pub(super) end: usize,
    /// The column of its keys or dashes.
    pub(super) column: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Map(Vec<Slot>),
    Seq(Vec<Slot>),
    /// On one line, from byte to byte: a scalar.
    Scalar(usize, usize),
    /// On one line, from byte to byte: a flow collection.
    Flow(usize, usize),
    /// Nothing is written.
    Null,
    /// A block text.
    Text,
    /// Known where it ends, and not looked into.
    Closed(NoLines),
}

/// A member of a mapping or an item of a sequence.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The key; empty for items.
    pub(super) key: String,
    /// The line of its key or dash.
    pub(super) line: usize,
    /// The byte after the colon or the dash.
    pub(super) after: usize,
    pub(super) value: Node,
}

const DEEPEST: usize = 256;

/// The outline of one document of a text; documents without content do not count.
pub(super) fn outline(draft: &Draft, document: usize) -> Result<Node, NoLines> {
    // Line breaks to some readers and not to others; and what YAML does not allow at all.
    let strange = |c: char| c.is_control() && c != '\t' || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    if let Some(line) = (0..draft.len()).find(|line| draft.line(*line).contains(strange)) {
        return Err(not_understood(line));
    }
    let (start, end) = bounds(draft, document)?;
    let reader = Reader { draft, end };
    let first = reader.content(start).ok_or(NoLines::NoDocument)?;
    let root = reader.block(first, reader.indent(first)?, None, 0)?;
    match reader.content(root.end) {
        Some(line) => Err(not_understood(line)),
        None if matches!(root.kind, Kind::Map(_) | Kind::Seq(_) | Kind::Closed(_)) => Ok(root),
        None => Err(not_understood(first)),
    }
}

fn not_understood(line: usize) -> NoLines {
    NoLines::NotUnderstood { line: line.saturating_add(1) }
}

/// The lines of a document of the stream: between `---` and `---` or `...`.
fn bounds(draft: &Draft, document: usize) -> Result<(usize, usize), NoLines> {
    let is_marker = |line: &str, marker: &str| {
        line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    };
    let (mut start, mut found) = (0, 0_usize);
    for at in 0..=draft.len() {
        let line = draft.line(at);
        let ends = at == draft.len() || is_marker(line, "---") || is_marker(line, "...");
        if !ends {
            if line.starts_with('%') {
                return Err(not_understood(at));
            }
            continue;
        }
        let reader = Reader { draft, end: at };
        if reader.content(start).is_some() {
            if found == document {
                return Ok((start, at));
            }
            found = found.saturating_add(1);
        }
        let (_, rest) = line.split_at_checked(3).unwrap_or(("", ""));
        if !rest.trim_start_matches(SPACE).is_empty() && !rest.trim_start_matches(SPACE).starts_with('#') {
            return Err(not_understood(at));
        }
        start = at.saturating_add(1);
    }
    Err(NoLines::NoDocument)
}

struct Reader<'d> {
    draft: &'d Draft,
    end: usize,
}

impl Reader<'_> {
    /// The text of a line from a byte on.
    fn from(&self, line: usize, column: usize) -> &str {
        self.draft.line(line).get(column..).unwrap_or_default()
    }

    fn is_blank(&self, line: usize) -> bool {
        self.draft.line(line).trim_matches(SPACE).is_empty()
    }

    /// The next line with content, from this one on.
    fn content(&self, from: usize) -> Option<usize> {
        (from..self.end)
            .find(|line| !self.is_blank(*line) && !self.draft.line(*line).trim_start_matches(SPACE).starts_with('#'))
    }

    fn indent(&self, line: usize) -> Result<usize, NoLines> {
        let text = self.draft.line(line);
        let indent = text.len().saturating_sub(text.trim_start_matches(' ').len());
        if self.from(line, indent).starts_with('\t') {
            return Err(NoLines::Tab { line: line.saturating_add(1) });
        }
        Ok(indent)
    }

    /// The value whose first line has its content at this column.
    fn block(&self, line: usize, column: usize, parent: Option<usize>, depth: usize) -> Result<Node, NoLines> {
        if depth > DEEPEST {
            return Err(NoLines::TooDeep);
        }
        let text = self.from(line, column);
        if is_dash(text) {
            self.sequence(line, column, depth)
        } else if key(text).map_err(|_| not_understood(line))?.is_some() {
            self.mapping(line, column, depth)
        } else {
            self.inline(line, column, parent)
        }
    }

    fn mapping(&self, first: usize, column: usize, depth: usize) -> Result<Node, NoLines> {
        let mut slots: Vec<Slot> = Vec::new();
        let (mut line, mut closed, mut names) = (first, None, BTreeSet::new());
        loop {
            let text = self.from(line, column);
            let (name, after) = match key(text) {
                Ok(Some(key)) if !is_dash(text) => key,
                _ => return Err(not_understood(line)),
            };
            if name == "<<" {
                closed = Some(NoLines::Anchor { line: line.saturating_add(1) });
            } else if !names.insert(name.clone()) {
                closed = Some(NoLines::DuplicateKey { line: line.saturating_add(1) });
            } else if spelling::is_bool_to_some(&name) && !text.starts_with(['"', '\'']) {
                // `on: push` has the key `on` to YAML 1.2, and `true` to Kubernetes.
                closed = Some(not_understood(line));
            }
            let after = column.saturating_add(after);
            let value = self.member(line, after, column, depth.saturating_add(1))?;
            let end = value.end;
            slots.push(Slot { key: name, line, after, value });
            match self.content(end) {
                Some(next) if self.indent(next)? == column => line = next,
                Some(next) if self.indent(next)? > column => return Err(not_understood(next)),
                _ => {
                    let kind = closed.map_or(Kind::Map(slots), Kind::Closed);
                    return Ok(Node { kind, start: first, end, column });
                }
            }
        }
    }

    fn sequence(&self, first: usize, column: usize, depth: usize) -> Result<Node, NoLines> {
        let mut slots = Vec::new();
        let mut line = first;
        loop {
            let after = column.saturating_add(1);
            let rest = self.from(line, after);
            let space = rest.len().saturating_sub(rest.trim_start_matches(' ').len());
            let inner = after.saturating_add(space);
            let value = if rest.trim_matches(SPACE).is_empty() || rest.trim_start_matches(SPACE).starts_with('#') {
                self.below(line, column, depth.saturating_add(1))?
            } else if rest.trim_start_matches(' ').starts_with('\t') {
                return Err(NoLines::Tab { line: line.saturating_add(1) });
            } else {
                self.block(line, inner, Some(column), depth.saturating_add(1))?
            };
            let end = value.end;
            slots.push(Slot { key: String::new(), line, after, value });
            match self.content(end) {
                Some(next) if self.indent(next)? == column && is_dash(self.from(next, column)) => line = next,
                Some(next) if self.indent(next)? > column => return Err(not_understood(next)),
                _ => return Ok(Node { kind: Kind::Seq(slots), start: first, end, column }),
            }
        }
    }

    /// What a key has, on its line or below.
    fn member(&self, line: usize, after: usize, column: usize, depth: usize) -> Result<Node, NoLines> {
        let rest = self.from(line, after);
        let space = rest.len().saturating_sub(rest.trim_start_matches(' ').len());
        let text = self.from(line, after.saturating_add(space));
        if text.starts_with('\t') {
            return Err(NoLines::Tab { line: line.saturating_add(1) });
        }
        if !text.trim_matches(SPACE).is_empty() && !text.starts_with('#') {
            return self.inline(line, after.saturating_add(space), Some(column));
        }
        // A sequence may stand at the column of its key.
        match self.content(line.saturating_add(1)) {
            Some(next) if self.indent(next)? == column && is_dash(self.from(next, column)) => {
                self.sequence(next, column, depth)
            }
            _ => self.below(line, column, depth),
        }
    }

    /// What stands on the next lines, further in than this column.
    fn below(&self, line: usize, column: usize, depth: usize) -> Result<Node, NoLines> {
        match self.content(line.saturating_add(1)) {
            Some(next) if self.indent(next)? > column => self.block(next, self.indent(next)?, Some(column), depth),
            _ => Ok(Node { kind: Kind::Null, start: line, end: line.saturating_add(1), column }),
        }
    }

    /// A value that begins on this line and is no mapping or sequence of lines.
    fn inline(&self, line: usize, column: usize, parent: Option<usize>) -> Result<Node, NoLines> {
        let (text, next) = (self.from(line, column), line.saturating_add(1));
        let node = |kind, end| Ok(Node { kind, start: line, end, column });
        let one_line = |length: usize| {
            let rest = text.get(length..).unwrap_or_default();
            let ends = rest.trim_matches(SPACE).is_empty()
                || rest.starts_with([' ', '\t']) && rest.trim_start_matches(SPACE).starts_with('#');
            if ends { Ok(column.saturating_add(length)) } else { Err(not_understood(line)) }
        };
        match text.chars().next() {
            Some('&' | '*' | '!') => node(Kind::Closed(NoLines::Anchor { line: next }), self.region(next, parent)),
            Some('|' | '>') => {
                let header = text.split_once(" #").map_or(text, |(header, _)| header).trim_end_matches(SPACE);
                // With `+` the blank lines at the end count, and nobody sees where they end.
                if !header.chars().skip(1).all(|c| c == '-' || c.is_ascii_digit()) {
                    return Err(NoLines::SeveralLines { line: next });
                }
                if self.draft.is_closed() {
                    node(Kind::Text, self.region(next, parent))
                } else {
                    Err(NoLines::NoLastBreak)
                }
            }
            Some(quote @ ('"' | '\'')) => {
                let length = quoted(text, quote).ok_or(NoLines::SeveralLines { line: next })?;
                node(Kind::Scalar(column, one_line(length)?), next)
            }
            Some('[' | '{') => {
                let length = flow(text).ok_or(NoLines::SeveralLines { line: next })?;
                node(Kind::Flow(column, one_line(length)?), next)
            }
            Some('@' | '`' | '%' | '?' | ',' | ']' | '}' | '#' | ':') | None => Err(not_understood(line)),
            Some(_) => {
                let plain = text.split_once(" #").map_or(text, |(plain, _)| plain).trim_end_matches(SPACE);
                let commented = text.contains(" #");
                if is_dash(text) || plain.contains(": ") || plain.ends_with(':') || plain.contains('\t') {
                    return Err(not_understood(line));
                }
                let follows = (next..self.end).find(|line| !self.is_blank(*line));
                let goes_on = follows.map_or(Ok(false), |line| {
                    let inner = parent.is_none_or(|parent| self.indent(line).is_ok_and(|indent| indent > parent));
                    Ok(inner && !self.draft.line(line).trim_start_matches(SPACE).starts_with('#'))
                })?;
                if goes_on && !commented {
                    return node(Kind::Closed(NoLines::SeveralLines { line: next }), self.region(next, parent));
                }
                node(Kind::Scalar(column, column.saturating_add(plain.len())), next)
            }
        }
    }

    /// The line after the last one with content of those that are further in than the parent.
    fn region(&self, from: usize, parent: Option<usize>) -> usize {
        let inner = |line: &usize| {
            let text = self.draft.line(*line);
            let indent = text.len().saturating_sub(text.trim_start_matches(' ').len());
            self.is_blank(*line) || parent.is_none_or(|parent| indent > parent)
        };
        let lines: Vec<usize> = (from..self.end).take_while(inner).collect();
        lines.into_iter().rev().find(|line| !self.is_blank(*line)).map_or(from, |line| line.saturating_add(1))
    }
}
