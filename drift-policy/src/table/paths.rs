//! Sample paths: for each set of patterns that can cover one path, a path that exactly these cover.

use std::collections::{BTreeSet, VecDeque};

use drift_model::{FieldPath, PathPattern, Step};

use super::texts::Samples;

/// How many places are looked at before the walk gives up.
const PLACES: usize = 20_000;
/// A step that is nothing in particular.
const ORDINARY: &str = "other";

/// A pattern, step by step. A trailing `/**` is one step more, whichever.
struct Walk {
    pattern: PathPattern,
    /// What covers the paths that match the first steps; one more than there are steps.
    fronts: Vec<PathPattern>,
    /// The steps, and `None` for any.
    steps: Vec<Option<Step>>,
}

impl Walk {
    fn of(pattern: &PathPattern) -> Self {
        let mut walk = Self { pattern: pattern.clone(), fronts: vec![PathPattern::everything()], steps: Vec::new() };
        let text = pattern.to_string();
        let mut front = String::new();
        for segment in text.split('/').skip(1) {
            let segment = if segment == "**" { "*" } else { segment };
            front.push('/');
            front.push_str(segment);
            // A front of a pattern is a pattern, and a step of one a path.
            walk.fronts.extend(front.parse::<PathPattern>());
            let step = format!("/{segment}").parse::<FieldPath>().ok();
            walk.steps.push(step.filter(|_| segment != "*").and_then(|path| path.steps().first().cloned()));
        }
        walk
    }

    /// May a path that begins like this be covered, once it is longer?
    fn is_open(&self, path: &FieldPath) -> bool {
        let depth = path.steps().len();
        depth < self.steps.len() && self.fronts.get(depth).is_some_and(|front| front.covers(path))
    }
}

/// Paths for everything that can cover a path of these patterns, the plainest first.
pub(super) fn samples(patterns: &[&PathPattern]) -> Samples<FieldPath> {
    let walks: Vec<Walk> = patterns.iter().map(|pattern| Walk::of(pattern)).collect();
    let root = FieldPath::default();
    let mut found = vec![root.join(Step::field(ordinary(&walks)))];
    let mut complete = true;
    let mut seen = BTreeSet::new();
    let mut known = BTreeSet::new();
    let mut open = VecDeque::from([root]);
    while let Some(path) = open.pop_front() {
        if known.insert(walks.iter().map(|walk| walk.pattern.covers(&path)).collect::<Vec<_>>()) {
            found.push(path.clone());
        }
        if seen.len() > PLACES {
            complete = false;
            continue;
        }
        let depth = path.steps().len();
        let ahead: Vec<&Walk> = walks.iter().filter(|walk| walk.is_open(&path)).collect();
        let named: Vec<&Step> =
            ahead.iter().filter_map(|walk| walk.steps.get(depth).and_then(Option::as_ref)).collect();
        for step in choices(&named, &mut complete).into_iter().chain([Step::field(ordinary(&walks))]) {
            let longer = path.join(step);
            let covered: Vec<bool> = walks.iter().map(|walk| walk.pattern.covers(&longer)).collect();
            // Where the same patterns wait for different steps, the places differ.
            let still: Vec<Option<usize>> = walks.iter().map(|walk| walk.is_open(&longer).then_some(depth)).collect();
            if seen.insert((covered, still)) {
                open.push_back(longer);
            }
        }
    }
    Samples { found, complete }
}

/// The steps that patterns name. One item of a list may have the keys of several selectors.
fn choices(named: &[&Step], complete: &mut bool) -> BTreeSet<Step> {
    let mut choices: BTreeSet<Step> = named.iter().map(|step| (*step).clone()).collect();
    for step in named {
        let Step::Key(keys) = step else { continue };
        let together: Vec<Step> = choices.iter().filter_map(|other| joined(keys, other)).collect();
        choices.extend(together);
        if choices.len() > 256 {
            *complete = false;
            break;
        }
    }
    choices
}

fn joined(keys: &[(String, drift_model::Literal)], other: &Step) -> Option<Step> {
    let Step::Key(others) = other else { return None };
    let agree = keys.iter().all(|(name, value)| others.iter().all(|(other, theirs)| other != name || theirs == value));
    agree.then(|| {
        let all: BTreeSet<_> = keys.iter().chain(others).cloned().collect();
        Step::Key(all.into_iter().collect())
    })
}

/// A name that no pattern has.
fn ordinary(walks: &[Walk]) -> String {
    let mut name = ORDINARY.to_owned();
    while walks.iter().flat_map(|walk| &walk.steps).flatten().any(|step| *step == Step::field(name.as_str())) {
        name.push_str("-one");
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_covers_a_path_covers_some_sample(
            patterns in proptest::collection::vec("(/(a|b|\\*|0|\\[k=1\\]|\\[j=2\\])){1,3}(/\\*\\*)?", 1..5),
            path in "(/(a|b|c|0|\\[k=1\\]|\\[j=2,k=1\\]|\\[j=2\\])){0,4}",
        ) {
            let patterns: Vec<PathPattern> = patterns.iter().map(|text| text.parse().unwrap()).collect();
            let path: FieldPath = path.parse().unwrap();
            let samples = samples(&patterns.iter().collect::<Vec<_>>());
            prop_assert!(samples.complete);
            let covering = |path: &FieldPath| patterns.iter().map(|pattern| pattern.covers(path)).collect::<Vec<_>>();
            prop_assert!(samples.found.iter().any(|sample| covering(sample) == covering(&path)), "{patterns:?} {path}");
        }
    }
}
