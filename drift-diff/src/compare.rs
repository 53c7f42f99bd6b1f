//! `Comparer`: the rules of a platform, compiled, asked with one observation at a time.

use std::cmp::Ordering;
use std::sync::Arc;

use drift_model::{
    ChangeKind, Claim, ClaimOrigin, Disposition, DocumentKind, Existence, Facts, FingerprintKey, Observation, Observed,
    OwnerKind, PathPattern, PlaneState, Relation, UnknownReason, Validity, Verdict,
};
use serde::Serialize;
use serde_json::Value;

use crate::builtin::BuiltIn;
use crate::delta::{Compared, Delta, FieldChange};
use crate::equivalence::{Equality, Same, equal};
use crate::exposing::ExposingPlace;
use crate::list::INFERRED_KEYS;
use crate::mask::{Ignore, Mask, Ruleset, Scoped};
use crate::relational::Excuses;
use crate::rules::{EquivalenceRule, IgnoreRule, Named, OwnershipRule, ResourceSelector, Selector};
use crate::schema::{ListKey, Schema};
use crate::walk::{Mode, Said, Walk};

/// What a [`Comparer`] is made of: the rules that a platform writes.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "made with `..Rules::default()`")]
pub struct Rules {
    /// Who owns which paths.
    pub ownership: Vec<Named<OwnershipRule>>,
    /// When two values mean the same.
    pub equivalences: Vec<Named<EquivalenceRule>>,
    /// What is left aside.
    pub ignores: Vec<Named<IgnoreRule>>,
    /// The shapes of documents: the built-in kinds of Kubernetes, unless you add yours.
    pub schema: Schema,
}

/// The rules of a platform, compiled together with what is known of each system. Immutable; asked with one observation
/// at a time.
///
/// ```
/// use drift_diff::{Comparer, Rules};
/// use drift_model::{Disposition, Facts, Observation, PlaneState, Planes, ResourceRef, Verdict};
/// use serde_json::json;
///
/// let comparer = Comparer::compile(&Rules::default()).unwrap();
/// let planes = Planes::new(
///     PlaneState::present(json!({"data": {"mode": "live", "retries": "3"}})),
///     PlaneState::present(json!({"data": {"mode": "debug", "retries": "3"}, "metadata": {"uid": "6f2c"}})),
/// );
/// let observation = Observation::new("obs-1", ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "app"), planes);
///
/// let delta = comparer.compare(&observation, &Facts::default());
/// assert_eq!(delta.verdict, Verdict::Drifted);
/// let found: Vec<_> = delta.changes.iter().map(|change| (change.path.to_string(), change.disposition)).collect();
/// assert_eq!(found, [
///     ("/data/mode".to_owned(), Disposition::Drift),
///     // Nothing vanishes: what belongs to the API server is listed as what it is.
///     ("/metadata/uid".to_owned(), Disposition::OwnedBy),
/// ]);
/// ```
#[derive(Clone, Debug)]
pub struct Comparer {
    pub(crate) schema: Schema,
    pub(crate) builtin: BuiltIn,
    pub(crate) ownership: Ruleset<Claim>,
    pub(crate) equivalences: Ruleset<Sense>,
    pub(crate) ignores: Ruleset<Ignore>,
    pub(crate) exact: Ruleset<()>,
    pub(crate) exposing: Ruleset<ExposingPlace>,
    pub(crate) key: Option<Arc<FingerprintKey>>,
    inferred_keys: Vec<ListKey>,
}

/// An equivalence rule, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Sense {
    /// The name that a change gives as its rule.
    pub(crate) rule: String,
    /// Is it known of the system, and not somebody's word?
    pub(crate) built_in: bool,
    /// Does its document say that it means what exposes something, too?
    pub(crate) covers_security_paths: bool,
    pub(crate) same: Same,
    pub(crate) keys: Vec<ListKey>,
    pub(crate) key_names: Vec<String>,
    pub(crate) value: Option<Value>,
}

impl Sense {
    fn new(rule: &str, same: Same, keys: &[String], value: Option<Value>) -> Self {
        Self {
            rule: rule.to_owned(),
            built_in: false,
            covers_security_paths: false,
            same,
            keys: keys.iter().map(|key| ListKey { name: key.clone().into(), default: None }).collect(),
            key_names: keys.to_vec(),
            value,
        }
    }

