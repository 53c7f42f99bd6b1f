//! Rules that ship beside the crate, and hold only for who asks for them.

use std::collections::BTreeMap;

use drift_model::DocumentKind;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::compare::Rules;
use crate::rules::Named;

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

/// What controllers do to objects of Kubernetes whatever was declared, and how kinds that the built-in schema does not know are
/// read back: documents of kind `DriftOwnershipRule` and `EquivalenceRule`, as JSON, one a line.
///
/// What depends on the cluster stands under a named condition (`hpa-enabled`, `vpa-enabled`, `aggregated`, `ca-injected`), which
/// the facts of a resource decide; undecided, the owner is AMBIGUOUS.
pub const KUBERNETES_RULES: &str = include_str!("../rules/kubernetes.json");

/// A shipped document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shipped {
    #[expect(dead_code, reason = "the envelope of documents has it")]
    api_version: String,
    kind: DocumentKind,
    metadata: Metadata,
    spec: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    name: String,
    #[expect(dead_code, reason = "where a kind has no place for a reason, the annotation `because` says it")]
    #[serde(default)]
    annotations: BTreeMap<String, String>,
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
        Self::shipped(AWS_RULES)
    }

    /// What controllers do to objects of Kubernetes, and how custom kinds are read back: [`KUBERNETES_RULES`], read.
    ///
    /// ```
    /// use drift_diff::{Comparer, Rules};
    /// use drift_model::{Facts, Observation, PlaneState, Planes, ResourceRef, Verdict};
    /// use serde_json::json;
    ///
    /// let certificate = |duration: &str| PlaneState::present(json!({"spec": {"duration": duration}}));
    /// let planes = Planes::new(certificate("8760h"), certificate("8760h0m0s"));
    /// let observation = Observation::new("obs-1", ResourceRef::kubernetes("cert-manager.io", "v1", "Certificate", "prod", "web"), planes);
    ///
    /// let comparer = Comparer::compile(&Rules::kubernetes()).unwrap();
    /// assert_eq!(comparer.compare(&observation, &Facts::default()).verdict, Verdict::InSync);
    /// ```
    #[must_use]
    pub fn kubernetes() -> Self {
        Self::shipped(KUBERNETES_RULES)
    }

    fn shipped(documents: &str) -> Self {
        let mut rules = Self::default();
        for line in documents.lines() {
            // INVARIANT: every line is a document of one of these kinds; a test counts them.
            let Ok(Shipped { kind, metadata: Metadata { name, .. }, spec, .. }) = drift_model::from_json(line) else {
                continue;
            };
            if kind == DocumentKind::DriftOwnershipRule {
                rules.ownership.extend(read(name, spec));
            } else {
                rules.equivalences.extend(read(name, spec));
            }
        }
        rules
    }
}

fn read<T: DeserializeOwned>(name: String, spec: Value) -> Option<Named<T>> {
    drift_model::from_value(spec).ok().map(|spec| Named::new(name, spec))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use drift_model::{Facts, Observation, PlaneState, Planes, ResourceRef, Verdict};
    use serde_json::json;

    use super::*;
    use crate::{Comparer, Same};

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

    #[test]
    fn every_shipped_rule_is_read() {
        for (documents, rules) in [(AWS_RULES, Rules::aws()), (KUBERNETES_RULES, Rules::kubernetes())] {
            assert_eq!(rules.equivalences.len() + rules.ownership.len(), documents.lines().count());
            assert!(Comparer::compile(&rules).is_ok());
        }
    }

    #[test]
    fn every_shipped_claim_on_what_git_may_declare_has_a_condition_or_is_a_mark() {
        for rule in Rules::kubernetes().ownership {
            assert!(rule.spec.controller_owned.iter().all(|claim| claim.condition.is_some()), "{}", rule.name);
            assert!(
                rule.spec.runtime_owned.iter().all(|path| path.to_string().contains("/annotations/")),
                "{}",
                rule.name
            );
        }
    }

    /// Each of the durations is one, and another span of time is another value.
    #[test]
    fn every_shipped_duration_is_a_duration() {
        let rules = Rules::kubernetes();
        let comparer = Comparer::compile(&rules).unwrap();
        let mut asked = 0;
        for rule in rules.equivalences.iter().filter(|rule| rule.spec.same == Same::Duration) {
            let selector = &rule.spec.resource;
            let kind = selector
                .kind
                .as_deref()
                .unwrap()
                .trim_start_matches('{')
                .split([',', '}'])
                .next()
                .unwrap()
                .replace('*', "Any");
            let resource = ResourceRef::kubernetes(selector.group.as_deref().unwrap(), "v1", &kind, "prod", "x");
            let with = |text: &str| {
                rule.spec.path.to_string().rsplit('/').filter(|step| !step.is_empty()).fold(
                    json!(text),
                    |inner, step| match step {
                        "*" if inner.is_object() => json!([inner]),
                        "*" => json!({ "request": inner }),
                        name => json!({ name: inner }),
                    },
                )
            };
            for (other, verdict) in [("8760h0m0s", Verdict::InSync), ("24h", Verdict::Drifted)] {
                let planes = Planes::new(PlaneState::present(with("8760h")), PlaneState::present(with(other)));
                let observation = Observation::new("o", resource.clone(), planes);
                let delta = comparer.compare(&observation, &Facts::default());
                assert_eq!(delta.verdict, verdict, "{} {other} {:?}", rule.name, delta.changes);
                asked += 1;
            }
        }
        assert!(asked >= 30, "{asked}");
    }
}
