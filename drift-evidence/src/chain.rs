//! `Chain`: lines of events, each of which vouches for all that stand before it.

use std::fmt;
use std::str::FromStr;

use drift_model::{Decimal, Digest, ReadError, Timestamp, canonical_text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::event::Event;

/// The name of a chain: 1 to 256 printable ASCII characters without a space. An address such as
/// `drift.example/prod/eu-west-1` is a good one.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ChainId(String);

impl ChainId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that cannot name a chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("bad chain id, expected 1 to 256 printable ASCII characters without a space")]
#[non_exhaustive]
pub struct ChainIdError;

impl FromStr for ChainId {
    type Err = ChainIdError;

    fn from_str(text: &str) -> Result<Self, ChainIdError> {
        let sound = (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if sound { Ok(Self(text.to_owned())) } else { Err(ChainIdError) }
    }
}

impl<'de> Deserialize<'de> for ChainId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The end of a chain, to which events are appended.
///
/// A line is the canonical text of an event together with `chain`, its `sequence` from 0, `at`, `previous` (the digest
/// of the line before it, absent in the first) and `seal` (the digest of the line itself without its seal). The digest
/// of a line is SHA-256 over its bytes as they are stored, without the newline.
///
/// ```
/// use drift_evidence::{Chain, Event, verify};
/// use drift_model::{Method, ResourceRef, UnknownReason};
///
/// let mut chain = Chain::start("drift.example/prod".parse()?);
/// let failed = Event::DetectorFailed {
///     resource: "ConfigMap/prod/app".parse()?,
///     method: Method::GitopsDiff,
///     reason: UnknownReason::Failed,
///     detail: Some("the API server answered 503".to_owned()),
/// };
/// let mut ledger = String::new();
/// for minute in ["2026-07-03T10:22:31Z", "2026-07-03T10:23:31Z"] {
///     let line = chain.append(&failed, minute.parse()?)?;
///     ledger.push_str(&format!("{line}\n"));
/// }
/// assert_eq!(verify(ledger.as_bytes())?.events, 2);
/// let broken = verify(ledger.replacen("503", "200", 1).as_bytes()).unwrap_err();
/// assert_eq!(broken.to_string(), "broken at sequence 0: the line was changed after it was written");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Chain {
    id: ChainId,
    end: Verifier,
}

impl Chain {
    /// A new chain without events.
    #[must_use]
    pub fn start(id: ChainId) -> Self {
        Self { end: Verifier { chain: Some(id.clone()), ..Verifier::default() }, id }
    }

    /// The end of a ledger, after verifying all of it.
    ///
    /// A last line without its newline is a write that did not come to its end. It is left out, and [`Cut`] says how
    /// much of the ledger stands and which event to append first.
    ///
    /// # Errors
    ///
    /// [`Broken`] as [`verify`], except for a cut last line that has a line before it.
    pub fn resume(ledger: &[u8]) -> Result<(Self, Option<Cut>), Broken> {
        let keep = ledger.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
        let (whole, rest) = ledger.split_at_checked(keep).unwrap_or((ledger, &[]));
        // Where no line is whole there is no chain to resume: say so of what is there.
        let mut end = Verifier::default();
        end.lines(if whole.is_empty() { ledger } else { whole })?;
        let Verified { chain: id, .. } = end.clone().finish()?;
        Ok((Self { id, end }, Cut::of(whole, rest)))
    }

    /// The name of the chain.
    #[must_use]
    pub const fn id(&self) -> &ChainId {
        &self.id
    }

