//! What somebody who can write to a ledger can do to it, and that it shows: in ten thousand ledgers, each damaged in every way
//! that there is a name for.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use drift_evidence::{Artifact, ArtifactKind, Chain, CheckError, Event, Outcome, verify, verify_against};
use drift_model::{Action, Digest, Method, Timestamp, UnknownReason};
use proptest::prelude::*;
use proptest::sample::Index;

fn at(seconds: u32) -> Timestamp {
    Timestamp::from_unix_seconds(1_783_074_151 + i64::from(seconds)).unwrap()
}

/// Small events of every shape that takes no finding.
fn event() -> impl Strategy<Value = Event> {
    let record = "drift-[0-9]{1,3}";
    let text = prop_oneof![Just(None), "[ -~é\n\u{1}]{0,12}".prop_map(Some)];
    prop_oneof![
        (any::<u64>(), any::<u8>())
            .prop_map(|(dropped, byte)| Event::Recovered { dropped, digest: Digest::of(&[byte]) }),
        (record, text.clone()).prop_map(|(record, because)| Event::Closed { record, because }),
        (record, any::<u32>()).prop_map(|(record, seen)| Event::Persisted { record, observed_at: at(seen) }),
        (record, text.clone()).prop_map(|(record, reference)| Event::Approved {
            record,
            action: Action::RuntimeRevert,
            by: "security-oncall".to_owned(),
            reference,
        }),
        (record, text.clone()).prop_map(|(record, reference)| Event::Acted {
            record,
            action: Action::GitUpdatePr,
            by: "pipeline/42".to_owned(),
            outcome: Outcome::Failed,
            reference,
        }),
        (record, any::<u8>()).prop_map(|(record, byte)| Event::ArtifactKept {
            record,
            artifact: Artifact::new(ArtifactKind::PlanJson, "application/json", "s3://evidence/plan.json")
                .unwrap()
                .of(Digest::of(&[byte])),
        }),
        text.prop_map(|detail| Event::DetectorFailed {
            resource: "ConfigMap/prod/app".parse().unwrap(),
            unit: None,
            method: Some(Method::GitopsDiff),
            reason: UnknownReason::Failed,
            detail,
        }),
    ]
}

fn events() -> impl Strategy<Value = Vec<(Event, u32)>> {
    proptest::collection::vec((event(), any::<u32>()), 1..5)
}

/// The lines of a ledger, newlines included.
fn written(chain: &mut Chain, events: &[(Event, u32)]) -> Vec<String> {
    let line = |(event, seconds): &(Event, u32)| chain.append(event, at(*seconds)).unwrap().stored().to_owned();
    events.iter().map(line).collect()
}

fn chain(name: &str) -> Chain {
    Chain::start(name.parse().unwrap())
}

