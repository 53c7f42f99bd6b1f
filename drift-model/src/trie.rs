//! `PatternTrie`: many patterns asked at once. Marks and masks are both one of these.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::path::{Literal, Step, decimal};
use crate::pattern::{PathPattern, PatternStep};

/// One step of a place in a document, as a walk over several planes sees it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "JSON has objects and arrays")]
pub enum StepView<'a> {
    /// A member of an object.
    Field(&'a str),
    /// An element of an array.
    Element {
        /// Its position in the plane that is asked about, if it is there.
        index: Option<usize>,
        /// How it is known by key or value, if it is.
        step: Option<&'a Step>,
    },
}

impl<'a> From<&'a Step> for StepView<'a> {
    fn from(step: &'a Step) -> Self {
        match step {
            Step::Field(name) => Self::Field(name),
            Step::Index(index) => Self::Element { index: Some(*index), step: Some(step) },
            Step::Key(_) | Step::Item(_) => Self::Element { index: None, step: Some(step) },
        }
    }
}

/// A set of [`PathPattern`]s, each with a payload, asked by path.
///
/// To ask costs as much as there are patterns on the way to the place, however many stand beside it, and allocates nothing.
///
/// ```
/// use drift_model::{FieldPath, PatternTrie};
///
/// let mut owners = PatternTrie::default();
/// owners.insert(&"/spec/replicas".parse()?, "autoscaler");
/// owners.insert(&"/spec".parse()?, "git");
/// let path: FieldPath = "/spec/replicas".parse()?;
/// assert_eq!(owners.covering_path(&path), [&"git", &"autoscaler"]);
/// # Ok::<(), drift_model::PathError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PatternTrie<T> {
    root: Node<T>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Node<T> {
    /// Payloads of the patterns that end here.
    here: Vec<T>,
    /// Payloads of the patterns that end here with `/**`.
    below: Vec<T>,
    /// What goes on with `*`.
    any: Option<Box<Self>>,
    fields: BTreeMap<String, Self>,
    keys: BTreeMap<Vec<(String, Literal)>, Self>,
    items: BTreeMap<Literal, Self>,
    indices: BTreeMap<usize, Self>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self {
            here: Vec::new(),
            below: Vec::new(),
            any: None,
            fields: BTreeMap::new(),
            keys: BTreeMap::new(),
            items: BTreeMap::new(),
            indices: BTreeMap::new(),
        }
    }
}

impl<T> Default for PatternTrie<T> {
    fn default() -> Self {
        Self { root: Node::default(), len: 0 }
    }
}

impl<T> PatternTrie<T> {
    /// Adds a pattern. Payloads of equal patterns are kept in order.
    pub fn insert(&mut self, pattern: &PathPattern, payload: T) {
        let node = pattern.steps.iter().fold(&mut self.root, Node::enter);
        let ending = if pattern.below { &mut node.below } else { &mut node.here };
        ending.push(payload);
        self.len = self.len.saturating_add(1);
    }

    /// The payloads of exactly this pattern, in order.
    pub(crate) fn of(&self, pattern: &PathPattern) -> &[T] {
        let node = pattern.steps.iter().try_fold(&self.root, Node::child);
        node.map_or(&[], |node| if pattern.below { &node.below } else { &node.here })
    }

    /// The number of patterns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is there no pattern?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Calls `found` with the payload of every pattern that covers the place, in the order of the patterns: each before
    /// those that go on from it.
    pub fn covering<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t T)) {
        self.root.covering(place, found);
    }

    /// The payloads of all patterns that cover the path, in the order of the patterns.
    #[must_use]
    pub fn covering_path(&self, path: &crate::FieldPath) -> Vec<&T> {
        let place: Vec<StepView<'_>> = path.steps().iter().map(StepView::from).collect();
        let mut payloads = Vec::new();
        self.covering(&place, &mut |payload| payloads.push(payload));
        payloads
    }

    /// Calls `found` with the name of every member of the place that a pattern goes on with.
    pub fn members<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t str)) {
        self.root.members(place, found);
    }

    /// Calls `found` with the payload of every pattern that ends strictly below the place, in the order of the patterns.
    pub fn beneath<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t T)) {
        self.root.beneath(place, found);
    }
}

impl<T> Node<T> {
    fn enter(&mut self, step: &PatternStep) -> &mut Self {
        match step {
            PatternStep::Any => self.any.get_or_insert_default(),
            PatternStep::Exactly(Step::Field(name)) => self.fields.entry(name.clone()).or_default(),
            PatternStep::Exactly(Step::Key(keys)) => self.keys.entry(keys.clone()).or_default(),
            PatternStep::Exactly(Step::Item(literal)) => self.items.entry(literal.clone()).or_default(),
            PatternStep::Exactly(Step::Index(index)) => self.indices.entry(*index).or_default(),
        }
    }

