//! The items of a list once it is patched: which stay, which come, and where.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use drift_model::{Literal, Step};
use serde_json::Value;

use super::edits::{Edit, Edits};
use super::write::Values;
use crate::list::{Alignment, Slot, align, infer_key};
use crate::place::{ACTUAL, DESIRED, RECORDED};

/// An item of the patched list.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Item {
    /// The one at this position, with the slot of its changes if it has any.
    Kept(usize, Option<Slot>),
    /// One that the target does not have, by its slot.
    New(Slot),
}

/// Where an item comes to stand.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Anchor {
    Before(Item),
    After(Item),
    End,
}

/// The items of a list of `target`, once those that are `gone` are gone and those that are to come have come.
///
/// A new item follows the item that goes before it where it comes from; the first one precedes the item that follows it
/// there. If the list takes the order of another plane, the items that both have take it among themselves; what only the
/// record has besides stays beside the items that it stands beside there.
pub(super) fn sequence(
    node: &Edits<'_>,
    values: Values<'_>,
    target: usize,
    items: &[Value],
    gone: &BTreeSet<usize>,
) -> Vec<Item> {
    let changed: BTreeMap<usize, Slot> = node
        .items
        .iter()
        .filter(|(_, item)| item.touched)
        .filter_map(|(slot, _)| Some((index(*slot, target)?, *slot)))
        .collect();
    let mut stay: Vec<usize> = (0..items.len()).filter(|index| !gone.contains(index)).collect();
    let keep = |index: usize| Item::Kept(index, changed.get(&index).copied());
    // By plane and position there.
    let mut coming: BTreeMap<usize, BTreeMap<usize, Item>> = BTreeMap::new();
    for (slot, item) in node.items.iter().filter(|(slot, item)| item.touched && index(**slot, target).is_none()) {
        if let Some((source, at)) = origin(*slot, item) {
            coming.entry(source).or_default().insert(at, Item::New(*slot));
        }
    }
    let order = match node.edit {
        Some(Edit::Order(source)) => Some(source),
        Some(Edit::Put(_)) | None => None,
    };
    if coming.is_empty() && order.is_none() {
        return stay.into_iter().map(keep).collect();
    }
    let identity = Identity::of(node, values);
    let partners = |source: usize| partners(node, &identity, list(values, source), source, items, target);
    if let Some(source) = order {
        let ranks: BTreeMap<usize, usize> =
            partners(source).into_iter().map(|(source, target)| (target, source)).collect();
        if source != RECORDED && target != RECORDED {
            let beside = partners(RECORDED).into_iter().filter(|(_, at)| !ranks.contains_key(at) && !gone.contains(at));
            coming.entry(RECORDED).or_default().extend(beside.map(|(recorded, at)| (recorded, keep(at))));
        }
        let moved: BTreeSet<Item> = coming.values().flat_map(BTreeMap::values).copied().collect();
        stay.retain(|at| !moved.contains(&keep(*at)));
        reorder(&mut stay, &ranks);
    }
    let mut sequence: Vec<Item> = stay.into_iter().map(keep).collect();
    // Where the items of the sequence stand in the list of another plane.
    let standing = |sequence: &[Item], plane: usize| -> BTreeMap<usize, Item> {
        let kept: BTreeMap<usize, usize> = partners(plane).into_iter().map(|(there, here)| (here, there)).collect();
        let there = |item: &Item| match item {
            Item::Kept(here, _) => kept.get(here).copied(),
            Item::New(slot) => index(*slot, plane),
        };
        sequence.iter().filter_map(|item| Some((there(item)?, *item))).collect()
    };
    // The record last: what only it has stands beside what the others have.
    for source in [DESIRED, ACTUAL, RECORDED] {
        let Some(coming) = coming.get(&source) else { continue };
        let known = standing(&sequence, source);
        let anchored = if known.is_empty() {
            // Nothing that they stand beside there is here. The record may know where they stood.
            let known = standing(&sequence, RECORDED);
            let recorded = |item: &Item| match item {
                Item::New(slot) => Some((index(*slot, RECORDED)?, *item)),
                Item::Kept(..) => None,
            };
            let first = coming.values().find_map(recorded);
            let anchor =
                anchors(&first.into_iter().collect(), &known).first().map_or(Anchor::End, |(anchor, _)| *anchor);
            coming.values().map(|item| (anchor, *item)).collect()
        } else {
            anchors(coming, &known)
        };
        sequence = inserted(&sequence, anchored);
    }
    sequence
}

/// The sequence with more items in it, each at its anchor.
fn inserted(sequence: &[Item], coming: Vec<(Anchor, Item)>) -> Vec<Item> {
    let mut longer = Vec::with_capacity(sequence.len().saturating_add(coming.len()));
    let mut anchored: BTreeMap<Anchor, Vec<Item>> = BTreeMap::new();
    for (anchor, item) in coming {
        anchored.entry(anchor).or_default().push(item);
    }
    let mut take = |longer: &mut Vec<Item>, anchor: Anchor| {
        longer.extend(anchored.remove(&anchor).into_iter().flatten());
    };
    for item in sequence {
        take(&mut longer, Anchor::Before(*item));
        longer.push(*item);
        take(&mut longer, Anchor::After(*item));
    }
    take(&mut longer, Anchor::End);
    longer
}

