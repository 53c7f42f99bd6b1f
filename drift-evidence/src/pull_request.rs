//! The reconciliation pull request (seeds S0.23): what makes runtime drift the desired state, for people to decide on.

mod draft;
mod json;
mod no_lines;
mod outline;
mod patch;
mod source;
mod spelling;
mod tokens;
mod yaml;

use std::fmt::Write as _;

use drift_model::{Action, Obligation, Timestamp};

pub use self::no_lines::NoLines;
pub use self::patch::{DesiredPatch, LeftOut, Operation};
pub use self::source::Source;
use crate::event::Event;
use crate::export::{Exhibit, code, fenced, fields, line, listed};
use crate::record::Record;

/// What a person adds to a record to propose that runtime becomes desired: the reason above all.
///
/// ```
/// use drift_evidence::{Proposal, Record};
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let request = Proposal::of(&record, "Runtime change restored customer traffic during INC-9127.")
///     .expires("2026-07-10T00:00:00Z".parse()?)
///     .evidence("Incident", "INC-9127")
///     .pull_request();
/// assert_eq!(request.title, "Accept drift of aws_security_group.app_public (drift-20260703-000184)");
/// assert!(request.body.starts_with("## Drift Reconciliation\n"));
/// assert!(request.body.contains("### Expiration\n\nExpires at 2026-07-10T00:00:00Z"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Proposal<'r> {
    record: &'r Record,
    reason: String,
    expires: Option<Timestamp>,
    rollback: Option<String>,
    reviewers: Vec<String>,
    evidence: Vec<(String, String)>,
    desired: Option<&'r serde_json::Value>,
    source: Option<Source<'r>>,
}

/// A pull request, as text for people. Free of secrets: what is sensitive is named, and has no value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PullRequest {
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// The patch of the desired state that the body shows.
    pub patch: DesiredPatch,
    /// The lines that the body shows, or why there are none; `None` where no source was given.
    pub lines: Option<Result<String, NoLines>>,
}

impl<'r> Proposal<'r> {
    /// The proposal to accept the drift of a record, for this reason.
    #[must_use]
    pub fn of(record: &'r Record, reason: impl Into<String>) -> Self {
        Self {
            record,
            reason: reason.into(),
            expires: None,
            rollback: None,
            reviewers: Vec::new(),
            evidence: Vec::new(),
            desired: None,
            source: None,
        }
    }

    /// Until when it is accepted. Without it the body says that nobody has set an end.
    #[must_use]
    pub const fn expires(mut self, at: Timestamp) -> Self {
        self.expires = Some(at);
        self
    }

    /// How to undo it, besides reverting the commit.
    #[must_use]
    pub fn rollback(mut self, plan: impl Into<String>) -> Self {
        self.rollback = Some(plan.into());
        self
    }

    /// Who is to review it, besides those that may approve.
    #[must_use]
    pub fn reviewer(mut self, who: impl Into<String>) -> Self {
        self.reviewers.push(who.into());
        self
    }

    /// Something that supports it, and where it is to be found.
    #[must_use]
    pub fn evidence(mut self, what: impl Into<String>, place: impl Into<String>) -> Self {
        self.evidence.push((what.into(), place.into()));
        self
    }

    /// The desired document, in which added list items find their place.
    #[must_use]
    pub const fn desired(mut self, document: &'r serde_json::Value) -> Self {
        self.desired = Some(document);
        self
    }

    /// The file that declares the resource, to show the lines that change.
    #[must_use]
    pub const fn source(mut self, source: Source<'r>) -> Self {
        self.source = Some(source);
        self
    }

