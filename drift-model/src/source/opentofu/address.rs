//! Addresses of resource instances: `module.app["a.b"].data.aws_ami.base[0]`.
//!
//! Keys hold anything: dots, quotes, brackets. So an address is read from left to right and never split.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// The key of one instance: of `count` or of `for_each`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "the language knows these two")]
pub enum InstanceKey {
    /// An index of `count`.
    Index(u64),
    /// A key of `for_each`, unescaped.
    Name(String),
}

impl InstanceKey {
    /// The key as a plan (`index`) or a state file (`index_key`) writes it.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(name) => Some(Self::Name(name.clone())),
            Value::Number(number) => number.as_u64().map(Self::Index),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl fmt::Display for InstanceKey {
    /// As it stands in an address: `[0]` or `["key"]`, escaped as the engine does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Name(name) => {
                f.write_str("[\"")?;
                let mut chars = name.chars().peekable();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => f.write_str("\\\"")?,
                        '\\' => f.write_str("\\\\")?,
                        '\n' => f.write_str("\\n")?,
                        '\r' => f.write_str("\\r")?,
                        '\t' => f.write_str("\\t")?,
                        // A template would begin here: the sign is doubled.
                        '$' | '%' if chars.peek() == Some(&'{') => {
                            f.write_char(c)?;
                            f.write_char(c)?;
                        }
                        _ => f.write_char(c)?,
                    }
                }
                f.write_str("\"]")
            }
        }
    }
}

/// The address of a resource instance, taken apart.
///
/// ```
/// use drift_model::source::{InstanceAddress, InstanceKey};
///
/// let address: InstanceAddress = r#"module.app["a.b]"].data.aws_ami.base[0]"#.parse()?;
/// assert_eq!(address.modules, [("app".to_owned(), Some(InstanceKey::Name("a.b]".into())))]);
/// assert!(address.data);
/// // Where the configuration declares it: the same without keys.
/// assert_eq!(address.declaration(), "module.app.data.aws_ami.base");
/// assert_eq!(address.to_string(), r#"module.app["a.b]"].data.aws_ami.base[0]"#);
/// # Ok::<(), drift_model::ResourceError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct InstanceAddress {
    /// The calls of modules that lead to it, outermost first.
    pub modules: Vec<(String, Option<InstanceKey>)>,
    /// Is it a data source?
    pub data: bool,
    /// The type.
    pub resource_type: String,
    /// The name.
    pub name: String,
    /// Which instance.
    pub key: Option<InstanceKey>,
}

impl InstanceAddress {
    /// The address of the block that declares the instance: without keys.
    #[must_use]
    pub fn declaration(&self) -> String {
        let mut text = String::new();
        for (name, _) in &self.modules {
            text.push_str("module.");
            text.push_str(name);
            text.push('.');
        }
        if self.data {
            text.push_str("data.");
        }
        text.push_str(&self.resource_type);
        text.push('.');
        text.push_str(&self.name);
        text
    }
}

impl fmt::Display for InstanceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, key) in &self.modules {
            write!(f, "module.{name}")?;
            if let Some(key) = key {
                key.fmt(f)?;
            }
            f.write_str(".")?;
        }
        let data = if self.data { "data." } else { "" };
        write!(f, "{data}{}.{}", self.resource_type, self.name)?;
        self.key.as_ref().map_or(Ok(()), |key| key.fmt(f))
    }
}

impl FromStr for InstanceAddress {
    type Err = crate::resource::ResourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or(crate::resource::ResourceError)
    }
}

fn parse(text: &str) -> Option<InstanceAddress> {
    let mut rest = text;
    let mut modules = Vec::new();
    let mut first = word(&mut rest)?;
    while first == "module" {
        dot(&mut rest)?;
        let name = word(&mut rest)?;
        let key = key(&mut rest)?;
        dot(&mut rest)?;
        modules.push((name.to_owned(), key));
        first = word(&mut rest)?;
    }
    dot(&mut rest)?;
    let mut second = word(&mut rest)?;
    let data = first == "data" && rest.starts_with('.');
    if data {
        dot(&mut rest)?;
        first = second;
        second = word(&mut rest)?;
    }
    let key = key(&mut rest)?;
    rest.is_empty().then(|| InstanceAddress {
        modules,
        data,
        resource_type: first.to_owned(),
        name: second.to_owned(),
        key,
    })
}

fn dot(rest: &mut &str) -> Option<()> {
    *rest = rest.strip_prefix('.')?;
    Some(())
}

fn word<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (word, after) = rest.split_at_checked(end)?;
    *rest = after;
    (!word.is_empty()).then_some(word)
}

/// `Some(None)` where there is no key; `None` where there is a bad one.
#[expect(clippy::option_option, reason = "a key may be left out, and a bad one is not a left-out one")]
fn key(rest: &mut &str) -> Option<Option<InstanceKey>> {
    let Some(inner) = rest.strip_prefix('[') else { return Some(None) };
    if let Some(quoted) = inner.strip_prefix('"') {
        let (name, after) = unquoted(quoted)?;
        *rest = after.strip_prefix(']')?;
        return Some(Some(InstanceKey::Name(name)));
    }
    let (digits, after) = inner.split_once(']')?;
    *rest = after;
    digits.parse().ok().map(|index| Some(InstanceKey::Index(index)))
}

/// The text up to the closing quote, unescaped, and what follows the quote.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some((name, chars.as_str())),
            '\\' => match chars.next()? {
                'n' => name.push('\n'),
                'r' => name.push('\r'),
                't' => name.push('\t'),
                'u' => name.push(hex(&mut chars, 4)?),
                'U' => name.push(hex(&mut chars, 8)?),
                other => name.push(other),
            },
            '$' | '%' => {
                let doubled = chars.as_str().strip_prefix(c).filter(|after| after.starts_with('{'));
                if let Some(after) = doubled {
                    chars = after.chars();
                }
                name.push(c);
            }
            _ => name.push(c),
        }
    }
    None
}

fn hex(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let text: String = chars.take(digits).collect();
    if text.len() != digits {
        return None;
    }
    u32::from_str_radix(&text, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_may_hold_what_an_address_is_made_of() {
        for (text, declaration) in [
            ("aws_vpc.main", "aws_vpc.main"),
            ("aws_vpc.main[12]", "aws_vpc.main"),
            (r#"fake_queue.q["drop\"quoted\"[0]"]"#, "fake_queue.q"),
            (r#"module.a["x.module.y"].module.b.data.t.n["]"]"#, "module.a.module.b.data.t.n"),
            (r#"fake_queue.q["$${a}%%{b}$c"]"#, "fake_queue.q"),
            ("module.data.data.data.data", "module.data.data.data.data"),
            ("data.data", "data.data"),
        ] {
            let address: InstanceAddress = text.parse().unwrap();
            assert_eq!(address.declaration(), declaration, "{text}");
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "a", "a.", ".b", "a.b[", "a.b[x]", "a.b[\"x]", "a.b[0]c", "module.a", "a.b.c", "data.a.b.c"] {
            assert!(text.parse::<InstanceAddress>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parse_undoes_print(name in ".*", module in proptest::option::of("[$%{}\"\\\\.\\]\\[a]{0,8}")) {
            let address = InstanceAddress {
                modules: module.map(|key| ("m".to_owned(), Some(InstanceKey::Name(key)))).into_iter().collect(),
                data: false,
                resource_type: "t".into(),
                name: "n".into(),
                key: Some(InstanceKey::Name(name)),
            };
            prop_assert_eq!(address.to_string().parse::<InstanceAddress>().unwrap(), address);
        }
    }
}
