//! Reading the table of types: its notation is described at its head.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Collection, CollectionKind, Kind, Leaf, ListKey, Name, Node, Schema, Type, TypeId};

/// Reads a table. What cannot be read is left out, and its line number (from 1) is in the second half of the answer.
pub(super) fn read(text: &'static str) -> (Schema, Vec<usize>) {
    let mut reader = Reader { ids: BTreeMap::new(), collections: Vec::new() };
    let mut lines = Vec::new();
    let mut package = "";
    let mut kinds = Vec::new();
    let mut wrong = Vec::new();
    for (number, line) in (1_usize..).zip(text.lines()) {
        if line.starts_with('#') {
            continue;
        }
        if let Some(rest) = line.strip_prefix("kinds ") {
            kinds.push((number, rest));
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            package = name;
        } else {
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            let (name, atomic) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
            reader.ids.insert((package, name), TypeId(lines.len()));
            lines.push((number, package, name, atomic, rest));
        }
    }
    let mut types = Vec::with_capacity(lines.len());
    for (number, package, name, atomic, rest) in lines {
        let body = reader.body(rest, package);
        if body.is_none() {
            wrong.push(number);
        }
        let (fields, alias) = body.unwrap_or_default();
        types.push(Type {
            atomic,
            alias,
            unlisted: Node::Leaf(Leaf::Scalar),
            drops_empty: true,
            ..Type::of(format!("{package}.{name}"), fields)
        });
    }
    let mut schema = Schema { types, ..Schema::empty() };
    for (number, line) in kinds {
        if reader.kinds(line, &mut schema).is_none() {
            wrong.push(number);
        }
    }
    schema.collections = reader.collections;
    schema.sort_versions();
    wrong.sort_unstable();
    (schema, wrong)
}

impl Schema {
    /// The best version first, so that it answers for one that is not known.
    pub(super) fn sort_versions(&mut self) {
        for versions in self.kinds.values_mut() {
            versions.sort_by_key(|kind| std::cmp::Reverse(maturity(&kind.version)));
        }
    }
}

/// Released before beta before alpha, and the later the better.
fn maturity(version: &str) -> (u8, u32, u32) {
    let number = |text: &str| text.parse().unwrap_or(0);
    let rest = version.strip_prefix('v').unwrap_or(version);
    if let Some((major, minor)) = rest.split_once("alpha") {
        (0, number(major), number(minor))
    } else if let Some((major, minor)) = rest.split_once("beta") {
        (1, number(major), number(minor))
    } else {
        (2, number(rest), 0)
    }
}

type Body = (Vec<(Name, Node)>, Option<Node>);

struct Reader {
    /// By package and name.
    ids: BTreeMap<(&'static str, &'static str), TypeId>,
    collections: Vec<Collection>,
}

impl Reader {
    /// `<group>/<version> <package>: <Kind> …`
    fn kinds(&self, line: &'static str, schema: &mut Schema) -> Option<()> {
        let (head, names) = line.split_once(": ")?;
        let (version, package) = head.split_once(' ')?;
        let (group, version) = version.split_once('/')?;
        for name in names.split(' ') {
            let id = *self.ids.get(&(package, name))?;
            schema.kinds.entry(name.into()).or_default().push(Kind {
                group: group.into(),
                version: version.into(),
                id,
            });
        }
        Some(())
    }

    fn body(&mut self, text: &'static str, package: &'static str) -> Option<Body> {
        if let Some(alias) = text.strip_prefix("= ") {
            return Some((Vec::new(), Some(self.shape(alias, package)?)));
        }
        let mut fields = Vec::new();
        for field in text.split(' ').filter(|field| !field.is_empty()) {
            let (name, shape) = field.split_once(':')?;
            fields.push((name.into(), self.shape(shape, package)?));
        }
        fields.is_sorted_by(|(a, _), (b, _)| a < b).then_some((fields, None))
    }

    fn shape(&mut self, text: &'static str, package: &'static str) -> Option<Node> {
        if let Some(name) = text.strip_prefix('@') {
            let (name, granular) = name.strip_suffix('~').map_or((name, false), |name| (name, true));
            let home = name.rsplit_once('.').unwrap_or((package, name));
            return Some(Node::Named { id: *self.ids.get(&home)?, granular });
        }
        Some(match text {
            "quantity" => Node::Leaf(Leaf::Quantity),
            "int-or-string" => Node::Leaf(Leaf::IntOrString),
            "time" => Node::Leaf(Leaf::Time),
            "bytes" => Node::Leaf(Leaf::Bytes),
            "scalar" => Node::Leaf(Leaf::Scalar),
            "opaque" => Node::Leaf(Leaf::Opaque),
            "deduced" => Node::Unknown,
            _ => return self.a_collection(text, package),
        })
    }

    fn a_collection(&mut self, text: &'static str, package: &'static str) -> Option<Node> {
        let (head, element) = match text.split_once('(') {
            Some((head, inner)) => (head, self.shape(inner.strip_suffix(')')?, package)?),
            None => (text, Node::Leaf(Leaf::Scalar)),
        };
        let kind = match head {
            "list" => CollectionKind::List,
            "set" => CollectionKind::Set,
            "map" => CollectionKind::Map { atomic: false },
            "map!" => CollectionKind::Map { atomic: true },
            _ => {
                let names = head.strip_prefix("keyed[")?.strip_suffix(']')?;
                CollectionKind::Keyed(names.split(',').map(key).collect())
            }
        };
        self.collections.push(Collection { element, kind });
        self.collections.len().checked_sub(1).map(Node::Collection)
    }
}

/// `name`, `port=0`, `protocol=TCP` or `uid!`.
fn key(text: &'static str) -> ListKey {
    match (text.strip_suffix('!'), text.split_once('=')) {
        (Some(name), _) => ListKey { name: name.into(), default: None },
        (None, Some((name, default))) => {
            let default = default.parse::<i64>().map_or_else(|_| Value::from(default), Value::from);
            ListKey { name: name.into(), default: Some(default) }
        }
        (None, None) => ListKey { name: text.into(), default: Some(Value::from("")) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("kubernetes.txt");

    #[test]
    fn the_shipped_table_reads_to_its_last_line() {
        let (schema, wrong) = read(SHIPPED);
        assert_eq!(wrong, [0; 0]);
        assert!(schema.types.len() > 600 && schema.kinds.len() >= 70, "{} {}", schema.types.len(), schema.kinds.len());
        assert!(SHIPPED.len() < 80_000);
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_named() {
        let text = "kinds /v1 p.v1: A Missing\n[p.v1]\nA b:@B c:list(quantity)\nB x:nonsense\nC z:scalar a:scalar\nD = map(@A\nE f:@q.v1.None";
        let (schema, wrong) = read(text);
        assert_eq!(wrong, [1, 4, 5, 6, 7]);
        assert_eq!(schema.kind("", "v1", "A").unwrap().field("c").element().leaf(), Leaf::Quantity);
        assert_eq!(schema.kind("", "v1", "A").unwrap().field("b").type_name(), Some("p.v1.B"));
    }

    #[test]
    fn releases_come_before_previews() {
        let mut versions = ["v1alpha1", "v2beta1", "v1", "v2alpha3", "v1beta2", "v2", "v10"];
        versions.sort_by_key(|version| std::cmp::Reverse(maturity(version)));
        assert_eq!(versions, ["v10", "v2", "v1", "v2beta1", "v1beta2", "v2alpha3", "v1alpha1"]);
    }
}
