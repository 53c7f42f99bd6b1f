//! `Observation`: one resource with what is known of it, the unit of input.

mod told;

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

use crate::facts::Facts;
use crate::owner::Claim;
use crate::pattern::PathPattern;
use crate::plane::Coverage;
use crate::planes::Planes;
use crate::read::ReadError;
use crate::redact::Secrets;
use crate::resource::ResourceRef;
use crate::source::kubernetes::secret;
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The nine detection points (seeds S0.6).
    pub enum Method as "method" {
        /// A plan of a pull request.
        PrPlan = "PR_PLAN",
        /// A plan on a schedule.
        ScheduledPlan = "SCHEDULED_PLAN",
        /// The diff of a GitOps controller.
        GitopsDiff = "GITOPS_DIFF",
        /// An audit at admission.
        AdmissionAudit = "ADMISSION_AUDIT",
        /// A scan of an inventory.
        InventoryScan = "INVENTORY_SCAN",
        /// An audit log.
        AuditLog = "AUDIT_LOG",
        /// A policy scanner.
        PolicyScan = "POLICY_SCAN",
        /// The status of secret delivery.
        SecretSync = "SECRET_SYNC",
        /// A synthetic probe.
        SyntheticProbe = "SYNTHETIC_PROBE",
    }
}

/// One resource, its planes, how and when it was observed, and what is known beside it. One line of JSON Lines.
///
/// ```
/// use drift_model::{Existence, Observation};
///
/// let observation = Observation::from_json(r#"{
///     "id": "obs-1",
///     "resource": {"system": "KUBERNETES", "version": "v1", "kind": "ConfigMap", "namespace": "prod", "name": "app"},
///     "planes": {
///         "desired": {"status": "PRESENT", "document": {"data": {"mode": "live"}}},
///         "actual": {"status": "UNKNOWN", "reason": "FAILED"}
///     }
/// }"#)?;
/// assert_eq!(observation.planes.existence(), Existence::Undetermined);
/// # Ok::<(), drift_model::ReadError>(())
/// ```
///
/// It is written and printed with what is secret masked: in its documents, and in every text beside them that quotes one
/// (facts, claims, the words of a plane). Names are told as they are: id, resource and unit are how an answer is found.
#[derive(Clone, Deserialize)]
#[serde(from = "Wire")]
#[non_exhaustive]
pub struct Observation {
    /// Names the observation in the answer.
    pub id: String,
    /// The resource.
    pub resource: ResourceRef,
    /// The registered unit that it belongs to.
    pub unit: Option<String>,
    /// How it was observed.
    pub method: Option<Method>,
    /// When.
    pub observed_at: Option<Timestamp>,
    /// Where the desired state is kept.
    pub source_of_truth: Option<String>,
    /// Where the record is kept.
    pub state_backend: Option<String>,
    /// The three planes.
    pub planes: Planes,
    /// Who claims which paths.
    pub claims: Vec<Claim>,
    /// What is known beside it.
    pub facts: Facts,
}

/// The wire form: coverage stands beside the planes, and all but three members may be left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an observation, as an object")]
struct Wire {
    id: String,
    resource: ResourceRef,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    method: Option<Method>,
    #[serde(default)]
    observed_at: Option<Timestamp>,
    #[serde(default)]
    source_of_truth: Option<String>,
    #[serde(default)]
    state_backend: Option<String>,
    planes: Planes,
    #[serde(default)]
    coverage: Option<Coverage>,
    #[serde(default)]
    claims: Vec<Claim>,
    #[serde(default)]
    facts: Facts,
}

impl From<Wire> for Observation {
    fn from(wire: Wire) -> Self {
        let mut planes = wire.planes;
        if wire.coverage == Some(Coverage::Exact) && planes.exact.is_empty() {
            planes.exact.push(PathPattern::below_the_root());
        }
        Self {
            unit: wire.unit,
            method: wire.method,
            observed_at: wire.observed_at,
            source_of_truth: wire.source_of_truth,
            state_backend: wire.state_backend,
            claims: wire.claims,
            facts: wire.facts,
            ..Self::new(wire.id, wire.resource, planes)
        }
    }
}

impl Observation {
    /// An observation of these planes, with nothing known beside them.
    ///
    /// What a Kubernetes Secret holds is sensitive without being asked for.
    #[must_use]
    pub fn new(id: impl Into<String>, resource: ResourceRef, mut planes: Planes) -> Self {
        if resource.system.is_kubernetes() && secret::is_secret(&resource.kind) {
            secret::conceal_planes(&mut planes);
        }
        Self {
            id: id.into(),
            resource,
            unit: None,
            method: None,
            observed_at: None,
            source_of_truth: None,
            state_backend: None,
            planes,
            claims: Vec::new(),
            facts: Facts::default(),
        }
    }

