//! One place in all the values that a plan holds for an object.

use serde_json::Value;

use super::ownership::DEEPEST;
use super::same::same;

/// One place in the planes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Views<'a> {
    pub(super) after: Option<&'a Value>,
    pub(super) unknown: Option<&'a Value>,
    pub(super) recorded: Option<&'a Value>,
    pub(super) prior: Option<&'a Value>,
    pub(super) compared: bool,
}

impl<'a> Views<'a> {
    pub(super) fn field(self, name: &str) -> Self {
        let within = |value: Option<&'a Value>| value.and_then(|value| value.get(name));
        Self {
            after: within(self.after),
            unknown: if self.unknown == Some(&Value::Bool(true)) { self.unknown } else { within(self.unknown) },
            recorded: within(self.recorded),
            prior: within(self.prior),
            compared: self.compared,
        }
    }

    /// An element; in a set, positions of different planes have nothing to do with each other.
    pub(super) fn item(self, index: usize, aligned: bool) -> Self {
        let within = |value: Option<&'a Value>| value.and_then(|value| value.get(index));
        let beside = |value| if aligned { within(value) } else { None };
        Self {
            after: within(self.after),
            unknown: if self.unknown == Some(&Value::Bool(true)) { self.unknown } else { within(self.unknown) },
            recorded: beside(self.recorded),
            prior: beside(self.prior),
            compared: self.compared && aligned,
        }
    }

    /// Does the reading differ from the record?
    pub(super) fn drifted(self) -> bool {
        self.compared && !same(self.recorded, self.prior)
    }

    /// Does the plan leave what was read as it is?
    pub(super) fn kept(self) -> bool {
        !self.has_unknown() && same(self.after, self.prior)
    }

    pub(super) fn has_unknown(self) -> bool {
        fn holds(value: &Value, depth: usize) -> bool {
            let deeper = depth.saturating_add(1);
            match value {
                Value::Bool(flag) => *flag,
                _ if depth > DEEPEST => true,
                Value::Array(items) => items.iter().any(|item| holds(item, deeper)),
                Value::Object(map) => map.values().any(|member| holds(member, deeper)),
                Value::Null | Value::Number(_) | Value::String(_) => false,
            }
        }
        self.unknown.is_some_and(|unknown| holds(unknown, 0))
    }
}
