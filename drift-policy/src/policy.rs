//! `Policy`: everything that documents say, read, checked and in force.

use std::collections::BTreeMap;

use drift_diff::{Named, Rules};
use drift_model::{Digest, DocumentKind, Domain, DriftManagedUnit, Timestamp, UnitProblem, canonical_text};
use serde_json::Value;

use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::documents::{
    self, AutoHealPolicy, Checked, Classified, Content, Domained, DriftBudget, DriftException, Findings, Labels, Route,
    Ruling, quote,
};
use crate::table::Table;
use crate::testing::Scenario;
use crate::tree::{Authored, Tree};

/// The tables that hold where no document replaces them.
const SHIPPED: [(DocumentKind, &str, &str); 4] = [
    (DocumentKind::DriftTaxonomy, "shipped/taxonomy.json", include_str!("defaults/taxonomy.json")),
    (DocumentKind::DriftClassification, "shipped/classification.json", include_str!("defaults/classification.json")),
    (DocumentKind::ReconciliationPolicy, "shipped/decision.json", include_str!("defaults/decision.json")),
    (DocumentKind::AlertRouting, "shipped/routes.json", include_str!("defaults/routes.json")),
];

/// Everything that documents say, read, checked and in force.
///
/// ```
/// use drift_policy::{Authored, Policy, Tree};
///
/// let text = r#"{"apiVersion": "drift.example/v1", "kind": "IgnoreRule", "metadata": {"name": "mesh-sidecar"},
///     "spec": {"resource": {"kind": "Deployment"}, "paths": ["/metadata/annotations/mesh"], "owner": "platform-mesh",
///              "reason": "written by the mesh", "expires": "2027-03-01"}}"#;
/// let document = Authored::new("mesh.json", serde_json::from_str::<Tree>(text)?);
/// let (policy, warnings) = Policy::read(vec![document])?;
/// assert!(warnings.is_empty());
/// assert_eq!(policy.rules().ignores.len(), 1);
/// assert_ne!(policy.digest(), Policy::shipped().digest());
///
/// let broken = Authored::new("mesh.json", serde_json::from_str::<Tree>(&text.replace("owner", "owned"))?);
/// let problems = Policy::read(vec![broken]).unwrap_err();
/// assert!(problems.to_string().starts_with("error[unknown-field] mesh-sidecar /spec/owned: unknown field `owned`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    taxonomy: Table<Domained>,
    /// The shipped taxonomy, where a document replaces it or goes before it.
    guard: Option<Table<Domained>>,
    classification: Table<Classified>,
    decision: Table<Ruling>,
    heal_policies: Vec<Named<AutoHealPolicy>>,
    exceptions: Vec<Named<DriftException>>,
    routes: Table<Route>,
    budgets: Vec<Named<DriftBudget>>,
    rules: Rules,
    units: Vec<Named<DriftManagedUnit>>,
    tests: Vec<Named<Vec<Scenario>>>,
    labels: Labels,
    documents: Vec<String>,
    /// The canonical text of the shipped taxonomy, where another extends it.
    extended: Option<String>,
    /// How many rules of each table somebody wrote; none of those that ship.
    own: BTreeMap<DocumentKind, usize>,
    digest: Digest,
}

