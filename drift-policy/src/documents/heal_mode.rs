//! `HealMode`: what a decision says about healing by a machine.

use std::fmt;
use std::str::FromStr;

use drift_model::UnknownWord;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a decision says about healing by a machine. Ordered: `DENY < ALLOW`.
///
/// It is the decision's half: without a covering [`AutoHealPolicy`](crate::AutoHealPolicy) nothing heals.
///
/// ```
/// use drift_policy::HealMode;
///
/// assert_eq!("ALLOW_WITH_ALERT".parse::<HealMode>()?, HealMode::AllowWithAlert);
/// assert!(!HealMode::Deny.allows());
/// # Ok::<(), drift_model::UnknownWord>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "a closed vocabulary: a new word must be thought about everywhere")]
pub enum HealMode {
    /// A person decides.
    Deny,
    /// A machine may, and says so to those that the routes name.
    AllowWithAlert,
    /// A machine may.
    Allow,
}

impl HealMode {
    /// Every value, from the careful to the bold.
    pub const ALL: &'static [Self] = &[Self::Deny, Self::AllowWithAlert, Self::Allow];
    /// Every word, in the same order.
    pub const WORDS: &'static [&'static str] = &["DENY", "ALLOW_WITH_ALERT", "ALLOW"];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deny => "DENY",
            Self::AllowWithAlert => "ALLOW_WITH_ALERT",
            Self::Allow => "ALLOW",
        }
    }

    /// May a machine heal at all, as far as the decision goes?
    #[must_use]
    pub const fn allows(self) -> bool {
        match self {
            Self::Deny => false,
            Self::AllowWithAlert | Self::Allow => true,
        }
    }
}

impl fmt::Display for HealMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for HealMode {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let known = Self::ALL.iter().copied().find(|mode| mode.word() == text);
        known.ok_or_else(|| UnknownWord::new("auto-heal mode", text, Self::WORDS))
    }
}

impl Serialize for HealMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for HealMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The offending text is left out: errors of serde may be about what was observed.
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| {
            de::Error::custom(format_args!("unknown auto-heal mode, expected one of `{}`", Self::WORDS.join("`, `")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_its_word_everywhere() {
        for (mode, word) in HealMode::ALL.iter().zip(HealMode::WORDS) {
            assert_eq!(mode.to_string(), *word);
            assert_eq!(word.parse(), Ok(*mode));
            assert_eq!(serde_json::to_value(mode).unwrap(), *word);
            assert_eq!(serde_json::from_value::<HealMode>(serde_json::json!(word)).unwrap(), *mode);
        }
    }

    #[test]
    fn an_unknown_mode_is_met_with_the_words() {
        let error = "ALOW".parse::<HealMode>().unwrap_err();
        assert_eq!(error.to_string(), "unknown auto-heal mode `ALOW`; did you mean `ALLOW`?");
        let error = serde_json::from_str::<HealMode>("\"CANARY\"").unwrap_err();
        assert!(!error.to_string().contains("CANARY"), "{error}");
    }
}
