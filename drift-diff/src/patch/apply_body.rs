//! `ApplyBody`: what Git declares of a Kubernetes object and owns, for server-side apply.

use std::fmt;

use drift_model::{Document, FieldPath, MASK, Marks, Shown, Step, StepView};
use drift_model::{Facts, Observation, OwnerKind, UnknownReason};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Mandate, Why};
use crate::compare::Comparer;
use crate::list::{Aligned, Alignment, align, infer_key};
use crate::mask::Mask;
use crate::schema::{ListKind, Shape};

/// The body of a server-side apply: what Git declares, without what belongs to others.
///
/// It keeps `apiVersion`, `kind`, name and namespace, and the keys of list items of which it keeps anything. A field that
/// several claim (AMBIGUOUS) stays in, and is named in `contested`: who applies it without force gets a conflict from the API
/// server rather than somebody else's field.
///
/// To leave out a field is to give it up: the API server removes what the same field manager applied before and nobody else
/// owns. So a body that a mandate narrows is to be applied under a field manager of its own.
///
/// Like a [`Patch`](super::Patch) this is the executable form: it holds real values, and neither prints nor serializes them.
///
/// ```
/// use drift_diff::{Comparer, Mandate, Rules};
/// use drift_model::{Claim, ClaimOrigin, Facts, Observation, OwnerKind, PlaneState, Planes, ResourceRef};
/// use serde_json::json;
///
/// let declared = json!({
///     "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "prod", "creationTimestamp": null},
///     "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "shop:1"}]}}},
/// });
/// let planes = Planes::new(PlaneState::present(declared), PlaneState::present(json!({})));
/// let mut observation = Observation::new("obs-1", ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "web"), planes);
/// observation.claims = vec![Claim::new("/spec/replicas".parse()?, OwnerKind::Controller, ClaimOrigin::ManagedFields)];
///
/// let comparer = Comparer::compile(&Rules::default()).unwrap();
/// let body = comparer.apply_body(&observation, &Facts::default(), &Mandate::everything()).unwrap();
/// assert_eq!(body.left[0].path.to_string(), "/spec/replicas");
/// assert_eq!(body.into_value(), json!({
///     "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "prod"},
///     "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "shop:1"}]}}},
/// }));
/// # Ok::<(), drift_model::PathError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct ApplyBody {
    /// What Git declares and the body leaves out, in document order.
    pub left: Vec<LeftOut>,
    /// What stays in the body although others claim it, too.
    pub contested: Vec<FieldPath>,
    value: Value,
    shown: Shown,
}

impl ApplyBody {
    /// The body with its values, to be sent.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.value
    }

    /// The body as it may be shown.
    #[must_use]
    pub const fn shown(&self) -> &Shown {
        &self.shown
    }
}

impl fmt::Debug for ApplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplyBody")
            .field("left", &self.left)
            .field("contested", &self.contested)
            .field("shown", &self.shown)
            .finish_non_exhaustive()
    }
}

/// A declared field that is not in the body.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeftOut {
    /// The field.
    pub path: FieldPath,
    /// Why.
    pub why: Why,
    /// With UNDETERMINED, what is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<UnknownReason>,
}

/// Why there is no body to apply.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoApplyBody {
    /// The resource is of another system.
    #[error("server-side apply is for objects of Kubernetes")]
    NotKubernetes,
    /// Nothing is declared, or nobody knows what.
    #[error("there is no desired document")]
    NotDeclared,
    /// Only a part of what is declared was rendered: what it lacks would be given up.
    #[error("the desired document is incomplete")]
    Incomplete,
    /// The desired document is no object.
    #[error("the desired document is no object")]
    NotAnObject,
}

