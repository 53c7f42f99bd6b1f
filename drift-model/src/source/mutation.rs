//! Documents that are changed at random, for the tests of the readers.

use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

/// The document with this value at the pointer, whose parent is made where it is not there.
pub(super) fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}")) {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        Value::Object(map) if value.is_null() => drop(map.remove(name)),
        Value::Object(map) => drop(map.insert(name.replace("~1", "/"), value)),
        _ => panic!("{pointer}"),
    }
    document
}

/// Every pointer in the document.
fn pointers(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, &format!("{here}/{index}"), all));
        }
        Value::Object(map) => {
            for (name, member) in map {
                pointers(member, &format!("{here}/{}", name.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        _ => {}
    }
}

fn odd() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("Unknown"),
        json!("2026-07-03T10:22:31Z"),
        json!("\u{0}\u{ffff}_:/"),
        json!([]),
        json!([null, [[]], {"a": {}}]),
        json!({}),
        json!({"type": 1, "status": [], "name": {}}),
    ]
}

/// Calls `see` with the document, each time with one part taken for something else.
pub(super) fn single(document: &Value, see: &mut impl FnMut(&Value, &str)) {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    for pointer in &all {
        for odd in odd() {
            let mut changed = document.clone();
            *changed.pointer_mut(pointer).unwrap() = odd;
            see(&changed, pointer);
        }
    }
}

/// Calls `see` with the document changed in one place, then at random in several.
pub(super) fn everywhere(document: &Value, see: &mut impl FnMut(&Value)) {
    single(document, &mut |changed, _| see(changed));
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    let odd = odd();
    let places = proptest::collection::vec((0..all.len(), 0..odd.len()), 1..8);
    let see = std::cell::RefCell::new(see);
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(256) })
        .run(&places, |places| {
            let mut changed = document.clone();
            for (place, value) in places {
                if let Some(part) = changed.pointer_mut(&all[place]) {
                    *part = odd[value].clone();
                }
            }
            see.borrow_mut()(&changed);
            Ok(())
        })
        .unwrap();
}

#[test]
fn mutation_reaches_every_part() {
    let mut seen = 0;
    single(&json!({"a": [1, {"b": 2}]}), &mut |_, _| seen += 1);
    assert_eq!(seen, 5 * odd().len());
}
