//! `Delta`: everything on which the planes of one resource differ.

use std::borrow::Cow;
use std::fmt;

use drift_model::{
    Change, ChangeKind, Claim, Disposition, Existence, FieldPath, Masked, OwnerKind, Planes, Pointers, Relation, Shown,
    UnknownReason, Verdict,
};

use crate::list::Slot;

/// Everything on which the planes of one resource differ, excused or not, sorted by path.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delta<'a> {
    /// Which planes hold the resource.
    pub existence: Existence,
    /// The answer in one word, which follows from the changes (law 4).
    pub verdict: Verdict,
    /// Why the verdict is UNKNOWN.
    pub reason: Option<UnknownReason>,
    /// DRIFTED, and something else is unknown besides.
    pub partial: bool,
    /// The changes, sorted by path.
    pub changes: Vec<FieldChange<'a>>,
    pub(crate) compared: Compared<'a>,
}

/// The planes that a delta is of: patches are made from them. They are not printed with it.
#[derive(Clone, Copy)]
pub(crate) struct Compared<'a>(pub(crate) &'a Planes);

impl fmt::Debug for Compared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planes").finish_non_exhaustive()
    }
}

/// One path on which the planes differ. Borrows the values from the observation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FieldChange<'a> {
    /// Where, by key.
    pub path: FieldPath,
    /// Where in each plane's document.
    pub pointers: Pointers,
    /// What happened.
    pub kind: ChangeKind,
    /// Which planes agree.
    pub relation: Relation,
    /// What it amounts to.
    pub disposition: Disposition,
    /// Who owns the path.
    pub owner: OwnerKind,
    /// The owner by name.
    pub owner_name: Option<&'a str>,
    /// Where the owner is AMBIGUOUS: the claims that contradict each other, or that nobody has decided on.
    pub claims: Vec<&'a Claim>,
    /// The rule that excuses.
    pub rule: Option<Cow<'a, str>>,
    /// Does an undeclared change count as drift?
    pub counted: bool,
    /// Would this be drift, if nothing excused it?
    pub would_be_drift: bool,
    /// Is the value secret?
    pub sensitive: bool,
    /// Why it is UNDETERMINED.
    pub unknown: Option<UnknownReason>,
    /// What a reader should know of how this was found.
    pub note: Option<&'static str>,
    pub(crate) values: Values,
    pub(crate) of: ChangeOf,
    /// The list elements on the way here: how deep in the path, and where in each plane's list.
    pub(crate) elements: Vec<(usize, Slot)>,
}

/// What a change is of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ChangeOf {
    /// What stands at the path.
    Place,
    /// The resource itself: another is to take its place, whatever its fields.
    Resource,
}

/// The values of a change, masked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) desired: Option<Shown>,
    pub(crate) recorded: Option<Shown>,
    pub(crate) actual: Option<Shown>,
    pub(crate) masked: Option<Masked>,
}

impl FieldChange<'_> {
    /// Is this, by itself, drift?
    #[must_use]
    pub const fn is_drift(&self) -> bool {
        matches!(self.disposition, Disposition::Drift)
            || (matches!(self.disposition, Disposition::Undeclared) && self.counted)
    }

    /// The change as it is written out.
    #[must_use]
    pub fn to_change(&self) -> Change {
        let mut change = Change::new(self.path.clone(), self.kind, self.relation, self.disposition);
        change.pointers = self.pointers.clone();
        change.owner = self.owner;
        change.owner_name = self.owner_name.map(str::to_owned);
        change.claims = self.claims.iter().copied().cloned().collect();
        change.rule = self.rule.as_deref().map(str::to_owned);
        change.counted = self.counted;
        change.sensitive = self.sensitive;
        change.desired.clone_from(&self.values.desired);
        change.recorded.clone_from(&self.values.recorded);
        change.actual.clone_from(&self.values.actual);
        change.masked.clone_from(&self.values.masked);
        change.note = self.note.map(str::to_owned);
        change
    }
}
