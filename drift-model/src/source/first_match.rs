//! `FirstMatch`: an ordered list of rules, of which the first that applies decides.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::read::{self, ReadError};

/// An ordered list of rules: the first that applies decides. Where none does, nobody knows.
///
/// As a document it is `{"rules": […]}`, where rules and members that are not known are refused. Each list that comes with
/// the library is such a document; what you know of your own system belongs in front of it.
///
/// ```
/// use drift_model::source::actors::ActorRules;
///
/// let ours = ActorRules::from_json(
///     r#"{"rules": [{"id": "oncall", "log": "KUBERNETES", "globs": ["oncall-*"], "kind": "BREAK_GLASS", "because": "the rota"}]}"#,
/// )?;
/// let rules = ActorRules::built_in().preceded_by(ours);
/// assert_eq!(rules.as_slice()[0].id, "oncall");
///
/// let error = ActorRules::from_json(r#"{"rules": [{"id": "oncall", "glob": "oncall-*"}]}"#).unwrap_err();
/// assert!(error.to_string().starts_with("at `/rules/0/glob`: "));
/// # Ok::<(), drift_model::ReadError>(())
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FirstMatch<R> {
    rules: Vec<R>,
}

impl<R> FirstMatch<R> {
    /// The same, with other rules asked first.
    #[must_use]
    pub fn preceded_by(mut self, rules: impl IntoIterator<Item = R>) -> Self {
        self.rules = rules.into_iter().chain(self.rules).collect();
        self
    }

    /// The rules, in the order in which they are asked.
    #[must_use]
    pub fn as_slice(&self) -> &[R] {
        &self.rules
    }

    /// The rule that decides, if one applies.
    pub(super) fn first(&self, applies: impl Fn(&R) -> bool) -> Option<&R> {
        self.rules.iter().find(|rule| applies(rule))
    }
}

impl<R: DeserializeOwned> FirstMatch<R> {
    /// Reads a document `{"rules": […]}`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for text that is not JSON or no such document.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        read::from_json(text)
    }

    /// A document that is part of the build. A test reads it; without it, no rule would apply.
    pub(super) fn shipped(text: &str) -> Self {
        Self::from_json(text).unwrap_or_default()
    }
}

/// No rule at all.
impl<R> Default for FirstMatch<R> {
    fn default() -> Self {
        Self { rules: Vec::new() }
    }
}

impl<R> IntoIterator for FirstMatch<R> {
    type Item = R;
    type IntoIter = std::vec::IntoIter<R>;

    fn into_iter(self) -> Self::IntoIter {
        self.rules.into_iter()
    }
}
