//! Who may act: auto-heal is a privilege, granted after the decision and refused by name.

mod gate;
mod governor;
mod loops;
mod preview;
mod protection;

pub(crate) use self::gate::{Attempt, Reverted, refusals};
pub use self::governor::{Batch, Candidate, Deed, DeedKind, Governor, Held, History};
pub use self::loops::{FieldWrite, Fight, Flapping, fights};
pub use self::preview::{HealPreview, Overwritten, Untouched};
pub(crate) use self::protection::is_protected;

#[cfg(test)]
mod tests;
