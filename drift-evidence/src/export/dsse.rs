//! `Envelope`: DSSE, the envelope in which a statement is signed. Signing itself is the caller's.

use std::fmt;

use drift_model::{ReadError, base64_decode, base64_encode, canonical_text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The bytes that are signed: the pre-authentication encoding of a payload and its type (DSSE 1.0.2, "Signature
/// definition").
///
/// ```
/// use drift_evidence::export::pae;
///
/// let bytes = pae("http://example.com/HelloWorld", b"hello world");
/// assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
/// ```
#[must_use]
pub fn pae(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A payload with the signatures over its [`pae`].
///
/// It prints as canonical JSON. An envelope that was read keeps the very bytes of its payload: those that are verified are
/// those that are used, and nothing is parsed twice.
///
/// ```
/// use drift_evidence::export::Envelope;
///
/// let envelope = Envelope::new("http://example.com/HelloWorld", b"hello world".to_vec());
/// let signature = format!("signed {} bytes", envelope.pae().len()); // stands for a key of yours
/// let envelope = envelope.signed("key-1", signature.into_bytes());
/// let text = envelope.to_string();
/// assert_eq!(Envelope::read(&text)?, envelope);
/// # Ok::<(), drift_evidence::export::EnvelopeError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Envelope {
    /// What the payload is: a media type or a URI.
    pub payload_type: String,
    /// The payload, byte for byte.
    pub payload: Vec<u8>,
    /// The signatures. An envelope without one proves nothing.
    pub signatures: Vec<Signature>,
}

/// A signature over the [`pae`] of an envelope.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Signature {
    /// Which key made it. A hint for finding the key, never a reason to trust it.
    pub keyid: Option<String>,
    /// The signature.
    pub sig: Vec<u8>,
}

impl Envelope {
    /// A payload that nobody has signed yet.
    #[must_use]
    pub fn new(payload_type: impl Into<String>, payload: Vec<u8>) -> Self {
        Self { payload_type: payload_type.into(), payload, signatures: Vec::new() }
    }

    /// The bytes to sign, and to verify signatures against.
    #[must_use]
    pub fn pae(&self) -> Vec<u8> {
        pae(&self.payload_type, &self.payload)
    }

    /// The envelope with one more signature over its [`Envelope::pae`]. An empty `keyid` is left out.
    #[must_use]
    pub fn signed(mut self, keyid: impl Into<String>, sig: Vec<u8>) -> Self {
        self.signatures.push(Signature { keyid: Some(keyid.into()).filter(|keyid| !keyid.is_empty()), sig });
        self
    }

    /// Reads an envelope. Base64 may be standard or URL-safe, as the specification demands of readers. Whether a signature
    /// holds is not looked at.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError`] for what is no envelope, and for what is not base64.
    pub fn read(text: &str) -> Result<Self, EnvelopeError> {
        let wire: Wire = drift_model::from_json(text).map_err(EnvelopeError::Malformed)?;
        let payload = bytes(&wire.payload).ok_or(EnvelopeError::NotBase64 { what: "payload" })?;
        let signatures = wire.signatures.into_iter().map(|signature| {
            let sig = bytes(&signature.sig).ok_or(EnvelopeError::NotBase64 { what: "signature" })?;
            Ok(Signature { keyid: signature.keyid.filter(|keyid| !keyid.is_empty()), sig })
        });
        Ok(Self { payload_type: wire.payload_type, payload, signatures: signatures.collect::<Result<_, _>>()? })
    }

    fn document(&self) -> Value {
        let signatures = self.signatures.iter().map(|signature| {
            super::object([
                ("keyid", signature.keyid.as_deref().map_or(Value::Null, Value::from)),
                ("sig", base64_encode(&signature.sig).into()),
            ])
        });
        json!({
            "payload": base64_encode(&self.payload),
            "payloadType": self.payload_type,
            "signatures": signatures.collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&canonical_text(&self.document()))
    }
}

impl Serialize for Envelope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

/// Standard base64, or the URL-safe one with the two other letters; not both in one text.
fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.contains(['-', '_']) {
        let mixed = text.contains(['+', '/']);
        if mixed { None } else { base64_decode(&text.replace('-', "+").replace('_', "/")) }
    } else {
        base64_decode(text)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a DSSE envelope, as an object")]
struct Wire {
    payload: String,
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Deserialize)]
#[serde(expecting = "a signature, as an object")]
struct WireSignature {
    keyid: Option<String>,
    sig: String,
}

/// A text that is no envelope.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// It is not the JSON of an envelope.
    #[error("bad envelope: {0}")]
    Malformed(ReadError),
    /// A part is not base64.
    #[error("bad envelope: the {what} is not base64, standard or URL-safe")]
    NotBase64 {
        /// Which part.
        what: &'static str,
    },
}

impl EnvelopeError {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed-envelope",
            Self::NotBase64 { .. } => "not-base64",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_spellings_of_base64_give_the_very_bytes() {
        let body = [0xfb, 0xff, 0xfe, b' ', b'{'];
        for payload in ["+//+IHs=", "-__-IHs=", "-__-IHs", "+//+IHs"] {
            let text = json!({"payload": payload, "payloadType": "t", "signatures": [{"sig": "_-8="}]}).to_string();
            let envelope = Envelope::read(&text).unwrap();
            assert_eq!(envelope.payload, body, "{payload}");
            assert_eq!(envelope.signatures[0], Signature { keyid: None, sig: vec![0xff, 0xef] });
            assert_eq!(envelope.pae(), pae("t", &body));
        }
    }

    #[test]
    fn what_is_no_envelope_is_refused_and_not_repeated() {
        for (text, code) in [
            ("hunter2", "malformed-envelope"),
            (r#"{"payload": "aGk=", "payloadType": "t"}"#, "malformed-envelope"),
            (r#"{"payload": "hunter2!", "payloadType": "t", "signatures": []}"#, "not-base64"),
            (r#"{"payload": "+_hunter2", "payloadType": "t", "signatures": []}"#, "not-base64"),
            (r#"{"payload": "aGk=", "payloadType": "t", "signatures": [{"sig": "hunter2!"}]}"#, "not-base64"),
        ] {
            let error = Envelope::read(text).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn an_envelope_reads_back_as_what_was_written(body: Vec<u8>, kind: String, keyid: String, sig: Vec<u8>) {
            let envelope = Envelope::new(kind, body).signed(keyid, sig);
            prop_assert_eq!(Envelope::read(&envelope.to_string()).unwrap(), envelope);
        }

        #[test]
        fn no_two_payloads_share_the_bytes_that_are_signed(
            a in ("[ 0-9a]{0,4}", proptest::collection::vec(any::<u8>(), 0..6)),
            b in ("[ 0-9a]{0,4}", proptest::collection::vec(any::<u8>(), 0..6)),
        ) {
            prop_assert_eq!(pae(&a.0, &a.1) == pae(&b.0, &b.1), a == b);
        }
    }
}
