//! Strategies that generate the nouns of this crate, for property tests of whoever embeds it (feature `proptest`).
//!
//! What they generate is small and collides often: planes agree, keys repeat, patterns meet paths. That is where the
//! interesting cases are.
//!
//! ```
//! use drift_model::strategies;
//! use proptest::prelude::*;
//!
//! proptest!(|(observation in strategies::observation())| {
//!     // A plane that is unknown leaves existence undetermined, unless desired lets the resource go.
//!     let released = observation.planes.existence() == drift_model::Existence::Released;
//!     if observation.planes.unknown().is_some() && !released {
//!         prop_assert_eq!(observation.planes.existence(), drift_model::Existence::Undetermined);
//!     }
//! });
//! ```

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::document::{Document, Mark};
use crate::facts::{
    Actor, ActorKind, ChangeRecord, ChangeRecordState, Fact, Facts, Freeze, Freshness, HealthStatus, Incident,
    IncidentState, LogCoverage, SyncStatus, YesNo,
};
use crate::fingerprint::Fingerprint;
use crate::observation::{Method, Observation};
use crate::path::{FieldPath, Step};
use crate::pattern::{PathPattern, PatternStep};
use crate::plane::{Observed, PlaneState, RecordOf, UnknownReason};
use crate::planes::Planes;
use crate::resource::ResourceRef;
use crate::secret_sync::{CertificateValidity, RotationStatus, SecretSync};
use crate::time::Timestamp;

/// A scalar: a few small numbers, texts and booleans, so that equal ones are met.
pub fn scalar() -> impl Strategy<Value = Value> + Clone {
    prop_oneof![(0..3_i64).prop_map(Value::from), Just(json!("x")), Just(json!(true)), Just(json!("y"))]
}

/// A tree of maps and scalars, without lists: what three planes often agree on.
pub fn tree() -> impl Strategy<Value = Value> + Clone {
    let inner = scalar().prop_recursive(3, 12, 3, |inner| btree_map("[a-c]", inner, 1..4).prop_map(object));
    btree_map("[a-c]", inner, 0..4).prop_map(object)
}

/// Any JSON value, with lists of every sort: plain, of anything, and of objects that a key tells apart.
pub fn json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![scalar(), Just(Value::Null), Just(json!(1.0)), Just(json!({})), Just(json!([]))];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            btree_map("[a-c]|name|id", inner.clone(), 0..4).prop_map(object),
            vec(inner, 0..4).prop_map(Value::from),
            vec(("[a-d]", 0..3_i64), 0..4).prop_map(|items| {
                items.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Value>()
            }),
        ]
    })
}

fn object(members: std::collections::BTreeMap<String, Value>) -> Value {
    Value::Object(members.into_iter().collect())
}

/// A step: a field (names that need escapes among them), an index, a key or an item.
pub fn step() -> impl Strategy<Value = Step> + Clone {
    prop_oneof![
        4 => "[a-c]|name".prop_map(Step::field),
        1 => "[~/*\\[\\]=, \"é0-9a]{0,4}".prop_map(Step::field),
        1 => (0..3_usize).prop_map(Step::Index),
        1 => btree_map("[a-c]|name|[,=\\]]", scalar(), 1..3)
            .prop_map(|keys| Step::key(keys.iter().map(|(name, value)| (name.as_str(), value)))),
        1 => prop_oneof![scalar(), Just(Value::Null), "[\\[\\]/~\"0-9]{0,3}".prop_map(Value::from)]
            .prop_map(|value| Step::item(&value)),
    ]
}

/// A path of up to four steps.
pub fn field_path() -> impl Strategy<Value = FieldPath> + Clone {
    vec(step(), 0..5).prop_map(FieldPath::from_iter)
}

/// A pattern of up to four steps, `*` and a trailing `/**` among them.
pub fn path_pattern() -> impl Strategy<Value = PathPattern> + Clone {
    let step = prop_oneof![1 => Just(PatternStep::Any), 3 => step().prop_map(PatternStep::Exactly)];
    (vec(step, 0..5), any::<bool>()).prop_map(|(steps, below)| PathPattern { steps, below })
}

