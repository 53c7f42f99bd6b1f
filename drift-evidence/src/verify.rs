//! `verify`: whether the stored bytes of a ledger are what was written.

use drift_model::{Decimal, Digest, Timestamp, canonical_text};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::chain::ChainId;
use crate::checkpoint::Checkpoint;
use crate::tree::Tree;

/// What a verified ledger is.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// The name of the chain.
    pub chain: ChainId,
    /// How many events it has.
    pub events: u64,
    /// The digest of the last line.
    pub last: Digest,
    /// The root of the [tree](Tree) over all lines.
    pub root: Digest,
}

impl Verified {
    /// What to keep where the writer of the ledger cannot write, to [verify it against](crate::verify_against) later.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { origin: self.chain.clone(), size: self.events, root: self.root }
    }
}

/// The first line of a ledger that does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("broken at sequence {sequence}: {kind}")]
#[non_exhaustive]
pub struct Broken {
    /// The sequence that the line should have: how many lines before it hold.
    pub sequence: u64,
    /// What is wrong with it.
    pub kind: BrokenKind,
}

/// What is wrong with a line. The first that holds, in this order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BrokenKind {
    /// There is no line at all.
    #[error("the ledger is empty, which is not a ledger without events; is it the right file?")]
    Empty,
    /// The last line has no newline.
    #[error("the line is cut; resume the ledger to drop it and to record that")]
    Cut,
    /// It is not a line of a ledger.
    #[error("not an event of a ledger; was the line changed?")]
    Malformed,
    /// It says what it says in other bytes than it was written in.
    #[error("the line is not in its canonical spelling; was it written again by another program?")]
    NotCanonical,
    /// It is not what was sealed.
    #[error("the line was changed after it was written")]
    Seal,
    /// It belongs to another chain.
    #[error("the line belongs to another chain")]
    Chain,
    /// It belongs to another place.
    #[error("the line says that it is number {found}; were lines dropped, repeated or reordered?")]
    Sequence {
        /// The sequence that it has.
        found: u64,
    },
    /// The line before it is not the one that it was written after.
    #[error("the line was written after another line than the one before it; one of the two was replaced")]
    Previous,
}

impl Broken {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            BrokenKind::Empty => "empty",
            BrokenKind::Cut => "cut",
            BrokenKind::Malformed => "malformed",
            BrokenKind::NotCanonical => "not-canonical",
            BrokenKind::Seal => "changed",
            BrokenKind::Chain => "other-chain",
            BrokenKind::Sequence { .. } => "out-of-order",
            BrokenKind::Previous => "replaced",
        }
    }
}

/// Verifies the stored bytes of a ledger.
///
/// It detects every line that was changed, dropped, repeated, moved or taken from another chain, and a last line that was
/// cut. What no chain can show by itself is that whole lines are missing at its *end*, or that whoever can write all of it
/// wrote a new one from some line on: keep [`Verified::checkpoint`] somewhere else, and [`verify_against`](crate::verify_against)
/// it.
///
/// # Errors
///
/// [`Broken`] with the first sequence that does not hold.
pub fn verify(ledger: &[u8]) -> Result<Verified, Broken> {
    let mut verifier = Verifier::default();
    verifier.lines(ledger)?;
    verifier.finish()
}

/// [`verify`], a line at a time, for ledgers that one does not want in memory.
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    chain: Option<ChainId>,
    last: Option<Digest>,
    tree: Tree,
}

impl Verifier {
    /// A verifier of this chain alone.
    #[must_use]
    pub const fn of(chain: ChainId) -> Self {
        Self { chain: Some(chain), last: None, tree: Tree::EMPTY }
    }

