//! Operations of a patch on the lines of a block-style YAML document.

use drift_model::canonical_text;
use serde_json::Value;

use super::draft::Draft;
use super::no_lines::NoLines;
use super::outline::{Kind, Node, Slot, outline};
use super::patch::Operation;
use super::spelling;
use super::tokens::SPACE;

/// Carries out one operation on one document of the draft.
pub(super) fn carry_out(draft: &mut Draft, document: usize, operation: &Operation) -> Result<(), NoLines> {
    let tokens: Vec<String> =
        operation.path().split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let root = outline(draft, document)?;
    let editor = Editor { root: &root, pointer: operation.path() };
    match operation {
        Operation::Test { value, .. } => match says(draft, editor.node(&tokens)?, value) {
            Some(false) => Err(NoLines::MovedOn { pointer: operation.path().to_owned() }),
            Some(true) | None => Ok(()),
        },
        Operation::Replace { value, .. } => editor.replace(draft, &tokens, value),
        Operation::Remove { .. } => editor.remove(draft, &tokens),
        Operation::Add { value, .. } => editor.add(draft, &tokens, value),
    }
}

struct Editor<'o> {
    root: &'o Node,
    pointer: &'o str,
}

impl<'o> Editor<'o> {
    fn no_place(&self) -> NoLines {
        NoLines::NoPlace { pointer: self.pointer.to_owned() }
    }