/// The first line that is not the one that was written: what an honest copy beside it would show.
fn first_bad(honest: &[String], damaged: &[u8]) -> u64 {
    let lines = damaged.split_inclusive(|byte| *byte == b'\n');
    let same = honest.iter().zip(lines).take_while(|(honest, line)| honest.as_bytes() == *line);
    same.count() as u64
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn b5_every_damage_is_detected_at_the_first_line_that_is_not_what_was_written(
        (ours, theirs) in (events(), events()), (one, other) in any::<(Index, Index)>(), bit in 0..8_u8, alone in 0..7_u8
    ) {
        let mut chain = chain("a");
        let honest = written(&mut chain, &ours);
        let (count, bytes) = (honest.len(), honest.concat().into_bytes());
        let checkpoint = chain.checkpoint();
        let honest_one = verify_against(&bytes, [&checkpoint]).unwrap();
        prop_assert_eq!((honest_one.events, honest_one.checkpoint()), (count as u64, checkpoint.clone()));
        let (i, j) = (one.index(count), other.index(count));

        let mut flipped = bytes.clone();
        flipped[one.index(bytes.len())] ^= 1 << bit;
        let mut dropped = honest.clone();
        dropped.remove(i);
        let mut swapped = honest.clone();
        swapped.swap(i, j);
        let mut repeated = honest.clone();
        repeated.insert(other.index(count + 1), honest[i].clone());
        let foreign = written(&mut self::chain("b"), &theirs);
        let mut replayed = honest.clone();
        replayed[i].clone_from(&foreign[other.index(foreign.len())]);
        let cut = bytes[..one.index(bytes.len())].to_vec();
        let tailless = honest[..i].concat();

        for (number, (damage, damaged)) in (0..).zip([
            ("flip one bit", flipped),
            ("drop a line", dropped.concat().into_bytes()),
            ("swap two", swapped.concat().into_bytes()),
            ("repeat a line", repeated.concat().into_bytes()),
            ("replay a line of another ledger", replayed.concat().into_bytes()),
            ("cut anywhere", cut),
            ("cut the tail", tailless.into_bytes()),
        ]) {
            let first = first_bad(&honest, &damaged);
            if damaged == bytes {
                continue;
            }
            // A ledger that begins with the first line of another is that other one, as long as nobody knows better.
            let begins_as_another = damaged.starts_with(foreign[0].as_bytes());
            match verify_against(&damaged, [&checkpoint]) {
                Err(CheckError::OtherLedger { .. }) => prop_assert!(begins_as_another, "{}", damage),
                Err(error) => prop_assert_eq!((error.sequence(), damage), (first, damage), "{}", error),
                Ok(_) => prop_assert!(false, "{} is not detected", damage),
            }
            if number != alone {
                continue;
            }
            // Without the checkpoint all is detected but what is no damage to the lines that are left.
            let lines_are_missing_at_the_end = bytes.starts_with(&damaged) && damaged.ends_with(b"\n");
            match verify(&damaged) {
                Ok(another) if begins_as_another => prop_assert_eq!(another.events, 1, "{}", damage),
                Ok(_) => prop_assert!(lines_are_missing_at_the_end, "{}", damage),
                Err(broken) => {
                    prop_assert!(!lines_are_missing_at_the_end, "{}", damage);
                    prop_assert_eq!(broken.sequence, first.max(begins_as_another.into()), "{}: {}", damage, broken);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Whoever writes all lines anew from one on leaves a chain that holds. Only who kept a checkpoint knows.
    #[test]
    fn a_suffix_that_was_written_anew_shows_between_the_checkpoints_around_it(
        (ours, theirs) in (events(), events()), (from, kept) in any::<(Index, [bool; 5])>()
    ) {
        let mut chain = chain("a");
        let (mut honest, mut checkpoints) = (Vec::new(), vec![chain.checkpoint()]);
        for event in &ours {
            honest.extend(written(&mut chain, std::slice::from_ref(event)));
            checkpoints.push(chain.checkpoint());
        }
        let from = from.index(honest.len());
        let start = honest[..from].concat();
        let mut forger = if from == 0 { self::chain("a") } else { Chain::resume(start.as_bytes()).unwrap().0 };
        let forged = start + &written(&mut forger, &theirs).concat();
        let events = verify(forged.as_bytes()).unwrap().events;
        let held = first_bad(&honest, forged.as_bytes());
        // The checkpoints that somebody happened to keep.
        let kept: Vec<_> = checkpoints.iter().zip(kept).filter_map(|(checkpoint, kept)| kept.then_some(checkpoint)).collect();
        let before = kept.iter().map(|checkpoint| checkpoint.size).filter(|size| *size <= held).max();
        let after = kept.iter().map(|checkpoint| checkpoint.size).filter(|size| *size > held).min();
        match (verify_against(forged.as_bytes(), kept.iter().copied()), after) {
            (Ok(_), None) => {}
            (Err(CheckError::Replaced { held, size }), Some(after)) => {
                prop_assert_eq!((held, size), (before.unwrap_or(0), after));
                prop_assert!(size <= events);
            }
            (Err(CheckError::Cut { events: found, size }), Some(after)) => {
                prop_assert_eq!((found, size), (events, after));
                prop_assert!(size > events);
            }
            (found, after) => prop_assert!(false, "{:?} with {:?}", found, after),
        }
    }

    /// A line of the same chain in its older life: sealed as it should be, under the same name, with the same number.
    #[test]
    fn a_line_of_a_ledger_of_the_same_name_is_told_by_what_stands_before_it(
        (ours, theirs) in (events(), events()), place in any::<Index>()
    ) {
        let (mut chain, mut namesake) = (chain("a"), chain("a"));
        let (honest, other) = (written(&mut chain, &ours), written(&mut namesake, &theirs));
        let place = place.index(honest.len().min(other.len()));
        let mut replayed = honest.clone();
        replayed[place].clone_from(&other[place]);
        let replayed = replayed.concat().into_bytes();
        let error = verify_against(&replayed, [&chain.checkpoint()]);
        if replayed == honest.concat().into_bytes() {
            prop_assert!(error.is_ok());
        } else {
            // After the line that it was written after, it is the next that gives it away; or else the checkpoint, which does not
            // say where.
            let fits = place == 0 || other[place - 1] == honest[place - 1];
            let first = match (fits, place + 1 < honest.len()) {
                (false, _) => place,
                (true, true) => place + 1,
                (true, false) => 0,
            };
            prop_assert_eq!(error.unwrap_err().sequence(), first as u64);
        }
    }

    #[test]
    fn a_ledger_that_was_cut_anywhere_resumes_with_all_that_was_whole(ours in events(), at in any::<Index>(), more in events()) {
        let honest = written(&mut chain("a"), &ours);
        let bytes = honest.concat().into_bytes();
        let torn = &bytes[..at.index(bytes.len() + 1)];
        let whole = torn.split(|byte| *byte == b'\n').count() - 1;
        match Chain::resume(torn) {
            Err(error) => prop_assert_eq!((error.code(), whole), (if torn.is_empty() { "empty" } else { "cut" }, 0)),
            Ok((mut chain, cut)) => {
                let keep = cut.as_ref().map_or(torn.len(), |cut| cut.keep);
                let mut stored = torn[..keep].to_vec();
                prop_assert_eq!(&stored, &honest[..whole].concat().into_bytes());
                prop_assert_eq!(cut.is_none(), torn.ends_with(b"\n"));
                if let Some(cut) = cut {
                    let lost = &torn[keep..];
                    prop_assert_eq!(&cut.event, &Event::Recovered { dropped: lost.len() as u64, digest: Digest::of(lost) });
                    stored.extend_from_slice(chain.append(&cut.event, self::at(0)).unwrap().stored().as_bytes());
                }
                stored.extend(written(&mut chain, &more).concat().into_bytes());
                let verified = verify(&stored).unwrap();
                prop_assert_eq!(verified.checkpoint(), chain.checkpoint());
            }
        }
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "100,000 events take a while without optimization")]
fn an_honest_ledger_of_100_000_events_verifies() {
    let mut chain = chain("drift.example/prod");
    let mut ledger = String::new();
    for number in 0..100_000_u32 {
        let event = if number % 10 == 0 {
            let record = format!("drift-{number}");
            Event::Approved { record, action: Action::RuntimeRevert, by: "ana".to_owned(), reference: None }
        } else {
            Event::Persisted { record: format!("drift-{}", number / 10), observed_at: at(number) }
        };
        ledger.push_str(chain.append(&event, at(number)).unwrap().stored());
    }
    let checkpoint = chain.checkpoint();
    let verified = verify_against(ledger.as_bytes(), [&checkpoint]).unwrap();
    assert_eq!((verified.events, verified.checkpoint()), (100_000, checkpoint.clone()));
    assert_eq!(Chain::resume(ledger.as_bytes()).unwrap().0.checkpoint(), checkpoint);
    // One bit in the middle of it.
    let mut bytes = ledger.into_bytes();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let sequence = bytes[..middle].split(|byte| *byte == b'\n').count() - 1;
    assert_eq!(verify(&bytes).unwrap_err().sequence, sequence as u64);
}
