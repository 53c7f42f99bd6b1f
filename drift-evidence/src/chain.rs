//! `Chain`: lines of events, each of which vouches for all that stand before it.

use std::fmt;
use std::str::FromStr;

use drift_model::{Digest, ReadError, Timestamp, canonical_text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::checkpoint::Checkpoint;
use crate::event::Event;
use crate::verify::{Broken, Envelope, Verified, Verifier};

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
///     unit: None,
///     method: Some(Method::GitopsDiff),
///     reason: UnknownReason::Failed,
///     detail: Some("the API server answered 503".to_owned()),
/// };
/// let mut ledger = String::new();
/// for minute in ["2026-07-03T10:22:31Z", "2026-07-03T10:23:31Z"] {
///     let line = chain.append(&failed, minute.parse()?)?;
///     ledger.push_str(line.stored());
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
        Self { end: Verifier::of(id.clone()), id }
    }

    /// The end of a ledger, after verifying all of it.
    ///
    /// A last line without its newline is a write that did not come to its end. It is left out, and [`Cut`] says how
    /// much of the ledger stands and which event to append first.
    ///
    /// # Errors
    ///
    /// [`Broken`] as [`verify`](crate::verify), except for a cut last line that has a line before it.
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
        self.end.next()
    }

    /// What to keep where the writer of the ledger cannot write, to [verify it against](crate::verify_against) later.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { origin: self.id.clone(), size: self.end.next(), root: self.end.root() }
    }

    /// Writes an event as the next line of the chain.
    ///
    /// # Errors
    ///
    /// [`AppendError`] for an event whose line would not verify or read back: one nested more than 127 levels deep, a
    /// time beyond the year 9999. The chain stays as it was.
    pub fn append(&mut self, event: &Event, at: Timestamp) -> Result<Line, AppendError> {
        let unreadable = AppendError { sequence: self.end.next() };
        let text = self.write(event, at).ok_or(unreadable)?;
        // INVARIANT: a chain holds no line that its own verifier or reader would refuse.
        let mut end = self.end.clone();
        end.line(text.as_bytes()).map_err(|_| unreadable)?;
        Entry::read(text.as_bytes()).map_err(|_| unreadable)?;
        let line = Line { sequence: self.end.next(), digest: end.last().ok_or(unreadable)?, stored: text };
        self.end = end;
        Ok(line)
    }

    fn write(&self, event: &Event, at: Timestamp) -> Option<String> {
        let Ok(Value::Object(mut line)) = serde_json::to_value(event) else { return None };
        line.insert("at".to_owned(), at.to_string().into());
        line.insert("chain".to_owned(), self.id.as_str().into());
        line.insert("sequence".to_owned(), self.end.next().into());
        if let Some(previous) = self.end.last() {
            line.insert("previous".to_owned(), previous.to_string().into());
        }
        let mut line = Value::Object(line);
        let seal = Digest::of_json(&line);
        line.as_object_mut()?.insert("seal".to_owned(), seal.to_string().into());
        Some(canonical_text(&line) + "\n")
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
        (dropped > 0).then(|| Self { keep: whole.len(), event: Event::Recovered { dropped, digest: Digest::of(rest) } })
    }
}

/// One line of a ledger. It prints without its newline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    sequence: u64,
    digest: Digest,
    /// INVARIANT: ends with the newline.
    stored: String,
}

impl Line {
    /// Its place in the chain, from 0.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// SHA-256 over its bytes, without the newline.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The text as it is to be stored, newline included.
    #[must_use]
    pub fn stored(&self) -> &str {
        &self.stored
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.stored.trim_end())
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
    /// Reads a stored line. That it belongs where it stands is for [`verify`](crate::verify) to say.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{sample, verify};

    #[test]
    fn the_first_lines_of_a_chain_are_these_bytes() {
        let mut chain = Chain::start("drift.example/prod".parse().unwrap());
        let recovered = Event::Recovered { dropped: 17, digest: Digest::of(b"") };
        let first = chain.append(&recovered, sample::at(0)).unwrap();
        assert_eq!(first.to_string(), FIRST);
        assert_eq!(first.digest(), Digest::of(FIRST.as_bytes()));
        let closed = Event::Closed { record: "drift-1".into(), because: Some("a\nb \u{e9}".into()) };
        let second = chain.append(&closed, sample::at(1)).unwrap();
        assert_eq!(second.to_string(), SECOND);
    }

