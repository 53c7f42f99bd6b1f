//! Sample texts: for each set of globs that one text can match, a text that matches exactly these.
//!
//! All globs are walked at once, as one automaton, so that nothing is overlooked: whatever a text can match, some sample
//! matches. Texts are told apart only where globs tell them apart; every other character is one and the same.

use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;

use super::glob::Glob;

/// How many states are looked at before the walk gives up.
const STATES: usize = 20_000;
/// What a text looks like that is nothing in particular.
const PREFERRED: [&str; 2] = ["other", "another"];
/// What a character looks like that is nothing in particular.
const ORDINARY: [RangeInclusive<char>; 3] = ['a'..='z', '0'..='9', 'A'..='Z'];

/// Samples, and whether there is one for everything that a text can match.
#[derive(Debug)]
pub(super) struct Samples<T> {
    pub(super) found: Vec<T>,
    pub(super) complete: bool,
}

/// One piece of a glob.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    /// One character of these ranges; the negation of `[!a]` is written out.
    One(Vec<RangeInclusive<char>>),
    /// Any number of any characters.
    Star,
}

/// Where a text stands in the globs that it may still match: glob and piece, sorted.
type State = Vec<(usize, usize)>;

/// Texts for everything that a text can match of these globs, the plainest first.
pub(super) fn samples(globs: &[&Glob]) -> Samples<String> {
    let mut patterns: Vec<Vec<Piece>> = Vec::new();
    let mut complete = true;
    for glob in globs {
        match pieces(glob) {
            Some(alternatives) => patterns.extend(alternatives),
            None => complete = false,
        }
    }
    let alphabet = alphabet(&patterns);
    let mut found: Vec<String> = PREFERRED.iter().map(|text| (*text).to_owned()).collect();
    let mut matched = BTreeSet::new();
    let start = closed((0..patterns.len()).map(|pattern| (pattern, 0)).collect(), &patterns);
    let mut seen = BTreeSet::from([start.clone()]);
    let mut open = VecDeque::from([(start, String::new())]);
    while let Some((state, text)) = open.pop_front() {
        let ended = |(pattern, at): &&(usize, usize)| patterns.get(*pattern).is_some_and(|pieces| pieces.len() == *at);
        if matched.insert(state.iter().filter(ended).map(|(pattern, _)| *pattern).collect::<Vec<_>>()) {
            found.push(text.clone());
        }
        if seen.len() > STATES {
            complete = false;
            continue;
        }
        for next in steps(&state, &patterns, &alphabet) {
            let after = next.chars().fold(state.clone(), |state, c| after(&state, c, &patterns));
            if !seen.contains(&after) {
                open.push_back((after.clone(), format!("{text}{next}")));
                seen.insert(after);
            }
        }
    }
    Samples { found, complete }
}

/// The globs without alternatives that a glob stands for; `None` for what is not taken apart here.
fn pieces(glob: &Glob) -> Option<Vec<Vec<Piece>>> {
    let plain = |text: &str| text.chars().map(|c| Piece::One(vec![c..=c])).collect::<Vec<_>>();
    let starred = |mut front: Vec<Piece>, end: Vec<Piece>| {
        front.push(Piece::Star);
        front.extend(end);
        vec![front]
    };
    Some(match glob {
        Glob::Everything => vec![vec![Piece::Star]],
        Glob::Exactly(text) => vec![plain(text)],
        Glob::StartsWith(start) => starred(plain(start), Vec::new()),
        Glob::EndsWith(end) => starred(Vec::new(), plain(end)),
        Glob::Pieces(all) => {
            let mut out = Vec::new();
            for (index, part) in all.iter().enumerate() {
                if index > 0 {
                    out.push(Piece::Star);
                }
                out.extend(plain(part));
            }
            vec![out]
        }
        Glob::Other(other) => {
            let text = other.glob().glob();
            // `?` takes a byte, and `**` beside `/` has rules of its own.
            if !text.is_ascii() || (text.contains("**") && text.contains('/')) {
                return None;
            }
            let mut out = Vec::new();
            for alternative in alternatives(text)? {
                out.push(parsed(&alternative)?);
            }
            out
        }
    })
}