    /// The value at a place.
    fn node(&self, tokens: &[String]) -> Result<&'o Node, NoLines> {
        tokens.iter().try_fold(self.root, |node, token| Ok(&self.slot(node, token)?.value))
    }

    fn slot(&self, node: &'o Node, token: &str) -> Result<&'o Slot, NoLines> {
        let line = node.start.saturating_add(1);
        match &node.kind {
            Kind::Map(slots) => slots.iter().find(|slot| slot.key == token).ok_or_else(|| self.no_place()),
            Kind::Seq(slots) => index(token).and_then(|index| slots.get(index)).ok_or_else(|| self.no_place()),
            Kind::Flow(..) => Err(NoLines::Flow { line }),
            Kind::Closed(why) => Err(why.clone()),
            Kind::Scalar(..) | Kind::Null | Kind::Text => Err(self.no_place()),
        }
    }

    fn replace(&self, draft: &mut Draft, tokens: &[String], value: &Value) -> Result<(), NoLines> {
        let (last, above) = tokens.split_last().ok_or_else(|| self.no_place())?;
        let parent = self.node(above)?;
        let slot = self.slot(parent, last)?;
        let old = &slot.value;
        if let Kind::Closed(why @ NoLines::Anchor { .. }) = &old.kind {
            return Err(why.clone());
        }
        free_of_anchors(draft, slot.line, old.end)?;
        let line = draft.line(slot.line).to_owned();
        let until = |end: usize| line.get(..end).unwrap_or_default().to_owned();
        match (&old.kind, spelling::on_one_line(value)) {
            (Kind::Scalar(from, to) | Kind::Flow(from, to), Some(text)) => {
                let line = draft.line(old.start).to_owned();
                let part = |from, to| line.get(from..to).unwrap_or_default();
                let text = match value {
                    Value::String(new) => spelling::like(part(*from, *to), new),
                    _ => text,
                };
                let line = format!("{}{text}{}", part(0, *from), part(*to, line.len()));
                draft.splice(old.start..old.start.saturating_add(1), vec![line]);
            }
            (Kind::Null, Some(text)) => {
                let rest = line.get(slot.after..).unwrap_or_default();
                draft.splice(
                    slot.line..slot.line.saturating_add(1),
                    vec![format!("{} {text}{rest}", until(slot.after))],
                );
            }
            (_, Some(text)) => draft.splice(slot.line..old.end, vec![format!("{} {text}", until(slot.after))]),
            (_, None) => {
                let mut lines = vec![until(slot.after)];
                if matches!(parent.kind, Kind::Seq(_)) {
                    let mut inner = spelling::block(value, slot.after.saturating_add(1)).into_iter();
                    let first = inner.next().unwrap_or_default();
                    lines = vec![format!("{} {}", until(slot.after), first.trim_start_matches(' '))];
                    lines.extend(inner);
                } else {
                    lines.extend(spelling::block(value, parent.column.saturating_add(2)));
                }
                draft.splice(slot.line..old.end, lines);
            }
        }
        Ok(())
    }

    fn remove(&self, draft: &mut Draft, tokens: &[String]) -> Result<(), NoLines> {
        let (last, above) = tokens.split_last().ok_or_else(|| self.no_place())?;
        let parent = self.node(above)?;
        let slot = self.slot(parent, last)?;
        free_of_anchors(draft, slot.line, slot.value.end)?;
        let (Kind::Map(slots) | Kind::Seq(slots)) = &parent.kind else { return Err(self.no_place()) };
        if slots.len() == 1 {
            // What is empty is written so; a key without a value would be null.
            let empty = if matches!(parent.kind, Kind::Map(_)) {
                Value::Object(serde_json::Map::new())
            } else {
                Value::Array(Vec::new())
            };
            return if above.is_empty() { Err(NoLines::Emptied) } else { self.replace(draft, above, &empty) };
        }
        self.keeps_texts_apart(draft, slot)?;
        let line = draft.line(slot.line);
        let prefix = line.get(..parent.column).unwrap_or_default().to_owned();
        let is_first = slots.first().is_some_and(|first| first.line == slot.line);
        let next = slots.iter().find(|next| next.line > slot.line).filter(|_| is_first && !prefix.trim().is_empty());
        if let Some(next) = next {
            // It shares its line with the dash of the item that it is in: the next one takes the dash over.
            let line = draft.line(next.line);
            let line = format!("{prefix}{}", line.get(parent.column..).unwrap_or_default());
            draft.splice(next.line..next.line.saturating_add(1), vec![line]);
        }
        draft.splice(slot.line..slot.value.end, Vec::new());
        Ok(())
    }

    /// A comment or white space that stands under what is taken away must not come to stand under a block text, which would
    /// take it for its own.
    fn keeps_texts_apart(&self, draft: &Draft, slot: &Slot) -> Result<(), NoLines> {
        let is_remark = |line: &usize| {
            let text = draft.line(*line).trim_start_matches(SPACE);
            text.is_empty() || text.starts_with('#')
        };
        let mut left = (slot.value.end..draft.len()).take_while(is_remark);
        let stands_above = |text: &Node| text.end <= slot.line && (text.end..slot.line).all(|line| is_remark(&line));
        if left.any(|line| !draft.line(line).is_empty()) && has_text(self.root, &stands_above) {
            return Err(NoLines::SeveralLines { line: slot.line.saturating_add(1) });
        }
        Ok(())
    }

    fn add(&self, draft: &mut Draft, tokens: &[String], value: &Value) -> Result<(), NoLines> {
        let (last, above) = tokens.split_last().ok_or_else(|| self.no_place())?;
        let parent = self.node(above)?;
        let pad = " ".repeat(parent.column);
        match &parent.kind {
            Kind::Map(slots) if slots.iter().any(|slot| slot.key == *last) => self.replace(draft, tokens, value),
            Kind::Map(_) => {
                let lines = spelling::member(&pad, last, value, parent.column);
                draft.splice(parent.end..parent.end, lines);
                Ok(())
            }
            Kind::Seq(slots) => {
                let lines = spelling::block(&Value::Array(vec![value.clone()]), parent.column);
                let at = match index(last) {
                    _ if last == "-" => parent.end,
                    Some(index) if index == slots.len() => parent.end,
                    Some(index) => slots.get(index).ok_or_else(|| self.no_place())?.line,
                    None => return Err(self.no_place()),
                };
                let shared = draft.line(at).get(..parent.column).is_some_and(|prefix| !prefix.trim().is_empty());
                if at < parent.end && shared {
                    return Err(NoLines::NotUnderstood { line: at.saturating_add(1) });
                }
                draft.splice(at..at, lines);
                Ok(())
            }
            // An empty collection is always written in flow style.
            Kind::Flow(from, to) => {
                let text: String = draft.line(parent.start).get(*from..*to).unwrap_or_default().split(' ').collect();
                let item = match text.as_str() {
                    "[]" if last == "-" || last == "0" => Value::Array(vec![value.clone()]),
                    "{}" => Value::Object([(last.clone(), value.clone())].into_iter().collect()),
                    _ => return Err(NoLines::Flow { line: parent.start.saturating_add(1) }),
                };
                self.replace(draft, above, &item)
            }
            Kind::Closed(why) => Err(why.clone()),
            Kind::Scalar(..) | Kind::Null | Kind::Text => Err(self.no_place()),
        }
    }
}

