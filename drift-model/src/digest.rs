//! `Digest`: what a document, a policy or a finding is named by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{base64, canonical};

/// A SHA-256 digest, written `sha256:` and 64 hexadecimal digits.
///
/// Of a JSON document it is taken over the canonical text, so equal documents have equal digests. A digest of a
/// document that holds a secret is a plain hash of that secret: digest redacted documents only.
///
/// ```
/// use drift_model::Digest;
/// use serde_json::json;
///
/// let digest = Digest::of_json(&json!({"b": 1, "a": 2.0}));
/// assert_eq!(digest, Digest::of_json(&json!({"a": 2, "b": 1})));
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of these bytes, one run after the other, as if they stood together.
    #[must_use]
    pub fn of_joined<'b>(runs: impl IntoIterator<Item = &'b [u8]>) -> Self {
        let mut hasher = Sha256::new();
        runs.into_iter().for_each(|run| hasher.update(run));
        Self(hasher.finalize().into())
    }

    /// The digest of the canonical text of a value.
    #[must_use]
    pub fn of_json(value: &serde_json::Value) -> Self {
        Self::of(canonical::text(value).as_bytes())
    }

    /// The digest of parts that cannot run into each other: each goes in with its length.
    #[must_use]
    pub fn of_parts<'p>(parts: impl IntoIterator<Item = &'p str>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            // A length has eight bytes on every platform.
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        Self(hasher.finalize().into())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 32 bytes as base64 with padding (RFC 4648 §4), as logs write the root of their tree.
    #[must_use]
    pub fn base64(&self) -> String {
        base64::encode(&self.0)
    }

    /// Undoes [`base64`](Self::base64). Its 44 characters have one spelling.
    ///
    /// # Errors
    ///
    /// [`DigestError`] for any other text.
    pub fn from_base64(text: &str) -> Result<Self, DigestError> {
        let bytes = base64::decode(text).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).filter(|digest| digest.base64() == text).ok_or(DigestError)
    }

    /// The 64 hexadecimal digits, without `sha256:`.
    #[must_use]
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("bad digest, expected `sha256:` and 64 hexadecimal digits in lower case")]
#[non_exhaustive]
pub struct DigestError;

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        text.strip_prefix("sha256:").and_then(unhex).map(Self).ok_or(DigestError)
    }
}

/// Two hexadecimal digits in lower case for each byte.
pub(crate) fn hex(bytes: &[u8; 32]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Undoes [`hex`]; `None` for any other text.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_digest_is_the_known_one() {
        assert_eq!(
            Digest::of(b"").to_string(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(Digest::of_parts(["ab", "c"]), Digest::of_parts(["a", "bc"]));
    }

    #[test]
    fn runs_of_bytes_are_one_text_wherever_they_part() {
        assert_eq!(Digest::of_joined([&b"ab"[..], b"", b"c"]), Digest::of(b"abc"));
        assert_eq!(Digest::of_joined([]), Digest::of(b""));
    }

    #[test]
    fn base64_has_one_spelling() {
        let empty = Digest::of(b"");
        let text = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!((empty.base64().as_str(), Digest::from_base64(text)), (text, Ok(empty)));
        for other in [
            "",
            "47DE",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= ",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA",
        ] {
            assert_eq!(Digest::from_base64(other), Err(DigestError), "{other}");
        }
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for text in ["", "sha256:", "sha256:00", "md5:00", &format!("sha256:{}", "G".repeat(64))] {
            assert_eq!(text.parse::<Digest>(), Err(DigestError), "{text}");
        }
    }
}
