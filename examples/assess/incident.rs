//! The built-in incident: eight resources on the day of a sale, all of them written by hand.

use drift_model::Timestamp;

/// The observations, as lines.
pub(super) const OBSERVATIONS: &str = include_str!("incident/observations.jsonl");

/// What stands above the page.
pub(super) const TITLE: &str = "\
Friday 2026-07-03, 11:00Z: payments fail now and then, in the middle of a sale.
Git, records and live state of eight resources, as they were read at that time.";

/// The moment of the incident, 2026-07-03T11:00:00Z.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_783_076_400).unwrap_or_else(|| unreachable!("a moment of the year 2026"))
}

#[cfg(test)]
mod tests {
    use drift_model::Observation;

    use super::*;

    #[test]
    fn the_moment_is_that_of_the_title() {
        assert_eq!(now().to_string(), "2026-07-03T11:00:00Z");
    }

    #[test]
    fn every_line_is_an_observation_that_was_made_before_that_moment() {
        assert_eq!(OBSERVATIONS.lines().count(), 8);
        for line in OBSERVATIONS.lines() {
            let observation = Observation::from_json(line).unwrap();
            assert!(observation.observed_at.unwrap() < now(), "{observation}");
        }
    }
}
