//! `Diagnostics`: everything that is to be said about a set of documents, each with its place, a stable name and advice.

use std::fmt;

use serde::Serialize;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "a problem stops the documents or it does not")]
pub enum Severity {
    /// The documents cannot be used.
    Error,
    /// The documents can be used, and probably do not say what was meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One problem of a document that somebody wrote.
///
/// It quotes from authored documents only, shortened, and never from what was observed.
///
/// ```
/// use drift_policy::{Diagnostic, Severity};
///
/// let problem = Diagnostic::new(Severity::Error, "missing-field", "mesh", "/spec", "the field `owner` is missing")
///     .with_help("add `owner`");
/// assert_eq!(problem.to_string(), "error[missing-field] mesh /spec: the field `owner` is missing\n  help: add `owner`");
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name for the problem, for machines.
    pub code: &'static str,
    /// `metadata.name` of the document; the name of its place where it has none.
    pub document: String,
    /// Where in the document, as a JSON Pointer (RFC 6901). The empty pointer is the whole document, and is not printed.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem at this place, without advice.
    #[must_use]
    pub fn new(
        severity: Severity,
        code: &'static str,
        document: impl Into<String>,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let (document, pointer, message) = (document.into(), pointer.into(), message.into());
        Self { severity, code, document, pointer, message, help: None }
    }

    /// The same, with advice.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}] {}", self.severity, self.code, self.document)?;
        if !self.pointer.is_empty() {
            write!(f, " {}", self.pointer)?;
        }
        write!(f, ": {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// All problems of a set of documents, in document order.
///
/// It prints one problem after the other; a problem with advice takes two lines.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Is any of them an error?
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|found| found.severity == Severity::Error)
    }

    /// The problems, in document order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.found.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Is there nothing to be said?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, found) in self.found.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            found.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(found: I) -> Self {
        Self { found: found.into_iter().collect() }
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, found: I) {
        self.found.extend(found);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}

impl<'d> IntoIterator for &'d Diagnostics {
    type Item = &'d Diagnostic;
    type IntoIter = std::slice::Iter<'d, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Diagnostics {
        [
            Diagnostic::new(Severity::Error, "empty-list", "mesh", "/spec/paths", "the list is empty")
                .with_help("add one"),
            Diagnostic::new(Severity::Warning, "not-used", "file.yaml#2", "", "an assessment does not use it yet"),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn problems_print_one_after_the_other_with_their_advice() {
        let expected = "error[empty-list] mesh /spec/paths: the list is empty\n  help: add one\n\
                        warning[not-used] file.yaml#2: an assessment does not use it yet";
        assert_eq!(two().to_string(), expected);
    }

    #[test]
    fn a_machine_reads_the_same() {
        let expected = serde_json::json!([
            {"severity": "error", "code": "empty-list", "document": "mesh", "pointer": "/spec/paths",
             "message": "the list is empty", "help": "add one"},
            {"severity": "warning", "code": "not-used", "document": "file.yaml#2", "pointer": "",
             "message": "an assessment does not use it yet"},
        ]);
        assert_eq!(serde_json::to_value(two()).unwrap(), expected);
    }

    #[test]
    fn warnings_alone_are_no_errors() {
        assert!(two().has_errors());
        let warnings: Diagnostics = two().into_iter().filter(|found| found.severity == Severity::Warning).collect();
        assert_eq!((warnings.has_errors(), warnings.len(), warnings.is_empty()), (false, 1, false));
    }
}
