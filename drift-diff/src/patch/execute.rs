//! The executable side of a patch: the only ways by which its values leave it.

use std::fmt;

use drift_model::{FieldPath, Plane};
use json_patch::jsonptr::{Pointer, PointerBuf};
use json_patch::{PatchErrorKind as Rfc6902Error, PatchOperation};
use serde_json::Value;

use super::Patch;

impl Patch {
    /// The plane that the patch changes.
    #[must_use]
    pub const fn plane(&self) -> Plane {
        self.kind.plane()
    }

    /// Is there nothing to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Applies the patch to the document of its plane: all of it, or nothing.
    ///
    /// # Errors
    ///
    /// [`PatchError`] where the document is not the one that was compared any more, at a place that matters. It is not
    /// touched then.
    pub fn apply(&self, document: &mut Value) -> Result<(), PatchError> {
        for (operation, absent) in self.absent() {
            let error = |kind| PatchError { operation, pointer: absent.as_str().to_owned(), kind };
            let parent = absent.parent().and_then(|parent| document.pointer(parent.as_str()));
            if !parent.is_some_and(Value::is_object) {
                return Err(error(PatchErrorKind::Missing));
            }
            if document.pointer(absent.as_str()).is_some() {
                return Err(error(PatchErrorKind::Occupied));
            }
        }
        json_patch::patch(document, &self.operations).map_err(|error| PatchError {
            operation: error.operation,
            pointer: error.path.as_str().to_owned(),
            kind: match error.kind {
                Rfc6902Error::TestFailed => PatchErrorKind::Moved,
                _ => PatchErrorKind::Missing,
            },
        })
    }

    /// The operations with their values, to be sent to where the plane is kept. Whatever is done with them: they print and
    /// serialize what they hold.
    ///
    /// RFC 6902 cannot test that a member is absent: an `add` to an object overwrites what has come there since, which
    /// [`apply`](Self::apply) does not let happen. Where the server has a version to test for, add such a guard
    /// (`/metadata/resourceVersion` in Kubernetes).
    #[must_use]
    pub fn into_operations(self) -> json_patch::Patch {
        json_patch::Patch(self.operations)
    }

    /// The operations, each with whether its value may be shown.
    pub(super) fn operations(&self) -> impl Iterator<Item = (&PatchOperation, bool)> {
        self.operations.iter().zip(self.secret.iter().map(|secret| !secret))
    }

    /// The members that are added, with the position of the operation.
    fn absent(&self) -> impl Iterator<Item = (usize, &Pointer)> {
        let mut absent = self.absent.iter().map(PointerBuf::as_ref).peekable();
        self.operations.iter().enumerate().filter_map(move |(index, operation)| match operation {
            PatchOperation::Add(add) => {
                absent.next_if(|pointer: &&Pointer| add.path.as_str() == pointer.as_str()).map(|p| (index, p))
            }
            _ => None,
        })
    }
}

impl fmt::Debug for Patch {
    /// Which paths and why, and how many operations; no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settles: Vec<&FieldPath> = self.settles.iter().map(|settled| &settled.path).collect();
        f.debug_struct("Patch")
            .field("kind", &self.kind)
            .field("settles", &settles)
            .field("left", &self.left)
            .field("operations", &self.operations.len())
            .finish_non_exhaustive()
    }
}

/// A document that a patch was not made for: it has moved on since it was compared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("operation {operation} of the patch at `{pointer}`: {kind}; compare again")]
#[non_exhaustive]
pub struct PatchError {
    /// The position of the operation that found it.
    pub operation: usize,
    /// The place, as an RFC 6901 pointer.
    pub pointer: String,
    /// What is there.
    pub kind: PatchErrorKind,
}

/// What a patch found instead of what was compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PatchErrorKind {
    /// Another value.
    #[error("another value has come there")]
    Moved,
    /// No such place.
    #[error("there is no such place")]
    Missing,
    /// A value where there was none.
    #[error("a value has come where there was none")]
    Occupied,
}
