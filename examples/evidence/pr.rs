//! `evidence pr`: the pull request that makes drift the desired state.

use std::path::Path;

use drift_evidence::{Proposal, Source};
use drift_model::{Action, Finding};

use super::Stop;
use super::cli::Pr;
use super::stored::Stored;
use crate::console::input;
use crate::console::problem::Problem;
use crate::console::yaml::{self, Dialect};
use crate::console::{Streams, paint};

pub(super) fn run(pr: &Pr, stored: &Stored, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let record = stored.record(&pr.finding)?;
    let finding = record.finding();
    if finding.actions.action != Action::GitUpdatePr {
        let message =
            format!("the decision on `{}` is {}, not a pull request", record.id(), finding.recommended_action);
        let problem = Problem::new(pr.ledger.display().to_string(), message);
        writeln!(
            streams.errors,
            "{}",
            problem.help("whoever merges it decides otherwise, and should say why").warning()
        )?;
    }
    let file = pr.file.as_deref().map(|path| Ok::<_, Stop>((path, input::Source::new(path).text(streams.input)?)));
    let file = file.transpose()?;
    let reason = pr.reason.clone().unwrap_or_else(|| decided(finding));
    let mut proposal = Proposal::of(record, reason);
    if let Some(expires) = pr.expires {
        proposal = proposal.expires(expires);
    }
    if let Some(rollback) = &pr.rollback {
        proposal = proposal.rollback(rollback);
    }
    for reviewer in &pr.reviewers {
        proposal = proposal.reviewer(reviewer);
    }
    // Where an item of a list is to stand, the document as it is written tells.
    let declared =
        file.as_ref().and_then(|(_, text)| yaml::read(text, Dialect::Kubernetes).0.into_iter().nth(pr.document));
    if let Some(document) = &declared {
        proposal = proposal.desired(&document.value);
    }
    if let Some((path, text)) = &file {
        proposal = proposal.source(source(path, text).document(pr.document));
    }
    let request = proposal.pull_request();
    write!(streams.output, "{}\n\n{}", paint::clean(&request.title), request.body)?;
    Ok(())
}

/// The file, by its path from the folder that the program runs in: the root of the repository, as a rule.
fn source<'s>(path: &'s Path, text: &'s str) -> Source<'s> {
    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let name = inside.to_str().map_or("the file", |name| name.trim_start_matches("./"));
    if path.extension().is_some_and(|extension| extension == "json") {
        Source::json(name, text)
    } else {
        Source::yaml(name, text)
    }
}

/// What the decision says of itself, where nobody gives a reason.
fn decided(finding: &Finding) -> String {
    let because =
        finding.trace.iter().rev().find(|step| step.table == "decision").and_then(|step| step.because.as_deref());
    match because {
        Some(because) => {
            format!("Nobody has given a reason yet. The rule that decided says: {because}.")
        }
        None => "Nobody has given a reason yet.".to_owned(),
    }
}