    /// How many lines were taken.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.tree.size()
    }

    /// The name of the chain, once a line was taken.
    #[must_use]
    pub const fn chain(&self) -> Option<&ChainId> {
        self.chain.as_ref()
    }

    /// The root of the tree over the lines that were taken.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The digest of the last one.
    #[must_use]
    pub const fn last(&self) -> Option<Digest> {
        self.last
    }

    /// Takes the next line as it is stored, newline included.
    ///
    /// # Errors
    ///
    /// [`Broken`] if it does not follow from the lines before it.
    pub fn line(&mut self, stored: &[u8]) -> Result<(), Broken> {
        let broken = |kind| Broken { sequence: self.next(), kind };
        let line = stored.strip_suffix(b"\n").ok_or_else(|| broken(BrokenKind::Cut))?;
        let envelope = Envelope::of(line).map_err(broken)?;
        if self.chain.as_ref().is_some_and(|chain| *chain != envelope.chain) {
            return Err(broken(BrokenKind::Chain));
        }
        if envelope.sequence != self.next() {
            return Err(broken(BrokenKind::Sequence { found: envelope.sequence }));
        }
        if envelope.previous != self.last {
            return Err(broken(BrokenKind::Previous));
        }
        self.chain = Some(envelope.chain);
        self.tree.append(line);
        self.last = Some(Digest::of(line));
        Ok(())
    }

    /// The answer, once all lines were taken.
    ///
    /// # Errors
    ///
    /// [`Broken`] if there was none.
    pub fn finish(self) -> Result<Verified, Broken> {
        let (events, root) = (self.tree.size(), self.tree.root());
        match (self.chain, self.last) {
            (Some(chain), Some(last)) => Ok(Verified { chain, events, last, root }),
            _ => Err(Broken { sequence: 0, kind: BrokenKind::Empty }),
        }
    }

    pub(crate) fn lines(&mut self, ledger: &[u8]) -> Result<(), Broken> {
        ledger.split_inclusive(|byte| *byte == b'\n').try_for_each(|line| self.line(line))
    }
}

/// What makes an event a line of a chain.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) sequence: u64,
    pub(crate) chain: ChainId,
    pub(crate) previous: Option<Digest>,
    seal: Digest,
    pub(crate) at: Timestamp,
}

impl Envelope {
    /// The envelope of a line that is canonical and as it was sealed. The event itself is not looked at: a ledger stays
    /// verifiable by those who do not know all of its events.
    pub(crate) fn of(line: &[u8]) -> Result<Self, BrokenKind> {
        let text = str::from_utf8(line).map_err(|_| BrokenKind::Malformed)?;
        let spelling = without_fractions(text).ok_or(BrokenKind::NotCanonical)?;
        let value: Map<String, Value> = serde_json::from_str(&spelling).map_err(|_| BrokenKind::Malformed)?;
        let value = Value::Object(value);
        if canonical_text(&value) != spelling {
            return Err(BrokenKind::NotCanonical);
        }
        let envelope: Self = serde_json::from_value(value).map_err(|_| BrokenKind::Malformed)?;
        // In canonical order `sequence` always follows. No other member can have this text: it would have to hold the
        // digest of itself.
        let seal = format!("\"seal\":\"{}\",", envelope.seal);
        let (before, after) = text.split_once(&seal).ok_or(BrokenKind::Malformed)?;
        if Digest::of(format!("{before}{after}").as_bytes()) != envelope.seal {
            return Err(BrokenKind::Seal);
        }
        Ok(envelope)
    }
}

