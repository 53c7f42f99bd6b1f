//! `Edits`: the changes of a delta as one tree, with what is to be done about each.

use std::borrow::Cow;
use std::collections::BTreeMap;

use drift_model::{Step, StepView};
use serde_json::Value;

use crate::delta::FieldChange;
use crate::list::Slot;

/// What is done at a place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Edit {
    /// It becomes what this plane has there. Where that is nothing, it goes.
    Put(usize),
    /// The list takes the order that this plane has.
    Order(usize),
}

/// A place that changes, or that something below changes.
///
/// Changes that are left are in the tree, too: they tell which items of two lists belong together.
#[derive(Debug, Default)]
pub(super) struct Edits<'c> {
    pub(super) edit: Option<Edit>,
    /// Is something done here or below?
    pub(super) touched: bool,
    /// How a list item is known.
    pub(super) step: Option<&'c Step>,
    pub(super) members: BTreeMap<Cow<'c, str>, Self>,
    pub(super) items: BTreeMap<Slot, Self>,
}

impl<'c> Edits<'c> {
    pub(super) fn insert(&mut self, change: &'c FieldChange<'_>, edit: Option<Edit>) {
        let mut node = self;
        for place in places(change) {
            node.touched |= edit.is_some();
            node = match place {
                Place::Member(name) => node.members.entry(name).or_default(),
                Place::Item(slot, step) => {
                    let item = node.items.entry(slot).or_default();
                    item.step = Some(step);
                    item
                }
            };
        }
        node.touched |= edit.is_some();
        node.edit = node.edit.or(edit);
    }
}

/// A step of a change, told apart as documents have them.
enum Place<'c> {
    Member(Cow<'c, str>),
    Item(Slot, &'c Step),
}

fn places<'c>(change: &'c FieldChange<'_>) -> impl Iterator<Item = Place<'c>> {
    let mut elements = change.elements.iter().peekable();
    change.path.steps().iter().enumerate().map(move |(depth, step)| match elements.next_if(|(at, _)| *at == depth) {
        Some((_, slot)) => Place::Item(*slot, step),
        None => Place::Member(match step {
            Step::Field(name) => name.into(),
            // A name that is a decimal number.
            Step::Index(number) => number.to_string().into(),
            Step::Key(_) | Step::Item(_) => step.to_string().into(),
        }),
    })
}

/// What a plane's document has at the place of a change.
pub(super) fn value_at<'v>(change: &FieldChange<'_>, plane: usize, document: &'v Value) -> Option<&'v Value> {
    place_at(change, change.path.steps().len(), plane, document)
}

/// What a plane's document has so many steps on the way to a change.
pub(super) fn place_at<'v>(
    change: &FieldChange<'_>,
    depth: usize,
    plane: usize,
    document: &'v Value,
) -> Option<&'v Value> {
    places(change).take(depth).try_fold(document, |here, place| match place {
        Place::Member(name) => here.get(name.as_ref()),
        Place::Item(slot, _) => here.get(slot.get(plane).copied().flatten()?),
    })
}

/// The place of a change, as one plane sees it.
pub(super) fn views<'c>(change: &'c FieldChange<'_>, plane: usize) -> Vec<StepView<'c>> {
    let mut elements = change.elements.iter().peekable();
    let steps = change.path.steps().iter().enumerate();
    let view = |(depth, step): (usize, &'c Step)| match elements.next_if(|(at, _)| *at == depth) {
        Some((_, slot)) => StepView::Element { index: slot.get(plane).copied().flatten(), step: Some(step) },
        None => StepView::from(step),
    };
    steps.map(view).collect()
}
