//! `Mask`: who owns a path, and which rules speak about it. Asked only where values differ.

use std::cell::OnceCell;
use std::cmp::Ordering;

use drift_model::{
    Claim, Facts, Observation, OwnerKind, PathPattern, PatternTrie, ResourceRef, StepView, System, Timestamp,
};

use crate::rules::Selector;

/// A rule about paths of some resources, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Scoped<T> {
    /// Which resources, by selector; `None` where the systems alone decide.
    pub(crate) selector: Option<Selector>,
    /// Which systems; empty for all.
    pub(crate) systems: Vec<System>,
    pub(crate) rule: T,
}

impl<T> Scoped<T> {
    pub(crate) fn holds_for(&self, resource: &ResourceRef) -> bool {
        (self.systems.is_empty() || self.systems.contains(&resource.system))
            && self.selector.as_ref().is_none_or(|selector| selector.matches(resource))
    }
}

/// Rules by path. A rule that several patterns belong to is held once for each.
#[derive(Clone, Debug)]
pub(crate) struct Ruleset<T> {
    rules: Vec<Scoped<T>>,
    by_path: PatternTrie<usize>,
}

impl<T> Default for Ruleset<T> {
    fn default() -> Self {
        Self { rules: Vec::new(), by_path: PatternTrie::default() }
    }
}

impl<T> Ruleset<T> {
    pub(crate) fn add(&mut self, pattern: &PathPattern, rule: Scoped<T>) {
        self.by_path.insert(pattern, self.rules.len());
        self.rules.push(rule);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules that cover the place and hold for the resource, in the order in which they were added: what is built in
    /// first, then the rules of people, the most particular last.
    pub(crate) fn covering<'r>(&'r self, resource: &ResourceRef, place: &[StepView<'_>]) -> Vec<&'r T> {
        let mut found = Vec::new();
        self.by_path.covering(place, &mut |index| found.push(*index));
        found.sort_unstable();
        found
            .into_iter()
            .filter_map(|index| self.rules.get(index))
            .filter(|scoped| scoped.holds_for(resource))
            .map(|scoped| &scoped.rule)
            .collect()
    }

    /// Does a rule that holds for the resource speak of something below the place?
    pub(crate) fn reaches_beneath(&self, resource: &ResourceRef, place: &[StepView<'_>]) -> bool {
        let mut reaches = false;
        self.by_path.beneath(place, &mut |index| {
            reaches |= self.rules.get(*index).is_some_and(|scoped| scoped.holds_for(resource));
        });
        reaches
    }
}

/// An ignore rule, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Ignore {
    pub(crate) name: String,
    pub(crate) expires: Option<Timestamp>,
}

/// Who owns a path, for one observation.
pub(crate) struct Mask<'a, 'f> {
    rules: &'a Ruleset<Claim>,
    observation: &'a Observation,
    pub(crate) facts: &'f Facts,
    /// The claims of the observation by path, made when they are first asked for.
    claims: OnceCell<PatternTrie<&'a Claim>>,
}

/// The owner of a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Owned<'a> {
    pub(crate) kind: OwnerKind,
    pub(crate) name: Option<&'a str>,
}

impl<'a, 'f> Mask<'a, 'f> {
    pub(crate) const fn new(rules: &'a Ruleset<Claim>, observation: &'a Observation, facts: &'f Facts) -> Self {
        Self { rules, observation, facts, claims: OnceCell::new() }
    }

    fn claims(&self) -> &PatternTrie<&'a Claim> {
        self.claims.get_or_init(|| {
            let mut claims = PatternTrie::default();
            self.observation.claims.iter().for_each(|claim| claims.insert(&claim.path, claim));
            claims
        })
    }

