//! Rules that ship beside the crate, and hold only for who asks for them.

use drift_model::DocumentKind;
use serde::Deserialize;

use crate::compare::Rules;
use crate::rules::{EquivalenceRule, Named};

/// What AWS and CloudFormation do to what they are given, service by service: documents of kind `EquivalenceRule`, as JSON,
/// one a line. Each says why it holds.
///
/// [`Rules::aws`] has read them. As documents they go where a platform's own go: their text is that of a policy file.
///
/// ```
/// let names: Vec<String> = drift_diff::AWS_RULES
///     .lines()
///     .map(|line| serde_json::from_str::<serde_json::Value>(line).map(|rule| rule["metadata"]["name"].to_string()))
///     .collect::<Result<_, _>>()?;
/// assert!(names.contains(&"\"aws-lambda-code\"".to_owned()));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const AWS_RULES: &str = include_str!("../rules/aws.json");

/// A document of [`AWS_RULES`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shipped {
    #[expect(dead_code, reason = "the envelope of documents has it")]
    api_version: String,
    #[expect(dead_code, reason = "all of them are of one kind")]
    kind: DocumentKind,
    metadata: Metadata,
    spec: EquivalenceRule,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    name: String,
}

impl Rules {
    /// What AWS and CloudFormation do to what they are given: [`AWS_RULES`], read.
    ///
    /// What holds for every service is known without rules; here are the statements about one service or type.
    ///
    /// ```
    /// use drift_diff::{Comparer, Rules};
    /// use drift_model::{Facts, Observation, PlaneState, Planes, ResourceRef, Verdict};
    /// use serde_json::json;
    ///
    /// let planes = Planes::new(
    ///     PlaneState::present(json!({"CidrBlock": "10.1.2.3/16"})),
    ///     PlaneState::present(json!({"CidrBlock": "10.1.0.0/16"})),
    /// );
    /// let vpc = Observation::new("obs-1", ResourceRef::aws("AWS::EC2::VPC", "vpc-1"), planes);
    ///
    /// let comparer = Comparer::compile(&Rules::aws()).unwrap();
    /// let delta = comparer.compare(&vpc, &Facts::default());
    /// assert_eq!(delta.verdict, Verdict::InSync);
    /// // Nothing vanishes: what is excused is listed, with the rule.
    /// assert_eq!(delta.changes[0].rule.as_deref(), Some("aws-ec2-address-blocks"));
    /// ```
    #[must_use]
    pub fn aws() -> Self {
        // INVARIANT: every line is such a document; a test counts them.
        let read = |line: &str| drift_model::from_json::<Shipped>(line).ok();
        let documents = AWS_RULES.lines().filter_map(read);
        let named = documents.map(|document| Named::new(document.metadata.name, document.spec));
        Self { equivalences: named.collect(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_shipped_rule_is_about_aws_and_has_a_name_of_its_own() {
        let rules = Rules::aws();
        let names: BTreeSet<&str> = rules.equivalences.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names.len(), AWS_RULES.lines().count());
        for rule in &rules.equivalences {
            let resource_type = rule.spec.resource.resource_type.as_deref().unwrap_or_default();
            assert!(resource_type.starts_with("AWS::"), "{}", rule.name);
            assert_eq!(rule.spec.resource.system, Some(drift_model::System::Aws), "{}", rule.name);
            assert!(rule.spec.since.is_some() && rule.spec.reason.len() > 30, "{}", rule.name);
            // A rule is about a service, never about one resource.
            assert!(rule.spec.resource.names.is_empty(), "{}", rule.name);
        }
    }
}