impl Comparer {
    /// What Git declares of a Kubernetes object and owns, for server-side apply.
    ///
    /// # Errors
    ///
    /// [`NoApplyBody`] where the resource is not of Kubernetes, or has no complete desired document.
    pub fn apply_body(
        &self,
        observation: &Observation,
        facts: &Facts,
        mandate: &Mandate,
    ) -> Result<ApplyBody, NoApplyBody> {
        let resource = &observation.resource;
        if !resource.system.is_kubernetes() {
            return Err(NoApplyBody::NotKubernetes);
        }
        let desired = &observation.planes.desired;
        let document = desired.observed.present().ok_or(NoApplyBody::NotDeclared)?;
        if !desired.complete {
            return Err(NoApplyBody::Incomplete);
        }
        let Value::Object(members) = document.value() else { return Err(NoApplyBody::NotAnObject) };
        let planes = &observation.planes;
        let documents = [&planes.desired, &planes.recorded, &planes.actual];
        let mut extract = Extract {
            comparer: self,
            mask: Mask::new(&self.ownership, observation, facts),
            marks: documents.iter().filter_map(|plane| plane.observed.present()).map(Document::marks).collect(),
            mandate,
            steps: Vec::new(),
            left: Vec::new(),
            contested: Vec::new(),
        };
        let shape = self.schema.kind(&resource.group, &resource.version, &resource.kind);
        let mut kept = extract.object(members, shape.unwrap_or(self.schema.unknown()));
        // Who it is about is no matter of ownership.
        let api_version = match (resource.group.as_str(), resource.version.as_str()) {
            (_, "") => String::new(),
            ("", version) => version.to_owned(),
            (group, version) => format!("{group}/{version}"),
        };
        for (place, otherwise) in [
            (&["apiVersion"][..], &api_version),
            (&["kind"], &resource.kind),
            (&["metadata", "name"], &resource.name),
            (&["metadata", "namespace"], &resource.namespace),
        ] {
            let declared = place.iter().try_fold(document.value(), |value, name| value.get(name));
            let views: Vec<StepView<'_>> = place.iter().map(|name| StepView::Field(name)).collect();
            let secret = extract.marks.iter().any(|marks| marks.at(&views).sensitive);
            if let Some(value) = declared.filter(|value| !value.is_null()) {
                kept.set(place, value, secret);
            } else if !otherwise.is_empty() {
                kept.set(place, &Value::from(otherwise.as_str()), secret);
            }
            let path: FieldPath = place.iter().map(|name| Step::field(*name)).collect();
            extract.left.retain(|left| left.path != path);
        }
        let Extract { left, contested, .. } = extract;
        Ok(ApplyBody { left, contested, value: kept.value, shown: Shown::new(&Marks::default(), &[], &kept.shown) })
    }
}

/// What is kept of a value, and what of that may be shown.
struct Kept {
    value: Value,
    shown: Value,
}

impl Kept {
    /// Sets a member that tells which object or item this is.
    fn set(&mut self, place: &[&str], value: &Value, secret: bool) {
        let Some((name, above)) = place.split_last() else { return };
        let shown = if secret { Value::from(MASK) } else { value.clone() };
        for (side, value) in [(&mut self.value, value.clone()), (&mut self.shown, shown)] {
            let parent = above.iter().try_fold(side, |side, above| {
                let members = side.as_object_mut()?;
                Some(members.entry(*above).or_insert_with(|| Value::Object(Map::new())))
            });
            if let Some(members) = parent.and_then(Value::as_object_mut) {
                members.insert((*name).to_owned(), value);
            }
        }
    }
}

/// One way through the desired document.
struct Extract<'a, 'f> {
    comparer: &'a Comparer,
    mask: Mask<'a, 'f>,
    marks: Vec<&'a Marks>,
    mandate: &'f Mandate,
    steps: Vec<(Step, Option<usize>)>,
    left: Vec<LeftOut>,
    contested: Vec<FieldPath>,
}

impl Extract<'_, '_> {
    fn node(&mut self, value: &Value, shape: Shape<'_>) -> Option<Kept> {
        let path = self.path();
        let owner = self.owner();
        // Somebody else's, unless a part of it is claimed apart.
        let another = owner.is_some_and(OwnerKind::excuses);
        let divided = another && self.mask.reaches_beneath(&self.views());
        match value {
            Value::Null => None,
            _ if another && !divided => self.leave(path, Why::OwnedBy, None),
            Value::Object(members) if !shape.is_atomic() && !members.is_empty() => {
                let kept = self.object(members, shape);
                (kept.value != Value::Object(Map::new())).then_some(kept)
            }
            Value::Array(items) if !items.is_empty() && shape.list() != ListKind::Atomic => {
                self.list(path, owner, items, shape)
            }
            _ => self.leaf(path, owner, value),
        }
    }

    fn object(&mut self, members: &Map<String, Value>, shape: Shape<'_>) -> Kept {
        let (mut value, mut shown) = (Map::new(), Map::new());
        let mut names: Vec<&String> = members.keys().collect();
        names.sort_unstable();
        for (name, member) in names.into_iter().filter_map(|name| Some((name, members.get(name)?))) {
            self.steps.push((Step::field(name.as_str()), None));
            if let Some(kept) = self.node(member, shape.field(name)) {
                value.insert(name.clone(), kept.value);
                shown.insert(name.clone(), kept.shown);
            }
            self.steps.pop();
        }
        Kept { value: Value::Object(value), shown: Value::Object(shown) }
    }

