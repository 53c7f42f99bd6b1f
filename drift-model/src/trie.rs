//! `PatternTrie`: many patterns asked at once. Marks and masks are both one of these.

use crate::path::Step;
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
    children: Vec<(PatternStep, Self)>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { here: Vec::new(), below: Vec::new(), children: Vec::new() }
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
        let mut node = &mut self.root;
        for step in &pattern.steps {
            let position = node.children.binary_search_by(|(known, _)| known.cmp(step));
            let index = match position {
                Ok(index) => index,
                Err(index) => {
                    node.children.insert(index, (step.clone(), Node::default()));
                    index
                }
            };
            // The index was found or made just now.
            let Some((_, child)) = node.children.get_mut(index) else { return };
            node = child;
        }
        let ending = if pattern.below { &mut node.below } else { &mut node.here };
        ending.push(payload);
        self.len = self.len.saturating_add(1);
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

    /// Calls `found` with the payload of every pattern that covers the place, shorter patterns first.
    pub fn covering<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t T)) {
        self.root.covering(place, found);
    }

    /// The payloads of all patterns that cover the path, shorter patterns first.
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

    /// Calls `found` with the payload of every pattern that ends strictly below the place.
    pub fn beneath<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t T)) {
        self.root.beneath(place, found);
    }
}

impl<T> Node<T> {
    fn covering<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t T)) {
        self.here.iter().for_each(&mut *found);
        if let Some((view, rest)) = place.split_first() {
            self.below.iter().for_each(&mut *found);
            for (_, child) in self.children.iter().filter(|(step, _)| step.sees(view)) {
                child.covering(rest, found);
            }
        }
    }

    fn members<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t str)) {
        if let Some((view, rest)) = place.split_first() {
            for (_, child) in self.children.iter().filter(|(step, _)| step.sees(view)) {
                child.members(rest, found);
            }
        } else {
            for (step, _) in &self.children {
                if let PatternStep::Exactly(Step::Field(name)) = step {
                    found(name);
                }
            }
        }
    }

    fn beneath<'t>(&'t self, place: &[StepView<'_>], found: &mut impl FnMut(&'t T)) {
        if let Some((view, rest)) = place.split_first() {
            for (_, child) in self.children.iter().filter(|(step, _)| step.sees(view)) {
                child.beneath(rest, found);
            }
        } else {
            self.below.iter().for_each(&mut *found);
            for (_, child) in &self.children {
                child.everything(found);
            }
        }
    }

    fn everything<'t>(&'t self, found: &mut impl FnMut(&'t T)) {
        self.here.iter().chain(&self.below).for_each(&mut *found);
        for (_, child) in &self.children {
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

    proptest! {
        #[test]
        fn agrees_with_asking_each_pattern(
            patterns in proptest::collection::vec("(/(a|b|\\*|\\[k=1\\])){0,3}(/\\*\\*)?", 0..8),
            path in "(/(a|b|\\[k=1\\])){0,4}",
        ) {
            let path: FieldPath = path.parse().unwrap();
            let patterns: Vec<PathPattern> = patterns.iter().map(|text| text.parse().unwrap()).collect();
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
