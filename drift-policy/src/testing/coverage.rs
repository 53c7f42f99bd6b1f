//! `Coverage`: which rules have decided a scenario, and which columns have refused one.

use std::fmt;

use drift_model::DocumentKind;

use super::outcome::Outcome;
use crate::documents::key_of;
use crate::policy::Policy;
use crate::table::{Column, Rule, Table};

/// What scenarios have tried of a policy's tables.
///
/// The tables that somebody wrote count, and of one that extends the shipped one its own rules. Where nobody wrote a
/// table, the shipped ones count.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Coverage {
    /// The tables, in the order in which they are asked.
    pub tables: Vec<TableCoverage>,
}

/// What scenarios have tried of one table.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TableCoverage {
    /// The table: `taxonomy`, `classification`, `decision`, `routes`.
    pub table: &'static str,
    pub(super) rules: Vec<RuleCoverage>,
}

/// What scenarios have tried of one rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RuleCoverage {
    pub(super) id: String,
    pub(super) decided: bool,
    /// Its columns, each with whether it has refused something.
    pub(super) columns: Vec<(&'static str, bool)>,
}

/// The tables, with the kinds of document that they are written in.
pub(super) const TABLES: [(&str, DocumentKind); 4] = [
    ("taxonomy", DocumentKind::DriftTaxonomy),
    ("classification", DocumentKind::DriftClassification),
    ("decision", DocumentKind::ReconciliationPolicy),
    ("routes", DocumentKind::AlertRouting),
];

impl Coverage {
    /// Nothing tried yet.
    pub(super) fn of(policy: &Policy) -> Self {
        let written = TABLES.iter().any(|(_, kind)| policy.own_rules(*kind).is_some());
        let counted = |kind: DocumentKind| if written { policy.own_rules(kind) } else { Some(usize::MAX) };
        let tables = TABLES.into_iter().filter_map(|(table, kind)| {
            let own = counted(kind)?;
            let rules = match kind {
                DocumentKind::DriftTaxonomy => rules(policy.taxonomy(), own, false),
                DocumentKind::DriftClassification => rules(policy.classification(), own, false),
                DocumentKind::ReconciliationPolicy => rules(policy.decision(), own, false),
                _ => rules(policy.routes(), own, true),
            };
            Some(TableCoverage { table, rules })
        });
        Self { tables: tables.collect() }
    }

    /// Counts what a scenario has tried.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        for (finding, routed) in &outcome.findings {
            for step in &finding.trace {
                let refused = step.refused.iter().map(|refusal| (refusal.rule.as_str(), refusal.column.as_str()));
                self.tried(&step.table, &step.rule, refused);
            }
            let refused = routed.refused.iter().map(|refusal| (refusal.rule.as_str(), refusal.column.as_str()));
            self.tried("routes", &routed.rule, refused);
        }
    }

    fn tried<'r>(&mut self, table: &str, decided: &str, refused: impl Iterator<Item = (&'r str, &'r str)>) {
        let Some(table) = self.tables.iter_mut().find(|known| known.table == table) else { return };
        if let Some(rule) = table.rules.iter_mut().find(|rule| rule.id == decided) {
            rule.decided = true;
        }
        for (rule, column) in refused {
            let rule = table.rules.iter_mut().find(|known| known.id == rule);
            let column = rule.and_then(|rule| rule.columns.iter_mut().find(|(name, _)| *name == column));
            if let Some((_, tried)) = column {
                *tried = true;
            }
        }
    }
}

fn rules<T>(table: &Table<T>, own: usize, routes: bool) -> Vec<RuleCoverage> {
    let name = |column: Column| if routes { key_of(column) } else { column.name() };
    // A column that takes everything, UNKNOWN included, refuses nothing.
    let refuses = |rule: &Rule<T>, column: Column| {
        let everything = column.values().all_bits();
        rule.when.test(column).is_some_and(|test| test.bits != everything || (column.is_fact() && !test.unknown))
    };
    let rule = |rule: &Rule<T>| RuleCoverage {
        id: rule.id.clone(),
        decided: false,
        columns: rule
            .when
            .columns()
            .iter()
            .filter(|column| refuses(rule, *column))
            .map(|column| (name(column), false))
            .collect(),
    };
    table.rules().iter().take(own).map(rule).collect()
}

impl TableCoverage {
    /// How many rules there are.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.rules.len()
    }

    /// How many of them have decided a scenario.
    #[must_use]
    pub fn decided(&self) -> usize {
        self.rules.iter().filter(|rule| rule.decided).count()
    }

    /// How many columns of the rules can refuse something, each counted for each rule.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.rules.iter().map(|rule| rule.columns.len()).sum()
    }

    /// How many of them have been the first to refuse a scenario.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.rules.iter().flat_map(|rule| &rule.columns).filter(|(_, tried)| *tried).count()
    }

    /// The cases that no scenario tries, by name, in the order of the rules.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for rule in &self.rules {
            if !rule.decided {
                missing.push(decides(self.table, &rule.id));
            }
            let columns = rule.columns.iter().filter(|(_, tried)| !tried);
            missing.extend(columns.map(|(column, _)| refuses(self.table, &rule.id, column)));
        }
        missing
    }
}

/// The name of the case in which a rule decides.
pub(super) fn decides(table: &str, rule: &str) -> String {
    format!("{table} `{rule}` decides")
}

/// The name of the case in which a column is the first to refuse a rule.
pub(super) fn refuses(table: &str, rule: &str, column: &str) -> String {
    format!("{table} `{rule}` is refused by {column}")
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coverage:")?;
        for table in &self.tables {
            let (decided, rules, refused, columns) = (table.decided(), table.rules(), table.refused(), table.columns());
            write!(
                f,
                "\n  {}: {decided} of {rules} rules decided, {refused} of {columns} columns refused",
                table.table
            )?;
            for case in table.missing() {
                write!(f, "\n    missing: {case}")?;
            }
        }
        Ok(())
    }
}
