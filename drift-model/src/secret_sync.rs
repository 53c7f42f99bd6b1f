//! `SecretSync`: how far a secret came, in metadata only.

use serde::{Deserialize, Serialize};

use crate::fingerprint::{Fingerprint, Likeness};
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

/// How far a secret came, in metadata only (seeds S0.17): freshness and lineage are proven, and no value is needed for it.
///
/// What nobody told is left out, and nothing is guessed from it.
///
/// ```
/// use drift_model::{ConsumerRollout, SecretSync};
///
/// let sync: SecretSync = serde_json::from_str(r#"{
///     "externalVersion": "vault:v42", "syncedVersion": "vault:v40", "consumerGeneration": "vault:v39"
/// }"#)?;
/// assert_eq!(sync.is_delivered(), Some(false));
/// assert_eq!(sync.consumers(), Some(ConsumerRollout::Stale));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SecretSync {
    /// The version in the backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_version: Option<String>,
    /// The version that was delivered, spelled as the backend spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synced_version: Option<String>,
    /// The keyed fingerprint of what is in the backend. A plain hash is refused: it can be guessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_checksum: Option<Fingerprint>,
    /// The keyed fingerprint of what was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synced_checksum: Option<Fingerprint>,
    /// The version of the declaration by which it was delivered: no version of the secret itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synced_resource_version: Option<String>,
    /// When it was last refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refreshed_at: Option<Timestamp>,
    /// Minutes since the last refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_age_minutes: Option<u64>,
    /// The condition of the controller: `SecretSynced`, `SecretSyncedError`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What the consumers run with: `current`, `stale`, or the version, spelled as the delivered one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer_generation: Option<String>,
    /// When the last of the consumers was restarted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumers_restarted_at: Option<Timestamp>,
    /// When the secret expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When the certificate is valid, if the secret is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateValidity>,
    /// Is it rotated as its policy asks?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationStatus>,
}

vocabulary! {
    /// Do the consumers of a secret run with what was delivered?
    pub enum ConsumerRollout as "consumer rollout" {
        /// Yes.
        Current = "current",
        /// No: they were started with an earlier one.
        Stale = "stale",
    }
}

vocabulary! {
    /// Is a secret rotated as its policy asks?
    pub enum RotationStatus as "rotation status" {
        /// Yes.
        Compliant = "COMPLIANT",
        /// No: it is older than it may be.
        Overdue = "OVERDUE",
    }
}

/// The dates between which a certificate is valid.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CertificateValidity {
    /// Not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Not after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

impl SecretSync {
    /// Was delivered what the backend holds? `None` where neither versions nor fingerprints tell.
    ///
    /// Either can say no. Fingerprints of different keys say nothing.
    #[must_use]
    pub fn is_delivered(&self) -> Option<bool> {
        let versions =
            self.external_version.as_ref().zip(self.synced_version.as_ref()).map(|(there, here)| there == here);
        let checksums = self.external_checksum.as_ref().zip(self.synced_checksum.as_ref());
        let checksums = checksums.and_then(|(there, here)| match there.compare(here) {
            Likeness::Same => Some(true),
            Likeness::Different => Some(false),
            Likeness::Incomparable => None,
        });
        versions.into_iter().chain(checksums).reduce(|all, one| all && one)
    }

    /// Do the consumers run with what was delivered? `None` where nobody can tell.
    ///
    /// They do where they are said to be `current`, run with the delivered version, or were restarted after it was last
    /// refreshed. They don't where they are said to be `stale`, or run with another version of the same lineage (`vault:v39` and
    /// `vault:v40`, `39` and `40`; not `12` and `v40`). That they were not restarted says nothing: a mounted secret changes under a running process.
    #[must_use]
    pub fn consumers(&self) -> Option<ConsumerRollout> {
        let said = self.consumer_generation.as_deref().and_then(|said| {
            let word = ConsumerRollout::ALL.iter().copied().find(|word| said.eq_ignore_ascii_case(word.word()));
            word.or_else(|| match self.synced_version.as_deref()? {
                synced if synced == said => Some(ConsumerRollout::Current),
                synced if lineage(synced) == lineage(said) => Some(ConsumerRollout::Stale),
                _ => None,
            })
        });
        said.or_else(|| {
            let (restarted, refreshed) = self.consumers_restarted_at.zip(self.refreshed_at)?;
            (restarted > refreshed).then_some(ConsumerRollout::Current)
        })
    }

