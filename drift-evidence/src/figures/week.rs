//! `Week`: a week by ISO 8601.

use std::fmt;

use drift_model::Timestamp;
use serde::{Serialize, Serializer};

/// A week from Monday to Sunday in UTC, `2026-W27` on the wire (ISO 8601: the week belongs to the year of its Thursday).
///
/// ```
/// use drift_evidence::figures::Week;
///
/// assert_eq!(Week::of("2026-07-03T10:22:31Z".parse()?).to_string(), "2026-W27");
/// assert_eq!(Week::of("2027-01-01T00:00:00Z".parse()?).to_string(), "2026-W53");
/// # Ok::<(), drift_model::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Week {
    year: i64,
    week: i64,
}

const DAY: i64 = 86_400;

impl Week {
    /// The week that this instant is in.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        // The first day of 1970 was a Thursday: Thursdays are the days that seven divides.
        let days = at.unix_seconds().div_euclid(DAY);
        let thursday = days.saturating_add(3).div_euclid(7).saturating_mul(7);
        let year = year_of(thursday);
        let week = thursday.saturating_sub(first_day(year)).div_euclid(7).saturating_add(1);
        Self { year, week }
    }
}

/// The year of a day of the Gregorian calendar: the one whose first day is not later, and whose successor's is.
fn year_of(day: i64) -> i64 {
    // 400 years have 146,097 days. The estimate is at most one year off.
    let guess = day.saturating_mul(400).div_euclid(146_097).saturating_add(1_970);
    let later = guess.saturating_add(1);
    if first_day(guess) > day {
        guess.saturating_sub(1)
    } else if first_day(later) <= day {
        later
    } else {
        guess
    }
}

/// The first of January of a year, in days after 1970-01-01.
fn first_day(year: i64) -> i64 {
    let before = year.saturating_sub(1);
    let leaps = before.div_euclid(4).saturating_sub(before.div_euclid(100)).saturating_add(before.div_euclid(400));
    year.saturating_sub(1_970).saturating_mul(365).saturating_add(leaps).saturating_sub(477)
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

impl Serialize for Week {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a Monday that is known to begin a first week, day by day through four hundred years: a week begins on Monday, and the
    /// first of a year is the one with the fourth of January.
    #[test]
    fn every_week_of_four_hundred_years_is_that_of_the_calendar() {
        let monday: Timestamp = "1900-01-01".parse().unwrap();
        let (mut year, mut week) = (1900, 0);
        for day in 0..146_097_i64 {
            let at = Timestamp::from_unix_seconds(monday.unix_seconds() + day * DAY).unwrap();
            if day % 7 == 0 {
                let sunday = Timestamp::from_unix_seconds(at.unix_seconds() + 6 * DAY).unwrap();
                let holds_the_fourth = |date: &str| date.ends_with("/01/04");
                let days = (0..7).map(|day| Timestamp::from_unix_seconds(at.unix_seconds() + day * DAY).unwrap());
                if days.map(Timestamp::date_path).any(|date| holds_the_fourth(&date)) {
                    (year, week) = (sunday.date_path().split('/').next().unwrap().parse().unwrap(), 1);
                } else {
                    week += 1;
                }
            }
            assert_eq!(Week::of(at), Week { year, week }, "{at}");
        }
    }

    #[test]
    fn the_ends_of_time_have_weeks() {
        for seconds in [-8_334_601_228_800, 8_210_266_876_799] {
            let at = Timestamp::from_unix_seconds(seconds).unwrap();
            assert!(Week::of(at).week >= 1 && Week::of(at).week <= 53, "{at}");
        }
    }
}