impl Policy {
    /// What holds where nobody has written anything: the shipped tables, no rules, and nothing that heals alone.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "the shipped documents are part of the library, and its tests read them"
    )]
    pub fn shipped() -> Self {
        let (policy, _) = Self::read(Vec::new()).expect("the shipped documents can be read");
        policy
    }

    /// Reads documents. A table among them replaces the shipped one of its kind; the answer's second part is warnings.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with any of them, warnings too, in document order.
    pub fn read(documents: Vec<Authored>) -> Result<(Self, Diagnostics), Diagnostics> {
        Self::read_at(documents, None)
    }

    /// The same, looked at for a moment: exceptions, ignore rules and acknowledgements that have ended by then are noticed.
    /// It changes no decision: what has ended accepts nothing, whenever it was read.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_at(documents: Vec<Authored>, now: Option<Timestamp>) -> Result<(Self, Diagnostics), Diagnostics> {
        let mut shipped = BTreeMap::new();
        let mut problems = Diagnostics::default();
        for (kind, place, text) in SHIPPED {
            match serde_json::from_str::<Tree>(text) {
                Ok(tree) => drop(shipped.insert(kind, Authored::new(place, tree))),
                Err(_) => problems.extend([Diagnostic::new(Severity::Error, "syntax", place, "", "it is not JSON")]),
            }
        }
        let labels = Labels::of(documents.iter().map(|authored| &authored.content));
        let mut draft = Draft { now, labels, ..Draft::default() };
        let nothing = Tree::Null;
        let extended = shipped.get(&DocumentKind::DriftTaxonomy).map_or(&nothing, |authored| &authored.content);
        for authored in documents {
            problems.extend(draft.add(&authored, extended));
        }
        problems.extend(draft.beside_each_other());
        if problems.has_errors() {
            return Err(problems);
        }
        draft.own = draft.lengths();
        for (kind, authored) in &shipped {
            if !draft.names.contains_key(kind) {
                problems.extend(draft.add(authored, extended));
                continue;
            }
            if *kind != DocumentKind::DriftTaxonomy {
                continue;
            }
            draft.guard = guard(authored);
            if draft.extends {
                draft.extended = Some(canonical_text(&authored.content.to_value()));
                let inherited = rules_of(&authored.content.to_value()).len();
                draft.own.entry(*kind).and_modify(|own| *own = own.saturating_sub(inherited));
            }
        }
        if problems.has_errors() {
            return Err(problems);
        }
        match draft.finish() {
            Some(policy) => {
                problems.extend(documents::protected_kinds(&policy));
                Ok((policy, problems))
            }
            None => Err(problems),
        }
    }

    /// Which domain a change belongs to.
    #[must_use]
    pub const fn taxonomy(&self) -> &Table<Domained> {
        &self.taxonomy
    }

    /// Which class a change is of.
    #[must_use]
    pub const fn classification(&self) -> &Table<Classified> {
        &self.classification
    }

    /// What to do.
    #[must_use]
    pub const fn decision(&self) -> &Table<Ruling> {
        &self.decision
    }

    /// What a machine may do alone, by name.
    #[must_use]
    pub fn heal_policies(&self) -> &[Named<AutoHealPolicy>] {
        &self.heal_policies
    }

    /// What is accepted, by name.
    #[must_use]
    pub fn exceptions(&self) -> &[Named<DriftException>] {
        &self.exceptions
    }

    /// The rules about paths, each kind by name.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The registry: what is watched, by name. An assessment does not use it.
    #[must_use]
    pub fn units(&self) -> &[Named<DriftManagedUnit>] {
        &self.units
    }

    /// Who hears of a finding: [`Policy::route`] asks it.
    #[must_use]
    pub const fn routes(&self) -> &Table<Route> {
        &self.routes
    }

    /// How much drift is tolerated, by name: [`Policy::measure`] holds them against a history.
    #[must_use]
    pub fn budgets(&self) -> &[Named<DriftBudget>] {
        &self.budgets
    }

    /// What the policy is expected to say, by name of the document: [`testing`](crate::testing) runs it. It decides nothing.
    #[must_use]
    pub fn tests(&self) -> &[Named<Vec<Scenario>>] {
        &self.tests
    }

    /// The taxonomies by which a change is protected: the one in force, and the shipped one where another is in force. What
    /// ships as protected stays so, whatever a document calls it (law 6).
    pub(crate) fn taxonomies(&self) -> impl Iterator<Item = &Table<Domained>> {
        std::iter::once(&self.taxonomy).chain(&self.guard)
    }

    /// The domain that a label of the taxonomy stands for.
    #[must_use]
    pub fn domain_of(&self, label: &str) -> Option<Domain> {
        self.labels.domain_of(label)
    }

    /// Every document in force that somebody wrote, or that ships and is not replaced, in canonical form: one a line, each
    /// with sorted keys. To read these again is to have the same policy.
    ///
    /// ```
    /// use drift_policy::{Authored, Policy};
    ///
    /// let policy = Policy::shipped();
    /// let lines = policy.documents().iter().map(|line| serde_json::from_str(line).map(|tree| Authored::new("again", tree)));
    /// let (again, _) = Policy::read(lines.collect::<Result<_, _>>()?)?;
    /// assert_eq!(again.documents(), policy.documents());
    /// assert_eq!(again.digest(), policy.digest());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn documents(&self) -> &[String] {
        &self.documents
    }

    /// How many rules of a table somebody wrote; `None` where the shipped table is in force.
    pub(crate) fn own_rules(&self, kind: DocumentKind) -> Option<usize> {
        self.own.get(&kind).copied()
    }

    /// The rules of a table as they are written, in the table's order.
    pub(crate) fn written_rules(&self, kind: DocumentKind) -> Vec<Value> {
        let texts = self.documents.iter().chain(&self.extended);
        let mut documents: Vec<Value> = texts.filter_map(|text| serde_json::from_str(text).ok()).collect();
        documents.retain(|document| document.get("kind").and_then(Value::as_str) == Some(kind.word()));
        documents.iter().flat_map(rules_of).collect()
    }

    /// The digest of all documents in force, those that are shipped included. It depends neither on the order of the
    /// documents nor on the order of keys.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// A policy while its documents are read.
