//! What only documents beside each other show: owners that contradict each other, and healing where nothing heals.

use std::cmp::Ordering;

use drift_diff::{Named, OwnershipRule, ResourceSelector};
use drift_model::{Change, ChangeKind, Disposition, Facts, OwnerKind, PathPattern, Relation, ResourceRef};

use super::reader::quote;
use super::taxonomy::Domained;
use crate::diagnostics::{Diagnostic, Severity};
use crate::policy::Policy;
use crate::table::{Answer, Case, Table};

/// A claim of an ownership rule, with its place.
struct Claimed<'a> {
    rule: &'a Named<OwnershipRule>,
    pointer: String,
    path: &'a PathPattern,
    owner: OwnerKind,
    name: Option<&'a str>,
}

impl Claimed<'_> {
    fn owner(&self) -> String {
        match self.name {
            Some(name) => format!("{} {}", self.owner, quote(name)),
            None => self.owner.to_string(),
        }
    }
}

/// Claims of which neither goes before the other, for a path that both cover, by different owners: whoever asks there is
/// answered AMBIGUOUS. Each is reported once, where the later one stands.
pub(crate) fn contradictions(rules: &[Named<OwnershipRule>]) -> Vec<Diagnostic> {
    let claims: Vec<Claimed<'_>> = rules.iter().flat_map(claims).collect();
    let mut found = Vec::new();
    for (index, later) in claims.iter().enumerate() {
        let contradicts = |earlier: &&Claimed<'_>| {
            (earlier.owner, earlier.name) != (later.owner, later.name)
                && earlier.path.intersects(later.path)
                && earlier.path.specificity(later.path) == Ordering::Equal
                && overlap(&earlier.rule.spec.resource, &later.rule.spec.resource)
        };
        let Some(earlier) = claims.iter().take(index).find(contradicts) else { continue };
        let message = format!(
            "{} belongs to {} here, and to {} by `{}` {}",
            quote(&later.path.to_string()),
            later.owner(),
            earlier.owner(),
            earlier.rule.name,
            earlier.pointer
        );
        let help = "give it one owner, or make one of the two patterns more specific";
        let problem =
            Diagnostic::new(Severity::Error, "contradictory-owners", &later.rule.name, &later.pointer, message);
        found.push(problem.with_help(help));
    }
    found
}

fn claims(rule: &Named<OwnershipRule>) -> Vec<Claimed<'_>> {
    let spec = &rule.spec;
    let plain = |list: &'static str, owner| {
        move |(index, path)| Claimed { rule, pointer: format!("/spec/{list}/{index}"), path, owner, name: None }
    };
    let git = spec.git_owned.iter().enumerate().map(plain("gitOwned", OwnerKind::Git));
    let runtime = spec.runtime_owned.iter().enumerate().map(plain("runtimeOwned", OwnerKind::Runtime));
    let controllers = spec.controller_owned.iter().enumerate().map(|(index, claim)| Claimed {
        rule,
        pointer: format!("/spec/controllerOwned/{index}"),
        path: &claim.path,
        owner: OwnerKind::Controller,
        name: Some(&claim.owner),
    });
    git.chain(runtime).chain(controllers).collect()
}

/// Is there a resource that both select, as far as their texts tell? Two patterns of which neither takes the other's text
/// are taken for apart.
fn overlap(a: &ResourceSelector, b: &ResourceSelector) -> bool {
    let one = |a: &Option<String>, b: &Option<String>| a.as_ref().zip(b.as_ref()).is_none_or(|(a, b)| meet(a, b));
    let any = |a: &[String], b: &[String]| {
        a.is_empty() || b.is_empty() || a.iter().any(|mine| b.iter().any(|theirs| meet(mine, theirs)))
    };
    // What has a kind has no type, and stands in no cloud.
    let apart = |a: &ResourceSelector, b: &ResourceSelector| {
        let of_kubernetes = a.kind.is_some() || a.group.is_some() || a.version.is_some() || !a.namespaces.is_empty();
        of_kubernetes && (b.resource_type.is_some() || b.system.as_ref().is_some_and(|system| !system.is_kubernetes()))
    };
    a.system.as_ref().zip(b.system.as_ref()).is_none_or(|(a, b)| a == b)
        && !apart(a, b)
        && !apart(b, a)
        && one(&a.group, &b.group)
        && one(&a.version, &b.version)
        && one(&a.kind, &b.kind)
        && one(&a.resource_type, &b.resource_type)
        && any(&a.namespaces, &b.namespaces)
        && any(&a.names, &b.names)
}

fn meet(a: &str, b: &str) -> bool {
    let takes = |glob: &str, text: &str| {
        globset::GlobBuilder::new(glob).build().is_ok_and(|glob| glob.compile_matcher().is_match(text))
    };
    a == b || takes(a, b) || takes(b, a)
}

/// Kinds that an auto-heal policy names, of which a taxonomy puts every allowed path into a protected domain: no machine
/// heals them, whatever the policy says (law 6), unless a rule of the decision table is acknowledged.
pub(crate) fn protected_kinds(policy: &Policy) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let rulings = || policy.decision().rules().iter().map(|rule| &rule.outcome);
    if rulings().any(|ruling| ruling.acknowledge.is_some() && ruling.auto_heal.allows()) {
        return found;
    }
    for heal in policy.heal_policies() {
        let changes: Vec<Change> = heal.spec.allowed_paths.iter().filter_map(example).collect();
        for (index, kind) in heal.spec.applies_to.resource_kinds.iter().enumerate() {
            let labels: Option<Vec<&str>> = changes.iter().map(|change| protected(policy, kind, change)).collect();
            let Some(label) = labels.as_deref().and_then(<[_]>::first) else { continue };
            let message = format!("{} is never healed by a machine", quote(kind));
            let help = format!("what may be healed of it belongs to `{label}`, which is protected; remove it");
            let pointer = format!("/spec/appliesTo/resourceKinds/{index}");
            let problem = Diagnostic::new(Severity::Warning, "protected-kind", &heal.name, pointer, message);
            found.push(problem.with_help(help));
        }
    }
    found
}

/// A change that a pattern covers.
fn example(pattern: &PathPattern) -> Option<Change> {
    let path = pattern.to_string().replace("/**", "/any").replace("/*", "/any");
    let path = path.parse().ok()?;
    Some(Change::new(path, ChangeKind::Changed, Relation::RuntimeChanged, Disposition::Drift))
}

/// The label of a change of such a kind, if it is protected for certain.
fn protected<'p>(policy: &'p Policy, kind: &str, change: &Change) -> Option<&'p str> {
    let resource = if kind.contains("::") {
        ResourceRef::aws(kind, "any")
    } else if kind.starts_with(|c: char| c.is_ascii_lowercase()) {
        ResourceRef::opentofu(kind, &format!("{kind}.any"))
    } else {
        ResourceRef::kubernetes("", "", kind, "any", "any")
    };
    let facts = Facts::default();
    let case = Case::new(&resource, &facts).of_written_change(change);
    let label = |taxonomy: &'p Table<Domained>| {
        let asked = taxonomy.rules().iter().map(|rule| (rule, rule.when.meets(&case)));
        let (rule, answer) = asked.into_iter().find(|(_, answer)| !matches!(answer, Answer::No(_)))?;
        (answer == Answer::Yes && rule.outcome.domain.is_protected()).then_some(rule.outcome.label.as_str())
    };
    policy.taxonomies().find_map(label)
}
