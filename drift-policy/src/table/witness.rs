//! `Witness`: a case of one's own making that shows what an analysis claims.

use std::collections::BTreeMap;
use std::fmt;

use drift_model::{Domain, Facts, FieldPath, ResourceRef, System, Timestamp};
use serde_json::{Map, Value, json};

use super::case::Case;
use super::columns::{COUNT, Column, Columns, UNKNOWN, bit};

/// The value of one or several columns that belong together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Sample {
    /// Whatever the case has that somebody asked about.
    Given,
    /// A fact that nobody supplied.
    Unknown(Column),
    /// A word of a closed list.
    Word(Column, usize),
    /// Several candidates for the actor, one bit a kind.
    Actors(u16),
    /// What the change record is, and whether it accepts what runs; `None` where nobody said.
    Record(Option<usize>, Option<usize>),
    /// A label that some rule names.
    Label(Domain, String),
    /// A domain under a label that none names.
    Domain(Domain, String),
    System(System),
    Text(Column, String),
    /// A text that none of the globs takes.
    AnythingElse(Column, String),
    Scopes(Vec<String>),
    Path(FieldPath),
    /// A path that none of the patterns covers.
    AnyOtherPath(FieldPath),
    Conditions(BTreeMap<String, bool>),
}

/// A case of one's own making, which shows what an analysis claims when it is decided.
///
/// It prints as the columns that matter, `freeze=UNKNOWN, kind=Secret`; [`given`](Self::given) has it as facts, a
/// resource and a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    resource: ResourceRef,
    /// The facts by their names on the wire.
    written: Map<String, Value>,
    facts: Facts,
    path: Option<FieldPath>,
    label: Option<String>,
    /// What is said of the columns that are no facts; and of the exception, where its absence is known.
    said: [u16; COUNT],
    /// The columns that matter, with their values.
    columns: Vec<(Column, String)>,
}

impl Witness {
    /// A case of which nothing is known but the time.
    pub(super) fn of_nothing() -> Self {
        let mut facts = Facts::default();
        facts.now = Timestamp::from_unix_seconds(1_783_036_800);
        Self {
            resource: ResourceRef::kubernetes("", "v1", "Other", "other", "other"),
            written: Map::new(),
            facts,
            path: None,
            label: None,
            said: [0; COUNT],
            columns: Vec::new(),
        }
    }

    /// A case as somebody asked about it.
    pub(super) fn of_case(case: &Case<'_>) -> Self {
        let written = match serde_json::to_value(case.facts()) {
            Ok(Value::Object(written)) => written,
            Ok(_) | Err(_) => Map::new(),
        };
        let mut said = [0; COUNT];
        for (cell, column) in said.iter_mut().zip(Column::ALL) {
            if !column.is_fact() || *column == Column::Exception {
                *cell = case.possible(*column);
            }
        }
        let (facts, resource) = (case.facts().clone(), case.resource().clone());
        let (path, label) = (case.path().cloned(), case.label().map(str::to_owned));
        Self { resource, written, facts, path, label, said, columns: Vec::new() }
    }

