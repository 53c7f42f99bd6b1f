//! `Checkpoint`: what a ledger was at some time, in three lines to be kept elsewhere.

use std::fmt;
use std::str::FromStr;

use drift_model::Digest;

use crate::chain::ChainId;
use crate::verify::{Broken, Verified, Verifier};

/// The size and the root of a ledger: whoever holds it sees whether the ledger has grown out of that one.
///
/// It prints as the text of a [C2SP checkpoint](https://c2sp.org/tlog-checkpoint): origin, size and root in base64, a line each.
/// It is unsigned; whoever signs it signs this text. Of a text that was read, lines of extension are left out, and signatures
/// are left to whoever knows the keys.
///
/// ```
/// use drift_evidence::{Chain, Checkpoint, Event, verify_against};
/// # use drift_model::{ResourceRef, UnknownReason};
///
/// let mut chain = Chain::start("drift.example/prod".parse()?);
/// # let failed = Event::DetectorFailed {
/// #     resource: "ConfigMap/prod/app".parse()?, unit: None, method: None, reason: UnknownReason::Failed, detail: None,
/// # };
/// let first = chain.append(&failed, "2026-07-03T10:22:31Z".parse()?)?;
/// let second = chain.append(&failed, "2026-07-03T10:23:31Z".parse()?)?;
/// let checkpoint = chain.checkpoint();
/// assert_eq!(
///     checkpoint.to_string(),
///     "drift.example/prod\n2\nDMOHtYrSpSVSfwkOqw3hMXCvWoN/Aky6xn/h709LxNU=\n"
/// );
/// assert_eq!(checkpoint.to_string().parse::<Checkpoint>()?, checkpoint);
///
/// let ledger = [first.stored(), second.stored()].concat();
/// assert_eq!(verify_against(ledger.as_bytes(), [&checkpoint])?.events, 2);
/// let cut = verify_against(first.stored().as_bytes(), [&checkpoint]).unwrap_err();
/// assert_eq!(cut.to_string(), "broken at sequence 1: the ledger ends here, and a checkpoint has seen 2 events of it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the three lines of the format")]
pub struct Checkpoint {
    /// The name of the chain.
    pub origin: ChainId,
    /// How many lines it had.
    pub size: u64,
    /// The root of the [tree](crate::Tree) over them.
    pub root: Digest,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root.base64())
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let mut rest = text;
        let mut line = |at| {
            let (line, after) = rest.split_once('\n').ok_or(CheckpointError { line: at })?;
            rest = after;
            Ok(line)
        };
        let origin = line(1)?.parse().map_err(|_| CheckpointError { line: 1 })?;
        let size = decimal(line(2)?).ok_or(CheckpointError { line: 2 })?;
        let root = Digest::from_base64(line(3)?).map_err(|_| CheckpointError { line: 3 })?;
        // Lines of extension, and after an empty line the signatures.
        let mut signed = false;
        for at in 4.. {
            if rest.is_empty() {
                break;
            }
            let (line, after) = rest.split_once('\n').ok_or(CheckpointError { line: at })?;
            rest = after;
            match (signed, line) {
                (false, "") if !rest.is_empty() => signed = true,
                (_, "") => return Err(CheckpointError { line: at }),
                (false, _) => {}
                (true, line) if line.starts_with("\u{2014} ") => {}
                (true, _) => return Err(CheckpointError { line: at }),
            }
        }
        Ok(Self { origin, size, root })
    }
}

/// A decimal without leading zeros: a size has one spelling.
fn decimal(text: &str) -> Option<u64> {
    let sound = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| sound)
}

/// A text that is no checkpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "bad checkpoint at line {line}, expected the name of the chain, how many events it has, and its root in base64, each \
     on a line with its newline"
)]
#[non_exhaustive]
pub struct CheckpointError {
    /// The line, from 1.
    pub line: usize,
}

/// Verifies the stored bytes of a ledger, and that it grew out of each of these checkpoints.
///
/// A chain alone does not show that its tail was cut, or that whoever can write all of it wrote it anew. A checkpoint that was
/// kept elsewhere does, and several say more closely where: between the last that holds and the first that does not.
///
/// # Errors
///
/// [`CheckError`] with the first sequence that does not hold, as well as that can be known.
pub fn verify_against<'c>(
    ledger: &[u8],
    checkpoints: impl IntoIterator<Item = &'c Checkpoint>,
) -> Result<Verified, CheckError> {
    let mut checkpoints: Vec<&Checkpoint> = checkpoints.into_iter().collect();
    checkpoints.sort_by_key(|checkpoint| checkpoint.size);
    contradiction(&checkpoints).map_or(Ok(()), Err)?;
    let mut checkpoints = checkpoints.into_iter().peekable();
    let mut verifier = Verifier::default();
    let mut held = 0;
    let mut lines = ledger.split_inclusive(|byte| *byte == b'\n');
    loop {
        while let Some(checkpoint) = checkpoints.next_if(|checkpoint| checkpoint.size <= verifier.next()) {
            if let Some(chain) = verifier.chain().filter(|chain| **chain != checkpoint.origin) {
                return Err(CheckError::OtherLedger { origin: checkpoint.origin.clone(), chain: chain.clone() });
            }
            if checkpoint.root != verifier.root() {
                return Err(CheckError::Replaced { held, size: checkpoint.size });
            }
            held = checkpoint.size;
        }
        let Some(line) = lines.next() else { break };
        verifier.line(line)?;
        // The first line says which ledger it is: nothing else is worth saying of another one.
        if let (1, Some(chain), Some(next)) = (verifier.next(), verifier.chain(), checkpoints.peek())
            && *chain != next.origin
        {
            return Err(CheckError::OtherLedger { origin: next.origin.clone(), chain: chain.clone() });
        }
    }
    let whole = verifier.finish()?;
    match checkpoints.next() {
        Some(checkpoint) => Err(CheckError::Cut { events: whole.events, size: checkpoint.size }),
        None => Ok(whole),
    }
}