/// The texts of a glob with one of each `{…}` in its place. Not for braces in braces, which nobody writes.
fn alternatives(text: &str) -> Option<Vec<String>> {
    let Some((before, rest)) = text.split_once('{') else { return Some(vec![text.to_owned()]) };
    let (inner, after) = rest.split_once('}')?;
    if text.contains('\\') || text.contains('[') || inner.contains('{') || inner.split(',').any(str::is_empty) {
        return None;
    }
    let ends = alternatives(after)?;
    let all: Vec<String> =
        inner.split(',').flat_map(|one| ends.iter().map(move |end| format!("{before}{one}{end}"))).collect();
    (all.len() <= 64).then_some(all)
}

fn parsed(text: &str) -> Option<Vec<Piece>> {
    let mut out = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' if out.last() == Some(&Piece::Star) => {}
            '*' => out.push(Piece::Star),
            '?' => out.push(Piece::One(vec!['\0'..=char::MAX])),
            '[' => {
                let (class, after) = class(rest.as_str())?;
                out.push(Piece::One(class));
                rest = after.chars();
            }
            '\\' => out.push(one(rest.next()?)),
            '{' | '}' => return None,
            c => out.push(one(c)),
        }
    }
    Some(out)
}

fn one(c: char) -> Piece {
    Piece::One(vec![c..=c])
}

/// The ranges of a class of which the `[` has been read, and what follows it.
fn class(text: &str) -> Option<(Vec<RangeInclusive<char>>, &str)> {
    let negated = text.starts_with(['!', '^']);
    let inner = text.trim_start_matches(['!', '^']);
    let skipped = text.len().checked_sub(inner.len())?;
    if skipped > 1 || inner.starts_with(']') {
        return None;
    }
    let (listed, after) = inner.split_once(']')?;
    let mut ranges = Vec::new();
    let mut characters = listed.chars().peekable();
    while let Some(first) = characters.next() {
        let last = if characters.peek() == Some(&'-') {
            characters.next();
            characters.next()?
        } else {
            first
        };
        if first == '-' || first == '\\' || last < first {
            return None;
        }
        ranges.push(first..=last);
    }
    if !negated {
        return Some((ranges, after));
    }
    ranges.sort_by_key(|range| *range.start());
    let (mut outside, mut from) = (Vec::new(), '\0');
    for range in ranges {
        if *range.start() > from {
            outside.push(from..=before(*range.start()));
        }
        from = from.max(next(*range.end()));
    }
    outside.push(from..=char::MAX);
    Some((outside, after))
}

fn next(c: char) -> char {
    (c..=char::MAX).nth(1).unwrap_or(c)
}

fn before(c: char) -> char {
    ('\0'..c).next_back().unwrap_or(c)
}

/// One character for each set of ranges that a character can be in, the plainest first.
fn alphabet(patterns: &[Vec<Piece>]) -> Vec<char> {
    let mut cuts = BTreeSet::from([' ']);
    for piece in patterns.iter().flatten() {
        if let Piece::One(ranges) = piece {
            for range in ranges {
                cuts.extend([*range.start(), next(*range.end())]);
            }
        }
    }
    let mut alphabet = Vec::new();
    let mut rest = cuts.iter().peekable();
    while let Some(start) = rest.next() {
        let end = rest.peek().map_or(char::MAX, |cut| before(**cut));
        let within = ORDINARY.iter().flat_map(Clone::clone).find(|c| (*start..=end).contains(c));
        alphabet.push(within.unwrap_or(*start));
    }
    alphabet.sort_by_key(|c| (!c.is_ascii_lowercase(), *c));
    alphabet
}

