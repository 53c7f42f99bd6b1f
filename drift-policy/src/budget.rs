//! Budgets held against a history of findings: within, exceeded, or not to be told.

use std::fmt;

use drift_model::{DriftClass, Facts, Finding, Span, Timestamp};
use serde::Serialize;

use crate::documents::{DriftBudget, Share};
use crate::policy::Policy;
use crate::route::facts_of;
use crate::table::Answer;

drift_model::vocabulary! {
    /// How a budget stands. Ordered: `WITHIN < UNKNOWN < EXCEEDED`.
    pub enum BudgetState as "budget state" {
        /// Kept, whatever else may be known later.
        Within = "WITHIN",
        /// What is not known decides.
        Unknown = "UNKNOWN",
        /// Not kept, whatever else may be known later.
        Exceeded = "EXCEEDED",
    }
}

/// What became of a finding, and when.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Episode<'a> {
    /// The finding. Its `detectedAt` is when it was detected.
    pub finding: &'a Finding,
    /// What was known beside it.
    pub facts: Option<&'a Facts>,
    /// When the runtime was changed, if known.
    pub changed_at: Option<Timestamp>,
    /// When it got its class; `None` while it has none.
    pub classified_at: Option<Timestamp>,
    /// When it was remediated or accepted; `None` while it is open.
    pub settled_at: Option<Timestamp>,
}

impl<'a> Episode<'a> {
    /// An open finding of which is known what it says itself: when its change was made, if a log knows, and that it got
    /// its class, if it has one, when it was detected.
    #[must_use]
    pub fn open(finding: &'a Finding) -> Self {
        let classified = finding.drift_class != DriftClass::Unclassified;
        Self {
            finding,
            facts: None,
            changed_at: finding.audit_correlation.as_ref().and_then(|correlation| correlation.event_time),
            classified_at: finding.detected_at.filter(|_| classified),
            settled_at: None,
        }
    }

    /// The same, settled then.
    #[must_use]
    pub const fn settled(self, at: Timestamp) -> Self {
        Self { settled_at: Some(at), ..self }
    }

    /// The same, with what is known beside it.
    #[must_use]
    pub const fn knowing(self, facts: &'a Facts) -> Self {
        Self { facts: Some(facts), ..self }
    }

    fn is_open(&self, now: Timestamp) -> bool {
        self.settled_at.is_none_or(|at| at > now)
    }
}

/// How a budget stands, with the numbers.
///
/// It prints as lines for people: the budget's state, then each limit with its own.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BudgetReport {
    /// The budget by name.
    pub budget: String,
    /// How it stands: as the worst of its limits does.
    pub state: BudgetState,
    /// Its limits, in the order of the document kind.
    pub limits: Vec<LimitReport>,
    /// Resources of which nobody knows whether they drift. No result is not no drift: with one of them nothing is WITHIN.
    pub unseen: usize,
}

/// How one limit of a budget stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LimitReport {
    /// The limit, by its field: `maxOpen`.
    pub limit: &'static str,
    /// What it allows: `0`, `15m`.
    pub allows: String,
    /// The share of findings that must keep it.
    pub objective: Share,
    /// How it stands.
    pub state: BudgetState,
    /// Findings that keep it.
    pub kept: usize,
    /// Findings that break it; of `maxOpen`, those that are open.
    pub broken: usize,
    /// Findings that may still do either: their time is not up.
    pub pending: usize,
    /// Findings of which a time is not known, or whether the budget is about them.
    pub unknown: usize,
}

/// A limit of time.
#[derive(Clone, Copy)]
enum Limit {
    Age,
    Detect,
    Classify,
    Reconcile,
}

impl Limit {
    const fn field(self) -> &'static str {
        match self {
            Self::Age => "maxAge",
            Self::Detect => "detectWithin",
            Self::Classify => "classifyWithin",
            Self::Reconcile => "reconcileWithin",
        }
    }
}

/// What a finding is to a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    Kept,
    Broken,
    Pending,
    Unknown,
}

