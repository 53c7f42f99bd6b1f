//! Alignment: which elements of three lists belong together.

use drift_model::Step;
use serde_json::Value;

use crate::equivalence::{Equality, equal};
use crate::likeness::{filled_in, in_common, join};
use crate::place::{ACTUAL, DESIRED, RECORDED};
use crate::schema::ListKey;

/// One element, by its position in each plane's list.
pub(crate) type Slot = [Option<usize>; 3];

/// How the elements of a list are told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Alignment<'s> {
    /// By key fields, each with the value that counts where it is left out.
    Keyed(&'s [ListKey]),
    /// By value; order and repetition have no meaning. An object that says all that another says, and more, is the same
    /// member.
    Set,
    /// By value as far as they are equal, then by what they have in common, then by position: the document does not tell a
    /// list from a set.
    ListOrSet,
    /// By position, what is common at both ends set aside.
    Positional,
}

/// An aligned list.
pub(crate) struct Aligned {
    /// Every element of every plane, in no particular order: changes are sorted when all are found.
    pub(crate) slots: Vec<(Step, Slot)>,
    /// Do the elements that all lists have stand in another order somewhere? For each pair of planes: desired and
    /// recorded, recorded and actual, desired and actual.
    pub(crate) same_order: [bool; 3],
    /// Could the elements not be told apart in the way that was asked for, so that they went by position?
    pub(crate) fell_back: bool,
}

/// Aligns the lists of up to three planes. A plane without the list is an empty list here.
pub(crate) fn align(lists: [&[Value]; 3], by: Alignment<'_>) -> Aligned {
    match by {
        Alignment::Keyed(keys) => by_identity(lists, Repeats::AreTwo, |item| key_of(item, keys)),
        Alignment::Set => members(lists),
        Alignment::ListOrSet => list_or_set(lists),
        Alignment::Positional => positional(lists),
    }
}

/// The names that tell the items of a list apart by convention, the most telling first.
pub(crate) const INFERRED_KEYS: [&str; 6] = ["name", "Name", "key", "Key", "id", "Id"];

/// The key fields that every element of every list has with a scalar value of its own, by convention of the field.
///
/// Without a schema, a list of objects is keyed by the first of these that is a unique scalar on every side.
pub(crate) fn infer_key(lists: [&[Value]; 3]) -> Option<&'static str> {
    if lists.iter().all(|list| list.is_empty()) {
        return None;
    }
    INFERRED_KEYS.into_iter().find(|name| {
        lists.iter().all(|list| {
            let mut keys: Vec<Step> = Vec::with_capacity(list.len());
            let all_have_it = list.iter().all(|item| match item.get(name) {
                Some(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
                    keys.push(Step::item(value));
                    true
                }
                _ => false,
            });
            keys.sort();
            all_have_it && keys.windows(2).all(|pair| matches!(pair, [a, b] if a != b))
        })
    })
}

fn key_of(item: &Value, keys: &[ListKey]) -> Option<Step> {
    let fields = item.as_object()?;
    let mut pairs: Vec<(&str, &Value)> = Vec::with_capacity(keys.len());
    for ListKey { name, default } in keys {
        let value = fields.get(name.as_ref()).filter(|value| !value.is_null()).or(default.as_ref())?;
        if value.is_object() || value.is_array() {
            return None;
        }
        pairs.push((name, value));
    }
    Some(Step::key(pairs))
}

/// Do all planes that have the list hold the same items, in different orders?
pub(crate) fn permuted(lists: [Option<&[Value]>; 3]) -> bool {
    let mut lists = lists.into_iter().flatten();
    let Some(first) = lists.next() else { return false };
    let others: Vec<&[Value]> = lists.collect();
    let alike = |list: &&[Value]| {
        list.len() == first.len() && list.iter().zip(first).all(|(a, b)| equal(a, b) == Equality::Same)
    };
    let sorted = |list: &[Value]| {
        let mut items: Vec<Step> = list.iter().map(Step::item).collect();
        items.sort();
        items
    };
    others.iter().all(|list| list.len() == first.len())
        && !others.iter().all(alike)
        && others.iter().all(|list| sorted(list) == sorted(first))
}

/// What two elements of the same identity in one list are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Repeats {
    /// One member of a set, written twice.
    AreOne,
    /// Two items that cannot be told apart.
    AreTwo,
}