    const fn built_in(mut self) -> Self {
        self.built_in = true;
        self
    }

    /// May the sense speak of a part of a policy document? A policy has a sense of its own, which is asked of the whole; of
    /// what is known of a system, only what changes no meaning there holds of the parts.
    pub(crate) const fn speaks_of_policies(&self) -> bool {
        !self.built_in
            || matches!(
                self.same,
                Same::IamPolicy | Same::JsonText | Same::ValueOrText | Same::ScalarOrList | Same::EmptyAbsent
            )
    }
}

/// A rule that cannot be compiled.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} `{rule}` at {pointer}: {message}; {help}")]
#[non_exhaustive]
pub struct RuleError {
    /// The kind of document.
    pub kind: DocumentKind,
    /// The name of the rule's document.
    pub rule: String,
    /// Where in the document, as a JSON Pointer.
    pub pointer: String,
    /// A stable name for the error.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// Where a rule stands among those on the same place: behind the more particular ones, and among equals by its name. What
/// order its document was read in says nothing.
struct Standing<'r, T> {
    path: &'r PathPattern,
    resource: &'r ResourceSelector,
    rule: &'r Named<T>,
}

impl<'r, T: Serialize> Standing<'r, T> {
    const fn of(path: &'r PathPattern, resource: &'r ResourceSelector, rule: &'r Named<T>) -> Self {
        Self { path, resource, rule }
    }

    /// The least particular first: the more particular path, then the more particular resource, then the name that comes
    /// first in the alphabet. Two rules of one name are told apart by what they say.
    fn cmp(&self, other: &Self) -> Ordering {
        let said = |rule: &Named<T>| drift_model::canonical_text_of(&rule.spec).unwrap_or_default();
        self.path
            .specificity(other.path)
            .then_with(|| self.resource.particulars().cmp(&other.resource.particulars()))
            .then_with(|| other.rule.name.cmp(&self.rule.name))
            .then_with(|| said(other.rule).cmp(&said(self.rule)))
    }
}