    // Written by another program (Python's json and hashlib).
    const FIRST: &str = r#"{"at":"2026-07-03T10:22:31Z","chain":"drift.example/prod","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","dropped":17,"event":"RECOVERED","seal":"sha256:21210c11283a7257e47e0f6dfb9bd50bb1c706512a8ebb34b308f59adf5c973d","sequence":0}"#;
    const SECOND: &str = r#"{"at":"2026-07-03T10:23:31Z","because":"a\nb é","chain":"drift.example/prod","event":"CLOSED","previous":"sha256:c4e452fe299134ce6253ad5a714e45bf2e7f2c0b249735524b815b38ca8ad3a0","recordId":"drift-1","seal":"sha256:b82f32998c21c142cb60dae56ca9d004bdefb9941b182dc7e6a6d149661a6e60","sequence":1}"#;

    #[test]
    fn a_finding_is_written_with_all_its_parts_in_canonical_order() {
        let mut chain = Chain::start("c".parse().unwrap());
        let mut finding = serde_json::to_value(sample::finding()).unwrap();
        finding["changes"][0]["actual"]["weight"] = json!(1.0);
        let finding = serde_json::from_value(finding).unwrap();
        let line = chain.append(&Event::detected(finding), sample::at(0)).unwrap();
        assert_eq!(line.to_string(), DETECTED);
    }

    const DETECTED: &str = r#"{"at":"2026-07-03T10:22:31Z","chain":"c","event":"DETECTED","finding":{"actions":{"action":"RUNTIME_REVERT","obligations":["OPEN_INCIDENT","PRESERVE_EVIDENCE_FIRST"]},"auditCorrelation":{"actor":"ana@example.com","eventTime":"2026-07-03T10:11:02Z","source":"cloudtrail"},"autoHeal":{"allowed":false,"refusedBy":["protected-domain"]},"autoHealAllowed":false,"causeFingerprint":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","changedFields":["/ingress/1","/tags/password"],"changes":[{"actual":{"cidr":"0.0.0.0/0","from":443,"weight":1},"disposition":"DRIFT","kind":"ADDED","owner":"GIT","path":"/ingress/[from=443]","pointers":{"actual":"/ingress/1"},"relation":"RUNTIME_CHANGED","sensitive":false},{"disposition":"DRIFT","kind":"CHANGED","masked":{"actual":"class-2","desired":"class-1"},"owner":"GIT","path":"/tags/password","pointers":{"actual":"/tags/password","desired":"/tags/password"},"relation":"RUNTIME_CHANGED","sensitive":true}],"detectedAt":"2026-07-03T10:22:31Z","domain":"cloud-network","driftClass":"UNAUTHORIZED_RUNTIME_DRIFT","environment":"prod","findingId":"drift-20260703-000184","fingerprint":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","owner":"platform-network","policyDigest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","recommendedAction":"INCIDENT_AND_REVERT","relation":"RUNTIME_CHANGED","resourceRef":"aws_security_group.app_public","risk":"CRITICAL","trace":[{"refused":[],"rule":"human-in-prod","table":"classification"}]},"recordId":"drift-20260703-000184","seal":"sha256:8f0479fd0c9a5832669357b4ac580b232b35383321b5742e2c0730664525b607","sequence":0}"#;

    #[test]
    fn a_cut_ledger_resumes_and_says_what_was_dropped() {
        let ledger = sample::ledger("a");
        let (chain, cut) = Chain::resume(ledger.as_bytes()).unwrap();
        assert_eq!((chain.id().as_str(), cut), ("a", None));
        let torn = &ledger.as_bytes()[..ledger.len() - 10];
        let (mut chain, cut) = Chain::resume(torn).unwrap();
        let cut = cut.unwrap();
        let mut kept = torn[..cut.keep].to_vec();
        kept.extend_from_slice(chain.append(&cut.event, sample::at(60)).unwrap().stored().as_bytes());
        assert_eq!(verify(&kept).unwrap().events, chain.next());
        assert_eq!(
            cut.event,
            Event::Recovered { dropped: (torn.len() - cut.keep) as u64, digest: Digest::of(&torn[cut.keep..]) }
        );
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
}
