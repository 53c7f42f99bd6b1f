//! A record as a page for people: what an auditor reads.

use std::fmt::Write as _;

use drift_model::{Actor, Change, Plane};

use super::{Context, Exhibit, code};
use crate::answer::{Answer, Question, value};
use crate::event::Event;

/// A record as a Markdown page (CommonMark with the tables of GFM).
///
/// Everything that is not the exporter's own words stands in code spans that it cannot leave: names come from live objects,
/// and a name is never a link, a heading, a mention or a cell of a table. Secrets are shown as the finding shows them,
/// masked.
///
/// ```
/// use drift_evidence::Record;
/// use drift_evidence::export::{Context, Exhibit, Product, markdown};
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let context = Context::new(Product::new("drift", "0.1.0", "acme"), "drift://acme", "2026-07-03T12:00:00Z".parse()?);
/// let page = markdown(&Exhibit::of(&record), &context);
/// assert!(page.starts_with("# Drift record `drift-20260703-000184`\n"));
/// assert!(page.contains("**Who or what caused it?** `ana@example.com at 2026-07-03T10:11:02Z, according to cloudtrail`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn markdown(exhibit: &Exhibit<'_>, context: &Context) -> String {
    let mut page = format!("# Drift record {}\n", code(exhibit.record.id()));
    summary(&mut page, exhibit, context);
    heading(&mut page, "Fields");
    page.push_str(&fields(&exhibit.record.finding().changes));
    heading(&mut page, "The ten questions");
    for (number, (question, answer)) in (1..).zip(exhibit.record.answers()) {
        let answer = match answer {
            Answer::Known(known) => code(&known),
            Answer::NotKnown { because } => format!("not known: {}", code(&because)),
        };
        let _ = writeln!(page, "{number}. **{}** {answer}", asked(question));
    }
    heading(&mut page, "Timeline");
    page.push_str("| at | event | |\n|---|---|---|\n");
    for (at, event) in exhibit.record.events() {
        let _ = writeln!(page, "| {at} | {} | {} |", event.kind(), told(event));
    }
    heading(&mut page, "Approvals");
    approvals(&mut page, exhibit);
    heading(&mut page, "Artifacts");
    artifacts(&mut page, exhibit);
    heading(&mut page, "Integrity");
    integrity(&mut page, exhibit, context);
    page
}

// Writing to a string cannot fail: what it returns is dropped throughout.

fn heading(page: &mut String, text: &str) {
    let _ = write!(page, "\n## {text}\n\n");
}

/// A question in an auditor's words (seeds S0.20).
const fn asked(question: Question) -> &'static str {
    match question {
        Question::Resource => "What resource drifted?",
        Question::DesiredState => "What was the desired state?",
        Question::ObservedState => "What was the observed actual state?",
        Question::DetectedAt => "When was drift detected?",
        Question::Duration => "How long did it exist?",
        Question::Cause => "Who or what caused it?",
        Question::Policy => "Which policy classified it?",
        Question::Approver => "Who approved remediation?",
        Question::Action => "What action was taken?",
        Question::Closure => "What verified closure?",
    }
}

fn summary(page: &mut String, exhibit: &Exhibit<'_>, context: &Context) {
    let record = exhibit.record;
    let finding = record.finding();
    let (class, risk) = exhibit.class();
    page.push_str("\n| | |\n|---|---|\n");
    let mut row = |name: &str, cell: Option<String>| {
        if let Some(cell) = cell {
            let _ = writeln!(page, "| {name} | {cell} |");
        }
    };
    let named = |text: &Option<String>| text.as_deref().map(code);
    row("resource", Some(code(&finding.resource_ref)));
    row("unit", named(&finding.unit));
    row("environment", named(&finding.environment));
    row("owner", named(&finding.owner));
    row("state", Some(record.state().to_string()));
    row("class", Some(format!("{class}, risk {risk}, domain {}", code(&finding.domain))));
    row("detected", Some(record.detected_at().to_string()));
    row("last seen", Some(record.seen().to_string()));
    row("last look", exhibit.unseen.map(|reason| format!("saw nothing: {reason}")));
    row("recommended", Some(code(&finding.recommended_action)));
    row(
        "healed by a machine",
        Some(if finding.auto_heal.allowed {
            "allowed".to_owned()
        } else {
            format!("refused by {}", listed(&finding.auto_heal.refused_by))
        }),
    );
    row("reconcile by", finding.reconcile_by.map(|at| at.to_string()));
    row("playbook", named(&finding.playbook));
    row("source of truth", named(&finding.source_of_truth));
    row("declared in", named(&exhibit.file));
    row("state backend", named(&finding.state_backend));
    row(
        "exception",
        exhibit.exception.as_ref().map(|exception| {
            let holds = if exhibit.is_excepted(context.at) { "holds" } else { "ended" };
            let until = exception.expires.map_or_else(|| "has no end".to_owned(), |end| format!("until {end}"));
            format!("{} {holds}, {until}", code(&exception.id))
        }),
    );
    row("evidence", named(&finding.evidence_uri));
    if !finding.candidates.is_empty() {
        let who = |actor: &Actor| format!("{} {}", actor.kind, code(&actor.id));
        row("may have done it", Some(finding.candidates.iter().map(who).collect::<Vec<_>>().join(", ")));
    }
}

