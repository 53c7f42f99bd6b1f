//! Who may act: auto-heal is a privilege, granted after the decision and refused by name.

mod gate;

pub(crate) use gate::{Attempt, refusals};
