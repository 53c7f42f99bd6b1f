//! `--facts`: what is known beside the change, for all resources or by unit and resource.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use drift_model::{Facts, Observation, nearest};
use serde::de::{self, DeserializeOwned, Visitor};
use serde_json::{Map, Value};

use crate::console::input::{self, Source};
use crate::console::problem::Problem;
use crate::console::yaml::Dialect;

/// The facts of a file, to be joined to observations.
#[derive(Clone, Debug, Default)]
pub struct FactsFile {
    all: Facts,
    by_name: BTreeMap<String, Facts>,
}

impl FactsFile {
    /// Reads a file of facts: one object for all resources, or a map from unit or resource to such objects.
    ///
    /// # Errors
    ///
    /// The [`Problem`]s of the file: all that were found.
    pub fn read(path: &Path, stdin: &mut dyn Read) -> Result<Self, Vec<Problem>> {
        let source = Source::new(path);
        let (documents, mut problems) = input::documents::<Value>(&source, Dialect::Core, stdin);
        let mut file = Self::default();
        for document in documents {
            let Value::Object(entries) = document.content else {
                problems.push(
                    Problem::new(document.place, "not a map")
                        .help("facts are an object such as `{\"environment\": \"prod\"}`, or a map from unit or resource to such objects"),
                );
                continue;
            };
            file.add(&document.place, entries, &mut problems);
        }
        if problems.is_empty() { Ok(file) } else { Err(problems) }
    }

    fn add(&mut self, place: &str, entries: Map<String, Value>, problems: &mut Vec<Problem>) {
        let known = names_of_facts();
        let is_map_of_facts = !entries.is_empty()
            && !entries.keys().any(|key| known.contains(&key.as_str()))
            && entries.values().all(Value::is_object);
        let parts = if is_map_of_facts {
            entries.into_iter().map(|(name, value)| (Some(name), value)).collect()
        } else {
            vec![(None, Value::Object(entries))]
        };
        for (name, value) in parts {
            let at = name.as_deref().map_or(String::new(), |name| format!(" at `{name}`"));
            let unknown = value.as_object().and_then(|facts| facts.keys().find(|key| !known.contains(&key.as_str())));
            if let Some(key) = unknown {
                let help = nearest(key, known.iter().copied()).map_or_else(
                    || format!("the facts are `{}`", known.join("`, `")),
                    |near| format!("did you mean `{near}`?"),
                );
                problems.push(Problem::new(place, format!("unknown fact `{key}`{at}")).help(help));
                continue;
            }
            match (drift_model::from_value::<Facts>(value), name) {
                (Ok(facts), Some(name)) => drop(self.by_name.insert(name, facts)),
                (Ok(facts), None) => self.all = facts.or(&self.all),
                (Err(error), _) => problems.push(Problem::new(place, format!("bad fact{at}: {error}"))),
            }
        }
    }

    /// What is known of a resource: what its own name says, then its unit's, then what holds for all.
    #[must_use]
    pub fn of(&self, observation: &Observation) -> Facts {
        let by_resource = self.by_name.get(&observation.resource.to_string()).cloned().unwrap_or_default();
        let by_unit = observation.unit.as_ref().and_then(|unit| self.by_name.get(unit));
        by_unit.map_or(by_resource.clone(), |facts| by_resource.or(facts)).or(&self.all)
    }
}

/// The names that `Facts` reads, asked of its own reader.
fn names_of_facts() -> &'static [&'static str] {
    struct Asked(Option<&'static [&'static str]>);
    impl<'de> de::Deserializer<'de> for &mut Asked {
        type Error = de::value::Error;
        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(de::Error::custom("only asked for names"))
        }
        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            self.0 = Some(fields);
            self.deserialize_any(visitor)
        }
        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }
    fn ask<T: DeserializeOwned>() -> &'static [&'static str] {
        let mut asked = Asked(None);
        drop(T::deserialize(&mut asked));
        asked.0.unwrap_or_default()
    }
    ask::<Facts>()
}

#[cfg(test)]
mod tests {
    use drift_model::{PlaneState, Planes, ResourceRef};

    use super::*;

    fn read(text: &str) -> Result<FactsFile, Vec<String>> {
        let read = FactsFile::read(Path::new("-"), &mut text.as_bytes());
        read.map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn observation() -> Observation {
        let planes = Planes::new(PlaneState::present(Value::Null), PlaneState::present(Value::Null));
        let resource = ResourceRef::kubernetes("apps", "v1", "Deployment", "shop", "checkout");
        let mut observation = Observation::new("obs-1", resource, planes);
        observation.unit = Some("shop-prod".to_owned());
        observation
    }

    #[test]
    fn the_names_are_those_of_the_model() {
        for name in ["environment", "logCoverage", "changeRecord", "secretSync", "policyVersion"] {
            assert!(names_of_facts().contains(&name), "{name}");
        }
    }

    #[test]
    fn one_object_holds_for_all_and_no_is_a_word() {
        let facts = read("environment: prod\nfreeze: ON\nsuspended: NO\n").unwrap().of(&observation());
        assert_eq!(facts.environment.known().map(String::as_str), Some("prod"));
        assert_eq!(facts.freeze.known(), Some(&drift_model::Freeze::On));
    }

    #[test]
    fn the_resource_is_nearer_than_its_unit() {
        let facts = read("shop-prod: {environment: prod, owner: shop}\nDeployment/shop/checkout: {owner: checkout}\n");
        let facts = facts.unwrap().of(&observation());
        assert_eq!(facts.environment.known().map(String::as_str), Some("prod"));
        assert_eq!(facts.owner.known().map(String::as_str), Some("checkout"));
    }

    #[test]
    fn a_mistake_is_named_with_its_place_and_without_its_value() {
        assert_eq!(
            read("enviroment: CANARY").unwrap_err(),
            ["error: standard input: unknown fact `enviroment`\n  help: did you mean `environment`?"]
        );
        assert_eq!(
            read("shop-prod: {freeze: CANARY}").unwrap_err(),
            [
                "error: standard input: bad fact at `shop-prod`: at `/freeze`: unknown freeze, expected one of `ON`, `OFF`"
            ]
        );
        assert_eq!(read("- CANARY").unwrap_err().len(), 1);
    }
}
