//! Keyed fingerprints of secrets: the same secret at the same place is seen to be the same, and nobody can guess it.
//!
//! A plain hash of a password is a list of guesses away from the password. A fingerprint is an HMAC (RFC 2104, with
//! SHA-256) under a key that only the caller has. Tenant, unit and path go in with the value: three planes of one field
//! can be compared, and a password that two units share shows nowhere that they share it.

use std::fmt;
use std::str::FromStr;

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::canonical;
use crate::digest::{hex, unhex};
use crate::path::FieldPath;
use crate::vocabulary::vocabulary;

/// What every message begins with, so that a key used for something else, too, never answers for a fingerprint.
const PURPOSE: &str = "drift.secret.v1";

/// What every fingerprint begins with.
const ALGORITHM: &str = "hmac-sha256";

/// How long the name of a key may be.
const LONGEST_ID: usize = 64;

/// The key under which secrets of one tenant are fingerprinted.
///
/// It has a name that stands in every fingerprint, so that a rotated key is told from a changed secret. The key itself
/// is never written out, cannot be copied, and is wiped from memory when it is dropped. (What the hash function keeps on the
/// stack while it works is not.)
///
/// ```
/// use drift_model::{FingerprintKey, Likeness};
/// use serde_json::json;
///
/// let key = FingerprintKey::new("2026-07", "acme", b"an example, and at least 32 bytes".to_vec())?;
/// let path = "/data/password".parse()?;
/// let declared = key.fingerprint("checkout-prod", &path, &json!("hunter2"));
/// let observed = key.fingerprint("checkout-prod", &path, &json!("hunter3"));
/// assert_eq!(declared.compare(&observed), Likeness::Different);
/// assert!(declared.to_string().starts_with("hmac-sha256:2026-07:"));
///
/// let next = FingerprintKey::new("2026-08", "acme", b"another key, of at least 32 bytes".to_vec())?;
/// let later = next.fingerprint("checkout-prod", &path, &json!("hunter2"));
/// assert_eq!(declared.compare(&later), Likeness::Incomparable);
/// assert_eq!(format!("{key:?}"), "FingerprintKey { .. }");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Whoever needs it twice shares it: there is no second copy in memory.
///
/// ```compile_fail,E0599
/// let key = drift_model::FingerprintKey::new("2026-07", "acme", vec![7; 32]).unwrap();
/// let copy = key.clone();
/// ```
pub struct FingerprintKey {
    id: String,
    tenant: String,
    block: Block,
}

impl FingerprintKey {
    /// How many bytes a key has at least: as many as the hash has, so that guessing the key is no way around it.
    pub const MIN_BYTES: usize = 32;

    /// A key of this name (`A-Z a-z 0-9 . _ -`, at most 64 characters), for the secrets of a tenant.
    ///
    /// The bytes are taken over and wiped, also where they are refused. They come from a random source: a password is no key.
    ///
    /// # Errors
    ///
    /// [`FingerprintKeyError`] for a name that cannot stand in a fingerprint, and for fewer than
    /// [`MIN_BYTES`](Self::MIN_BYTES) bytes. It repeats neither.
    pub fn new(id: &str, tenant: &str, bytes: Vec<u8>) -> Result<Self, FingerprintKeyError> {
        let bytes = Zeroizing::new(bytes);
        if !is_key_id(id) {
            return Err(FingerprintKeyError::BadId);
        }
        if bytes.len() < Self::MIN_BYTES {
            return Err(FingerprintKeyError::TooShort);
        }
        Ok(Self { id: id.to_owned(), tenant: tenant.to_owned(), block: Block::of(&bytes) })
    }

    /// The name of the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The fingerprint of a value at a path of a unit.
    ///
    /// Of an observation the unit is [`Observation::unit_or_resource`](crate::Observation::unit_or_resource), and the path that
    /// of the change. The value goes in as its [canonical text](crate::canonical_text), so `1` and `1.0` are one value, and
    /// objects have no order. A number that `serde_json` rounded when it was read is the rounded number.
    #[must_use]
    pub fn fingerprint(&self, unit: &str, path: &FieldPath, value: &Value) -> Fingerprint {
        let text = Zeroizing::new(canonical::text(value));
        let parts = [PURPOSE, &self.tenant, unit, &path.to_string(), &text];
        Fingerprint { key_id: self.id.clone(), code: self.block.code(parts) }
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FingerprintKey").finish_non_exhaustive()
    }
}

