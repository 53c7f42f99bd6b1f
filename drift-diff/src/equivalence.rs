//! Equivalences: named rules that say when two different values mean the same.

use serde::{Deserialize, Serialize};

/// The senses in which two values can be the same.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Same {
    /// Kubernetes quantities: `1000m` and `1`.
    Quantity,
}
