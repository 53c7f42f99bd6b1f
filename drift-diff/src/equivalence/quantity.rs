//! Kubernetes resource quantities: exact decimals with a suffix.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use drift_model::Decimal;
use serde_json::Value;

/// A Kubernetes resource quantity: `500m`, `1.5Gi`, `1e3`.
///
/// Quantities compare by value, whatever their suffixes say. As the reference implementation does, a value is rounded away
/// from zero to a multiple of 10⁻⁹, and one with a binary suffix is capped at 2⁶³−1. Printing gives the canonical form:
/// no fraction, and the largest suffix that allows that
/// ([Quantity](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/)).
///
/// ```
/// use drift_diff::Quantity;
///
/// let read = |text: &str| text.parse::<Quantity>().unwrap();
/// assert_eq!(read("0.5").cmp_value(&read("500m")), std::cmp::Ordering::Equal);
/// assert_eq!(read("1024Mi").to_string(), "1Gi");
/// assert!("1 GiB".parse::<Quantity>().is_err());
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Quantity {
    value: Decimal,
    format: QuantityFormat,
}

/// The family of suffixes a quantity was written with, and is printed with.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the three formats of the Kubernetes API")]
pub enum QuantityFormat {
    /// `n u m k M G T P E`, powers of a thousand, or no suffix at all.
    DecimalSi,
    /// `Ki Mi Gi Ti Pi Ei`, powers of 1024.
    BinarySi,
    /// `e3`, `E-6`.
    DecimalExponent,
}

/// A text that is not a quantity. It does not say which: the text may be a secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "not a quantity, expected a number with one of the suffixes n u m k M G T P E Ki Mi Gi Ti Pi Ei, or an exponent"
)]
#[non_exhaustive]
pub struct QuantityError;

impl Quantity {
    /// A quantity of this value, rounded away from zero to a multiple of 10⁻⁹, printed in this format.
    #[must_use]
    pub fn new(value: Decimal, format: QuantityFormat) -> Self {
        Self { value, format }.rounded_up(-9).0
    }

    /// The quantity that a JSON value holds: a string, with white space around it allowed as the API server does, or a
    /// number. `None` for everything else.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => text.trim_matches([' ', '\t', '\n', '\r']).parse().ok(),
            Value::Number(number) => number.to_string().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The exact value.
    #[must_use]
    pub const fn value(&self) -> &Decimal {
        &self.value
    }

    /// The format it is printed in.
    #[must_use]
    pub const fn format(&self) -> QuantityFormat {
        self.format
    }

    /// Compares by value.
    #[must_use]
    pub fn cmp_value(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }

    /// The quantity rounded away from zero to a multiple of 10^`power`, and whether it was one already.
    #[must_use]
    pub fn rounded_up(&self, power: i32) -> (Self, bool) {
        let mut digits = Digits::of(&self.value);
        let exact = digits.round_up(i64::from(power));
        let value = if exact { self.value.clone() } else { digits.decimal().unwrap_or_else(|| self.value.clone()) };
        (Self { value, format: self.format }, exact)
    }
}

/// Do both values hold quantities of the same value?
pub(super) fn same(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (nanos_of(a), nanos_of(b)) {
        return a == b;
    }
    matches!((Quantity::of(a), Quantity::of(b)), (Some(a), Some(b)) if a.cmp_value(&b).is_eq())
}

