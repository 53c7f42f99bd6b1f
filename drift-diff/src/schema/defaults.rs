//! Reading the defaults of the API server.
//!
//! One object: type, then field, then either the list of values of which the server fills in one, or `{"sameAs": "sibling"}`. What
//! the server decides by more than the field itself is listed only where no value that it can choose is a danger, or is left
//! out: the `policyTypes` of a NetworkPolicy depend on its rules, and say whether they are enforced.
//! Fields that the server drops when they are zero (`hostNetwork: false`, `nodePort: 0`) have their zero as default.

use serde_json::{Map, Value};

use super::{Filled, Type};

/// Adds the defaults to the types. What cannot be read, or belongs to no type, is left out and named in the answer.
pub(super) fn read(text: &str, types: &mut [Type]) -> Vec<String> {
    let Ok(table) = serde_json::from_str::<Map<String, Value>>(text) else { return vec![String::new()] };
    let mut wrong = Vec::new();
    for (name, fields) in table {
        let owner = types.iter_mut().find(|owner| owner.name == name);
        let (Some(owner), Value::Object(fields)) = (owner, fields) else {
            wrong.push(name);
            continue;
        };
        for (field, value) in fields {
            match default(value) {
                Some(default) => drop(owner.defaults.insert(field, default)),
                None => wrong.push(format!("{name}.{field}")),
            }
        }
    }
    wrong
}

fn default(value: Value) -> Option<Filled> {
    match value {
        Value::Array(values) if !values.is_empty() => Some(Filled::OneOf(values)),
        Value::Object(single) => match single.get("sameAs") {
            Some(Value::String(sibling)) if single.len() == 1 => Some(Filled::SameAs(sibling.clone())),
            Some(_) | None => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    #[test]
    fn the_shipped_defaults_belong_to_known_types() {
        let (mut schema, _) = table::read(include_str!("kubernetes.txt"));
        let wrong = read(include_str!("kubernetes-defaults.json"), &mut schema.types);
        assert_eq!(wrong, [""; 0]);
        assert!(schema.types.iter().map(|owner| owner.defaults.len()).sum::<usize>() > 200);
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_named() {
        let (mut schema, _) = table::read("[p.v1]\nA");
        assert_eq!(read("[1]", &mut schema.types), [""]);
        let wrong =
            read(r#"{"p.v1.A": {"a": [1], "b": 1, "c": [], "d": {"sameAs": 1}}, "p.v1.B": {}}"#, &mut schema.types);
        assert_eq!(wrong, ["p.v1.A.b", "p.v1.A.c", "p.v1.A.d", "p.v1.B"]);
    }

    #[test]
    fn each_default_names_a_field_that_the_facts_know() {
        let folders = ["../../shared/facts", "../../../shared/facts"]
            .map(|folder| format!("{}/{folder}", env!("CARGO_MANIFEST_DIR")));
        #[expect(clippy::disallowed_methods, reason = "a test reads a file")]
        let facts =
            folders.iter().find_map(|folder| std::fs::read_to_string(format!("{folder}/kubernetes-types.json")).ok());
        let Some(facts) = facts else { return };
        let facts: Value = serde_json::from_str(&facts).unwrap();
        let (mut schema, _) = table::read(include_str!("kubernetes.txt"));
        read(include_str!("kubernetes-defaults.json"), &mut schema.types);
        for owner in &schema.types {
            let known = &facts["types"][&owner.name]["fields"];
            for (field, default) in &owner.defaults {
                assert!(known.get(field).is_some(), "{} {field}", owner.name);
                if let Filled::SameAs(sibling) = default {
                    assert!(known.get(sibling).is_some(), "{} {sibling}", owner.name);
                }
            }
            for field in &owner.empty_is_meant {
                assert!(known.get(field).is_some(), "{} {field}", owner.name);
            }
        }
    }
}
