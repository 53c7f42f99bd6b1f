//! Quantities: printing keeps the value, comparing is an order, rounding is upwards.
#![no_main]

use std::cmp::Ordering;

use drift_diff::{Parameters, Quantity, Same};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: (&str, &str)| {
    let (x, y) = (Value::from(input.0), Value::from(input.1));
    for sense in Same::ALL {
        let with = Parameters::default();
        let ask = |a: &Value, b: &Value| sense.holds(Some(a), Some(b), &with);
        assert_eq!(ask(&x, &y), ask(&y, &x), "{sense}");
        assert!(ask(&x, &x), "{sense}");
    }
    let Ok(a) = input.0.parse::<Quantity>() else { return };
    let printed = a.to_string();
    let again: Quantity = printed.parse().expect("what was printed is a quantity");
    assert_eq!(a.cmp_value(&again), Ordering::Equal, "{printed}");
    assert_eq!(again.to_string(), printed);
    let Ok(b) = input.1.parse::<Quantity>() else { return };
    assert_eq!(a.cmp_value(&b), b.cmp_value(&a).reverse());
});
