//! From a tree of edits to guards and operations.
//!
//! All pointers are those of the document as it was compared. Guards come first, so that is what they meet. Operations go
//! from the inside out: what changes within the items of a list comes before items go, from the last to the first, and
//! those before items come, from the first to the last; so an index is never stale when it is used.

use std::collections::{BTreeMap, BTreeSet};

use drift_model::{Document, Literal, Planes, Step, StepView};
use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation};
use serde_json::{Map, Value};

use super::edits::{Edit, Edits};
use super::sequence::{Item, sequence};
use super::{Left, Patch, PatchKind, Settled};
use crate::list::Slot;
use crate::place::{ACTUAL, DESIRED, RECORDED};

/// What the planes have at a place.
pub(super) type Values<'p> = [Option<&'p Value>; 3];

pub(super) struct Writer<'p> {
    kind: PatchKind,
    target: usize,
    documents: [Option<&'p Document>; 3],
    place: Vec<Frame<'p>>,
    pointer: PointerBuf,
    /// Each with whether its value is secret.
    guards: Vec<(PatchOperation, bool)>,
    operations: Vec<(PatchOperation, bool)>,
    /// How many places above are guarded as a whole.
    guarded: usize,
    absent: Vec<PointerBuf>,
}

/// A step on the way to where the writer stands.
#[derive(Clone, Copy)]
enum Frame<'p> {
    Member(&'p str),
    Item(Slot, Option<&'p Step>),
}

impl<'p> Writer<'p> {
    pub(super) fn new(kind: PatchKind, planes: &'p Planes) -> Self {
        let documents = [&planes.desired, &planes.recorded, &planes.actual].map(|plane| plane.observed.present());
        Self {
            kind,
            target: kind.target(),
            documents,
            place: Vec::new(),
            pointer: PointerBuf::new(),
            guards: Vec::new(),
            guarded: 0,
            operations: Vec::new(),
            absent: Vec::new(),
        }
    }

    pub(super) fn write(mut self, edits: &'p Edits<'p>, settles: Vec<Settled>, left: Vec<Left>) -> Patch {
        self.node(edits, self.documents.map(|document| document.map(Document::value)));
        let (tests, hidden): (Vec<_>, Vec<_>) = self.guards.into_iter().unzip();
        let (deeds, secret): (Vec<_>, Vec<_>) = self.operations.into_iter().unzip();
        Patch {
            kind: self.kind,
            settles,
            left,
            operations: tests.into_iter().chain(deeds).collect(),
            secret: hidden.into_iter().chain(secret).collect(),
            absent: self.absent,
        }
    }

    fn node(&mut self, node: &'p Edits<'p>, values: Values<'p>) {
        if !node.touched {
            return;
        }
        let there = self.at_target(values);
        let is_item = matches!(self.place.last(), Some(Frame::Item(..)));
        match there {
            Some(Value::Object(_)) if node.edit.is_none() && (is_item || !self.vanishes(node, values)) => {
                for (name, member) in &node.members {
                    self.enter(Frame::Member(name));
                    self.node(member, member_of(values, name));
                    self.leave();
                }
            }
            Some(Value::Array(items)) if node.edit.is_none() && (is_item || !self.vanishes(node, values)) => {
                self.list(node, values, items);
            }
            Some(old) => {
                self.guard(old);
                match self.outcome(node, values, false) {
                    Some(new) => self.replace(new),
                    // The whole document stays, whatever it holds.
                    None if self.place.is_empty() => self.replace(Value::Null),
                    None => self.remove(),
                }
            }
            None => {
                if let Some(new) = self.outcome(node, values, false) {
                    self.absent.push(self.pointer.clone());
                    self.add(new);
                }
            }
        }
    }

    fn list(&mut self, node: &'p Edits<'p>, values: Values<'p>, items: &'p [Value]) {
        let (gone, sequence) = (self.removals(node, values, items), self.sequence(node, values, items));
        // RFC 6902 can test neither for a length nor for an absence, and an item that is known by its position is known in
        // this very list alone.
        let by_position = |item: &Edits<'_>| item.touched && matches!(item.step, Some(Step::Index(_)));
        let as_one = node.items.values().any(by_position) || sequence.iter().any(|item| matches!(item, Item::New(_)));
        if let (true, Some(old)) = (as_one, self.at_target(values)) {
            self.guard(old);
        }
        self.guarded = self.guarded.saturating_add(usize::from(as_one));
        for (slot, item) in node.items.iter().filter(|(_, item)| item.touched) {
            let Some((index, old)) = self.item_at_target(*slot, items) else { continue };
            if !gone.contains(&index) {
                self.enter_item(index, *slot, item.step);
                self.kept_item(item, item_of(values, *slot), old);
                self.leave();
            }
        }
        for index in gone.into_iter().rev() {
            let mut slot = [None; 3];
            slot.iter_mut().skip(self.target).take(1).for_each(|at| *at = Some(index));
            self.enter_item(index, slot, None);
            if let Some(old) = items.get(index) {
                self.guard(old);
            }
            self.remove();
            self.leave();
        }
        for (index, item) in sequence.iter().enumerate() {
            let Item::New(slot) = item else { continue };
            let Some(new) = self.new_item(node, values, *slot) else { continue };
            let step = node.items.get(slot).and_then(|item| item.step);
            self.enter_item(index, *slot, step);
            self.add(new);
            self.leave();
        }
        self.guarded = self.guarded.saturating_sub(usize::from(as_one));
    }

    fn kept_item(&mut self, item: &'p Edits<'p>, values: Values<'p>, old: &'p Value) {
        if item.edit.is_none() && (old.is_object() || old.is_array()) {
            let whole = self.guard_item(item.step, old);
            self.guarded = self.guarded.saturating_add(usize::from(whole));
            self.node(item, values);
            self.guarded = self.guarded.saturating_sub(usize::from(whole));
        } else if let Some(new) = self.outcome(item, values, true) {
            self.guard(old);
            self.replace(new);
        }
    }

    /// What the place holds when everything is done; nothing where it goes. An item of a list does not go by itself.
    fn outcome(&self, node: &'p Edits<'p>, values: Values<'p>, is_item: bool) -> Option<Value> {
        let there = self.at_target(values);
        if !node.touched {
            return there.cloned();
        }
        if let Some(Edit::Put(source)) = node.edit {
            return self.put(values, source, is_item).cloned();
        }
        if !is_item && self.vanishes(node, values) {
            return None;
        }
        if node.items.is_empty() && !there.is_some_and(Value::is_array) {
            let mut members: Map<String, Value> = there.and_then(Value::as_object).cloned().unwrap_or_default();
            for (name, member) in node.members.iter().filter(|(_, member)| member.touched) {
                match self.outcome(member, member_of(values, name), false) {
                    Some(value) => members.insert(name.to_string(), value),
                    None => members.remove(name.as_ref()),
                };
            }
            return Some(Value::Object(members));
        }
        let items = there.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let sequence = self.sequence(node, values, items).into_iter();
        let list = sequence.filter_map(|item| match item {
            Item::Kept(index, None) => items.get(index).cloned(),
            Item::Kept(_, Some(slot)) => self.item(node, values, slot),
            Item::New(slot) => self.new_item(node, values, slot),
        });
        Some(Value::Array(list.collect()))
    }

    /// What a plane puts to the place. `null` stands for absence, unless a record has it, or nothing else can be said there.
    fn put(&self, values: Values<'p>, source: usize, is_item: bool) -> Option<&'p Value> {
        let keeps_null = is_item || source == RECORDED || self.target == RECORDED;
        values.get(source).copied().flatten().filter(|value| keeps_null || !value.is_null())
    }

    /// Does the place go: because nothing is put there, or because all that it holds goes, and it came with that?
    fn vanishes(&self, node: &'p Edits<'p>, values: Values<'p>) -> bool {
        let there = self.at_target(values);
        if !node.touched {
            return there.is_none();
        }
        if let Some(Edit::Put(source)) = node.edit {
            return self.put(values, source, false).is_none();
        }
        let everything_goes = || match there {
            Some(Value::Object(members)) => members.iter().all(|(name, value)| {
                match node.members.get(name.as_str()).filter(|member| member.touched) {
                    Some(member) => self.vanishes(member, member_of(values, name)),
                    // An object of nothing but `null`s would be a difference.
                    None => value.is_null(),
                }
            }),
            Some(Value::Array(items)) => self.removals(node, values, items).len() == items.len(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => true,
        };
        let nothing_comes = || {
            let is_there = |name: &str| there.is_some_and(|there| there.get(name).is_some());
            let mut members = node.members.iter().filter(|(name, member)| member.touched && !is_there(name));
            members.all(|(name, member)| self.vanishes(member, member_of(values, name)))
                && !node.items.iter().any(|(slot, item)| item.touched && self.lacks(*slot))
        };
        self.is_gone_elsewhere(values) && everything_goes() && nothing_comes()
    }

    fn item(&self, node: &'p Edits<'p>, values: Values<'p>, slot: Slot) -> Option<Value> {
        self.outcome(node.items.get(&slot)?, item_of(values, slot), true)
    }

    /// An item that the target does not have yet. If only a part of it comes, its keys come with it.
    fn new_item(&self, node: &'p Edits<'p>, values: Values<'p>, slot: Slot) -> Option<Value> {
        let mut new = self.item(node, values, slot)?;
        let step = node.items.get(&slot).and_then(|item| item.step);
        if let (Some(Step::Key(keys)), Value::Object(members)) = (step, &mut new) {
            let elsewhere = item_of(values, slot);
            for (name, _) in keys {
                let value = elsewhere.into_iter().flatten().find_map(|item| item.get(name));
                if let (false, Some(value)) = (members.contains_key(name), value) {
                    members.insert(name.clone(), value.clone());
                }
            }
        }
        Some(new)
    }

    /// The positions of the items that go.
    fn removals(&self, node: &'p Edits<'p>, values: Values<'p>, items: &[Value]) -> BTreeSet<usize> {
        let mut gone = BTreeSet::new();
        let mut copies: Option<BTreeMap<Literal, Vec<usize>>> = None;
        for (slot, item) in node.items.iter().filter(|(_, item)| item.edit.is_some()) {
            let Some((index, _)) = self.item_at_target(*slot, items) else { continue };
            let Some(Edit::Put(source)) = item.edit else { continue };
            if self.put(item_of(values, *slot), source, true).is_some() {
                continue;
            }
            gone.insert(index);
            // A member of a set that is written twice goes twice.
            if let Some(Step::Item(value)) = item.step {
                let copies = copies.get_or_insert_with(|| {
                    let mut copies: BTreeMap<_, Vec<usize>> = BTreeMap::new();
                    for (index, item) in items.iter().enumerate() {
                        copies.entry(Literal::of(item)).or_default().push(index);
                    }
                    copies
                });
                gone.extend(copies.get(value).into_iter().flatten());
            }
        }
        gone
    }

    fn sequence(&self, node: &'p Edits<'p>, values: Values<'p>, items: &'p [Value]) -> Vec<Item> {
        let gone = self.removals(node, values, items);
        sequence(node, values, self.target, items, &gone)
    }

    /// Does the plane that the target is made like hold nothing at the place? Where Git is silent, the record may hold
    /// an empty container, which is something.
    fn is_gone_elsewhere(&self, values: Values<'p>) -> bool {
        let at = |plane: usize| values.get(plane).copied().flatten().filter(|value| !value.is_null());
        match self.kind {
            PatchKind::Revert => at(DESIRED).is_none() && !is_empty(at(RECORDED)),
            PatchKind::Accept | PatchKind::Refresh => at(ACTUAL).is_none(),
        }
    }

    fn at_target(&self, values: Values<'p>) -> Option<&'p Value> {
        values.get(self.target).copied().flatten()
    }

    fn lacks(&self, slot: Slot) -> bool {
        slot.get(self.target).copied().flatten().is_none()
    }

    fn item_at_target(&self, slot: Slot, items: &'p [Value]) -> Option<(usize, &'p Value)> {
        let index = slot.get(self.target).copied().flatten()?;
        items.get(index).map(|item| (index, item))
    }

    fn enter(&mut self, frame: Frame<'p>) {
        if let Frame::Member(name) = frame {
            self.pointer.push_back(name);
        }
        self.place.push(frame);
    }

    fn enter_item(&mut self, index: usize, slot: Slot, step: Option<&'p Step>) {
        self.pointer.push_back(index);
        self.place.push(Frame::Item(slot, step));
    }

    fn leave(&mut self) {
        self.pointer.pop_back();
        self.place.pop();
    }

    /// The document still holds this value here.
    fn guard(&mut self, value: &Value) {
        if self.guarded == 0 {
            let test = TestOperation { path: self.pointer.clone(), value: value.clone() };
            self.guards.push((PatchOperation::Test(test), self.is_secret()));
        }
    }

    /// The item is still the one that was compared: by its keys, or as a whole if it leaves one out. Was it as a whole?
    fn guard_item(&mut self, step: Option<&'p Step>, item: &'p Value) -> bool {
        let keys: Option<Vec<(&'p str, &'p Value)>> = match step {
            Some(Step::Key(keys)) => keys.iter().map(|(name, _)| Some((name.as_str(), item.get(name)?))).collect(),
            Some(Step::Field(_) | Step::Item(_) | Step::Index(_)) | None => None,
        };
        let whole = keys.is_none();
        if whole {
            self.guard(item);
        }
        for (name, value) in keys.into_iter().flatten() {
            self.enter(Frame::Member(name));
            self.guard(value);
            self.leave();
        }
        whole
    }

    fn add(&mut self, value: Value) {
        let path = self.pointer.clone();
        self.operations.push((PatchOperation::Add(AddOperation { path, value }), self.is_secret()));
    }

    fn replace(&mut self, value: Value) {
        let path = self.pointer.clone();
        self.operations.push((PatchOperation::Replace(ReplaceOperation { path, value }), self.is_secret()));
    }

    fn remove(&mut self) {
        let path = self.pointer.clone();
        self.operations.push((PatchOperation::Remove(RemoveOperation { path }), false));
    }

    /// Is something secret here, or beneath, in any plane?
    fn is_secret(&self) -> bool {
        self.documents.iter().enumerate().any(|(plane, document)| {
            let Some(marks) = document.map(Document::marks).filter(|marks| !marks.is_empty()) else { return false };
            let views: Vec<StepView<'_>> = self
                .place
                .iter()
                .map(|frame| match frame {
                    Frame::Member(name) => StepView::Field(name),
                    Frame::Item(slot, step) => {
                        StepView::Element { index: slot.get(plane).copied().flatten(), step: *step }
                    }
                })
                .collect();
            marks.at(&views).sensitive || marks.beneath(&views).sensitive
        })
    }
}

/// Is there a container, without anything in it?
pub(super) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Object(members)) => members.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => false,
    }
}

fn member_of<'p>(values: Values<'p>, name: &str) -> Values<'p> {
    values.map(|value| value.and_then(|value| value.get(name)))
}

fn item_of(values: Values<'_>, slot: Slot) -> Values<'_> {
    let mut items = [None; 3];
    for ((item, value), index) in items.iter_mut().zip(values).zip(slot) {
        *item = value.zip(index).and_then(|(list, index)| list.get(index));
    }
    items
}
