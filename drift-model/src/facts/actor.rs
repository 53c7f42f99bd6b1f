//! `Actor`: somebody who may have caused a change.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What kind of actor changed something.
    pub enum ActorKind as "actor kind" {
        /// A person.
        Human = "HUMAN",
        /// A delivery pipeline.
        Pipeline = "PIPELINE",
        /// A controller.
        Controller = "CONTROLLER",
        /// Another service.
        Service = "SERVICE",
        /// An emergency identity.
        BreakGlass = "BREAK_GLASS",
        /// The root of an account.
        Root = "ROOT",
        /// The log covers the window, and names nobody.
        Unattributed = "UNATTRIBUTED",
    }
}

/// Somebody who may have caused a change.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Who, in the terms of the source.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The log that says so: `kubernetes-audit`, `cloudtrail`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// When the change was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Through whom: the role assumed, the user impersonated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

impl Actor {
    /// An actor of this kind with this identity.
    #[must_use]
    pub fn new(kind: ActorKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), source: String::new(), at: None, via: None }
    }
}
