//! A reader of OpenMetrics 1.0 text that takes the specification at its word, its SHOULDs too: it reads what is written here,
//! and refuses whatever else a tolerant reader would let through.

use std::collections::{BTreeMap, BTreeSet};

type Labels = Vec<(String, String)>;

/// A family with its samples.
#[derive(Clone, Debug, Default)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) unit: Option<String>,
    pub(super) help: Option<String>,
    pub(super) samples: Vec<(String, Labels, f64)>,
}

/// Every family of an exposition, or what is wrong with it.
pub(super) fn read(text: &str) -> Result<Vec<Family>, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("does not end with EOF and a line feed")?;
    if text.starts_with('\u{feff}') || text.contains('\r') {
        return Err("a byte order mark or a carriage return".into());
    }
    if !body.is_empty() && !body.ends_with('\n') {
        return Err("the last line before EOF has no end".into());
    }
    let mut families: Vec<Family> = Vec::new();
    for line in body.split_terminator('\n') {
        read_line(line, &mut families).map_err(|error| format!("{error}: {line}"))?;
    }
    let mut taken = BTreeSet::new();
    for family in &families {
        let mut names: Vec<String> =
            suffixes(&family.kind)?.iter().map(|end| format!("{}{end}", family.name)).collect();
        names.push(family.name.clone());
        names.dedup();
        for name in names {
            if !taken.insert(name.clone()) {
                return Err(format!("`{name}` could be of two families"));
            }
        }
        check(family).map_err(|error| format!("{}: {error}", family.name))?;
    }
    Ok(families)
}

fn read_line(line: &str, families: &mut Vec<Family>) -> Result<(), String> {
    if let Some(descriptor) = line.strip_prefix("# ") {
        let mut parts = descriptor.splitn(3, ' ');
        let (what, name, rest) =
            (parts.next().unwrap(), parts.next().ok_or("no name")?, parts.next().ok_or("no text")?);
        if !is_name(name, true) {
            return Err("a bad name of a metric".into());
        }
        if what == "TYPE" {
            if families.iter().any(|family| family.name == name) {
                return Err("a second family of this name".into());
            }
            suffixes(rest)?;
            families.push(Family { name: name.into(), kind: rest.into(), ..Family::default() });
            return Ok(());
        }
        let family = families.last_mut().filter(|family| family.name == name).ok_or("not the family at hand")?;
        if !family.samples.is_empty() {
            return Err("a descriptor after samples".into());
        }
        return match what {
            "UNIT" if family.unit.is_some() || family.help.is_some() => Err("a UNIT out of order".into()),
            "UNIT" if rest.is_empty() || !name.ends_with(&format!("_{rest}")) => {
                Err("a UNIT that is not the end of the name".into())
            }
            "UNIT" => {
                family.unit = Some(rest.into());
                Ok(())
            }
            "HELP" if family.help.is_some() => Err("a second HELP".into()),
            "HELP" => {
                family.help = Some(unescape(rest)?);
                Ok(())
            }
            _ => Err("a line that begins with a hash and is no descriptor".into()),
        };
    }
    let family = families.last_mut().ok_or("a sample without a family")?;
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, rest) = line.split_at(end);
    let suffix = name.strip_prefix(family.name.as_str()).ok_or("a sample of another family")?;
    if !is_name(name, true) || !suffixes(&family.kind)?.contains(&suffix) {
        return Err("a suffix that this type has not".into());
    }
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => read_labels(rest)?,
        None => (Labels::new(), rest),
    };
    let value = value.strip_prefix(' ').ok_or("no space before the value")?;
    family.samples.push((suffix.to_owned(), labels, number(value)?));
    Ok(())
}

fn read_labels(mut rest: &str) -> Result<(Labels, &str), String> {
    let mut labels = Labels::new();
    loop {
        let equals = rest.find('=').ok_or("a label without a value")?;
        let name = &rest[..equals];
        if !is_name(name, false) || name.starts_with('_') || labels.iter().any(|(known, _)| known == name) {
            return Err("a bad name of a label".into());
        }
        rest = rest[equals + 1..].strip_prefix('"').ok_or("a value without quotes")?;
        let mut escaped = false;
        let end = rest.find(|letter| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        let end = end.ok_or("a value without an end")?;
        labels.push((name.to_owned(), unescape(&rest[..end])?));
        rest = &rest[end + 1..];
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        rest = rest.strip_prefix(',').ok_or("labels without a comma between them")?;
    }
}

fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(match (letter, if letter == '\\' { letters.next() } else { None }) {
            ('\\', Some('n')) => '\n',
            ('\\', Some(known @ ('"' | '\\'))) => known,
            ('\\', _) => return Err("an escape that is not defined".into()),
            ('"', _) => return Err("a quote that is not escaped".into()),
            (letter, _) => letter,
        });
    }
    Ok(plain)
}

