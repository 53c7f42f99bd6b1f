//! Likeness: which elements of several lists belong together although no two of them are equal.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::equivalence::{Parameters, Same, equal};
use crate::list::Slot;

/// Joins slots that share no plane, those first whose elements are most alike. `likeness` is asked with the element of the
/// earlier plane first, and 0 is none at all.
///
/// Every slot is held against every other, so this is for the few that are left over: of more, the order decides. Two slots
/// are held against each other once: those that have nothing in common have nothing in common in the next round, so there
/// only what was joined in this one is looked at, and a slot of three planes is done. That makes two rounds and an empty one.
pub(crate) fn join(slots: Vec<Slot>, lists: [&[Value]; 3], likeness: impl Fn(&Value, &Value) -> usize) -> Vec<Slot> {
    const FEW: usize = 256;
    if slots.len() > FEW {
        return slots;
    }
    let element = |slot: &Slot| {
        (0..3).find_map(|plane| lists.get(plane).and_then(|list| list.get(slot.get(plane).copied().flatten()?)))
    };
    let apart = |a: &Slot, b: &Slot| a.iter().zip(b).all(|(a, b)| a.is_none() || b.is_none());
    // Each with whether it is new in this round.
    let mut slots: Vec<(Slot, bool)> = slots.into_iter().map(|slot| (slot, true)).collect();
    loop {
        slots.sort_by_key(|(slot, _)| (slot.iter().position(Option::is_some), *slot));
        let mut candidates: Vec<(Reverse<usize>, usize, usize)> = Vec::new();
        for (i, (a, new)) in slots.iter().enumerate() {
            let others = slots.iter().enumerate().skip(i.saturating_add(1));
            for (j, (b, _)) in others.filter(|(_, (b, newer))| (*new || *newer) && apart(a, b)) {
                let alike = element(a).zip(element(b)).map_or(0, |(a, b)| likeness(a, b));
                if alike > 0 {
                    candidates.push((Reverse(alike), i, j));
                }
            }
        }
        if candidates.is_empty() {
            return slots.into_iter().map(|(slot, _)| slot).collect();
        }
        candidates.sort_unstable();
        let mut joined = BTreeSet::new();
        let mut next: Vec<(Slot, bool)> = Vec::new();
        for (_, i, j) in candidates {
            if let (Some((a, _)), Some((b, _))) = (slots.get(i), slots.get(j))
                && !joined.contains(&i)
                && !joined.contains(&j)
            {
                let of = |slot: &Slot, plane: usize| slot.get(plane).copied().flatten();
                next.push((std::array::from_fn(|plane| of(a, plane).or(of(b, plane))), true));
                joined.extend([i, j]);
            }
        }
        next.extend(
            slots.iter().enumerate().filter(|(index, _)| !joined.contains(index)).map(|(_, (slot, _))| (*slot, false)),
        );
        slots = next;
    }
}

/// How many members two objects have in common.
pub(crate) fn in_common(a: &Value, b: &Value) -> usize {
    let (Value::Object(a), Value::Object(b)) = (a, b) else { return 0 };
    a.iter().filter(|(name, x)| !x.is_null() && b.get(*name).is_some_and(|y| alike(x, y))).count()
}

/// How many members an object has, if another has them all.
pub(crate) fn filled_in(less: &Value, more: &Value) -> usize {
    let said = less.as_object().map_or(0, |members| members.values().filter(|value| !value.is_null()).count());
    if in_common(less, more) == said { said } else { 0 }
}

