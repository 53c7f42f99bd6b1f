//! `NoLines`: why a change cannot be shown as lines.

/// Why a change cannot be shown as lines. The reader goes on: "cannot be shown as lines, because …".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoLines {
    /// The place is written on one line, as `[a, b]` or `{a: b}`.
    #[error("line {line} is written in flow style")]
    Flow {
        /// The line, from 1.
        line: usize,
    },
    /// An anchor, an alias, a tag or a merge key stands there: what a line says depends on other lines.
    #[error("line {line} has an anchor, an alias, a tag or a merge key")]
    Anchor {
        /// The line, from 1.
        line: usize,
    },
    /// A text over several lines stands there.
    #[error("line {line} begins a text over several lines")]
    SeveralLines {
        /// The line, from 1.
        line: usize,
    },
    /// A key stands twice in one mapping.
    #[error("line {line} has a key that stands twice")]
    DuplicateKey {
        /// The line, from 1.
        line: usize,
    },
    /// Tabs where spaces are expected.
    #[error("line {line} is indented with tabs")]
    Tab {
        /// The line, from 1.
        line: usize,
    },
    /// Something that the editor does not understand.
    #[error("line {line} is not understood")]
    NotUnderstood {
        /// The line, from 1.
        line: usize,
    },
    /// The file does not have the place.
    #[error("the file has no `{pointer}`")]
    NoPlace {
        /// The place.
        pointer: String,
    },
    /// The file says something else than the finding says that it declares: it moved on.
    #[error("the file moved on: at `{pointer}` it no longer says what the finding says")]
    MovedOn {
        /// The place.
        pointer: String,
    },
    /// The file has not so many documents.
    #[error("the file has no such document")]
    NoDocument,
    /// It is nested too deep.
    #[error("it is nested more than 256 levels deep")]
    TooDeep,
    /// It would be too much work.
    #[error("the file and the patch are too large")]
    TooLarge,
    /// Its last line has no line break, and ends a text whose line breaks count.
    #[error("the file does not end with a line break")]
    NoLastBreak,
    /// A line that would be shown holds a secret.
    #[error("a line holds a secret")]
    Secret,
    /// The document would have nothing left.
    #[error("nothing would be left in the document")]
    Emptied,
    /// Nobody has said what is secret, and the finding does not hold what would be shown as removed.
    #[error("nobody has said what is secret, and the finding does not hold what is at `{pointer}`")]
    Unseen {
        /// The place.
        pointer: String,
    },
    /// Nothing of it can be put into the desired state by a machine.
    #[error("nothing is left that could be")]
    Nothing,
}

impl NoLines {
    /// A stable name for the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Flow { .. } => "flow-style",
            Self::Anchor { .. } => "anchor",
            Self::SeveralLines { .. } => "several-lines",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::Tab { .. } => "tab",
            Self::NotUnderstood { .. } => "not-understood",
            Self::NoPlace { .. } => "no-place",
            Self::MovedOn { .. } => "moved-on",
            Self::NoDocument => "no-document",
            Self::TooDeep => "too-deep",
            Self::TooLarge => "too-large",
            Self::NoLastBreak => "no-last-break",
            Self::Secret => "secret",
            Self::Emptied => "emptied",
            Self::Unseen { .. } => "unseen",
            Self::Nothing => "nothing",
        }
    }
}
