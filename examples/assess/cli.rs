//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use drift_model::Timestamp;

/// Reads documents, answers what drifted, whose it is, how bad it is and what to do.
///
/// Without a command it assesses a built-in incident.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "assess",
    version,
    subcommand_precedence_over_arg = true,
    after_help = "Exit codes: 0 in sync, or all that differs is excused; 1 bad input; 2 drift; 3 unknown, and no drift. 1 beats 2 beats 3."
)]
pub struct Cli {
    /// What to read.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What all commands take.
    #[command(flatten)]
    pub common: Common,
}

/// What to read.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Lines of observations, as JSON Lines.
    Observations(Observations),
    /// Manifests and live objects of Kubernetes.
    Kubernetes(Kubernetes),
    /// A plan of OpenTofu or Terraform, as `show -json` prints it.
    Opentofu(Opentofu),
}

/// Lines of observations.
#[derive(Args, Clone, Debug)]
pub struct Observations {
    /// One observation a line; `-` is standard input. Stands before --policy, or after `--`.
    #[arg(required = true, value_name = "FILE.jsonl")]
    pub files: Vec<PathBuf>,
}

/// Manifests and live objects.
#[derive(Args, Clone, Debug)]
pub struct Kubernetes {
    /// Manifests as Git has them, YAML or JSON; folders are read recursively.
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    pub desired: Vec<PathBuf>,
    /// Live objects, as `kubectl get -o yaml` or `-o json` prints them.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub actual: Vec<PathBuf>,
    /// What was applied last. Left out, it is taken from the live objects' annotations.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub recorded: Vec<PathBuf>,
    /// Events of the cluster's audit log, one a line or in an `EventList`: they tell who did it. That they are all there is
    /// for --facts to say (`logCoverage`).
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// The namespace of objects that name none.
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// The live objects are all there are: what is not among them does not exist.
    #[arg(long)]
    pub complete: bool,
}

/// A plan.
#[derive(Args, Clone, Debug)]
pub struct Opentofu {
    /// The plan, as `tofu show -json PLAN` prints it.
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// The state before the plan, as `tofu state pull` prints it.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The schemas, as `tofu providers schema -json` prints them.
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// Did the plan read the runtime? A plan does not say; left out, what runs is unknown.
    #[arg(long, value_name = "BOOL")]
    pub refreshed: Option<bool>,
    /// Was the plan made with -target? Left out, nobody knows.
    #[arg(long, value_name = "BOOL")]
    pub targeted: Option<bool>,
    /// How the plan was made.
    #[arg(long, value_enum, default_value_t = Mode::Normal)]
    pub mode: Mode,
}

/// How a plan was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Mode {
    /// `tofu plan`
    Normal,
    /// `tofu plan -refresh-only`
    RefreshOnly,
    /// `tofu plan -destroy`
    Destroy,
}

/// What all commands take.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Policy documents, YAML or JSON; folders are read recursively. Left out, the shipped policy decides.
    #[arg(long, global = true, num_args = 1.., value_name = "PATH")]
    pub policy: Vec<PathBuf>,
    /// Facts for all resources, or a map from unit or resource to facts.
    #[arg(long, global = true, value_name = "FILE")]
    pub facts: Option<PathBuf>,
    /// The moment to decide for. Left out, it is now.
    #[arg(long, global = true, value_name = "RFC3339")]
    pub now: Option<Timestamp>,
    /// What to print.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Whether to list what is excused, or to count it.
    #[arg(long, global = true, value_enum, default_value_t = Detail::All)]
    pub detail: Detail,
    /// What makes the exit code other than 0. Left out: unknown for commands, never for the built-in incident.
    #[arg(long, global = true, value_enum)]
    pub fail_on: Option<FailOn>,
    /// Writes what was found to a ledger.
    #[arg(long, global = true, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
}

/// What to print.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// A page for people.
    Table,
    /// Assessments, one a line, in input order.
    Jsonl,
    /// Findings, one a line, in input order.
    Findings,
}

/// Whether to list what is excused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Detail {
    /// List everything.
    All,
    /// List what is not excused, and count the rest.
    Drift,
}

/// What makes the exit code other than 0. Bad input always does.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum FailOn {
    /// Nothing that is found.
    Never,
    /// Drift (2).
    Drift,
    /// Drift (2), else what is unknown (3).
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn a_list_of_policies_ends_at_a_command() {
        let read = Cli::try_parse_from(["assess", "--policy", "a", "b", "observations", "f.jsonl"]).unwrap();
        assert_eq!(read.common.policy.len(), 2);
        assert!(matches!(read.command, Some(Command::Observations(_))));
    }
}