/// Is there a block text that is this?
fn has_text(node: &Node, is: &impl Fn(&Node) -> bool) -> bool {
    match &node.kind {
        Kind::Map(slots) | Kind::Seq(slots) => slots.iter().any(|slot| has_text(&slot.value, is)),
        Kind::Text => is(node),
        Kind::Scalar(..) | Kind::Flow(..) | Kind::Null | Kind::Closed(_) => false,
    }
}

/// Does the file say this there? `None` where only a YAML parser can tell.
fn says(draft: &Draft, node: &Node, value: &Value) -> Option<bool> {
    let text = |from, to| draft.line(node.start).get(from..to);
    match (&node.kind, value) {
        (Kind::Map(slots), Value::Object(members)) => all(slots.len() == members.len(), slots, |slot| {
            members.get(&slot.key).map_or(Some(false), |value| says(draft, &slot.value, value))
        }),
        (Kind::Seq(slots), Value::Array(items)) => {
            let mut items = items.iter();
            all(slots.len() == items.len(), slots, |slot| says(draft, &slot.value, items.next()?))
        }
        (Kind::Null, value) => Some(value.is_null()),
        (Kind::Map(_) | Kind::Seq(_), _) => Some(false),
        (Kind::Scalar(from, to), value) => spelling::means(text(*from, *to)?, value),
        (Kind::Flow(from, to), value) => {
            let written: Value = serde_json::from_str(text(*from, *to)?).ok()?;
            Some(canonical_text(&written) == canonical_text(value))
        }
        (Kind::Text | Kind::Closed(_), _) => None,
    }
}

/// Of many answers: no if one is no, unknown if one is unknown.
fn all(same_size: bool, slots: &[Slot], mut says: impl FnMut(&Slot) -> Option<bool>) -> Option<bool> {
    let answers: Vec<Option<bool>> = slots.iter().map(&mut says).collect();
    if !same_size || answers.contains(&Some(false)) {
        Some(false)
    } else {
        answers.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
    }
}

/// An index as RFC 6901 writes it.
fn index(token: &str) -> Option<usize> {
    let sound = token == "0" || !token.starts_with(['0', '+']);
    sound.then(|| token.parse().ok())?
}

/// Lines that may hold an anchor are not taken away: an alias elsewhere may need it.
fn free_of_anchors(draft: &Draft, start: usize, end: usize) -> Result<(), NoLines> {
    let marks = |line: &str| {
        let mut before = ' ';
        line.chars().any(|c| {
            let found = matches!(c, '&' | '*') && matches!(before, ' ' | '[' | '{' | ',' | ':' | '-' | '\t');
            before = c;
            found
        })
    };
    match (start..end).find(|line| marks(draft.line(*line))) {
        Some(line) => Err(NoLines::Anchor { line: line.saturating_add(1) }),
        None => Ok(()),
    }
}
