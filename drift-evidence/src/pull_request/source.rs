//! `Source`: the text of the file that declares a resource, and the lines of it that a patch changes.

use drift_model::Secrets;

use super::draft::Draft;
use super::no_lines::NoLines;
use super::patch::DesiredPatch;
use super::{json, yaml};
use crate::export;

/// The file that declares a resource.
///
/// ```
/// use drift_evidence::{DesiredPatch, Source};
///
/// let text = "spec:\n  replicas: 3 # agreed with finance\n  image: shop:1\n";
/// # let finding: drift_model::Finding = {
/// #     let mut wire: serde_json::Value = serde_json::from_str(include_str!(concat!(
/// #         env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// #     )))?;
/// #     wire["changes"] = serde_json::json!([{"path": "/spec/replicas", "pointers": {"desired": "/spec/replicas",
/// #         "actual": "/spec/replicas"}, "kind": "CHANGED", "relation": "RUNTIME_CHANGED", "disposition": "DRIFT",
/// #         "owner": "GIT", "desired": 3, "actual": 5}]);
/// #     serde_json::from_value(wire)?
/// # };
/// let patch = DesiredPatch::accept(&finding, None);
/// assert_eq!(
///     Source::yaml("apps/shop.yaml", text).lines(&patch)?,
///     "--- a/apps/shop.yaml\n\
///      +++ b/apps/shop.yaml\n\
///      @@ -2,1 +2,1 @@\n\
///      -  replicas: 3 # agreed with finance\n\
///      +  replicas: 5 # agreed with finance\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Source<'s> {
    path: &'s str,
    text: &'s str,
    format: Format,
    document: usize,
    secrets: Option<&'s Secrets>,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Yaml,
    Json,
}

/// How much work a patch may be: operations times lines.
const MOST: usize = 5_000_000;

/// How many lines of context are shown.
const CONTEXT: usize = 3;

impl<'s> Source<'s> {
    /// A YAML file, by its path in the repository.
    #[must_use]
    pub const fn yaml(path: &'s str, text: &'s str) -> Self {
        Self { path, text, format: Format::Yaml, document: 0, secrets: None }
    }

    /// A JSON file, by its path in the repository.
    #[must_use]
    pub const fn json(path: &'s str, text: &'s str) -> Self {
        Self { path, text, format: Format::Json, document: 0, secrets: None }
    }

    /// Which document of a YAML stream declares the resource, from 0. Those without content do not count.
    #[must_use]
    pub const fn document(mut self, document: usize) -> Self {
        self.document = document;
        self
    }

    /// What must not be shown. Only with this are lines of context shown, and lines removed whose value the finding does not
    /// hold: without it, nobody knows that they hold no secret.
    #[must_use]
    pub const fn without(mut self, secrets: &'s Secrets) -> Self {
        self.secrets = Some(secrets);
        self
    }