impl Comparer {
    /// Compiles rules, together with what the library knows of each system by itself.
    ///
    /// # Errors
    ///
    /// Every rule that cannot be compiled, in order: a glob that is none, a KEYED equivalence without keys, a DEFAULT or a
    /// FLOATING without a value.
    pub fn compile(rules: &Rules) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        let mut comparer = Self::built_in(&rules.schema);
        for rule in &rules.ownership {
            if let Some(selector) =
                selector(DocumentKind::DriftOwnershipRule, &rule.name, &rule.spec.resource, &mut errors)
            {
                comparer.add_ownership(rule, &selector);
            }
        }
        let mut senses = Vec::new();
        for rule in &rules.equivalences {
            let selector = selector(DocumentKind::EquivalenceRule, &rule.name, &rule.spec.resource, &mut errors);
            errors.extend(lacks_parameter(rule));
            senses
                .extend(selector.map(|selector| (Standing::of(&rule.spec.path, &rule.spec.resource, rule), selector)));
        }
        senses.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (standing, selector) in senses {
            comparer.add_equivalence(standing.rule, selector);
        }
        let mut ignores = Vec::new();
        for rule in &rules.ignores {
            if let Some(selector) = selector(DocumentKind::IgnoreRule, &rule.name, &rule.spec.resource, &mut errors) {
                let standing = |path| (Standing::of(path, &rule.spec.resource, rule), selector.clone());
                ignores.extend(rule.spec.paths.iter().map(standing));
            }
        }
        ignores.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (Standing { path, rule, .. }, selector) in ignores {
            let ignore = Ignore { name: rule.name.clone(), expires: rule.spec.expires };
            comparer.ignores.add(path, scoped(Some(selector), ignore));
        }
        if errors.is_empty() { Ok(comparer) } else { Err(errors) }
    }

    /// The same, with secrets named by their fingerprints. Without a key a change says only which planes hold equal ones.
    #[must_use]
    pub fn fingerprinted_with(mut self, key: impl Into<Arc<FingerprintKey>>) -> Self {
        self.key = Some(key.into());
        self
    }

    fn built_in(schema: &Schema) -> Self {
        let builtin = BuiltIn::read();
        let mut comparer = Self {
            schema: schema.clone(),
            ownership: Ruleset::default(),
            equivalences: Ruleset::default(),
            ignores: Ruleset::default(),
            exact: Ruleset::default(),
            exposing: Ruleset::default(),
            key: None,
            inferred_keys: INFERRED_KEYS.iter().map(|name| ListKey { name: (*name).into(), default: None }).collect(),
            builtin,
        };
        for owned in &comparer.builtin.runtime_owned {
            for path in &owned.paths {
                let claim = Claim::new(path.clone(), OwnerKind::Runtime, ClaimOrigin::BuiltIn);
                comparer.ownership.add(path, Scoped { selector: None, systems: owned.systems.clone(), rule: claim });
            }
        }
        for sense in &comparer.builtin.equivalences {
            for path in &sense.paths {
                let rule = Sense::new(&sense.rule, sense.same, &sense.keys, sense.value.clone()).built_in();
                comparer.equivalences.add(path, Scoped { selector: None, systems: sense.systems.clone(), rule });
            }
        }
        for place in &comparer.builtin.exposing.places {
            for path in &place.paths {
                let systems = place.systems.clone();
                comparer.exposing.add(path, Scoped { selector: None, systems, rule: place.clone() });
            }
        }
        comparer
    }

    fn add_ownership(&mut self, rule: &Named<OwnershipRule>, selector: &Selector) {
        let spec = &rule.spec;
        let claim = |path: &PathPattern, owner| Claim::new(path.clone(), owner, ClaimOrigin::Rule);
        let git = spec.git_owned.iter().map(|path| claim(path, OwnerKind::Git));
        let runtime = spec.runtime_owned.iter().map(|path| claim(path, OwnerKind::Runtime));
        let controllers = spec.controller_owned.iter().map(|owned| {
            let claim = claim(&owned.path, OwnerKind::Controller).by(&owned.owner);
            match &owned.condition {
                Some(condition) => claim.when(condition),
                None => claim,
            }
        });
        for claim in git.chain(runtime).chain(controllers) {
            let path = claim.path.clone();
            self.ownership.add(&path, scoped(Some(selector.clone()), claim));
        }
        for path in &spec.exact {
            self.exact.add(path, scoped(Some(selector.clone()), ()));
        }
    }

    fn add_equivalence(&mut self, rule: &Named<EquivalenceRule>, selector: Selector) {
        let spec = &rule.spec;
        let mut sense = Sense::new(&rule.name, spec.same, &spec.keys, spec.value.clone());
        sense.covers_security_paths = spec.covers_security_paths;
        self.equivalences.add(&spec.path, scoped(Some(selector), sense));
    }

    /// The key that was inferred for a list, in the form of a schema's keys.
    pub(crate) fn inferred_key(&self, name: &str) -> Option<&[ListKey]> {
        let index = self.inferred_keys.iter().position(|key| key.name == name)?;
        self.inferred_keys.get(index..index.saturating_add(1))
    }

    /// Compares the planes of one resource. Cannot fail: what cannot be compared is UNDETERMINED, and says why.
    ///
    /// `facts` decide the named conditions of claims and the end of ignore rules; those of the observation are not
    /// looked at here, but for its validity: what Terraform or `OpenTofu` recorded as tainted is replaced by the next apply, which
    /// is a PENDING change of the whole resource.
    #[must_use]
    pub fn compare<'a>(&'a self, observation: &'a Observation, facts: &Facts) -> Delta<'a> {
        self.with_excuses(observation, facts, None)
    }

    /// Compares the planes of one resource that stands among others, which explain some of its differences: those are
    /// EQUIVALENT, and name the rule. See [`Relations`](crate::Relations).
    ///
    /// What is explained is what came to be there: an addition, or a value of which Git says nothing. What Git declares and
    /// is otherwise stays drift.
    #[must_use]
    pub fn compare_among<'a>(
        &'a self,
        observation: &'a Observation,
        facts: &Facts,
        excuses: &'a Excuses<'a>,
    ) -> Delta<'a> {
        self.with_excuses(observation, facts, Some(excuses).filter(|excuses| !excuses.is_empty()))
    }

    fn with_excuses<'a>(
        &'a self,
        observation: &'a Observation,
        facts: &Facts,
        excuses: Option<&'a Excuses<'a>>,
    ) -> Delta<'a> {
        let planes = &observation.planes;
        let existence = planes.existence();
        let mode = match existence {
            Existence::Untracked => Mode::Untracked,
            Existence::Undetermined => Mode::Undetermined,
            Existence::Managed
            | Existence::DeletedOutside
            | Existence::NotCreated
            | Existence::PrunePending
            | Existence::Orphaned
            | Existence::Unmanaged
            | Existence::Gone
            | Existence::Released => Mode::Compared,
        };
        let mask = Mask::new(&self.ownership, observation, facts);
        let mut walk = Walk::new(self, observation, mask, mode);
        walk.excuses = excuses;
        let said = [&planes.desired, &planes.recorded, &planes.actual].map(said_at_the_root);
        let undetermined = || beside_an_unknown(said).map(|kind| (kind, Relation::Undetermined));
        let root = if mode == Mode::Undetermined { undetermined() } else { at_the_root(existence) };
        if let Some((kind, relation)) = root {
            walk.root(said, kind, relation);
        }
        let compared = match existence {
            Existence::Managed => !in_sync_at_a_glance(observation),
            Existence::Untracked | Existence::Undetermined => true,
            Existence::DeletedOutside
            | Existence::NotCreated
            | Existence::PrunePending
            | Existence::Orphaned
            | Existence::Unmanaged
            | Existence::Gone
            | Existence::Released => false,
        };
        if compared {
            walk.run();
        }
        if existence == Existence::Managed && is_to_be_replaced(observation, facts) {
            walk.replacement();
        }
        let mut changes = walk.changes;
        changes.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| a.kind.cmp(&b.kind)));
        let (verdict, reason, partial) = match verdict(existence, planes.unknown(), &changes) {
            // An incomplete render is silent about what it lacks, and its silence says nothing.
            (Verdict::InSync | Verdict::Pending, ..) if renders_in_part(observation) => {
                (Verdict::Unknown, Some(UnknownReason::Partial), false)
            }
            (Verdict::Drifted, reason, partial) => (Verdict::Drifted, reason, partial || renders_in_part(observation)),
            other => other,
        };
        Delta { existence, verdict, reason, partial, changes, compared: Compared(planes) }
    }
}