/// Two checkpoints that no ledger can have grown out of: each was shown to somebody, and not the same ledger.
fn contradiction(by_size: &[&Checkpoint]) -> Option<CheckError> {
    by_size.iter().zip(by_size.iter().skip(1)).find_map(|(one, other)| {
        let same_place = one.size == other.size && one.origin == other.origin;
        (same_place && one.root != other.root)
            .then(|| CheckError::Contradiction { origin: one.origin.clone(), size: one.size })
    })
}

/// Why a ledger is not what its checkpoints have seen.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The chain itself does not hold.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It is another chain.
    #[error("the ledger is that of chain `{chain}`, and the checkpoint that of `{origin}`")]
    OtherLedger {
        /// The chain that the checkpoint names.
        origin: ChainId,
        /// The chain that the ledger names.
        chain: ChainId,
    },
    /// Two checkpoints of one size have seen different ledgers, which says so of any ledger.
    #[error(
        "two checkpoints of chain `{origin}` have seen different ledgers of {size} events: one of them was made of \
         another copy"
    )]
    Contradiction {
        /// The chain that both name.
        origin: ChainId,
        /// The size that both have seen.
        size: u64,
    },
    /// Lines are missing at its end.
    #[error("broken at sequence {events}: the ledger ends here, and a checkpoint has seen {size} events of it")]
    Cut {
        /// How many events it has.
        events: u64,
        /// How many it had.
        size: u64,
    },
    /// It was written anew from some line on.
    #[error(
        "broken at sequence {held} or later, before {size}: the lines hold together, and are not those that a checkpoint \
         has seen; the ledger was written anew from there"
    )]
    Replaced {
        /// How many lines from the first are those that an older checkpoint has seen.
        held: u64,
        /// The size that the checkpoint has seen otherwise.
        size: u64,
    },
}