/// The changes as a table: place, what happened, whose it is, and what each plane has, masked.
pub(crate) fn fields(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "The finding lists no field.\n".to_owned();
    }
    let mut table = String::from("| field | change | owner | desired | actual |\n|---|---|---|---|---|\n");
    for change in changes {
        let place = if change.path.is_root() { "the resource".to_owned() } else { code(&change.path.to_string()) };
        let shown = |plane| value(change, plane).map_or_else(|| "not known".to_owned(), |text| code(&text));
        let owner = change.owner_name.as_deref().map(|name| format!(" {}", code(name))).unwrap_or_default();
        let rule = change.rule.as_deref().map(|rule| format!(" by {}", code(rule))).unwrap_or_default();
        let _ = writeln!(
            table,
            "| {place} | {} {}, {}{rule} | {}{owner} | {} | {} |",
            change.kind,
            change.relation,
            change.disposition,
            change.owner,
            shown(Plane::Desired),
            shown(Plane::Actual),
        );
    }
    table
}

/// What an event says, for the timeline.
fn told(event: &Event) -> String {
    let at =
        |reference: &Option<String>| reference.as_deref().map(|text| format!(" ({})", code(text))).unwrap_or_default();
    match event {
        Event::Detected { finding } | Event::Updated { finding, .. } | Event::Reopened { finding, .. } => {
            format!("{}, risk {}, of {}", finding.drift_class, finding.risk, code(&finding.resource_ref))
        }
        Event::Persisted { observed_at, .. } => format!("seen again at {observed_at}"),
        Event::Classified { class, risk, rule, policy_digest, .. } => {
            format!("{class}, risk {risk}, by rule {} of policy `{policy_digest}`", code(rule))
        }
        Event::Routed { route, notified, .. } => format!("route {}: {}", code(route), listed(notified)),
        Event::Approved { action, by, reference, .. } => format!("{action} by {}{}", code(by), at(reference)),
        Event::Acted { action, by, outcome, reference, .. } => {
            format!("{action} by {}: {outcome}{}", code(by), at(reference))
        }
        Event::ArtifactKept { artifact, .. } => format!("{} at {}", artifact.kind(), code(artifact.uri())),
        Event::Verified { verification, .. } => format!(
            "assessment {} of {}: {}",
            code(&verification.assessment),
            verification.observed_at,
            verification.verdict
        ),
        Event::Closed { because, .. } => because.as_deref().map(code).unwrap_or_default(),
        Event::DetectorFailed { resource, reason, .. } => format!("{}: {reason}", code(&resource.to_string())),
        Event::Recovered { dropped, .. } => format!("{dropped} bytes dropped"),
    }
}

pub(crate) fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "nobody".to_owned()
    } else {
        names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
    }
}

fn approvals(page: &mut String, exhibit: &Exhibit<'_>) {
    let given: Vec<_> = exhibit
        .record
        .current()
        .filter_map(|(at, event)| {
            let Event::Approved { action, by, reference, .. } = event else { return None };
            let place = reference.as_deref().map(code).unwrap_or_default();
            Some(format!("| {at} | {action} | {} | {place} |\n", code(by)))
        })
        .collect();
    let may = &exhibit.record.finding().approvers;
    if !may.is_empty() {
        let _ = write!(page, "Who may approve: {}.\n\n", listed(may));
    }
    if given.is_empty() {
        page.push_str("Nobody has approved anything.\n");
    } else {
        page.push_str("| at | action | by | reference |\n|---|---|---|---|\n");
        page.push_str(&given.concat());
    }
}

