//! `Draft`: a text under change, whose lines remember where they come from, so that what changed can be shown.

use std::fmt::Write as _;
use std::ops::Range;

/// A text as lines, each with its number in the text as it was, if it was there.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    lines: Vec<Line>,
    was: Vec<String>,
    /// Does the text end with a newline?
    closed: bool,
}

#[derive(Clone, Debug)]
struct Line {
    origin: Option<usize>,
    text: String,
}

impl Draft {
    pub(super) fn of(text: &str) -> Self {
        let closed = text.is_empty() || text.ends_with('\n');
        let body = text.strip_suffix('\n').unwrap_or(text);
        let was: Vec<String> = if text.is_empty() { Vec::new() } else { body.split('\n').map(str::to_owned).collect() };
        let lines = was.iter().enumerate().map(|(at, text)| Line { origin: Some(at), text: text.clone() }).collect();
        Self { lines, was, closed }
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// The text of a line, without its line break.
    pub(super) fn line(&self, at: usize) -> &str {
        self.lines.get(at).map_or("", |line| line.text.strip_suffix('\r').unwrap_or(&line.text))
    }

    pub(super) const fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
        if self.closed && !self.lines.is_empty() {
            text.push('\n');
        }
        text
    }

    /// Puts these lines in the place of others. What they have in common at both ends stays as it was.
    pub(super) fn splice(&mut self, mut range: Range<usize>, mut new: Vec<String>) {
        // A file with carriage returns keeps them.
        if self.was.first().is_some_and(|line| line.ends_with('\r')) {
            for line in &mut new {
                line.push('\r');
            }
        }
        let kept =
            |at: usize, text: Option<&String>| self.lines.get(at).map(|line| &line.text) == text && text.is_some();
        while !range.is_empty() && kept(range.start, new.first()) {
            new.remove(0);
            range.start = range.start.saturating_add(1);
        }
        while !range.is_empty() && kept(range.end.saturating_sub(1), new.last()) {
            new.pop();
            range.end = range.end.saturating_sub(1);
        }
        self.lines.splice(range, new.into_iter().map(|text| Line { origin: None, text }));
    }

    /// Every text that is shown as removed or added.
    pub(super) fn changed(&self) -> impl Iterator<Item = &str> {
        self.marks().into_iter().filter(|mark| mark.sign != ' ').map(|mark| mark.text)
    }

    /// What changed, as a unified diff with so many lines of context, as long as these may be shown.
    pub(super) fn unified(&self, path: &str, context: usize, may_show: impl Fn(&str) -> bool) -> String {
        let marks = self.marks();
        let mut shown = vec![false; marks.len()];
        for at in (0..marks.len()).filter(|at| marks.get(*at).is_some_and(|mark| mark.sign != ' ')) {
            shown.get_mut(at).into_iter().for_each(|shown| *shown = true);
            let before = (0..at).rev().take(context);
            let after = (at.saturating_add(1)..marks.len()).take(context);
            for side in [before.collect::<Vec<_>>(), after.collect()] {
                let near = side
                    .into_iter()
                    .take_while(|at| marks.get(*at).is_some_and(|mark| mark.sign != ' ' || may_show(mark.text)));
                near.for_each(|at| shown.get_mut(at).into_iter().for_each(|shown| *shown = true));
            }
        }
        let mut diff = format!("--- a/{path}\n+++ b/{path}\n");
        let mut at = 0;
        while let Some(start) = (at..marks.len()).find(|at| shown.get(*at) == Some(&true)) {
            let end = (start..marks.len()).find(|at| shown.get(*at) == Some(&false)).unwrap_or(marks.len());
            self.hunk(&mut diff, marks.get(start..end).unwrap_or_default());
            at = end;
        }
        diff
    }

