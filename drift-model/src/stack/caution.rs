//! How careful a recommendation is, from its name alone.

use crate::taxonomy::{Action, Obligation, Recommend};

/// The place of a recommendation among those of equal risk: the least is the most careful.
///
/// It is read from the name, which is all that a result on the wire has; so it is the same for a shard and for the whole.
pub(super) fn caution(name: &str) -> (Rank, &str) {
    let recommend: Option<Recommend> = name.parse().ok();
    let action = recommend.map(Recommend::action).or_else(|| name.parse().ok());
    // A name that nobody knows comes last: it is no reason to leave out one that is known.
    let Some(action) = action else { return (Rank::Foreign, name) };
    let obligations = recommend.map_or(&[][..], Recommend::obligations);
    let asks = !matches!(action, Action::None | Action::Ignore) || !obligations.is_empty();
    let opens_incident = action == Action::Incident || obligations.contains(&Obligation::OpenIncident);
    let known = (!asks, action.changes_runtime(), !opens_incident, action);
    (Rank::Known(known), name)
}

/// Known names come before foreign ones.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Rank {
    /// Asks for nothing, changes the runtime, opens no incident; then the action.
    Known((bool, bool, bool, Action)),
    Foreign,
}
