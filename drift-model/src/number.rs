//! Exact decimals: what a JSON number says, whatever it is held in.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Number;

/// A decimal number of any size, in lowest terms: equal numbers are equal values.
///
/// JSON numbers are decimals (RFC 8259 §6), and `serde_json` may hold them as integers, as doubles or, when whoever
/// builds the program switches on `arbitrary_precision`, as text. This is the form in which they compare.
///
/// ```
/// use drift_model::Decimal;
///
/// let read = |text| Decimal::parse(text).unwrap();
/// assert_eq!(read("1.0"), read("1"));
/// assert_eq!(read("1e3"), read("1000"));
/// assert_ne!(read("9007199254740993"), read("9007199254740992"));
/// assert_eq!(read("-0.000").to_string(), "0");
/// assert_eq!(read("0.0000001").to_string(), "1e-7");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Decimal {
    negative: bool,
    /// Significant digits without zeros at either end; empty for zero.
    digits: String,
    /// The value is `0.digits × 10^point`.
    point: i64,
}

impl Decimal {
    /// Reads a number as JSON or a quantity spells it: `-12`, `0.5`, `1e3`, also `+1`, `.5` and `5.`; `None` for
    /// anything else, and for exponents beyond ±10^17.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let mut digits = String::with_capacity(mantissa.len());
        digits.push_str(whole);
        digits.push_str(fraction);
        let leading = digits.len().saturating_sub(digits.trim_start_matches('0').len());
        let significant = digits.trim_matches('0').to_owned();
        if significant.is_empty() {
            return Some(Self { negative: false, digits: significant, point: 0 });
        }
        let point = i64::try_from(whole.len()).ok()?.checked_sub(i64::try_from(leading).ok()?)?;
        Some(Self { negative, digits: significant, point: point.checked_add(exponent)? })
    }

    /// The value of a JSON number as it was parsed. `None` only for exponents beyond ±10^17.
    #[must_use]
    pub fn of(number: &Number) -> Option<Self> {
        Self::parse(&number.to_string())
    }

    /// The same number times a power of ten.
    #[must_use]
    pub fn scaled(mut self, power: i64) -> Self {
        if !self.digits.is_empty() {
            self.point = self.point.saturating_add(power);
        }
        self
    }

    /// Is it a whole number?
    #[must_use]
    pub fn is_integer(&self) -> bool {
        i64::try_from(self.digits.len()).is_ok_and(|len| len <= self.point) || self.digits.is_empty()
    }
}

fn exponent_of(text: &str) -> Option<i64> {
    let exponent: i64 = text.strip_prefix('+').unwrap_or(text).parse().ok()?;
    (exponent.unsigned_abs() <= 100_000_000_000_000_000).then_some(exponent)
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |decimal: &Self| match (decimal.digits.is_empty(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        sign(self).cmp(&sign(other)).then_with(|| {
            let magnitude = self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits));
            if self.negative { magnitude.reverse() } else { magnitude }
        })
    }
}

impl fmt::Display for Decimal {
    /// Writes the number as ECMAScript does (RFC 8785 §3.2.2.3), with all its digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        let digits = self.digits.as_str();
        let len = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let (point, zeros) = (self.point, |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0)));
        match point {
            _ if digits.is_empty() => f.write_str("0"),
            1..=21 if point >= len => write!(f, "{digits}{}", zeros(point.saturating_sub(len))),
            1..=21 => {
                let (whole, fraction) =
                    usize::try_from(point).ok().and_then(|at| digits.split_at_checked(at)).unwrap_or((digits, ""));
                write!(f, "{whole}.{fraction}")
            }
            -5..=0 => write!(f, "0.{}{digits}", zeros(point.saturating_neg())),
            _ => {
                let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
                let dot = if rest.is_empty() { "" } else { "." };
                write!(f, "{first}{dot}{rest}e{:+}", point.saturating_sub(1))
            }
        }
    }
}

/// How two JSON numbers compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the three answers to a comparison")]
pub enum NumberRelation {
    /// The same number in the same spelling, as far as `serde_json` keeps spellings.
    Same,
    /// The same number, spelled differently: `1` and `1.0`.
    SameValue,
    /// Different numbers.
    Different,
    /// Both were rounded on reading, to the same double: nobody can tell any more.
    Unknowable,
}