impl Policy {
    /// Every budget, by name, held against a history at a moment.
    ///
    /// `unseen` counts the resources of which nobody knows whether they drift: those whose assessment is UNKNOWN.
    #[must_use]
    pub fn measure(&self, episodes: &[Episode<'_>], unseen: usize, now: Timestamp) -> Vec<BudgetReport> {
        let measured =
            |named: &drift_diff::Named<DriftBudget>| named.spec.measure(&named.name, self, episodes, unseen, now);
        self.budgets().iter().map(measured).collect()
    }
}

impl DriftBudget {
    /// The budget of this name held against a history, under the labels of a policy. A pure function of its arguments.
    #[must_use]
    pub fn measure(
        &self,
        name: &str,
        policy: &Policy,
        episodes: &[Episode<'_>],
        unseen: usize,
        now: Timestamp,
    ) -> BudgetReport {
        let counts = |episode: &Episode<'_>| {
            let settled_before = episode.settled_at.zip(self.window.and_then(|window| now.minus(window)));
            settled_before.is_none_or(|(at, start)| at >= start)
        };
        let about: Vec<(&Episode<'_>, bool)> = episodes
            .iter()
            .filter(|episode| counts(episode))
            .filter_map(|episode| Some((episode, self.is_about(policy, episode)?)))
            .collect();
        let mut limits = Vec::new();
        if let Some(most) = self.max_open {
            limits.push(open(most, &about, unseen, now));
        }
        let spans = [
            (Limit::Age, self.max_age, Share::ALL),
            (Limit::Detect, self.detect_within, self.objective),
            (Limit::Classify, self.classify_within, self.objective),
            (Limit::Reconcile, self.reconcile_within, self.objective),
        ];
        for (limit, span, objective) in spans {
            limits.extend(span.map(|span| timed(limit, span, objective, &about, unseen, now)));
        }
        let state = limits.iter().map(|limit| limit.state).max().unwrap_or(BudgetState::Unknown);
        BudgetReport { budget: name.to_owned(), state, limits, unseen }
    }

    /// Is it about the finding: for certain, perhaps, or (`None`) not at all?
    fn is_about(&self, policy: &Policy, episode: &Episode<'_>) -> Option<bool> {
        let finding = episode.finding;
        let nothing = Facts::default();
        let facts = facts_of(finding).or(episode.facts.unwrap_or(&nothing));
        policy.ask(None, finding, &facts, |meets| match meets(&self.matches) {
            Answer::Yes => Some(true),
            Answer::Maybe(_) => Some(false),
            Answer::No(_) => None,
        })
    }
}

/// How many are open.
fn open(most: u32, about: &[(&Episode<'_>, bool)], unseen: usize, now: Timestamp) -> LimitReport {
    let open = |sure: bool| about.iter().filter(|(episode, about)| *about == sure && episode.is_open(now)).count();
    let (sure, perhaps) = (open(true), open(false));
    let most_open = usize::try_from(most).unwrap_or(usize::MAX);
    let state = if sure > most_open {
        BudgetState::Exceeded
    } else if unseen > 0 || sure.saturating_add(perhaps) > most_open {
        BudgetState::Unknown
    } else {
        BudgetState::Within
    };
    LimitReport {
        limit: "maxOpen",
        allows: most.to_string(),
        objective: Share::ALL,
        state,
        kept: about.len().saturating_sub(sure).saturating_sub(perhaps),
        broken: sure,
        pending: 0,
        unknown: perhaps,
    }
}

/// How many keep a limit of time.
fn timed(
    limit: Limit,
    span: Span,
    objective: Share,
    about: &[(&Episode<'_>, bool)],
    unseen: usize,
    now: Timestamp,
) -> LimitReport {
    let told = |episode: &Episode<'_>| outcome(limit, span, episode, now);
    let count = |sure: bool, wanted: Outcome| {
        about.iter().filter(|(episode, about)| *about == sure && told(episode) == wanted).count()
    };
    let [kept, broken, pending, unknown] =
        [Outcome::Kept, Outcome::Broken, Outcome::Pending, Outcome::Unknown].map(|wanted| count(true, wanted));
    // What may not be meant at all is kept, broken or unknown at most.
    let [kept_perhaps, broken_perhaps, _, unknown_perhaps] =
        [Outcome::Kept, Outcome::Broken, Outcome::Pending, Outcome::Unknown].map(|wanted| count(false, wanted));
    // At best all that is unknown was kept, and of what may not be meant only that counts which helps; at worst the
    // other way round.
    let sum = |parts: &[usize]| parts.iter().fold(0_usize, |sum, part| sum.saturating_add(*part));
    let best = sum(&[kept, unknown, kept_perhaps, unknown_perhaps]);
    let worst = sum(&[broken, unknown, broken_perhaps, unknown_perhaps]);
    let state = if exceeds(broken, best, objective) {
        BudgetState::Exceeded
    } else if unseen > 0 || exceeds(worst, kept, objective) {
        BudgetState::Unknown
    } else {
        BudgetState::Within
    };
    let unknown = sum(&[unknown, kept_perhaps, broken_perhaps, unknown_perhaps]);
    LimitReport { limit: limit.field(), allows: span.to_string(), objective, state, kept, broken, pending, unknown }
}

/// Are there more broken than the objective leaves room for, beside so many that were kept?
fn exceeds(broken: usize, kept: usize, objective: Share) -> bool {
    let wide = |count: usize| u128::try_from(count).unwrap_or(u128::MAX);
    let room = u128::from(Share::ALL.hundredths().saturating_sub(objective.hundredths()));
    let total = wide(broken).saturating_add(wide(kept));
    wide(broken).saturating_mul(u128::from(Share::ALL.hundredths())) > room.saturating_mul(total)
}

fn outcome(limit: Limit, span: Span, episode: &Episode<'_>, now: Timestamp) -> Outcome {
    let detected = episode.finding.detected_at;
    match limit {
        Limit::Age if episode.is_open(now) => until(detected, None, span, now),
        Limit::Age => Outcome::Kept,
        Limit::Detect => match episode.changed_at.zip(detected) {
            Some((changed, detected)) => kept_or_broken(detected.since(changed) <= span),
            None => Outcome::Unknown,
        },
        Limit::Classify => until(detected, episode.classified_at, span, now),
        Limit::Reconcile => until(detected, episode.settled_at, span, now),
    }
}

/// From a start to an end that may be yet to come.
fn until(start: Option<Timestamp>, end: Option<Timestamp>, span: Span, now: Timestamp) -> Outcome {
    match (start, end.filter(|end| *end <= now)) {
        (None, _) => Outcome::Unknown,
        (Some(start), Some(end)) => kept_or_broken(end.since(start) <= span),
        (Some(start), None) if now.since(start) > span => Outcome::Broken,
        (Some(_), None) => Outcome::Pending,
    }
}

const fn kept_or_broken(kept: bool) -> Outcome {
    if kept { Outcome::Kept } else { Outcome::Broken }
}

impl fmt::Display for BudgetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.state, self.budget)?;
        if self.unseen > 0 {
            let resources = if self.unseen == 1 { "resource" } else { "resources" };
            write!(f, " ({} {resources} not seen)", self.unseen)?;
        }
        for limit in &self.limits {
            write!(f, "\n  {limit}")?;
        }
        Ok(())
    }
}

impl fmt::Display for LimitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.state, self.limit, self.allows)?;
        if self.objective < Share::ALL {
            write!(f, " for {}", self.objective)?;
        }
        if self.limit == "maxOpen" {
            write!(f, ": {} open", self.broken)?;
        } else {
            write!(f, ": {} kept, {} broken", self.kept, self.broken)?;
        }
        for (count, word) in [(self.pending, "pending"), (self.unknown, "unknown")] {
            if count > 0 {
                write!(f, ", {count} {word}")?;
            }
        }
        Ok(())
    }
}