fn artifacts(page: &mut String, exhibit: &Exhibit<'_>) {
    let kept: Vec<_> = exhibit
        .record
        .artifacts()
        .map(|(at, artifact)| {
            let digest = artifact.digest().map_or_else(|| "a reference".to_owned(), |digest| format!("`{digest}`"));
            format!("| {at} | {} | {} | {digest} |\n", artifact.kind(), code(artifact.uri()))
        })
        .collect();
    if kept.is_empty() {
        page.push_str("None is kept.\n");
    } else {
        page.push_str("| at | kind | place | digest |\n|---|---|---|---|\n");
        page.push_str(&kept.concat());
    }
}

fn integrity(page: &mut String, exhibit: &Exhibit<'_>, context: &Context) {
    let finding = exhibit.record.finding();
    match &exhibit.attestation {
        None => page.push_str("No line of a ledger stands behind this page.\n\n| | |\n|---|---|\n"),
        Some(line) => {
            page.push_str(
                "The record ends with this line of its ledger. That the ledger is whole, its verification shows.\n\n",
            );
            let _ = write!(page, "| | |\n|---|---|\n| chain | {} |\n", code(line.chain.as_str()));
            let _ = writeln!(page, "| sequence | {} |\n| digest | `{}` |", line.sequence, line.digest);
            let previous = line.previous.map_or_else(|| "the first line".to_owned(), |digest| format!("`{digest}`"));
            let _ = writeln!(page, "| previous | {previous} |");
        }
    }
    let _ = writeln!(page, "| fingerprint | `{}` |", finding.fingerprint);
    let _ = writeln!(page, "| cause | `{}` |", finding.cause_fingerprint);
    let _ = writeln!(page, "| policy | `{}` |", finding.policy_digest);
    let _ = writeln!(
        page,
        "\nExported at {} by {} {} of {} from {}.",
        context.at,
        code(&context.product.name),
        code(&context.product.version),
        code(&context.product.vendor),
        code(&context.source)
    );
}

#[cfg(test)]
mod tests {
    use drift_model::UnknownReason;

    use super::*;
    use crate::export::test::context;
    use crate::{Record, sample};

    const HOSTILE: [&str; 8] = [
        "a|b",
        "x\n## Approvals\n\nok",
        "](javascript:alert(1))",
        "<script>",
        "`; `code`",
        "\u{0}\u{202e}",
        "'\"",
        "@security \\|",
    ];

    /// The page of a record of which every text that may be chosen from outside is this one.
    fn page(text: &str) -> String {
        let mut finding = sample::finding();
        for part in [&mut finding.environment, &mut finding.owner, &mut finding.unit, &mut finding.evidence_uri] {
            *part = Some(text.to_owned());
        }
        finding.resource_ref = text.to_owned();
        finding.domain = text.to_owned();
        finding.approvers = vec![text.to_owned()];
        finding.changes[0].owner_name = Some(text.to_owned());
        finding.changes[0].rule = Some(text.to_owned());
        if let Some(audit) = &mut finding.audit_correlation {
            audit.actor = text.to_owned();
        }
        let mut record = Record::open(&finding, sample::at(0));
        for event in [
            Event::Approved {
                record: finding.finding_id.clone(),
                action: drift_model::Action::RuntimeRevert,
                by: text.to_owned(),
                reference: Some(text.to_owned()),
            },
            Event::Routed {
                record: finding.finding_id.clone(),
                route: text.to_owned(),
                notified: vec![text.to_owned()],
            },
        ] {
            record.apply(&event, sample::at(1)).unwrap();
        }
        markdown(&Exhibit::of(&record).declared_in(text).unseen(UnknownReason::Stale), &context())
    }

    /// What a page is made of: its lines without what stands in code spans.
    fn skeleton(page: &str) -> Vec<String> {
        let strip = |line: &str| {
            let (mut out, mut rest) = (String::new(), line);
            while let Some(at) = rest.find(['`', '<']) {
                let (before, span) = rest.split_at(at);
                let (fence, _) = span.split_at(span.find(|c| c != '`').unwrap_or(span.len()));
                let (open, close) = if fence.is_empty() { ("<code>", "</code>") } else { (fence, fence) };
                let (_, after) = span.strip_prefix(open).unwrap().split_once(close).unwrap();
                out = out + before + "*";
                rest = after;
            }
            out + rest
        };
        page.lines().map(strip).collect()
    }

    #[test]
    fn a_hostile_name_changes_nothing_of_the_page_but_its_code_spans() {
        let calm = skeleton(&page("calm"));
        for text in HOSTILE {
            assert_eq!(skeleton(&page(text)), calm, "{text}");
        }
        assert!(calm.iter().any(|line| line == "| resource | * |"), "{calm:?}");
    }
}