    /// The same with these values.
    pub(super) fn with<'s>(mut self, samples: impl IntoIterator<Item = &'s Sample>) -> Self {
        for sample in samples {
            self.columns.extend(sample.shown());
            self.set(sample);
        }
        // Where there are no kinds, there are types.
        let kind = &mut self.resource.kind;
        if !self.resource.system.is_kubernetes() && !kind.is_empty() {
            self.resource.resource_type = std::mem::take(kind);
        }
        let now = self.facts.now;
        self.facts = serde_json::from_value(Value::Object(self.written.clone())).unwrap_or_default();
        self.facts.now = now;
        self
    }

    /// The same, of which only these columns are shown.
    pub(super) fn showing(mut self, columns: Columns) -> Self {
        self.columns.retain(|(column, _)| columns.contains(*column));
        self
    }

    /// The case, to be decided.
    #[must_use]
    pub fn case(&self) -> Case<'_> {
        Case::new(&self.resource, &self.facts).said(&self.said, self.path.as_ref(), self.label.as_deref())
    }

    /// The columns that matter, with their values, in the order of the columns.
    #[must_use]
    pub fn columns(&self) -> &[(Column, String)] {
        &self.columns
    }

    /// The facts that are known.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The case as a `DriftPolicyTest` writes down what is given: `resource`, `existence`, `facts`, `changes` and `now`, each
    /// left out where it does not matter. Class, domain and risk are left out, too: those come from the tables before.
    #[must_use]
    pub fn given(&self) -> Value {
        let shown = |columns: &[Column]| self.columns.iter().any(|(column, _)| columns.contains(column));
        let word = |column: Column| self.word(column).filter(|_| shown(&[column])).map(Value::from);
        let mut given = Map::new();
        let mut put = |key: &str, value: Value| drop(given.insert(key.to_owned(), value));
        if shown(&[Column::System, Column::Kind, Column::Namespace, Column::Name]) {
            put("resource", serde_json::to_value(&self.resource).unwrap_or_default());
        }
        if let Some(existence) = word(Column::Existence) {
            put("existence", existence);
        }
        let facts = self.written.iter().filter(|(key, _)| self.columns.iter().any(|(column, _)| fact(*column) == *key));
        let facts: Map<String, Value> = facts.map(|(key, value)| (key.clone(), value.clone())).collect();
        if !facts.is_empty() {
            put("facts", facts.into());
        }
        let mut change: Map<String, Value> =
            CHANGE.iter().filter_map(|(column, key)| Some(((*key).to_owned(), word(*column)?))).collect();
        let path = self.path.as_ref().filter(|_| shown(&[Column::Path]));
        if !change.is_empty() || path.is_some() {
            let path = path.map_or_else(|| "/spec".to_owned(), ToString::to_string);
            change.insert("path".to_owned(), path.into());
            put("changes", Value::from(vec![Value::Object(change)]));
        }
        if shown(&[Column::Exception, Column::Upgrade])
            && let Some(now) = self.facts.now
        {
            put("now", now.to_string().into());
        }
        given.into()
    }

    /// The word that is said of a column that is no fact.
    fn word(&self, column: Column) -> Option<&'static str> {
        let said = *self.said.get(column as usize)?;
        let index = usize::try_from(said.trailing_zeros()).ok()?;
        column.values().words().get(index).copied()
    }

    fn set(&mut self, sample: &Sample) {
        match sample {
            Sample::Given => {}
            Sample::Unknown(column) => {
                self.written.remove(fact(*column));
                self.say(*column, 0);
            }
            Sample::Word(column, index) if column.is_fact() => {
                self.say(*column, 0);
                self.word_of_fact(*column, *index);
            }
            Sample::Word(column, index) => self.say(*column, bit(*index)),
            Sample::Actors(kinds) => {
                let words = Column::Actor.values().words().iter().enumerate();
                let named = words.filter(|(index, _)| kinds & bit(*index) != 0);
                self.write(Column::Actor, named.map(|(_, word)| json!({ "kind": word })).collect());
            }
            Sample::Record(state, accepted) => {
                let state = state.and_then(|state| Column::ChangeRecord.values().words().get(state));
                let accepted = accepted.map(|accepted| accepted == 0);
                match (state, accepted) {
                    (None, _) => drop(self.written.remove(fact(Column::ChangeRecord))),
                    (Some(state), None) => self.write(Column::ChangeRecord, (*state).into()),
                    (Some(state), Some(accepts)) => {
                        self.write(Column::ChangeRecord, json!({"state": state, "acceptsRuntime": accepts}));
                    }
                }
            }
            Sample::Label(domain, label) | Sample::Domain(domain, label) => {
                self.say(Column::Domain, bit(*domain as usize));
                self.label = Some(label.clone());
            }
            Sample::System(system) => self.resource.system = system.clone(),
            Sample::Text(column, text) | Sample::AnythingElse(column, text) => self.text(*column, text),
            Sample::Scopes(scopes) => self.write(Column::ComplianceScope, scopes.as_slice().into()),
            Sample::Path(path) | Sample::AnyOtherPath(path) => self.path = Some(path.clone()),
            Sample::Conditions(conditions) => {
                let conditions = conditions.iter().map(|(name, holds)| (name.clone(), Value::from(*holds)));
                self.write(Column::Condition, Value::Object(conditions.collect()));
            }
        }
    }

    fn say(&mut self, column: Column, bits: u16) {
        if let Some(cell) = self.said.get_mut(column as usize) {
            *cell = bits;
        }
    }

    fn write(&mut self, column: Column, value: Value) {
        self.written.insert(fact(column).to_owned(), value);
    }

    fn text(&mut self, column: Column, text: &str) {
        match column {
            Column::Kind => {
                text.clone_into(&mut self.resource.kind);
                self.resource.resource_type.clear();
            }
            Column::Namespace => text.clone_into(&mut self.resource.namespace),
            Column::Name => {
                text.clone_into(&mut self.resource.name);
                self.resource.address.clear();
            }
            _ => self.write(column, text.into()),
        }
    }

    /// A fact that becomes this word of its column.
    fn word_of_fact(&mut self, column: Column, index: usize) {
        let word = column.values().words().get(index).copied().unwrap_or_default();
        let now = self.facts.now.map(|now| now.to_string()).unwrap_or_default();
        let value = match (column, word) {
            // That there is none, only who holds all exceptions can say.
            (Column::Exception, "NONE") => {
                self.written.remove(fact(column));
                return self.say(column, bit(index));
            }
            (Column::Exception, "EXPIRED") => json!({"id": "exception", "expires": now}),
            (Column::Exception, _) => json!({"id": "exception"}),
            (Column::Accepted, _) => json!({"state": "MATCHED", "acceptsRuntime": word == "true"}),
            (Column::Actor, _) => json!([{ "kind": word }]),
            (Column::Source, "FAILED") => json!({"applied": "FAILED"}),
            (Column::Source, _) => {
                json!({"fetched": word, "rendered": word, "decrypted": word, "applied": word, "observed": word})
            }
            (Column::Upgrade, "RECENT") => json!({"what": "PROVIDER", "name": "provider", "at": now}),
            (Column::Upgrade, _) => json!({"what": "PROVIDER", "name": "provider", "at": "1970-01-01T00:00:00Z"}),
            (Column::Violation, "YES") => json!([{"policy": "policy"}]),
            (Column::Violation, _) => json!([]),
            (Column::SecretSync, "FAILED") => json!({"condition": "SecretSyncedError"}),
            (Column::SecretSync, "LAGGING") => json!({"externalVersion": "v2", "syncedVersion": "v1"}),
            (Column::SecretSync, _) => {
                json!({"externalVersion": "v2", "syncedVersion": "v2", "consumerGeneration": "v2"})
            }
            _ => word.into(),
        };
        self.write(column, value);
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.columns.is_empty() {
            return f.write_str("anything");
        }
        for (index, (column, value)) in self.columns.iter().enumerate() {
            write!(f, "{}{column}={value}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Sample {
    /// Is it one of so few that all of those that mean the same are shown?
    pub(super) const fn is_one_of_few(&self) -> bool {
        match self {
            Self::Unknown(_)
            | Self::Word(..)
            | Self::Record(..)
            | Self::Label(..)
            | Self::Domain(..)
            | Self::System(_) => true,
            Self::Actors(kinds) => kinds.is_power_of_two(),
            Self::Given
            | Self::Text(..)
            | Self::AnythingElse(..)
            | Self::Scopes(_)
            | Self::Path(_)
            | Self::AnyOtherPath(_)
            | Self::Conditions(_) => false,
        }
    }

    /// The columns with their values as they are shown.
    pub(super) fn shown(&self) -> Vec<(Column, String)> {
        let word = |column: Column, index: Option<usize>| {
            let word = index.and_then(|index| column.values().words().get(index)).copied();
            (column, word.unwrap_or(UNKNOWN).to_owned())
        };
        match self {
            Self::Given => Vec::new(),
            Self::Unknown(column) => vec![(*column, UNKNOWN.to_owned())],
            Self::Word(column, index) => vec![word(*column, Some(*index))],
            Self::Actors(kinds) => {
                let words = Column::Actor.values().words().iter().enumerate();
                let named: Vec<&str> =
                    words.filter(|(index, _)| kinds & bit(*index) != 0).map(|(_, word)| *word).collect();
                vec![(Column::Actor, named.join(" or "))]
            }
            Self::Record(state, accepted) => {
                vec![word(Column::ChangeRecord, *state), word(Column::Accepted, *accepted)]
            }
            Self::Label(_, label) => vec![(Column::Domain, label.clone())],
            Self::Domain(domain, _) => vec![(Column::Domain, domain.word().to_owned())],
            Self::System(system) => vec![(Column::System, system.word().into_owned())],
            Self::Text(column, text) => vec![(*column, text.clone())],
            Self::AnythingElse(column, _) => vec![(*column, "anything else".to_owned())],
            Self::AnyOtherPath(_) => vec![(Column::Path, "anything else".to_owned())],
            Self::Scopes(scopes) if scopes.is_empty() => vec![(Column::ComplianceScope, "none".to_owned())],
            Self::Scopes(scopes) => vec![(Column::ComplianceScope, scopes.join(" and "))],
            Self::Path(path) if path.is_root() => vec![(Column::Path, "the whole resource".to_owned())],
            Self::Path(path) => vec![(Column::Path, path.to_string())],
            Self::Conditions(conditions) => {
                let all: Vec<String> = conditions.iter().map(|(name, holds)| format!("{name}:{holds}")).collect();
                vec![(Column::Condition, if all.is_empty() { "none named".to_owned() } else { all.join(" ") })]
            }
        }
    }
}

/// The columns of a change, with their keys.
const CHANGE: [(Column, &str); 4] = [
    (Column::Change, "kind"),
    (Column::Relation, "relation"),
    (Column::Disposition, "disposition"),
    (Column::OwnerKind, "owner"),
];

/// The key of the facts that a column is read from.
const fn fact(column: Column) -> &'static str {
    match column {
        Column::Actor => "actors",
        Column::Accepted | Column::ChangeRecord => "changeRecord",
        Column::Upgrade => "lastUpgrade",
        Column::Violation => "violations",
        Column::Condition => "conditions",
        column => column.name(),
    }
}