    /// The pull request.
    #[must_use]
    pub fn pull_request(&self) -> PullRequest {
        let finding = self.record.finding();
        let patch = DesiredPatch::accept(finding, self.desired);
        let lines = self.source.as_ref().map(|source| source.lines(&patch));
        let title = line(&format!("Accept drift of {} ({})", finding.resource_ref, self.record.id()));
        let mut body = String::from("## Drift Reconciliation\n\n");
        for (name, text) in [
            // Under the id of the first: those of later scans are of their day, and nobody finds a record by them.
            ("Finding", Some(self.record.id())),
            ("Environment", finding.environment.as_deref()),
            ("Owner", finding.owner.as_deref()),
            ("Resource", Some(finding.resource_ref.as_str())),
        ] {
            // Writing to a string cannot fail: what it returns is dropped here and below.
            let _ = writeln!(body, "- {name}: {}", text.map_or_else(|| "not known".to_owned(), code));
        }
        let sections: [(&str, String); 11] = [
            ("Detected Fields", fields(&finding.changes)),
            ("Audit Correlation", self.correlation()),
            ("Classification", self.classification()),
            ("Reason", prose(&self.reason)),
            ("Proposed Desired-State Update", self.update(&patch, lines.as_ref())),
            ("Policy Evaluation", self.policy()),
            ("Risk Assessment", self.risk()),
            ("Rollback", self.undo()),
            ("Expiration", self.expiration()),
            ("Reviewers", self.review()),
            ("Evidence", self.support()),
        ];
        for (name, text) in sections {
            let _ = write!(body, "\n### {name}\n\n{text}");
        }
        PullRequest { title, body, patch, lines }
    }

    fn correlation(&self) -> String {
        let finding = self.record.finding();
        match &finding.audit_correlation {
            Some(audit) => {
                let at =
                    audit.event_time.map_or_else(|| "at a time that is not known".to_owned(), |at| format!("at {at}"));
                format!("{} {at}, according to {}.\n", code(&audit.actor), code(&audit.source))
            }
            None if finding.candidates.is_empty() => "No audit event was found for it.\n".to_owned(),
            None => {
                let who: Vec<String> = finding.candidates.iter().map(|actor| actor.id.clone()).collect();
                format!("Several may have done it: {}.\n", listed(&who))
            }
        }
    }

    fn classification(&self) -> String {
        let (class, _) = Exhibit::of(self.record).class();
        let finding = self.record.finding();
        format!("{class} in domain {}; the planes stand {}.\n", code(&finding.domain), finding.relation)
    }

    fn update(&self, patch: &DesiredPatch, lines: Option<&Result<String, NoLines>>) -> String {
        let mut text = String::new();
        if patch.is_empty() {
            text.push_str("No change of the finding can be put into the desired state by a machine.\n");
        } else {
            text.push_str("As a patch of the desired document (RFC 6902):\n\n");
            let operations: Vec<String> = patch.operations.iter().map(ToString::to_string).collect();
            text.push_str(&fenced("json", &format!("[{}]", operations.join(",\n "))));
        }
        if let Some(source) = &self.source {
            let file = code(source.path());
            match lines {
                Some(Ok(diff)) => {
                    let _ = write!(text, "\nAs lines of {file}:\n\n{}", fenced("diff", diff));
                }
                Some(Err(why)) => {
                    let _ = writeln!(
                        text,
                        "\nIn {file} it cannot be shown as lines, because {}.",
                        prose(&why.to_string()).trim()
                    );
                }
                None => {}
            }
        }
        if !patch.left.is_empty() {
            text.push_str("\nNot in the patch:\n\n");
            for (path, why) in &patch.left {
                let place = if path.is_root() { "the resource".to_owned() } else { code(&path.to_string()) };
                let _ = writeln!(text, "- {place}: {}", why.sentence());
            }
        }
        text
    }

    fn policy(&self) -> String {
        let finding = self.record.finding();
        let mut text = format!("Policy `{}` recommends {}", finding.policy_digest, code(&finding.recommended_action));
        if finding.actions.action != Action::GitUpdatePr {
            text.push_str(", which is not a change of the desired state: this request asks to decide otherwise");
        }
        text.push_str(".\n");
        if !finding.trace.is_empty() {
            text.push_str("\n| table | rule | because |\n|---|---|---|\n");
        }
        for step in &finding.trace {
            let because = step.because.as_deref().map(code).unwrap_or_default();
            let _ = writeln!(text, "| {} | {} | {because} |", code(&step.table), code(&step.rule));
        }
        let obligations: Vec<&str> = finding.actions.obligations.iter().map(|obligation| obligation.word()).collect();
        if !obligations.is_empty() {
            let _ = writeln!(text, "\nObligations: {}.", obligations.join(", "));
        }
        text
    }