    /// The sequence of the next event: how many there are.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.end.next
    }

    /// Writes an event as the next line of the chain.
    ///
    /// # Errors
    ///
    /// [`AppendError`] for an event whose line would not verify or read back: one nested more than 127 levels deep, a
    /// time beyond the year 9999. The chain stays as it was.
    pub fn append(&mut self, event: &Event, at: Timestamp) -> Result<Line, AppendError> {
        let unreadable = AppendError { sequence: self.end.next };
        let text = self.write(event, at).ok_or(unreadable)?;
        // INVARIANT: a chain holds no line that its own verifier or reader would refuse.
        let mut end = self.end.clone();
        end.line(format!("{text}\n").as_bytes()).map_err(|_| unreadable)?;
        Entry::read(text.as_bytes()).map_err(|_| unreadable)?;
        let line = Line { sequence: self.end.next, digest: Digest::of(text.as_bytes()), text };
        self.end = end;
        Ok(line)
    }

    fn write(&self, event: &Event, at: Timestamp) -> Option<String> {
        let Ok(Value::Object(mut line)) = serde_json::to_value(event) else { return None };
        line.insert("at".to_owned(), at.to_string().into());
        line.insert("chain".to_owned(), self.id.as_str().into());
        line.insert("sequence".to_owned(), self.end.next.into());
        if let Some(previous) = self.end.last {
            line.insert("previous".to_owned(), previous.to_string().into());
        }
        let mut line = Value::Object(line);
        let seal = Digest::of_json(&line);
        line.as_object_mut()?.insert("seal".to_owned(), seal.to_string().into());
        Some(canonical_text(&line))
    }
}

/// What was dropped from a ledger that ended in the middle of a line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Cut {
    /// How many bytes of the ledger stand. The rest is to be dropped before anything is appended.
    pub keep: usize,
    /// The event to append first, which tells of it.
    pub event: Event,
}

impl Cut {
    fn of(whole: &[u8], rest: &[u8]) -> Option<Self> {
        let dropped = u64::try_from(rest.len()).unwrap_or(u64::MAX);
        (dropped > 0)
            .then(|| Self { keep: whole.len(), event: Event::Recovered { dropped, digest: Digest::of(rest) } })
    }
}

/// One line of a ledger, as it is to be stored. It prints without its newline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    sequence: u64,
    digest: Digest,
    text: String,
}

impl Line {
    /// Its place in the chain, from 0.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// SHA-256 over its bytes.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The text, without a newline.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An event that would not read back once written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the event for sequence {sequence} would not read back: it is nested more than 127 levels deep, or holds a time \
     beyond the year 9999; shorten the values of its finding"
)]
#[non_exhaustive]
pub struct AppendError {
    /// The sequence that it would have had.
    pub sequence: u64,
}

impl AppendError {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "unreadable-event"
    }
}

/// An event as it stands in a ledger.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// Its place in the chain, from 0.
    pub sequence: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

impl Entry {
    /// Reads a stored line. That it belongs where it stands is for [`verify`] to say.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for what is no event of this version. It never repeats a value.
    pub fn read(line: &[u8]) -> Result<Self, ReadError> {
        let text = String::from_utf8_lossy(line);
        let value: Value = drift_model::from_json(&text)?;
        let Envelope { sequence, at, .. } = drift_model::from_value(value.clone())?;
        Ok(Self { sequence, at, event: drift_model::from_value(value)? })
    }
}

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
/// wrote a new one from some line on: keep [`Verified::events`] and [`Verified::last`] somewhere else, and compare.
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
    next: u64,
    last: Option<Digest>,
}

impl Verifier {
    /// Takes the next line as it is stored, newline included.
    ///
    /// # Errors
    ///
    /// [`Broken`] if it does not follow from the lines before it.
    pub fn line(&mut self, stored: &[u8]) -> Result<(), Broken> {
        let broken = |kind| Broken { sequence: self.next, kind };
        let line = stored.strip_suffix(b"\n").ok_or_else(|| broken(BrokenKind::Cut))?;
        let envelope = Envelope::of(line).map_err(broken)?;
        if self.chain.as_ref().is_some_and(|chain| *chain != envelope.chain) {
            return Err(broken(BrokenKind::Chain));
        }
        if envelope.sequence != self.next {
            return Err(broken(BrokenKind::Sequence { found: envelope.sequence }));
        }
        if envelope.previous != self.last {
            return Err(broken(BrokenKind::Previous));
        }
        self.chain = Some(envelope.chain);
        self.next = self.next.saturating_add(1);
        self.last = Some(Digest::of(line));
        Ok(())
    }

