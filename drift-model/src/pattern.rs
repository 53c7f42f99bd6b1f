//! `PathPattern`: a set of paths, simple enough that containment is decidable.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::path::{PathError, PathErrorKind, Step, from_text, segments};
use crate::trie::StepView;

/// A pattern over [`FieldPath`](crate::FieldPath)s. It covers the paths that it matches and everything under them.
///
/// `*` stands for one step of any kind; a trailing `/**` for what lies below, without the place itself. A selector
/// matches list items that have at least the keys it names. There is nothing else, so that "does this rule take
/// everything that one takes" has an exact answer ([`PathPattern::contains`]).
///
/// ```
/// use drift_model::{FieldPath, PathPattern};
///
/// let pattern: PathPattern = "/spec/template/spec/containers/*/image".parse()?;
/// let path: FieldPath = "/spec/template/spec/containers/[name=app]/image".parse()?;
/// assert!(pattern.covers(&path));
/// assert!("/spec/**".parse::<PathPattern>()?.contains(&pattern));
/// # Ok::<(), drift_model::PathError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PathPattern {
    pub(crate) steps: Vec<PatternStep>,
    /// A trailing `/**`: what is below, without the place itself.
    pub(crate) below: bool,
}

#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum PatternStep {
    Any,
    Exactly(Step),
}

impl PathPattern {
    /// The pattern that covers everything, the root included.
    #[must_use]
    pub const fn everything() -> Self {
        Self { steps: Vec::new(), below: false }
    }

    /// The pattern `/**`: everything but the root itself.
    #[must_use]
    pub const fn below_the_root() -> Self {
        Self { steps: Vec::new(), below: true }
    }

    /// Does the pattern match the path, or a place above it?
    #[must_use]
    pub fn covers(&self, path: &crate::FieldPath) -> bool {
        let steps = path.steps();
        let deep_enough = if self.below { steps.len() > self.steps.len() } else { steps.len() >= self.steps.len() };
        deep_enough && self.steps.iter().zip(steps).all(|(pattern, step)| pattern.matches(step))
    }

    /// Does this pattern cover everything that `other` covers?
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        let deep_enough = match self.steps.len().cmp(&other.steps.len()) {
            Ordering::Less => true,
            Ordering::Equal => !self.below || other.below,
            Ordering::Greater => false,
        };
        deep_enough && self.steps.iter().zip(&other.steps).all(|(mine, theirs)| mine.contains(theirs))
    }

    /// Is there a path that both cover?
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        self.steps.iter().zip(&other.steps).all(|(mine, theirs)| mine.contains(theirs) || theirs.contains(mine))
    }

    /// Compares how specific two patterns are: a longer one beats a shorter, then a named step beats `*`.
    ///
    /// `Equal` says that neither is the more specific, not that they are the same.
    #[must_use]
    pub fn specificity(&self, other: &Self) -> Ordering {
        let depth = |pattern: &Self| pattern.steps.len().saturating_add(usize::from(pattern.below));
        let named =
            |pattern: &Self| pattern.steps.iter().filter(|step| matches!(step, PatternStep::Exactly(_))).count();
        depth(self).cmp(&depth(other)).then_with(|| named(self).cmp(&named(other)))
    }
}

impl PatternStep {
    /// The step as a walk would see it that goes where the pattern leads. `*` is an element of which nothing is known.
    pub(crate) fn view(&self) -> StepView<'_> {
        match self {
            Self::Any => StepView::Element { index: None, step: None },
            Self::Exactly(step) => StepView::from(step),
        }
    }

    fn matches(&self, step: &Step) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(Step::Key(wanted)) => {
                matches!(step, Step::Key(keys) if wanted.iter().all(|pair| keys.contains(pair)))
            }
            Self::Exactly(exact) => exact == step,
        }
    }

    fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Exactly(_), Self::Any) => false,
            (Self::Exactly(_), Self::Exactly(step)) => self.matches(step),
        }
    }
}

