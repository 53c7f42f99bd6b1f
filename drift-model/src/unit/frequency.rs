//! `Frequency`: how often, as people say it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::{Span, TimeError};

/// The time from one look to the next: `hourly`, `daily`, `weekly`, or a [`Span`] such as `15m`.
///
/// ```
/// use drift_model::Frequency;
///
/// assert_eq!("hourly".parse::<Frequency>()?, "60m".parse()?);
/// assert_eq!("60m".parse::<Frequency>()?.to_string(), "hourly");
/// assert_eq!("15m".parse::<Frequency>()?.to_string(), "15m");
/// # Ok::<(), drift_model::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Frequency(Span);

const WORDS: [(&str, Span); 3] = [
    ("hourly", Span::from_seconds(3_600)),
    ("daily", Span::from_seconds(86_400)),
    ("weekly", Span::from_seconds(604_800)),
];

impl Frequency {
    /// Once in each span.
    #[must_use]
    pub const fn every(span: Span) -> Self {
        Self(span)
    }

    /// The time from one look to the next.
    #[must_use]
    pub const fn span(self) -> Span {
        self.0
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match WORDS.iter().find(|(_, span)| *span == self.0) {
            Some((word, _)) => f.write_str(word),
            None => self.0.fmt(f),
        }
    }
}

impl FromStr for Frequency {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        match WORDS.iter().find(|(word, _)| *word == text) {
            Some((_, span)) => Ok(Self(*span)),
            None => text.parse().map(Self).map_err(|_| TimeError::Frequency),
        }
    }
}

impl Serialize for Frequency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Frequency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