    /// The owner by claims; `None` where nobody claims the path.
    ///
    /// The highest rank decides, within it the most specific pattern. A tie between different owners, or a claim whose
    /// condition nobody has decided, is AMBIGUOUS.
    pub(crate) fn owner(&self, place: &[StepView<'_>]) -> Option<Owned<'a>> {
        let contenders = self.contenders(place);
        let first = contenders.first()?;
        let owner = |claim: &'a Claim| Owned { kind: claim.owner, name: claim.name.as_deref() };
        // Where nothing certain stands behind a claim, the path would have another owner without it.
        let certain = contenders.iter().any(|claim| self.holds(claim) == Some(true));
        let agreed = contenders.iter().all(|claim| owner(claim) == owner(first));
        Some(if certain && agreed { owner(first) } else { Owned { kind: OwnerKind::Ambiguous, name: None } })
    }

    /// The claims that have a say, highest first: down to the first one that holds for certain, and what ranks with it.
    pub(crate) fn contenders(&self, place: &[StepView<'_>]) -> Vec<&'a Claim> {
        let mut claims: Vec<&'a Claim> = self.rules.covering(&self.observation.resource, place);
        self.claims().covering(place, &mut |claim| claims.push(claim));
        claims.retain(|claim| self.holds(claim) != Some(false));
        let told = |claim: &'a Claim| (&claim.path, claim.owner, &claim.name, &claim.condition);
        claims.sort_by(|a, b| precedence(b, a).then_with(|| told(a).cmp(&told(b))));
        let certain = claims.iter().copied().find(|claim| self.holds(claim) == Some(true));
        claims.retain(|claim| certain.is_none_or(|certain| precedence(certain, claim) != Ordering::Greater));
        claims
    }

    /// Does a claim end below the place, so that what is under it has owners of its own?
    pub(crate) fn reaches_beneath(&self, place: &[StepView<'_>]) -> bool {
        let mut reaches = self.rules.reaches_beneath(&self.observation.resource, place);
        self.claims().beneath(place, &mut |_| reaches = true);
        reaches
    }

    fn holds(&self, claim: &Claim) -> Option<bool> {
        claim.condition.as_ref().map_or(Some(true), |condition| self.facts.condition(condition))
    }
}

/// Which claim goes before which: by rank of its origin, then by how specific its pattern is.
fn precedence(a: &Claim, b: &Claim) -> Ordering {
    a.origin.rank().cmp(&b.origin.rank()).then_with(|| a.path.specificity(&b.path))
}

#[cfg(test)]
mod tests {
    use drift_model::{ClaimOrigin, FieldPath, PlaneState, Planes};
    use serde_json::json;

    use super::*;

    fn owner(claims: &[(&str, OwnerKind, ClaimOrigin, Option<&str>)], facts: &Facts) -> Option<OwnerKind> {
        let planes = Planes::new(PlaneState::present(json!({})), PlaneState::present(json!({})));
        let mut observation =
            Observation::new("o", ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "web"), planes);
        observation.claims = claims
            .iter()
            .map(|(path, owner, origin, condition)| {
                let claim = Claim::new(path.parse().unwrap(), *owner, *origin);
                match condition {
                    Some(condition) => claim.when(*condition),
                    None => claim,
                }
            })
            .collect();
        let path: FieldPath = "/spec/replicas".parse().unwrap();
        let rules = Ruleset::default();
        let mask = Mask::new(&rules, &observation, facts);
        let place: Vec<StepView<'_>> = path.steps().iter().map(StepView::from).collect();
        mask.owner(&place).map(|owned| owned.kind)
    }

    const RULE: ClaimOrigin = ClaimOrigin::Rule;
    const FIELDS: ClaimOrigin = ClaimOrigin::ManagedFields;

    #[test]
    fn a_users_rule_outranks_managed_fields_however_specific() {
        let claims = [("/spec", OwnerKind::Git, RULE, None), ("/spec/replicas", OwnerKind::Controller, FIELDS, None)];
        assert_eq!(owner(&claims, &Facts::default()), Some(OwnerKind::Git));
    }

    #[test]
    fn within_a_rank_the_most_specific_pattern_wins_and_a_tie_is_ambiguous() {
        let claims = [("/spec", OwnerKind::Git, RULE, None), ("/spec/replicas", OwnerKind::Controller, RULE, None)];
        assert_eq!(owner(&claims, &Facts::default()), Some(OwnerKind::Controller));
        let claims = [("/spec/*", OwnerKind::Git, RULE, None), ("/*/replicas", OwnerKind::Controller, RULE, None)];
        assert_eq!(owner(&claims, &Facts::default()), Some(OwnerKind::Ambiguous));
        let claims = [("/spec/*", OwnerKind::Git, RULE, None), ("/*/replicas", OwnerKind::Git, RULE, None)];
        assert_eq!(owner(&claims, &Facts::default()), Some(OwnerKind::Git));
    }

    #[test]
    fn a_condition_is_decided_by_the_facts_and_unknown_is_ambiguous() {
        let claims = [
            ("/spec", OwnerKind::Git, RULE, None),
            ("/spec/replicas", OwnerKind::Controller, RULE, Some("hpa-enabled")),
        ];
        let facts = |value: bool| serde_json::from_value(json!({"conditions": {"hpa-enabled": value}})).unwrap();
        assert_eq!(owner(&claims, &facts(true)), Some(OwnerKind::Controller));
        assert_eq!(owner(&claims, &facts(false)), Some(OwnerKind::Git));
        assert_eq!(owner(&claims, &Facts::default()), Some(OwnerKind::Ambiguous));
        assert_eq!(owner(&claims[1..], &Facts::default()), Some(OwnerKind::Ambiguous));
        assert_eq!(owner(&claims[1..], &facts(false)), None);
        // Another claim of the same rank is certain, wherever it stands.
        let certain = ("/spec/replicas", OwnerKind::Controller, RULE, None);
        for claims in [[claims[1], certain], [certain, claims[1]]] {
            assert_eq!(owner(&claims, &Facts::default()), Some(OwnerKind::Controller));
        }
    }

    #[test]
    fn nobody_claims_what_no_pattern_covers() {
        assert_eq!(owner(&[("/status", OwnerKind::Runtime, RULE, None)], &Facts::default()), None);
    }
}