#[derive(Default)]
struct Draft {
    taxonomy: Option<Table<Domained>>,
    /// The shipped taxonomy, where another is in force.
    guard: Option<Table<Domained>>,
    classification: Option<Table<Classified>>,
    decision: Option<Table<Ruling>>,
    heal_policies: Vec<Named<AutoHealPolicy>>,
    exceptions: Vec<Named<DriftException>>,
    routes: Option<Table<Route>>,
    budgets: Vec<Named<DriftBudget>>,
    rules: Rules,
    units: Vec<Named<DriftManagedUnit>>,
    tests: Vec<Named<Vec<Scenario>>>,
    /// The moment for which the documents are looked at.
    now: Option<Timestamp>,
    /// The labels of the taxonomy.
    labels: Labels,
    /// Does the taxonomy extend the shipped one?
    extends: bool,
    /// The kinds that have been met, also in documents that cannot be used, with their names.
    names: BTreeMap<DocumentKind, Vec<String>>,
    /// The canonical texts of what is in force.
    texts: Vec<String>,
    /// The canonical text of the shipped taxonomy, where another extends it.
    extended: Option<String>,
    /// How many rules of each table somebody wrote.
    own: BTreeMap<DocumentKind, usize>,
}

impl Draft {
    /// Takes a document in, and says what is wrong with it.
    fn add(&mut self, authored: &Authored, shipped: &Tree) -> Vec<Diagnostic> {
        let findings = documents::findings(authored, self.now);
        let Checked { kind, name, content } = documents::check(authored, &self.labels, shipped, &findings);
        if let Some(kind) = kind {
            self.meet(kind, name.as_deref(), &findings);
        }
        if let (Some(name), Some(content)) = (name, content)
            && self.keep(name, content)
        {
            self.texts.push(canonical_text(&authored.content.to_value()));
        }
        findings.into_inner()
    }

    /// How many rules the tables have that are read so far.
    fn lengths(&self) -> BTreeMap<DocumentKind, usize> {
        let lengths = [
            (DocumentKind::DriftTaxonomy, self.taxonomy.as_ref().map(|table| table.rules().len())),
            (DocumentKind::DriftClassification, self.classification.as_ref().map(|table| table.rules().len())),
            (DocumentKind::ReconciliationPolicy, self.decision.as_ref().map(|table| table.rules().len())),
            (DocumentKind::AlertRouting, self.routes.as_ref().map(|table| table.rules().len())),
        ];
        lengths.into_iter().filter_map(|(kind, length)| Some((kind, length?))).collect()
    }

    /// Notes that there is a document of this kind, of which there may be one, or one of each name.
    fn meet(&mut self, kind: DocumentKind, name: Option<&str>, findings: &Findings) {
        let names = self.names.entry(kind).or_default();
        let problem = |code, pointer: &str, message: String, help: &str| {
            Diagnostic::new(Severity::Error, code, findings.document.as_str(), pointer, message).with_help(help)
        };
        if let Some(first) = names.first().filter(|_| is_table(kind)) {
            let message = format!("a second `{kind}`, besides {}", quote(first));
            findings.push(problem(
                "second-table",
                "/kind",
                message,
                "a table is whole: put its rules into one document",
            ));
        } else if let Some(name) = name.filter(|name| names.iter().any(|other| other == name)) {
            let message = format!("another `{kind}` has the name {}", quote(name));
            findings.push(problem("duplicate-name", "/metadata/name", message, "give each a name of its own"));
        }
        names.push(name.unwrap_or(&findings.document).to_owned());
    }

