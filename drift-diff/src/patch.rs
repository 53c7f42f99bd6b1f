//! `Patch`: what would make one plane of a resource as another, for the changes that may be settled so.
//!
//! Built on request from a [`Delta`], in four steps: each change is asked whether it may be settled at all (`request`),
//! those that may become edits of one tree (`edits`), the tree becomes guards and operations (`write`), and where an item is
//! added to a list, its neighbours decide the position (`sequence`).

mod apply_body;
mod edits;
mod execute;
mod mandate;
mod request;
mod sequence;
mod shown;
mod write;

use drift_model::{ChangeKind, Disposition, FieldPath, Plane, Relation, UnknownReason, vocabulary};
use json_patch::PatchOperation;
use json_patch::jsonptr::PointerBuf;
use serde::{Deserialize, Serialize};

pub use self::apply_body::{ApplyBody, LeftOut, NoApplyBody};
use self::edits::Edits;
pub use self::execute::{PatchError, PatchErrorKind};
pub use self::mandate::Mandate;
use self::request::{Refusal, Request};
pub use self::shown::{ShownOperation, ShownPatch};
use self::write::Writer;
use crate::delta::{Delta, FieldChange};
use crate::place::{ACTUAL, DESIRED, RECORDED};

vocabulary! {
    /// Which plane is made like which.
    pub enum PatchKind as "kind of patch" {
        /// The actual plane like the desired one; where Git is silent, like the recorded one.
        Revert = "REVERT",
        /// The desired plane like the actual one: a change to Git.
        Accept = "ACCEPT",
        /// The recorded plane like the actual one.
        Refresh = "REFRESH",
    }
}

impl PatchKind {
    /// The plane that the patch changes.
    #[must_use]
    pub const fn plane(self) -> Plane {
        match self {
            Self::Revert => Plane::Actual,
            Self::Accept => Plane::Desired,
            Self::Refresh => Plane::Recorded,
        }
    }

    const fn target(self) -> usize {
        match self {
            Self::Revert => ACTUAL,
            Self::Accept => DESIRED,
            Self::Refresh => RECORDED,
        }
    }

    /// The plane that has the value for a change of this relation.
    const fn source(self, relation: Relation) -> usize {
        match self {
            Self::Revert if matches!(relation, Relation::UndeclaredChange) => RECORDED,
            Self::Revert => DESIRED,
            Self::Accept | Self::Refresh => ACTUAL,
        }
    }
}

vocabulary! {
    /// Why a change is left as it is.
    pub enum Why as "reason" {
        /// It belongs to somebody else than Git.
        OwnedBy = "OWNED_BY",
        /// The values mean the same.
        Equivalent = "EQUIVALENT",
        /// An ignore rule covers it.
        Ignored = "IGNORED",
        /// A value is unknown, or can be written by nobody: a plane, a part of it, or something below the place.
        Undetermined = "UNDETERMINED",
        /// Nobody asked for it. Unless a caller chooses, what is drift is asked for.
        NotChosen = "NOT_CHOSEN",
        /// The mandate does not cover it, or denies something at or below it.
        OutsideMandate = "OUTSIDE_MANDATE",
        /// The plane lacks the whole resource: to create it is no patch of fields.
        NeedsCreate = "NEEDS_CREATE",
        /// The plane has a resource that should not be there: to delete it is no patch of fields.
        NeedsDelete = "NEEDS_DELETE",
        /// The resource is not sound as it is: another has to take its place, which is no patch of fields.
        NeedsReplacement = "NEEDS_REPLACEMENT",
        /// The resource is declared and there, and not recorded: it is to be imported.
        NeedsImport = "NEEDS_IMPORT",
        /// There is no document to patch: this system keeps no such plane.
        NoDocument = "NO_DOCUMENT",
        /// The plane already is as it should be; another one is not.
        AlreadySo = "ALREADY_SO",
        /// A record is refreshed where the runtime is as declared, and nowhere else.
        RuntimeIsWrong = "RUNTIME_IS_WRONG",
        /// Git says nothing of the list item that it is in, or of the list whose items are known by their position, and
        /// cannot declare a part of it: the rest would be declared absent, or missing. And what a record has within an item
        /// that is known by its position is no part of the item that Git declares there.
        Part = "PART",
        /// It is a key of the list item that it is in: the item goes as a whole, or stays.
        Key = "KEY",
    }
}

