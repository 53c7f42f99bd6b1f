//! The planes on the wire: read with what is left out, written with what is secret masked.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Planes;
use crate::document::{Document, Mark};
use crate::pattern::PathPattern;
use crate::plane::{Observed, PlaneState, RecordOf, UnknownReason};
use crate::time::Timestamp;

/// `status` on the wire.
const STATUSES: [&str; 5] = ["PRESENT", "ABSENT", "UNKNOWN", "NOT_KEPT", "RELEASED"];

/// The members of a plane on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a plane, as an object with a `status`")]
struct PlaneWire {
    status: String,
    #[serde(default, deserialize_with = "some_value")]
    document: Option<Value>,
    #[serde(default)]
    reason: Option<UnknownReason>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    revision: Option<String>,
    #[serde(default)]
    observed_at: Option<Timestamp>,
    #[serde(default = "yes")]
    complete: bool,
    #[serde(default)]
    unknown: Vec<PathPattern>,
    #[serde(default)]
    sensitive: Vec<PathPattern>,
    #[serde(default)]
    unobservable: Vec<PathPattern>,
    #[serde(default)]
    exact: Vec<PathPattern>,
    #[serde(default)]
    of: Option<RecordOf>,
}

const fn yes() -> bool {
    true
}

/// A document may be `null`, which is not the same as no document.
fn some_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl PlaneWire {
    fn into_state<E: serde::de::Error>(self) -> Result<PlaneState, E> {
        let observed = match (self.status.as_str(), self.document) {
            ("PRESENT", Some(value)) => {
                let mut document = Document::new(value);
                for (mark, patterns) in [
                    (Mark::Unknown, self.unknown),
                    (Mark::Sensitive, self.sensitive),
                    (Mark::Unobservable, self.unobservable),
                ] {
                    for pattern in patterns {
                        document.mark(mark, pattern);
                    }
                }
                Observed::Present(document)
            }
            ("PRESENT", None) => return Err(E::missing_field("document")),
            ("ABSENT", _) => Observed::Absent,
            ("UNKNOWN", _) => Observed::Unknown(self.reason.unwrap_or(UnknownReason::NotObserved)),
            ("NOT_KEPT", _) => Observed::NotKept,
            ("RELEASED", _) => Observed::Released,
            _ => {
                let statuses = STATUSES.join("`, `");
                return Err(E::custom(format_args!("unknown status, expected one of `{statuses}`")));
            }
        };
        let Self { detail, revision, observed_at, complete, .. } = self;
        Ok(PlaneState { observed, revision, observed_at, complete, detail })
    }
}

#[derive(Deserialize)]
#[serde(expecting = "the planes of a resource, as an object")]
struct PlanesWire {
    #[serde(default)]
    desired: Option<PlaneWire>,
    #[serde(default)]
    recorded: Option<PlaneWire>,
    #[serde(default)]
    actual: Option<PlaneWire>,
}

impl<'de> Deserialize<'de> for Planes {
    /// A plane that is left out is UNKNOWN, because nobody observed it; a recorded one is NOT_KEPT.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut wire = PlanesWire::deserialize(deserializer)?;
        let exact = wire.desired.as_mut().map(|plane| std::mem::take(&mut plane.exact)).unwrap_or_default();
        let record_of = wire.recorded.as_ref().and_then(|plane| plane.of).unwrap_or(RecordOf::Observation);
        let read = |plane: Option<PlaneWire>, otherwise| match plane {
            Some(wire) => wire.into_state::<D::Error>(),
            None => Ok(PlaneState::new(otherwise)),
        };
        let not_observed = Observed::Unknown(UnknownReason::NotObserved);
        let mut planes = Self {
            desired: read(wire.desired, not_observed.clone())?,
            recorded: read(wire.recorded, Observed::NotKept)?,
            actual: read(wire.actual, not_observed)?,
            record_of,
            exact,
        };
        planes.redact();
        Ok(planes)
    }
}

impl Serialize for Planes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        let exact = self.told_exact();
        map.serialize_entry("desired", &Shown { state: &self.desired, exact: &exact, of: None })?;
        let of = Some(self.record_of).filter(|_| self.recorded.observed.present().is_some());
        map.serialize_entry("recorded", &Shown { state: &self.recorded, exact: &[], of })?;
        map.serialize_entry("actual", &Shown { state: &self.actual, exact: &[], of: None })?;
        map.end()
    }
}

