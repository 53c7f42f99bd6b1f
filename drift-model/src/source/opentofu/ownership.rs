//! Which paths the configuration owns, and what it wants there.
//!
//! A plan's `after` holds a value for every path, also where the configuration is silent: there it repeats what was read.
//! So `after` becomes a desired plane only where a path is owned. The provider's schema and the expressions of the block
//! decide; where they cannot (a `dynamic` block leaves no trace) and it matters, the value is unknown and nothing is
//! claimed.

mod own;

use serde_json::{Map, Value};

use self::own::Own;
use super::config::{Config, constant};
use super::declared::{Declared, Scope, element, single};
use super::masks::{field, pattern, sorted};
use super::same::{agrees_in_type, converted, follows, is_empty, same_json_text};
use super::schema::{Attribute, Block, Nesting};
use super::views::Views;
use crate::document::{Document, Mark};
use crate::pattern::{PathPattern, PatternStep};

/// How deep blocks and values are followed. A plan is read from text, whose readers stop at 127 levels; what is deeper is
/// unknown.
pub(super) const DEEPEST: usize = 128;

/// The desired document, and where its silence means absence.
#[derive(Debug, Default)]
pub(super) struct Desired {
    pub(super) document: Document,
    pub(super) exact: Vec<PathPattern>,
    /// Write-only arguments: written in the configuration, and in no plane.
    pub(super) unobservable: Vec<PathPattern>,
}

/// What is to be made into a desired plane.
#[derive(Debug)]
pub(super) struct Planned<'a> {
    /// `after`, and where it is unknown.
    pub(super) after: Option<&'a Value>,
    pub(super) unknown: Option<&'a Value>,
    /// What the record holds, if that is known.
    pub(super) recorded: Option<&'a Value>,
    /// What the plan began from.
    pub(super) prior: Option<&'a Value>,
    /// Are record and reading both known, so that a difference between them is one?
    pub(super) compared: bool,
    /// Will the object be replaced? Then `after` does not continue what was.
    pub(super) replaced: bool,
    pub(super) schema: Option<Block<'a>>,
    pub(super) expressions: Option<&'a Map<String, Value>>,
    pub(super) config: Option<&'a Config<'a>>,
    pub(super) calls: &'a [&'a Value],
}

impl Planned<'_> {
    /// Masks `after` to the paths that the configuration owns.
    pub(super) fn desired(&self) -> Desired {
        let mut shaper = Shaper { planned: self, unknown: Vec::new(), unobservable: Vec::new() };
        let scope = self.expressions.map_or(Scope::Perhaps, Scope::Expressions);
        let views = Views {
            after: self.after,
            unknown: self.unknown,
            recorded: self.recorded,
            prior: self.prior,
            compared: self.compared,
        };
        let mut place = Vec::new();
        if views.unknown == Some(&Value::Bool(true)) {
            shaper.unknown.push(PathPattern::everything());
        }
        let part = shaper.object(self.schema, &scope, views, &mut place);
        let mut document = Document::new(part.value);
        for pattern in shaper.unknown {
            document.mark(Mark::Unknown, pattern);
        }
        Desired { document, exact: part.exact, unobservable: shaper.unobservable }
    }

    /// What the constants of the configuration say alone, where nothing was planned.
    pub(super) fn constants(&self) -> Document {
        let mut members = Map::new();
        for (name, expression) in self.expressions.map(sorted).unwrap_or_default() {
            let attribute = self.schema.and_then(|schema| schema.attribute(name));
            // Nothing will ever answer what is write-only.
            let write_only = attribute.map_or_else(|| is_write_only_by_custom(name), Attribute::write_only);
            if let Some(value) = constant(expression).filter(|value| !value.is_null() && !write_only) {
                let kind = attribute.and_then(Attribute::kind);
                members.insert(name.to_owned(), converted(value, kind));
            }
        }
        Document::new(Value::Object(members))
    }
}

/// A part of the desired document.
#[derive(Debug)]
struct Part {
    value: Value,
    exact: Vec<PathPattern>,
    /// Is everything below owned?
    whole: bool,
}

#[derive(Debug)]
struct Shaper<'p, 'a> {
    planned: &'p Planned<'a>,
    unknown: Vec<PathPattern>,
    unobservable: Vec<PathPattern>,
}

