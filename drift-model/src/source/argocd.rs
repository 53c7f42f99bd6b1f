//! Argo CD: an `Application`, as what it says of its resources.
//!
//! **Sync is not health.** Whether live matches desired and whether it works are two axes, and every combination occurs.
//! Each has its own word for "nobody knows", and that word, a word that is not known here, and a word that is left out make
//! an unknown fact: never SYNCED, never HEALTHY.
//!
//! **A status counts as of `reconciledAt`.** The sync status carries no time of its own. Where the comparison is older than
//! the caller's window the facts are stale, and where nothing says how old it is they are unknown. An Application that is
//! skipped (`skip-reconcile`) keeps its last status for as long as it is skipped, so it is stale at once. One that was
//! compared with another source than the one that it declares now says nothing of what is declared now.
//!
//! **Detecting is not enforcing.** Without `automated.selfHeal: true` drift is shown and stays; see
//! [`Application::enforces`].
//!
//! The messages of conditions and operations repeat the errors of others, which have held secrets before. They are kept as
//! [`Prose`], and no fact repeats them: a reason is the word of the condition with what it means.
//! # What is read
//!
//! | an Application's | becomes | left out |
//! |---|---|---|
//! | `apiVersion`, `kind`, `metadata.name` | who it is | refused |
//! | `metadata.annotations` `argocd.argoproj.io/skip-reconcile` | `suspended`; the status is stale at once | not skipped |
//! | `spec.syncPolicy.automated` (`enabled`, `selfHeal`, `prune`, `allowEmpty`) | [`Application::enforces`]; `suspended` where `enabled` is false | manual sync, which is no pause |
//! | `spec.ignoreDifferences`, `spec.syncPolicy.syncOptions` | `opt_outs` | it looks away from nothing |
//! | `status.sync.status` | `sync` | unknown, as for every word that is not known |
//! | `status.sync.revision`, `revisions` | `revisions` | none |
//! | `status.sync.comparedTo` | whether live was compared with what is declared now | the status is taken at its word |
//! | `status.health.status` | `health` | unknown |
//! | `status.reconciledAt` | how old all of it is | sync and health are unknown |
//! | `status.conditions` | `source` and `reconcile` where one is an error | no error |
//! | `status.operationState` | `reconcile`, `lastAppliedAt`, the step `applied` | unknown |
//! | `status.resources` | [`Application::facts_for`] each | nothing is known of a resource that is not listed |
//! | `status.history[].deployedAt` | `lastAppliedAt` | that of the operation |
//!
//! A member that is there and cannot be read is unknown, and a [problem](Application::problems) says where.

mod facts;
mod opt_outs;
mod tracking;
mod words;

use serde_json::Value;

pub use self::opt_outs::opt_outs;
pub use self::tracking::{TrackingId, TrackingIdError};
pub use self::words::{AppHealth, AppSync, ConditionKind, Phase, SyncResult};
use super::node::{Node, Read, noting};
use super::opt_out::OptOut;
use super::status::{Identity, Prose, Setting, StatusError, StatusProblem, identify, who_set};
use crate::facts::{Suspension, YesNo};
use crate::resource::ResourceRef;
use crate::time::Timestamp;

/// The annotation that freezes an Application.
const SKIP_RECONCILE: &str = "argocd.argoproj.io/skip-reconcile";