/// Aligns by identity; by position where an element has none, or two cannot be told apart.
fn by_identity(lists: [&[Value]; 3], repeats: Repeats, identity: impl Fn(&Value) -> Option<Step>) -> Aligned {
    let mut known: Vec<(Step, usize, usize)> = Vec::new();
    for (plane, list) in lists.iter().enumerate() {
        for (index, item) in list.iter().enumerate() {
            match identity(item) {
                Some(step) => known.push((step, plane, index)),
                None => return Aligned { fell_back: true, ..positional(lists) },
            }
        }
    }
    known.sort();
    if repeats == Repeats::AreOne {
        known.dedup_by(|(a, p, _), (b, q, _)| a == b && p == q);
    } else if known.windows(2).any(|pair| matches!(pair, [(a, p, _), (b, q, _)] if a == b && p == q)) {
        return Aligned { fell_back: true, ..positional(lists) };
    }
    let mut slots: Vec<(Step, Slot)> = Vec::new();
    for (step, plane, index) in known {
        match slots.last_mut() {
            Some((last, slot)) if *last == step => set(slot, plane, index),
            _ => {
                let mut slot = [None; 3];
                set(&mut slot, plane, index);
                slots.push((step, slot));
            }
        }
    }
    let same_order = orders(&slots.iter().map(|(_, slot)| *slot).collect::<Vec<_>>());
    Aligned { slots, same_order, fell_back: false }
}

/// Aligns the members of a set. An object of which no side has the equal is the same member as the one that says all that it
/// says, and more: the system has filled that one in.
fn members(lists: [&[Value]; 3]) -> Aligned {
    let aligned = by_identity(lists, Repeats::AreOne, |item| Some(Step::item(item)));
    let lacks = |slot: &Slot| (0..3).any(|p| slot.get(p) == Some(&None) && lists.get(p).is_some_and(|l| !l.is_empty()));
    let (alone, mut slots): (Vec<_>, Vec<_>) = aligned.slots.into_iter().partition(|(_, slot)| lacks(slot));
    for slot in join(alone.iter().map(|(_, slot)| *slot).collect(), lists, filled_in) {
        let by_value = alone.iter().find(|(_, known)| *known == slot).map(|(step, _)| step.clone());
        slots.push((by_value.unwrap_or_else(|| position(slot)), slot));
    }
    Aligned { slots, ..aligned }
}

/// Pairs equal elements first, wherever they stand, then those that have most in common, then what is left over by its
/// order.
fn list_or_set(lists: [&[Value]; 3]) -> Aligned {
    // Equal values have equal literals, so equal elements meet when sorted.
    let mut known: Vec<(Step, usize, usize)> = Vec::new();
    for (plane, list) in lists.iter().enumerate() {
        known.extend(list.iter().enumerate().map(|(index, item)| (Step::item(item), plane, index)));
    }
    known.sort();
    let mut slots: Vec<Slot> = Vec::new();
    let mut left: [Vec<usize>; 3] = Default::default();
    for group in known.chunk_by(|(a, ..), (b, ..)| a == b) {
        let mut of_plane: [Vec<usize>; 3] = Default::default();
        for (_, plane, index) in group {
            if let Some(positions) = of_plane.get_mut(*plane) {
                positions.push(*index);
            }
        }
        // Planes without the list at all take no part in "everywhere".
        let everywhere = (0..3)
            .filter(|plane| lists.get(*plane).is_some_and(|list| !list.is_empty()))
            .map(|plane| of_plane.get(plane).map_or(0, Vec::len))
            .min()
            .unwrap_or(0);
        for round in 0..everywhere {
            slots.push(std::array::from_fn(|plane| of_plane.get(plane).and_then(|of| of.get(round)).copied()));
        }
        for (plane, positions) in of_plane.iter().enumerate() {
            if let Some(rest) = left.get_mut(plane) {
                rest.extend(positions.iter().skip(everywhere));
            }
        }
    }
    let [d, r, a] = left.map(|mut positions| {
        positions.sort_unstable();
        positions
    });
    let items = |plane: usize, positions: &[usize]| -> Vec<Value> {
        let list = lists.get(plane).copied().unwrap_or_default();
        positions.iter().filter_map(|index| list.get(*index)).cloned().collect()
    };
    // What is left differs somewhere.
    let (told, rest) = pairs_then_order([&items(0, &d), &items(1, &r), &items(2, &a)]);
    let original = |slot: Slot| -> Slot {
        let of = |plane: usize, positions: &[usize]| {
            slot.get(plane).copied().flatten().and_then(|index| positions.get(index)).copied()
        };
        [of(0, &d), of(1, &r), of(2, &a)]
    };
    // What only its place has paired says nothing of the order.
    let known: Vec<Slot> = slots.iter().copied().chain(told.into_iter().map(original)).collect();
    let same_order = orders(&known);
    slots.extend(rest.into_iter().map(original));
    Aligned { slots: slots.into_iter().map(|slot| (position(slot), slot)).collect(), same_order, fell_back: false }
}

