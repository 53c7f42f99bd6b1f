//! `Reading`: what figures are read with.

use std::collections::{BTreeMap, BTreeSet};

use drift_model::{Domain, DriftManagedUnit, Span, Timestamp};
use serde::{Deserialize, Serialize};

/// When figures are read, and what is known beside the summary.
///
/// What is left out makes the figures that need it not known. See [`Figures`](crate::Figures) for an example.
#[derive(Clone, Debug)]
pub struct Reading<'r> {
    pub(crate) now: Timestamp,
    pub(crate) sync_interval: Option<Span>,
    pub(crate) units: Option<&'r BTreeMap<String, DriftManagedUnit>>,
    pub(crate) burn: Option<&'r [Burn]>,
    pub(crate) soon: Span,
    pub(crate) top: usize,
    pub(crate) labels: BTreeMap<&'r str, Domain>,
    pub(crate) unverified: BTreeSet<&'r str>,
}

/// How a drift budget stands, as whoever holds the budgets has measured it over the same records.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "a row that callers fill in")]
pub struct Burn {
    /// The budget by name.
    pub budget: String,
    /// The limit: `maxOpen`, `maxAge`.
    pub limit: String,
    /// How it stands, in one word: `WITHIN`, `UNKNOWN`, `EXCEEDED`.
    pub state: String,
    /// How many findings keep it.
    pub kept: u64,
    /// How many break it.
    pub broken: u64,
    /// Of how many that cannot be told yet.
    pub open: u64,
}

impl<'r> Reading<'r> {
    /// A reading at this time, with the labels of the shipped taxonomy; lists name the first ten, and an exception expires soon if
    /// it does within a week.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            sync_interval: None,
            units: None,
            burn: None,
            soon: Span::from_seconds(604_800),
            top: 10,
            labels: LABELS.iter().copied().collect(),
            unverified: BTreeSet::new(),
        }
    }

    /// How often reconcilers put back what Git says.
    #[must_use]
    pub const fn sync_interval(mut self, interval: Span) -> Self {
        self.sync_interval = Some(interval);
        self
    }

    /// The registry: every unit that is watched, by name.
    #[must_use]
    pub const fn registry(mut self, units: &'r BTreeMap<String, DriftManagedUnit>) -> Self {
        self.units = Some(units);
        self
    }

    /// How the drift budgets stand.
    #[must_use]
    pub const fn budgets(mut self, burn: &'r [Burn]) -> Self {
        self.burn = Some(burn);
        self
    }

    /// What "soon" means of exceptions.
    #[must_use]
    pub const fn soon(mut self, within: Span) -> Self {
        self.soon = within;
        self
    }

    /// How many items a list names. Its count is that of all.
    #[must_use]
    pub const fn top(mut self, items: usize) -> Self {
        self.top = items;
        self
    }

    /// The domain that a label of the user's own taxonomy stands for.
    #[must_use]
    pub fn label(mut self, label: &'r str, domain: Domain) -> Self {
        self.labels.insert(label, domain);
        self
    }

    /// A label of the taxonomy that says that an artifact is unsigned or unverified. The shipped taxonomy has none.
    #[must_use]
    pub fn unverified_artifacts(mut self, label: &'r str) -> Self {
        self.unverified.insert(label);
        self
    }
}

/// The labels of the shipped taxonomy, each with its domain.
const LABELS: &[(&str, Domain)] = &[
    ("admission", Domain::Policy),
    ("app-config", Domain::Configuration),
    ("capacity", Domain::Cost),
    ("cdn", Domain::Network),
    ("cloud-network", Domain::Network),
    ("cluster-network", Domain::Network),
    ("cluster-rbac", Domain::Identity),
    ("configuration", Domain::Configuration),
    ("cost", Domain::Cost),
    ("database", Domain::Database),
    ("dependency", Domain::Dependency),
    ("dns", Domain::Network),
    ("iam", Domain::Identity),
    ("metadata", Domain::Configuration),
    ("oidc-trust", Domain::Identity),
    ("policy", Domain::Policy),
    ("runtime", Domain::RuntimeController),
    ("secret", Domain::Secret),
    ("state", Domain::State),
    ("storage", Domain::Configuration),
    ("workload", Domain::Configuration),
    ("workload-image", Domain::Configuration),
];
