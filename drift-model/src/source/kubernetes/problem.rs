//! `Problem`: what a reader of Kubernetes documents could not make use of.

use super::object::Place;
use crate::read::ReadError;
use crate::resource::ResourceRef;
use crate::source::managed_fields::ManagedFieldsError;

/// Something in the documents that could not be used, or not as it stands. Everything beside it is still answered.
///
/// It says where, what, and what now, and never repeats a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}: {kind}")]
#[non_exhaustive]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What.
    pub kind: ProblemKind,
}

impl Problem {
    /// A stable name for the problem.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.kind {
            ProblemKind::NotAnObject => "not-an-object",
            ProblemKind::ApiVersion => "no-api-version",
            ProblemKind::Kind => "no-kind",
            ProblemKind::Name { .. } => "no-name",
            ProblemKind::Namespace { .. } => "bad-namespace",
            ProblemKind::Items => "bad-list",
            ProblemKind::TooDeep => "too-deep",
            ProblemKind::Duplicate { .. } => "duplicate",
            ProblemKind::NoNamespace { .. } => "no-namespace",
            ProblemKind::VersionDiffers { .. } => "version-differs",
            ProblemKind::LastApplied { .. } => "last-applied-unreadable",
            ProblemKind::LastAppliedOfAnother { .. } => "last-applied-of-another",
            ProblemKind::ManagedFields { .. } => "managed-fields-unreadable",
        }
    }

    /// Is a document left out because of it? The others are warnings: the resource is still answered.
    #[must_use]
    pub const fn loses_object(&self) -> bool {
        match &self.kind {
            ProblemKind::NotAnObject
            | ProblemKind::ApiVersion
            | ProblemKind::Kind
            | ProblemKind::Name { .. }
            | ProblemKind::Namespace { .. }
            | ProblemKind::Items
            | ProblemKind::TooDeep
            | ProblemKind::Duplicate { .. } => true,
            ProblemKind::NoNamespace { .. }
            | ProblemKind::VersionDiffers { .. }
            | ProblemKind::LastApplied { .. }
            | ProblemKind::LastAppliedOfAnother { .. }
            | ProblemKind::ManagedFields { .. } => false,
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The document is no object.
    #[error("expected an object with `apiVersion`, `kind` and `metadata.name`")]
    NotAnObject,
    /// It has no API version.
    #[error("expected an API version such as `v1` or `apps/v1`, as text at `/apiVersion`")]
    ApiVersion,
    /// It has no kind.
    #[error("expected a kind as text at `/kind`")]
    Kind,
    /// It has no name.
    #[error(
        "expected a name as text at `/metadata/name`; an object that has only `generateName` cannot be found again"
    )]
    Name {
        /// Its group and kind.
        of: (String, String),
    },
    /// Its namespace is no text.
    #[error("expected a namespace as text at `/metadata/namespace`")]
    Namespace {
        /// Its group and kind.
        of: (String, String),
    },
    /// The items of a list are no list.
    #[error("expected a list at `/items`")]
    Items,
    /// Lists within lists within lists.
    #[error("TOO_DEEP: expected lists nested less deeply")]
    TooDeep,
    /// The same object twice on one side.
    #[error("`{resource}` is there already, in {first}, which is used; remove one of the two")]
    Duplicate {
        /// The object.
        resource: Box<ResourceRef>,
        /// Where it stands first.
        first: Place,
    },
    /// A namespaced object without a namespace, and no default namespace.
    #[error("`{resource}` names no namespace; name one there, or give the reader a default namespace")]
    NoNamespace {
        /// The object.
        resource: Box<ResourceRef>,
    },
    /// The sides are of different API versions.
    #[error(
        "`{resource}` is declared as version `{declared}` and observed as `{observed}`; observe the declared version"
    )]
    VersionDiffers {
        /// The object.
        resource: Box<ResourceRef>,
        /// The declared version.
        declared: String,
        /// The observed version.
        observed: String,
    },
    /// The last-applied annotation is no object in JSON.
    #[error("the last-applied annotation of `{resource}` is no use as a record: {error}; apply the object again")]
    LastApplied {
        /// The object.
        resource: Box<ResourceRef>,
        /// Where the annotation's own text goes wrong.
        error: ReadError,
    },
    /// The last-applied annotation describes another object.
    #[error(
        "the last-applied annotation of `{resource}` describes another object: was it copied? apply the object again"
    )]
    LastAppliedOfAnother {
        /// The object.
        resource: Box<ResourceRef>,
    },
    /// Managed fields are unreadable.
    #[error("the managed fields of `{resource}` excuse nothing: {error}")]
    ManagedFields {
        /// The object.
        resource: Box<ResourceRef>,
        /// What is wrong with them.
        error: ManagedFieldsError,
    },
}