/// The plane that a new item comes from, and where it stands there.
fn origin(slot: Slot, item: &Edits<'_>) -> Option<(usize, usize)> {
    let planes = match item.edit {
        Some(Edit::Put(source) | Edit::Order(source)) => [source, source, source],
        // Parts of it come, each from the plane that has it.
        None => [ACTUAL, DESIRED, RECORDED],
    };
    planes.into_iter().find_map(|plane| Some((plane, index(slot, plane)?)))
}

/// For each item that comes, what it comes to stand beside, given where the others stand in the list that it comes from. In
/// the order of that list.
fn anchors(coming: &BTreeMap<usize, Item>, known: &BTreeMap<usize, Item>) -> Vec<(Anchor, Item)> {
    let mut known = known.iter().peekable();
    let mut anchor = known.peek().map_or(Anchor::End, |(_, first)| Anchor::Before(**first));
    let mut anchors = Vec::with_capacity(coming.len());
    for (at, item) in coming {
        while let Some((_, before)) = known.next_if(|(source, _)| **source < *at) {
            anchor = Anchor::After(*before);
        }
        anchors.push((anchor, *item));
    }
    anchors
}

/// Puts the items that have a rank into its order. All others keep their places.
fn reorder(stay: &mut [usize], ranks: &BTreeMap<usize, usize>) {
    let mut common: Vec<usize> = stay.iter().copied().filter(|at| ranks.contains_key(at)).collect();
    common.sort_by_key(|at| ranks.get(at));
    let mut ordered = common.into_iter();
    for at in stay.iter_mut().filter(|at| ranks.contains_key(at)) {
        if let Some(next) = ordered.next() {
            *at = next;
        }
    }
}

/// Which item of the source's list is which of the target's.
///
/// Items of which anything differs are told by their changes. All others are found by their keys, or are the same on both
/// sides and found by their value; but where position decides, as the comparison aligned them.
fn partners(
    node: &Edits<'_>,
    identity: &Identity<'_>,
    source_items: &[Value],
    source: usize,
    items: &[Value],
    target: usize,
) -> BTreeMap<usize, usize> {
    if let Identity::Slots(slots) = identity {
        return slots.iter().filter_map(|slot| index(*slot, source).zip(index(*slot, target))).collect();
    }
    let mut partners = BTreeMap::new();
    let mut known: [BTreeSet<usize>; 2] = Default::default();
    for slot in node.items.keys() {
        let pair = [index(*slot, source), index(*slot, target)];
        for (known, index) in known.iter_mut().zip(pair) {
            known.extend(index);
        }
        if let [Some(source), Some(target)] = pair {
            partners.insert(source, target);
        }
    }
    let [known_source, known_target] = known;
    let mut free: BTreeMap<Vec<Option<Literal>>, VecDeque<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate().filter(|(index, _)| !known_target.contains(index)) {
        free.entry(identity.of_item(item)).or_default().push_back(index);
    }
    for (index, item) in source_items.iter().enumerate().filter(|(index, _)| !known_source.contains(index)) {
        let partner = free.get_mut(&identity.of_item(item)).and_then(VecDeque::pop_front);
        partners.extend(partner.map(|target| (index, target)));
    }
    partners
}

/// By what the items of a list are known.
enum Identity<'n> {
    Keys(Vec<&'n str>),
    Value,
    Slots(Vec<Slot>),
}

impl<'n> Identity<'n> {
    fn of(node: &'n Edits<'_>, values: Values<'_>) -> Self {
        let lists = std::array::from_fn(|plane| list(values, plane));
        match node.items.values().find_map(|item| item.step) {
            Some(Step::Key(keys)) => Self::Keys(keys.iter().map(|(name, _)| name.as_str()).collect()),
            Some(Step::Index(_)) => {
                let as_compared = |by: Alignment<'_>| {
                    let slots: Vec<Slot> = align(lists, by).slots.into_iter().map(|(_, slot)| slot).collect();
                    let known: BTreeSet<&Slot> = slots.iter().collect();
                    node.items.keys().all(|slot| known.contains(slot)).then_some(slots)
                };
                let slots = as_compared(Alignment::Positional).or_else(|| as_compared(Alignment::ListOrSet));
                slots.map_or(Self::Value, Self::Slots)
            }
            Some(Step::Item(_) | Step::Field(_)) => Self::Value,
            None => infer_key(lists).map_or(Self::Value, |name| Self::Keys(vec![name])),
        }
    }

    fn of_item(&self, item: &Value) -> Vec<Option<Literal>> {
        match self {
            Self::Keys(names) => names.iter().map(|name| item.get(name).map(Literal::of)).collect(),
            Self::Value | Self::Slots(_) => vec![Some(Literal::of(item))],
        }
    }
}

fn list(values: Values<'_>, plane: usize) -> &[Value] {
    values.get(plane).copied().flatten().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn index(slot: Slot, plane: usize) -> Option<usize> {
    slot.get(plane).copied().flatten()
}