/// A plane as it is written: masked, and with what was masked called unobservable, so that whoever reads it back does
/// not take two masks for two equal values.
struct Shown<'a> {
    state: &'a PlaneState,
    exact: &'a [PathPattern],
    of: Option<RecordOf>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let state = self.state;
        let mut map = serializer.serialize_map(None)?;
        let status = match &state.observed {
            Observed::Present(_) => "PRESENT",
            Observed::Absent => "ABSENT",
            Observed::Unknown(_) => "UNKNOWN",
            Observed::NotKept => "NOT_KEPT",
            Observed::Released => "RELEASED",
        };
        map.serialize_entry("status", status)?;
        if let Some(reason) = state.observed.unknown() {
            map.serialize_entry("reason", &reason)?;
        }
        if let Some(detail) = &state.detail {
            map.serialize_entry("detail", detail)?;
        }
        if let Some(document) = state.observed.present() {
            map.serialize_entry("document", document)?;
        }
        if let Some(revision) = &state.revision {
            map.serialize_entry("revision", revision)?;
        }
        if let Some(at) = &state.observed_at {
            map.serialize_entry("observedAt", at)?;
        }
        if !state.complete {
            map.serialize_entry("complete", &false)?;
        }
        if let Some(of) = self.of {
            map.serialize_entry("of", &of)?;
        }
        if let Some(document) = state.observed.present() {
            let marks = document.marks();
            let of = |wanted: &[Mark]| -> Vec<Cow<'_, PathPattern>> {
                let mut seen = BTreeSet::new();
                let all = wanted.iter().flat_map(|mark| marks.patterns(*mark)).map(|pattern| marks.told(pattern));
                all.filter(|pattern| seen.insert(pattern.clone())).collect()
            };
            for (name, patterns) in [
                ("unknown", of(&[Mark::Unknown])),
                ("sensitive", of(&[Mark::Sensitive, Mark::Opaque])),
                ("unobservable", of(&[Mark::Unobservable, Mark::Sensitive, Mark::Opaque])),
            ] {
                if !patterns.is_empty() {
                    map.serialize_entry(name, &patterns)?;
                }
            }
        }
        if !self.exact.is_empty() {
            map.serialize_entry("exact", self.exact)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::redact::Secrets;
    use crate::relation::Existence;

    fn planes(value: Value) -> Planes {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn law_3_no_result_is_not_no_drift_a_plane_left_out_is_unknown() {
        let read = planes(json!({"desired": {"status": "PRESENT", "document": {}}}));
        assert_eq!(read.actual.observed.unknown(), Some(UnknownReason::NotObserved));
        assert!(matches!(read.recorded.observed, Observed::NotKept));
        assert_eq!(read.existence(), Existence::Undetermined);
        assert_eq!(read.unknown(), Some(UnknownReason::NotObserved));
    }

    #[test]
    fn law_3_no_result_is_not_no_drift_absence_in_an_incomplete_plane_is_unknown() {
        let read = planes(json!({
            "desired": {"status": "ABSENT", "complete": false},
            "actual": {"status": "PRESENT", "document": {}},
        }));
        assert_eq!(read.existence(), Existence::Undetermined);
        assert_eq!(read.unknown(), Some(UnknownReason::Partial));
    }

    #[test]
    fn law_8_a_secret_never_leaves_a_written_observation() {
        let read = planes(json!({
            "desired": {"status": "PRESENT", "document": {"pw": "CANARY-secret"}, "sensitive": ["/pw"]},
            "actual": {"status": "PRESENT", "document": {"pw": "CANARY-secret", "url": "db://CANARY-secret@x"}},
        }));
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written.pointer("/actual/document/url"), Some(&json!("(sensitive)")));
        // The actual plane does not mark the path itself, but its value is the secret.
        assert!(!written.to_string().contains("CANARY"), "{written}");
        assert!(!format!("{read:?}").contains("CANARY"));
        // Two masks are not two equal values.
        assert_eq!(written.pointer("/desired/unobservable"), Some(&json!(["/pw", "/url"])));
    }

    #[test]
    fn law_8_a_secret_never_leaves_a_mark_in_one_plane_hides_the_path_in_all() {
        for marked in ["desired", "recorded", "actual"] {
            let mut wire = json!({});
            for (plane, text) in [("desired", "CANARY-1"), ("recorded", "CANARY-2"), ("actual", "CANARY-3")] {
                // Each copy stands where no other plane has one, so that it is found by its own value.
                let copy = format!("was {text}");
                wire[plane] = json!({"status": "PRESENT", "document": {"pw": text, plane: copy}});
            }
            wire[marked]["sensitive"] = json!(["/pw"]);
            let read = planes(wire);
            let written = format!("{} {read:?}", serde_json::to_string(&read).unwrap());
            assert!(!written.contains("CANARY"), "{marked}: {written}");
        }
    }

    #[test]
    fn law_8_a_secret_never_leaves_by_a_copy_of_what_another_plane_marks() {
        // Only desired knows that the field is secret; its value elsewhere is found in the plane that has it.
        let wire = json!({
            "desired": {"status": "PRESENT", "document": {"pw": "CANARY-old"}, "sensitive": ["/pw"]},
            "actual": {"status": "PRESENT", "document": {"pw": "CANARY-new", "url": "db://CANARY-new@x"}},
        });
        let read = planes(wire.clone());
        assert!(!serde_json::to_string(&read).unwrap().contains("CANARY"), "{read:?}");
        // The same for who collects from many resources before any is redacted.
        let mut secrets = Secrets::default();
        let part = |plane: &str| serde_json::from_value::<PlaneWire>(wire[plane].clone()).unwrap();
        let unread = Planes::new(
            part("desired").into_state::<serde_json::Error>().unwrap(),
            part("actual").into_state::<serde_json::Error>().unwrap(),
        );
        unread.collect_secrets(&mut secrets);
        assert!(secrets.are_in("db://CANARY-new@x") && secrets.are_in("CANARY-old"));
    }

    #[test]
    fn a_present_plane_needs_a_document_and_null_is_one() {
        let error = serde_json::from_value::<Planes>(json!({"desired": {"status": "PRESENT"}})).unwrap_err();
        assert_eq!(error.to_string(), "missing field `document`");
        let read = planes(json!({"desired": {"status": "PRESENT", "document": null}}));
        assert_eq!(read.desired.observed.present().unwrap().value(), &Value::Null);
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_knowledge() {
        let wire = json!({
            "desired": {"status": "PRESENT", "document": {"a": 1}, "revision": "main@1", "unknown": ["/b"], "exact": ["/a"]},
            "recorded": {"status": "PRESENT", "document": {}, "of": "DECLARATION"},
            "actual": {"status": "UNKNOWN", "reason": "NOT_REFRESHED", "detail": "planned without refresh"},
        });
        assert_eq!(serde_json::to_value(planes(wire.clone())).unwrap(), wire);
    }
}
