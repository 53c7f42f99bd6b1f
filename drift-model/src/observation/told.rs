//! An observation as it is written and printed: what stands beside its documents does not quote their secrets.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use super::{Method, Observation};
use crate::document::MASK;
use crate::facts::Facts;
use crate::owner::Claim;
use crate::pattern::PathPattern;
use crate::planes::Planes;
use crate::redact::Secrets;
use crate::resource::ResourceRef;
use crate::texts::redact;
use crate::time::Timestamp;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    id: &'a str,
    resource: &'a ResourceRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<Method>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_of_truth: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_backend: Option<&'a str>,
    planes: Cow<'a, Planes>,
    #[serde(skip_serializing_if = "<[Claim]>::is_empty")]
    claims: Cow<'a, [Claim]>,
    facts: Cow<'a, Facts>,
}

impl<'a> Told<'a> {
    fn of(observation: &'a Observation) -> Self {
        let secrets = observation.secrets();
        let say = |text: &'a Option<String>| text.as_deref().map(|text| if secrets.are_in(text) { MASK } else { text });
        let mut told = Self {
            id: &observation.id,
            resource: &observation.resource,
            unit: observation.unit.as_deref(),
            method: observation.method,
            observed_at: observation.observed_at,
            source_of_truth: say(&observation.source_of_truth),
            state_backend: say(&observation.state_backend),
            planes: Cow::Borrowed(&observation.planes),
            claims: Cow::Borrowed(&observation.claims),
            facts: Cow::Borrowed(&observation.facts),
        };
        told.without(&secrets);
        told
    }

    fn without(&mut self, secrets: &Secrets) {
        if secrets.is_empty() {
            return;
        }
        let planes = [&self.planes.desired, &self.planes.recorded, &self.planes.actual];
        let texts = planes.into_iter().flat_map(|plane| [&plane.detail, &plane.revision]);
        if texts.flatten().any(|text| secrets.are_in(text)) {
            self.planes.to_mut().redact_with(secrets);
        }
        if !self.claims.is_empty() {
            let claims = self.claims.to_mut();
            claims.retain(|claim| !quotes(&claim.path, secrets));
            redact(claims, secrets);
        }
        redact(self.facts.to_mut(), secrets);
    }
}

/// Does a step of the path hold a secret? A printed path escapes what a secret may have in it.
fn quotes(path: &PathPattern, secrets: &Secrets) -> bool {
    let printed = path.to_string();
    secrets.are_in(&printed)
        || printed.contains('~')
            && secrets.are_in(&printed.replace("~3", "[").replace("~2", "*").replace("~1", "/").replace("~0", "~"))
}

impl Serialize for Observation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Told::of(self).serialize(serializer)
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Told { id, resource, unit, method, observed_at, source_of_truth, state_backend, planes, claims, facts } =
            Told::of(self);
        f.debug_struct("Observation")
            .field("id", &id)
            .field("resource", resource)
            .field("unit", &unit)
            .field("method", &method)
            .field("observed_at", &observed_at)
            .field("source_of_truth", &source_of_truth)
            .field("state_backend", &state_backend)
            .field("planes", &planes)
            .field("claims", &claims)
            .field("facts", &facts)
            .finish()
    }
}
