//! `Artifact`: a document that stands beside a record and lets another person look for themselves (seeds S0.20).

use std::fmt;

use drift_model::Digest;
use serde::{Deserialize, Serialize};

drift_model::vocabulary! {
    /// The ten kinds of artifact that evidence may hold.
    #[non_exhaustive]
    pub enum ArtifactKind as "kind of artifact" {
        /// The plan of an engine, as JSON.
        PlanJson = "PLAN_JSON",
        /// The difference, as it was decided upon.
        NormalizedDiff = "NORMALIZED_DIFF",
        /// The manifests, as they were rendered.
        RenderedManifests = "RENDERED_MANIFESTS",
        /// What the controller said of itself.
        ControllerStatus = "CONTROLLER_STATUS",
        /// An event of the audit log of a cloud.
        CloudAuditEvent = "CLOUD_AUDIT_EVENT",
        /// An event of the audit log of a cluster.
        KubernetesAuditEvent = "KUBERNETES_AUDIT_EVENT",
        /// A pull request.
        PullRequest = "PULL_REQUEST",
        /// The ticket of an incident or of a change.
        Ticket = "TICKET",
        /// Who approved, as the approving system keeps it.
        ApprovalRecord = "APPROVAL_RECORD",
        /// What was seen after reconciliation.
        VerificationResult = "VERIFICATION_RESULT",
    }
}

/// A document that is kept elsewhere: what it is, where it is, and which bytes it had.
///
/// Without a digest it is a reference, to a ticket or a pull request, which may read differently tomorrow. A document
/// that holds secrets is masked before it is kept, and digested after that: a digest of a secret can be guessed.
///
/// ```
/// use drift_evidence::{Artifact, ArtifactKind};
/// use drift_model::Digest;
///
/// let plan = br#"{"format_version":"1.2"}"#;
/// let artifact = Artifact::new(ArtifactKind::PlanJson, "application/json", "s3://evidence/drift/2026/07/03/plan.json")?
///     .of(Digest::of(plan));
/// assert!(artifact.is(plan));
/// assert!(!artifact.is(b"{}"));
///
/// let error = Artifact::new(ArtifactKind::Ticket, "text/html", "INC-9127").unwrap_err();
/// assert_eq!(error.to_string(), "bad URI of an artifact, expected a scheme first, as `https://` or `s3://`");
/// # Ok::<(), drift_evidence::ArtifactError>(())
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", try_from = "Wire")]
pub struct Artifact {
    kind: ArtifactKind,
    media_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    uri: String,
}

impl Artifact {
    /// A reference to a document of this media type (RFC 6838 §4.2) at this URI (RFC 3986).
    ///
    /// # Errors
    ///
    /// [`ArtifactError`] for what is no media type, no URI, and for a URI that carries credentials. It repeats neither.
    pub fn new(
        kind: ArtifactKind,
        media_type: impl Into<String>,
        uri: impl Into<String>,
    ) -> Result<Self, ArtifactError> {
        let (media_type, uri) = (media_type.into(), uri.into());
        if !is_media_type(&media_type) {
            return Err(ArtifactError::MediaType);
        }
        check_uri(&uri)?;
        Ok(Self { kind, media_type, digest: None, uri })
    }

    /// The same, with the digest of its bytes.
    #[must_use]
    pub const fn of(mut self, digest: Digest) -> Self {
        self.digest = Some(digest);
        self
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> ArtifactKind {
        self.kind
    }

    /// In which format it is.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The digest of its bytes, if they are kept.
    #[must_use]
    pub const fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Where it is.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Are these its bytes? A reference vouches for none.
    #[must_use]
    pub fn is(&self, bytes: &[u8]) -> bool {
        self.digest == Some(Digest::of(bytes))
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({}", self.kind, self.uri, self.media_type)?;
        self.digest.map_or(Ok(()), |digest| write!(f, ", {digest}"))?;
        f.write_str(")")
    }
}

/// What cannot be an artifact.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The media type is none.
    #[error("bad media type, expected a type and a subtype, as `application/json`")]
    MediaType,
    /// The URI has no scheme.
    #[error("bad URI of an artifact, expected a scheme first, as `https://` or `s3://`")]
    Scheme,
    /// The URI has a character that no URI has.
    #[error("bad URI of an artifact, expected printable ASCII without spaces; percent-encode the rest")]
    Character,
    /// The URI carries a user, and perhaps a password.
    #[error("bad URI of an artifact, expected one without credentials; whoever reads evidence brings their own")]
    Credentials,
}

impl ArtifactError {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MediaType => "bad-media-type",
            Self::Scheme => "uri-without-scheme",
            Self::Character => "bad-uri-character",
            Self::Credentials => "uri-with-credentials",
        }
    }
}

/// Two names of RFC 6838 §4.2; what follows a semicolon is parameters, and only has to be printable.
fn is_media_type(text: &str) -> bool {
    let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
    let is_name = |name: &str| {
        let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        name.len() <= 127 && name.bytes().all(may_stand) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    let printable = parameters.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    printable && name.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

/// A scheme (RFC 3986 §3.1), the characters of §2, and no user information (§3.2.1).
fn check_uri(uri: &str) -> Result<(), ArtifactError> {
    let (scheme, rest) = uri.split_once(':').ok_or(ArtifactError::Scheme)?;
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(may_stand) || rest.is_empty() {
        return Err(ArtifactError::Scheme);
    }
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ArtifactError::Character);
    }
    let authority = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?', '#']).next());
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err(ArtifactError::Credentials);
    }
    Ok(())
}