    fn child(&self, step: &PatternStep) -> Option<&Self> {
        match step {
            PatternStep::Any => self.any.as_deref(),
            PatternStep::Exactly(Step::Field(name)) => self.fields.get(name),
            PatternStep::Exactly(Step::Key(keys)) => self.keys.get(keys),
            PatternStep::Exactly(Step::Item(literal)) => self.items.get(literal),
            PatternStep::Exactly(Step::Index(index)) => self.indices.get(index),
        }
    }

    fn children(&self) -> impl Iterator<Item = &Self> {
        let (fields, keys, items) = (self.fields.values(), self.keys.values(), self.items.values());
        let any = self.any.as_deref().into_iter();
        any.chain(fields).chain(keys).chain(items).chain(self.indices.values())
    }

    /// The children that match what a walk sees. A list element may be known by its position and by its key at once, and
    /// a name that is a number is a position in a pattern.
    fn seen<'t>(&'t self, view: &StepView<'_>) -> impl Iterator<Item = &'t Self> {
        let (name, index, step) = match view {
            StepView::Field(name) => (Some(*name), decimal(name), None),
            StepView::Element { index, step } => (None, *index, *step),
        };
        let (name, keys, item, other) = match step {
            None => (name, None, None, None),
            Some(Step::Field(name)) => (Some(name.as_str()), None, None, None),
            Some(Step::Key(keys)) => (None, Some(keys), None, None),
            Some(Step::Item(literal)) => (None, None, Some(literal), None),
            Some(Step::Index(other)) => (None, None, None, Some(*other)),
        };
        let mut indices = [index, other.filter(|other| index != Some(*other))];
        indices.sort_unstable();
        let any = self.any.as_deref().into_iter();
        any.chain(name.and_then(|name| self.fields.get(name)))
            .chain(keys.into_iter().flat_map(|keys| self.selecting(keys)))
            .chain(item.and_then(|item| self.items.get(item)))
            .chain(indices.into_iter().flatten().filter_map(|index| self.indices.get(&index)))
    }

    /// The children by key that name no other keys than these. Each stands among those that begin with its first key.
    fn selecting(&self, keys: &[(String, Literal)]) -> impl Iterator<Item = &Self> {
        let beginning_with = |first| {
            let from = (Bound::Included(std::slice::from_ref(first)), Bound::Unbounded);
            let range = self.keys.range::<[(String, Literal)], _>(from);
            range.take_while(move |(wanted, _)| wanted.first() == Some(first))
        };
        let all = keys.iter().flat_map(beginning_with);
        let selecting = all.filter(|(wanted, _)| wanted.iter().all(|pair| keys.contains(pair)));
        self.keys.get([].as_slice()).into_iter().chain(selecting.map(|(_, child)| child))
    }

