//! A table with what is known of a case folded in: what can still happen to it.

use super::Table;
use super::case::Case;
use super::columns::Columns;
use super::compiled::Block;
use super::rule::Rule;

impl<T: Clone> Table<T> {
    /// The table with everything folded in that the case knows: rules that it rules out are gone, and the others ask only
    /// for what is not known yet. Of every case that agrees with this one in what it knows, both tables say the same, by the
    /// same rule.
    ///
    /// ```
    /// use drift_model::{Facts, Freeze, ResourceRef};
    /// use drift_policy::{Case, Condition, Rule, Table, When};
    ///
    /// let when = |column: &str, value: &str| When::compile(&[Condition::new(column, vec![value.into()])]).unwrap();
    /// let rules = vec![
    ///     Rule::new("secrets", when("kind", "Secret"), "ask", "secrets are looked at"),
    ///     Rule::new("frozen", when("freeze", "ON"), "wait", "a freeze is a freeze"),
    ///     Rule::new("rest", When::default(), "go", "nothing stands in the way"),
    /// ];
    /// let (table, _) = Table::compile(rules, "ask").unwrap();
    /// let (resource, facts) = (ResourceRef::kubernetes("", "v1", "Pod", "prod", "web"), Facts::default());
    /// let left = table.specialize(&Case::new(&resource, &facts));
    /// assert_eq!(left.rules().iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["frozen", "rest"]);
    /// ```
    #[must_use]
    pub fn specialize(&self, case: &Case<'_>) -> Self {
        let known = self.known_of(case);
        let rules: Vec<Rule<T>> = self
            .rules()
            .iter()
            .filter_map(|rule| {
                let when = rule.when.without(known, case)?;
                Some(Rule { when, ..rule.clone() })
            })
            .collect();
        Self { blocks: Block::all(&rules), rules, on_unknown: self.on_unknown.clone() }
    }

    /// The columns whose value the case knows.
    fn known_of(&self, case: &Case<'_>) -> Columns {
        let tests = self.rules().iter().flat_map(|rule| rule.when.tests());
        tests.filter(|test| test.knows(case)).map(|test| test.column).collect()
    }
}