/// Can the two be one value, in spellings of their own? That pairs elements, and excuses nothing: where they differ, the
/// rules of the place are asked.
fn alike(a: &Value, b: &Value) -> bool {
    let with = Parameters::default();
    equal(a, b).is_same()
        || [Same::ValueOrText, Same::Protocol, Same::Cidr, Same::Case]
            .iter()
            .any(|same| same.holds(Some(a), Some(b), &with))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// One slot for each element of the desired and of the actual list.
    fn apart(desired: usize, actual: usize) -> Vec<Slot> {
        let of_desired = (0..desired).map(|index| [Some(index), None, None]);
        of_desired.chain((0..actual).map(|index| [None, None, Some(index)])).collect()
    }

    #[test]
    fn those_with_most_in_common_are_joined_first() {
        let desired = [json!({"port": 80, "from": "a", "to": "x"}), json!({"port": 80, "from": "b"})];
        let actual =
            [json!({"port": 80, "from": "b", "note": ""}), json!({"port": 81, "from": "a", "to": "x"}), json!(7)];
        let joined = join(apart(2, 3), [&desired, &[], &actual], in_common);
        assert_eq!(joined, [[Some(0), None, Some(1)], [Some(1), None, Some(0)], [None, None, Some(2)]]);
    }

    #[test]
    fn an_object_that_says_less_is_filled_in_by_one_that_says_more() {
        let less = json!({"region": "eu", "key": null});
        assert_eq!(filled_in(&less, &json!({"region": "eu", "key": "default"})), 1);
        assert_eq!(filled_in(&json!({"region": "eu", "key": "own"}), &json!({"region": "eu"})), 0);
        assert_eq!(
            filled_in(&json!({"port": "22", "protocol": "6"}), &json!({"port": 22, "protocol": "tcp", "to": 22})),
            2
        );
        assert_eq!(filled_in(&json!({}), &less), 0);
        assert_eq!(filled_in(&json!("eu"), &json!("eu")), 0);
    }

    #[test]
    fn a_slot_may_be_joined_again() {
        let (d, r, a) = ([json!({"x": 1, "y": 1})], [json!({"x": 1, "y": 1, "z": 1})], [json!({"x": 1})]);
        let slots = vec![[Some(0), None, None], [None, Some(0), None], [None, None, Some(0)]];
        assert_eq!(join(slots, [&d, &r, &a], in_common), [[Some(0); 3]]);
    }

    /// The oracle: round after round, everything against everything, until nothing can be joined.
    fn join_naively(
        mut slots: Vec<Slot>,
        lists: [&[Value]; 3],
        likeness: impl Fn(&Value, &Value) -> usize,
    ) -> Vec<Slot> {
        let element = |slot: &Slot| (0..3).find_map(|plane| slot[plane].map(|index| &lists[plane][index])).unwrap();
        loop {
            slots.sort_by_key(|slot| (slot.iter().position(Option::is_some), *slot));
            let mut pairs = Vec::new();
            for (i, a) in slots.iter().enumerate() {
                for (j, b) in slots.iter().enumerate().skip(i.saturating_add(1)) {
                    if (0..3).all(|plane| a[plane].is_none() || b[plane].is_none()) {
                        pairs.push((Reverse(likeness(element(a), element(b))), i, j));
                    }
                }
            }
            pairs.retain(|(Reverse(alike), ..)| *alike > 0);
            pairs.sort_unstable();
            let (mut used, mut next) = (BTreeSet::new(), Vec::new());
            for (_, i, j) in &pairs {
                if !used.contains(i) && !used.contains(j) {
                    next.push(std::array::from_fn(|plane| slots[*i][plane].or(slots[*j][plane])));
                    used.extend([*i, *j]);
                }
            }
            next.extend(slots.iter().enumerate().filter(|(index, _)| !used.contains(index)).map(|(_, slot)| *slot));
            slots = next;
            if pairs.is_empty() {
                return slots;
            }
        }
    }

    fn all_apart(lengths: [usize; 3]) -> Vec<Slot> {
        let of =
            |plane: usize| (0..lengths[plane]).map(move |index| std::array::from_fn(|p| (p == plane).then_some(index)));
        (0..3).flat_map(of).collect()
    }

    /// How often likeness is asked when this many elements are left over in each plane, here and by the oracle.
    fn asked(lengths: [usize; 3], item: impl Fn(usize, usize) -> Value) -> (usize, usize) {
        let [d, r, a]: [Vec<Value>; 3] =
            std::array::from_fn(|plane| (0..lengths[plane]).map(|index| item(plane, index)).collect());
        let asked = std::cell::Cell::new(0_usize);
        let counted = |a: &Value, b: &Value| {
            asked.set(asked.get().saturating_add(1));
            in_common(a, b)
        };
        let joined = join(all_apart(lengths), [&d, &r, &a], counted);
        let here = asked.replace(0);
        assert_eq!(joined, join_naively(all_apart(lengths), [&d, &r, &a], counted));
        (here, asked.get())
    }

    #[test]
    fn the_most_that_may_be_left_over_is_held_against_each_other_once() {
        let alike = |_: usize, index: usize| json!({"x": 1, "y": index});
        assert_eq!(asked([128, 0, 128], alike), (128 * 128, 128 * 128));
        // Pairs of two planes, then each against what the third plane has left.
        let pairs = 86 * 85 + 86 * 85 + 85 * 85;
        let (here, naively) = asked([86, 85, 85], alike);
        assert!(here <= pairs + 86 * 86 && here <= naively, "{here}");
        // Where little is alike, nothing is asked twice; the oracle asks everything three times.
        let few = |plane: usize, index: usize| json!({"x": if index == 0 { 0 } else { plane * 100 + index }});
        let (here, naively) = asked([86, 85, 85], few);
        assert!(here <= pairs + 86 && naively > 2 * pairs, "{here} {naively}");
    }

    proptest! {
        #[test]
        fn what_is_joined_is_what_everything_against_everything_joins(
            lists in proptest::array::uniform3(
                proptest::collection::vec(crate::equivalence::tests::json_value(), 0..7)
            ),
            lacking in 0..4_usize,
        ) {
            let lists: Vec<&[Value]> =
                lists.iter().enumerate().map(|(plane, list)| if plane == lacking { &[][..] } else { &list[..] }).collect();
            let lists = [lists[0], lists[1], lists[2]];
            for likeness in [in_common, filled_in] {
                let slots = all_apart(lists.map(<[Value]>::len));
                prop_assert_eq!(join(slots.clone(), lists, likeness), join_naively(slots, lists, likeness));
            }
        }

        #[test]
        fn every_element_stays_in_one_slot(
            desired in proptest::collection::vec(crate::equivalence::tests::json_value(), 0..6),
            actual in proptest::collection::vec(crate::equivalence::tests::json_value(), 0..6),
        ) {
            let joined = join(apart(desired.len(), actual.len()), [&desired, &[], &actual], in_common);
            for (plane, list) in [(0, &desired), (2, &actual)] {
                let mut found: Vec<usize> = joined.iter().filter_map(|slot| slot[plane]).collect();
                found.sort_unstable();
                prop_assert_eq!(found, (0..list.len()).collect::<Vec<_>>());
            }
            // Whoever stayed alone has nothing in common with another who did.
            let alone = |plane: usize| joined.iter().filter(move |slot| slot.iter().flatten().count() == 1).filter_map(move |slot| slot[plane]);
            for (i, j) in alone(0).flat_map(|i| alone(2).map(move |j| (i, j))) {
                prop_assert_eq!(in_common(&desired[i], &actual[j]), 0);
            }
        }
    }
}
