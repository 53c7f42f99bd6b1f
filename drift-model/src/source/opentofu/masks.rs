//! Sensitive masks: trees or bare booleans of a plan, paths of a state file, words of a schema.
//!
//! They under-approximate, and a mask may stand on one side only. So all masks of an object are joined, a mask inside a
//! list covers every element (sets are arrays in an order of their own), and what stands under a mask anywhere in the plan
//! is looked for by value everywhere.

use serde_json::{Map, Value};

use super::plan::members;
use super::schema::{Block, Nesting};
use crate::document::{MAX_DEPTH, Mark, Marks};
use crate::path::{FieldPath, Step};
use crate::pattern::{PathPattern, PatternStep};
use crate::planes::Planes;
use crate::redact::Secrets;
use crate::trie::StepView;

/// The pattern of exactly these steps.
pub(super) fn pattern(steps: &[PatternStep]) -> PathPattern {
    PathPattern { steps: steps.to_vec(), below: false }
}

/// The step to a member.
pub(super) fn field(name: &str) -> PatternStep {
    PatternStep::Exactly(Step::field(name))
}

/// The marks of one object, joined over all its masks, without repetition.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) marks: Marks,
}

impl Joined {
    fn push(&mut self, mark: Mark, steps: &[PatternStep]) {
        let pattern = pattern(steps);
        if !self.marks.has(mark, &pattern) {
            self.marks.add(mark, pattern);
        }
    }

    /// Adds a mask of a plan: `true` covers what is under it. The value beside it tells whether names are hidden too.
    pub(super) fn add_mask(&mut self, mask: Option<&Value>, value: Option<&Value>) {
        if let Some(mask) = mask {
            self.mask_at(mask, value, &mut Vec::new());
        }
    }

