//! The governor and its detectors of loops, held against plain retellings of what they promise.

#![allow(clippy::arithmetic_side_effects, reason = "the numbers of these tests are small")]

use std::num::NonZeroU32;

use drift_model::{Digest, FieldPath, Span, Timestamp};
use proptest::prelude::*;

use super::loops::flaps;
use super::*;

const START: i64 = 1_783_000_000;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix_seconds(START + minutes * 60).unwrap()
}

fn some(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

fn drift(name: u8) -> Digest {
    Digest::of(&[name])
}

fn candidate(resource: u8, name: u8, detected: Option<i64>) -> Candidate {
    Candidate::new(format!("Deployment/prod/{resource}"), drift(name), detected.map(at))
}

fn deed(minutes: i64, name: u8, kind: DeedKind) -> Deed {
    Deed::new(at(minutes), drift(name), kind)
}

fn governor() -> Governor {
    Governor { max_objects: some(2), ..Governor::default() }
}

fn gates(batch: &Batch) -> Vec<Vec<&'static str>> {
    batch.held.iter().map(|held| held.gates.clone()).collect()
}

#[test]
fn as_many_objects_as_the_policy_says_and_the_first_ones_first() {
    let candidates = [
        candidate(3, 3, Some(5)),
        candidate(1, 1, Some(9)),
        candidate(2, 2, None),
        candidate(3, 4, Some(9)),
        candidate(3, 3, Some(6)),
    ];
    let batch = governor().plan(&candidates, &History::default(), at(10));
    // Two findings of one object are one object; the same drift that was reported twice is one.
    assert_eq!(batch.go, [candidate(3, 3, Some(5)), candidate(1, 1, Some(9)), candidate(3, 4, Some(9))]);
    assert_eq!(batch.held.len(), 1);
    assert_eq!(gates(&batch), [["max-objects"]]);
}

#[test]
fn after_each_attempt_it_waits_three_times_as_long_and_after_three_it_asks_a_person() {
    let plan =
        |deeds: &[Deed], now: Timestamp| governor().plan(&[candidate(1, 1, Some(0))], &History::new(deeds, &[]), now);
    let first = [deed(0, 1, DeedKind::Attempted)];
    let held = plan(&first, at(0));
    assert_eq!(gates(&held), [["backoff"]]);
    let ready = held.held[0].until.unwrap();
    assert_eq!(ready.since(at(0)), Span::from_seconds(30));
    assert_eq!(plan(&first, ready).go.len(), 1);

    let second = [first[0], deed(1, 1, DeedKind::Attempted)];
    assert_eq!(gates(&plan(&second, at(2))), [["backoff"]]);
    assert_eq!(plan(&second, at(3)).go.len(), 1);

    let third = [first[0], second[1], deed(3, 1, DeedKind::Attempted)];
    assert_eq!(gates(&plan(&third, at(1000))), [["attempt-limit"]]);
    assert_eq!(plan(&third, at(1000)).held[0].until, None, "time alone does not help");
    // That it was seen to be gone, or that a person looked, counts from the start again.
    for kind in [DeedKind::Closed, DeedKind::Released] {
        let after = [first[0], second[1], third[2], deed(4, 1, kind)];
        assert_eq!(plan(&after, at(5)).go.len(), 1, "{kind}");
    }
    // What happened to another drift is another's.
    assert_eq!(governor().plan(&[candidate(1, 2, None)], &History::new(&third, &[]), at(3)).go.len(), 1);
}

#[test]
fn drift_that_comes_back_as_often_as_it_is_healed_is_left_to_a_person() {
    let mut deeds = Vec::new();
    for round in 0..3 {
        deeds.push(deed(round * 10, 1, DeedKind::Attempted));
        deeds.push(deed(round * 10 + 5, 1, DeedKind::Closed));
    }
    let plan = |deeds: &[Deed], now| governor().plan(&[candidate(1, 1, Some(0))], &History::new(deeds, &[]), now);
    assert_eq!(gates(&plan(&deeds, at(30))), [["flapping"]]);
    assert_eq!(plan(&deeds[..4], at(30)).go.len(), 1, "twice is no loop yet");
    assert_eq!(plan(&deeds, at(90)).go.len(), 1, "an hour later it is another story");
    deeds.push(deed(40, 1, DeedKind::Released));
    assert_eq!(plan(&deeds, at(41)).go.len(), 1, "a person has looked");
}