/// An artifact as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an artifact, as an object")]
struct Wire {
    kind: ArtifactKind,
    media_type: String,
    #[serde(default)]
    digest: Option<Digest>,
    uri: String,
}

impl TryFrom<Wire> for Artifact {
    type Error = ArtifactError;

    fn try_from(wire: Wire) -> Result<Self, ArtifactError> {
        let artifact = Self::new(wire.kind, wire.media_type, wire.uri)?;
        Ok(Self { digest: wire.digest, ..artifact })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_artifact_says_what_it_is_where_it_is_and_which_bytes_it_had() {
        let uri = "s3://evidence/drift/plan.json";
        let artifact = Artifact::new(ArtifactKind::PlanJson, "application/json", uri).unwrap().of(Digest::of(b""));
        let value = json!({
            "kind": "PLAN_JSON", "mediaType": "application/json", "uri": uri,
            "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        });
        assert_eq!(serde_json::to_value(&artifact).unwrap(), value);
        assert_eq!(serde_json::from_value::<Artifact>(value).unwrap(), artifact);
        assert_eq!(
            artifact.to_string(),
            "PLAN_JSON s3://evidence/drift/plan.json (application/json, \
             sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855)"
        );
        let reference = Artifact::new(ArtifactKind::Ticket, "text/html; charset=utf-8", "https://t.example/9127");
        assert_eq!(reference.unwrap().to_string(), "TICKET https://t.example/9127 (text/html; charset=utf-8)");
    }

    #[test]
    fn s0_20_there_is_a_kind_for_each_of_the_ten_documents() {
        let words: Vec<&str> = ArtifactKind::ALL.iter().map(|kind| kind.word()).collect();
        let expected = "PLAN_JSON NORMALIZED_DIFF RENDERED_MANIFESTS CONTROLLER_STATUS CLOUD_AUDIT_EVENT \
                        KUBERNETES_AUDIT_EVENT PULL_REQUEST TICKET APPROVAL_RECORD VERIFICATION_RESULT";
        assert_eq!(words.join(" "), expected);
        for kind in ArtifactKind::ALL {
            let artifact = Artifact::new(*kind, "application/json", "s3://evidence/1").unwrap();
            let mut record = crate::sample::record(1);
            let kept = crate::Event::ArtifactKept { record: record.id().to_owned(), artifact };
            record.apply(&kept, crate::sample::at(1)).unwrap();
            let summary = crate::Summary::of(&record);
            let evidence = crate::Figures::read(&summary, &crate::Reading::at(crate::sample::at(2))).evidence.unwrap();
            let counted: Vec<_> = evidence.artifacts.iter().filter(|kept| kept.records.part == 1).collect();
            assert_eq!(counted.iter().map(|kept| kept.kind).collect::<Vec<_>>(), [*kind]);
        }
    }

    #[test]
    fn what_is_no_artifact_is_refused_without_repeating_it() {
        let (json, at) = ("application/json", "https://evidence.example/hunter2");
        for (media_type, uri, error) in [
            ("", at, ArtifactError::MediaType),
            ("json", at, ArtifactError::MediaType),
            ("hunter2/", at, ArtifactError::MediaType),
            ("/json", at, ArtifactError::MediaType),
            ("a b/json", at, ArtifactError::MediaType),
            ("text/plain; x=\u{7}", at, ArtifactError::MediaType),
            (json, "", ArtifactError::Scheme),
            (json, "INC-hunter2", ArtifactError::Scheme),
            (json, "/tmp/hunter2:1", ArtifactError::Scheme),
            (json, "1s3://bucket", ArtifactError::Scheme),
            (json, "https:", ArtifactError::Scheme),
            (json, "https://a b", ArtifactError::Character),
            (json, "https://\u{e9}.example", ArtifactError::Character),
            (json, "https://ana:hunter2@evidence.example/x", ArtifactError::Credentials),
            (json, "https://hunter2@evidence.example", ArtifactError::Credentials),
        ] {
            assert_eq!(Artifact::new(ArtifactKind::PlanJson, media_type, uri), Err(error), "{media_type} {uri}");
            let wire = json!({"kind": "PLAN_JSON", "mediaType": media_type, "uri": uri});
            let read = drift_model::from_value::<Artifact>(wire).unwrap_err().to_string();
            assert!(read.contains("expected"), "{read}");
            assert!(!read.contains("hunter2") && !error.to_string().contains("hunter2"), "{read}");
        }
        // Mail addresses and paths may hold an `@`: only before a host it is a user.
        for uri in ["mailto:ana@example.com", "https://git.example/repo@v1/x", "urn:uuid:1", "git+ssh://git.example/x"]
        {
            assert!(Artifact::new(ArtifactKind::Ticket, json, uri).is_ok(), "{uri}");
        }
    }
}
