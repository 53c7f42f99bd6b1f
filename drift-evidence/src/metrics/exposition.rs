//! `Exposition`: OpenMetrics 1.0 text, family by family.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{MAX_LABEL_CHARS, MAX_LABEL_VALUES};
use crate::figures::Spread;

/// What kind of metric a family is of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    GaugeHistogram,
    Histogram,
}

/// The text so far.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
    family: &'static str,
}

impl Exposition {
    /// Begins a family. Its unit, if it has one, is the end of its name. The help is our own, and has nothing to escape.
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::GaugeHistogram => "gaugehistogram",
            Kind::Histogram => "histogram",
        };
        self.family = name;
        self.line(format_args!("# TYPE {name} {kind}"));
        if name.ends_with("_seconds") {
            self.line(format_args!("# UNIT {name} seconds"));
        }
        self.line(format_args!("# HELP {name} {help}"));
    }

    /// A sample of the family. A label without a value is left out, which is the same by the specification.
    pub(super) fn sample(&mut self, suffix: &str, labels: &[(&str, &str)], value: u64) {
        let labels = labels.iter().filter(|(_, value)| !value.is_empty());
        let labels: Vec<_> = labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let family = self.family;
        if labels.is_empty() {
            self.line(format_args!("{family}{suffix} {value}"));
        } else {
            self.line(format_args!("{family}{suffix}{{{}}} {value}", labels.join(",")));
        }
    }

    /// A gauge without labels.
    pub(super) fn one(&mut self, name: &'static str, help: &str, value: u64) {
        self.family(name, Kind::Gauge, help);
        self.sample("", &[], value);
    }

    /// A family with one label, whose values are the words of a closed vocabulary: all of them, also those of which there are none.
    pub(super) fn closed<'w>(
        &mut self,
        name: &'static str,
        kind: Kind,
        help: &str,
        label: &str,
        words: impl IntoIterator<Item = (&'w str, u64)>,
    ) {
        self.family(name, kind, help);
        let suffix = if kind == Kind::Counter { "_total" } else { "" };
        for (word, value) in words {
            self.sample(suffix, &[(label, word)], value);
        }
    }

    /// A gauge with one label, whose values are names that callers give: the greatest, and `other`.
    pub(super) fn open<'n>(
        &mut self,
        name: &'static str,
        help: &str,
        label: &str,
        values: impl Iterator<Item = (Option<&'n str>, u64)> + Clone,
    ) {
        self.family(name, Kind::Gauge, help);
        let names = few(values.clone());
        let rows = values.map(|(name, value)| ([named(name.unwrap_or_default(), &names)], [value]));
        for ([name], [value]) in summed(rows) {
            self.sample("", &[(label, &name)], value);
        }
    }

    /// A histogram without labels.
    pub(super) fn histogram(&mut self, name: &'static str, kind: Kind, help: &str, spread: &Spread) {
        self.family(name, kind, help);
        for (bound, count) in &spread.at_most {
            self.sample("_bucket", &[("le", &canonical(bound.seconds()))], *count);
        }
        self.sample("_bucket", &[("le", "+Inf")], spread.count);
        let (count, sum) = if kind == Kind::GaugeHistogram { ("_gcount", "_gsum") } else { ("_count", "_sum") };
        self.sample(count, &[], spread.count);
        self.sample(sum, &[], spread.sum_seconds);
    }

    pub(super) fn finish(mut self) -> String {
        self.line(format_args!("# EOF"));
        self.text
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.text, "{line}");
    }
}

/// The name as a label's value: short, and without what would break a line or a terminal.
fn label(name: &str) -> String {
    let plain = |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    name.chars().take(MAX_LABEL_CHARS).map(plain).collect()
}

/// Which of the names a label may have for values: those with most, by name where that is equal.
pub(super) fn few<'n>(values: impl Iterator<Item = (Option<&'n str>, u64)>) -> BTreeSet<String> {
    let mut sums = BTreeMap::<String, u64>::new();
    for (name, value) in values {
        let sum = sums.entry(label(name.unwrap_or_default())).or_default();
        *sum = sum.saturating_add(value);
    }
    let mut names: Vec<_> = sums.into_iter().filter(|(name, _)| !name.is_empty()).collect();
    names.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    names.into_iter().take(MAX_LABEL_VALUES).map(|(name, _)| name).collect()
}

/// The name, or `other` if it is not one of the few. What has no name keeps none.
pub(super) fn named(name: &str, few: &BTreeSet<String>) -> String {
    let name = label(name);
    if name.is_empty() || few.contains(&name) { name } else { "other".to_owned() }
}

/// The rows of one name as one row, by name.
pub(super) fn summed<const N: usize, const M: usize>(
    rows: impl Iterator<Item = ([String; N], [u64; M])>,
) -> BTreeMap<[String; N], [u64; M]> {
    let mut sums = BTreeMap::new();
    for (names, counts) in rows {
        let sum = sums.entry(names).or_insert([0_u64; M]);
        for (sum, count) in sum.iter_mut().zip(counts) {
            *sum = sum.saturating_add(count);
        }
    }
    sums
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A whole number as the specification wants bounds written: as a float, with six digits before an exponent is used.
fn canonical(number: u64) -> String {
    let digits = number.to_string();
    let exponent = digits.len().saturating_sub(1);
    if exponent < 6 {
        return format!("{digits}.0");
    }
    let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{first}e+{exponent:02}") } else { format!("{first}.{rest}e+{exponent:02}") }
}
