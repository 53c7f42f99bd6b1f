//! `Said`: what one plane says at a place.

use drift_model::UnknownReason;
use serde_json::{Map, Value};

/// What one plane says at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Said<'a> {
    /// Nothing: the plane takes no part here.
    Silent,
    /// That there is nothing.
    Absent,
    /// This.
    Value(&'a Value),
    /// It cannot tell.
    Unknown(UnknownReason),
    /// Something, of which it cannot tell a part, and parts are not looked at here.
    Untold(UnknownReason),
}

impl<'a> Said<'a> {
    /// The value, if it is one; a `null` is not.
    pub(crate) fn value(self) -> Option<&'a Value> {
        match self {
            Self::Value(value) if !value.is_null() => Some(value),
            Self::Value(_) | Self::Silent | Self::Absent | Self::Unknown(_) | Self::Untold(_) => None,
        }
    }

    pub(crate) const fn is_silent(self) -> bool {
        matches!(self, Self::Silent)
    }

    pub(crate) const fn unknown(self) -> Option<UnknownReason> {
        match self {
            Self::Unknown(reason) | Self::Untold(reason) => Some(reason),
            Self::Silent | Self::Absent | Self::Value(_) => None,
        }
    }

    pub(super) fn object(self) -> Option<&'a Map<String, Value>> {
        self.value().and_then(Value::as_object)
    }

    pub(super) fn array(self) -> Option<&'a [Value]> {
        self.value().and_then(Value::as_array).map(Vec::as_slice)
    }
}