    fn list(&mut self, path: FieldPath, owner: Option<OwnerKind>, items: &[Value], shape: Shape<'_>) -> Option<Kept> {
        let by = match shape.list() {
            ListKind::Keyed(keys) => Some(Alignment::Keyed(keys)),
            ListKind::Set => Some(Alignment::Set),
            ListKind::Atomic => None,
            ListKind::Ordered | ListKind::Unordered | ListKind::Unknown => {
                infer_key([items, &[], &[]]).and_then(|name| self.comparer.inferred_key(name)).map(Alignment::Keyed)
            }
        };
        let aligned = by.map(|by| align([items, &[], &[]], by)).filter(|aligned| !aligned.fell_back);
        // A list that is one value; or one whose paths would tell a secret.
        let Some(aligned) = aligned.filter(|aligned| !self.tells_a_secret(aligned)) else {
            return self.leaf(path, owner, &items.iter().cloned().collect());
        };
        let mut slots: Vec<(usize, Step)> =
            aligned.slots.into_iter().filter_map(|(step, [index, ..])| Some((index?, step))).collect();
        slots.sort();
        let (mut value, mut shown) = (Vec::new(), Vec::new());
        for (index, step) in slots {
            let Some(item) = items.get(index) else { continue };
            self.steps.push((step, Some(index)));
            let before = self.left.len();
            if let Some(mut kept) = self.node(item, shape.element()) {
                self.keep_keys(&mut kept, item, before);
                value.push(kept.value);
                shown.push(kept.shown);
            }
            self.steps.pop();
        }
        (!value.is_empty()).then_some(Kept { value: value.into(), shown: shown.into() })
    }

    /// An item of which anything is kept has its keys, whosever they are.
    fn keep_keys(&mut self, kept: &mut Kept, item: &Value, before: usize) {
        let Some((Step::Key(keys), _)) = self.steps.last() else { return };
        let here = self.path();
        for (name, _) in keys {
            // It is not secret, or the list would not go by it.
            if let Some(key) = item.get(name).filter(|key| !key.is_null()) {
                kept.set(&[name], key, false);
            }
        }
        let keys: Vec<FieldPath> = keys.iter().map(|(name, _)| here.join(Step::field(name.as_str()))).collect();
        let since = self.left.split_off(before.min(self.left.len()));
        self.left.extend(since.into_iter().filter(|left| !keys.contains(&left.path)));
    }

    /// Is a key of an item, or an item that is known by its value, secret?
    fn tells_a_secret(&self, aligned: &Aligned) -> bool {
        let list = self.views();
        let secret = |views: &[StepView<'_>]| self.marks.iter().any(|marks| marks.at(views).sensitive);
        aligned.slots.iter().any(|(step, [index, ..])| {
            let mut views = list.clone();
            views.push(StepView::Element { index: *index, step: Some(step) });
            match step {
                Step::Key(keys) => keys.iter().any(|(name, _)| {
                    views.push(StepView::Field(name));
                    let secret = secret(&views);
                    views.pop();
                    secret
                }),
                Step::Item(_) | Step::Field(_) | Step::Index(_) => {
                    secret(&views) || self.marks.iter().any(|marks| marks.beneath(&views).sensitive)
                }
            }
        })
    }

    fn leaf(&mut self, path: FieldPath, owner: Option<OwnerKind>, value: &Value) -> Option<Kept> {
        let views = self.views();
        let (mut unknown, mut secret) = (None, false);
        for (plane, marks) in self.marks.iter().enumerate() {
            let (at, beneath) = (marks.at(&views), marks.beneath(&views));
            secret |= at.sensitive || beneath.sensitive;
            if plane == 0 && (at.unknown || beneath.unknown) {
                unknown = Some(UnknownReason::NotYetKnown);
            } else if plane == 0 && (at.unobservable || beneath.unobservable) {
                unknown = Some(UnknownReason::NotObserved);
            }
        }
        drop(views);
        if owner.is_some_and(OwnerKind::excuses) {
            return self.leave(path, Why::OwnedBy, None);
        }
        if !self.mandate.covers(&path) {
            return self.leave(path, Why::OutsideMandate, None);
        }
        if unknown.is_some() {
            return self.leave(path, Why::Undetermined, unknown);
        }
        if owner == Some(OwnerKind::Ambiguous) {
            self.contested.push(path);
        }
        let shown = if secret { MASK.into() } else { value.clone() };
        Some(Kept { value: value.clone(), shown })
    }

    fn leave(&mut self, path: FieldPath, why: Why, unknown: Option<UnknownReason>) -> Option<Kept> {
        self.left.push(LeftOut { path, why, unknown });
        None
    }

    fn owner(&self) -> Option<OwnerKind> {
        self.mask.owner(&self.views()).map(|owned| owned.kind)
    }

    fn path(&self) -> FieldPath {
        self.steps.iter().map(|(step, _)| step.clone()).collect()
    }

    fn views(&self) -> Vec<StepView<'_>> {
        self.steps
            .iter()
            .map(|(step, index)| match index {
                Some(index) => StepView::Element { index: Some(*index), step: Some(step) },
                None => StepView::from(step),
            })
            .collect()
    }
}
