//! OpenTofu and Terraform: `show -json` of a plan, with the raw state file and the provider schemas where there are any.
//!
//! A plan holds the three planes, in other words and in other places than its member names say. `prior_state` is the
//! *actual* plane (what was read), unless nothing was read; the record is the `before` of `resource_drift`; what is desired
//! is the `after` of `resource_changes` at the paths that the configuration owns. And a plan is silent about itself: whether
//! it was refreshed, targeted, made for destruction. Whoever made it has to say so.
//! | a plan's | is | left out |
//! |---|---|---|
//! | `format_version` | 0 and 1 are read, others refused | read as 1, with a problem |
//! | `prior_state` | the actual plane of each object that was read | the object is ABSENT, unless another part of the plan contradicts that |
//! | `resource_drift[].change.before` | the recorded plane | the record is what was read, unless drift of such an object is reported nowhere |
//! | `resource_changes[].change` | the desired plane: `after`, where the configuration owns the path, with `after_unknown` as marks | ABSENT, if the plan got to the object or nothing declares it; else what the constants of the configuration say, incomplete |
//! | `resource_changes[].change.actions`, `action_reason`, `replace_paths`, `importing` | what the plan would do ([`Planned`]) | nothing |
//! | `deferred_changes` | UNKNOWN (NOT_YET_KNOWN) | none |
//! | `importing` without a part of `prior_state` | the actual plane is UNKNOWN: NOT_YET_KNOWN where it says `unknown`, else NOT_OBSERVED | – |
//! | `configuration` | which paths are owned, what is written, what is secret | desired is UNKNOWN (NOT_DERIVABLE) for objects without an entry |
//! | `*_sensitive`, `sensitive_values`, `variables`, `output_changes` | what is secret, by path and by value | nothing is, but for the schema's |
//! | `timestamp` | when it was observed | unknown, unless the caller says |
//! | `errored`, `complete` | the coverage | nobody knows, unless the caller says |
//!
//! What the caller adds is in [`PlanContext`]; each part that is left out leaves something unknown:
//!
//! | the caller's | without it |
//! |---|---|
//! | `refreshed` | the actual plane of every managed resource is UNKNOWN (NOT_REFRESHED) |
//! | `targeted` | the coverage is undetermined, unless the plan says that it is complete |
//! | `mode` | a normal plan; refresh-only and destroy plans carry no desired plane |
//! | `state` | records that only the state file has (deposed objects, data sources, destroy plans) are UNKNOWN (NOT_DERIVABLE) |
//! | `schema` | who owns an attribute is told by the configuration and the values alone |

mod address;
mod config;
mod context;
mod declared;
mod derive;
mod masks;
mod ownership;
mod plan;
mod problem;
mod same;
mod schema;
mod secrets;
mod state;
mod views;

use std::collections::BTreeSet;

use serde_json::Value;

pub use self::address::{InstanceAddress, InstanceKey};
pub use self::context::{PlanContext, PlanMode};
use self::derive::Inputs;
use self::plan::{Entry, Plan};
pub use self::problem::{PlanError, PlanErrorKind, PlanProblem};
use self::schema::Schemas;
use self::state::RawState;
use crate::facts::Validity;
use crate::observation::Observation;
use crate::path::FieldPath;
use crate::redact::Secrets;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// How much of its stack a plan looked at.
    pub enum PlanCoverage as "plan coverage" {
        /// All of it.
        Full = "FULL",
        /// A part: it failed, was targeted, or says itself that it is not complete.
        Partial = "PARTIAL",
        /// Neither the plan nor its caller says.
        Undetermined = "UNDETERMINED",
    }
}

/// What a plan says, as observations.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlanReading {
    /// One for every managed instance, deposed object and data source that is declared, recorded or planned, sorted by
    /// address, then deposed key.
    pub observations: Vec<Observation>,
    /// What the plan would do to each of them, in the same order.
    pub planned: Vec<Planned>,
    /// How much of the stack the plan looked at.
    pub coverage: PlanCoverage,
    /// Did the plan fail? (A failed plan can still be printed.)
    pub errored: bool,
    /// Parts that could not be read, in the order of the document.
    pub problems: Vec<PlanProblem>,
}

/// What a plan would do to one object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Planned {
    /// The words of the plan: `update`, or `delete` and `create`. Empty where the plan does not mention the object.
    pub actions: Vec<String>,
    /// Why, in a word of the engine: `delete_because_count_index`. The set of words is open.
    pub reason: Option<String>,
    /// The address under which the object is recorded, if it moved.
    pub previous_address: Option<String>,
    /// Was the object half made, so that it is to be replaced?
    pub tainted: bool,
    /// Does an `import` block bring it in?
    pub importing: bool,
    /// What it has to be replaced for, sorted. An element of a set is told as the set, a secret name as what holds it.
    pub replace_paths: Vec<FieldPath>,
}