/// An Application and its status.
///
/// ```
/// use drift_model::source::argocd::Application;
/// use drift_model::{Span, SyncStatus};
/// use serde_json::json;
///
/// let application = Application::read(&json!({
///     "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "shop", "namespace": "argocd"},
///     "spec": {"syncPolicy": {"automated": {"prune": true}}},
///     "status": {"sync": {"status": "OutOfSync", "revision": "363a6a8f"}, "health": {"status": "Healthy"},
///                "reconciledAt": "2026-07-03T10:20:00Z"},
/// }))?;
/// let facts = application.facts("2026-07-03T10:22:31Z".parse()?, Span::from_seconds(600));
/// assert_eq!(facts.sync.known(), Some(&SyncStatus::OutOfSync));
/// // It detects, and does not enforce.
/// assert_eq!(application.enforces(), Some(false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Application {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Is automated sync on? ABSENT is manual sync, OFF is `enabled: false`.
    pub automated: Setting,
    /// Are live changes reverted?
    pub self_heal: Setting,
    /// Is what Git lets go deleted?
    pub prune: Setting,
    /// May a sync delete everything?
    pub allow_empty: Setting,
    /// Is reconciliation switched off by annotation?
    pub skipped: Setting,
    /// Desired against live; `None` where the status does not say, or says another word.
    pub sync: Option<AppSync>,
    /// Operational health; `None` as for sync.
    pub health: Option<AppHealth>,
    /// The revisions that live was compared with: one, or one for each of several sources.
    pub revisions: Vec<String>,
    /// Was live compared with the source and destination that are declared now?
    pub compared_as_declared: bool,
    /// When live and desired were last compared.
    pub reconciled_at: Option<Timestamp>,
    /// When something was last deployed, by the history.
    pub deployed_at: Option<Timestamp>,
    /// The last operation.
    pub operation: Option<Operation>,
    /// The conditions, in the order of the document.
    pub conditions: Vec<AppCondition>,
    /// The resources, in the order of the document.
    pub resources: Vec<AppResource>,
    /// Where the Application looks away: `ignoreDifferences`, and sync options for all of it.
    pub opt_outs: Vec<OptOut>,
    /// What could not be read.
    pub problems: Vec<StatusProblem>,
    skip_owner: Option<String>,
    automated_owner: Option<String>,
}

/// The last operation of an Application.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Operation {
    /// How far it came; `None` for a word that is not known.
    pub phase: Option<Phase>,
    /// The revisions that it applied.
    pub revisions: Vec<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How often it was tried again.
    pub retry_count: Option<u64>,
    /// How often self-heal has tried to bring the same revision back.
    pub auto_heal_attempts: Option<u64>,
    /// Was it made by the controller alone?
    pub automated: Setting,
    /// Was nothing applied in truth?
    pub dry_run: Setting,
    /// Were only some resources applied?
    pub partial: bool,
    /// What became of each resource.
    pub results: Vec<(ResourceRef, Option<SyncResult>)>,
    /// What it says for people.
    pub message: Prose,
}

/// A condition of an Application.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AppCondition {
    /// What is the matter; `None` for a word that is not known.
    pub kind: Option<ConditionKind>,
    /// Since when.
    pub at: Option<Timestamp>,
    /// What it says for people.
    pub message: Prose,
    is_error: bool,
}

/// What an Application says of one of its resources.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AppResource {
    /// The resource.
    pub resource: ResourceRef,
    /// Desired against live.
    pub sync: Option<AppSync>,
    /// Operational health. Most kinds have none, and none is listed where health is kept elsewhere (`appTree`).
    pub health: Option<AppHealth>,
    /// Is it in the cluster, and no longer in Git?
    pub requires_pruning: Setting,
    /// Is it a hook? Hooks take no part in sync.
    pub hook: Setting,
}

impl Application {
    /// Reads an Application as the API server answers it.
    ///
    /// # Errors
    ///
    /// [`StatusError`] for a document that is no Application with a name. Members that cannot be read are unknown, and
    /// listed in [`problems`](Self::problems).
    pub fn read(value: &Value) -> Result<Self, StatusError> {
        let (read, problems) = noting(value, |root| Self::of(value, root));
        Ok(Self { problems, ..read? })
    }

