//! An entry of the registry of what is watched, or a list of such: read and written back, and judged with a reason.
#![no_main]

mod common;

use drift_model::{DriftManagedUnit, from_json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let units = match from_json::<DriftManagedUnit>(text).map(|unit| vec![unit]).or_else(|_| from_json(text)) {
        Ok(units) => units,
        Err(error) => {
            common::told(&error);
            return;
        }
    };
    let (now, _) = common::moment();
    for unit in &units {
        let written = serde_json::to_string(unit).expect("a unit serializes");
        assert_eq!(from_json(&written).as_ref(), Ok(unit));
        unit.validate().iter().for_each(common::told);
        common::facts(&unit.facts());
        // A result of this moment is fresh for every unit, and none at all for no unit.
        assert_eq!(unit.freshness(Some(now), now), drift_model::Freshness::Fresh);
        assert_eq!(unit.freshness(None, now), drift_model::Freshness::Stale);
        let _ = (unit.risk(), unit.stale_after());
    }
    let all: Vec<&DriftManagedUnit> = units.iter().collect();
    for (index, problem) in DriftManagedUnit::validate_all(&all) {
        assert!(index < all.len());
        common::told(&problem);
    }
});