/// The quantity as a multiple of 10⁻⁹, where it is one that fits and needs neither rounding nor a cap: nearly all do.
fn nanos_of(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => nanos(text),
        Value::Number(number) => i128::from(number.as_i64()?).checked_mul(1_000_000_000),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn nanos(text: &str) -> Option<i128> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.').unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let (base, exponent, _) = suffix_of(suffix)?;
    let digits = |part: &str| if part.is_empty() { Some(0) } else { part.parse::<u64>().ok() };
    let places = u32::try_from(fraction.len()).ok()?;
    if number.bytes().all(|byte| byte == b'.') {
        return None;
    }
    let count = i128::from(digits(whole)?)
        .checked_mul(10_i128.checked_pow(places)?)?
        .checked_add(i128::from(digits(fraction)?))?;
    let (factor, power) = match base {
        Base::Ten => (1, exponent.checked_add(9)?),
        Base::Kibi => (1024_i128.checked_pow(u32::try_from(exponent).ok()?)?, 9),
    };
    let power = u32::try_from(power.checked_sub(i32::try_from(places).ok()?)?).ok()?;
    let nanos = count.checked_mul(factor)?.checked_mul(10_i128.checked_pow(power)?)?;
    let limit = i128::from(i64::MAX).checked_mul(1_000_000_000)?;
    (nanos <= limit).then_some(nanos)
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let end = text.trim_start_matches(['+', '-']).find(|c: char| !c.is_ascii_digit() && c != '.');
        let signs = text.len().saturating_sub(text.trim_start_matches(['+', '-']).len());
        let split = end.map_or(text.len(), |end| end.saturating_add(signs));
        let (number, suffix) = text.split_at_checked(split).ok_or(QuantityError)?;
        let (base, exponent, mut format) = suffix_of(suffix).ok_or(QuantityError)?;
        // Refuses a second sign and a second point.
        let plain = Decimal::parse(number).ok_or(QuantityError)?;
        let mut digits = Digits::of(&plain);
        match base {
            Base::Ten => digits.point = digits.point.saturating_add(i64::from(exponent)),
            Base::Kibi => (0..exponent).for_each(|_| digits.times_1024()),
        }
        digits.round_up(-9);
        let mut value = digits.decimal().ok_or(QuantityError)?;
        if format == QuantityFormat::BinarySi {
            let magnitude = Digits { negative: false, ..digits.clone() }.decimal().ok_or(QuantityError)?;
            let (limit, one) = (Decimal::of(&i64::MAX.into()), Decimal::of(&1.into()));
            if let Some(limit) = limit.filter(|limit| magnitude > *limit) {
                value = Digits { negative: digits.negative, ..Digits::of(&limit) }.decimal().ok_or(QuantityError)?;
            }
            // Below one the reference implementation forgets the binary suffix; zero keeps it.
            if !digits.text.is_empty() && one.is_some_and(|one| magnitude < one) {
                format = QuantityFormat::DecimalSi;
            }
        }
        Ok(Self { value, format })
    }
}

/// What a suffix multiplies by.
#[derive(Clone, Copy)]
enum Base {
    Ten,
    Kibi,
}

const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, i32); 6] = [("Ki", 1), ("Mi", 2), ("Gi", 3), ("Ti", 4), ("Pi", 5), ("Ei", 6)];

fn suffix_of(suffix: &str) -> Option<(Base, i32, QuantityFormat)> {
    if let Some((_, power)) = DECIMAL.into_iter().find(|(name, _)| *name == suffix) {
        return Some((Base::Ten, power, QuantityFormat::DecimalSi));
    }
    if let Some((_, power)) = BINARY.into_iter().find(|(name, _)| *name == suffix) {
        return Some((Base::Kibi, power, QuantityFormat::BinarySi));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    Some((Base::Ten, exponent.parse().ok()?, QuantityFormat::DecimalExponent))
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = Digits::of(&self.value);
        if digits.text.is_empty() {
            return f.write_str("0");
        }
        if digits.negative {
            f.write_str("-")?;
        }
        if let Some((count, suffix)) = self.binary(&digits) {
            return write!(f, "{count}{suffix}");
        }
        // The exponent is a multiple of three, and for suffixes one that has a suffix.
        let last = digits.point.saturating_sub(length(&digits.text));
        let mut exponent = last.div_euclid(3).saturating_mul(3);
        // Nobody wants to read a thousand zeros before an `E`.
        let suffixed = self.format != QuantityFormat::DecimalExponent && last < 1000;
        if suffixed {
            exponent = exponent.clamp(-9, 18);
        }
        let zeros = usize::try_from(last.saturating_sub(exponent)).unwrap_or(0);
        write!(f, "{}{}", digits.text, "0".repeat(zeros))?;
        if !suffixed {
            return if exponent == 0 { Ok(()) } else { write!(f, "e{exponent}") };
        }
        let suffix = DECIMAL.into_iter().find(|(_, power)| i64::from(*power) == exponent);
        f.write_str(suffix.map_or("", |(name, _)| name))
    }
}