impl CheckError {
    /// The first sequence that may not hold: all lines before it are what was written, as far as anybody can know.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        match self {
            Self::Broken(broken) => broken.sequence,
            Self::OtherLedger { .. } | Self::Contradiction { .. } => 0,
            Self::Cut { events, .. } => *events,
            Self::Replaced { held, .. } => *held,
        }
    }

    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Broken(broken) => broken.code(),
            Self::OtherLedger { .. } => "other-ledger",
            Self::Contradiction { .. } => "checkpoints-contradict",
            Self::Cut { .. } => "cut-tail",
            Self::Replaced { .. } => "replaced-suffix",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Chain, Event, sample, verify};

    fn checkpoint(chain: &str, lines: usize) -> Checkpoint {
        let ledger = sample::ledger(chain);
        let first: String = ledger.split_inclusive('\n').take(lines).collect();
        verify(first.as_bytes()).unwrap().checkpoint()
    }

    #[test]
    fn a_checkpoint_is_three_lines() {
        let checkpoint = checkpoint("drift.example/prod", 3);
        let text = checkpoint.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            (lines[0], lines[1], lines[2].len(), text.matches('\n').count()),
            ("drift.example/prod", "3", 44, 3)
        );
        let root = lines[2];
        for more in
            ["", "an extension\n", "an extension\n\n\u{2014} key Zm9v\n", "\n\u{2014} key Zm9v\n\u{2014} other YmFy\n"]
        {
            assert_eq!(format!("{text}{more}").parse(), Ok(checkpoint.clone()), "{more}");
        }
        for (text, line) in [
            (String::new(), 1),
            ("\n3\n".to_owned(), 1),
            (format!("a b\n3\n{root}\n"), 1),
            (format!("a\n03\n{root}\n"), 2),
            (format!("a\n+3\n{root}\n"), 2),
            (format!("a\n-3\n{root}\n"), 2),
            (format!("a\n\n{root}\n"), 2),
            (format!("a\n18446744073709551616\n{root}\n"), 2),
            ("a\n3\nAAAA\n".to_owned(), 3),
            (format!("a\n3\n{root}"), 3),
            (format!("a\n3\n{root}\r\n"), 3),
            (format!("{text}more"), 4),
            (format!("{text}\n"), 4),
            (format!("{text}\nno signature\n"), 5),
            (format!("{text}\n\u{2014} key Zm9v\n\n"), 6),
        ] {
            assert_eq!(text.parse::<Checkpoint>(), Err(CheckpointError { line }), "{text:?}");
        }
    }

    #[test]
    fn a_chain_knows_its_checkpoint_at_every_size() {
        let mut chain = Chain::start("a".parse().unwrap());
        assert_eq!(chain.checkpoint().to_string(), "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
        for (lines, (event, at)) in (1..).zip(sample::story()) {
            chain.append(&event, at).unwrap();
            assert_eq!(chain.checkpoint(), checkpoint("a", lines));
            let (resumed, _) =
                Chain::resume(sample::ledger("a").split_inclusive('\n').take(lines).collect::<String>().as_bytes())
                    .unwrap();
            assert_eq!(resumed.checkpoint(), chain.checkpoint());
        }
    }

    #[test]
    fn what_a_chain_alone_cannot_show_its_checkpoints_do() {
        let ledger = sample::ledger("a");
        let lines: Vec<&str> = ledger.split_inclusive('\n').collect();
        // The same beginning, and another story from sequence 5 on, well chained.
        let mut other = Chain::resume(lines[..5].concat().as_bytes()).unwrap().0;
        let mut replaced = lines[..5].concat();
        for (minute, _) in (0..).zip(&lines) {
            let event = Event::Recovered { dropped: 1, digest: Digest::of(b"") };
            replaced.push_str(other.append(&event, sample::at(minute)).unwrap().stored());
        }
        assert!(verify(replaced.as_bytes()).is_ok());
        let at = |lines| checkpoint("a", lines);
        let message = |ledger: &str, checkpoints: &[Checkpoint]| {
            let error = verify_against(ledger.as_bytes(), checkpoints).unwrap_err();
            (error.sequence(), error.code(), error.to_string())
        };
        assert_eq!(
            message(&lines[..4].concat(), &[at(2), at(9), at(6)]),
            (
                4,
                "cut-tail",
                "broken at sequence 4: the ledger ends here, and a checkpoint has seen 6 events of it".to_owned()
            )
        );
        let text = |held: u64, size: u64| {
            format!(
                "broken at sequence {held} or later, before {size}: the lines hold together, and are not those that a \
                 checkpoint has seen; the ledger was written anew from there"
            )
        };
        assert_eq!(message(&replaced, &[at(9)]), (0, "replaced-suffix", text(0, 9)));
        assert_eq!(message(&replaced, &[at(9), at(4), at(7), at(2)]), (4, "replaced-suffix", text(4, 7)));
        assert_eq!(message(&replaced, &[at(5), at(6)]), (5, "replaced-suffix", text(5, 6)));
        assert_eq!(
            message(&sample::ledger("b"), &[at(9), at(2)]),
            (0, "other-ledger", "the ledger is that of chain `b`, and the checkpoint that of `a`".to_owned())
        );
        assert_eq!(message(&ledger.replacen("security", "5ecurity", 1), &[at(1)]).1, "changed");
        assert_eq!(message("", &[at(1)]).1, "empty");
        assert_eq!(
            verify_against(ledger.as_bytes(), [&at(1), &at(5), &at(lines.len())]),
            verify(ledger.as_bytes()).map_err(CheckError::from)
        );
        let empty = Chain::start("a".parse().unwrap()).checkpoint();
        assert!(verify_against(ledger.as_bytes(), [&empty]).is_ok());
        let forged = Checkpoint { root: Digest::of(b"x"), ..empty };
        assert_eq!(message(&ledger, &[forged]), (0, "replaced-suffix", text(0, 0)));
    }

    #[test]
    fn checkpoints_that_contradict_each_other_do_not_accuse_the_ledger() {
        let ledger = sample::ledger("a");
        let seen = checkpoint("a", 4);
        let other = Checkpoint { root: Digest::of(b"shown to somebody else"), ..seen.clone() };
        for checkpoints in [[&seen, &other, &seen], [&other, &seen, &seen]] {
            let error = verify_against(ledger.as_bytes(), checkpoints).unwrap_err();
            assert_eq!((error.sequence(), error.code()), (0, "checkpoints-contradict"));
            assert_eq!(
                error.to_string(),
                "two checkpoints of chain `a` have seen different ledgers of 4 events: one of them was made of another copy"
            );
        }
        assert!(verify_against(ledger.as_bytes(), [&seen, &seen]).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(origin in "[!-~]{1,256}", size in any::<u64>(), bytes in any::<[u8; 4]>()) {
            let checkpoint = Checkpoint { origin: origin.parse().unwrap(), size, root: Digest::of(&bytes) };
            prop_assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        }

        #[test]
        fn no_text_is_too_strange(text in "[a-z0-9=\n\u{2014} ]{0,80}") {
            if let Ok(checkpoint) = text.parse::<Checkpoint>() {
                prop_assert!(text.starts_with(&checkpoint.to_string()));
            }
        }
    }
}