    fn of(value: &Value, root: &Node<'_, '_>) -> Result<Self, StatusError> {
        let Identity { namespace, name, .. } = identify(root, "argoproj.io", &["Application"])?;
        let (spec, status) = (root.at("spec"), root.at("status"));
        let automated = spec.at("syncPolicy").at("automated");
        let sync = status.at("sync");
        let skip = root.at("metadata").at("annotations").at(SKIP_RECONCILE);
        Ok(Self {
            namespace,
            name,
            automated: match automated.at("enabled").setting() {
                Setting::Absent if automated.is_there() => Setting::On,
                setting => setting,
            },
            self_heal: automated.at("selfHeal").setting(),
            prune: automated.at("prune").setting(),
            allow_empty: automated.at("allowEmpty").setting(),
            skipped: match skip.word("`true` or `false`", go_bool) {
                Read::Absent => Setting::Absent,
                Read::Is(true) => Setting::On,
                Read::Is(false) => Setting::Off,
                Read::Unreadable => Setting::Unknown,
            },
            sync: sync.at("status").word("a sync status of Argo CD", |word| word.parse().ok()).ok(),
            health: health(&status),
            revisions: revisions(&sync),
            compared_as_declared: compared_as_declared(&spec, &sync.at("comparedTo")),
            reconciled_at: status.at("reconciledAt").time().ok(),
            deployed_at: status.at("history").items().iter().filter_map(|run| run.at("deployedAt").time().ok()).max(),
            operation: operation(&status.at("operationState")),
            conditions: status.at("conditions").items().iter().map(AppCondition::read).collect(),
            resources: status.at("resources").items().iter().map(AppResource::read).collect(),
            opt_outs: opt_outs::of_application(&spec),
            problems: Vec::new(),
            skip_owner: who_set(value, &["metadata", "annotations", SKIP_RECONCILE]),
            automated_owner: who_set(value, &["spec", "syncPolicy", "automated", "enabled"]),
        })
    }

    /// Does it bring live back to desired by itself? `Some(false)` says that it detects and does not enforce; `None` that
    /// a setting cannot be read.
    #[must_use]
    pub fn enforces(&self) -> Option<bool> {
        let settings = [self.automated.or(false), self.self_heal.or(false), self.skipped.or(false).map(|skip| !skip)];
        if settings.contains(&Some(false)) { Some(false) } else { settings.iter().all(Option::is_some).then_some(true) }
    }

    /// Is reconciliation paused? `None` where a setting cannot be read. Manual sync is no pause: nobody stopped anything.
    #[must_use]
    pub fn suspension(&self) -> Option<Suspension> {
        let paused = |owner: &Option<String>, reason: &str| {
            let (owner, reason) = (owner.clone(), Some(reason.to_owned()));
            Some(Suspension { state: YesNo::Yes, owner, reason, until: None })
        };
        match (self.skipped, self.automated) {
            (Setting::On, _) => paused(&self.skip_owner, "skip-reconcile annotation"),
            (_, Setting::Off) => paused(&self.automated_owner, "automated sync is disabled"),
            (Setting::Unknown, _) | (_, Setting::Unknown) => None,
            (Setting::Off | Setting::Absent, Setting::On | Setting::Absent) => {
                Some(Suspension { state: YesNo::No, owner: None, reason: None, until: None })
            }
        }
    }

    /// Does the tracking annotation of a live object name this Application (and the object itself)?
    #[must_use]
    pub fn tracks(&self, live: &Value) -> bool {
        use crate::source::kubernetes::{TrackedBy, trackers};
        let qualified = format!("{}_{}", self.namespace, self.name);
        trackers(live).iter().any(|tracker| {
            tracker.by == TrackedBy::ArgoApplication && (tracker.name == self.name || tracker.name == qualified)
        })
    }
}

impl AppCondition {
    fn read(node: &Node<'_, '_>) -> Self {
        let kind = node.at("type");
        let text = kind.text();
        Self {
            kind: kind.word("a condition type of Argo CD", |word| word.parse().ok()).ok(),
            at: node.at("lastTransitionTime").time().ok(),
            message: node.at("message").prose(),
            // What cannot be read may be an error.
            is_error: text.ok().is_none_or(|word| word.ends_with("Error")),
        }
    }
}

impl AppResource {
    fn read(node: &Node<'_, '_>) -> Self {
        Self {
            resource: resource(node),
            sync: node.at("status").word("a sync status of Argo CD", |word| word.parse().ok()).ok(),
            health: health(node),
            requires_pruning: node.at("requiresPruning").setting(),
            hook: node.at("hook").setting(),
        }
    }

    /// Are these the same object, whatever the version?
    fn is(&self, other: &ResourceRef) -> bool {
        let mine = &self.resource;
        other.system.is_kubernetes()
            && (&mine.group, &mine.kind, &mine.namespace, &mine.name)
                == (&other.group, &other.kind, &other.namespace, &other.name)
    }
}