impl Quantity {
    /// Count and suffix, where the quantity is printed in powers of 1024: an integer of 1024 or more.
    fn binary(&self, digits: &Digits) -> Option<(u128, &'static str)> {
        if self.format != QuantityFormat::BinarySi || !self.value.is_integer() || digits.point > 38 {
            return None;
        }
        let zeros = usize::try_from(digits.point.saturating_sub(length(&digits.text))).ok()?;
        let mut count: u128 = format!("{}{}", digits.text, "0".repeat(zeros)).parse().ok()?;
        if count < 1024 {
            return None;
        }
        let mut suffix = "";
        for (name, _) in BINARY {
            if count & 1023 != 0 {
                break;
            }
            (count, suffix) = (count >> 10, name);
        }
        Some((count, suffix))
    }
}

/// A decimal, laid open: `0.text × 10^point`, without zeros at either end of the text; empty for zero.
#[derive(Clone)]
struct Digits {
    negative: bool,
    text: String,
    point: i64,
}

impl Digits {
    fn of(decimal: &Decimal) -> Self {
        let printed = decimal.to_string();
        let (negative, rest) = printed.strip_prefix('-').map_or((false, printed.as_str()), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once('e').unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = Self { negative, text: format!("{whole}{fraction}"), point: length(whole) };
        digits.point = digits.point.saturating_add(exponent.parse().unwrap_or(0));
        digits.trim();
        digits
    }

    /// Takes the zeros off either end.
    fn trim(&mut self) {
        let leading = length(&self.text).saturating_sub(length(self.text.trim_start_matches('0')));
        self.text = self.text.trim_matches('0').to_owned();
        self.point = if self.text.is_empty() { 0 } else { self.point.saturating_sub(leading) };
    }

    fn decimal(&self) -> Option<Decimal> {
        let sign = if self.negative { "-" } else { "" };
        Decimal::parse(&format!("{sign}0.{}e{}", if self.text.is_empty() { "0" } else { &self.text }, self.point))
    }

    fn times_1024(&mut self) {
        let mut carry = 0_u32;
        let mut product: Vec<char> = Vec::with_capacity(self.text.len().saturating_add(4));
        for digit in self.text.chars().rev().filter_map(|c| c.to_digit(10)) {
            let sum = digit.saturating_mul(1024).saturating_add(carry);
            product.extend(char::from_digit(sum.checked_rem(10).unwrap_or(0), 10));
            carry = sum.checked_div(10).unwrap_or(0);
        }
        while carry > 0 {
            product.extend(char::from_digit(carry.checked_rem(10).unwrap_or(0), 10));
            carry = carry.checked_div(10).unwrap_or(0);
        }
        let grown = i64::try_from(product.len()).unwrap_or(i64::MAX).saturating_sub(length(&self.text));
        self.text = product.into_iter().rev().collect();
        self.point = self.point.saturating_add(grown);
        self.trim();
    }

    /// Rounds away from zero to a multiple of 10^`power`; says whether it was one.
    fn round_up(&mut self, power: i64) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let kept = self.point.saturating_sub(power);
        if kept >= length(&self.text) {
            return true;
        }
        let Some(kept) = usize::try_from(kept).ok().filter(|kept| *kept > 0) else {
            // Less than one unit: one unit.
            self.text = String::from("1");
            self.point = power.saturating_add(1);
            return false;
        };
        self.text.truncate(kept);
        let nines = self.text.len().saturating_sub(self.text.trim_end_matches('9').len());
        self.text.truncate(self.text.len().saturating_sub(nines));
        let last = self.text.pop().and_then(|c| c.to_digit(10));
        if let Some(next) = last.and_then(|digit| char::from_digit(digit.saturating_add(1), 10)) {
            self.text.push(next);
        } else {
            // Nothing but nines.
            self.text = String::from("1");
            self.point = self.point.saturating_add(1);
        }
        self.trim();
        false
    }
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    #[test]
    fn quantities_compare_by_value() {
        for (a, b) in [
            (json!("1000m"), json!("1")),
            (json!("1"), json!(1)),
            (json!("0.5"), json!("500m")),
            (json!(0.5), json!("500m")),
            (json!("1Gi"), json!("1024Mi")),
            (json!("1000M"), json!("1G")),
            (json!("1e3"), json!("1k")),
            (json!("1E"), json!("1e18")),
            (json!(" 5Ti"), json!("5Ti")),
            (json!("16Ei"), json!("9223372036854775807")),
        ] {
            assert!(same(&a, &b) && same(&b, &a), "{a} {b}");
        }
        for (a, b) in [
            (json!("1G"), json!("1Gi")),
            (json!("1m"), json!("1M")),
            (json!("1"), json!(true)),
            (json!(""), json!("0")),
            (json!("a"), json!("a")),
            (json!(null), json!("0")),
        ] {
            assert!(!same(&a, &b) && !same(&b, &a), "{a} {b}");
        }
    }

