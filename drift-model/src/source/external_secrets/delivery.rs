//! The delivery of a secret, as planes: what the backend holds is desired, what was delivered is actual.

use serde_json::{Map, Value};

use super::ExternalSecret;
use crate::document::{Document, Mark};
use crate::facts::Facts;
use crate::fingerprint::Likeness;
use crate::observation::{Method, Observation};
use crate::path::{FieldPath, Step};
use crate::pattern::PathPattern;
use crate::plane::PlaneState;
use crate::planes::Planes;
use crate::resource::ResourceRef;
use crate::secret_sync::{ConsumerRollout, SecretSync};
use crate::source::flux::ConditionStatus;
use crate::time::Timestamp;

/// The member of both documents under which all of this stands, beside what a manifest has.
const DELIVERY: &str = "delivery";

impl ExternalSecret {
    /// An observation of the delivery alone, to be assessed like any other: `/delivery/version`, `/delivery/ready`,
    /// `/delivery/consumers`, `/delivery/checksum` where there are fingerprints that compare, and `/delivery/valid` where the
    /// secret itself has expired, is not valid yet, or is overdue for rotation.
    ///
    /// Desired is what the backend holds, delivered and taken up; actual is how far it came, by the status of this document and
    /// by `sync`: that of [`secret_sync`](Self::secret_sync), with what the backend and the consumers told the caller. What
    /// nobody told is unknown, so that nothing is called delivered for want of an answer. No value of the secret is in it.
    #[must_use]
    pub fn delivery(&self, id: impl Into<String>, sync: &SecretSync, at: Timestamp) -> Observation {
        let (mut desired, mut actual) = (Side::default(), Side::default());
        desired.say("ready", Some(true.into()));
        actual.say("ready", self.is_ready().map(Value::from));
        desired.say("version", sync.external_version.as_deref().map(Value::from));
        actual.say("version", sync.synced_version.as_deref().map(Value::from));
        desired.say("consumers", Some(ConsumerRollout::Current.word().into()));
        actual.say("consumers", sync.consumers().map(|consumers| consumers.word().into()));
        if sync.is_good(Some(at)) == Some(false) {
            desired.say("valid", Some(true.into()));
            actual.say("valid", Some(false.into()));
        }
        let checksums = sync.external_checksum.as_ref().zip(sync.synced_checksum.as_ref());
        if let Some((there, here)) = checksums.filter(|(there, here)| there.compare(here) != Likeness::Incomparable) {
            desired.say("checksum", Some(there.to_string().into()));
            actual.say("checksum", Some(here.to_string().into()));
        }
        let planes = Planes::new(desired.plane(Mark::Unknown, at), actual.plane(Mark::Unobservable, at));
        let mut observation = Observation::new(id, self.resource(), planes);
        observation.method = Some(Method::SecretSync);
        observation.observed_at = Some(at);
        observation.facts = Facts::at(at);
        if *sync != SecretSync::default() {
            observation.facts.secret_sync = sync.clone().into();
        }
        observation
    }

    /// The object, as a resource.
    #[must_use]
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::kubernetes("external-secrets.io", &self.version, "ExternalSecret", &self.namespace, &self.name)
    }

    /// Does the controller say that the secret as it is declared was delivered? `None` where it does not say.
    fn is_ready(&self) -> Option<bool> {
        let ready = self.ready()?;
        match ready.status {
            ConditionStatus::True if self.is_delivered(ready) => Some(true),
            ConditionStatus::False => Some(false),
            ConditionStatus::True | ConditionStatus::Unknown => None,
        }
    }
}

/// What one plane says of the delivery.
#[derive(Default)]
struct Side {
    known: Map<String, Value>,
    unknown: Vec<&'static str>,
}

impl Side {
    fn say(&mut self, name: &'static str, value: Option<Value>) {
        match value {
            Some(value) => drop(self.known.insert(name.to_owned(), value)),
            None => self.unknown.push(name),
        }
    }

    /// The plane, in which `mark` says that something is not known.
    fn plane(self, mark: Mark, at: Timestamp) -> PlaneState {
        let mut document = Document::new(Value::Object(Map::from_iter([(DELIVERY.to_owned(), self.known.into())])));
        for name in self.unknown {
            let path: FieldPath = [DELIVERY, name].into_iter().map(Step::field).collect();
            document.mark(mark, PathPattern::from(&path));
        }
        let mut plane = PlaneState::present(document);
        plane.observed_at = Some(at);
        plane
    }
}
