//! What is wrong with a document that was handed over as a schema.

/// A document that is no schema of the kind that was asked for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{document} at {pointer:?}: {message}; {help}")]
#[non_exhaustive]
pub struct SchemaError {
    /// What the document was handed over as: `CustomResourceDefinition` or `provider schemas`.
    pub document: &'static str,
    /// Where in it, as a JSON Pointer.
    pub pointer: String,
    /// A stable name for the error.
    pub code: &'static str,
    /// What is wrong.
    pub message: &'static str,
    /// What to do about it.
    pub help: &'static str,
}