    fn risk(&self) -> String {
        let finding = self.record.finding();
        let (_, risk) = Exhibit::of(self.record).class();
        let mut text = format!("Risk {risk}. ");
        if finding.auto_heal.allowed {
            text.push_str(
                "A machine may heal it alone.
",
            );
        } else {
            let gates = listed(&finding.auto_heal.refused_by);
            let _ = writeln!(text, "A machine may not heal it alone: refused by {gates}.");
        }
        if let Some(by) = finding.reconcile_by {
            let _ = writeln!(text, "It must be reconciled by {by}.");
        }
        if finding.changes.iter().any(|change| change.sensitive) {
            text.push_str("It touches secrets. They are named here, and have no values.\n");
        }
        text
    }

    fn undo(&self) -> String {
        let plan = self.rollback.as_deref().map(|plan| format!("{}\n", prose(plan))).unwrap_or_default();
        format!(
            "{plan}Revert the commit of this request and let the reconciler apply: what is declared is then again what stands \
             under *desired* in the table of fields. Look again afterwards; the record is closed by a look alone.\n"
        )
    }

    fn expiration(&self) -> String {
        match self.expires {
            Some(at) => format!("Expires at {at}. After that it must be removed, or proposed anew.\n"),
            None => "Nobody has set an end: it stays until somebody changes it.\n".to_owned(),
        }
    }

    fn review(&self) -> String {
        let finding = self.record.finding();
        let mut text = String::new();
        if !self.reviewers.is_empty() {
            let _ = writeln!(text, "- to review: {}", listed(&self.reviewers));
        }
        if !finding.approvers.is_empty() {
            let _ = writeln!(text, "- may approve: {}", listed(&finding.approvers));
        }
        for (at, event) in self.record.current() {
            if let Event::Approved { action, by, reference, .. } = event {
                let place = reference.as_deref().map(|place| format!(" ({})", code(place))).unwrap_or_default();
                let _ = writeln!(text, "- {} approved {action} at {at}{place}", code(by));
            }
        }
        if finding.actions.obligations.contains(&Obligation::RequireApproval) {
            text.push_str("- the policy requires an approval\n");
        }
        if text.is_empty() { "Nobody is named. Ask the owner of the resource.\n".to_owned() } else { text }
    }

    fn support(&self) -> String {
        let finding = self.record.finding();
        let mut text = String::new();
        if let Some(audit) = &finding.audit_correlation {
            let _ = writeln!(text, "- Audit event: {} of {}", code(&audit.source), code(&audit.actor));
        }
        if let Some(uri) = finding.evidence_uri.as_deref().filter(|uri| !uri.is_empty()) {
            let _ = writeln!(text, "- Finding: {}", code(uri));
        }
        for (_, artifact) in self.record.artifacts() {
            let _ = writeln!(text, "- {}: {}", artifact.kind(), code(artifact.uri()));
        }
        for (what, place) in &self.evidence {
            let _ = writeln!(text, "- {}: {}", prose(what).trim(), code(place));
        }
        let _ = writeln!(text, "- Record: {}, fingerprint `{}`", code(self.record.id()), finding.fingerprint);
        text
    }
}

/// The proposer's own words as a paragraph: what they hold of markup is shown, and does nothing.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for c in line(text).chars() {
        match c {
            // Without these there is no emphasis, link, image, tag, reference, mention or table; as references they read
            // the same.
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '#' | '~' | '!' | '$' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '@' => out.push_str("&#64;\u{2060}"),
            other => out.push(other),
        }
    }
    // A link needs its scheme, or its `www.`; a list its mark.
    let out = out.replace("://", "&#58;//").replace("www.", "www&#46;");
    let marks = ["- ", "+ ", "=", "---"].iter().any(|mark| out.starts_with(mark));
    if marks { format!("&#8203;{out}\n") } else { format!("{out}\n") }
}