/// A key, brought to the length of a block of SHA-256 (RFC 2104 §2).
struct Block(Zeroizing<[u8; 64]>);

impl Block {
    fn of(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; 64]);
        if key.len() > block.len() {
            let mut digest: [u8; 32] = Sha256::digest(key).into();
            block.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
            digest.zeroize();
        } else {
            block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        }
        Self(block)
    }

    /// The code of parts that cannot run into each other: each goes in with its length.
    fn code<'p>(&self, parts: impl IntoIterator<Item = &'p str>) -> [u8; 32] {
        let mut mac = self.mac();
        for part in parts {
            // A length has eight bytes on every platform.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    fn mac(&self) -> Hmac<Sha256> {
        <Hmac<Sha256> as KeyInit>::new((&*self.0).into())
    }
}

/// Why bytes are not taken for a key. Says nothing of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FingerprintKeyError {
    /// The key is too short to withstand guessing.
    #[error("the fingerprint key is too short; take 32 bytes or more from a random source")]
    TooShort,
    /// The name of the key cannot stand in a fingerprint.
    #[error("bad name of a fingerprint key, expected 1 to 64 of `A-Z a-z 0-9 . _ -`, as `2026-07`")]
    BadId,
}

vocabulary! {
    /// How two fingerprints compare.
    pub enum Likeness as "likeness" {
        /// The same value, at the same path of the same unit.
        Same = "SAME",
        /// Not the same.
        Different = "DIFFERENT",
        /// Nobody can tell: they were made with different keys. A rotated key is no drift.
        Incomparable = "INCOMPARABLE",
    }
}

/// The keyed fingerprint of a secret, written `hmac-sha256:`, the name of the key, `:` and 64 hexadecimal digits.
///
/// `==` asks for the same text. Whether two secrets are the same is asked with [`compare`](Self::compare), which has three
/// answers.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fingerprint {
    key_id: String,
    code: [u8; 32],
}