/// The text with `null` for every number that is no 64-bit integer; `None` if a number is not in canonical spelling.
///
/// Which of those numbers `serde_json` can hold depends on how it was built. Whether they are canonical does not.
fn without_fractions(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (before, from) = rest.split_at_checked(at)?;
        out.push_str(before);
        let len = if from.starts_with('"') {
            string_len(from)
        } else {
            from.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(from.len())
        };
        let (token, after) = from.split_at_checked(len)?;
        if token.starts_with('"') {
            out.push_str(token);
        } else if Decimal::parse(token)?.to_string() == token {
            let whole = token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok();
            out.push_str(if whole { token } else { "null" });
        } else {
            return None;
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// How many bytes the string has that the text starts with, quotes included; all of them, if it does not end.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at.saturating_add(1),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Chain, Entry, Event, sample};

    #[test]
    fn each_kind_of_damage_is_named_with_the_first_bad_sequence() {
        let ledger = sample::ledger("a");
        let lines: Vec<&str> = ledger.split_inclusive('\n').collect();
        let other = sample::ledger("b");
        let foreign: Vec<&str> = other.split_inclusive('\n').collect();
        let join = |parts: &[&[&str]]| parts.concat().concat();
        let (broken, no) = (|text: &str| verify(text.as_bytes()).unwrap_err(), lines.len());
        let forged = {
            let mut chain = Chain::start("a".parse().unwrap());
            let event = Event::Recovered { dropped: 1, digest: Digest::of(b"") };
            chain.append(&event, sample::at(0)).unwrap().stored().to_owned()
        };
        for (damage, text, expected) in [
            (
                "nothing",
                String::new(),
                "broken at sequence 0: the ledger is empty, which is not a ledger without events; is it the right file?",
            ),
            (
                "flip",
                ledger.replacen("security-oncall", "security-0ncall", 1),
                "broken at sequence 2: the line was changed after it was written",
            ),
            (
                "drop",
                join(&[&lines[..2], &lines[3..]]),
                "broken at sequence 2: the line says that it is number 3; were lines dropped, repeated or reordered?",
            ),
            (
                "drop the first",
                join(&[&lines[1..]]),
                "broken at sequence 0: the line says that it is number 1; were lines dropped, repeated or reordered?",
            ),
            (
                "swap",
                join(&[&lines[..1], &[lines[2], lines[1]], &lines[3..]]),
                "broken at sequence 1: the line says that it is number 2; were lines dropped, repeated or reordered?",
            ),
            (
                "repeat",
                join(&[&lines[..3], &lines[2..]]),
                "broken at sequence 3: the line says that it is number 2; were lines dropped, repeated or reordered?",
            ),
            (
                "replay",
                join(&[&lines[..2], &foreign[2..3], &lines[3..]]),
                "broken at sequence 2: the line belongs to another chain",
            ),
            (
                "forge",
                join(&[&[&forged], &lines[1..]]),
                "broken at sequence 1: the line was written after another line than the one before it; one of the two was replaced",
            ),
            (
                "respell",
                ledger.replacen(':', ": ", 1),
                "broken at sequence 0: the line is not in its canonical spelling; was it written again by another program?",
            ),
            (
                "member twice",
                ledger.replacen('{', "{\"at\":\"x\",", 1),
                "broken at sequence 0: the line is not in its canonical spelling; was it written again by another program?",
            ),
            (
                "garbage",
                format!("{ledger}[1]\n"),
                &format!("broken at sequence {no}: not an event of a ledger; was the line changed?"),
            ),
            (
                "blank line",
                format!("{ledger}\n"),
                &format!("broken at sequence {no}: not an event of a ledger; was the line changed?"),
            ),
            (
                "cut",
                ledger.trim_end().to_owned(),
                &format!(
                    "broken at sequence {}: the line is cut; resume the ledger to drop it and to record that",
                    no - 1
                ),
            ),
        ] {
            assert_eq!(broken(&text).to_string(), expected, "{damage}");
        }
    }

    #[test]
    fn numbers_that_only_some_builds_can_hold_do_not_look_like_damage() {
        let line = r#"{"a":[1.5,1000000000000000000000000000001e-7,1e+400,-9223372036854775809,"-1.50"],"seal":"#;
        assert_eq!(without_fractions(line), None);
        let line = r#"{"a":[1.5,1e+400,-9223372036854775809,0.12345678901234567891,7,"-1.50\"1.0"],"z":1}"#;
        let expected = r#"{"a":[null,null,null,null,7,"-1.50\"1.0"],"z":1}"#;
        assert_eq!(without_fractions(line).as_deref(), Some(expected));
        for respelled in ["1.0", "-0", "01", "1e3", "1E+400", "5.", "--1", "-"] {
            assert_eq!(without_fractions(respelled), None, "{respelled}");
        }
    }

    #[derive(Clone, Debug)]
    enum Mutation {
        Set(prop::sample::Index, u8),
        Insert(prop::sample::Index, u8),
        Remove(prop::sample::Index),
        Truncate(prop::sample::Index),
        DropLine(prop::sample::Index),
        CopyLine(prop::sample::Index, prop::sample::Index),
        SwapLines(prop::sample::Index, prop::sample::Index),
        Replay(prop::sample::Index, prop::sample::Index),
    }

    fn mutation() -> impl Strategy<Value = Mutation> {
        let index = any::<prop::sample::Index>;
        prop_oneof![
            (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
            (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
            index().prop_map(Mutation::Remove),
            index().prop_map(Mutation::Truncate),
            index().prop_map(Mutation::DropLine),
            (index(), index()).prop_map(|(from, to)| Mutation::CopyLine(from, to)),
            (index(), index()).prop_map(|(a, b)| Mutation::SwapLines(a, b)),
            (index(), index()).prop_map(|(from, to)| Mutation::Replay(from, to)),
        ]
    }

    fn mutate(bytes: &[u8], mutation: &Mutation) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let (len, count) = (bytes.len(), lines.len());
        if len == 0 {
            return bytes;
        }
        match mutation {
            Mutation::Set(at, byte) => bytes[at.index(len)] = *byte,
            Mutation::Insert(at, byte) => bytes.insert(at.index(len), *byte),
            Mutation::Remove(at) => drop(bytes.remove(at.index(len))),
            Mutation::Truncate(at) => bytes.truncate(at.index(len)),
            Mutation::DropLine(at) => {
                lines.remove(at.index(count));
                return lines.concat();
            }
            Mutation::CopyLine(from, to) => {
                lines.insert(to.index(count), lines[from.index(count)].clone());
                return lines.concat();
            }
            Mutation::SwapLines(a, b) => {
                lines.swap(a.index(count), b.index(count));
                return lines.concat();
            }
            Mutation::Replay(from, to) => {
                let other = sample::ledger("b");
                let other: Vec<&[u8]> = other.as_bytes().split_inclusive(|byte| *byte == b'\n').collect();
                lines[to.index(count)] = other[from.index(other.len())].to_vec();
                return lines.concat();
            }
        }
        bytes
    }

    proptest! {
        #[test]
        fn every_mutation_is_detected_but_one_that_leaves_whole_first_lines(
            mutations in proptest::collection::vec(mutation(), 1..4)
        ) {
            let (honest, foreign) = (sample::ledger("a"), sample::ledger("b"));
            let mutated = mutations.iter().fold(honest.clone().into_bytes(), |bytes, mutation| mutate(&bytes, mutation));
            let undamaged = !mutated.is_empty() && mutated.ends_with(b"\n") && honest.as_bytes().starts_with(&mutated);
            match verify(&mutated) {
                // Nothing is left but another ledger's own beginning, under its own name.
                Ok(verified) if verified.chain.as_str() == "b" => prop_assert!(foreign.as_bytes().starts_with(&mutated)),
                Ok(verified) => {
                    prop_assert!(undamaged);
                    prop_assert_eq!(verified.events, mutated.split(|byte| *byte == b'\n').skip(1).count() as u64);
                }
                Err(broken) => {
                    prop_assert!(!undamaged, "{}", broken);
                    // All lines before the one that is named hold.
                    let named = usize::try_from(broken.sequence).unwrap();
                    let held = mutated.split_inclusive(|byte| *byte == b'\n').take(named).collect::<Vec<_>>().concat();
                    prop_assert!([&honest, &foreign].iter().any(|ledger| ledger.as_bytes().starts_with(&held)));
                }
            }
            let _ = Chain::resume(&mutated);
            let _ = Entry::read(&mutated);
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[\\[{\"0-9.e+,:\\\\-]{0,60}\n?") {
            prop_assert!(verify(&bytes).is_err());
            prop_assert!(verify(text.as_bytes()).is_err());
        }
    }
}
