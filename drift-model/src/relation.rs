//! Which planes hold a resource, and which planes agree on a field: the two truth tables of the model.

use crate::plane::Observed;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Which planes hold the resource at all.
    ///
    /// | desired | recorded | actual | existence | usual answer |
    /// |---|---|---|---|---|
    /// | ✓ | ✓ | ✓ | MANAGED | compare the fields |
    /// | ✓ | ✓ | – | DELETED_OUTSIDE | incident, or recreate |
    /// | ✓ | – | ✓ | UNTRACKED | import |
    /// | ✓ | – | – | NOT_CREATED | wait for the apply |
    /// | – | ✓ | ✓ | PRUNE_PENDING | decide on pruning |
    /// | – | ✓ | – | ORPHANED | remove from the state |
    /// | – | – | ✓ | UNMANAGED | adopt, or incident |
    /// | – | – | – | GONE | close |
    ///
    /// A desired plane that lets the resource go is RELEASED, whatever the others hold. A plane that is unknown makes
    /// it UNDETERMINED. A recorded plane that the system does not keep takes no part.
    pub enum Existence as "existence" {
        /// Declared, recorded (where records are kept) and there.
        Managed = "MANAGED",
        /// Declared and recorded, but gone.
        DeletedOutside = "DELETED_OUTSIDE",
        /// Declared and there, but not recorded.
        Untracked = "UNTRACKED",
        /// Declared, and nowhere else yet.
        NotCreated = "NOT_CREATED",
        /// No longer declared, still recorded and there.
        PrunePending = "PRUNE_PENDING",
        /// A record of nothing.
        Orphaned = "ORPHANED",
        /// There, though nobody declared or recorded it.
        Unmanaged = "UNMANAGED",
        /// In no plane.
        Gone = "GONE",
        /// Declared as no longer managed.
        Released = "RELEASED",
        /// A plane is unknown.
        Undetermined = "UNDETERMINED",
    }
}

impl Existence {
    /// Reads the truth table.
    ///
    /// ```
    /// use drift_model::{Existence, Observed, UnknownReason};
    ///
    /// let (there, gone) = (Observed::Present(()), Observed::Absent);
    /// assert_eq!(Existence::of(&there, &there, &gone), Existence::DeletedOutside);
    /// // Where no records are kept, the recorded plane takes no part.
    /// assert_eq!(Existence::of(&there, &Observed::NotKept, &gone), Existence::NotCreated);
    /// // No result is not an absence.
    /// let unknown = Observed::Unknown(UnknownReason::NotRefreshed);
    /// assert_eq!(Existence::of(&there, &there, &unknown), Existence::Undetermined);
    /// ```
    #[must_use]
    pub fn of<T>(desired: &Observed<T>, recorded: &Observed<T>, actual: &Observed<T>) -> Self {
        // INVARIANT: `None` is a plane that is unknown, `Some(held)` one that is known to hold the resource or not.
        fn holds<T>(plane: &Observed<T>) -> Option<bool> {
            match plane {
                Observed::Present(_) => Some(true),
                Observed::Absent | Observed::NotKept | Observed::Released => Some(false),
                Observed::Unknown(_) => None,
            }
        }
        if matches!(desired, Observed::Released) {
            return Self::Released;
        }
        let (Some(d), Some(r), Some(a)) = (holds(desired), holds(recorded), holds(actual)) else {
            return Self::Undetermined;
        };
        if matches!(recorded, Observed::NotKept) {
            return match (d, a) {
                (true, true) => Self::Managed,
                (true, false) => Self::NotCreated,
                (false, true) => Self::Unmanaged,
                (false, false) => Self::Gone,
            };
        }
        match (d, r, a) {
            (true, true, true) => Self::Managed,
            (true, true, false) => Self::DeletedOutside,
            (true, false, true) => Self::Untracked,
            (true, false, false) => Self::NotCreated,
            (false, true, true) => Self::PrunePending,
            (false, true, false) => Self::Orphaned,
            (false, false, true) => Self::Unmanaged,
            (false, false, false) => Self::Gone,
        }
    }
}