impl Fingerprint {
    /// The name of the key that it was made with.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Are these fingerprints of the same value, at the same place?
    #[must_use]
    pub fn compare(&self, other: &Self) -> Likeness {
        if self.key_id != other.key_id {
            Likeness::Incomparable
        } else if self.code == other.code {
            Likeness::Same
        } else {
            Likeness::Different
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}:{}:{}", self.key_id, hex(&self.code))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no fingerprint. Does not repeat it: it may be the secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "bad fingerprint, expected `hmac-sha256:`, the name of a key, `:` and 64 hexadecimal digits in lower case; a plain \
     hash of a secret can be guessed"
)]
#[non_exhaustive]
pub struct FingerprintError;

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let rest = text.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(':'));
        let (key_id, code) = rest.and_then(|rest| rest.split_once(':')).ok_or(FingerprintError)?;
        let code = unhex(code).filter(|_| is_key_id(key_id)).ok_or(FingerprintError)?;
        Ok(Self { key_id: key_id.to_owned(), code })
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn is_key_id(text: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(may_stand)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const BYTES: &[u8; 32] = b"CANARY-key-0123456789-0123456789";

    fn key(id: &str, tenant: &str) -> FingerprintKey {
        FingerprintKey::new(id, tenant, BYTES.to_vec()).unwrap()
    }

    fn print(unit: &str, path: &str, value: &Value) -> Fingerprint {
        key("k1", "acme").fingerprint(unit, &path.parse().unwrap(), value)
    }

    /// RFC 2104 §2, as it is written there.
    fn by_the_book(key: &[u8], message: &[u8]) -> [u8; 32] {
        let mut block = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
        block.resize(64, 0);
        let padded = |pad: u8| block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
        let inner = Sha256::digest([&padded(0x36), message].concat());
        Sha256::digest([&padded(0x5c), inner.as_slice()].concat()).into()
    }

    fn code(key: &[u8], message: &[u8]) -> [u8; 32] {
        let mut mac = Block::of(key).mac();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// RFC 4231 §4: the test cases for HMAC-SHA-256. Of the fifth only 16 bytes are given.
    #[test]
    fn the_vectors_of_rfc_4231() {
        let counting: Vec<u8> = (1..=25).collect();
        let large_key: &[u8] = b"This is a test using a larger than block-size key and a larger than block-size data. \
            The key needs to be hashed before being used by the HMAC algorithm.";
        for (key, data, expected) in [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (counting, vec![0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (vec![0x0c; 20], b"Test With Truncation".to_vec(), "a3b6167473100ee06e0c796c2955552b"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (vec![0xaa; 131], large_key.to_vec(), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        ] {
            assert!(hex(&code(&key, &data)).starts_with(expected), "{}", hex(&code(&key, &data)));
        }
    }

    /// The figures were made by another implementation: they hold under every build of `serde_json`.
    #[test]
    fn law_9_same_in_same_out_a_fingerprint_is_the_same_under_every_build() {
        let value: Value = serde_json::from_str(r#"{"z": 4.50, "b": 1.0, "a": [1e3, -0.0, "ü\u0001"]}"#).unwrap();
        assert_eq!(print("checkout-prod", "/data/[name=db]/password", &value).to_string(), PINNED[0]);
        assert_eq!(print("", "", &Value::Null).to_string(), PINNED[1]);
    }

    const PINNED: [&str; 2] = [
        "hmac-sha256:k1:73bc8af2a499a470def46fd78f29454fd6bd36a9ccea0448faaa6a3f97fc1871",
        "hmac-sha256:k1:146f19f875bc719fbef66a9449f074bc44f8f0b185e1937f90fa92a889650038",
    ];

    #[test]
    fn every_type_of_value_has_a_fingerprint_of_its_own() {
        let values = [
            json!(null),
            json!(true),
            json!(false),
            json!(1),
            json!("1"),
            json!("true"),
            json!([]),
            json!({}),
            json!([1]),
        ];
        let mut prints: Vec<Fingerprint> = values.iter().map(|value| print("u", "/p", value)).collect();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), values.len());
        assert_eq!(print("u", "/p", &json!({"a": 1, "b": 2})), print("u", "/p", &json!({"b": 2.0, "a": 1})));
    }

    #[test]
    fn another_key_is_incomparable_and_not_different() {
        let path: FieldPath = "/p".parse().unwrap();
        let (old, new) = (key("k1", "acme"), key("k2", "acme"));
        let print = |key: &FingerprintKey, value: Value| key.fingerprint("u", &path, &value);
        assert_eq!(print(&old, json!("a")).compare(&print(&new, json!("a"))), Likeness::Incomparable);
        assert_eq!(print(&old, json!("a")).compare(&print(&new, json!("b"))), Likeness::Incomparable);
        assert_eq!(print(&old, json!("a")).compare(&print(&old, json!("a"))), Likeness::Same);
        assert_eq!(print(&old, json!("a")).compare(&print(&old, json!("b"))), Likeness::Different);
        // Other bytes under the same name: nobody can know, and the codes differ.
        let other = FingerprintKey::new("k1", "acme", vec![7; 32]).unwrap();
        assert_eq!(print(&old, json!("a")).compare(&print(&other, json!("a"))), Likeness::Different);
    }

    /// It compiles, so it is.
    fn is_wiped(_: &impl zeroize::ZeroizeOnDrop) {}

    #[test]
    fn law_8_a_secret_never_leaves_a_key() {
        for (id, length, error) in [
            ("k1", 0, "the fingerprint key is too short; take 32 bytes or more from a random source"),
            ("k1", 31, "the fingerprint key is too short; take 32 bytes or more from a random source"),
            ("", 32, "bad name of a fingerprint key, expected 1 to 64 of `A-Z a-z 0-9 . _ -`, as `2026-07`"),
            ("CANARY:key", 32, "bad name of a fingerprint key, expected 1 to 64 of `A-Z a-z 0-9 . _ -`, as `2026-07`"),
        ] {
            let refused = FingerprintKey::new(id, "acme", BYTES[..length].to_vec()).unwrap_err();
            assert_eq!(refused.to_string(), error);
            assert!(!format!("{refused:?} {refused}").contains("CANARY"));
        }
        assert_eq!(FingerprintKey::new(&"k".repeat(65), "", BYTES.to_vec()).unwrap_err(), FingerprintKeyError::BadId);
        let key = key("k1", "acme");
        assert_eq!(format!("{key:?} {key:#?}"), "FingerprintKey { .. } FingerprintKey { .. }");
        is_wiped(&key.block.0);
    }

    #[test]
    fn what_is_no_fingerprint_is_refused_without_repeating_it() {
        let digits = "0".repeat(64);
        for text in [
            String::new(),
            "CANARY".to_owned(),
            format!("sha256:{digits}"),
            format!("hmac-sha256:{digits}"),
            format!("hmac-sha256::{digits}"),
            format!("hmac-sha256:a b:{digits}"),
            format!("hmac-sha256:k:{digits}0"),
            format!("hmac-sha256:k:{}", "G".repeat(64)),
            format!("HMAC-SHA256:k:{digits}"),
        ] {
            assert_eq!(text.parse::<Fingerprint>(), Err(FingerprintError), "{text}");
            assert!(!serde_json::from_value::<Fingerprint>(json!(text)).unwrap_err().to_string().contains("CANARY"));
        }
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-c]{0,3}", "[\\x00-\\x02/\"é]{0,3}", any::<String>()]
    }

    proptest! {
        #[test]
        fn the_library_codes_as_the_book_does(
            key in proptest::collection::vec(any::<u8>(), 0..200), data in proptest::collection::vec(any::<u8>(), 0..200)
        ) {
            prop_assert_eq!(code(&key, &data), by_the_book(&key, &data));
        }

        #[test]
        fn it_is_the_same_exactly_when_all_parts_are(
            a in (text(), text(), "(/[a-b]){0,2}", text()), b in (text(), text(), "(/[a-b]){0,2}", text()), which in 0..16_u8
        ) {
            // Half of the parts are shared, so that one part alone makes the difference, too.
            let pick = |bit: u8, a: &str, b: &str| if which >> bit & 1 == 1 { b.to_owned() } else { a.to_owned() };
            let c = (pick(0, &a.0, &b.0), pick(1, &a.1, &b.1), pick(2, &a.2, &b.2), pick(3, &a.3, &b.3));
            let print = |(tenant, unit, path, value): &(String, String, String, String)| {
                key("k1", tenant).fingerprint(unit, &path.parse().unwrap(), &json!(value))
            };
            prop_assert_eq!(print(&a) == print(&c), a == c);
            prop_assert_eq!(print(&a).compare(&print(&c)) == Likeness::Same, a == c);
        }

        #[test]
        fn parts_cannot_be_shifted_into_each_other(whole in "[a-c/]{1,8}", cut in 0..9_usize, other in 0..9_usize) {
            let (cut, other) = (cut.min(whole.len()), other.min(whole.len()));
            let block = Block::of(BYTES);
            let at = |cut: usize| <[&str; 2]>::from(whole.split_at(cut));
            prop_assert_eq!(block.code(at(cut)) == block.code(at(other)), cut == other);
            prop_assert_ne!(block.code(at(cut)), block.code([whole.as_str()]));
            prop_assert_ne!(block.code(at(cut)), block.code(at(cut).into_iter().chain([""])));
        }

        #[test]
        fn what_is_printed_reads_back(value in ".*", id in "[A-Za-z0-9._-]{1,64}") {
            let print = key(&id, "acme").fingerprint("u", &FieldPath::default(), &json!(value));
            prop_assert_eq!(print.to_string().parse(), Ok(print.clone()));
            prop_assert_eq!(serde_json::from_value::<Fingerprint>(serde_json::to_value(&print).unwrap()).unwrap(), print);
        }
    }
}