impl<'a> Shaper<'_, 'a> {
    fn object(
        &mut self,
        schema: Option<Block<'a>>,
        scope: &Scope<'a>,
        views: Views<'a>,
        place: &mut Vec<PatternStep>,
    ) -> Part {
        let mut object = Map::new();
        let mut exact = Vec::new();
        let mut whole = true;
        if place.len() > DEEPEST {
            self.unknown.push(pattern(place));
            return Part { value: Value::Null, exact, whole };
        }
        for name in names(schema, scope, views) {
            place.push(field(name));
            let here = views.field(name);
            let said = scope.get(name);
            let part = match schema {
                Some(block) => match block.attribute(name) {
                    Some(attribute) => self.attribute(attribute, said, here, place),
                    None => block
                        .blocks()
                        .find(|(known, _, _)| *known == name)
                        .map(|(_, nesting, inner)| self.nested(Some(nesting), Some(inner), said, here, place)),
                },
                None => self.unschooled(name, said, here, place),
            };
            match part {
                Some(part) if part.whole => {
                    object.insert(name.to_owned(), part.value);
                    exact.push(pattern(place));
                }
                Some(part) => {
                    object.insert(name.to_owned(), part.value);
                    exact.extend(part.exact);
                    whole = false;
                }
                None => whole = false,
            }
            place.pop();
        }
        Part { value: Value::Object(object), exact, whole }
    }

    /// An attribute that the schema knows. `None` where the configuration is silent.
    fn attribute(
        &mut self,
        attribute: Attribute<'a>,
        said: Declared<'a>,
        views: Views<'a>,
        place: &mut Vec<PatternStep>,
    ) -> Option<Part> {
        match self.planned.owner(attribute, said, views) {
            Own::Nobody => None,
            Own::Undetermined => Some(self.undetermined(place)),
            Own::WriteOnly => {
                self.unobservable.push(pattern(place));
                None
            }
            Own::Configuration => Some(match attribute.nested() {
                Some((nesting, inner)) => self.nested(Some(nesting), Some(inner), said, views, place),
                None => leaf(self.settled(attribute.kind(), said, views, attribute.takes_blocks(), place)),
            }),
        }
    }

    /// An attribute or block of a type whose schema nobody passed: what is not an expression is not owned, unless the
    /// plan takes it away.
    fn unschooled(
        &mut self,
        name: &str,
        said: Declared<'a>,
        views: Views<'a>,
        place: &mut Vec<PatternStep>,
    ) -> Option<Part> {
        let kept = views.kept();
        let nowhere = views.after.is_none_or(Value::is_null) && !views.has_unknown();
        match said {
            // A write-only argument is null in every plan.
            Declared::Constant(_) | Declared::Expression(_) if nowhere && is_write_only_by_custom(name) => {
                self.unobservable.push(pattern(place));
                None
            }
            Declared::Constant(value) if nowhere && !value.is_null() => Some(self.undetermined(place)),
            Declared::Constant(Value::Null) if !is_empty(views.after) => None,
            Declared::Constant(_) | Declared::Expression(_) | Declared::Something => {
                Some(leaf(self.settled(None, said, views, false, place)))
            }
            Declared::Blocks(_) => Some(self.nested(None, None, said, views, place)),
            Declared::Nothing | Declared::Perhaps if views.has_unknown() || views.prior.is_none() => None,
            Declared::Nothing if !kept && views.after.is_none_or(Value::is_null) => Some(leaf(Value::Null)),
            Declared::Nothing | Declared::Perhaps => {
                let blocks = |value: Option<&Value>| {
                    value.and_then(Value::as_array).is_some_and(|items| items.iter().any(Value::is_object))
                };
                let dynamic = blocks(views.after) || blocks(views.prior);
                (dynamic && !kept).then(|| self.undetermined(place))
            }
        }
    }

    /// A nested block or attribute. Without `nesting`, it is what it looks like.
    fn nested(
        &mut self,
        nesting: Option<Nesting>,
        inner: Option<Block<'a>>,
        said: Declared<'a>,
        views: Views<'a>,
        place: &mut Vec<PatternStep>,
    ) -> Part {
        if views.unknown == Some(&Value::Bool(true)) {
            return self.undetermined(place);
        }
        let mut views = views;
        match said {
            // The plan does not follow the configuration here: what is wanted is what is written.
            Declared::Constant(value) if !value.is_null() && !follows(value, views.after, nesting) => {
                views = Views { after: Some(value), unknown: None, ..views };
            }
            Declared::Constant(_) => {}
            _ if views.drifted() && views.kept() => {
                let accounted = match said {
                    Declared::Blocks(Value::Array(blocks)) => {
                        nesting != Some(Nesting::Set)
                            && views.after.and_then(Value::as_array).map(Vec::len) == Some(blocks.len())
                    }
                    Declared::Blocks(_) => true,
                    Declared::Nothing
                    | Declared::Constant(_)
                    | Declared::Expression(_)
                    | Declared::Something
                    | Declared::Perhaps => false,
                };
                match (accounted, said) {
                    (true, _) => {}
                    (false, Declared::Nothing) if is_empty(views.recorded) && !is_empty(views.prior) => {
                        return self.undetermined(place);
                    }
                    (false, _) if is_empty(views.recorded) && is_empty(views.prior) => {}
                    (false, _) => return self.undetermined(place),
                }
            }
            _ => {}
        }
        match (nesting, views.after) {
            (Some(Nesting::Single) | None, Some(Value::Object(_))) => self.object(inner, &single(said), views, place),
            (Some(Nesting::Map), Some(Value::Object(map))) => self.entries(inner, said, map, views, place),
            (Some(Nesting::List | Nesting::Set) | None, Some(Value::Array(items))) => {
                self.items(nesting, inner, said, items, views, place)
            }
            (_, after) => leaf(self.filled(after, views.unknown, place)),
        }
    }

    fn items(
        &mut self,
        nesting: Option<Nesting>,
        inner: Option<Block<'a>>,
        said: Declared<'a>,
        items: &'a [Value],
        views: Views<'a>,
        place: &mut Vec<PatternStep>,
    ) -> Part {
        let set = nesting == Some(Nesting::Set);
        let mut part = Part { value: Value::Null, exact: Vec::new(), whole: true };
        let mut values = Vec::with_capacity(items.len());
        for index in 0..items.len() {
            let scope = element(said, index, items.len(), set);
            // Marks are of the desired document alone, so its own positions name the elements of a set as well.
            place.push(PatternStep::Exactly(crate::path::Step::Index(index)));
            let item = self.object(inner, &scope, views.item(index, !set), place);
            place.pop();
            values.push(item.value);
            part.whole &= item.whole;
            part.exact
                .extend(item.exact.into_iter().map(|exact| if set { generalized(exact, place.len()) } else { exact }));
        }
        part.value = Value::Array(values);
        if !part.whole && !set {
            let longest =
                [views.recorded, views.prior].into_iter().flatten().filter_map(Value::as_array).map(Vec::len).max();
            for index in items.len()..longest.unwrap_or(0) {
                place.push(PatternStep::Exactly(crate::path::Step::Index(index)));
                part.exact.push(pattern(place));
                place.pop();
            }
        }
        part.exact.dedup();
        part
    }

    fn entries(
        &mut self,
        inner: Option<Block<'a>>,
        said: Declared<'a>,
        map: &'a Map<String, Value>,
        views: Views<'a>,
        place: &mut Vec<PatternStep>,
    ) -> Part {
        let mut part = Part { value: Value::Null, exact: Vec::new(), whole: true };
        let mut object = Map::new();
        for (name, _) in sorted(map) {
            let scope = match said {
                Declared::Constant(Value::Object(all)) => {
                    all.get(name).and_then(Value::as_object).map_or(Scope::Perhaps, Scope::Constant)
                }
                Declared::Blocks(Value::Object(all)) => {
                    all.get(name).and_then(Value::as_object).map_or(Scope::Perhaps, Scope::Expressions)
                }
                _ => Scope::Perhaps,
            };
            place.push(field(name));
            let entry = self.object(inner, &scope, views.field(name), place);
            place.pop();
            object.insert(name.to_owned(), entry.value);
            part.whole &= entry.whole;
            part.exact.extend(entry.exact);
        }
        if !part.whole {
            let others = [views.recorded, views.prior].into_iter().flatten().filter_map(Value::as_object);
            let extra: std::collections::BTreeSet<&String> =
                others.flat_map(Map::keys).filter(|name| !map.contains_key(*name)).collect();
            for name in extra {
                place.push(field(name));
                part.exact.push(pattern(place));
                place.pop();
            }
        }
        part.value = Value::Object(object);
        part
    }

    /// What the configuration wants at a path that it owns.
    fn settled(
        &mut self,
        kind: Option<&'a Value>,
        said: Declared<'a>,
        views: Views<'a>,
        takes_blocks: bool,
        place: &mut Vec<PatternStep>,
    ) -> Value {
        if views.has_unknown() {
            return self.filled(views.after, views.unknown, place);
        }
        let ordered = matches!(kind, Some(Value::Array(of)) if of.first().and_then(Value::as_str) == Some("list"));
        let ignored = views.drifted() && views.kept();
        match said {
            Declared::Constant(value) if !value.is_null() => {
                if agrees_in_type(value, views.after, kind, ordered) {
                    self.filled(views.after, None, place)
                } else {
                    converted(value, kind)
                }
            }
            // Reality moved and the plan leaves it so: `ignore_changes`, a provider that takes both for the same, or a
            // configuration that has caught up. Only what is written would tell which.
            Declared::Nothing | Declared::Constant(_) if ignored => {
                if is_empty(views.recorded) && !takes_blocks {
                    views.recorded.cloned().unwrap_or(Value::Null)
                } else {
                    self.undetermined(place).value
                }
            }
            Declared::Expression(_) | Declared::Blocks(_) | Declared::Something | Declared::Perhaps if ignored => {
                if same_json_text(views.recorded, views.prior) {
                    // The same text in another spelling: the record has the one that was applied.
                    views.recorded.cloned().unwrap_or(Value::Null)
                } else {
                    self.undetermined(place).value
                }
            }
            Declared::Nothing
            | Declared::Constant(_)
            | Declared::Expression(_)
            | Declared::Blocks(_)
            | Declared::Something
            | Declared::Perhaps => self.filled(views.after, None, place),
        }
    }

    /// The place is declared or not, and its value is this or that: nobody can tell from here.
    fn undetermined(&mut self, place: &[PatternStep]) -> Part {
        self.unknown.push(pattern(place));
        leaf(Value::Null)
    }

    /// `after`, with a marked `null` in each place that is known after apply.
    fn filled(&mut self, after: Option<&Value>, unknown: Option<&Value>, place: &mut Vec<PatternStep>) -> Value {
        if place.len() > DEEPEST || unknown == Some(&Value::Bool(true)) {
            self.unknown.push(pattern(place));
            return Value::Null;
        }
        match (after, unknown) {
            (Some(Value::Array(items)), Some(Value::Array(flags))) => {
                let mut filled = Vec::with_capacity(items.len());
                for index in 0..items.len().max(flags.len()) {
                    place.push(PatternStep::Exactly(crate::path::Step::Index(index)));
                    filled.push(self.filled(items.get(index), flags.get(index), place));
                    place.pop();
                }
                Value::Array(filled)
            }
            (Some(Value::Object(map)), Some(Value::Object(flags))) => {
                let names: std::collections::BTreeSet<&String> = map
                    .keys()
                    .chain(flags.iter().filter(|(_, flag)| **flag != Value::Bool(false)).map(|(name, _)| name))
                    .collect();
                let mut filled = Map::new();
                for name in names {
                    place.push(field(name));
                    filled.insert(name.clone(), self.filled(map.get(name), flags.get(name), place));
                    place.pop();
                }
                Value::Object(filled)
            }
            (after, _) => after.cloned().unwrap_or(Value::Null),
        }
    }
}

/// Without a schema: write-only arguments are so called (`password_wo` beside `password_wo_version`).
fn is_write_only_by_custom(name: &str) -> bool {
    name.ends_with("_wo")
}

const fn leaf(value: Value) -> Part {
    Part { value, exact: Vec::new(), whole: true }
}

fn names<'a>(schema: Option<Block<'a>>, scope: &Scope<'a>, views: Views<'a>) -> std::collections::BTreeSet<&'a str> {
    let Some(block) = schema else {
        let keys = |value: Option<&'a Value>| value.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let of_values = keys(views.after).chain(keys(views.unknown)).chain(keys(views.prior)).map(String::as_str);
        return of_values.chain(scope.names()).collect();
    };
    block.attributes().map(|(name, _)| name).chain(block.blocks().map(|(name, _, _)| name)).collect()
}

/// A pattern in which the step at this depth is any.
fn generalized(mut pattern: PathPattern, depth: usize) -> PathPattern {
    if let Some(step) = pattern.steps.get_mut(depth) {
        *step = PatternStep::Any;
    }
    pattern
}
