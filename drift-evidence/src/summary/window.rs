//! `Window`: an exception, and until when it holds.

use drift_model::Timestamp;
use serde::{Deserialize, Serialize};

use super::Row;

/// The row of an exception. The order is that of what is known: the later telling first.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Window {
    pub(crate) as_of: Timestamp,
    pub(crate) expires: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    pub(crate) id: String,
}

impl Row for Window {
    type Name = String;

    fn name(&self) -> String {
        self.id.clone()
    }

    fn join(self, other: Self) -> Self {
        self.max(other)
    }
}