fn is_name(name: &str, metric: bool) -> bool {
    let initial = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || (metric && letter == ':');
    name.starts_with(initial) && name.chars().all(|letter| initial(letter) || letter.is_ascii_digit())
}

fn number(text: &str) -> Result<f64, String> {
    if matches!(text, "+Inf" | "-Inf" | "NaN") {
        return Ok(text.parse().unwrap());
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-'));
    if !plain || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err("a bad number".into());
    }
    text.parse().map_err(|_| "a bad number".to_owned())
}

fn suffixes(kind: &str) -> Result<&'static [&'static str], String> {
    Ok(match kind {
        "gauge" => &[""],
        "counter" => &["_total", "_created"],
        "histogram" => &["_bucket", "_count", "_sum", "_created"],
        "gaugehistogram" => &["_bucket", "_gcount", "_gsum"],
        _ => return Err("a type that is not written here".into()),
    })
}

fn check(family: &Family) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let mut metrics: Vec<BTreeMap<&str, &str>> = Vec::new();
    for (suffix, labels, value) in &family.samples {
        let mut labels: BTreeMap<&str, &str> =
            labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if labels.values().any(|value| value.is_empty()) {
            return Err("a label without a value is none".into());
        }
        if !seen.insert((suffix, labels.clone())) {
            return Err("the same sample twice".into());
        }
        if labels.remove("le").is_some() != (suffix == "_bucket") {
            return Err("`le` belongs to buckets, and to them alone".into());
        }
        if metrics.last() != Some(&labels) {
            if metrics.contains(&labels) {
                return Err("metrics are interleaved".into());
            }
            metrics.push(labels);
        }
        if family.kind != "gauge" && (!value.is_finite() || *value < 0.0) {
            return Err("a count that is none".into());
        }
    }
    if family.kind.ends_with("histogram") {
        for metric in &metrics {
            check_buckets(family, metric)?;
        }
    }
    Ok(())
}

fn check_buckets(family: &Family, metric: &BTreeMap<&str, &str>) -> Result<(), String> {
    let of = |wanted: &str| -> Vec<(Option<&str>, f64)> {
        let mine = family.samples.iter().filter(|(suffix, labels, _)| {
            let own: BTreeMap<_, _> = labels
                .iter()
                .filter(|(name, _)| name != "le")
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            suffix == wanted && own == *metric
        });
        let le = |labels: &'_ Labels| labels.iter().position(|(name, _)| name == "le");
        mine.map(|(_, labels, value)| (le(labels).map(|at| labels[at].1.as_str()), *value)).collect()
    };
    let buckets = of("_bucket");
    let mut before = (f64::NEG_INFINITY, 0.0);
    for (le, count) in &buckets {
        let le = le.unwrap();
        // Bounds are floats in their shortest form, with an exponent from a million on.
        if le != "+Inf" && (!le.contains(['.', 'e']) || number(le)? >= 1e6 && !le.contains('e')) {
            return Err("a bound that is not canonical".into());
        }
        let here = (number(le)?, *count);
        if here.0 <= before.0 || here.1 < before.1 || count.fract() != 0.0 {
            return Err("buckets that are not in order".into());
        }
        before = here;
    }
    let (count, sum) = if family.kind == "histogram" { ("_count", "_sum") } else { ("_gcount", "_gsum") };
    let (counts, sums) = (of(count), of(sum));
    if before.0 != f64::INFINITY {
        Err("no bucket for the rest".into())
    } else if counts.len() != sums.len() {
        Err("a count without a sum, or a sum without a count".into())
    } else if counts.iter().any(|(_, count)| *count != before.1) {
        Err("a count that is not that of the last bucket".into())
    } else {
        Ok(())
    }
}