/// A document of [`json()`], with up to three marks of any kind.
pub fn document() -> impl Strategy<Value = Document> + Clone {
    let mark = select(vec![Mark::Unknown, Mark::Sensitive, Mark::Opaque, Mark::Unobservable]);
    (json(), vec((mark, path_pattern()), 0..4)).prop_map(|(value, marks)| {
        let mut document = Document::new(value);
        for (mark, pattern) in marks {
            document.mark(mark, pattern);
        }
        document
    })
}

/// A plane that is mostly there; else absent, or unknown for any reason.
pub fn plane_state() -> impl Strategy<Value = PlaneState> + Clone {
    let observed = prop_oneof![
        6 => document().prop_map(Observed::Present),
        1 => Just(Observed::Absent),
        1 => select(UnknownReason::ALL).prop_map(Observed::Unknown),
    ];
    (observed, proptest::bool::weighted(0.9)).prop_map(|(observed, complete)| {
        let mut state = PlaneState::new(observed);
        state.complete = complete;
        state
    })
}

/// Three planes. Often recorded is not kept, now and then desired lets the resource go, now and then silence is absence.
pub fn planes() -> impl Strategy<Value = Planes> + Clone {
    let desired = prop_oneof![9 => plane_state(), 1 => Just(PlaneState::new(Observed::Released))];
    let recorded = option::of((plane_state(), select(RecordOf::ALL)));
    (desired, recorded, plane_state(), vec(path_pattern(), 0..2)).prop_map(|(desired, recorded, actual, exact)| {
        let planes = Planes::new(desired, actual).with_exact(exact);
        let mut planes = match recorded {
            Some((state, of)) => planes.with_recorded(state, of),
            None => planes,
        };
        planes.redact();
        planes
    })
}

/// A fact of these: known, stale or unknown.
fn fact<T: Clone + std::fmt::Debug>(value: impl Strategy<Value = T> + Clone) -> impl Strategy<Value = Fact<T>> + Clone {
    (value, 0..4_u8, timestamp()).prop_map(|(value, how, since)| match how {
        0 => Fact::Unknown,
        1 => Fact::Stale { value, since },
        _ => Fact::Known(value),
    })
}

/// A moment of the year 2026.
pub fn timestamp() -> impl Strategy<Value = Timestamp> + Clone {
    (1_767_225_600..1_798_761_600_i64).prop_filter_map("a moment of 2026", Timestamp::from_unix_seconds)
}

/// Somebody who may have caused a change.
pub fn actor() -> impl Strategy<Value = Actor> + Clone {
    (select(ActorKind::ALL), "[a-c]", select(vec!["", "cloudtrail", "kubernetes-audit"]), option::of(timestamp()))
        .prop_map(|(kind, id, source, at)| {
            let mut actor = Actor::new(kind, id);
            source.clone_into(&mut actor.source);
            actor.at = at;
            actor
        })
}

/// How far a secret came: a few versions, so that equal ones are met, and now and then nothing.
pub fn secret_sync() -> impl Strategy<Value = SecretSync> + Clone {
    let version = || option::of(select(vec!["vault:v1".to_owned(), "vault:v2".to_owned(), "7".to_owned()]));
    let checksum = || option::of(fingerprint());
    let consumers = option::of(select(vec!["current".to_owned(), "stale".to_owned(), "vault:v1".to_owned()]));
    let times = (option::of(timestamp()), option::of(timestamp()), option::of(timestamp()));
    let validity = option::of((option::of(timestamp()), option::of(timestamp())))
        .prop_map(|dates| dates.map(|(not_before, not_after)| CertificateValidity { not_before, not_after }));
    let condition = option::of(select(vec!["SecretSynced".to_owned(), "SecretSyncedError".to_owned()]));
    let rest = (option::of(0..100_u64), condition, validity, option::of(select(RotationStatus::ALL)));
    (version(), version(), checksum(), checksum(), consumers, times, rest).prop_map(
        |(external_version, synced_version, external_checksum, synced_checksum, consumer_generation, times, rest)| {
            SecretSync {
                external_version,
                synced_version,
                external_checksum,
                synced_checksum,
                synced_resource_version: None,
                refreshed_at: times.0,
                refresh_age_minutes: rest.0,
                condition: rest.1,
                consumer_generation,
                consumers_restarted_at: times.1,
                expires_at: times.2,
                certificate: rest.2,
                rotation: rest.3,
            }
        },
    )
}

