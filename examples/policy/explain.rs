//! `policy explain`: which rule decided, and what kept the rules before it from deciding.

use std::collections::BTreeMap;
use std::io::{BufRead, Read, Write};

use drift_model::{Facts, Finding, Observation, Refusal, Timestamp};
use drift_policy::Engine;

use super::Exit;
use super::cli::Explain;
use super::documents::{self, Documents};
use crate::console::Streams;
use crate::console::input::Source;
use crate::console::paint::{clean, wrapped};
use crate::console::problem::Problem;

/// How wide the page is.
const WIDTH: usize = 100;

pub(super) fn run(explain: &Explain, streams: &mut Streams<'_>, now: Timestamp) -> Exit {
    let (policy, files) = explain.inputs();
    if files.is_empty() {
        let problem = Problem::new("policy explain", "no observations").help("name a file of observations, or `-`");
        drop(writeln!(streams.errors, "{problem}"));
        return Exit::Problem;
    }
    let (engine, said) = Documents::of(policy, streams.input).engine(None);
    drop(documents::print(&said, streams.errors));
    let Some(engine) = engine else { return Exit::Problem };
    let facts = Facts::at(explain.now.unwrap_or(now));
    let mut fine = true;
    for file in files {
        let problems = lines(&engine, &facts, &Source::new(file), streams.input, streams.output);
        for problem in &problems {
            fine = false;
            drop(writeln!(streams.errors, "{problem}"));
        }
    }
    if fine { Exit::Fine } else { Exit::Problem }
}

/// Explains the lines of a file; answers what is wrong with it.
fn lines(
    engine: &Engine,
    facts: &Facts,
    source: &Source,
    stdin: &mut dyn Read,
    output: &mut dyn Write,
) -> Vec<Problem> {
    let reader = match source.open(stdin) {
        Ok(reader) => reader,
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
    let mut explained = 0_u64;
    for (number, line) in (1_u64..).zip(reader.lines()) {
        let place = format!("{source} line {number}");
        let line = match line {
            Ok(line) if line.trim().is_empty() => continue,
            Ok(line) => line,
            Err(error) => {
                problems.push(Problem::unreadable(&place, &error));
                break;
            }
        };
        explained = explained.saturating_add(1);
        match Observation::from_json(&line) {
            Ok(observation) => {
                let assessment = engine.assess(&observation, facts);
                let name = format!("{}  {}  {}", observation.id, observation.resource, assessment.verdict());
                drop(writeln!(output, "{}", clean(&name)));
                for finding in assessment.findings() {
                    drop(writeln!(output, "{}", page(engine, finding, &observation, facts)));
                }
            }
            Err(error) => problems.push(Problem::of_text(place, &error.to_string())),
        }
    }
    if explained == 0 && problems.is_empty() {
        problems
            .push(Problem::new(source.to_string(), "holds no observation").help("one stands on each line, as JSON"));
    }
    problems
}

/// One table of a finding: the rule that decided, why, what was missing, and what refused the rules before it.
struct Step<'f> {
    table: &'f str,
    rule: &'f str,
    because: &'f str,
    missing: &'f [String],
    refused: &'f [Refusal],
}

fn page(engine: &Engine, finding: &Finding, observation: &Observation, facts: &Facts) -> String {
    let routed = engine.policy().route_knowing(finding, &observation.facts.clone().or(facts));
    let heard = if routed.notify.is_empty() { "nobody".to_owned() } else { routed.notify.join(", ") };
    let mut lines = vec![format!(
        "  {} {}  {} → {}, heard by {heard}",
        finding.risk, finding.drift_class, finding.domain, finding.recommended_action
    )];
    let steps = finding.trace.iter().map(|step| Step {
        table: &step.table,
        rule: &step.rule,
        because: step.because.as_deref().unwrap_or_default(),
        missing: &step.missing,
        refused: &step.refused,
    });
    let hearing = Step {
        table: "routes",
        rule: &routed.rule,
        because: &routed.because,
        missing: &routed.missing,
        refused: &routed.refused,
    };
    for step in steps.chain([hearing]) {
        let because = if step.because.is_empty() { String::new() } else { format!(": {}", step.because) };
        lines.extend(hung(&format!("    {:<16}", step.table), &format!("`{}`{because}", step.rule)));
        if !step.missing.is_empty() {
            lines.extend(hung("      not known     ", &step.missing.join(", ")));
        }
        // In the order of the rules, each column where it refused first.
        let mut columns: Vec<&str> = Vec::new();
        let mut rules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for refusal in step.refused {
            if !columns.contains(&refusal.column.as_str()) {
                columns.push(&refusal.column);
            }
            rules.entry(&refusal.column).or_default().push(&refusal.rule);
        }
        for column in columns {
            let rules = rules.get(column).map(|rules| rules.join(", ")).unwrap_or_default();
            lines.extend(hung("      not          ", &format!("{rules}: {column}")));
        }
    }
    lines.iter().map(|line| clean(line.trim_end())).collect::<Vec<_>>().join("\n")
}

/// A text behind a name, wrapped below itself.
fn hung(name: &str, text: &str) -> Vec<String> {
    let indent = name.chars().count();
    let lines = wrapped(text, WIDTH.saturating_sub(indent));
    let name = std::iter::once(name.to_owned()).chain(std::iter::repeat(" ".repeat(indent)));
    name.zip(lines).map(|(name, line)| format!("{name}{line}")).collect()
}
