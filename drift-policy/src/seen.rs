//! `Seen`: a change as the comparison found it, or as somebody wrote it down. The tables and the gates ask both alike.

use drift_diff::FieldChange;
use drift_model::{Change, Disposition, FieldPath, OwnerKind, Relation};

use crate::table::Case;

/// A change, found or written.
#[derive(Clone, Copy)]
pub(crate) enum Seen<'a> {
    Found(&'a FieldChange<'a>),
    Written(&'a Change),
}

impl<'a> Seen<'a> {
    pub(crate) const fn path(self) -> &'a FieldPath {
        match self {
            Self::Found(change) => &change.path,
            Self::Written(change) => &change.path,
        }
    }

    pub(crate) const fn relation(self) -> Relation {
        match self {
            Self::Found(change) => change.relation,
            Self::Written(change) => change.relation,
        }
    }

    pub(crate) const fn owner(self) -> OwnerKind {
        match self {
            Self::Found(change) => change.owner,
            Self::Written(change) => change.owner,
        }
    }

    pub(crate) const fn is_sensitive(self) -> bool {
        match self {
            Self::Found(change) => change.sensitive,
            Self::Written(change) => change.sensitive,
        }
    }

    pub(crate) const fn is_drift(self) -> bool {
        match self {
            Self::Found(change) => change.is_drift(),
            Self::Written(change) => change.is_drift(),
        }
    }

    /// Is there something to be decided: drift, what is pending, and what would be drift if nothing excused it?
    pub(crate) const fn is_worth_a_finding(self) -> bool {
        let (disposition, would_be_drift) = match self {
            Self::Found(change) => (change.disposition, change.would_be_drift),
            Self::Written(change) => (change.disposition, true),
        };
        let excused = match disposition {
            Disposition::Undetermined => return false,
            Disposition::Pending => return true,
            Disposition::Equivalent | Disposition::OwnedBy | Disposition::Ignored => true,
            Disposition::Undeclared | Disposition::Drift => false,
        };
        self.is_drift() || (excused && would_be_drift)
    }

    /// The pointer that a finding names: in actual, or in desired where actual has none.
    pub(crate) fn changed_field(self) -> String {
        let pointers = match self {
            Self::Found(change) => &change.pointers,
            Self::Written(change) => &change.pointers,
        };
        let pointers = [&pointers.actual, &pointers.desired, &pointers.recorded];
        pointers.into_iter().flatten().next().cloned().unwrap_or_default()
    }

    pub(crate) fn to_change(self) -> Change {
        match self {
            Self::Found(change) => change.to_change(),
            Self::Written(change) => change.clone(),
        }
    }

    /// The case, about this change.
    pub(crate) fn in_case(self, case: Case<'a>) -> Case<'a> {
        match self {
            Self::Found(change) => case.of_change(change),
            Self::Written(change) => case.of_written_change(change),
        }
    }
}