fn resource(node: &Node<'_, '_>) -> ResourceRef {
    let text = |name| node.at(name).text().ok().unwrap_or_default();
    ResourceRef::kubernetes(text("group"), text("version"), text("kind"), text("namespace"), text("name"))
}

fn health(node: &Node<'_, '_>) -> Option<AppHealth> {
    node.at("health").at("status").word("a health status of Argo CD", |word| word.parse().ok()).ok()
}

/// `revisions` of several sources, or `revision` of one.
fn revisions(node: &Node<'_, '_>) -> Vec<String> {
    let several = node.at("revisions").texts();
    if several.is_empty() { node.at("revision").name().into_iter().collect() } else { several }
}

/// As Go reads switches in annotations.
fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn operation(state: &Node<'_, '_>) -> Option<Operation> {
    if !state.is_there() {
        return None;
    }
    let (operation, result) = (state.at("operation"), state.at("syncResult"));
    let sync = operation.at("sync");
    let applied = revisions(&result);
    let of = |node: &Node<'_, '_>| {
        let status = node.at("status").word("a sync result of Argo CD", |word| word.parse().ok()).ok();
        (resource(node), status)
    };
    Some(Operation {
        phase: state.at("phase").word("an operation phase of Argo CD", |word| word.parse().ok()).ok(),
        revisions: if applied.is_empty() { revisions(&sync) } else { applied },
        started_at: state.at("startedAt").time().ok(),
        finished_at: state.at("finishedAt").time().ok(),
        retry_count: state.at("retryCount").count().ok(),
        auto_heal_attempts: sync.at("autoHealAttemptsCount").count().ok(),
        automated: operation.at("initiatedBy").at("automated").setting(),
        dry_run: sync.at("dryRun").setting(),
        partial: sync.at("resources").is_no_list() || !sync.at("resources").items().is_empty(),
        results: result.at("resources").items().iter().map(of).collect(),
        message: state.at("message").prose(),
    })
}

/// Is what live was compared with what is declared now? A status that does not say is taken at its word.
fn compared_as_declared(spec: &Node<'_, '_>, compared: &Node<'_, '_>) -> bool {
    const SOURCE: [&str; 4] = ["repoURL", "path", "targetRevision", "chart"];
    const DESTINATION: [&str; 3] = ["server", "name", "namespace"];
    let agree = |declared: &Node<'_, '_>, compared: &Node<'_, '_>| {
        let (declared, compared) = (declared.text(), compared.text());
        !declared.is_unreadable()
            && !compared.is_unreadable()
            && declared.ok().unwrap_or_default() == compared.ok().unwrap_or_default()
    };
    let same = |declared: &Node<'_, '_>, compared: &Node<'_, '_>, names: &[&str]| {
        names.iter().all(|name| agree(&declared.at(name), &compared.at(name)))
    };
    if !compared.is_there() {
        return true;
    }
    let (declared_all, compared_all) = (spec.at("sources").items(), compared.at("sources").items());
    let hydrator = spec.at("sourceHydrator");
    let sources = if hydrator.is_there() {
        // What is synced is what the hydrator wrote: into the repository that it read, by a branch and a path of its own.
        let (dry, synced, compared) = (hydrator.at("drySource"), hydrator.at("syncSource"), compared.at("source"));
        same(&dry, &compared, &["repoURL"])
            && same(&synced, &compared, &["path"])
            && agree(&synced.at("targetBranch"), &compared.at("targetRevision"))
    } else if declared_all.is_empty() && compared_all.is_empty() {
        same(&spec.at("source"), &compared.at("source"), &SOURCE)
    } else {
        declared_all.len() == compared_all.len()
            && declared_all.iter().zip(&compared_all).all(|(declared, compared)| same(declared, compared, &SOURCE))
    };
    // The server is resolved from the cluster's name in between, so only what both say is compared.
    let (declared, compared) = (spec.at("destination"), compared.at("destination"));
    let destination = DESTINATION.iter().all(|name| {
        let both = (declared.at(name), compared.at(name));
        !both.0.is_there() || !both.1.is_there() || same(&declared, &compared, &[*name])
    });
    sources && destination
}

#[cfg(test)]
mod tests;
