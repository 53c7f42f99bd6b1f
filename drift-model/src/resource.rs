//! `ResourceRef`: which resource, in the terms of its own system.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The system that a resource lives in. Decides how its documents are read.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum System {
    /// The Kubernetes API.
    Kubernetes,
    /// OpenTofu state and plans.
    OpenTofu,
    /// Terraform state and plans.
    Terraform,
    /// Argo CD's own objects.
    ArgoCd,
    /// Flux's own objects.
    Flux,
    /// AWS, by CloudFormation type.
    Aws,
    /// A database.
    Database,
    /// Anything else, with a name for it or without.
    #[default]
    Generic,
    /// Anything else, by name: `GENERIC:datadog`.
    Other(String),
}

impl System {
    /// The word on the wire.
    #[must_use]
    pub fn word(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Kubernetes => "KUBERNETES".into(),
            Self::OpenTofu => "OPENTOFU".into(),
            Self::Terraform => "TERRAFORM".into(),
            Self::ArgoCd => "ARGOCD".into(),
            Self::Flux => "FLUX".into(),
            Self::Aws => "AWS".into(),
            Self::Database => "DATABASE".into(),
            Self::Generic => "GENERIC".into(),
            Self::Other(name) => format!("GENERIC:{name}").into(),
        }
    }

    /// Are objects of this system Kubernetes objects, whoever defines their kind?
    #[must_use]
    pub const fn is_kubernetes(&self) -> bool {
        matches!(self, Self::Kubernetes | Self::ArgoCd | Self::Flux)
    }

    /// Is this Terraform or its fork?
    #[must_use]
    pub const fn is_terraform(&self) -> bool {
        matches!(self, Self::OpenTofu | Self::Terraform)
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word())
    }
}

impl FromStr for System {
    type Err = UnknownSystem;

    fn from_str(text: &str) -> Result<Self, UnknownSystem> {
        Ok(match text {
            "KUBERNETES" => Self::Kubernetes,
            "OPENTOFU" => Self::OpenTofu,
            "TERRAFORM" => Self::Terraform,
            "ARGOCD" => Self::ArgoCd,
            "FLUX" => Self::Flux,
            "AWS" => Self::Aws,
            "DATABASE" => Self::Database,
            "GENERIC" => Self::Generic,
            _ => Self::Other(text.strip_prefix("GENERIC:").ok_or(UnknownSystem)?.to_owned()),
        })
    }
}

/// A word that names no system.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "unknown system, expected one of `KUBERNETES`, `OPENTOFU`, `TERRAFORM`, `ARGOCD`, `FLUX`, `AWS`, `DATABASE`, \
     `GENERIC` or `GENERIC:name`"
)]
#[non_exhaustive]
pub struct UnknownSystem;

impl Serialize for System {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.word())
    }
}

impl<'de> Deserialize<'de> for System {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Names one resource. Which fields are filled depends on the system; the others are empty.
///
/// It prints as people write it: `Deployment/prod/checkout` for a Kubernetes object, the address for a Terraform
/// instance, `AWS::EC2::SecurityGroup/web` for an AWS resource.
///
/// ```
/// use drift_model::ResourceRef;
///
/// let deployment = ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "checkout");
/// assert_eq!(deployment.to_string(), "Deployment/prod/checkout");
/// let group: ResourceRef = "aws_security_group.app_public".parse()?;
/// assert_eq!(group, ResourceRef::opentofu("aws_security_group", "aws_security_group.app_public"));
/// # Ok::<(), drift_model::ResourceError>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceRef {
    /// Where the resource lives.
    pub system: System,
    /// Kubernetes: API group, empty for the core group.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Kubernetes: API version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Kubernetes: kind.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Terraform and AWS: resource type.
    #[serde(default, rename = "type", skip_serializing_if = "String::is_empty")]
    pub resource_type: String,
    /// Kubernetes: namespace, empty for cluster-wide objects.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The name, where the system has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Terraform: the address of the instance, as the engine writes it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Terraform: the key of a deposed object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposed: Option<String>,
    /// Terraform: `data` for a data source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

impl ResourceRef {
    /// A Kubernetes object.
    #[must_use]
    pub fn kubernetes(group: &str, version: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            system: System::Kubernetes,
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// An OpenTofu resource instance.
    #[must_use]
    pub fn opentofu(resource_type: &str, address: &str) -> Self {
        Self {
            system: System::OpenTofu,
            resource_type: resource_type.to_owned(),
            address: address.to_owned(),
            ..Self::default()
        }
    }

    /// An AWS resource, by CloudFormation type.
    #[must_use]
    pub fn aws(resource_type: &str, name: &str) -> Self {
        Self { system: System::Aws, resource_type: resource_type.to_owned(), name: name.to_owned(), ..Self::default() }
    }

    /// The kind of a Kubernetes object, or the type of anything else: what the `kind` column of a table reads.
    #[must_use]
    pub fn kind_or_type(&self) -> &str {
        if self.kind.is_empty() { &self.resource_type } else { &self.kind }
    }
}

impl fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.address.is_empty() {
            f.write_str(self.kind_or_type())?;
            for part in [&self.namespace, &self.name] {
                if !part.is_empty() {
                    write!(f, "/{part}")?;
                }
            }
        } else {
            f.write_str(&self.address)?;
            if let Some(key) = &self.deposed {
                write!(f, " (deposed {key})")?;
            }
        }
        Ok(())
    }
}