    /// The unit, or the resource as it prints where no unit is known: what a secret's fingerprint is bound to.
    #[must_use]
    pub fn unit_or_resource(&self) -> Cow<'_, str> {
        self.unit.as_deref().map_or_else(|| self.resource.to_string().into(), Cow::Borrowed)
    }

    /// The secrets in its documents: what is marked in any plane, and what a Secret of Kubernetes holds behind base64.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        self.planes.collect_secrets(&mut secrets);
        if self.is_secret() {
            self.planes.documents().for_each(|document| secret::reveal_to(&mut secrets, document));
        }
        secrets
    }

    fn is_secret(&self) -> bool {
        self.resource.system.is_kubernetes() && secret::is_secret(&self.resource.kind)
    }

    /// Reads one observation from JSON text.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for text that is not JSON, is nested too deeply, or is not an observation. It says where, and never
    /// repeats a value.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        crate::read::from_json(text)
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.resource, self.id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{ClaimOrigin, Document, Mark, OwnerKind, PlaneState, UnknownReason};

    /// The example of the wire contract, with a value of our own.
    fn example() -> serde_json::Value {
        json!({
            "id": "obs-1",
            "resource": {"system": "KUBERNETES", "group": "apps", "version": "v1", "kind": "Deployment", "namespace": "prod", "name": "checkout"},
            "unit": "checkout-prod",
            "method": "GITOPS_DIFF",
            "observedAt": "2026-07-03T10:22:31Z",
            "planes": {
                "desired": {"status": "PRESENT", "document": {"spec": {"replicas": 2}}, "revision": "main@sha1:363a6a8f", "complete": true,
                            "unknown": ["/spec/x"], "sensitive": ["/data"], "unobservable": ["/password"]},
                "recorded": {"status": "NOT_KEPT"},
                "actual": {"status": "UNKNOWN", "reason": "NOT_REFRESHED", "detail": "plan was made with -refresh=false"}
            },
            "claims": [{"path": "/spec/replicas", "owner": "CONTROLLER", "name": "horizontal-pod-autoscaler", "origin": "managed-fields"}],
            "facts": {"environment": "prod", "actors": [{"kind": "HUMAN", "id": "ana@example.com", "source": "kubernetes-audit", "at": "2026-07-03T10:11:02Z"}], "incident": "NONE"}
        })
    }

    #[test]
    fn the_example_of_the_contract_reads_as_it_stands() {
        let read = Observation::from_json(&example().to_string()).unwrap();
        assert_eq!(read.method, Some(Method::GitopsDiff));
        assert_eq!(read.claims.first().unwrap().owner, OwnerKind::Controller);
        assert_eq!(read.facts.actors.known().unwrap().len(), 1);
        assert_eq!(read.to_string(), "Deployment/prod/checkout (obs-1)");
    }

    #[test]
    fn what_is_written_reads_back_to_the_same_text() {
        let once = serde_json::to_string(&Observation::from_json(&example().to_string()).unwrap()).unwrap();
        let twice = serde_json::to_string(&Observation::from_json(&once).unwrap()).unwrap();
        assert_eq!(once, twice);
    }

    #[test]
    fn law_8_a_secret_never_leaves_a_secret_is_sensitive_without_being_asked_for() {
        let wire = json!({
            "id": "s", "resource": {"system": "KUBERNETES", "version": "v1", "kind": "Secret", "namespace": "prod", "name": "db"},
            "planes": {
                "desired": {"status": "PRESENT", "document": {"stringData": {"password": "CANARY-word"}}},
                "actual": {"status": "PRESENT", "document": {
                    "data": {"password": "Q0FOQVJZLXdvcmQ="},
                    "metadata": {"annotations": {"note": "it is CANARY-word", "kubectl.kubernetes.io/last-applied-configuration": "{\"stringData\":{\"password\":\"CANARY-word\"}}"}}
                }}
            }
        });
        let read = Observation::from_json(&wire.to_string()).unwrap();
        let written = format!("{} {read:?}", serde_json::to_string(&read).unwrap());
        assert!(!written.contains("CANARY") && !written.contains("Q0FOQVJZ"), "{written}");
        // Git writes it in plain text, the API server answers it in base64: it is the same secret.
        let [desired, actual] =
            [&read.planes.desired, &read.planes.actual].map(|plane| plane.observed.present().unwrap().value());
        assert_eq!(desired.pointer("/data"), actual.pointer("/data"));
    }

    #[test]
    fn law_8_a_secret_never_leaves_an_observation_by_what_stands_beside_its_documents() {
        // Made by hand, so that no reader has looked at it before.
        let mut document = Document::new(json!({"pw": "CANARY-word"}));
        document.mark(Mark::Sensitive, "/pw".parse().unwrap());
        let desired = PlaneState::present(document).at_revision("CANARY-word@1").because("saw CANARY-word");
        let planes = Planes::new(desired, PlaneState::unknown(UnknownReason::Failed).because("no CANARY-word"));
        let resource = ResourceRef::aws("AWS::RDS::DBInstance", "main");
        let mut observation = Observation::new("obs-1", resource, planes);
        observation.source_of_truth = Some("git://u:CANARY-word@host".to_owned());
        observation.state_backend = Some("s3://plain".to_owned());
        let claim = |path: &str| Claim::new(path.parse().unwrap(), OwnerKind::Controller, ClaimOrigin::Rule);
        observation.claims = vec![claim("/a").by("CANARY-word"), claim("/b/[=CANARY-word]"), claim("/c").when("hpa")];
        observation.facts = serde_json::from_value(json!({
            "environment": "prod", "incident": {"state": "OPEN", "id": "INC CANARY-word"},
            "conditions": {"hpa": true, "CANARY-word": true}, "violations": [{"policy": "CANARY-word"}, {"policy": "p"}],
            "actors": {"value": [{"kind": "HUMAN", "id": "CANARY-word"}], "staleSince": "2026-07-03T00:00:00Z"},
        }))
        .unwrap();
        let written = serde_json::to_value(&observation).unwrap();
        let text = format!("{written} {observation:?} {observation:#?}");
        assert!(!text.contains("CANARY"), "{text}");
        assert_eq!(
            written,
            json!({
                "id": "obs-1", "resource": {"system": "AWS", "type": "AWS::RDS::DBInstance", "name": "main"},
                "sourceOfTruth": "(sensitive)", "stateBackend": "s3://plain",
                "planes": {
                    "desired": {"status": "PRESENT", "document": {"pw": "(sensitive)"}, "sensitive": ["/pw"], "unobservable": ["/pw"]},
                    "recorded": {"status": "NOT_KEPT"}, "actual": {"status": "UNKNOWN", "reason": "FAILED"},
                },
                "claims": [{"path": "/a", "owner": "CONTROLLER", "name": "(sensitive)", "origin": "rule"},
                           {"path": "/c", "owner": "CONTROLLER", "origin": "rule", "condition": "hpa"}],
                "facts": {
                    "environment": "prod", "incident": {"state": "OPEN", "id": "(sensitive)"},
                    "conditions": {"(sensitive)": true, "hpa": true}, "violations": [{"policy": "(sensitive)"}, {"policy": "p"}],
                    "actors": {"value": [{"kind": "HUMAN", "id": "(sensitive)"}], "staleSince": "2026-07-03T00:00:00Z"},
                },
            })
        );
        // What is known is not touched: decisions are made on it.
        assert!(format!("{:?}", observation.facts).contains("CANARY"));
    }

    #[test]
    fn full_coverage_is_exactness_everywhere() {
        let mut wire = example();
        wire.as_object_mut().unwrap().insert("coverage".into(), "EXACT".into());
        let read = Observation::from_json(&wire.to_string()).unwrap();
        assert_eq!(read.planes.exact, [PathPattern::below_the_root()]);
    }

    #[test]
    fn an_error_says_where_and_what_now_and_never_a_value() {
        for (text, message) in [
            ("{\"id\": ", "not JSON at line 1 column 7: the text ends too early; is the line complete?"),
            ("{\"id\": hunter2}", "not JSON at line 1 column 8"),
            (
                r#"{"id": "a", "resource": {"system": "hunter2"}}"#,
                "at `/resource/system`: unknown system, expected one of `KUBERNETES`",
            ),
            (r#"{"id": "a", "resource": {"system": "AWS"}}"#, "at the root: missing field `planes`"),
            (
                r#"{"id": "a", "resource": {"system": "AWS"}, "planes": {"desired": {"status": "hunter2"}}}"#,
                "at `/planes`: unknown status, expected one of `PRESENT`",
            ),
            (
                r#"{"id": "a", "resource": {"system": "AWS"}, "planes": "hunter2"}"#,
                "at `/planes`: expected the planes of a resource, as an object",
            ),
        ] {
            let error = Observation::from_json(text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