    /// The path of the file.
    #[must_use]
    pub const fn path(&self) -> &'s str {
        self.path
    }

    /// The text as it is with the patch.
    ///
    /// # Errors
    ///
    /// [`NoLines`] for what the editor does not understand, and for a file that moved on, as for [`lines`](Self::lines).
    /// Never a wrong line.
    pub fn patched(&self, patch: &DesiredPatch) -> Result<String, NoLines> {
        self.draft(patch).map(|draft| draft.text())
    }

    /// The lines that the patch changes, as a unified diff.
    ///
    /// All else in the file keeps its bytes, comments too. A scalar is written plain where that is safe beyond doubt, else in
    /// quotes; in the quotes that the old one had, if it had any.
    ///
    /// # Errors
    ///
    /// [`NoLines`], which says why it cannot be shown as lines: what stands there is in flow style, an anchor, a text over several
    /// lines, or in any other way not understood; the file no
    /// longer says what the finding says that it declares; or a line holds a secret.
    pub fn lines(&self, patch: &DesiredPatch) -> Result<String, NoLines> {
        let draft = self.draft(patch)?;
        if let (None, Some(operation)) = (self.secrets, patch.unguarded()) {
            return Err(NoLines::Unseen { pointer: operation.path().to_owned() });
        }
        let may_show = |line: &str| self.secrets.is_none_or(|secrets| !secrets.are_in(line));
        if !draft.changed().all(may_show) {
            return Err(NoLines::Secret);
        }
        let context = if self.secrets.is_some() { CONTEXT } else { 0 };
        Ok(draft.unified(&export::line(self.path), context, may_show))
    }

    fn draft(&self, patch: &DesiredPatch) -> Result<Draft, NoLines> {
        let mut draft = Draft::of(self.text);
        if patch.is_empty() {
            return Err(NoLines::Nothing);
        }
        if patch.operations.len().saturating_mul(draft.len()) > MOST {
            return Err(NoLines::TooLarge);
        }
        for operation in &patch.operations {
            match self.format {
                Format::Yaml => yaml::carry_out(&mut draft, self.document, operation)?,
                Format::Json => json::carry_out(&mut draft, operation)?,
            }
        }
        Ok(draft)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::pull_request::Operation;

    fn patch(path: &str) -> DesiredPatch {
        vec![Operation::Replace { path: path.to_owned(), value: json!({"x": [1]}) }].into()
    }

    proptest! {
        #[test]
        fn no_text_brings_the_editors_to_a_panic(text: String, soup in "[-a:&*!|>{}\\[\\]\"'# \t\r\n0]{0,60}", path in "[/a0~1-]{0,8}") {
            for text in [text, soup] {
                let _ = Source::yaml("f", &text).lines(&patch(&path));
                let _ = Source::json("f", &text).lines(&patch(&path));
            }
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = "- ".repeat(100_000) + "a\n";
        assert_eq!(Source::yaml("f", &deep).lines(&patch("/0")), Err(NoLines::TooDeep));
        assert_eq!(Source::json("f", &"[".repeat(100_000)).lines(&patch("/0")), Err(NoLines::TooDeep));
        let many = vec![Operation::Remove { path: "/a".to_owned() }; 3000];
        assert_eq!(Source::yaml("f", &"a: 1\n".repeat(10_000)).lines(&many.into()), Err(NoLines::TooLarge));
    }

    #[test]
    fn what_nobody_vouches_for_is_not_shown_as_removed() {
        let (text, none) = ("a: hunter2\nb: 1\n", Secrets::default());
        let removed: DesiredPatch = vec![Operation::Remove { path: "/a".to_owned() }].into();
        let error = Source::yaml("f", text).lines(&removed).unwrap_err();
        assert_eq!((error.code(), error.to_string().contains("hunter2")), ("unseen", false));
        assert!(Source::yaml("f", text).without(&none).lines(&removed).is_ok());
        let guard = Operation::Test { path: "/a".to_owned(), value: json!("hunter2") };
        assert!(Source::yaml("f", text).lines(&[vec![guard], removed.operations].concat().into()).is_ok());
    }

    #[test]
    fn what_stands_under_a_line_that_goes_does_not_become_a_text_of_the_line_above() {
        let remove = |path: &str| DesiredPatch::from(vec![Operation::Remove { path: path.to_owned() }]);
        let patched = |text: &str, path: &str| Source::yaml("f", text).patched(&remove(path)).map_err(|why| why.code());
        for remark in ["   # why\n", "    \n", "\n   # why\n"] {
            let text = format!("a:\n  - |\n    text\nb: 1\n{remark}c: 2\n");
            assert_eq!(patched(&text, "/b"), Err("several-lines"), "{remark:?}");
            assert_eq!(patched(&text, "/c").unwrap(), text.replace("c: 2\n", ""));
            // Between lines of other kinds nothing is taken for another's.
            let plain = text.replace("|\n    text", "text");
            assert_eq!(patched(&plain, "/b").unwrap(), plain.replace("b: 1\n", ""));
        }
        assert_eq!(patched("a: |\n  text\nb: 1\n\nc: 2\n", "/b").unwrap(), "a: |\n  text\n\nc: 2\n");
    }

    #[test]
    fn a_key_that_readers_take_for_different_things_closes_its_mapping() {
        let add = DesiredPatch::from(vec![Operation::Add { path: "/new".to_owned(), value: json!(1) }]);
        for key in ["on", "Yes", "n"] {
            assert_eq!(
                Source::yaml("f", &format!("a: 1\n{key}: 2\n")).patched(&add).unwrap_err().code(),
                "not-understood"
            );
            assert!(Source::yaml("f", &format!("a: 1\n'{key}': 2\n")).patched(&add).is_ok(), "{key}");
        }
    }

    #[test]
    fn a_document_of_a_stream_is_edited_alone() {
        let text = "a: 1\n---\n# empty\n---\na: 1\n...\n";
        let yes: DesiredPatch = vec![Operation::Replace { path: "/a".to_owned(), value: json!("yes") }].into();
        let patched = |document| Source::yaml("f", text).document(document).patched(&yes);
        assert_eq!(patched(0).unwrap(), text.replacen("a: 1", "a: \"yes\"", 1));
        assert_eq!(patched(1).unwrap(), "a: 1\n---\n# empty\n---\na: \"yes\"\n...\n");
        assert_eq!(patched(2), Err(NoLines::NoDocument));
    }
}