/// Reads what `show -json PLANFILE` printed.
///
/// Secrets are redacted by mask and by value, over the whole plan: a text that is sensitive in one place is sensitive in
/// every observation.
///
/// # Errors
///
/// [`PlanError`], with a pointer and without a value: the plan, the state file or the schema is another kind of document,
/// or of a version that is not known. What is wrong with one entry alone is a [`PlanProblem`] of the reading.
///
/// ```
/// use drift_model::source::opentofu::{PlanContext, read_plan};
/// use drift_model::{Existence, UnknownReason};
/// use serde_json::json;
///
/// let plan = json!({
///     "format_version": "1.2",
///     "prior_state": {"values": {"root_module": {"resources": [
///         {"address": "fake_queue.q", "mode": "managed", "type": "fake_queue", "name": "q", "values": {"kms_key": "stolen"}},
///     ]}}},
///     "resource_drift": [{"address": "fake_queue.q", "mode": "managed", "type": "fake_queue", "name": "q",
///         "change": {"actions": ["update"], "before": {"kms_key": "k"}, "after": {"kms_key": "stolen"}}}],
///     "resource_changes": [{"address": "fake_queue.q", "mode": "managed", "type": "fake_queue", "name": "q",
///         "change": {"actions": ["update"], "before": {"kms_key": "stolen"}, "after": {"kms_key": "k"}, "after_unknown": {}}}],
///     "configuration": {"root_module": {"resources": [{"address": "fake_queue.q", "mode": "managed", "type": "fake_queue",
///         "name": "q", "expressions": {"kms_key": {"constant_value": "k"}}}]}},
/// });
/// let context = PlanContext { refreshed: Some(true), ..PlanContext::default() };
/// let reading = read_plan(&plan, &context)?;
/// let planes = &reading.observations[0].planes;
/// assert_eq!(planes.existence(), Existence::Managed);
/// assert_eq!(planes.desired.observed.present().unwrap().value(), &json!({"kms_key": "k"}));
///
/// // Nothing in the plan says that it was refreshed.
/// let reading = read_plan(&plan, &PlanContext::default())?;
/// assert_eq!(reading.observations[0].planes.unknown(), Some(UnknownReason::NotRefreshed));
/// # Ok::<(), drift_model::source::opentofu::PlanError>(())
/// ```
pub fn read_plan(plan: &Value, context: &PlanContext<'_>) -> Result<PlanReading, PlanError> {
    let plan = Plan::read(plan)?;
    let state = context.state.map(RawState::read).transpose()?;
    let schemas = context.schema.map(Schemas::read).transpose()?;
    let left: BTreeSet<&str> =
        plan.changes.values().chain(plan.drift.values()).filter_map(|entry| entry.previous).collect();
    // An address that was left may have been taken again.
    let left = left.into_iter().filter(|address| !plan.mentions(address)).collect();
    let inputs = Inputs { plan: &plan, state: state.as_ref(), schemas, context, left };

    let keys = inputs.keys();
    let mut secrets = Secrets::default();
    secrets::collect(&inputs, &mut secrets);
    let mut problems = plan.problems.clone();
    problems.extend(state.iter().flat_map(|state| &state.unreadable).map(|pointer| PlanProblem {
        document: "state",
        pointer: pointer.clone(),
        code: "unreadable-object",
        message: "an object without a type or without attributes, which nobody can read",
        help: "pass the file as `state pull` prints it",
    }));
    let mut observations = Vec::with_capacity(keys.len());
    let mut planned = Vec::with_capacity(keys.len());
    for key in &keys {
        let subject = inputs.subject(key);
        if inputs.inconsistent(&subject) {
            problems.push(PlanProblem {
                document: "plan",
                pointer: subject.change.map(|change| change.pointer.clone()).unwrap_or_default(),
                code: "contradiction",
                message: "the parts of the plan, or plan and state file, say different things of one object",
                help: "pass the state file that the plan was made from, and the plan as it was printed",
            });
        }
        let planes = inputs.planes(&subject, &mut secrets);
        planes.collect_secrets(&mut secrets);
        let id = match &key.1 {
            None => key.0.clone(),
            Some(deposed) => format!("{} (deposed {deposed})", key.0),
        };
        let mut observation = Observation::new(id, inputs.reference(&subject), planes);
        observation.method = context.method;
        observation.observed_at = context.observed_at.or(plan.timestamp);
        let tainted = Inputs::tainted(&subject);
        if tainted {
            observation.facts.validity = Validity::Invalid.into();
        }
        observations.push(observation);
        let change = subject.change;
        planned.push(Planned {
            actions: change
                .map(|change| change.actions.iter().map(|word| (*word).to_owned()).collect())
                .unwrap_or_default(),
            reason: change.and_then(|change| change.reason).map(str::to_owned),
            previous_address: subject.previous.map(str::to_owned),
            tainted,
            importing: subject.importing(),
            replace_paths: change.map(Entry::replace_paths).unwrap_or_default(),
        });
    }
    for (observation, planned) in observations.iter_mut().zip(&mut planned) {
        observation.planes.redact_with(&secrets);
        masks::redact_paths(&mut planned.replace_paths, &observation.planes, &secrets);
    }
    let coverage = inputs.coverage();
    Ok(PlanReading { observations, planned, coverage, errored: plan.errored, problems })
}