/// What leads somewhere from here: the characters that a glob waits for, and one that none does.
///
/// Where one glob alone waits, all that it waits for is one step: on the way there, nothing matches that would not match
/// behind the character for which none waits.
fn steps(state: &State, patterns: &[Vec<Piece>], alphabet: &[char]) -> Vec<String> {
    let waiting = |(pattern, at): &(usize, usize)| match patterns.get(*pattern)?.get(*at)? {
        Piece::One(ranges) => Some((*pattern, *at, ranges)),
        Piece::Star => None,
    };
    let waited: Vec<_> = state.iter().filter_map(waiting).collect();
    let mut named: BTreeSet<char> = BTreeSet::new();
    for (_, _, ranges) in &waited {
        match ranges.as_slice() {
            [range] if range.start() == range.end() => named.extend([*range.start()]),
            ranges => named.extend(alphabet.iter().filter(|c| ranges.iter().any(|range| range.contains(c)))),
        }
    }
    let ordinary = alphabet.iter().copied().find(|c| !named.contains(c));
    if let ([(pattern, at, _)], Some(ordinary)) = (waited.as_slice(), ordinary) {
        let pieces = patterns.get(*pattern).and_then(|pieces| pieces.get(*at..)).unwrap_or_default();
        let starred = state.iter().any(|(other, before)| {
            other == pattern
                && before < at
                && patterns.get(*other).and_then(|pieces| pieces.get(*before)) == Some(&Piece::Star)
        });
        let ahead: String = pieces.iter().map_while(Piece::only).collect();
        if !starred && !ahead.is_empty() {
            return vec![ahead, ordinary.to_string()];
        }
    }
    // The plainest first: what is found first is shown to people.
    let named = alphabet.iter().copied().filter(|c| named.contains(c));
    named.chain(ordinary).map(String::from).collect()
}

impl Piece {
    /// The character, where it can be one alone.
    fn only(&self) -> Option<char> {
        match self {
            Self::One(ranges) => match ranges.as_slice() {
                [range] if range.start() == range.end() => Some(*range.start()),
                _ => None,
            },
            Self::Star => None,
        }
    }
}

fn after(state: &State, c: char, patterns: &[Vec<Piece>]) -> State {
    let moved = state.iter().filter_map(|(pattern, at)| match patterns.get(*pattern)?.get(*at)? {
        Piece::Star => Some((*pattern, *at)),
        Piece::One(ranges) => ranges.iter().any(|range| range.contains(&c)).then_some((*pattern, at.saturating_add(1))),
    });
    closed(moved.collect(), patterns)
}

/// A star may stand for nothing.
fn closed(mut state: State, patterns: &[Vec<Piece>]) -> State {
    let mut index = 0;
    while let Some((pattern, at)) = state.get(index).copied() {
        if patterns.get(pattern).and_then(|pieces| pieces.get(at)) == Some(&Piece::Star) {
            state.push((pattern, at.saturating_add(1)));
        }
        index = index.saturating_add(1);
    }
    state.sort_unstable();
    state.dedup();
    state
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matched(globs: &[Glob], text: &str) -> Vec<bool> {
        globs.iter().map(|glob| glob.takes(text)).collect()
    }

    #[test]
    fn the_first_sample_that_matches_nothing_reads_well() {
        let globs = ["Secret", "*Store", "aws_{iam,kms}_*", "[a-c]?"].map(|text| Glob::new(text).unwrap());
        let samples = samples(&globs.iter().collect::<Vec<_>>());
        assert!(samples.complete);
        assert_eq!(samples.found[0], "other");
        assert!(samples.found.iter().flat_map(|sample| sample.chars()).all(|c| c.is_ascii_graphic()), "{samples:?}");
        for text in ["SecretStore", "aws_iam_Store", "Secret", "b1", "aws_kms_"] {
            assert!(samples.found.iter().any(|sample| matched(&globs, sample) == matched(&globs, text)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_text_matches_some_sample_matches(
            globs in proptest::collection::vec("[ab*?]{1,4}|\\[[ab]\\][ab*]{0,2}|\\[!a\\]b?|\\{a,bc\\}[a*]{0,2}", 1..5),
            text in "[abc/é]{0,6}",
        ) {
            let globs: Vec<Glob> = globs.iter().map(|text| Glob::new(text).unwrap()).collect();
            let samples = samples(&globs.iter().collect::<Vec<_>>());
            prop_assert!(samples.complete);
            let wanted = matched(&globs, &text);
            prop_assert!(samples.found.iter().any(|sample| matched(&globs, sample) == wanted), "{globs:?} {text}");
        }
    }
}