/// What makes one plane of a resource as another, where that may be done: an RFC 6902 patch with guards, the changes that it
/// settles, and for every other change of the delta why it is left.
///
/// This is the executable form. It holds real values, secrets among them, and prints and serializes none of them:
/// [`shown`](Self::shown) is the form for people and evidence. The values leave it by [`apply`](Self::apply) and
/// [`into_operations`](Self::into_operations) alone.
///
/// All guards (`test`) come first and speak of the document as it was compared: what is replaced or removed must still be
/// there with its value, and an item of a keyed list under its key at its position. A list that gets an item, and one whose
/// items are known by their position alone, must be the same as a whole. So an item is never hit by a stale index, and a
/// document that has moved on is not touched.
///
/// ```
/// use drift_diff::{Comparer, Mandate, Rules};
/// use drift_model::{Facts, Observation, PlaneState, Planes, ResourceRef};
/// use serde_json::json;
///
/// let mut live = json!({"data": {"mode": "debug", "level": "3"}, "metadata": {"uid": "6f2c"}});
/// let planes = Planes::new(PlaneState::present(json!({"data": {"mode": "live"}})), PlaneState::present(live.clone()));
/// let observation = Observation::new("obs-1", ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "app"), planes);
/// let comparer = Comparer::compile(&Rules::default()).unwrap();
/// let delta = comparer.compare(&observation, &Facts::default());
///
/// let patch = delta.revert(&Mandate::everything());
/// assert_eq!(patch.shown().to_string(), "test /data/mode \"debug\"\nreplace /data/mode \"live\"\n");
/// patch.apply(&mut live)?;
/// assert_eq!(live, json!({"data": {"mode": "live", "level": "3"}, "metadata": {"uid": "6f2c"}}));
/// // The guard does not let it through twice, and what it leaves says why.
/// assert!(patch.apply(&mut live).is_err());
/// let left: Vec<_> = patch.left.iter().map(|left| format!("{} {}", left.path, left.why)).collect();
/// assert_eq!(left, ["/data/level NOT_CHOSEN", "/metadata/uid OWNED_BY"]);
/// # Ok::<(), drift_diff::PatchError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Patch {
    /// Which plane is made like which.
    pub kind: PatchKind,
    /// The changes that are settled once the patch is applied, sorted by path.
    pub settles: Vec<Settled>,
    /// All other changes of the delta, sorted by path.
    pub left: Vec<Left>,
    /// Guards first.
    operations: Vec<PatchOperation>,
    /// For each operation, whether its value must not be shown.
    secret: Vec<bool>,
    /// Members that are added, so must not be there yet. RFC 6902 cannot test for that.
    absent: Vec<PointerBuf>,
}

/// A change that a patch settles.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Settled {
    /// The change, by its path.
    pub path: FieldPath,
    /// What happened there. A list may have changed and have another order besides.
    pub kind: ChangeKind,
    /// Which planes agree before.
    pub relation: Relation,
    /// Desired and actual agree afterwards; does the record still say something else of the place, or of what it is in,
    /// until it is refreshed?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale_record: bool,
}

/// A change that a patch leaves.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Left {
    /// The change, by its path.
    pub path: FieldPath,
    /// What happened there. A list may have changed and have another order besides.
    pub kind: ChangeKind,
    /// Why.
    pub why: Why,
    /// With UNDETERMINED, what is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<UnknownReason>,
}

impl<'a> Delta<'a> {
    /// The patch of the actual document that makes it as declared, for what is drift.
    #[must_use]
    pub fn revert(&self, mandate: &Mandate) -> Patch {
        self.patch(PatchKind::Revert, mandate, FieldChange::is_drift)
    }

    /// The patch of the desired document that makes it as it runs, for what is drift: a change to Git.
    ///
    /// The document is what Git renders to. Where it is made from a template, the patch says what has to come out.
    #[must_use]
    pub fn accept(&self, mandate: &Mandate) -> Patch {
        self.patch(PatchKind::Accept, mandate, FieldChange::is_drift)
    }

    /// The patch of the recorded document that makes it as it runs, for what is drift.
    ///
    /// Empty as long as the runtime of the resource is wrong anywhere, or may be (law 7). What runs and is accepted goes to
    /// Git first; then the record is stale, and can be refreshed.
    #[must_use]
    pub fn refresh(&self, mandate: &Mandate) -> Patch {
        self.patch(PatchKind::Refresh, mandate, FieldChange::is_drift)
    }

    /// A patch for the changes that the caller chooses, among those that may be settled at all: what is OWNED_BY, EQUIVALENT,
    /// IGNORED or UNDETERMINED never is.
    #[must_use]
    pub fn patch(&self, kind: PatchKind, mandate: &Mandate, chosen: impl Fn(&FieldChange<'a>) -> bool) -> Patch {
        let request = Request { delta: self, kind, mandate, unproven: self.runtime_is_wrong() };
        let mut edits = Edits::default();
        let (mut settles, mut left) = (Vec::new(), Vec::new());
        for change in &self.changes {
            let answer = request.answer(change, &chosen);
            edits.insert(change, answer.ok());
            match answer {
                Ok(_) => settles.push(Settled {
                    path: change.path.clone(),
                    kind: change.kind,
                    relation: change.relation,
                    stale_record: request.leaves_record_stale(change),
                }),
                Err((why, unknown)) => left.push(Left { path: change.path.clone(), kind: change.kind, why, unknown }),
            }
        }
        Writer::new(kind, self.compared.0).write(&edits, settles, left)
    }

    /// Why no record may be refreshed, if none may.
    fn runtime_is_wrong(&self) -> Option<Refusal> {
        let wrong = self.changes.iter().any(|change| change.is_drift() && change.relation != Relation::StaleRecord);
        // What nobody can tell may be wrong.
        let unknown = || self.changes.iter().find(|change| change.disposition == Disposition::Undetermined);
        if wrong {
            Some((Why::RuntimeIsWrong, None))
        } else {
            unknown().map(|change| (Why::Undetermined, change.unknown))
        }
    }
}