    #[test]
    fn ordinary_quantities_go_the_short_way() {
        for text in ["0", "500m", "1.5Gi", "0.25", "1e3", "100k", "8Ei", "64Mi", "1n", "2.E"] {
            assert_eq!(nanos(text).is_some(), text != "8Ei", "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in [
            "",
            "+",
            "-",
            ".",
            "m",
            "Gi",
            "--1",
            "1..2",
            "1.2.3",
            "1KI",
            "1K",
            "1 Gi",
            "1e",
            "1e1.5",
            "1e99999999999",
            "٣",
        ] {
            assert_eq!(text.parse::<Quantity>(), Err(QuantityError), "{text}");
        }
    }

    #[test]
    fn a_huge_exponent_costs_nothing() {
        assert!(quantity("1e2000000000").cmp_value(&quantity("9e1999999999")).is_gt());
        assert_eq!(quantity("1e-2000000000").to_string(), "1e-9");
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_long_one(text in "[-+]?[0-9]{0,12}[.]?[0-9]{0,11}([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]{1,2})?") {
            let read = text.parse::<Quantity>();
            if let Some(nanos) = nanos(&text) {
                let exact = Decimal::parse(&format!("{nanos}e-9")).unwrap();
                prop_assert!(read.is_ok_and(|read| *read.value() == exact), "{}", text);
            }
        }

        #[test]
        fn printing_keeps_the_value(text in "[-+]?[0-9]{0,5}[.]?[0-9]{0,25}[eEinumkKMGTP]{0,2}[-+]?[0-9]{0,4}") {
            if let Ok(quantity) = text.parse::<Quantity>() {
                let printed = quantity.to_string();
                prop_assert!(printed.parse::<Quantity>().unwrap().cmp_value(&quantity).is_eq(), "{text} {printed}");
            }
        }

        #[test]
        fn milli_and_kibi_agree_with_integers(count in 1_u32..1_000_000, power in 0_u32..4) {
            let suffix = ["", "Ki", "Mi", "Gi"][power as usize];
            let kibi = quantity(&format!("{count}{suffix}"));
            let plain = quantity(&(u64::from(count).saturating_mul(1024_u64.pow(power))).to_string());
            prop_assert!(kibi.cmp_value(&plain).is_eq());
            let (milli, micro) = (quantity(&format!("{count}m")), quantity(&format!("{count}000u")));
            prop_assert!(milli.cmp_value(&micro).is_eq());
        }
    }
}
