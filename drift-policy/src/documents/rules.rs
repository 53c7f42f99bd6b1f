//! What the tables have in common: `rules`, each with `id`, `when` and `because`, and the proof that they are a table.

use super::reader::{Fields, Reader, all};
use super::taxonomy::Labels;
use crate::diagnostics::Severity;
use crate::table::{Condition, Rule, Table, TableError, When};
use crate::tree::{Tree, child};

/// The `rules` of a table. `known` are the fields of a rule, and `outcome` reads what is particular to the table; it is
/// asked of every rule, also of those whose `when` cannot be read.
pub(super) fn read<'t, T>(
    spec: &Fields<'t>,
    labels: &Labels,
    known: &[&'static str],
    outcome: impl Fn(&Fields<'t>, Option<&When>) -> Option<T>,
) -> Option<Vec<Rule<T>>> {
    spec.some("rules", |place| {
        let fields = place.object(known)?;
        let id = fields.text("id");
        let when = fields.required("when").and_then(|place| when(&place, labels));
        let outcome = outcome(&fields, when.as_ref());
        let because = fields.text("because");
        Some(Rule::new(id?, when?, outcome?, because?))
    })
}

/// A `when`: columns, each with a list of values; one value stands for a list of one.
///
/// A label that no taxonomy has would hold for nothing, which is not what its author thinks; it is an error.
pub(super) fn when(place: &Reader<'_>, labels: &Labels) -> Option<When> {
    let read: Vec<Option<Condition>> =
        place.members()?.each().into_iter().map(|(name, column)| condition(name, &column, labels)).collect();
    whole(read, |readable| compiled(place, readable))
}

/// What is made of all columns. Where some cannot be read, the others are looked at all the same, so that nothing that is
/// wrong with them waits for the next time.
pub(super) fn whole(read: Vec<Option<Condition>>, compile: impl FnOnce(&[Condition]) -> Option<When>) -> Option<When> {
    let count = read.len();
    let readable: Vec<Condition> = read.into_iter().flatten().collect();
    compile(&readable).filter(|_| readable.len() == count)
}

/// The columns of a `when`, with their values as they are written.
pub(super) fn conditions(place: &Reader<'_>, labels: &Labels) -> Option<Vec<Condition>> {
    all(place.members()?.each().into_iter().map(|(name, column)| condition(name, &column, labels)))
}

/// One column with its values as they are written.
pub(super) fn condition(name: &str, column: &Reader<'_>, labels: &Labels) -> Option<Condition> {
    let values = column.values()?;
    if name == "domain" {
        let named = column.elements().into_iter().filter(|value| value.tree.as_text() != Some("*"));
        all(named.map(|value| labels.read(&value)))?;
    }
    Some(Condition::new(name, values))
}

/// Compiles the columns of a place.
pub(super) fn compiled(place: &Reader<'_>, conditions: &[Condition]) -> Option<When> {
    let errors = match When::compile(conditions) {
        Ok(when) => return Some(when),
        Err(errors) => errors,
    };
    for error in errors {
        let mut pointer = child("", &error.column);
        // A budget has its columns one level down.
        if place.tree.get(&error.column).is_none() {
            pointer = format!("/match{pointer}");
        }
        let column = place.tree.get(&error.column).or_else(|| place.tree.get("match")?.get(&error.column));
        if let (Some(index), Some(Tree::List(_))) = (error.value, column) {
            pointer = child(&pointer, &index.to_string());
        }
        place.below(Severity::Error, error.code, &pointer, error.message, error.help);
    }
    None
}

/// Proves that rules, which stand in the list of this name, are a table. Of the rules only the first `own` stand in the
/// document; the others are those that it extends.
pub(super) fn table<T: PartialEq>(
    spec: &Reader<'_>,
    list: &str,
    own: usize,
    rules: Vec<Rule<T>>,
    on_unknown: T,
) -> Option<Table<T>> {
    let report = |error: TableError| {
        let inherited = error.rule.is_some_and(|rule| rule >= own);
        let pointer = match error.rule {
            Some(_) if inherited => "/extends".to_owned(),
            Some(rule) => format!("/{list}/{rule}"),
            None => format!("/{list}"),
        };
        // That a rule stands before one that it extends is what extending is for; and a route that waits is heard beside the
        // one that decides, so that it stands in nobody's way.
        let meant = (error.warning && inherited) || (list == "routes" && error.code == "waiting-rule");
        if !meant {
            let severity = if error.warning { Severity::Warning } else { Severity::Error };
            spec.below(severity, error.code, &pointer, error.message, error.help);
        }
    };
    match Table::compile(rules, on_unknown) {
        Ok((table, warnings)) => {
            warnings.into_iter().for_each(report);
            Some(table)
        }
        Err(errors) => {
            errors.into_iter().for_each(report);
            None
        }
    }
}
