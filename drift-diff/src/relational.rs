//! Relations: what several resources say of each other.
//!
//! Some differences are none, and only another resource tells: a network that is born with a security group, an instance
//! that answers the address of another resource, a rule that was declared beside the group that answers it. A list of paths
//! cannot say so. Here are four shapes of it, and the facts stand in `relational.json`.

mod index;

use std::collections::BTreeMap;

use drift_model::{Existence, Observation};
use serde::Deserialize;
use serde_json::{Map, Value};

use self::index::{Index, earlier, linked, said, texts};
use crate::equivalence::{Parameters, Same};

/// Which differences of a resource are explained by other resources: places in its actual document, each with the name of
/// the rule that explains it. Made by [`Relations::excuses`], asked by [`Comparer::compare_among`](crate::Comparer::compare_among).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Excuses<'r>(BTreeMap<String, &'r str>);

impl<'r> Excuses<'r> {
    /// Is nothing excused?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rule that explains what stands at this RFC 6901 pointer of the actual document; the resource itself at the empty
    /// one.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<&'r str> {
        self.0.get(pointer).copied()
    }
}

/// The shapes in which resources explain each other.
///
/// ```
/// use drift_diff::{Comparer, Relations, Rules};
/// use drift_model::{Disposition, Facts, Observation, PlaneState, Planes, ResourceRef, Verdict};
/// use serde_json::json;
///
/// let there = |kind: &str, desired, actual| {
///     Observation::new(kind, ResourceRef::opentofu(kind, kind), Planes::new(desired, PlaneState::present(actual)))
/// };
/// let zone = json!({"zone_id": "Z1", "name": "example.com"});
/// let all = [
///     there("aws_route53_zone", PlaneState::present(zone.clone()), zone),
///     there("aws_route53_record", PlaneState::new(drift_model::Observed::Absent), json!({"zone_id": "Z1", "name": "example.com", "type": "NS"})),
/// ];
///
/// let (comparer, relations) = (Comparer::compile(&Rules::default()).unwrap(), Relations::shipped());
/// let excuses = relations.excuses(&all);
/// // By itself the record is a stranger; beside its zone it is what every zone is born with, and is listed as that.
/// assert_eq!(comparer.compare(&all[1], &Facts::default()).verdict, Verdict::Drifted);
/// let delta = comparer.compare_among(&all[1], &Facts::default(), &excuses[1]);
/// assert_eq!(delta.verdict, Verdict::InSync);
/// assert_eq!(delta.changes[0].disposition, Disposition::Equivalent);
/// assert_eq!(delta.changes[0].rule.as_deref(), Some("aws/zone-records/1"));
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Relations {
    born: Vec<Born>,
    projected: Vec<Projected>,
    separate: Vec<Separate>,
    twins: Vec<Twins>,
}

/// An object that the system makes together with another.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Born {
    rule: String,
    #[serde(rename = "type")]
    resource_type: String,
    /// What tells it from others of its type.
    #[serde(rename = "where", default)]
    conditions: Conditions,
    /// What it is made together with; left out where the account is.
    #[serde(default)]
    parent: Option<Reference>,
    /// What its lists hold at birth: members that are `null` are left out there. One that was changed is explained by nobody.
    #[serde(rename = "as", default)]
    items: BTreeMap<String, Vec<Value>>,
    #[expect(dead_code, reason = "the reason is for whoever reads the document")]
    because: String,
}

/// An attribute that the system answers, and that another resource has set.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Projected {
    rule: String,
    #[serde(rename = "type")]
    resource_type: String,
    attribute: String,
    from: Reference,
    /// The attribute of the other.
    #[serde(rename = "as")]
    of_other: String,
    #[expect(dead_code, reason = "the reason is for whoever reads the document")]
    because: String,
}

/// A list of which an item may be declared as a resource of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Separate {
    rule: String,
    #[serde(rename = "type")]
    resource_type: String,
    list: String,
    item: Reference,
    /// Where the item says what, and where the resource says it.
    fields: BTreeMap<String, String>,
    #[expect(dead_code, reason = "the reason is for whoever reads the document")]
    because: String,
}

/// Two types under which one object is listed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Twins {
    rule: String,
    types: [String; 2],
    by: String,
    #[expect(dead_code, reason = "the reason is for whoever reads the document")]
    because: String,
}