/// Pairs elements on which two planes agree, then those that are most alike, and the remainder in order. The first answer
/// is what was paired before order was asked, the second is everything.
fn pairs_then_order(lists: [&[Value]; 3]) -> (Vec<Slot>, Vec<Slot>) {
    let mut taken: [Vec<bool>; 3] = lists.map(|list| vec![false; list.len()]);
    let mut slots: Vec<Slot> = Vec::new();
    for (left, right) in [(0, 1), (1, 2), (0, 2)] {
        let (Some(ls), Some(rs)) = (lists.get(left), lists.get(right)) else { continue };
        let mut of_right: Vec<(Step, usize)> = rs.iter().map(Step::item).zip(0..).collect();
        of_right.sort();
        for (i, item) in ls.iter().enumerate() {
            if is_taken(&taken, left, i) {
                continue;
            }
            let step = Step::item(item);
            let from = of_right.partition_point(|(known, _)| *known < step);
            let found = of_right
                .iter()
                .skip(from)
                .take_while(|(known, _)| *known == step)
                .find(|(_, j)| !is_taken(&taken, right, *j));
            if let Some((_, j)) = found {
                let mut slot = [None; 3];
                set(&mut slot, left, i);
                set(&mut slot, right, *j);
                take(&mut taken, left, i);
                take(&mut taken, right, *j);
                slots.push(slot);
            }
        }
    }
    for (plane, flags) in taken.iter().enumerate() {
        for (index, _) in flags.iter().enumerate().filter(|(_, taken)| !**taken) {
            let mut slot = [None; 3];
            set(&mut slot, plane, index);
            slots.push(slot);
        }
    }
    let is_pair = |slot: &Slot| slot.iter().flatten().count() > 1;
    let (paired, alone): (Vec<Slot>, Vec<Slot>) = join(slots, lists, in_common).into_iter().partition(is_pair);
    // A pair that lacks a plane takes that plane's next free element; what is still free pairs up in order.
    let mut free: [std::vec::IntoIter<usize>; 3] = std::array::from_fn(|plane| {
        let mut positions: Vec<usize> = alone.iter().filter_map(|slot| slot.get(plane).copied().flatten()).collect();
        positions.sort_unstable();
        positions.into_iter()
    });
    let mut slots = paired.clone();
    for slot in &mut slots {
        for (member, free) in slot.iter_mut().zip(&mut free) {
            if member.is_none() {
                *member = free.next();
            }
        }
    }
    loop {
        let slot = free.each_mut().map(Iterator::next);
        if slot == [None; 3] {
            return (paired, slots);
        }
        slots.push(slot);
    }
}

/// Aligns by position: what is the same at both ends is set aside, so that one insertion is one change.
fn positional(lists: [&[Value]; 3]) -> Aligned {
    let present: Vec<usize> = (0..3).filter(|plane| lists.get(*plane).is_some_and(|list| !list.is_empty())).collect();
    let at = |plane: usize, index: usize| lists.get(plane).and_then(|list| list.get(index));
    let len = |plane: usize| lists.get(plane).map_or(0, |list| list.len());
    let agree = |position: &dyn Fn(usize) -> Option<usize>| {
        let mut values = present.iter().map(|plane| position(*plane).and_then(|index| at(*plane, index)));
        let Some(Some(first)) = values.next() else { return false };
        values.all(|value| value.is_some_and(|value| equal(first, value) == Equality::Same))
    };
    let shortest = present.iter().map(|plane| len(*plane)).min().unwrap_or(0);
    let head = (0..shortest).take_while(|index| agree(&|_| Some(*index))).count();
    let tail = (0..shortest.saturating_sub(head))
        .take_while(|back| agree(&|plane| len(plane).checked_sub(back.saturating_add(1))))
        .count();
    let middle = |plane: usize| head..len(plane).saturating_sub(tail).max(head.min(len(plane)));
    let mut slots: Vec<Slot> =
        (0..head).map(|index| std::array::from_fn(|p| (index < len(p)).then_some(index))).collect();
    slots.extend(middle_slots(std::array::from_fn(middle), &at));
    slots.extend(
        (0..tail)
            .rev()
            .map(|back| -> Slot { std::array::from_fn(|plane| len(plane).checked_sub(back.saturating_add(1))) }),
    );
    Aligned {
        slots: slots.into_iter().map(|slot| (position(slot), slot)).collect(),
        same_order: [true; 3],
        fell_back: false,
    }
}

