//! The closed vocabularies of this crate, with the manners of the model's.

/// Declares an enum whose variants are words on the wire; its serde errors never repeat what was read.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $Name:ident as $noun:literal {
            $( $(#[$variant_meta:meta])* $Variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum $Name {
            $( $(#[$variant_meta])* $Variant, )+
        }

        impl $Name {
            /// Every value, in the order of this page.
            pub const ALL: &'static [Self] = &[ $( Self::$Variant, )+ ];

            /// The word on the wire.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( Self::$Variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $Name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::ALL.iter().copied().find(|value| value.word() == text).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|value| value.word()).collect();
                    serde::de::Error::custom(format_args!(
                        concat!("unknown ", $noun, ", expected one of `{}`"),
                        known.join("`, `")
                    ))
                })
            }
        }
    };
}
pub(crate) use words;