    fn covering<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t T)) {
        self.here.iter().for_each(&mut *found);
        if let Some((view, rest)) = place.split_first() {
            self.below.iter().for_each(&mut *found);
            for child in self.seen(view) {
                child.covering(rest, found);
            }
        }
    }

    fn members<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t str)) {
        if let Some((view, rest)) = place.split_first() {
            for child in self.seen(view) {
                child.members(rest, found);
            }
        } else {
            self.fields.keys().for_each(|name| found(name));
        }
    }

    fn beneath<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t T)) {
        if let Some((view, rest)) = place.split_first() {
            for child in self.seen(view) {
                child.beneath(rest, found);
            }
        } else {
            self.below.iter().for_each(&mut *found);
            for child in self.children() {
                child.everything(found);
            }
        }
    }

    fn everything<'t>(&'t self, found: &mut impl FnMut(&'t T)) {
        self.here.iter().chain(&self.below).for_each(&mut *found);
        for child in self.children() {
            child.everything(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::FieldPath;

    #[test]
    fn an_element_is_found_by_position_and_by_key() {
        let mut trie = PatternTrie::default();
        trie.insert(&"/list/0".parse().unwrap(), "first");
        trie.insert(&"/list/[name=app]".parse().unwrap(), "app");
        let step = Step::key([("name", &serde_json::json!("app"))]);
        let place = [StepView::Field("list"), StepView::Element { index: Some(0), step: Some(&step) }];
        let mut found = Vec::new();
        trie.covering(&place, &mut |payload| found.push(*payload));
        found.sort_unstable();
        assert_eq!(found, ["app", "first"]);
    }

    #[test]
    fn beneath_tells_what_is_more_specific() {
        let mut trie = PatternTrie::default();
        for text in ["/a", "/a/b", "/a/*/c", "/d"] {
            trie.insert(&text.parse().unwrap(), text);
        }
        let mut found = Vec::new();
        trie.beneath(&[StepView::Field("a")], &mut |payload| found.push(*payload));
        found.sort_unstable();
        assert_eq!(found, ["/a/*/c", "/a/b"]);
    }

    fn matches(pattern: &PatternStep, view: &StepView<'_>) -> bool {
        let PatternStep::Exactly(wanted) = pattern else { return true };
        let as_step = |step: &Step| match (wanted, step) {
            (Step::Key(wanted), Step::Key(keys)) => wanted.iter().all(|pair| keys.contains(pair)),
            _ => wanted == step,
        };
        match view {
            StepView::Field(name) => *wanted == Step::field(*name),
            StepView::Element { index, step } => {
                index.is_some_and(|index| *wanted == Step::Index(index)) || step.is_some_and(as_step)
            }
        }
    }

    /// Does the pattern go through the place or end at it, and what of it is left there?
    fn left<'p>(pattern: &'p PathPattern, place: &[StepView<'_>]) -> Option<&'p [PatternStep]> {
        let (above, left) = pattern.steps.split_at_checked(place.len())?;
        above.iter().zip(place).all(|(step, view)| matches(step, view)).then_some(left)
    }

    fn steps() -> impl Strategy<Value = Step> {
        const TEXTS: &[&str] =
            &["[k=1]", "[j=2]", "[j=2,k=1]", "[i=x,j=2,k=1]", "[i=x]", "[=1]", "[=x]", "0", "1", "a", "b", "07"];
        proptest::sample::select(TEXTS).prop_map(|text| Step::parse(text).unwrap())
    }

    fn patterns() -> impl Strategy<Value = Vec<PathPattern>> {
        let step = prop_oneof![1 => Just(PatternStep::Any), 4 => steps().prop_map(PatternStep::Exactly)];
        let pattern = (proptest::collection::vec(step, 0..4), any::<bool>())
            .prop_map(|(steps, below)| PathPattern { steps, below });
        proptest::collection::vec(pattern, 0..24)
    }

    /// A name, or a position and a step, as a walk over several planes has them: the two may be of different planes.
    fn seen() -> impl Strategy<Value = (Option<String>, Option<usize>, Option<Step>)> {
        prop_oneof![
            proptest::sample::select(["a", "b", "0", "1", "07"].as_slice()).prop_map(|name| (
                Some(name.to_owned()),
                None,
                None
            )),
            (proptest::option::of(0..3_usize), proptest::option::of(steps()))
                .prop_map(|(index, step)| (None, index, step)),
        ]
    }

    proptest! {
        #[test]
        fn agrees_with_asking_each_pattern(patterns in patterns(), seen in proptest::collection::vec(seen(), 0..4)) {
            let place: Vec<StepView<'_>> = seen
                .iter()
                .map(|(name, index, step)| match name {
                    Some(name) => StepView::Field(name),
                    None => StepView::Element { index: *index, step: step.as_ref() },
                })
                .collect();
            let mut trie = PatternTrie::default();
            for (index, pattern) in patterns.iter().enumerate() {
                trie.insert(pattern, index);
            }
            prop_assert_eq!(trie.len(), patterns.len());
            // In the order of the patterns, and equal ones as they were added.
            let mut sorted: Vec<(usize, &PathPattern)> = patterns.iter().enumerate().collect();
            sorted.sort_by_key(|(_, pattern)| *pattern);
            let those = |of: &dyn Fn(&PathPattern) -> bool| -> Vec<usize> {
                sorted.iter().filter(|(_, pattern)| of(pattern)).map(|(index, _)| *index).collect()
            };

            let mut covering = Vec::new();
            trie.covering(&place, &mut |index| covering.push(*index));
            let above = |pattern: &PathPattern| {
                let at = place.get(..pattern.steps.len());
                at.and_then(|at| left(pattern, at)).is_some() && !(pattern.below && pattern.steps.len() == place.len())
            };
            prop_assert_eq!(covering, those(&above));

            let mut beneath = Vec::new();
            trie.beneath(&place, &mut |index| beneath.push(*index));
            let under = |pattern: &PathPattern| left(pattern, &place).is_some_and(|left| pattern.below || !left.is_empty());
            prop_assert_eq!(beneath, those(&under));

            let mut members = Vec::new();
            trie.members(&place, &mut |name| members.push(name));
            members.sort_unstable();
            members.dedup();
            let mut names: Vec<&str> = patterns
                .iter()
                .filter_map(|pattern| match left(pattern, &place)?.first()? {
                    PatternStep::Exactly(Step::Field(name)) => Some(name.as_str()),
                    _ => None,
                })
                .collect();
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(members, names);

            for pattern in &patterns {
                let same: Vec<usize> = those(&|other| other == pattern);
                prop_assert_eq!(trie.of(pattern), same.as_slice());
            }
        }

        #[test]
        fn a_path_is_covered_by_what_says_so(patterns in patterns(), path in proptest::collection::vec(steps(), 0..4)) {
            let path: FieldPath = path.into_iter().collect();
            let mut trie = PatternTrie::default();
            for (index, pattern) in patterns.iter().enumerate() {
                trie.insert(pattern, index);
            }
            let mut found: Vec<usize> = trie.covering_path(&path).into_iter().copied().collect();
            found.sort_unstable();
            let oracle: Vec<usize> =
                patterns.iter().enumerate().filter(|(_, p)| p.covers(&path)).map(|(index, _)| index).collect();
            prop_assert_eq!(found, oracle);
        }
    }
}