/// Another resource: its type, and which of our values is which of its.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Reference {
    #[serde(rename = "type")]
    resource_type: String,
    #[serde(rename = "where", default)]
    conditions: Conditions,
    by: BTreeMap<String, String>,
}

/// Pointers, each with the values that may stand there; a text that ends in `*` stands for all that begin so.
type Conditions = BTreeMap<String, Vec<Value>>;

impl Relations {
    /// What is known of AWS, in the types of CloudFormation and of the Terraform provider.
    #[must_use]
    pub fn shipped() -> Self {
        // INVARIANT: the text is part of the build, and a test reads it.
        drift_model::from_json(include_str!("relational.json")).unwrap_or_default()
    }

    /// What in each of these resources is explained by the others, in their order.
    ///
    /// An attribute or an item is explained by a resource that says so in what Git declares or the record holds of it: were
    /// it enough that it answers so, two resources would explain each other. Only what is born with a resource is explained
    /// by its being there.
    #[must_use]
    pub fn excuses<'r>(&'r self, observations: &[Observation]) -> Vec<Excuses<'r>> {
        let index = Index::of(self, observations);
        let mut all: Vec<Excuses<'r>> = Vec::with_capacity(observations.len());
        for observation in observations {
            let mut excuses = Excuses::default();
            if observation.planes.actual.observed.present().is_some() {
                self.of_the_whole(observation, &index, &mut excuses);
                self.of_parts(observation, &index, &mut excuses);
            }
            all.push(excuses);
        }
        all
    }

    /// An object that nobody declared: was it born with another, listed already, or declared within another?
    fn of_the_whole<'r>(&'r self, own: &Observation, index: &Index<'_>, excuses: &mut Excuses<'r>) {
        if own.planes.existence() != Existence::Unmanaged {
            return;
        }
        let is = |name: &String| *name == own.resource.resource_type;
        let is_born = |born: &&Born| {
            is(&born.resource_type)
                && holds(&born.conditions, own)
                && born.items.iter().all(|(pointer, items)| is_as_born(own, pointer, items))
                && born.parent.as_ref().is_none_or(|parent| index.parents(parent, own).next().is_some())
        };
        let is_twin = |twins: &&Twins| {
            let other = match &twins.types {
                [a, b] if is(a) => b,
                [a, b] if is(b) => a,
                _ => return false,
            };
            index.with(other, &twins.by, own, &twins.by).any(is_managed)
        };
        let born = self.born.iter().find(is_born).map(|born| &born.rule);
        let twin = || self.twins.iter().find(is_twin).map(|twins| &twins.rule);
        let within =
            || self.separate.iter().find(|separate| separate.declares(own, index)).map(|separate| &separate.rule);
        if let Some(rule) = born.or_else(twin).or_else(within) {
            excuses.0.insert(String::new(), rule);
        }
    }

    /// Attributes that others have set, and items that are declared as resources of their own.
    fn of_parts<'r>(&'r self, own: &Observation, index: &Index<'_>, excuses: &mut Excuses<'r>) {
        for projected in self.projected.iter().filter(|known| known.resource_type == own.resource.resource_type) {
            let here = said(own, &projected.attribute);
            let sets_it = |other: &Observation| is_same(here, said(other, &projected.of_other));
            if here.is_some() && index.claimants(&projected.from, own).any(sets_it) {
                excuses.0.insert(projected.attribute.clone(), &projected.rule);
            }
        }
        let lists = || self.separate.iter().filter(|known| known.resource_type == own.resource.resource_type);
        for separate in lists() {
            let others: Vec<&Observation> = index.claimants(&separate.item, own).collect();
            for (i, item) in items(own, &separate.list).iter().enumerate() {
                if others.iter().any(|other| separate.is(item, other)) {
                    excuses.0.insert(format!("{}/{i}", separate.list), &separate.rule);
                }
            }
        }
        // A list of which nobody else says anything is one change.
        for separate in lists() {
            let count = items(own, &separate.list).len();
            let all = count > 0 && (0..count).all(|i| excuses.at(&format!("{}/{i}", separate.list)).is_some());
            if all && earlier(own, &separate.list).all(|value| is_same(value, None)) {
                excuses.0.insert(separate.list.clone(), &separate.rule);
            }
        }
    }
}