/// The part between the common ends. Where two of three planes agree on a longer stretch, that stretch stays together.
fn middle_slots<'v>(ranges: [std::ops::Range<usize>; 3], at: &dyn Fn(usize, usize) -> Option<&'v Value>) -> Vec<Slot> {
    let [d, r, a] = ranges;
    // Desired against actual first; the record then joins whichever of the two it agrees with.
    let pairs = trimmed((DESIRED, d.clone()), (ACTUAL, a.clone()), at);
    let with_desired = trimmed((DESIRED, d), (RECORDED, r.clone()), at);
    let with_actual = trimmed((ACTUAL, a), (RECORDED, r.clone()), at);
    // Positions on the left only grow, and what has none comes last.
    let partner = |pairs: &[(Option<usize>, Option<usize>)], index: Option<usize>| {
        let wanted = index?;
        let found = pairs.partition_point(|(left, _)| left.is_some_and(|left| left < wanted));
        pairs.get(found).filter(|(left, _)| *left == Some(wanted)).and_then(|(_, right)| *right)
    };
    let mut used = vec![false; r.end];
    let mut slots: Vec<Slot> = Vec::with_capacity(pairs.len());
    for (d, a) in pairs {
        let choice = [partner(&with_desired, d), partner(&with_actual, a)]
            .into_iter()
            .flatten()
            .find(|index| used.get(*index) == Some(&false));
        if let Some(flag) = choice.and_then(|index| used.get_mut(index)) {
            *flag = true;
        }
        slots.push([d, choice, a]);
    }
    // What only the record has left stands beside what has no record yet, in order.
    let mut free = r.filter(|index| used.get(*index) == Some(&false));
    for [_, recorded, _] in slots.iter_mut().filter(|[_, recorded, _]| recorded.is_none()) {
        *recorded = free.next();
    }
    slots.extend(free.map(|index| [None, Some(index), None]));
    slots
}

/// Pairs two ranges: common ends, then by position, then what one of them has more.
fn trimmed<'v>(
    (left, ls): (usize, std::ops::Range<usize>),
    (right, rs): (usize, std::ops::Range<usize>),
    at: &dyn Fn(usize, usize) -> Option<&'v Value>,
) -> Vec<(Option<usize>, Option<usize>)> {
    let same = |i: usize, j: usize| match (at(left, i), at(right, j)) {
        (Some(x), Some(y)) => equal(x, y) == Equality::Same,
        _ => false,
    };
    let shortest = ls.len().min(rs.len());
    let head = ls.clone().zip(rs.clone()).take_while(|(i, j)| same(*i, *j)).count();
    let tail = ls
        .clone()
        .rev()
        .zip(rs.clone().rev())
        .take(shortest.saturating_sub(head))
        .take_while(|(i, j)| same(*i, *j))
        .count();
    let cut = |range: &std::ops::Range<usize>| range.end.saturating_sub(tail);
    let (ls_cut, rs_cut) = (cut(&ls), cut(&rs));
    let mut pairs = Vec::with_capacity(ls.len().max(rs.len()));
    let (mut i, mut j) = (ls.start, rs.start);
    while i < ls_cut || j < rs_cut {
        let (x, y) = ((i < ls_cut).then_some(i), (j < rs_cut).then_some(j));
        pairs.push((x, y));
        i = i.saturating_add(usize::from(x.is_some()));
        j = j.saturating_add(usize::from(y.is_some()));
    }
    pairs.extend((ls_cut..ls.end).zip(rs_cut..rs.end).map(|(i, j)| (Some(i), Some(j))));
    pairs
}

/// An element that is known by position has that of the actual list, or of desired or recorded where it has none.
fn position([d, r, a]: Slot) -> Step {
    Step::Index(a.or(d).or(r).unwrap_or(0))
}

/// Do the common elements stand in the same order, for each pair of planes?
fn orders(slots: &[Slot]) -> [bool; 3] {
    [(0, 1), (1, 2), (0, 2)].map(|(left, right)| {
        let mut common: Vec<(usize, usize)> = slots
            .iter()
            .filter_map(|slot| slot.get(left).copied().flatten().zip(slot.get(right).copied().flatten()))
            .collect();
        common.sort_unstable();
        common.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if a < b))
    })
}

fn set(slot: &mut Slot, plane: usize, index: usize) {
    if let Some(member) = slot.get_mut(plane) {
        *member = Some(index);
    }
}

fn is_taken(taken: &[Vec<bool>; 3], plane: usize, index: usize) -> bool {
    taken.get(plane).and_then(|flags| flags.get(index)).copied().unwrap_or(true)
}

fn take(taken: &mut [Vec<bool>; 3], plane: usize, index: usize) {
    if let Some(flag) = taken.get_mut(plane).and_then(|flags| flags.get_mut(index)) {
        *flag = true;
    }
}