#[test]
fn what_heals_only_with_evidence_waits_for_the_record_of_this_drift() {
    let careful = Governor { evidence_required: true, ..governor() };
    let plan = |deeds: &[Deed], now| careful.plan(&[candidate(1, 1, Some(0))], &History::new(deeds, &[]), at(now));
    assert_eq!(gates(&plan(&[], 9)), [["not-recorded"]]);
    assert_eq!(plan(&[], 9).held[0].until, None, "time alone does not help");
    assert_eq!(gates(&plan(&[deed(1, 2, DeedKind::Recorded)], 9)), [["not-recorded"]], "the record of another drift");
    assert_eq!(gates(&plan(&[deed(10, 1, DeedKind::Recorded)], 9)), [["not-recorded"]], "a record that is yet to come");
    let recorded = [deed(1, 1, DeedKind::Recorded)];
    assert_eq!(plan(&recorded, 9).go.len(), 1);
    assert_eq!(plan(&[recorded[0], deed(2, 1, DeedKind::Attempted)], 9).go.len(), 1, "the record stays");
    // It was gone, and came back: that is another story, which nobody has put on record yet.
    let again = [recorded[0], deed(2, 1, DeedKind::Attempted), deed(3, 1, DeedKind::Closed)];
    assert_eq!(gates(&plan(&again, 9)), [["not-recorded"]]);
    assert_eq!(gates(&plan(&[recorded[0], deed(1, 1, DeedKind::Closed)], 9)), [["not-recorded"]], "at one moment");
    assert_eq!(
        governor().plan(&[candidate(1, 1, None)], &History::default(), at(9)).go.len(),
        1,
        "nobody asked for it"
    );
}

fn write(minutes: i64, writer: &str, value: u8) -> FieldWrite {
    let path: FieldPath = "/spec/replicas".parse().unwrap();
    FieldWrite::new(at(minutes), "Deployment/prod/1", path, writer, Digest::of(&[value]))
}

#[test]
fn two_writers_who_undo_each_other_are_named_and_nobody_joins_them() {
    let mut writes: Vec<FieldWrite> =
        (0..5).map(|round| if round % 2 == 0 { write(round, "argocd", 3) } else { write(round, "hpa", 7) }).collect();
    let found = fights(&writes, &Flapping::default(), at(10));
    let expected = serde_json::json!([
        {"resource": "Deployment/prod/1", "path": "/spec/replicas", "writers": ["argocd", "hpa"], "returns": 3},
    ]);
    assert_eq!(serde_json::to_value(&found).unwrap(), expected);
    let candidates = [candidate(1, 1, None), candidate(2, 2, None)];
    let batch = governor().plan(&candidates, &History::new(&[], &writes), at(10));
    assert_eq!((batch.go.len(), gates(&batch)), (1, vec![vec!["two-writers"]]));

    // One writer who cannot decide fights nobody, and neither do two who agree, or who go on to something new.
    for write in &mut writes {
        write.writer = "hpa".to_owned();
    }
    assert_eq!(fights(&writes, &Flapping::default(), at(10)), []);
    let agreed: Vec<_> = (0..9).map(|round| write(round, ["a", "b"][usize::from(round % 2 == 0)], 1)).collect();
    assert_eq!(fights(&agreed, &Flapping::default(), at(10)), []);
    let onward: Vec<_> =
        (0..9_u8).map(|round| write(round.into(), ["a", "b"][usize::from(round % 2 == 0)], round)).collect();
    assert_eq!(fights(&onward, &Flapping::default(), at(10)), []);
}

#[test]
fn the_kill_switch_stops_everything_and_says_so_beside_the_other_reasons() {
    let candidates = [candidate(1, 1, None), candidate(2, 2, None)];
    let deeds = [deed(0, 1, DeedKind::Attempted)];
    let batch = governor().plan(&candidates, &History::new(&deeds, &[]).switched_off(), at(0));
    assert!(batch.go.is_empty());
    assert_eq!(gates(&batch), [vec!["kill-switch", "backoff"], vec!["kill-switch"]]);
}

#[test]
fn a_batch_is_told_to_machines_as_it_is() {
    let deeds = [deed(0, 2, DeedKind::Attempted)];
    let batch = governor().plan(&[candidate(1, 1, Some(0)), candidate(2, 2, None)], &History::new(&deeds, &[]), at(0));
    let expected = serde_json::json!({
        "go": [{"detectedAt": at(0), "resource": "Deployment/prod/1", "fingerprint": drift(1)}],
        "held": [{
            "candidate": {"detectedAt": null, "resource": "Deployment/prod/2", "fingerprint": drift(2)},
            "gates": ["backoff"], "until": at(0).plus(Span::from_seconds(30)),
        }],
    });
    assert_eq!(serde_json::to_value(batch).unwrap(), expected);
}

