//! FieldsV1: two sets, and the algebra of what is common to them.
#![no_main]

use drift_model::source::managed_fields::{FieldSet, ManagerRules, claims};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|input: (&str, &str)| {
    if let Ok(value) = serde_json::from_str::<Value>(input.0) {
        let entry = json!({"manager": "m", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": value});
        let _ = claims(&json!({"metadata": {"managedFields": [entry]}}), &ManagerRules::built_in());
        let _ = claims(&value, &ManagerRules::built_in());
    }
    let Ok(a) = input.0.parse::<FieldSet>() else { return };
    assert_eq!(a.to_string().parse().as_ref(), Ok(&a));
    assert_eq!((a.union(&a), a.intersection(&a)), (a.clone(), a.clone()));
    assert!(a.difference(&a).is_empty());
    assert_eq!(a.members().len(), a.len());
    let Ok(b) = input.1.parse::<FieldSet>() else { return };
    assert_eq!(a.union(&b), b.union(&a));
    assert_eq!(a.intersection(&b), b.intersection(&a));
    assert_eq!(a.difference(&b).union(&a.intersection(&b)), a);
    assert_eq!(a.union(&b).len() + a.intersection(&b).len(), a.len() + b.len());
});
