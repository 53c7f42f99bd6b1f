//! Policies, tested: scenarios with what is expected of them, for `cargo test` of an embedder and for the documents that
//! say the same (`DriftPolicyTest`).
//!
//! ```
//! use drift_diff::Rules;
//! use drift_model::{Action, DriftClass, Method, ResourceRef};
//! use drift_policy::testing::{self, Expectation, Given, Scenario};
//! use drift_policy::{Contract, Engine, Policy};
//!
//! # let contract = Contract::new()
//! #     .owner("platform").source_of_truth("git://shop/infra").observed_by([Method::GitopsDiff])
//! #     .diffed_by(Rules::default()).decided_by(Policy::shipped()).may(Action::ALL.iter().copied())
//! #     .evidence_in("s3://evidence/drift");
//! let engine = Engine::compile(contract)?;
//! let role = ResourceRef::kubernetes("rbac.authorization.k8s.io", "v1", "ClusterRole", "", "admin");
//! let given = Given::change(role, "/rules".parse()?)
//!     .knowing(serde_json::from_str(r#"{"actors": [{"kind": "HUMAN"}], "incident": "NONE", "changeRecord": "NONE"}"#)?);
//! let expect = Expectation::default()
//!     .class(DriftClass::UnauthorizedRuntimeDrift)
//!     .action(Action::RuntimeRevert)
//!     .healing(false)
//!     .refused_by(["protected-domain"])
//!     .told(["security-oncall", "platform-identity-oncall"]);
//! Scenario::new("nobody widens a role alone", given, expect).assert(&engine)?;
//!
//! let report = testing::run(&engine, &[]);
//! assert!(report.failed() == 0 && report.coverage.tables.len() == 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assignment;
mod coverage;
mod missing;
mod outcome;
mod scenario;

use std::fmt;

pub use self::coverage::{Coverage, TableCoverage};
pub use self::missing::missing_cases;
pub use self::outcome::{Failure, Outcome};
pub use self::scenario::{Expectation, Given, Scenario};
use crate::engine::Engine;

/// How a policy did: each scenario, and what none of them has tried.
///
/// It prints what failed, as a diff, and the coverage.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Each scenario by name, with what failed of it; nothing, if it is as expected.
    pub cases: Vec<CaseReport>,
    /// What the scenarios have tried.
    pub coverage: Coverage,
}

/// How one scenario went.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CaseReport {
    /// The scenario.
    pub name: String,
    /// What is not as expected.
    pub failures: Vec<Failure>,
    /// How it was decided: the rule of each table.
    pub decided_by: String,
}

impl Report {
    /// How many scenarios failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.failures.is_empty()).count()
    }
}

/// Runs scenarios.
#[must_use]
pub fn run(engine: &Engine, scenarios: &[Scenario]) -> Report {
    run_all(engine, scenarios.iter().map(|scenario| (scenario.name.clone(), scenario)))
}

/// Runs the scenarios of the policy's own `DriftPolicyTest` documents; they are called by their document and their name.
#[must_use]
pub fn run_documents(engine: &Engine) -> Report {
    let named = engine.policy().tests().iter();
    run_all(
        engine,
        named.flat_map(|document| {
            document.spec.iter().map(move |scenario| (format!("{}: {}", document.name, scenario.name), scenario))
        }),
    )
}

fn run_all<'s>(engine: &Engine, scenarios: impl Iterator<Item = (String, &'s Scenario)>) -> Report {
    let mut coverage = Coverage::of(engine.policy());
    let cases = scenarios
        .map(|(name, scenario)| {
            let outcome = scenario.given.run(engine);
            coverage.count(&outcome);
            let (failures, decided_by) = scenario.expect.check(&outcome);
            CaseReport { name, failures, decided_by }
        })
        .collect();
    Report { cases, coverage }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failures.is_empty() {
            return write!(f, "ok {}", self.name);
        }
        write!(f, "FAILED {}", self.name)?;
        for failure in &self.failures {
            write!(f, "\n{failure}")?;
        }
        if !self.decided_by.is_empty() {
            write!(f, "\n  decided by {}", self.decided_by)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in self.cases.iter().filter(|case| !case.failures.is_empty()) {
            writeln!(f, "{case}")?;
        }
        let cases = if self.cases.len() == 1 { "case" } else { "cases" };
        writeln!(f, "{} {cases}, {} failed", self.cases.len(), self.failed())?;
        self.coverage.fmt(f)
    }
}
