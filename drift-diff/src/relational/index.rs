//! Which resources refer to each other.

use std::collections::{BTreeMap, BTreeSet};

use drift_model::Observation;
use serde_json::Value;

use super::{Reference, Relations, holds};

/// Observations by type and by the values that others refer to them with.
pub(super) struct Index<'o> {
    observations: &'o [Observation],
    by_value: BTreeMap<(&'o str, String, String), Vec<usize>>,
}

impl<'o> Index<'o> {
    pub(super) fn of(relations: &Relations, observations: &'o [Observation]) -> Self {
        let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let parents = relations.born.iter().filter_map(|born| born.parent.as_ref());
        let others = relations.projected.iter().map(|projected| &projected.from);
        let items = relations.separate.iter().map(|separate| &separate.item);
        for reference in parents.chain(others).chain(items) {
            asked.entry(&reference.resource_type).or_default().extend(reference.by.values().map(String::as_str));
        }
        for separate in &relations.separate {
            asked.entry(&separate.resource_type).or_default().extend(separate.item.by.keys().map(String::as_str));
        }
        for twins in &relations.twins {
            for name in &twins.types {
                asked.entry(name).or_default().insert(&twins.by);
            }
        }
        let mut by_value: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (i, observation) in observations.iter().enumerate() {
            let resource_type = observation.resource.resource_type.as_str();
            for pointer in asked.get(resource_type).into_iter().flatten() {
                let now = texts(said(observation, pointer));
                let all: BTreeSet<String> = now.chain(claimed(observation, pointer)).collect();
                for text in all {
                    by_value.entry((resource_type, (*pointer).to_owned(), text)).or_default().push(i);
                }
            }
        }
        Self { observations, by_value }
    }

    /// The observations of a type that have at `theirs` what this one has at `ours`, now or before.
    pub(super) fn with(
        &self,
        name: &str,
        theirs: &str,
        own: &Observation,
        ours: &str,
    ) -> impl Iterator<Item = &'o Observation> + use<'o> {
        let found: BTreeSet<usize> = texts(said(own, ours))
            .filter_map(|text| self.by_value.get(&(name, theirs.to_owned(), text)))
            .flatten()
            .copied()
            .collect();
        let observations = self.observations;
        found.into_iter().filter_map(move |i| observations.get(i))
    }

    /// The observations that a reference means, as they are.
    pub(super) fn parents<'i>(
        &'i self,
        reference: &'i Reference,
        own: &'i Observation,
    ) -> impl Iterator<Item = &'o Observation> + 'i {
        self.candidates(reference, own).filter(|other| linked(&reference.by, own, |theirs| texts(said(other, theirs))))
    }

    /// The observations that a reference means, by what Git declares or the record holds of them.
    pub(super) fn claimants<'i>(
        &'i self,
        reference: &'i Reference,
        own: &'i Observation,
    ) -> impl Iterator<Item = &'o Observation> + 'i {
        self.candidates(reference, own).filter(|other| linked(&reference.by, own, |theirs| claimed(other, theirs)))
    }

    fn candidates<'i>(
        &'i self,
        reference: &'i Reference,
        own: &'i Observation,
    ) -> impl Iterator<Item = &'o Observation> + 'i {
        let by = reference.by.iter().next();
        by.into_iter()
            .flat_map(|(ours, theirs)| self.with(&reference.resource_type, theirs, own, ours))
            .filter(|other| holds(&reference.conditions, other))
    }
}

/// Has the other resource all that this one refers to it with?
pub(super) fn linked<I: Iterator<Item = String>>(
    by: &BTreeMap<String, String>,
    own: &Observation,
    of_other: impl Fn(&str) -> I,
) -> bool {
    by.iter().all(|(ours, theirs)| texts(said(own, ours)).any(|text| of_other(theirs).any(|other| other == text)))
}

/// What a resource says at a pointer: as it is, or else as it was recorded or declared.
pub(super) fn said<'o>(observation: &'o Observation, pointer: &str) -> Option<&'o Value> {
    let planes = &observation.planes;
    let documents = [&planes.actual, &planes.recorded, &planes.desired].map(|plane| plane.observed.present());
    documents.into_iter().flatten().next()?.value().pointer(pointer)
}

/// What is declared and what is recorded at a pointer.
pub(super) fn earlier<'o>(observation: &'o Observation, pointer: &str) -> impl Iterator<Item = Option<&'o Value>> {
    let planes = &observation.planes;
    let documents = [&planes.desired, &planes.recorded].map(|plane| plane.observed.present());
    documents.into_iter().map(move |document| document.and_then(|document| document.value().pointer(pointer)))
}

/// The texts that a resource refers with, as it is declared or recorded.
fn claimed(observation: &Observation, pointer: &str) -> impl Iterator<Item = String> + use<> {
    earlier(observation, pointer).flat_map(texts).collect::<Vec<_>>().into_iter()
}

/// The texts that a value refers with: itself, or each of a list. A name is the same with the dot that ends it.
pub(super) fn texts(value: Option<&Value>) -> impl Iterator<Item = String> + use<> {
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    let text = |item: &Value| match item {
        Value::String(text) => Some(text.strip_suffix('.').unwrap_or(text).to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    items.iter().filter_map(text).collect::<Vec<_>>().into_iter()
}