    /// Keeps what a document says; answers whether it is in force.
    fn keep(&mut self, name: String, content: Content) -> bool {
        match content {
            Content::Ownership(spec) => self.rules.ownership.push(Named::new(name, spec)),
            Content::Equivalence(spec) => self.rules.equivalences.push(Named::new(name, spec)),
            Content::Ignore(spec) => self.rules.ignores.push(Named::new(name, spec)),
            Content::Taxonomy { table, extends } => {
                self.taxonomy = Some(table);
                self.extends = extends;
            }
            Content::Classification(table) => self.classification = Some(table),
            Content::Decision(table) => self.decision = Some(table),
            Content::AutoHeal(spec) => self.heal_policies.push(Named::new(name, spec)),
            Content::Exception(spec) => self.exceptions.push(Named::new(name, spec)),
            Content::Routing(table) => self.routes = Some(table),
            Content::Budget(spec) => self.budgets.push(Named::new(name, spec)),
            Content::Unit(unit) => {
                self.units.push(Named::new(name, unit));
                return false;
            }
            Content::Tests(scenarios) => {
                self.tests.push(Named::new(name, scenarios));
                return false;
            }
        }
        true
    }

    /// What is wrong with documents beside each other: units in their order, which alone are looked at before, and owners
    /// that contradict each other.
    fn beside_each_other(&self) -> Vec<Diagnostic> {
        let units: Vec<&DriftManagedUnit> = self.units.iter().map(|unit| &unit.spec).collect();
        let alone: Vec<Vec<UnitProblem>> = units.iter().map(|unit| unit.validate()).collect();
        let beside = DriftManagedUnit::validate_all(&units).into_iter().filter_map(|(index, problem)| {
            let unit = self.units.get(index)?;
            if alone.get(index)?.contains(&problem) {
                return None;
            }
            let severity = if problem.warning { Severity::Warning } else { Severity::Error };
            let pointer = format!("/spec{}", problem.pointer);
            Some(Diagnostic::new(severity, problem.code, &unit.name, pointer, problem.message).with_help(problem.help))
        });
        beside.chain(documents::contradictions(&self.rules.ownership)).collect()
    }

    /// The policy, if every table is there.
    fn finish(mut self) -> Option<Policy> {
        by_name(&mut self.heal_policies);
        by_name(&mut self.exceptions);
        by_name(&mut self.rules.ownership);
        by_name(&mut self.rules.equivalences);
        by_name(&mut self.rules.ignores);
        by_name(&mut self.units);
        by_name(&mut self.budgets);
        by_name(&mut self.tests);
        self.texts.sort();
        let extended = self.extended.iter().map(String::as_str);
        let mut digested: Vec<&str> = self.texts.iter().map(String::as_str).chain(extended).collect();
        digested.sort_unstable();
        let digest = Digest::of_parts(digested);
        Some(Policy {
            taxonomy: self.taxonomy?,
            guard: self.guard,
            classification: self.classification?,
            decision: self.decision?,
            heal_policies: self.heal_policies,
            exceptions: self.exceptions,
            rules: self.rules,
            routes: self.routes?,
            budgets: self.budgets,
            units: self.units,
            tests: self.tests,
            labels: self.labels,
            documents: self.texts,
            extended: self.extended,
            own: self.own,
            digest,
        })
    }
}

/// The table of the shipped taxonomy.
fn guard(authored: &Authored) -> Option<Table<Domained>> {
    let findings = documents::findings(authored, None);
    let checked = documents::check(authored, &Labels::default(), &authored.content, &findings);
    let Content::Taxonomy { table, .. } = checked.content? else { return None };
    Some(table)
}

/// The rules or routes of a document.
fn rules_of(document: &Value) -> Vec<Value> {
    let spec = document.get("spec");
    let rules = spec.and_then(|spec| spec.get("rules").or_else(|| spec.get("routes")));
    rules.and_then(Value::as_array).cloned().unwrap_or_default()
}

fn by_name<T>(named: &mut [Named<T>]) {
    named.sort_by(|a, b| a.name.cmp(&b.name));
}

/// Is a document of this kind a whole table, of which there can be only one?
const fn is_table(kind: DocumentKind) -> bool {
    match kind {
        DocumentKind::DriftTaxonomy
        | DocumentKind::DriftClassification
        | DocumentKind::ReconciliationPolicy
        | DocumentKind::AlertRouting => true,
        DocumentKind::DriftOwnershipRule
        | DocumentKind::EquivalenceRule
        | DocumentKind::IgnoreRule
        | DocumentKind::AutoHealPolicy
        | DocumentKind::DriftBudget
        | DocumentKind::DriftException
        | DocumentKind::DriftManagedUnit
        | DocumentKind::DriftPolicyTest => false,
    }
}
