//! Closed vocabularies: enums whose variants are words on the wire.
//!
//! A decision ranges over these words, so they are closed: `match` without `_` is how a new class finds every place that
//! must think about it. One macro gives each vocabulary the same manners: capitals on the wire, a `FromStr` that knows
//! what was probably meant, and a serde form whose errors never repeat what was read.

use std::fmt;

/// A word that is not in the vocabulary it was read for.
///
/// The text repeats the word, so it is for documents that people write. Errors of observed documents go through serde,
/// where the offending text is left out.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown {noun} `{word}`; {}", hint(*.suggestion, .known))]
#[non_exhaustive]
pub struct UnknownWord {
    /// What the word was read as: `drift class`, `risk`.
    pub noun: &'static str,
    /// The word that is not known.
    pub word: String,
    /// The known word that is nearest to it, if any is near.
    pub suggestion: Option<&'static str>,
    /// All known words.
    pub known: Vec<&'static str>,
}

impl UnknownWord {
    /// Describes `word`, with the nearest of the `known` words.
    #[must_use]
    pub fn new(noun: &'static str, word: &str, known: &[&'static str]) -> Self {
        Self { noun, word: word.to_owned(), suggestion: nearest(word, known.iter().copied()), known: known.to_vec() }
    }
}

fn hint(suggestion: Option<&'static str>, known: &[&'static str]) -> String {
    match suggestion {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("expected one of `{}`", known.join("`, `")),
    }
}

/// The candidate nearest to `word` by edit distance, if it is near enough to be what was meant.
///
/// ```
/// let nearest = drift_model::nearest("EMERGENCY_DRFT", ["EMERGENCY_DRIFT", "POLICY_DRIFT"]);
/// assert_eq!(nearest, Some("EMERGENCY_DRIFT"));
/// assert_eq!(drift_model::nearest("banana", ["EMERGENCY_DRIFT"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).take(64).collect();
    candidates
        .into_iter()
        .map(|candidate| {
            let lower: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
            (distance(&word, &lower), candidate)
        })
        // Two letters may be swapped even in a short word.
        .filter(|(distance, candidate)| *distance <= if candidate.len() < 4 { 1 } else { 2.max(candidate.len() / 3) })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance, one row at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let substitute = diagonal.saturating_add(usize::from(x != y));
            diagonal = *cell;
            *cell = substitute.min(cell.saturating_add(1)).min(left.saturating_add(1));
            left = *cell;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

/// Reads a word of a vocabulary from serde, without ever repeating what was read. Public for the macro's sake.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by the macro below, and by nothing else")]
pub struct WordVisitor<T> {
    /// Looks the word up.
    pub parse: fn(&str) -> Option<T>,
    /// What a word is read as.
    pub noun: &'static str,
    /// All words.
    pub words: &'static [&'static str],
}

impl<T> serde::de::Visitor<'_> for WordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {}: one of `{}`", self.noun, self.words.join("`, `"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| {
            E::custom(format_args!("unknown {}, expected one of `{}`", self.noun, self.words.join("`, `")))
        })
    }
}

/// Declares a closed vocabulary. For the crates of this workspace; it is no part of the public interface.
#[doc(hidden)]
#[macro_export]
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        pub enum $Name:ident as $noun:literal {
            $( $(#[$variant_meta:meta])* $Variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[allow(clippy::exhaustive_enums, reason = "a closed vocabulary: a new word must be thought about everywhere")]
        pub enum $Name {
            $( $(#[$variant_meta])* $Variant, )+
        }

        impl $Name {
            /// Every value, in the order of this page.
            pub const ALL: &'static [Self] = &[ $( Self::$Variant, )+ ];
            /// Every word, in the same order.
            pub const WORDS: &'static [&'static str] = &[ $( $word, )+ ];

            /// The word on the wire.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( Self::$Variant => $word, )+ }
            }

            fn from_word(text: &str) -> Option<Self> {
                match text { $( $word => Some(Self::$Variant), )+ _ => None }
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $Name {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::from_word(text).ok_or_else(|| $crate::UnknownWord::new($noun, text, Self::WORDS))
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        $crate::__vocabulary_schema!($Name);

        impl<'de> serde::Deserialize<'de> for $Name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::__private::WordVisitor {
                    parse: Self::from_word,
                    noun: $noun,
                    words: Self::WORDS,
                })
            }
        }
    };
}
pub(crate) use vocabulary;

/// The JSON Schema of a vocabulary. A macro of its own, because features are those of the crate that a macro is called in.
#[cfg(feature = "schemars")]
#[doc(hidden)]
#[macro_export]
macro_rules! __vocabulary_schema {
    ($Name:ident) => {
        impl $crate::__private::schemars::JsonSchema for $Name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($Name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($Name)).into()
            }

            fn json_schema(_: &mut $crate::__private::schemars::SchemaGenerator) -> $crate::__private::schemars::Schema {
                $crate::__private::schemars::json_schema!({ "type": "string", "enum": Self::WORDS })
            }
        }
    };
}

/// Without the feature there is no schema.
#[cfg(not(feature = "schemars"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __vocabulary_schema {
    ($Name:ident) => {};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Risk;

    #[test]
    fn a_typo_is_met_with_the_word_that_was_meant() {
        let error = "CRITCAL".parse::<Risk>().unwrap_err();
        assert_eq!(error.to_string(), "unknown risk `CRITCAL`; did you mean `CRITICAL`?");
    }

    #[test]
    fn a_word_from_nowhere_is_met_with_all_words() {
        let error = "banana".parse::<Risk>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown risk `banana`; expected one of `INFO`, `LOW`, `MEDIUM`, `HIGH`, `CRITICAL`"
        );
    }

    #[test]
    fn serde_errors_do_not_repeat_what_was_read() {
        let error = serde_json::from_str::<Risk>("\"hunter2-secret\"").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn distance_agrees_with_known_cases() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, expected) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2)] {
            assert_eq!(distance(&chars(a), &chars(b)), expected, "{a} {b}");
        }
    }
}
