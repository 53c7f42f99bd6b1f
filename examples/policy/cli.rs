//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use drift_model::Timestamp;

/// Checks, tests, compares and explains policy documents.
#[derive(Clone, Debug, Parser)]
#[command(name = "policy", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Compiles all documents and prints everything there is to be said about them.
    #[command(after_help = "Exit codes: 0 clean, or warnings alone; 1 errors.")]
    Check(Check),
    /// Runs the DriftPolicyTest documents, and says what they leave untried.
    #[command(after_help = "Exit codes: 0 all as expected; 1 a failure, or no test at all.")]
    Test(Test),
    /// Prints every region in which two policies decide differently, with a case of each.
    #[command(
        after_help = "Exit codes: 0 they decide the same; 2 they differ; 1 bad input, or no difference found and none ruled out."
    )]
    Compare(Compare),
    /// Says for each finding which rule decided, and what kept the rules before it from deciding.
    #[command(after_help = "Exit codes: 0 explained; 1 bad input.")]
    Explain(Explain),
}

/// Documents to check.
#[derive(Args, Clone, Debug)]
pub struct Check {
    /// Policy documents, YAML or JSON; folders are read recursively, in name order. `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The moment to check for: what has expired by then is said. Left out, it is now.
    #[arg(long, value_name = "RFC3339")]
    pub now: Option<Timestamp>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// How to print.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line: severity, code, document, pointer, message, help.
    Json,
}

/// Documents with tests.
#[derive(Args, Clone, Debug)]
pub struct Test {
    /// Policy documents with their tests.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// Two policies.
#[derive(Args, Clone, Debug)]
pub struct Compare {
    /// The policy as it is: a file or a folder.
    pub old: PathBuf,
    /// The policy as it would be.
    pub new: PathBuf,
}

/// Observations and the policy that explains them.
#[derive(Args, Clone, Debug)]
pub struct Explain {
    /// Policy documents. Left out, the shipped policy explains.
    #[arg(long, num_args = 1.., value_name = "PATH")]
    pub policy: Vec<PathBuf>,
    /// One observation a line; `-` is standard input.
    #[arg(value_name = "FILE.jsonl")]
    pub files: Vec<PathBuf>,
    /// The moment for which facts hold. Left out, it is now.
    #[arg(long, value_name = "RFC3339")]
    pub now: Option<Timestamp>,
}

impl Explain {
    /// The policy and the observations. The list of policies takes the file behind it with it, so that its last is the file.
    pub fn inputs(&self) -> (&[PathBuf], &[PathBuf]) {
        match self.policy.split_last() {
            Some((_, policy)) if self.files.is_empty() => (policy, self.policy.get(policy.len()..).unwrap_or_default()),
            _ => (&self.policy, &self.files),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn the_last_path_is_the_file_whatever_stands_before_it() {
        let explain = |arguments: &[&str]| match Cli::try_parse_from([&["policy", "explain"], arguments].concat()) {
            Ok(Cli { command: Command::Explain(explain) }) => explain,
            other => panic!("{other:?}"),
        };
        for arguments in [&["--policy", "a", "b", "f.jsonl"][..], &["f.jsonl", "--policy", "a", "b"]] {
            let explain = explain(arguments);
            let (policy, files) = explain.inputs();
            assert_eq!((policy, files), (&[PathBuf::from("a"), "b".into()][..], &[PathBuf::from("f.jsonl")][..]));
        }
        let explain = explain(&["f.jsonl"]);
        assert_eq!(explain.inputs(), (&[][..], &[PathBuf::from("f.jsonl")][..]));
    }
}