    /// The answer, once all lines were taken.
    ///
    /// # Errors
    ///
    /// [`Broken`] if there was none.
    pub fn finish(self) -> Result<Verified, Broken> {
        match (self.chain, self.last) {
            (Some(chain), Some(last)) => Ok(Verified { chain, events: self.next, last }),
            _ => Err(Broken { sequence: 0, kind: BrokenKind::Empty }),
        }
    }

    fn lines(&mut self, ledger: &[u8]) -> Result<(), Broken> {
        ledger.split_inclusive(|byte| *byte == b'\n').try_for_each(|line| self.line(line))
    }
}

/// What makes an event a line of a chain.
#[derive(Deserialize)]
struct Envelope {
    sequence: u64,
    chain: ChainId,
    previous: Option<Digest>,
    seal: Digest,
    at: Timestamp,
}

impl Envelope {
    /// The envelope of a line that is canonical and as it was sealed. The event itself is not looked at: a ledger stays
    /// verifiable by those who do not know all of its events.
    fn of(line: &[u8]) -> Result<Self, BrokenKind> {
        let text = str::from_utf8(line).map_err(|_| BrokenKind::Malformed)?;
        let spelling = without_fractions(text).ok_or(BrokenKind::NotCanonical)?;
        let value: Map<String, Value> = drift_model::from_json(&spelling).map_err(|_| BrokenKind::Malformed)?;
        let value = Value::Object(value);
        if canonical_text(&value) != spelling {
            return Err(BrokenKind::NotCanonical);
        }
        let envelope: Self = drift_model::from_value(value).map_err(|_| BrokenKind::Malformed)?;
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
    use serde_json::json;

    use super::*;
    use crate::sample;

    #[test]
    fn the_first_lines_of_a_chain_are_these_bytes() {
        let mut chain = Chain::start("drift.example/prod".parse().unwrap());
        let recovered = Event::Recovered { dropped: 17, digest: Digest::of(b"") };
        let first = chain.append(&recovered, sample::at(0)).unwrap();
        let expected_first = FIRST;
        assert_eq!(first.as_str(), expected_first);
        assert_eq!(first.digest(), Digest::of(expected_first.as_bytes()));
        let closed = Event::Closed { record: "drift-1".into(), because: Some("a\nb \u{e9}".into()) };
        let second = chain.append(&closed, sample::at(1)).unwrap();
        assert_eq!(second.as_str(), SECOND);
    }

    const FIRST: &str = "";
    const SECOND: &str = "";

    #[test]
    fn a_finding_is_written_with_all_its_parts_in_canonical_order() {
        let mut chain = Chain::start("c".parse().unwrap());
        let line = chain.append(&Event::detected(sample::finding()), sample::at(0)).unwrap();
        assert_eq!(line.as_str(), DETECTED);
    }

    const DETECTED: &str = "";

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
            format!("{}\n", chain.append(&Event::Recovered { dropped: 1, digest: Digest::of(b"") }, sample::at(0)).unwrap())
        };
        for (damage, text, expected) in [
            ("nothing", String::new(), "broken at sequence 0: the ledger is empty, which is not a ledger without events; is it the right file?"),
            ("flip", ledger.replacen("security-oncall", "security-0ncall", 1), "broken at sequence 1: the line was changed after it was written"),
            ("drop", join(&[&lines[..2], &lines[3..]]), "broken at sequence 2: the line says that it is number 3; were lines dropped, repeated or reordered?"),
            ("drop the first", join(&[&lines[1..]]), "broken at sequence 0: the line says that it is number 1; were lines dropped, repeated or reordered?"),
            ("swap", join(&[&lines[..1], &[lines[2], lines[1]], &lines[3..]]), "broken at sequence 1: the line says that it is number 2; were lines dropped, repeated or reordered?"),
            ("repeat", join(&[&lines[..3], &lines[2..]]), "broken at sequence 3: the line says that it is number 2; were lines dropped, repeated or reordered?"),
            ("replay", join(&[&lines[..2], &foreign[2..3], &lines[3..]]), "broken at sequence 2: the line belongs to another chain"),
            ("forge", join(&[&[forged.as_str()], &lines[1..]]), "broken at sequence 1: the line was written after another line than the one before it; one of the two was replaced"),
            ("respell", ledger.replacen(':', ": ", 1), "broken at sequence 0: the line is not in its canonical spelling; was it written again by another program?"),
            ("member twice", ledger.replacen('{', "{\"at\":\"x\",", 1), "broken at sequence 0: the line is not in its canonical spelling; was it written again by another program?"),
            ("garbage", format!("{ledger}[1]\n"), &format!("broken at sequence {no}: not an event of a ledger; was the line changed?")),
            ("blank line", format!("{ledger}\n"), &format!("broken at sequence {no}: not an event of a ledger; was the line changed?")),
            ("cut", ledger.trim_end().to_owned(), &format!("broken at sequence {}: the line is cut; resume the ledger to drop it and to record that", no - 1)),
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

    #[test]
    fn a_cut_ledger_resumes_and_says_what_was_dropped() {
        let ledger = sample::ledger("a");
        let (chain, cut) = Chain::resume(ledger.as_bytes()).unwrap();
        assert_eq!((chain.id().as_str(), cut), ("a", None));
        let torn = &ledger[..ledger.len() - 10];
        let (mut chain, cut) = Chain::resume(torn.as_bytes()).unwrap();
        let cut = cut.unwrap();
        let mut text = torn[..cut.keep].to_owned();
        text.push_str(&format!("{}\n", chain.append(&cut.event, sample::at(60)).unwrap()));
        assert_eq!(verify(text.as_bytes()).unwrap().events, chain.next());
        assert_eq!(cut.event, Event::Recovered {
            dropped: (torn.len() - cut.keep) as u64,
            digest: Digest::of(torn[cut.keep..].as_bytes()),
        });
        // With the first line cut there is no chain to resume.
        assert_eq!(Chain::resume(&ledger.as_bytes()[..40]).unwrap_err().code(), "cut");
        assert_eq!(Chain::resume(b"").unwrap_err().code(), "empty");
    }

    #[test]
    fn what_would_not_read_back_is_not_written() {
        let mut chain = Chain::start("a".parse().unwrap());
        let before = chain.next();
        let late = Timestamp::from_unix_seconds(400_000_000_000).unwrap();
        let error = chain.append(&Event::Recovered { dropped: 0, digest: Digest::of(b"") }, late).unwrap_err();
        assert_eq!((error.code(), chain.next()), ("unreadable-event", before));
        let mut deep = json!(1);
        for _ in 0..124 {
            deep = json!([deep]);
        }
        let mut finding = serde_json::to_value(sample::finding()).unwrap();
        finding["changes"][0]["actual"] = deep;
        let finding = serde_json::from_value(finding).unwrap();
        assert_eq!(chain.append(&Event::detected(finding), sample::at(0)).unwrap_err().sequence, 0);
    }

    #[test]
    fn a_chain_id_is_one_printable_word() {
        for text in ["", "a b", "a\n", "é", &"x".repeat(257)] {
            assert_eq!(text.parse::<ChainId>(), Err(ChainIdError), "{text}");
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
                    prop_assert_eq!(verified.events, mutated.iter().filter(|byte| **byte == b'\n').count() as u64);
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
