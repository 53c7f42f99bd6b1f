//! `Verbs`: does a call of this name change resources?

use serde::Deserialize;

use crate::read;

/// Verbs that event names begin with, and the calls that only open sessions.
const BUILT_IN: &str = include_str!("verbs.json");

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Verbs {
    writes: Vec<String>,
    reads: Vec<String>,
    sessions: Vec<Channel>,
}

/// A service that signs people in and keeps sessions alive.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Channel {
    source: String,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
}

impl Verbs {
    pub(super) fn built_in() -> Self {
        // The document is part of the build and a test reads it; without it, `readOnly` alone would decide.
        read::from_json(BUILT_IN).unwrap_or_default()
    }

    /// `readOnly` decides, unless it contradicts the verb: then nobody knows.
    pub(super) fn mutating(&self, service: &str, name: &str, read_only: Option<bool>) -> Option<bool> {
        let opens_session = self.sessions.iter().any(|channel| {
            let among = |names: &[String]| names.iter().any(|known| known == name);
            channel.source == service && (channel.only.is_empty() || among(&channel.only)) && !among(&channel.except)
        });
        if opens_session {
            return Some(false);
        }
        let by_name = self.by_name(name);
        match (read_only, by_name) {
            (None, by_name) => by_name,
            (Some(read_only), Some(mutating)) if mutating == read_only => None,
            (Some(read_only), _) => Some(!read_only),
        }
    }

    fn by_name(&self, name: &str) -> Option<bool> {
        // `BatchGetSecretValue` gets.
        let name = name.strip_prefix("Batch").filter(|rest| !rest.is_empty()).unwrap_or(name);
        let begins = |verb: &String| {
            name.strip_prefix(verb.as_str()).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
        };
        match (self.writes.iter().any(begins), self.reads.iter().any(begins)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            (true, true) | (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_only_decides_unless_the_name_says_otherwise() {
        let verbs = Verbs::built_in();
        for (service, name, read_only, expected) in [
            ("ec2", "RunInstances", None, Some(true)),
            ("ec2", "DescribeInstances", None, Some(false)),
            ("iam", "NotCreateUser", None, None),
            ("ec2", "Settle", None, None),
            ("rds", "SendSSHPublicKey", Some(false), Some(true)),
            ("wafv2", "ListWebACLs", Some(false), None),
            ("cloudtrail", "StartLogging", Some(true), None),
            ("secretsmanager", "BatchGetSecretValue", None, Some(false)),
            ("signin", "ConsoleLogin", Some(false), Some(false)),
            ("signin", "PasswordUpdated", Some(false), Some(true)),
            ("sso", "Authenticate", None, Some(false)),
            ("sso", "CreatePermissionSet", Some(false), Some(true)),
            ("sts", "AssumeRole", None, Some(false)),
        ] {
            assert_eq!(verbs.mutating(service, name, read_only), expected, "{name}");
        }
    }
}
