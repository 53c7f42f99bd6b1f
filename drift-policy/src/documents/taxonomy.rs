//! `DriftTaxonomy`: which domain a resource and a path belong to, and how much is at stake there.

use std::collections::BTreeMap;

use drift_model::{Domain, Risk};
use serde::Serialize;

use super::reader::{Fields, Findings, Reader, all, quote};
use crate::table::{LABELS, Rule, Table, domain_of};
use crate::tree::Tree;

/// What a taxonomy says of a change.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Domained {
    /// The label: `iam`, `cluster-network`, or one that the taxonomy adds.
    pub label: String,
    /// The domain that the label stands for.
    pub domain: Domain,
    /// How much is at stake, before anything else is known.
    pub risk: Risk,
}

impl Domained {
    /// A label, its domain, and what is at stake.
    #[must_use]
    pub fn new(label: impl Into<String>, domain: Domain, risk: Risk) -> Self {
        Self { label: label.into(), domain, risk }
    }
}

/// The labels of a taxonomy: those that need no declaration, and those that it declares.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    declared: BTreeMap<String, Domain>,
}

impl Labels {
    /// The labels that these documents declare, as far as they can be read.
    pub(crate) fn of<'t>(documents: impl IntoIterator<Item = &'t Tree>) -> Self {
        let taxonomy = |tree: &&Tree| tree.get("kind") == Some(&Tree::Text("DriftTaxonomy".to_owned()));
        let labels = documents.into_iter().filter(taxonomy).filter_map(|tree| tree.get("spec")?.get("labels"));
        let findings = Findings::new("labels");
        let read = labels.filter_map(|tree| Reader::root(tree, &findings).members());
        let declared = read.flat_map(|fields| {
            fields.each().into_iter().filter_map(|(name, place)| declared(name, &place)).collect::<Vec<_>>()
        });
        Self { declared: declared.collect() }
    }

    /// The domain of a label that is shipped or declared, or of the name of a domain.
    pub(crate) fn domain_of(&self, label: &str) -> Option<Domain> {
        domain_of(label).or_else(|| self.declared.get(label).copied()).or_else(|| domain(label))
    }

    /// Every label, with its domain.
    pub(super) fn all(&self) -> BTreeMap<String, Domain> {
        let shipped = LABELS.iter().map(|(label, domain)| ((*label).to_owned(), *domain));
        shipped.chain(self.declared.iter().map(|(label, domain)| (label.clone(), *domain))).collect()
    }

    /// Reads a label, or the name of a domain in any case.
    pub(super) fn read(&self, place: &Reader<'_>) -> Option<(String, Domain)> {
        let text = place.text()?;
        let shipped = domain_of(text);
        if let Some(domain) = shipped.or_else(|| self.declared.get(text).copied()) {
            return Some((text.to_owned(), domain));
        }
        if let Some(domain) = domain(text) {
            return Some((domain.word().to_lowercase().replace('_', "-"), domain));
        }
        let declared = self.declared.keys().map(String::as_str);
        let known: Vec<&str> = LABELS.iter().map(|(label, _)| *label).chain(declared).collect();
        place.unknown_word("label", text, &known);
        None
    }
}

/// `spec` of a `DriftTaxonomy`; says also whether it extends the shipped one.
pub(super) fn read<'t>(spec: &Reader<'t>, labels: &Labels, shipped: &'t Tree) -> Option<(Table<Domained>, bool)> {
    let fields = spec.object(&["rules", "labels", "extends", "onUnknown"])?;
    let extends = fields.maybe("extends", |place| {
        let text = place.text()?;
        if text != "shipped" {
            place.unknown_word("taxonomy", text, &["shipped"]);
            return None;
        }
        Some(())
    });
    let declared =
        fields.maybe("labels", |place| all(place.members()?.each().iter().map(|(name, place)| declared(name, place))));
    let own = rules(&fields, labels);
    let on_unknown = fields.maybe("onUnknown", |place| outcome(&place.object(&["domain", "risk"])?, labels));
    let (own, on_unknown, extends) = (own?, on_unknown?, extends?.is_some());
    declared?;
    let length = own.len();
    let rules = if extends { own.into_iter().chain(shipped_rules(spec, shipped)?).collect() } else { own };
    let on_unknown = on_unknown.or_else(|| most_careful(&rules))?;
    Some((super::rules::table(spec, "rules", length, rules, on_unknown)?, extends))
}

fn rules(fields: &Fields<'_>, labels: &Labels) -> Option<Vec<Rule<Domained>>> {
    super::rules::read(fields, labels, &["id", "when", "domain", "risk", "because"], |fields, _| {
        outcome(fields, labels)
    })
}

fn outcome(fields: &Fields<'_>, labels: &Labels) -> Option<Domained> {
    let label = fields.required("domain").and_then(|place| labels.read(&place));
    let risk = fields.required("risk").and_then(|place| place.word());
    let (label, domain) = label?;
    Some(Domained::new(label, domain, risk?))
}

/// The rules that a taxonomy extends.
fn shipped_rules(spec: &Reader<'_>, shipped: &Tree) -> Option<Vec<Rule<Domained>>> {
    let findings = Findings::new("shipped");
    let root = Reader::root(shipped.get("spec").unwrap_or(&Tree::Null), &findings);
    let rules = root.members().and_then(|fields| rules(&fields, &Labels::default()));
    if rules.is_none() {
        spec.error("bad-shipped", "the shipped taxonomy cannot be read", "leave out `extends`, and report it");
    }
    rules
}

/// What holds where facts are missing and the table says nothing about it: the outcome that is protected, then the one
/// with most at stake, so that what is not known never makes a decision bolder.
fn most_careful(rules: &[Rule<Domained>]) -> Option<Domained> {
    let outcomes = rules.iter().map(|rule| &rule.outcome);
    outcomes.max_by_key(|outcome| (outcome.domain.is_protected(), outcome.risk)).cloned()
}

/// A label of the user's own. One that has a meaning already cannot be given another: no document makes `iam` harmless.
fn declared(name: &str, place: &Reader<'_>) -> Option<(String, Domain)> {
    let taken = domain_of(name).is_some();
    if taken || name.trim().is_empty() || domain(name).is_some() {
        place.error("reserved-label", format!("the label {} has a meaning already", quote(name)), "choose another");
        return None;
    }
    let text = place.text()?;
    let Some(domain) = domain(text) else {
        place.unknown_word("domain", text, Domain::WORDS);
        return None;
    };
    Some((name.to_owned(), domain))
}

/// A domain by its name in any case: `RUNTIME_CONTROLLER`, `runtime-controller`.
fn domain(text: &str) -> Option<Domain> {
    text.to_ascii_uppercase().replace('-', "_").parse().ok()
}