/// The rules of the governor, told again for one candidate without any cleverness.
fn may_by_itself(governor: &Governor, candidate: &Candidate, history: &History<'_>, now: Timestamp) -> bool {
    let mut mine: Vec<Deed> =
        history.deeds.iter().copied().filter(|deed| deed.fingerprint == candidate.fingerprint).collect();
    mine.sort();
    // On record by now, and no closing between the record and now.
    let known: Vec<Deed> = mine.iter().copied().filter(|deed| deed.at <= now).collect();
    let of_record = known.iter().rposition(|deed| deed.kind == DeedKind::Recorded);
    let closed = known.iter().rposition(|deed| deed.kind == DeedKind::Closed);
    let recorded = of_record.is_some_and(|record| closed.is_none_or(|closed| closed < record));
    mine.retain(|deed| deed.kind != DeedKind::Recorded);
    let since = mine.iter().rposition(|deed| deed.kind != DeedKind::Attempted).map_or(0, |last| last + 1);
    let row = &mine[since..];
    let mut wait = 30_u64;
    for _ in 1..row.len() {
        wait = (wait * 3).min(governor.longest_wait.seconds());
    }
    let rested = row.last().is_none_or(|last| now >= last.at.plus(Span::from_seconds(wait)).unwrap());
    // Every closing that follows an attempt, with nothing but attempts between, and no release after it.
    let returns = (0..mine.len()).filter(|index| {
        let deed = mine[*index];
        deed.kind == DeedKind::Closed
            && *index > 0
            && mine[*index - 1].kind == DeedKind::Attempted
            && now.since(deed.at) <= governor.flapping.within
            && mine[*index..].iter().all(|later| later.kind != DeedKind::Released)
    });
    let fought = naive_fights(history.writes, &governor.flapping, now)
        .iter()
        .any(|(resource, _, _)| *resource == candidate.resource);
    !history.kill_switch
        && (recorded || !governor.evidence_required)
        && row.len() < 3
        && rested
        && returns.count() < governor.flapping.times.get() as usize
        && !fought
}

/// A value was put back if the same writer wrote it before, and another wrote another value in between, since then.
fn naive_fights(writes: &[FieldWrite], flapping: &Flapping, now: Timestamp) -> Vec<(String, FieldPath, u32)> {
    let mut sorted: Vec<&FieldWrite> = writes.iter().filter(|write| now.since(write.at) <= flapping.within).collect();
    sorted.sort();
    let mut fields: Vec<_> = sorted.iter().map(|write| (write.resource.clone(), write.path.clone())).collect();
    fields.sort();
    fields.dedup();
    let mut found = Vec::new();
    for (resource, path) in fields {
        let here: Vec<_> = sorted.iter().filter(|write| (&write.resource, &write.path) == (&resource, &path)).collect();
        let mut returns = 0;
        for last in 0..here.len() {
            let same = |write: &FieldWrite| (&write.writer, write.value) == (&here[last].writer, here[last].value);
            let Some(first) = (0..last).rev().find(|index| same(here[*index])) else { continue };
            let over = |write: &&&FieldWrite| write.writer != here[last].writer && write.value != here[last].value;
            if here[first..last].iter().any(over) {
                returns += 1;
            }
        }
        if returns >= flapping.times.get() {
            found.push((resource, path, returns));
        }
    }
    found
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let kind = prop_oneof![
        4 => Just(DeedKind::Attempted),
        2 => Just(DeedKind::Closed),
        1 => Just(DeedKind::Released),
        3 => Just(DeedKind::Recorded),
    ];
    (0..90_i64, 0..3_u8, kind).prop_map(|(minutes, name, kind)| deed(minutes, name, kind))
}

fn any_write() -> impl Strategy<Value = FieldWrite> {
    (0..90_i64, 0..2_u8, "[ab]", 0..2_u8, "/[xy]").prop_map(|(minutes, resource, writer, value, path)| {
        let resource = format!("Deployment/prod/{resource}");
        FieldWrite::new(at(minutes), resource, path.parse().unwrap(), writer, Digest::of(&[value]))
    })
}

