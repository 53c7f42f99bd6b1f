//! `Own`: who owns an attribute, by its schema and by what the configuration says.

use serde_json::Value;

use super::super::declared::Declared;
use super::super::same::is_empty;
use super::super::schema::Attribute;
use super::super::views::Views;
use super::Planned;

/// Who owns a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Own {
    Configuration,
    /// Not the configuration.
    Nobody,
    /// The inputs cannot tell, and the planes differ there.
    Undetermined,
    /// The configuration, and no plane ever holds it: the engine writes `null` for it everywhere.
    WriteOnly,
}

impl<'a> Planned<'a> {
    /// Who owns an attribute that the schema knows.
    pub(super) fn owner(&self, attribute: Attribute<'a>, said: Declared<'a>, views: Views<'a>) -> Own {
        if attribute.write_only() {
            let silent = matches!(said, Declared::Nothing | Declared::Constant(Value::Null));
            return if silent { Own::Nobody } else { Own::WriteOnly };
        }
        if attribute.required() || attribute.optional() && !attribute.computed() {
            return Own::Configuration;
        }
        if !attribute.optional() {
            return Own::Nobody;
        }
        match said {
            Declared::Constant(Value::Null) => Own::Nobody,
            Declared::Expression(expression)
                if self.config.is_some_and(|config| config.is_null_variable(expression, self.calls)) =>
            {
                Own::Nobody
            }
            // An expression may have come out as null, which would leave the value to the provider.
            Declared::Constant(_) | Declared::Expression(_) | Declared::Blocks(_) | Declared::Something => {
                Own::Configuration
            }
            Declared::Nothing if attribute.takes_blocks() => self.perhaps_dynamic(views),
            Declared::Perhaps if views.drifted() || !views.kept() && !views.has_unknown() => Own::Undetermined,
            Declared::Nothing | Declared::Perhaps => Own::Nobody,
        }
    }

    /// An optional and computed attribute that a `dynamic` block could stand behind.
    fn perhaps_dynamic(&self, views: Views<'a>) -> Own {
        if views.has_unknown() || views.prior.is_none() {
            return Own::Nobody;
        }
        match (views.kept(), self.replaced) {
            // If it is kept, nothing in the plan tells a silent configuration from a `dynamic` block that agrees with
            // what was read. A difference to the record is there to be seen either way.
            // Who changes a value that is not computed anew is the configuration.
            (false, false) if views.after.is_some_and(|after| !after.is_null()) => Own::Configuration,
            (false, true) if !is_empty(views.after) => Own::Undetermined,
            (true | false, _) => Own::Nobody,
        }
    }
}
