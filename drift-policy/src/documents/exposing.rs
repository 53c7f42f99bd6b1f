//! Which paths expose something when they change: a short list that is kept here, and used to ask for a second thought.
//!
//! The list is no claim of completeness. It is for checks of documents alone: a rule that reaches one of these places
//! must say that it means to. What a change exposes is decided by the taxonomy.

use drift_model::PathPattern;

/// Where a pod is described, by the kind of its parent: workloads, pods, cron jobs.
const PODS: &[&str] = &["/spec/template/spec", "/spec", "/spec/jobTemplate/spec/template/spec"];

/// What a pod exposes, below its description.
const IN_A_POD: &[&str] = &[
    "/containers/*/image",
    "/containers/*/command",
    "/containers/*/securityContext",
    "/containers/*/volumeMounts",
    "/initContainers/*/image",
    "/initContainers/*/command",
    "/initContainers/*/securityContext",
    "/initContainers/*/volumeMounts",
    "/ephemeralContainers",
    "/securityContext",
    "/serviceAccountName",
    "/hostNetwork",
    "/hostPID",
    "/hostIPC",
    "/volumes/*/hostPath",
];

/// What other documents expose.
const ELSEWHERE: &[&str] = &[
    // Roles, bindings, service accounts, admission.
    "/rules",
    "/aggregationRule",
    "/roleRef",
    "/subjects",
    "/webhooks",
    // How strictly a namespace checks its pods.
    "/metadata/labels/pod-security.kubernetes.io~1enforce",
    "/metadata/labels/pod-security.kubernetes.io~1enforce-version",
    "/metadata/labels/pod-security.kubernetes.io~1audit",
    "/metadata/labels/pod-security.kubernetes.io~1audit-version",
    "/metadata/labels/pod-security.kubernetes.io~1warn",
    "/metadata/labels/pod-security.kubernetes.io~1warn-version",
    "/spec/failurePolicy",
    // Network policies, ingresses, services, gateways.
    "/spec/ingress",
    "/spec/egress",
    "/spec/podSelector",
    "/spec/policyTypes",
    "/spec/rules",
    "/spec/tls",
    "/spec/defaultBackend",
    "/spec/backend",
    "/spec/ports/*/nodePort",
    "/spec/type",
    "/spec/externalIPs",
    "/spec/loadBalancerSourceRanges",
    // Terraform and OpenTofu, AWS provider.
    "/policy",
    "/assume_role_policy",
    "/managed_policy_arns",
    "/ingress",
    "/egress",
    "/cidr_blocks",
    "/ipv6_cidr_blocks",
    "/source_security_group_id",
    "/publicly_accessible",
    "/acl",
    // AWS, by CloudFormation type.
    "/PolicyDocument",
    "/AssumeRolePolicyDocument",
    "/ManagedPolicyArns",
    "/SecurityGroupIngress",
    "/SecurityGroupEgress",
    "/CidrIp",
    "/CidrIpv6",
    "/PubliclyAccessible",
    "/PublicAccessBlockConfiguration",
];

/// The senses of `same` that can call two things the same of which one exposes more: a network policy without rules and
/// one with an empty list, two orders of rules of which the first match wins, two names that differ in case, a boundary
/// that was taken away.
const HIDING: &[&str] =
    &["EMPTY_ABSENT", "SET", "KEYED", "CASE", "GENERATED", "NOT_READ_BACK", "FLOATING", "VERSION_PREFIX", "DEFAULT"];

/// Can the sense hide a difference in what is exposed?
pub(super) fn hides(sense: &str) -> bool {
    HIDING.contains(&sense)
}

/// The first exposing place that the pattern reaches.
pub(super) fn reached(pattern: &PathPattern) -> Option<PathPattern> {
    places().find(|place| place.intersects(pattern))
}

/// The first exposing place that the pattern takes whole: every container's image, not that of one sidecar.
pub(super) fn taken(pattern: &PathPattern) -> Option<PathPattern> {
    places().find(|place| pattern.contains(place))
}

fn places() -> impl Iterator<Item = PathPattern> {
    let pods = PODS.iter().flat_map(|pod| IN_A_POD.iter().map(move |place| format!("{pod}{place}")));
    pods.chain(ELSEWHERE.iter().map(|place| (*place).to_owned())).filter_map(|place| place.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_a_path() {
        assert_eq!(places().count(), PODS.len() * IN_A_POD.len() + ELSEWHERE.len());
    }

    #[test]
    fn broad_patterns_take_places_whole_and_narrow_ones_do_not() {
        for (pattern, reaches, takes) in [
            ("", true, true),
            ("/**", true, true),
            ("/spec", true, true),
            ("/spec/*", true, true),
            ("/rules", true, true),
            ("/rules/**", true, false),
            ("/spec/template/spec/containers", true, true),
            ("/spec/template/spec/containers/*", true, true),
            ("/spec/template/spec/containers/[name=istio-proxy]", true, false),
            ("/spec/template/spec/containers/*/image", true, true),
            ("/spec/template/spec/containers/*/resources", false, false),
            ("/metadata/annotations", false, false),
            ("/metadata/labels", true, true),
            ("/metadata/labels/team", false, false),
            ("/spec/template/spec/containers/*/volumeMounts/[mountPath=\"~1etc~1istio\"]", true, false),
            ("/spec/replicas", false, false),
        ] {
            let pattern: PathPattern = pattern.parse().unwrap();
            assert_eq!((reached(&pattern).is_some(), taken(&pattern).is_some()), (reaches, takes), "{pattern}");
        }
    }
}
