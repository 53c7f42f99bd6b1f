//! What no plan says about itself, and what a reader of plans has to say back.

use serde_json::Value;

use crate::observation::Method;
use crate::resource::System;
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// How a plan was made. Nothing in a plan tells.
    pub enum PlanMode as "plan mode" {
        /// `plan`.
        Normal = "NORMAL",
        /// `plan -refresh-only`: it carries no desired plane.
        RefreshOnly = "REFRESH_ONLY",
        /// `plan -destroy`: it carries no desired plane, and no drift.
        Destroy = "DESTROY",
    }
}

/// What a plan does not say about itself, and the documents that complete it.
///
/// What is left out is not guessed: without [`refreshed`](Self::refreshed) the actual plane of every managed resource is
/// UNKNOWN.
///
/// ```
/// use drift_model::source::{PlanContext, PlanMode};
///
/// let context = PlanContext { refreshed: Some(true), ..PlanContext::default() };
/// assert_eq!(context.mode, PlanMode::Normal);
/// assert_eq!(context.targeted, None);
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "made with `..PlanContext::default()`")]
pub struct PlanContext<'a> {
    /// How the plan was made.
    pub mode: PlanMode,
    /// Were the managed resources read (that is: without `-refresh=false`)?
    pub refreshed: Option<bool>,
    /// Was the plan restricted by `-target` or `-exclude`?
    pub targeted: Option<bool>,
    /// [`System::OpenTofu`] or [`System::Terraform`]: which engine made the plan.
    pub engine: &'a System,
    /// The state file that the plan was made from, version 4, as the backend keeps it.
    pub state: Option<&'a Value>,
    /// The answer of `providers schema -json`.
    pub schema: Option<&'a Value>,
    /// When the plan was made. Left out, it is the plan's own `timestamp`, where it has one.
    pub observed_at: Option<Timestamp>,
    /// What the plan was made for.
    pub method: Option<Method>,
}

impl Default for PlanContext<'_> {
    /// A normal plan of OpenTofu, of which nothing else is known.
    fn default() -> Self {
        Self {
            mode: PlanMode::Normal,
            refreshed: None,
            targeted: None,
            engine: &System::OpenTofu,
            state: None,
            schema: None,
            observed_at: None,
            method: None,
        }
    }
}