/// Will the next apply replace the resource, because it is tainted or half made? Terraform does, whatever the planes say.
fn is_to_be_replaced(observation: &Observation, facts: &Facts) -> bool {
    let validity = facts.validity.known().or(observation.facts.validity.known());
    observation.resource.system.is_terraform() && validity == Some(&Validity::Invalid)
}

/// Are all planes that are kept equal, with nothing that would leave a doubt? Costs two comparisons and allocates
/// nothing.
fn in_sync_at_a_glance(observation: &Observation) -> bool {
    let planes = &observation.planes;
    let documents = [&planes.desired, &planes.recorded, &planes.actual].map(|plane| plane.observed.present());
    let doubt = documents.iter().flatten().any(|document| document.marks().leave_doubt());
    let [Some(desired), recorded, Some(actual)] = documents else { return false };
    let same = |other: &drift_model::Document| equal(desired.value(), other.value()) == Equality::Same;
    !doubt && same(actual) && recorded.is_none_or(same)
}

/// Is there only a part of what Git declares?
fn renders_in_part(observation: &Observation) -> bool {
    let desired = &observation.planes.desired;
    !desired.complete && desired.observed.present().is_some()
}

/// The change of a resource of which a plane is unknown, if those that are known do not agree on whether it is there.
fn beside_an_unknown([desired, recorded, actual]: [Said<'_>; 3]) -> Option<ChangeKind> {
    let there = |said: Said<'_>| match said {
        Said::Value(_) => Some(true),
        Said::Absent => Some(false),
        Said::Silent | Said::Unknown(_) | Said::Untold(_) => None,
    };
    let known = [there(desired), there(recorded), there(actual)];
    let differ = known.contains(&Some(true)) && known.contains(&Some(false));
    let added = there(actual).or(there(desired)).unwrap_or(false);
    differ.then_some(if added { ChangeKind::Added } else { ChangeKind::Removed })
}

