//! `HealMode`: what a decision says about healing by a machine.

drift_model::vocabulary! {
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
    pub enum HealMode as "auto-heal mode" {
        /// A person decides.
        Deny = "DENY",
        /// A machine may, and says so to those that the routes name.
        AllowWithAlert = "ALLOW_WITH_ALERT",
        /// A machine may.
        Allow = "ALLOW",
    }
}

impl HealMode {
    /// May a machine heal at all, as far as the decision goes?
    #[must_use]
    pub const fn allows(self) -> bool {
        match self {
            Self::Deny => false,
            Self::AllowWithAlert | Self::Allow => true,
        }
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
