//! `AuditEvent`: one line of an audit log, whoever wrote the log.

use crate::facts::{Actor, ActorKind};
use crate::pattern::PathPattern;
use crate::resource::ResourceRef;
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// How far a request had come when the event was written. Several events of one request share their id.
    pub enum Stage as "stage" {
        /// It had arrived.
        RequestReceived = "RequestReceived",
        /// The answer had begun (watches, `exec`).
        ResponseStarted = "ResponseStarted",
        /// The handler had crashed.
        Panic = "Panic",
        /// The answer was complete.
        ResponseComplete = "ResponseComplete",
    }
}

/// Who did what to which resource, and when. Of the bodies of a request it keeps the paths that were written, and nothing
/// else: bodies hold secrets.
///
/// What an event does not tell is `None` or empty, and never taken for a no.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct AuditEvent {
    /// The log: `kubernetes-audit`, `cloudtrail`.
    pub log: String,
    /// The id that the log gave it.
    pub id: String,
    /// How far the request had come, for logs that write more than one event of it.
    pub stage: Option<Stage>,
    /// When.
    pub at: Option<Timestamp>,
    /// Who.
    pub actor: AuditActor,
    /// The verb, in the log's words: `patch`, `AuthorizeSecurityGroupIngress`.
    pub verb: String,
    /// Does such a request change resources?
    pub mutating: Option<bool>,
    /// Was it done? What failed, and what was a dry run, was not.
    pub succeeded: Option<bool>,
    /// Was it only tried out?
    pub dry_run: bool,
    /// Which resource.
    pub target: Option<Target>,
    /// The paths that it wrote, as patterns over the resource's document. `None` where the event does not tell: then it
    /// may have been any.
    pub fields: Option<Vec<PathPattern>>,
}

impl AuditEvent {
    /// An event of which nothing else is known.
    #[must_use]
    pub fn new(log: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            log: log.into(),
            id: id.into(),
            stage: None,
            at: None,
            actor: AuditActor::default(),
            verb: String::new(),
            mutating: None,
            succeeded: None,
            dry_run: false,
            target: None,
            fields: None,
        }
    }

    /// Where to look the event up: `kubernetes-audit://0eaf743e-…`. `None` for an event without an id.
    #[must_use]
    pub fn evidence(&self) -> Option<String> {
        (!self.id.is_empty()).then(|| format!("{}://{}", self.log, self.id))
    }

    /// Can the event have changed anything? Only what is known not to is left out.
    #[must_use]
    pub fn may_have_changed(&self) -> bool {
        self.mutating != Some(false) && self.succeeded != Some(false) && !self.dry_run
    }

    /// Is the other event the same request, seen at a later stage, or the same event once more?
    #[must_use]
    pub fn is_superseded_by(&self, other: &Self) -> bool {
        !self.id.is_empty()
            && (&self.log, &self.id, &self.verb) == (&other.log, &other.id, &other.verb)
            && self.stage < other.stage
    }

    /// The actor as a fact. `None` where the event names nobody, or does not tell what kind of actor it was.
    #[must_use]
    pub fn candidate(&self) -> Option<Actor> {
        let mut actor = Actor::new(self.actor.kind?, self.actor.id.clone().unwrap_or_default());
        actor.source.clone_from(&self.log);
        actor.at = self.at;
        actor.via.clone_from(&self.actor.via);
        Some(actor)
    }
}

/// Who an event names.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct AuditActor {
    /// What kind of actor; `None` where the event does not tell.
    pub kind: Option<ActorKind>,
    /// The rule that says so.
    pub rule: String,
    /// Who, in the terms of the log.
    pub id: Option<String>,
    /// Through whom: the role that was assumed; the user who impersonated this one.
    pub via: Option<String>,
    /// Is it bound by no permissions: in `system:masters`, or the root of an account?
    pub superuser: bool,
}

/// The resource of an event, in all the names that it may be found by.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Target {
    /// The resource. For Kubernetes the kind is empty where nobody knows it.
    pub resource: ResourceRef,
    /// Kubernetes: the plural in the path of the request, `deployments`.
    pub plural: String,
    /// Kubernetes: the part of the resource that the request was about, `scale`.
    pub subresource: String,
    /// Kubernetes: does the request concern all objects of the kind?
    pub collection: bool,
    /// AWS: the service, `ec2`.
    pub service: String,
    /// AWS: what it is in that service, `security-group`; `arn` where the record only lists an ARN.
    pub of_type: String,
    /// AWS: ids, names and ARNs, the most telling first. A request may concern several resources.
    pub keys: Vec<String>,
    /// AWS: the types under which others know it, where `*` stands for any text: `AWS::EC2::SecurityGroup`,
    /// `aws_security_group`. Empty where any type may be meant.
    pub kinds: Vec<String>,
    /// AWS: the account.
    pub account: Option<String>,
    /// AWS: the region.
    pub region: Option<String>,
}

impl Target {
    /// A target that is named by a reference alone.
    #[must_use]
    pub fn of(resource: ResourceRef) -> Self {
        Self { resource, ..Self::default() }
    }
}
