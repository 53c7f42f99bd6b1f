//! `Timestamp` and `Span`: instants and lengths of time as the wire writes them. There is no clock here.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// An instant, RFC 3339 in UTC on the wire. A date alone (`2027-03-01`) is read as its first instant.
///
/// ```
/// use drift_model::Timestamp;
///
/// let seen: Timestamp = "2026-07-03T12:22:31+02:00".parse()?;
/// assert_eq!(seen.to_string(), "2026-07-03T10:22:31Z");
/// let later: Timestamp = "2026-07-03T10:52:31Z".parse()?;
/// assert_eq!(later.since(seen).to_string(), "30m");
/// # Ok::<(), drift_model::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The instant that is this many seconds after 1970-01-01T00:00:00Z; `None` beyond the year 262,000.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        DateTime::from_timestamp(seconds, 0).map(Self)
    }

    /// Seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.timestamp()
    }

    /// Milliseconds after 1970-01-01T00:00:00Z; what is finer is cut off.
    #[must_use]
    pub fn unix_milliseconds(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Span {
        let seconds = self.0.signed_duration_since(earlier.0).num_seconds();
        Span { seconds: u64::try_from(seconds).unwrap_or(0) }
    }

    /// The instant `span` before this one; `None` before the year −262,000.
    #[must_use]
    pub fn minus(self, span: Span) -> Option<Self> {
        let delta = TimeDelta::try_seconds(i64::try_from(span.seconds).ok()?)?;
        self.0.checked_sub_signed(delta).map(Self)
    }

    /// The instant `span` after this one; `None` beyond the year 262,000.
    #[must_use]
    pub fn plus(self, span: Span) -> Option<Self> {
        let delta = TimeDelta::try_seconds(i64::try_from(span.seconds).ok()?)?;
        self.0.checked_add_signed(delta).map(Self)
    }

    /// The day, as `2026/07/03`.
    #[must_use]
    pub fn date_path(self) -> String {
        self.0.format("%Y/%m/%d").to_string()
    }

    /// The day, as `20260703`.
    #[must_use]
    pub fn compact_date(self) -> String {
        self.0.format("%Y%m%d").to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(time.to_utc()));
        }
        let day: NaiveDate = text.parse().map_err(|_| TimeError::Timestamp)?;
        Ok(Self(day.and_time(NaiveTime::MIN).and_utc()))
    }
}

/// A length of time in whole seconds, written `90s`, `15m`, `4h`, `7d`, `4w` or `1y` (365 days).
///
/// ```
/// use drift_model::Span;
///
/// assert_eq!("1w".parse::<Span>()?, "7d".parse()?);
/// assert_eq!("5400s".parse::<Span>()?.to_string(), "90m");
/// # Ok::<(), drift_model::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Span {
    seconds: u64,
}

/// Units from large to small. A week and a year are read, but days are written.
const UNITS: [(char, u64); 6] = [('y', 31_536_000), ('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Span {
    /// A span of this many seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self { seconds }
    }

    /// The span in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.seconds
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, length) = UNITS
            .into_iter()
            .skip(2)
            .find(|(_, length)| self.seconds > 0 && self.seconds.is_multiple_of(*length))
            .unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.seconds.checked_div(length).unwrap_or(0))
    }
}

impl FromStr for Span {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let read = || {
            let unit = text.chars().next_back()?;
            let (_, length) = UNITS.into_iter().find(|(letter, _)| *letter == unit)?;
            let count = text.strip_suffix(unit).filter(|count| count.bytes().all(|byte| byte.is_ascii_digit()))?;
            count.parse::<u64>().ok()?.checked_mul(length)
        };
        read().map(|seconds| Self { seconds }).ok_or(TimeError::Span)
    }
}

/// A text that is not a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Not an instant.
    #[error("bad time, expected RFC 3339 such as `2026-07-03T10:22:31Z`, or a date")]
    Timestamp,
    /// Not a length of time.
    #[error("bad duration, expected a whole number and a unit such as `90s`, `15m`, `4h`, `7d`, `4w` or `1y`")]
    Span,
    /// Not a frequency.
    #[error("bad frequency, expected `hourly`, `daily`, `weekly`, or a duration such as `15m` or `4h`")]
    Frequency,
}

macro_rules! serde_as_text {
    ($($Type:ty),+) => { $(
        impl Serialize for $Type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $Type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+ };
}
serde_as_text!(Timestamp, Span);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_every_unit_and_written_in_the_largest_that_is_whole() {
        for (text, seconds, printed) in [
            ("90s", 90, "90s"),
            ("15m", 900, "15m"),
            ("4h", 14_400, "4h"),
            ("7d", 604_800, "7d"),
            ("4w", 2_419_200, "28d"),
            ("1y", 31_536_000, "365d"),
            ("0s", 0, "0s"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.seconds(), span.to_string().as_str()), (seconds, printed), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in ["", "s", "-1s", "1.5h", "1 h", "15", "15min", "٣s", "99999999999999999999y"] {
            assert_eq!(text.parse::<Span>(), Err(TimeError::Span), "{text}");
        }
    }

    #[test]
    fn a_time_is_kept_to_its_fraction() {
        let time: Timestamp = "2026-07-03T10:22:31.25Z".parse().unwrap();
        assert_eq!(time.to_string(), "2026-07-03T10:22:31.250Z");
        assert_eq!(time.unix_milliseconds(), 1_783_074_151_250);
        assert_eq!("2026-07-03".parse::<Timestamp>().unwrap().to_string(), "2026-07-03T00:00:00Z");
        for text in ["", "yesterday", "2026-07-03 10:22:31", "2026-02-30", "2026-07-03T10:22:31"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimeError::Timestamp), "{text}");
        }
    }
}
