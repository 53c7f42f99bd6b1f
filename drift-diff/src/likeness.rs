//! Likeness: which elements of several lists belong together although no two of them are equal.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::equivalence::{Parameters, Same, equal};
use crate::list::Slot;

/// Joins slots that share no plane, those first whose elements are most alike. `likeness` is asked with the element of the
/// earlier plane first, and 0 is none at all.
///
/// Every slot is held against every other, so this is for the few that are left over: of more, the order decides.
pub(crate) fn join(mut slots: Vec<Slot>, lists: [&[Value]; 3], likeness: fn(&Value, &Value) -> usize) -> Vec<Slot> {
    const FEW: usize = 256;
    if slots.len() > FEW {
        return slots;
    }
    slots.sort_by_key(|slot| (slot.iter().position(Option::is_some), *slot));
    let element = |slot: &Slot| {
        (0..3).find_map(|plane| lists.get(plane).and_then(|list| list.get(slot.get(plane).copied().flatten()?)))
    };
    let apart = |a: &Slot, b: &Slot| a.iter().zip(b).all(|(a, b)| a.is_none() || b.is_none());
    loop {
        let mut candidates: Vec<(Reverse<usize>, usize, usize)> = Vec::new();
        for (i, a) in slots.iter().enumerate() {
            for (j, b) in slots.iter().enumerate().skip(i.saturating_add(1)).filter(|(_, b)| apart(a, b)) {
                let alike = element(a).zip(element(b)).map_or(0, |(a, b)| likeness(a, b));
                if alike > 0 {
                    candidates.push((Reverse(alike), i, j));
                }
            }
        }
        if candidates.is_empty() {
            return slots;
        }
        candidates.sort_unstable();
        let mut joined = BTreeSet::new();
        let mut next: Vec<Slot> = Vec::new();
        for (_, i, j) in candidates {
            if let (Some(a), Some(b)) = (slots.get(i), slots.get(j))
                && !joined.contains(&i)
                && !joined.contains(&j)
            {
                next.push(std::array::from_fn(|plane| {
                    let of = |slot: &Slot| slot.get(plane).copied().flatten();
                    of(a).or(of(b))
                }));
                joined.extend([i, j]);
            }
        }
        next.extend(slots.iter().enumerate().filter(|(index, _)| !joined.contains(index)).map(|(_, slot)| *slot));
        next.sort_by_key(|slot| (slot.iter().position(Option::is_some), *slot));
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

    proptest! {
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
