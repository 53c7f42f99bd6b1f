//! `Mandate`: what a patch may touch.

use drift_model::{FieldPath, PathPattern};

/// What a patch may touch: the paths that are allowed, without those that are denied.
///
/// A change is covered where a pattern covers its path, and no denied pattern covers it or speaks of something below it: a
/// whole container is not replaced where one field of it is denied. Patterns go by key, as paths do.
///
/// ```
/// use drift_diff::Mandate;
///
/// let mandate = Mandate::of(["/spec/template".parse()?]).except(["/spec/template/spec/containers/*/securityContext".parse()?]);
/// assert!(mandate.covers(&"/spec/template/spec/containers/[name=app]/image".parse()?));
/// assert!(!mandate.covers(&"/spec/template/spec/containers/[name=app]/securityContext/privileged".parse()?));
/// assert!(!mandate.covers(&"/spec/template/spec/containers/[name=proxy]".parse()?));
/// assert!(!mandate.covers(&"/spec/replicas".parse()?));
/// # Ok::<(), drift_model::PathError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mandate {
    allowed: Vec<PathPattern>,
    denied: Vec<PathPattern>,
}

impl Mandate {
    /// The whole document.
    #[must_use]
    pub fn everything() -> Self {
        Self::of([PathPattern::everything()])
    }

    /// What these patterns cover.
    #[must_use]
    pub fn of(allowed: impl IntoIterator<Item = PathPattern>) -> Self {
        Self { allowed: allowed.into_iter().collect(), denied: Vec::new() }
    }

    /// The same, without what these patterns cover.
    #[must_use]
    pub fn except(mut self, denied: impl IntoIterator<Item = PathPattern>) -> Self {
        self.denied.extend(denied);
        self
    }

    /// May a change at this path be settled?
    #[must_use]
    pub fn covers(&self, path: &FieldPath) -> bool {
        self.allowed.iter().any(|pattern| pattern.covers(path)) && !self.denies(path)
    }

    /// Is something at this path or below it denied?
    fn denies(&self, path: &FieldPath) -> bool {
        if self.denied.is_empty() {
            return false;
        }
        let here = PathPattern::from(path);
        self.denied.iter().any(|pattern| pattern.intersects(&here))
    }
}