/// One of two fingerprints of one of two keys.
fn fingerprint() -> impl Strategy<Value = Fingerprint> + Clone {
    let text = (select(vec!["k1", "k2"]), select(vec!["0", "1"]));
    text.prop_filter_map("a fingerprint", |(key, digit)| format!("hmac-sha256:{key}:{}", digit.repeat(64)).parse().ok())
}

/// Facts, each of them known, stale or unknown; those that decide most often are there, the others are unknown.
pub fn facts() -> impl Strategy<Value = Facts> + Clone {
    let texts = (
        fact(select(vec!["prod".to_owned(), "staging".to_owned()])),
        fact(select(vec!["critical".to_owned(), "low".to_owned()])),
        fact(select(vec!["platform".to_owned(), "apps".to_owned()])),
    );
    let who = (fact(vec(actor(), 0..3)), fact(select(LogCoverage::ALL)));
    let records = (
        fact((select(IncidentState::ALL), option::of("INC-[0-9]")).prop_map(|(state, id)| Incident { state, id })),
        fact(
            (select(ChangeRecordState::ALL), option::of(any::<bool>()))
                .prop_map(|(state, accepts_runtime)| ChangeRecord { state, id: None, url: None, accepts_runtime }),
        ),
        fact(select(Freeze::ALL)),
    );
    let controller = (
        fact(select(SyncStatus::ALL)),
        fact(select(HealthStatus::ALL)),
        fact(select(Freshness::ALL)),
        fact(select(Freshness::ALL)),
        fact(select(YesNo::ALL)),
        fact(secret_sync()),
    );
    (option::of(timestamp()), texts, who, records, controller).prop_map(|(now, texts, who, records, controller)| {
        Facts {
            now,
            environment: texts.0,
            risk_tier: texts.1,
            owner: texts.2,
            actors: who.0,
            log_coverage: who.1,
            incident: records.0,
            change_record: records.1,
            freeze: records.2,
            sync: controller.0,
            health: controller.1,
            desired_freshness: controller.2,
            actual_freshness: controller.3,
            reversible: controller.4,
            secret_sync: controller.5,
            ..Facts::default()
        }
    })
}

/// A resource of Kubernetes, OpenTofu or AWS.
pub fn resource() -> impl Strategy<Value = ResourceRef> + Clone {
    select(vec![
        ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "checkout"),
        ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "payments"),
        ResourceRef::opentofu("aws_security_group", "module.app[\"a.b\"].aws_security_group.public"),
        ResourceRef::aws("AWS::EC2::SecurityGroup", "web"),
    ])
}

/// One resource with its planes, redacted as a reader leaves them, and with [`facts`].
pub fn observation() -> impl Strategy<Value = Observation> + Clone {
    let how = (option::of(select(Method::ALL)), option::of(timestamp()));
    ("obs-[0-9]", resource(), planes(), facts(), how).prop_map(
        |(id, resource, planes, facts, (method, observed_at))| {
            let mut observation = Observation::new(id, resource, planes);
            observation.facts = facts;
            observation.method = method;
            observation.observed_at = observed_at;
            observation
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        #[test]
        fn what_is_generated_prints_and_reads_back(path in field_path(), pattern in path_pattern()) {
            prop_assert_eq!(path.to_string().parse::<FieldPath>(), Ok(path));
            prop_assert_eq!(pattern.to_string().parse::<PathPattern>(), Ok(pattern));
        }

        #[test]
        fn an_observation_reads_back_with_its_existence_and_its_facts(observation in observation()) {
            let read = |text: &str| Observation::from_json(text);
            let once = read(&serde_json::to_string(&observation).unwrap()).unwrap();
            prop_assert_eq!(once.planes.existence(), observation.planes.existence());
            prop_assert_eq!(&once.facts, &Facts { now: None, ..observation.facts.clone() });
        }
    }
}