    fn hunk(&self, diff: &mut String, marks: &[Mark<'_>]) {
        let count = |without: char| marks.iter().filter(|mark| mark.sign != without).count();
        let (old, new) = (count('+'), count('-'));
        // Where a side has no lines, its number is that of the line before.
        let from = |first: usize, count: usize| if count == 0 { first } else { first.saturating_add(1) };
        let (first_old, first_new) = marks.first().map_or((0, 0), |mark| (mark.old, mark.new));
        let _ = writeln!(diff, "@@ -{},{old} +{},{new} @@", from(first_old, old), from(first_new, new));
        for mark in marks {
            let _ = writeln!(diff, "{}{}", mark.sign, mark.text);
            let last = match mark.sign {
                '-' => mark.old.saturating_add(1) == self.was.len(),
                '+' => mark.new.saturating_add(1) == self.lines.len(),
                _ => mark.old.saturating_add(1) == self.was.len() && mark.new.saturating_add(1) == self.lines.len(),
            };
            if last && !self.closed {
                diff.push_str("\\ No newline at end of file\n");
            }
        }
    }

    /// The lines of both texts in one list: kept, removed, added, with how many stand before them on each side.
    fn marks(&self) -> Vec<Mark<'_>> {
        let mut marks = Vec::new();
        let (mut old, mut new) = (0_usize, 0_usize);
        let mut added: Vec<&str> = Vec::new();
        let ends = self.lines.iter().map(|line| (line.origin, line.text.as_str())).chain([(Some(self.was.len()), "")]);
        for (origin, text) in ends {
            let Some(origin) = origin else {
                added.push(text);
                continue;
            };
            while let Some(text) = self.was.get(old).filter(|_| old < origin) {
                marks.push(Mark { sign: '-', text, old, new });
                old = old.saturating_add(1);
            }
            for text in added.drain(..) {
                marks.push(Mark { sign: '+', text, old, new });
                new = new.saturating_add(1);
            }
            if origin < self.was.len() {
                let last = |at: usize, count: usize| at.saturating_add(1) == count;
                if !self.closed && last(old, self.was.len()) != last(new, self.lines.len()) {
                    // It gains or loses its line break.
                    marks.push(Mark { sign: '-', text, old, new });
                    marks.push(Mark { sign: '+', text, old: old.saturating_add(1), new });
                } else {
                    marks.push(Mark { sign: ' ', text, old, new });
                }
                (old, new) = (old.saturating_add(1), new.saturating_add(1));
            }
        }
        marks
    }
}

struct Mark<'d> {
    sign: char,
    text: &'d str,
    /// How many lines of the text as it was stand before this one.
    old: usize,
    /// And how many of the text as it is.
    new: usize,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a diff makes of a text, hunk by hunk, as `patch` does it.
    fn patched(text: &str, diff: &str) -> String {
        let old: Vec<&str> = text.split_inclusive('\n').collect();
        let lines: Vec<&str> = diff.lines().skip(2).collect();
        let (mut out, mut at) = (String::new(), 0);
        for (index, line) in lines.iter().enumerate() {
            let end =
                if lines.get(index.saturating_add(1)).is_some_and(|next| next.starts_with('\\')) { "" } else { "\n" };
            if let Some(header) = line.strip_prefix("@@ -") {
                let (from, rest) = header.split_once(',').unwrap();
                let (count, _) = rest.split_once(' ').unwrap();
                let from = from.parse::<usize>().unwrap().saturating_sub(usize::from(count != "0"));
                out.extend(old[at..from].iter().copied());
                at = from;
            } else if let Some(added) = line.strip_prefix('+') {
                out = out + added + end;
            } else if let Some(was) = line.strip_prefix([' ', '-']) {
                assert_eq!(old[at], format!("{was}{end}"));
                if line.starts_with(' ') {
                    out += old[at];
                }
                at = at.saturating_add(1);
            } else {
                assert!(line.starts_with('\\'), "{line}");
            }
        }
        out.extend(old[at..].iter().copied());
        out
    }

    proptest! {
        #[test]
        fn a_diff_applied_to_the_text_gives_the_draft(
            lines in proptest::collection::vec("[ab]{0,2}", 1..8),
            edits in proptest::collection::vec((0_usize..8, 0_usize..3, proptest::collection::vec("[abc]{1,2}", 0..3)), 0..4),
            context in 0_usize..4,
            closed: bool,
        ) {
            let text = lines.join("\n") + if closed { "\n" } else { "x" };
            let mut draft = Draft::of(&text);
            for (at, count, new) in edits {
                let start = at.min(draft.len());
                let end = start.saturating_add(count).min(draft.len());
                draft.splice(start..end, new);
            }
            let diff = draft.unified("f", context, |_| true);
            prop_assert_eq!(patched(&text, &diff), draft.text(), "{}", diff);
        }
    }

    #[test]
    fn context_stops_before_what_may_not_be_shown() {
        let mut draft = Draft::of("a\nsecret\nb\nc\n");
        draft.splice(2..3, vec!["x".to_owned()]);
        assert_eq!(draft.unified("f", 3, |line| line != "secret"), "--- a/f\n+++ b/f\n@@ -3,2 +3,2 @@\n-b\n+x\n c\n");
        assert_eq!(draft.changed().collect::<Vec<_>>(), ["b", "x"]);
    }
}