fn any_candidate() -> impl Strategy<Value = Candidate> {
    (0..4_u8, 0..3_u8, proptest::option::of(0..90_i64))
        .prop_map(|(resource, name, detected)| candidate(resource, name, detected))
}

proptest! {
    #[test]
    fn the_governor_does_what_its_rules_say_for_each_candidate(
        candidates in proptest::collection::vec(any_candidate(), 0..8),
        deeds in proptest::collection::vec(any_deed(), 0..12),
        writes in proptest::collection::vec(any_write(), 0..16),
        now in 0..120_i64,
        off in proptest::bool::weighted(0.1),
        evidence_required in any::<bool>(),
    ) {
        let governor = Governor { evidence_required, ..governor() };
        let history = History { kill_switch: off, ..History::new(&deeds, &writes) };
        let batch = governor.plan(&candidates, &history, at(now));
        for candidate in &batch.go {
            prop_assert!(may_by_itself(&governor, candidate, &history, at(now)), "{candidate:?}");
        }
        for held in &batch.held {
            let alone = may_by_itself(&governor, &held.candidate, &history, at(now));
            prop_assert_eq!(alone, held.gates == ["max-objects"], "{:?}", held);
        }
        let mut objects: Vec<_> = batch.go.iter().map(|candidate| &candidate.resource).collect();
        objects.sort();
        objects.dedup();
        prop_assert!(objects.len() <= 2);
        if batch.held.iter().any(|held| held.gates == ["max-objects"]) {
            prop_assert_eq!(objects.len(), 2, "nothing is held back while there is room");
        }
    }

    #[test]
    fn the_order_of_candidates_and_history_is_without_meaning(
        candidates in proptest::collection::vec(any_candidate(), 0..6),
        deeds in proptest::collection::vec(any_deed(), 0..10),
        writes in proptest::collection::vec(any_write(), 0..10),
    ) {
        let governor = governor();
        let plan = |candidates: &[Candidate], deeds: &[Deed], writes: &[FieldWrite]| {
            governor.plan(candidates, &History::new(deeds, writes), at(90))
        };
        let expected = plan(&candidates, &deeds, &writes);
        let (mut candidates, mut deeds, mut writes) = (candidates, deeds, writes);
        candidates.reverse();
        deeds.reverse();
        writes.reverse();
        prop_assert_eq!(plan(&candidates, &deeds, &writes), expected);
    }

    #[test]
    fn one_more_attempt_or_write_never_permits_more(
        deeds in proptest::collection::vec(any_deed(), 0..10),
        writes in proptest::collection::vec(any_write(), 0..10),
        another in (0..90_i64, 0..3_u8),
        now in 0..120_i64,
    ) {
        let candidate = candidate(1, another.1, None);
        let may = |deeds: &[Deed], writes: &[FieldWrite]| {
            !governor().plan(std::slice::from_ref(&candidate), &History::new(deeds, writes), at(now)).go.is_empty()
        };
        let before = may(&deeds, &writes);
        // It comes last: an attempt that was followed by a closing is a heal that worked.
        let mut more = deeds.clone();
        more.push(deed(another.0.max(90), another.1, DeedKind::Attempted));
        prop_assert!(before || !may(&more, &writes));
        let mut off = History::new(&deeds, &writes);
        off.kill_switch = true;
        prop_assert!(governor().plan(&[candidate], &off, at(now)).go.is_empty());
    }

    #[test]
    fn fights_are_those_that_a_plain_retelling_finds(
        writes in proptest::collection::vec(any_write(), 0..24),
        times in 1..4_u32,
        now in 0..120_i64,
    ) {
        let flapping = Flapping::new(some(times), Span::from_seconds(60 * 60));
        let found: Vec<_> = fights(&writes, &flapping, at(now))
            .into_iter()
            .map(|fight| (fight.resource, fight.path, fight.returns))
            .collect();
        prop_assert_eq!(found, naive_fights(&writes, &flapping, at(now)));
    }

    #[test]
    fn a_return_needs_an_attempt_and_a_closing(deeds in proptest::collection::vec(any_deed(), 0..12)) {
        let mut mine: Vec<Deed> = deeds.into_iter().filter(|deed| deed.fingerprint == drift(1)).collect();
        mine.sort();
        let count = |kind: DeedKind| mine.iter().filter(|deed| deed.kind == kind).count();
        let most = count(DeedKind::Attempted).min(count(DeedKind::Closed));
        prop_assert!(flaps(&mine, &Flapping::default(), at(90)) as usize <= most);
    }
}