impl Separate {
    /// Is the item of the list this resource?
    fn is(&self, item: &Value, resource: &Observation) -> bool {
        let pairs = || self.fields.iter().map(|(of_item, of_other)| (item.pointer(of_item), said(resource, of_other)));
        pairs().all(|(a, b)| is_same(a, b)) && pairs().any(|(a, _)| !is_same(a, None))
    }

    /// Is this resource an item that another, which Git declares, has in its list?
    fn declares(&self, own: &Observation, index: &Index<'_>) -> bool {
        let Some((of_parent, ours)) = self.item.by.iter().next() else { return false };
        self.item.resource_type == own.resource.resource_type
            && holds(&self.item.conditions, own)
            && index.with(&self.resource_type, of_parent, own, ours).any(|parent| {
                let document = parent.planes.desired.observed.present();
                let declared = document.and_then(|document| document.value().pointer(&self.list)?.as_array());
                linked(&self.item.by, parent, |theirs| texts(said(own, theirs)))
                    && declared.into_iter().flatten().any(|item| self.is(item, own))
            })
    }
}

/// Does Git or the record answer for it?
fn is_managed(observation: &Observation) -> bool {
    let planes = &observation.planes;
    [&planes.desired, &planes.recorded].iter().any(|plane| plane.observed.present().is_some())
}

fn holds(conditions: &Conditions, observation: &Observation) -> bool {
    conditions.iter().all(|(pointer, allowed)| {
        let Some(value) = said(observation, pointer) else { return false };
        allowed.iter().any(|wanted| match (wanted.as_str().and_then(|text| text.strip_suffix('*')), value.as_str()) {
            (Some(prefix), Some(text)) => text.starts_with(prefix),
            _ => wanted == value,
        })
    })
}

/// Does the list hold what the object was born with, and nothing else?
fn is_as_born(own: &Observation, pointer: &str, born: &[Value]) -> bool {
    let found = items(own, pointer);
    let is = |item: &Value, wanted: &Map<String, Value>| {
        wanted
            .iter()
            .all(|(name, value)| is_same(item.get(name), Some(of_own(value, own)).filter(|value| !value.is_null())))
    };
    let is_there = |wanted: &Value| wanted.as_object().is_some_and(|wanted| found.iter().any(|item| is(item, wanted)));
    found.len() == born.len() && born.iter().all(is_there)
}

/// The value, or what the resource itself says there: `"{/GroupId}"`.
fn of_own<'v>(value: &'v Value, own: &'v Observation) -> &'v Value {
    let pointer = value.as_str().and_then(|text| text.strip_prefix('{')?.strip_suffix('}'));
    pointer.map_or(value, |pointer| said(own, pointer).unwrap_or(&Value::Null))
}

/// The items of a list, none where there is no list.
fn items<'o>(own: &'o Observation, pointer: &str) -> &'o [Value] {
    said(own, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Do two resources that say the same thing each in its own way say the same?
fn is_same(a: Option<&Value>, b: Option<&Value>) -> bool {
    const SENSES: [Same; 7] = [
        Same::EmptyAbsent,
        Same::ValueOrText,
        Same::ScalarOrList,
        Same::Set,
        Same::Protocol,
        Same::Cidr,
        Same::IamPolicy,
    ];
    // A switch that is off is as good as left out.
    let [a, b] = [a, b].map(|value| value.filter(|value| **value != Value::Bool(false)));
    SENSES.iter().any(|same| same.holds(a, b, &Parameters::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_relations_read_and_name_their_rules() {
        let relations = Relations::shipped();
        let rules = relations.born.iter().map(|born| &born.rule);
        let rules = rules.chain(relations.projected.iter().map(|projected| &projected.rule));
        let rules = rules.chain(relations.separate.iter().map(|separate| &separate.rule));
        let rules: Vec<&String> = rules.chain(relations.twins.iter().map(|twins| &twins.rule)).collect();
        assert!(rules.len() > 30 && rules.iter().all(|rule| rule.starts_with("aws/") && rule.ends_with("/1")));
        assert!(relations.born.iter().all(|born| born.parent.is_some() || !born.conditions.is_empty()));
        let pointers = relations.separate.iter().flat_map(|separate| separate.fields.iter().chain(&separate.item.by));
        assert!(pointers.flat_map(|(a, b)| [a, b]).all(|pointer| pointer.is_empty() || pointer.starts_with('/')));
    }
}