/// The one change of a resource whose planes do not agree on whether it is there.
const fn at_the_root(existence: Existence) -> Option<(ChangeKind, Relation)> {
    Some(match existence {
        Existence::DeletedOutside => (ChangeKind::Removed, Relation::RuntimeChanged),
        Existence::Untracked => (ChangeKind::Added, Relation::Undetermined),
        Existence::NotCreated => (ChangeKind::Removed, Relation::NotApplied),
        Existence::PrunePending => (ChangeKind::Added, Relation::NotApplied),
        Existence::Orphaned => (ChangeKind::Removed, Relation::StaleRecord),
        Existence::Unmanaged => (ChangeKind::Added, Relation::UndeclaredAddition),
        Existence::Managed | Existence::Gone | Existence::Released | Existence::Undetermined => return None,
    })
}

fn said_at_the_root(plane: &PlaneState) -> Said<'_> {
    match plane.known() {
        Observed::Present(document) => Said::Value(document.value()),
        Observed::Absent => Said::Absent,
        Observed::NotKept | Observed::Released => Said::Silent,
        Observed::Unknown(reason) => Said::Unknown(reason),
    }
}

/// The verdict follows from the changes that are listed, and from nothing else but a plane that is unknown.
fn verdict(
    existence: Existence,
    unknown_plane: Option<UnknownReason>,
    changes: &[FieldChange<'_>],
) -> (Verdict, Option<UnknownReason>, bool) {
    let undetermined = changes.iter().any(|change| change.disposition == Disposition::Undetermined);
    if existence == Existence::Undetermined {
        (Verdict::Unknown, Some(unknown_plane.unwrap_or(UnknownReason::Inconsistent)), false)
    } else if changes.iter().any(FieldChange::is_drift) {
        (Verdict::Drifted, None, undetermined)
    } else if undetermined {
        let reason = changes.iter().find_map(|change| change.unknown);
        (Verdict::Unknown, Some(reason.unwrap_or(UnknownReason::NotYetKnown)), false)
    } else if changes.iter().any(|change| change.disposition == Disposition::Pending) {
        (Verdict::Pending, None, false)
    } else {
        (Verdict::InSync, None, false)
    }
}

fn scoped<T>(selector: Option<Selector>, rule: T) -> Scoped<T> {
    Scoped { selector, systems: Vec::new(), rule }
}

fn selector(
    kind: DocumentKind,
    rule: &str,
    selector: &ResourceSelector,
    errors: &mut Vec<RuleError>,
) -> Option<Selector> {
    match Selector::compile(selector) {
        Ok(selector) => Some(selector),
        Err(bad) => {
            errors.extend(bad.into_iter().map(|error| RuleError {
                kind,
                rule: rule.to_owned(),
                pointer: format!("/spec/resource{}", error.pointer),
                code: "bad-glob",
                message: format!("`{}` is not a glob: {}", error.glob, error.kind),
                help: "`*` stands for any text, `[` opens a set of characters, `{` a choice".to_owned(),
            }));
            None
        }
    }
}

fn lacks_parameter(rule: &Named<EquivalenceRule>) -> Option<RuleError> {
    let (field, help) = match rule.spec.same {
        Same::Keyed if rule.spec.keys.is_empty() => {
            ("keys", "name the fields that tell the items apart, as `keys: [name]`")
        }
        Same::Default if rule.spec.value.is_none() => ("value", "say what absence stands for, as `value: 30`"),
        Same::Floating if rule.spec.value.is_none() => ("value", "say which word is resolved, as `value: LATEST`"),
        _ => return None,
    };
    Some(RuleError {
        kind: DocumentKind::EquivalenceRule,
        rule: rule.name.clone(),
        pointer: "/spec".to_owned(),
        code: "missing-field",
        message: format!("missing field `{field}`"),
        help: help.to_owned(),
    })
}
