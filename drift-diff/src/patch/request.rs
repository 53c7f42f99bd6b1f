//! `Request`: which changes of a delta a patch may settle.

use drift_model::{ChangeKind, Disposition, Document, Existence, FieldPath, Relation, Step, UnknownReason};
use serde_json::Value;

use super::edits::{Edit, place_at, value_at, views};
use super::write::is_empty;
use super::{Mandate, PatchKind, Why};
use crate::delta::{ChangeOf, Delta, FieldChange};
use crate::equivalence::equal;
use crate::list::Slot;
use crate::place::{DESIRED, RECORDED};

/// Why not, and what is unknown about it.
pub(super) type Refusal = (Why, Option<UnknownReason>);

/// What is asked of every change.
pub(super) struct Request<'r, 'a> {
    pub(super) delta: &'r Delta<'a>,
    pub(super) kind: PatchKind,
    pub(super) mandate: &'r Mandate,
    /// Why no record may be refreshed, if none may.
    pub(super) unproven: Option<Refusal>,
}

impl<'a> Request<'_, 'a> {
    /// What settles the change, or why it is left.
    pub(super) fn answer(
        &self,
        change: &FieldChange<'a>,
        chosen: impl Fn(&FieldChange<'a>) -> bool,
    ) -> Result<Edit, Refusal> {
        match change.disposition {
            Disposition::OwnedBy => return Err((Why::OwnedBy, None)),
            Disposition::Equivalent => return Err((Why::Equivalent, None)),
            Disposition::Ignored => return Err((Why::Ignored, None)),
            Disposition::Undetermined => return Err((Why::Undetermined, change.unknown)),
            Disposition::Pending | Disposition::Undeclared | Disposition::Drift => {}
        }
        let whole = if change.path.is_root() { self.whole_resource(change) } else { None };
        if let Some(why) = whole {
            Err((why, None))
        } else if !chosen(change) {
            Err((Why::NotChosen, None))
        } else if !self.mandate.covers(&change.path) {
            Err((Why::OutsideMandate, None))
        } else if self.document(self.kind.target()).is_none() {
            Err((Why::NoDocument, None))
        } else {
            self.by_relation(change.relation)?;
            self.by_values(change)
        }
    }

    /// The deed that a change of the whole resource asks for, which is none for a patch of fields.
    fn whole_resource(&self, change: &FieldChange<'_>) -> Option<Why> {
        use PatchKind::{Accept, Refresh, Revert};
        if change.of == ChangeOf::Resource {
            return Some(if self.kind == Revert { Why::NeedsReplacement } else { Why::AlreadySo });
        }
        Some(match (self.delta.existence, self.kind) {
            (Existence::DeletedOutside, Revert) => Why::NeedsCreate,
            (Existence::DeletedOutside, Accept) => Why::NeedsDelete,
            (Existence::DeletedOutside, Refresh) => Why::RuntimeIsWrong,
            (Existence::NotCreated, Revert) => Why::NeedsCreate,
            (Existence::NotCreated, Accept) => Why::NeedsDelete,
            (Existence::NotCreated, Refresh) => Why::AlreadySo,
            (Existence::PrunePending, Revert) => Why::NeedsDelete,
            (Existence::PrunePending, Accept) => Why::NeedsCreate,
            (Existence::PrunePending, Refresh) => Why::AlreadySo,
            (Existence::Unmanaged, Revert) => Why::NeedsDelete,
            (Existence::Unmanaged, Accept) => Why::NeedsCreate,
            (Existence::Unmanaged, Refresh) => Why::RuntimeIsWrong,
            (Existence::Orphaned, Revert | Accept) => Why::AlreadySo,
            (Existence::Orphaned, Refresh) => Why::NeedsDelete,
            // The fields are compared as well, and their root may differ.
            (Existence::Untracked, _) if change.kind != ChangeKind::Added => return None,
            (Existence::Untracked, Revert | Accept) => Why::AlreadySo,
            (Existence::Untracked, Refresh) => Why::NeedsImport,
            (Existence::Managed | Existence::Gone | Existence::Released | Existence::Undetermined, _) => return None,
        })
    }

    /// May a change of this relation be settled on this plane?
    fn by_relation(&self, relation: Relation) -> Result<(), Refusal> {
        match (self.kind, relation) {
            (PatchKind::Revert | PatchKind::Accept, Relation::StaleRecord | Relation::InSync) => {
                Err((Why::AlreadySo, None))
            }
            (PatchKind::Revert | PatchKind::Accept, _) => Ok(()),
            (PatchKind::Refresh, Relation::NotApplied | Relation::InSync) => Err((Why::AlreadySo, None)),
            (PatchKind::Refresh, Relation::RuntimeChanged | Relation::Conflict | Relation::Differs) => {
                Err((Why::RuntimeIsWrong, None))
            }
            (
                PatchKind::Refresh,
                Relation::StaleRecord
                | Relation::UndeclaredChange
                | Relation::UndeclaredAddition
                | Relation::Undetermined,
            ) => self.unproven.map_or(Ok(()), Err),
        }
    }

    /// Can the value be written, and is there a place for it?
    fn by_values(&self, change: &FieldChange<'_>) -> Result<Edit, Refusal> {
        let source = self.kind.source(change.relation);
        let in_part = match self.kind {
            PatchKind::Accept => self.is_part_of_the_undeclared(change),
            PatchKind::Revert => source == RECORDED && self.is_in_a_declared_position(change),
            PatchKind::Refresh => false,
        };
        if in_part {
            return Err((Why::Part, None));
        }
        let value_in =
            |plane: usize| self.document(plane).and_then(|document| value_at(change, plane, document.value()));
        let (value, there) = (value_in(source), value_in(self.kind.target()));
        if change.kind == ChangeKind::Reordered {
            // What is not there has no order, and gives none.
            let both = [value, there].into_iter().all(|list| list.is_some_and(Value::is_array));
            return if both { Ok(Edit::Order(source)) } else { Err((Why::Part, None)) };
        }
        self.by_what_is_known(change, source, value)?;
        if there.is_some() && is_key(&change.path) {
            return Err((Why::Key, None));
        }
        let same = match (value, there) {
            (Some(value), Some(there)) => equal(value, there).is_same(),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if same { Err((Why::AlreadySo, None)) } else { Ok(Edit::Put(source)) }
    }

    /// Is all of the value known that is to be written?
    fn by_what_is_known(&self, change: &FieldChange<'_>, source: usize, value: Option<&Value>) -> Result<(), Refusal> {
        let planes = self.delta.compared.0;
        let complete =
            [&planes.desired, &planes.recorded, &planes.actual].get(source).is_none_or(|plane| plane.complete);
        // What a part of a plane does not say, nobody knows: not its absence, and not what else is in an object.
        if !complete && value.is_none_or(|value| value.is_object() || value.is_array()) {
            return Err((Why::Undetermined, Some(UnknownReason::Partial)));
        }
        let Some(marks) = self.document(source).map(Document::marks).filter(|marks| marks.leave_doubt()) else {
            return Ok(());
        };
        let views = views(change, source);
        let (at, beneath) = (marks.at(&views), marks.beneath(&views));
        if at.unknown || beneath.unknown {
            Err((Why::Undetermined, Some(UnknownReason::NotYetKnown)))
        } else if at.unobservable || beneath.unobservable {
            Err((Why::Undetermined, Some(UnknownReason::NotObserved)))
        } else {
            Ok(())
        }
    }

    /// Is this a part of something that Git says nothing of, and that it cannot declare in part?
    fn is_part_of_the_undeclared(&self, change: &FieldChange<'_>) -> bool {
        let within = change.path.steps().len().saturating_sub(1);
        let lacks_item = |(_, slot): &(usize, Slot)| slot.get(DESIRED).copied().flatten().is_none();
        change.elements.iter().any(|element| {
            let (depth, _) = element;
            lacks_item(element)
                && (*depth < within || is_by_position(change, *depth) && !self.declares_at(change, *depth))
        })
    }

    /// Is this in a list that Git declares, in an item that is known by its position alone? What the record has at that
    /// position need not be the same item.
    fn is_in_a_declared_position(&self, change: &FieldChange<'_>) -> bool {
        change.elements.iter().any(|(depth, _)| is_by_position(change, *depth) && self.declares_at(change, *depth))
    }

    /// Does Git declare something, so many steps on the way to the change?
    fn declares_at(&self, change: &FieldChange<'_>, depth: usize) -> bool {
        let desired = self.document(DESIRED);
        desired
            .and_then(|desired| place_at(change, depth, DESIRED, desired.value()))
            .is_some_and(|value| !value.is_null())
    }

    /// Will desired and actual agree, and the record not?
    pub(super) fn leaves_record_stale(&self, change: &FieldChange<'_>) -> bool {
        self.relation_leaves_record_stale(change)
            || self.kind != PatchKind::Refresh && self.is_in_the_unrecorded(change)
    }

    /// Is something that the place is in there without being recorded, or recorded (as empty) without being there?
    fn is_in_the_unrecorded(&self, change: &FieldChange<'_>) -> bool {
        let source = self.kind.source(change.relation);
        let at = |plane: usize, depth: usize| {
            let value = self.document(plane).and_then(|document| place_at(change, depth, plane, document.value()));
            value.filter(|value| !value.is_null())
        };
        self.document(RECORDED).is_some()
            && (0..change.path.steps().len()).any(|depth| match (at(source, depth), at(RECORDED, depth)) {
                (Some(_), None) => true,
                (None, recorded) => self.kind == PatchKind::Accept && is_empty(recorded),
                (Some(_), Some(_)) => false,
            })
    }

    fn relation_leaves_record_stale(&self, change: &FieldChange<'_>) -> bool {
        match (self.kind, change.relation) {
            (PatchKind::Revert, Relation::NotApplied | Relation::Conflict) => true,
            (PatchKind::Accept, Relation::RuntimeChanged | Relation::Conflict | Relation::UndeclaredChange) => true,
            (PatchKind::Accept, Relation::UndeclaredAddition) => self.document(RECORDED).is_some(),
            (
                PatchKind::Revert,
                Relation::InSync
                | Relation::RuntimeChanged
                | Relation::StaleRecord
                | Relation::UndeclaredChange
                | Relation::UndeclaredAddition
                | Relation::Differs
                | Relation::Undetermined,
            )
            | (
                PatchKind::Accept,
                Relation::InSync
                | Relation::NotApplied
                | Relation::StaleRecord
                | Relation::Differs
                | Relation::Undetermined,
            )
            | (PatchKind::Refresh, _) => false,
        }
    }

    fn document(&self, plane: usize) -> Option<&Document> {
        let planes = self.delta.compared.0;
        [&planes.desired, &planes.recorded, &planes.actual].get(plane)?.observed.present()
    }
}

/// Is the list item at this step of the path known by its position?
fn is_by_position(change: &FieldChange<'_>, depth: usize) -> bool {
    matches!(change.path.steps().get(depth), Some(Step::Index(_)))
}

/// Is this a key field of a list item?
fn is_key(path: &FieldPath) -> bool {
    match path.steps() {
        [.., Step::Key(keys), Step::Field(name)] => keys.iter().any(|(key, _)| key == name),
        _ => false,
    }
}