    /// Minutes since the last refresh, as it was told or as it follows from when that was.
    #[must_use]
    pub fn refresh_age(&self, now: Option<Timestamp>) -> Option<u64> {
        self.refresh_age_minutes.or_else(|| {
            let (now, refreshed) = now.zip(self.refreshed_at).filter(|(now, refreshed)| refreshed <= now)?;
            now.since(refreshed).seconds().checked_div(60)
        })
    }

    /// Is the secret itself still good: not expired, within the dates of its certificate, and not overdue for rotation?
    /// `None` where it has dates and nobody said what time it is.
    #[must_use]
    pub fn is_good(&self, now: Option<Timestamp>) -> Option<bool> {
        let validity = self.certificate.unwrap_or_default();
        let ends = [self.expires_at, validity.not_after];
        let dated = validity.not_before.is_some() || ends.iter().any(Option::is_some);
        match now {
            _ if self.rotation == Some(RotationStatus::Overdue) => Some(false),
            None if dated => None,
            None => Some(true),
            Some(now) => {
                let begun = validity.not_before.is_none_or(|begin| begin <= now);
                Some(begun && ends.into_iter().flatten().all(|end| now < end))
            }
        }
    }
}

/// What two versions of one backend have in common: `vault:` in `vault:v42`, `v` in `v42`, nothing in `42`.
fn lineage(version: &str) -> &str {
    let end =
        version.rfind(':').map_or_else(|| version.find(|c: char| c.is_ascii_digit()), |colon| colon.checked_add(1));
    version.get(..end.unwrap_or(version.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> SecretSync {
        serde_json::from_value(value).unwrap()
    }

    fn print(byte: char, key: &str) -> String {
        format!("hmac-sha256:{key}:{}", byte.to_string().repeat(64))
    }

    #[test]
    fn each_of_the_ten_kinds_of_metadata_has_its_place() {
        for (kind, value) in [
            ("secret version", json!({"syncedVersion": "vault:v40"})),
            ("checksum", json!({"externalChecksum": print('a', "k1"), "syncedChecksum": print('b', "k1")})),
            ("last refresh time", json!({"refreshedAt": "2026-07-03T09:45:31Z", "refreshAgeMinutes": 37})),
            ("backend version", json!({"externalVersion": "vault:v42"})),
            ("controller condition", json!({"condition": "SecretSyncedError"})),
            ("workload restart status", json!({"consumersRestartedAt": "2026-07-03T09:50:00Z"})),
            ("consuming pod generation", json!({"consumerGeneration": "stale"})),
            ("expiration", json!({"expiresAt": "2026-08-01T00:00:00Z"})),
            (
                "certificate dates",
                json!({"certificate": {"notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z"}}),
            ),
            ("rotation policy compliance", json!({"rotation": "OVERDUE"})),
        ] {
            let sync = read(value.clone());
            assert_ne!(sync, SecretSync::default(), "{kind}");
            assert_eq!(serde_json::to_value(&sync).unwrap(), value, "{kind}");
        }
    }

    #[test]
    fn a_checksum_is_a_keyed_fingerprint_or_it_is_refused() {
        for text in ["CANARY".to_owned(), format!("sha256:{}", "a".repeat(64)), "a".repeat(64)] {
            let refused =
                serde_json::from_value::<SecretSync>(json!({ "syncedChecksum": text })).unwrap_err().to_string();
            assert!(refused.starts_with("bad fingerprint, expected `hmac-sha256:`"), "{refused}");
            assert!(!refused.contains(&text), "{refused}");
        }
    }

    #[test]
    fn delivery_is_told_by_versions_and_by_fingerprints_and_either_can_deny_it() {
        let versions = |there: &str, here: &str| json!({"externalVersion": there, "syncedVersion": here});
        let checksums = |there: String, here: String| json!({"externalChecksum": there, "syncedChecksum": here});
        let both = |mut a: Value, b: Value| {
            a.as_object_mut().unwrap().extend(b.as_object().unwrap().clone());
            a
        };
        let (same, other) =
            (checksums(print('a', "k1"), print('a', "k1")), checksums(print('a', "k1"), print('b', "k1")));
        let rotated = checksums(print('a', "k1"), print('a', "k2"));
        for (value, expected) in [
            (json!({}), None),
            (json!({"externalVersion": "v2"}), None),
            (versions("v2", "v2"), Some(true)),
            (versions("v2", "v1"), Some(false)),
            (same.clone(), Some(true)),
            (other.clone(), Some(false)),
            (rotated.clone(), None),
            (both(versions("v2", "v2"), other), Some(false)),
            (both(versions("v2", "v1"), same), Some(false)),
            (both(versions("v2", "v2"), rotated), Some(true)),
        ] {
            assert_eq!(read(value.clone()).is_delivered(), expected, "{value}");
        }
    }

    #[test]
    fn the_rollout_of_consumers_is_derived_and_never_guessed() {
        use ConsumerRollout::{Current, Stale};
        let (early, late) = ("2026-07-03T09:00:00Z", "2026-07-03T10:00:00Z");
        for (value, expected) in [
            (json!({}), None),
            (json!({"consumerGeneration": "current"}), Some(Current)),
            (json!({"consumerGeneration": "Stale"}), Some(Stale)),
            // Without the delivered version a version says nothing.
            (json!({"consumerGeneration": "vault:v40"}), None),
            (json!({"consumerGeneration": "vault:v40", "syncedVersion": "vault:v40"}), Some(Current)),
            (json!({"consumerGeneration": "vault:v39", "syncedVersion": "vault:v40"}), Some(Stale)),
            (json!({"consumerGeneration": "39", "syncedVersion": "40"}), Some(Stale)),
            // The generation of a Deployment is no version of a secret.
            (json!({"consumerGeneration": "12", "syncedVersion": "vault:v40"}), None),
            (json!({"consumerGeneration": "12", "syncedVersion": "v40"}), None),
            (json!({"consumerGeneration": "vault", "syncedVersion": "vault:v40"}), None),
            (json!({"consumerGeneration": "aws:12", "syncedVersion": "vault:v40"}), None),
            // They are behind what was delivered, not behind what is in the backend.
            (
                json!({"consumerGeneration": "vault:v40", "syncedVersion": "vault:v40", "externalVersion": "vault:v42"}),
                Some(Current),
            ),
            (json!({"consumersRestartedAt": late, "refreshedAt": early}), Some(Current)),
            (json!({"consumersRestartedAt": early, "refreshedAt": late}), None),
            (json!({"consumersRestartedAt": late, "refreshedAt": late}), None),
            (json!({"consumersRestartedAt": late}), None),
            // What is said goes before what follows.
            (json!({"consumersRestartedAt": late, "refreshedAt": early, "consumerGeneration": "stale"}), Some(Stale)),
        ] {
            assert_eq!(read(value.clone()).consumers(), expected, "{value}");
        }
    }

    #[test]
    fn the_age_of_a_refresh_follows_from_its_time() {
        let now = Some("2026-07-03T10:22:31Z".parse().unwrap());
        let told = read(json!({"refreshAgeMinutes": 5, "refreshedAt": "2026-07-03T09:45:31Z"}));
        let timed = read(json!({"refreshedAt": "2026-07-03T09:45:31Z"}));
        assert_eq!((told.refresh_age(now), timed.refresh_age(now), timed.refresh_age(None)), (Some(5), Some(37), None));
        assert_eq!(read(json!({"refreshedAt": "2026-07-03T10:22:32Z"})).refresh_age(now), None);
    }

    #[test]
    fn a_secret_is_good_within_its_dates_and_its_rotation() {
        let now = "2026-07-03T00:00:00Z";
        let at = |now: &str| Some(now.parse().unwrap());
        let certificate = |from: &str, to: &str| json!({"certificate": {"notBefore": from, "notAfter": to}});
        for (value, expected) in [
            (json!({}), Some(true)),
            (json!({"rotation": "COMPLIANT"}), Some(true)),
            (json!({"rotation": "OVERDUE"}), Some(false)),
            (json!({"expiresAt": "2026-07-03T00:00:01Z"}), Some(true)),
            (json!({"expiresAt": now}), Some(false)),
            (certificate(now, "2026-07-04T00:00:00Z"), Some(true)),
            (certificate("2026-07-03T00:00:01Z", "2026-07-04T00:00:00Z"), Some(false)),
            (certificate("2026-07-01T00:00:00Z", now), Some(false)),
        ] {
            assert_eq!(read(value.clone()).is_good(at(now)), expected, "{value}");
        }
        // Without a clock, dates say nothing, and a secret without dates is good at any time.
        assert_eq!(read(json!({"expiresAt": now})).is_good(None), None);
        assert_eq!(read(json!({"rotation": "OVERDUE", "expiresAt": now})).is_good(None), Some(false));
        assert_eq!(read(json!({})).is_good(None), Some(true));
    }
}