impl NumberRelation {
    /// Compares two numbers: integers exactly within `i64` and `u64`, and beyond that exactly where `serde_json` was
    /// built with `arbitrary_precision`.
    ///
    /// ```
    /// use drift_model::NumberRelation;
    /// use serde_json::Number;
    ///
    /// assert_eq!(NumberRelation::of(&1.into(), &1.into()), NumberRelation::Same);
    /// assert_eq!(NumberRelation::of(&1.into(), &Number::from_f64(1.0).unwrap()), NumberRelation::SameValue);
    /// assert_eq!(NumberRelation::of(&u64::MAX.into(), &(u64::MAX - 1).into()), NumberRelation::Different);
    /// ```
    #[must_use]
    pub fn of(a: &Number, b: &Number) -> Self {
        let small = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        if let (Some(a), Some(b)) = (small(a), small(b)) {
            return if a == b { Self::Same } else { Self::Different };
        }
        if rounded_on_reading(a) && rounded_on_reading(b) && a == b {
            return Self::Unknowable;
        }
        if a == b {
            return Self::Same;
        }
        match (Decimal::of(a), Decimal::of(b)) {
            (Some(a), Some(b)) if a == b => Self::SameValue,
            // Exponents beyond ±10^17 on both sides, in different spellings.
            (None, None) => Self::Unknowable,
            (Some(_), _) | (None, Some(_)) => Self::Different,
        }
    }
}

/// Was this number too large for an integer, and held as the nearest double?
fn rounded_on_reading(number: &Number) -> bool {
    // 2^63: from here on a double may stand for an integer that `serde_json` could not hold.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    // A double is written back with at most 17 significant digits and a point or an exponent; text that was kept
    // under `arbitrary_precision` is written as it was read. `1.00` tells the two builds apart.
    let keeps_text = || serde_json::from_str::<Number>("1.00").is_ok_and(|probe| probe.to_string() == "1.00");
    number.is_f64() && number.as_f64().is_some_and(|value| value.abs() >= LIMIT) && !keeps_text()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn prints_as_rfc_8785_does() {
        // Appendix B of the RFC, as decimals.
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("9007199254740992", "9007199254740992"),
            ("295147905179352830000", "295147905179352830000"),
            ("9.999999999999997e22", "9.999999999999997e+22"),
            ("1e23", "1e+23"),
            ("999999999999999700000", "999999999999999700000"),
            ("1e21", "1e+21"),
            ("9.999999999999997e-7", "9.999999999999997e-7"),
            ("0.000001", "0.000001"),
            ("333333333.33333325", "333333333.33333325"),
            ("4.50", "4.5"),
            ("-1e-7", "-1e-7"),
        ] {
            assert_eq!(decimal(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "-", ".", "e5", "1e", "0x10", "1 ", "١", "NaN", "1e999999999999999999999", "--1", "1.2.3"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn integers_beyond_64_bits_are_exact_or_unknowable_and_never_equal_by_rounding() {
        let read = |text: &str| serde_json::from_str::<Number>(text).unwrap();
        let (a, b) = (read("1180591620717411303424"), read("1180591620717411303425"));
        let keeps_text = read("1.00").to_string() == "1.00";
        let expected = if keeps_text { NumberRelation::Different } else { NumberRelation::Unknowable };
        assert_eq!(NumberRelation::of(&a, &b), expected);
        assert_eq!(NumberRelation::of(&a, &read("12")), NumberRelation::Different);
    }

    proptest! {
        #[test]
        fn order_and_equality_are_those_of_integers(a in any::<i64>(), b in any::<i64>()) {
            let (x, y) = (decimal(&a.to_string()), decimal(&b.to_string()));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x == y, a == b);
            prop_assert!(x.is_integer());
        }

        #[test]
        fn printing_keeps_the_value(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
            let read = decimal(&value.to_string());
            let printed = read.to_string();
            prop_assert_eq!(decimal(&printed), read);
            prop_assert_eq!(printed.parse::<f64>().unwrap().to_bits(), (value + 0.0).to_bits());
        }

        #[test]
        fn scaling_moves_the_point(a in any::<i32>(), power in 0_u32..9) {
            let product = i64::from(a).wrapping_mul(10_i64.pow(power));
            prop_assert_eq!(decimal(&a.to_string()).scaled(i64::from(power)), decimal(&product.to_string()));
        }
    }
}