vocabulary! {
    /// Which planes agree on a field. Absence is a value; an unknown makes it UNDETERMINED.
    ///
    /// | partition | relation | reading |
    /// |---|---|---|
    /// | D = R = A | IN_SYNC | nothing to report |
    /// | D = R ≠ A | RUNTIME_CHANGED | the runtime was changed out of band |
    /// | D ≠ R = A | NOT_APPLIED | Git moved on, and is not applied yet |
    /// | D = A ≠ R | STALE_RECORD | the runtime is as declared, the record is old |
    /// | all differ | CONFLICT | both sides moved |
    ///
    /// Where Git is silent on a field that it does not own, D takes no part: R ≠ A is UNDECLARED_CHANGE, a field that A
    /// alone has is UNDECLARED_ADDITION. Without a recorded plane a field is IN_SYNC or DIFFERS.
    pub enum Relation as "relation" {
        /// All planes agree. Not listed among changes, except where they agree only after an equivalence.
        InSync = "IN_SYNC",
        /// D = R ≠ A.
        RuntimeChanged = "RUNTIME_CHANGED",
        /// D ≠ R = A.
        NotApplied = "NOT_APPLIED",
        /// D = A ≠ R.
        StaleRecord = "STALE_RECORD",
        /// All three differ.
        Conflict = "CONFLICT",
        /// Git is silent, record and runtime differ.
        UndeclaredChange = "UNDECLARED_CHANGE",
        /// Only the runtime has it.
        UndeclaredAddition = "UNDECLARED_ADDITION",
        /// Desired and actual differ, and no record is kept.
        Differs = "DIFFERS",
        /// A value that is needed is unknown.
        Undetermined = "UNDETERMINED",
    }
}

impl Relation {
    /// The relation of a declared field whose record is kept, from the three comparisons of its planes.
    #[must_use]
    pub const fn of_declared(desired_is_recorded: bool, recorded_is_actual: bool, desired_is_actual: bool) -> Self {
        match (desired_is_recorded, recorded_is_actual, desired_is_actual) {
            // Two agreements imply the third for any equality; if a comparison were not transitive, "in sync" needs all.
            (true, true, true) => Self::InSync,
            (true, _, false) => Self::RuntimeChanged,
            (false, true, _) => Self::NotApplied,
            (_, false, true) => Self::StaleRecord,
            (false, false, false) => Self::Conflict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnknownReason;

    #[test]
    fn the_existence_table_is_the_one_of_the_docs() {
        let planes = [Observed::Present(()), Observed::Absent];
        let mut words = Vec::new();
        for d in &planes {
            for r in &planes {
                for a in &planes {
                    words.push(Existence::of(d, r, a).word());
                }
            }
        }
        assert_eq!(
            words,
            [
                "MANAGED",
                "DELETED_OUTSIDE",
                "UNTRACKED",
                "NOT_CREATED",
                "PRUNE_PENDING",
                "ORPHANED",
                "UNMANAGED",
                "GONE"
            ]
        );
    }

    #[test]
    fn law_3_no_result_is_not_no_drift_an_unknown_plane_is_never_read_as_absent() {
        let unknown = Observed::Unknown(UnknownReason::Failed);
        let known = [Observed::Present(()), Observed::Absent, Observed::NotKept];
        for x in &known {
            for y in &known {
                assert_eq!(Existence::of(&unknown, x, y), Existence::Undetermined);
                assert_eq!(Existence::of(x, &unknown, y), Existence::Undetermined);
                assert_eq!(Existence::of(x, y, &unknown), Existence::Undetermined);
            }
        }
    }

    #[test]
    fn a_release_wins_over_an_unknown() {
        let unknown = Observed::<()>::Unknown(UnknownReason::Failed);
        assert_eq!(Existence::of(&Observed::Released, &unknown, &unknown), Existence::Released);
    }

    #[test]
    fn the_relation_of_any_three_values_is_that_of_their_partition() {
        for d in 0..3 {
            for r in 0..3 {
                for a in 0..3 {
                    let expected = match (d == r, r == a, d == a) {
                        (true, true, _) => Relation::InSync,
                        (true, false, _) => Relation::RuntimeChanged,
                        (false, true, _) => Relation::NotApplied,
                        (false, false, true) => Relation::StaleRecord,
                        (false, false, false) => Relation::Conflict,
                    };
                    assert_eq!(Relation::of_declared(d == r, r == a, d == a), expected);
                }
            }
        }
    }
}
