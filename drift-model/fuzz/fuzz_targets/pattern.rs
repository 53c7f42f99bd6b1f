//! Two patterns and a path: printing, containing, intersecting and covering agree with each other.
#![no_main]

use drift_model::{FieldPath, PathPattern};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &str)| {
    let Ok(a) = input.0.parse::<PathPattern>() else { return };
    assert_eq!(a.to_string().parse().as_ref(), Ok(&a), "{a}");
    assert!(a.contains(&a) && a.intersects(&a), "{a}");
    let Ok(b) = input.1.parse::<PathPattern>() else { return };
    assert_eq!(a.intersects(&b), b.intersects(&a), "{a} {b}");
    assert!(!a.contains(&b) || a.intersects(&b), "{a} {b}");
    assert_eq!(a.specificity(&b), b.specificity(&a).reverse(), "{a} {b}");
    let Ok(path) = input.2.parse::<FieldPath>() else { return };
    assert!(!(a.contains(&b) && b.covers(&path)) || a.covers(&path), "{a} {b} {path}");
    assert!(!(a.covers(&path) && b.covers(&path)) || a.intersects(&b), "{a} {b} {path}");
});
