//! One observation, compared: total, the same twice, and with a verdict that follows from what is listed.
#![no_main]

use drift_diff::{Comparer, Rules};
use drift_model::{Facts, Observation, Verdict};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static COMPARER: Comparer = Comparer::compile(&Rules::default()).expect("no rules are rules that compile");
}

fuzz_target!(|text: &str| {
    let Ok(observation) = Observation::from_json(text) else { return };
    COMPARER.with(|comparer| {
        let delta = comparer.compare(&observation, &Facts::default());
        let shown = format!("{delta:?}");
        assert_eq!(shown, format!("{:?}", comparer.compare(&observation, &Facts::default())));
        let drift = delta.changes.iter().any(drift_diff::FieldChange::is_drift);
        assert!(delta.verdict == Verdict::Unknown || (delta.verdict == Verdict::Drifted) == drift);
        assert!(delta.changes.windows(2).all(|pair| pair[0].path <= pair[1].path));
    });
});
