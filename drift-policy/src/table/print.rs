//! `When` as it is written: the same columns with the same values, in one order.

use std::fmt;

use serde::{Serialize, Serializer};

use super::columns::{UNKNOWN, Values, bit};
use super::condition::{Condition, Test, Text, When};

impl When {
    /// The entries that say the same: columns in their order, words in theirs, then what is text, sorted, then `UNKNOWN`.
    ///
    /// Compiling them gives this condition again.
    ///
    /// ```
    /// use drift_policy::{Condition, When};
    ///
    /// let written = [Condition::new("kind", vec!["Secret*".into()]), Condition::new("domain", vec!["network".into(), "iam".into()])];
    /// let when = When::compile(&written).unwrap();
    /// assert_eq!(when.to_string(), "domain: [NETWORK, iam], kind: [Secret*]");
    /// assert_eq!(When::compile(&when.conditions()).unwrap(), when);
    /// ```
    #[must_use]
    pub fn conditions(&self) -> Vec<Condition> {
        self.tests().iter().map(|test| Condition::new(test.column.name(), test.values())).collect()
    }
}

impl Test {
    fn values(&self) -> Vec<String> {
        let all = self.column.values();
        let mut values = Vec::new();
        if self.bits == all.all_bits() {
            values.push("*".to_owned());
        } else {
            // GENERIC is written for itself and for every system with a name of its own.
            let generic = all == Values::System && self.bits & bit(7) != 0;
            let words = all.words().iter().enumerate().filter(|(index, _)| self.takes_value(*index));
            values.extend(words.filter(|(index, _)| !(generic && *index == 8)).map(|(_, word)| (*word).to_owned()));
        }
        values.extend(self.texts.iter().map(|text| text.written(all)));
        values.extend(self.unknown.then(|| UNKNOWN.to_owned()));
        values
    }
}

impl Text {
    /// The text as it is written.
    pub(super) fn written(&self, values: Values) -> String {
        match self {
            Self::Glob(glob) => glob.text(),
            Self::Path(pattern) => pattern.to_string(),
            Self::Word(name) if values == Values::System => format!("GENERIC:{name}"),
            Self::Word(word) => word.clone(),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.conditions().iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}: [{}]", condition.column, condition.values.join(", "))?;
        }
        Ok(())
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.conditions().into_iter().map(|condition| (condition.column, condition.values)))
    }
}