    fn mask_at(&mut self, mask: &Value, value: Option<&Value>, place: &mut Vec<PatternStep>) {
        if place.len() > MAX_DEPTH {
            return;
        }
        match mask {
            Value::Bool(true) => {
                self.push(secrecy(value), place);
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    place.push(PatternStep::Any);
                    self.mask_at(item, value.and_then(|value| value.get(index)), place);
                    place.pop();
                }
            }
            Value::Object(map) => {
                for (name, inner) in sorted(map) {
                    place.push(field(name));
                    self.mask_at(inner, value.and_then(|value| value.get(name)), place);
                    place.pop();
                }
            }
            Value::Null | Value::Bool(false) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Adds `sensitive_attributes` of a state file: a list of paths. A step that is not understood ends its path.
    pub(super) fn add_state_paths(&mut self, paths: Option<&Value>, values: &Value) {
        for path in members(paths) {
            let mut place = Vec::new();
            let mut here = Some(values);
            for step in members(Some(path)) {
                let value = match step.get("value") {
                    Some(Value::Object(index)) => index.get("value"),
                    other => other,
                };
                match value {
                    Some(Value::String(name)) => {
                        place.push(field(name));
                        here = here.and_then(|here| here.get(name));
                    }
                    Some(Value::Number(_)) => {
                        place.push(PatternStep::Any);
                        here = here.and_then(|here| here.get(0));
                    }
                    _ => break,
                }
            }
            self.push(secrecy(here), &place);
        }
    }

    /// Adds what a schema calls sensitive.
    pub(super) fn add_schema(&mut self, block: Block<'_>) {
        self.schema_at(block, &mut Vec::new());
    }

    fn schema_at(&mut self, block: Block<'_>, place: &mut Vec<PatternStep>) {
        if place.len() > MAX_DEPTH {
            return;
        }
        for (name, attribute) in block.attributes() {
            place.push(field(name));
            if attribute.sensitive() {
                self.push(if attribute.is_map() { Mark::Opaque } else { Mark::Sensitive }, place);
            } else if let Some((nesting, inner)) = attribute.nested() {
                self.nested_at(nesting, inner, place);
            }
            place.pop();
        }
        for (name, nesting, inner) in block.blocks() {
            place.push(field(name));
            self.nested_at(nesting, inner, place);
            place.pop();
        }
    }

    fn nested_at(&mut self, nesting: Nesting, inner: Block<'_>, place: &mut Vec<PatternStep>) {
        match nesting {
            Nesting::Single => self.schema_at(inner, place),
            Nesting::List | Nesting::Set | Nesting::Map => {
                place.push(PatternStep::Any);
                self.schema_at(inner, place);
                place.pop();
            }
        }
    }

    /// Adds the arguments of a block that the configuration makes secret, as `secret` tells of an expression.
    pub(super) fn add_expressions(&mut self, expressions: &Map<String, Value>, secret: &dyn Fn(&Value) -> bool) {
        self.expressions_at(expressions, secret, &mut Vec::new());
    }

    fn expressions_at(
        &mut self,
        expressions: &Map<String, Value>,
        secret: &dyn Fn(&Value) -> bool,
        place: &mut Vec<PatternStep>,
    ) {
        if place.len() > MAX_DEPTH {
            return;
        }
        for (name, expression) in sorted(expressions) {
            place.push(field(name));
            match expression {
                Value::Object(map) if map.contains_key("references") => {
                    if secret(expression) {
                        self.push(Mark::Sensitive, place);
                    }
                }
                Value::Object(map) if !map.contains_key("constant_value") => self.expressions_at(map, secret, place),
                Value::Array(blocks) => {
                    place.push(PatternStep::Any);
                    for block in blocks.iter().filter_map(Value::as_object) {
                        self.expressions_at(block, secret, place);
                    }
                    place.pop();
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {}
            }
            place.pop();
        }
    }

    /// Adds every string of the value that one of the marks covers.
    pub(super) fn collect(&self, value: Option<&Value>, secrets: &mut Secrets) {
        let Some(value) = value.filter(|_| !self.marks.is_empty()) else { return };
        collect_marked(value, &self.marks, &mut Vec::new(), secrets);
    }
}

/// The names in a secret object are secret with it.
fn secrecy(value: Option<&Value>) -> Mark {
    if value.is_some_and(Value::is_object) { Mark::Opaque } else { Mark::Sensitive }
}

fn collect_marked<'v>(value: &'v Value, marks: &Marks, place: &mut Vec<StepView<'v>>, secrets: &mut Secrets) {
    if place.len() > MAX_DEPTH {
        return;
    }
    match value {
        Value::String(text) if marks.at(place).sensitive => secrets.add(text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                place.push(StepView::Element { index: Some(index), step: None });
                collect_marked(item, marks, place, secrets);
                place.pop();
            }
        }
        Value::Object(map) => {
            for (name, member) in map {
                place.push(StepView::Field(name));
                collect_marked(member, marks, place, secrets);
                place.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Adds to the desired value what the plan has besides, at the place that the steps lead to.
///
/// What is secret together with its names is compared as one. There a desired value without what only the provider knows
/// would differ from every other.
pub(super) fn complete(desired: &mut Value, after: &Value, steps: &[PatternStep]) {
    let rest = steps.get(1..).unwrap_or_default();
    match (desired, after) {
        (Value::Object(desired), Value::Object(after)) => {
            for (name, planned) in after {
                let leads_here = match steps.first() {
                    None | Some(PatternStep::Any) => true,
                    Some(PatternStep::Exactly(step)) => {
                        matches!(step, Step::Field(field) if field == name)
                    }
                };
                match desired.get_mut(name) {
                    Some(member) if leads_here => complete(member, planned, rest),
                    None if steps.is_empty() => drop(desired.insert(name.clone(), planned.clone())),
                    Some(_) | None => {}
                }
            }
        }
        // Within a list every element is meant: so masks are read.
        (Value::Array(desired), Value::Array(after)) if desired.len() == after.len() => {
            desired.iter_mut().zip(after).for_each(|(item, planned)| complete(item, planned, rest));
        }
        _ => {}
    }
}

/// Adds every string of the value.
pub(super) fn collect_all(value: &Value, secrets: &mut Secrets) {
    fn walk(value: &Value, depth: usize, secrets: &mut Secrets) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::String(text) => secrets.add(text),
            Value::Array(items) => items.iter().for_each(|item| walk(item, depth.saturating_add(1), secrets)),
            Value::Object(map) => map.values().for_each(|member| walk(member, depth.saturating_add(1), secrets)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    walk(value, 0, secrets);
}

/// Cuts each path off where it would tell a value: at the element of a set, and at a name that is secret.
pub(super) fn redact_paths(paths: &mut Vec<FieldPath>, planes: &Planes, secrets: &Secrets) {
    for path in &mut *paths {
        let place: Vec<StepView<'_>> = path.steps().iter().map(StepView::from).collect();
        let tells = |(depth, step): (usize, &Step)| match step {
            Step::Index(_) => false,
            Step::Key(_) | Step::Item(_) => true,
            Step::Field(name) => {
                let above = place.get(..depth).unwrap_or_default();
                secrets.are_in(name) || planes.documents().any(|document| document.marks().at(above).opaque)
            }
        };
        if let Some(depth) = path.steps().iter().enumerate().position(tells) {
            let kept = path.steps().iter().take(depth).cloned().collect();
            *path = kept;
        }
    }
    paths.sort();
    paths.dedup();
}

/// The members of an object by name, whatever order the map keeps.
pub(super) fn sorted(map: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut all: Vec<_> = map.iter().map(|(name, value)| (name.as_str(), value)).collect();
    all.sort_unstable_by_key(|(name, _)| *name);
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(joined: &Joined) -> Vec<String> {
        joined.marks.listed().iter().map(|(mark, pattern)| format!("{mark:?} {pattern}")).collect()
    }

    #[test]
    fn a_mask_is_a_tree_or_a_bare_boolean_at_any_level() {
        let mut joined = Joined::default();
        joined.add_mask(
            Some(&json!({"a": true, "list": [{"x": true, "y": false}, false], "map": true, "none": {}})),
            Some(&json!({"a": 1, "list": [{"x": "", "y": ""}, ""], "map": {"k": "v"}})),
        );
        assert_eq!(shown(&joined), ["Sensitive /a", "Sensitive /list/*/x", "Opaque /map"]);
        let mut whole = Joined::default();
        whole.add_mask(Some(&json!(true)), Some(&json!({})));
        whole.add_mask(Some(&json!(false)), None);
        assert_eq!(shown(&whole), ["Opaque "]);
    }

    #[test]
    fn paths_of_a_state_file_are_followed_as_far_as_they_are_understood() {
        let mut joined = Joined::default();
        joined.add_state_paths(
            Some(&json!([
                [{"type": "get_attr", "value": "env"}, {"type": "index", "value": {"value": "PASSWORD", "type": "string"}}],
                [{"type": "get_attr", "value": "rule"}, {"type": "index", "value": {"value": 3, "type": "number"}}, {"type": "get_attr", "value": "header"}],
                [{"type": "get_attr", "value": "set"}, {"type": "index", "value": {"value": {}, "type": "dynamic"}}],
                "hunter2",
            ])),
            &json!({}),
        );
        assert_eq!(
            shown(&joined),
            ["Sensitive /env/PASSWORD", "Sensitive /rule/*/header", "Sensitive /set", "Opaque "]
        );
    }
}