impl FromStr for ResourceRef {
    type Err = ResourceError;

    /// Reads `Kind/name`, `Kind/namespace/name` or a Terraform address whose type is the last `type.name` outside of
    /// brackets. What the text does not say (API group, version) stays empty.
    fn from_str(text: &str) -> Result<Self, ResourceError> {
        let mut parts = text.split('/');
        if let (Some(kind), Some(second)) = (parts.next(), parts.next())
            && kind.starts_with(|c: char| c.is_ascii_uppercase())
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            let (namespace, name) = match (parts.next(), parts.next()) {
                (None, None) => ("", second),
                (Some(third), None) => (second, third),
                _ => return Err(ResourceError),
            };
            return if name.is_empty() {
                Err(ResourceError)
            } else {
                Ok(Self::kubernetes("", "", kind, namespace, name))
            };
        }
        let resource_type = terraform_type(text).ok_or(ResourceError)?;
        Ok(Self::opentofu(&resource_type, text))
    }
}

/// The type in a Terraform address. Keys in brackets may hold dots and quotes, so they are skipped, not split.
fn terraform_type(address: &str) -> Option<String> {
    let (mut plain, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => depth = depth.checked_add(1)?,
            ']' if !quoted => depth = depth.checked_sub(1)?,
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let mut parts = plain.rsplit('.');
    let (name, kind) = (parts.next()?, parts.next()?);
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    (depth == 0 && !quoted && word(name) && word(kind)).then(|| kind.to_owned())
}

/// A text that names no resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "bad resource, expected `Kind/name`, `Kind/namespace/name` or a Terraform address such as `module.app.aws_vpc.main`"
)]
#[non_exhaustive]
pub struct ResourceError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_quotes_and_dots_have_the_type_after_them() {
        for (address, resource_type) in [
            ("aws_security_group.app_public", "aws_security_group"),
            ("module.app[\"a.b\"].aws_security_group.public", "aws_security_group"),
            ("module.a[\"k]\\\".2\"].data.aws_ami.base[0]", "aws_ami"),
        ] {
            assert_eq!(address.parse::<ResourceRef>().unwrap().resource_type, resource_type, "{address}");
        }
        for text in ["", "plain", "a.b[", "a.b]", "Deployment/", "Deployment/a/b/c", "a..b"] {
            assert_eq!(text.parse::<ResourceRef>(), Err(ResourceError), "{text}");
        }
    }

    #[test]
    fn what_a_reference_prints_reads_back() {
        for text in ["Deployment/prod/checkout", "ClusterRole/admin", "module.a.aws_vpc.main[\"x\"]"] {
            assert_eq!(text.parse::<ResourceRef>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_wire_form_is_that_of_the_contract() {
        let text = r#"{"system":"OPENTOFU","type":"aws_security_group","address":"module.app[\"a.b\"].aws_security_group.public"}"#;
        let read: ResourceRef = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        let other: ResourceRef = serde_json::from_str(r#"{"system":"GENERIC:datadog","name":"monitor-1"}"#).unwrap();
        assert_eq!(other.system, System::Other("datadog".into()));
    }
}
