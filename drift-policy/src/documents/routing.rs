//! `AlertRouting`: who hears of what (seeds S0.19).

use drift_model::{Risk, nearest};
use serde::Serialize;

use super::reader::{Reader, all, list, quote};
use super::rules;
use super::taxonomy::Labels;
use crate::diagnostics::Severity;
use crate::table::{Column, Condition, Rule, Table, When};
use crate::tree::child;

/// What a route says.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Route {
    /// Who hears of it, in the order in which they are written; `$owner` stands for the finding's owner. Empty: nobody.
    pub notify: Vec<String>,
    /// Does it open an incident?
    pub create_incident: bool,
    /// Does it open an issue?
    pub create_issue: bool,
}

impl Route {
    /// A route to these, which opens nothing.
    #[must_use]
    pub fn to(notify: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { notify: notify.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

/// What a `match` may ask, by its key: what can be known of a finding as a whole. The names are those of the columns, but
/// for the two that seeds S0.19 spells in its own way.
const KEYS: &[(&str, Column)] = &[
    ("driftClass", Column::Class),
    ("severity", Column::Risk),
    ("domain", Column::Domain),
    ("relation", Column::Relation),
    ("kind", Column::Kind),
    ("namespace", Column::Namespace),
    ("name", Column::Name),
    ("environment", Column::Environment),
    ("tier", Column::Tier),
    ("riskTier", Column::RiskTier),
    ("serviceCriticality", Column::ServiceCriticality),
    ("dataClassification", Column::DataClassification),
    ("customerTier", Column::CustomerTier),
    ("owner", Column::Owner),
    ("complianceScope", Column::ComplianceScope),
    ("actor", Column::Actor),
    ("incident", Column::Incident),
    ("changeRecord", Column::ChangeRecord),
    ("freeze", Column::Freeze),
];

/// The key by which a `match` asks for a column.
pub(crate) fn key_of(column: Column) -> &'static str {
    KEYS.iter().find(|(_, of)| *of == column).map_or(column.name(), |(key, _)| key)
}

/// The column of a name, as a `when` or a `match` has it.
pub(crate) fn column_of(name: &str) -> Option<Column> {
    let key = KEYS.iter().find(|(key, _)| *key == name).map(|(_, column)| *column);
    key.or_else(|| name.parse().ok())
}

/// `spec` of an `AlertRouting`. The last route takes every finding, so that none is heard by nobody for want of a route.
pub(super) fn read(spec: &Reader<'_>, labels: &Labels) -> Option<Table<Route>> {
    let fields = spec.object(&["routes"])?;
    let routes = fields.required("routes")?.some()?;
    let known = &["id", "match", "notify", "createIncident", "createIssue", "because"];
    let read = routes.iter().enumerate().map(|(index, place)| {
        let fields = place.object(known)?;
        let id = fields.maybe("id", |place| place.text().map(str::to_owned));
        let when = fields.required("match").and_then(|place| matched(&place, labels));
        let notify = fields.required("notify").and_then(|place| Reader::each(&place.list()?, target));
        let create_incident = fields.maybe("createIncident", Reader::flag);
        let create_issue = fields.maybe("createIssue", Reader::flag);
        let because = fields.maybe("because", |place| place.text().map(str::to_owned));
        let route = Route {
            notify: notify?,
            create_incident: create_incident?.unwrap_or(false),
            create_issue: create_issue?.unwrap_or(false),
        };
        // The seeds give routes no names: one without is called by its place.
        let id = id?.unwrap_or_else(|| format!("routes/{index}"));
        Some(Rule::new(id, when?, route, because?.unwrap_or_default()))
    });
    let rules = all(read)?;
    let last = rules.last()?;
    if !last.when.columns().is_empty() {
        let message = "the last route does not take everything, so that somebody's finding may be heard by nobody";
        let help = "end with a default route: `{match: {}, notify: […]}`";
        spec.below(Severity::Error, "missing-default-route", "/routes", message, help);
        return None;
    }
    let fallback = last.outcome.clone();
    rules::table(spec, "routes", rules.len(), rules, fallback)
}

/// Whoever is told: one word, as a name of a team or of a channel is.
fn target(place: &Reader<'_>) -> Option<String> {
    let text = place.text()?;
    if text.starts_with('$') && text != crate::route::OWNER {
        let help = format!("`{}` is the finding's owner; anybody else is named", crate::route::OWNER);
        place.error("unknown-target", format!("unknown target {}", quote(text)), help);
        return None;
    }
    Some(text.to_owned())
}

/// A `match`: one value a key.
fn matched(place: &Reader<'_>, labels: &Labels) -> Option<When> {
    let asked = |(key, place): (&str, Reader<'_>)| {
        let Some((_, column)) = KEYS.iter().find(|(known, _)| *known == key) else {
            unknown_key(&place, key);
            return None;
        };
        Some(Condition::new(column.name(), vec![value(&place, *column, labels)?]))
    };
    rules::whole(place.members()?.each().into_iter().map(asked).collect(), |asked| compiled(place, asked))
}

/// Compiles the columns of a `match`, and calls them by its keys.
fn compiled(place: &Reader<'_>, asked: &[Condition]) -> Option<When> {
    let errors = match When::compile(asked) {
        Ok(when) => return Some(when),
        Err(errors) => errors,
    };
    for error in errors {
        let key = error.column.parse().map_or_else(|_| error.column.clone(), |column| key_of(column).to_owned());
        place.below(Severity::Error, error.code, &child("", &key), error.message, error.help);
    }
    None
}

fn value(place: &Reader<'_>, column: Column, labels: &Labels) -> Option<String> {
    let text = place.text()?;
    match column {
        Column::Risk => {
            let known: Vec<String> = Risk::WORDS.iter().map(|word| word.to_lowercase()).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            if !known.contains(&text) {
                place.unknown_word("severity", text, &known);
                return None;
            }
            return Some(text.to_uppercase());
        }
        Column::Class => drop(place.word::<drift_model::DriftClass>()?),
        Column::Domain => drop(labels.read(place)?),
        _ => {}
    }
    Some(text.to_owned())
}

fn unknown_key(place: &Reader<'_>, key: &str) {
    let spelled = |key: &str| match key {
        "class" => Some("driftClass"),
        "risk" => Some("severity"),
        _ => nearest(key, KEYS.iter().map(|(key, _)| *key)),
    };
    let known: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
    let help = match spelled(key) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("a route may ask for {}", list(&known)),
    };
    place.error("unknown-field", format!("unknown key {}", quote(key)), help);
}