impl From<&crate::FieldPath> for PathPattern {
    /// The pattern that matches exactly this path.
    fn from(path: &crate::FieldPath) -> Self {
        Self { steps: path.steps().iter().cloned().map(PatternStep::Exactly).collect(), below: false }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            match step {
                PatternStep::Any => f.write_str("/*")?,
                PatternStep::Exactly(step) => write!(f, "/{step}")?,
            }
        }
        if self.below { f.write_str("/**") } else { Ok(()) }
    }
}

impl FromStr for PathPattern {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut pattern = Self::everything();
        for segment in segments(text)? {
            if pattern.below {
                return Err(PathError::new(text, PathErrorKind::DoubleStar));
            }
            match segment {
                "*" => pattern.steps.push(PatternStep::Any),
                "**" => pattern.below = true,
                _ => {
                    let step = Step::parse(segment).map_err(|kind| PathError::new(text, kind))?;
                    pattern.steps.push(PatternStep::Exactly(step));
                }
            }
        }
        Ok(pattern)
    }
}

impl Serialize for PathPattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::FieldPath;

    fn pattern(text: &str) -> PathPattern {
        text.parse().unwrap()
    }

    #[test]
    fn covering_is_by_prefix() {
        for (text, path, covers) in [
            ("", "", true),
            ("", "/a/b", true),
            ("/**", "", false),
            ("/**", "/a", true),
            ("/a", "/a/b/c", true),
            ("/a", "/ab", false),
            ("/a/**", "/a", false),
            ("/a/*/c", "/a/[name=x]/c/d", true),
            ("/a/[name=x]", "/a/[name=x,port=80]", true),
            ("/a/[name=x,port=80]", "/a/[name=x]", false),
            ("/a/~2", "/a/b", false),
            ("/a/~2", "/a/~2", true),
        ] {
            assert_eq!(pattern(text).covers(&path.parse().unwrap()), covers, "{text} {path}");
        }
    }

    #[test]
    fn the_more_specific_pattern_is_the_longer_then_the_one_with_more_names() {
        assert_eq!(pattern("/spec/replicas").specificity(&pattern("/spec")), Ordering::Greater);
        assert_eq!(pattern("/spec/*").specificity(&pattern("/spec/replicas")), Ordering::Less);
        assert_eq!(pattern("/*/replicas").specificity(&pattern("/spec/*")), Ordering::Equal);
    }

    #[test]
    fn double_star_stands_at_the_end_only() {
        assert_eq!("/a/**/b".parse::<PathPattern>().unwrap_err().kind, PathErrorKind::DoubleStar);
    }

    fn small_pattern() -> impl Strategy<Value = PathPattern> {
        (proptest::collection::vec(prop_oneof![Just("*"), Just("a"), Just("b"), Just("[k=1]")], 0..4), any::<bool>())
            .prop_map(|(steps, below)| {
                let text: String = steps.iter().flat_map(|step| ["/", step]).collect();
                pattern(&if below { text + "/**" } else { text })
            })
    }

    fn small_path() -> impl Strategy<Value = FieldPath> {
        proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("[k=1]"), Just("[j=2,k=1]")], 0..5)
            .prop_map(|steps| steps.iter().flat_map(|step| ["/", step]).collect::<String>().parse().unwrap())
    }

    proptest! {
        #[test]
        fn parse_undoes_print(pattern in small_pattern()) {
            prop_assert_eq!(pattern.to_string().parse::<PathPattern>(), Ok(pattern));
        }

        #[test]
        fn containment_is_what_it_says(big in small_pattern(), small in small_pattern(), path in small_path()) {
            if big.contains(&small) && small.covers(&path) {
                prop_assert!(big.covers(&path), "{} contains {}, and {} is only in the second", big, small, path);
            }
            if big.covers(&path) && small.covers(&path) {
                prop_assert!(big.intersects(&small), "{} and {} share {}", big, small, path);
            }
        }
    }
}
