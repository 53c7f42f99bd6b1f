//! Durations as Go writes them.

use serde_json::Value;

/// Do both hold strings that Go's `time.ParseDuration` reads as the same number of nanoseconds: `8760h` and `8760h0m0s`?
pub(super) fn same(a: &Value, b: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (a, b) else { return false };
    matches!((nanoseconds(a), nanoseconds(b)), (Some(a), Some(b)) if a == b)
}

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A sign, then numbers with units, each with an optional fraction; or a bare `0`. `None` beyond 2⁶³ nanoseconds.
///
/// Source: <https://pkg.go.dev/time#ParseDuration>.
fn nanoseconds(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut sum: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (whole, after_whole) = digits(rest);
        let (fraction, after_number) = after_whole.strip_prefix('.').map_or(("", after_whole), digits);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = after_number.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after_number.len());
        let (unit, next) = after_number.split_at_checked(end)?;
        let (_, length) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        let count: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        sum = sum.checked_add(count.checked_mul(length)?)?.checked_add(part(fraction, length))?;
        rest = next;
    }
    if negative {
        // One more nanosecond than on the positive side.
        0_i64.checked_sub_unsigned(sum)
    } else {
        i64::try_from(sum).ok()
    }
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The nanoseconds in a fraction of a unit, with the rounding of the original: double precision, cut off.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go computes it in this way, and a third of an hour is twenty minutes only then"
)]
fn part(fraction: &str, unit: u64) -> u64 {
    let (mut count, mut scale) = (0_u64, 1.0_f64);
    for digit in fraction.chars().filter_map(|c| c.to_digit(10)) {
        let Some(next) = count.checked_mul(10).and_then(|tens| tens.checked_add(digit.into())) else { break };
        if i64::try_from(next).is_err() {
            break;
        }
        count = next;
        scale *= 10.0;
    }
    (count as f64 * (unit as f64 / scale)) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_read_as_go_reads_them() {
        for (text, expected) in [
            ("0", 0),
            ("-0", 0),
            ("5s", 5_000_000_000),
            ("+5s", 5_000_000_000),
            ("1h15m30.918s", 4_530_918_000_000),
            (".5s", 500_000_000),
            ("5.s", 5_000_000_000),
            ("-2m3.4s", -123_400_000_000),
            ("12µs", 12_000),
            ("12μs", 12_000),
            ("52763797000ns", 52_763_797_000),
            ("0.3333333333333333333h", 1_200_000_000_000),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
            ("0.9223372036854775807h", 3_320_413_933_267),
        ] {
            assert_eq!(nanoseconds(text), Some(expected), "{text}");
        }
        for text in
            ["", "3", "-", "s", ".", ".s", "1d", "+.s", "1h ", "1H", "9223372036854775808ns", "1h-1m", "3000000h"]
        {
            assert_eq!(nanoseconds(text), None, "{text}");
        }
    }

    #[test]
    fn only_strings_are_durations() {
        assert!(same(&json!("8760h"), &json!("8760h0m0s")));
        assert!(!same(&json!(0), &json!("0")));
        assert!(!same(&json!("1y"), &json!("1y")));
    }

    proptest! {
        #[test]
        fn minutes_are_sixty_seconds(hours in 0_u32..10_000, minutes in 0_u32..10_000) {
            let seconds = [hours; 60].into_iter().chain([minutes]).map(u64::from).sum::<u64>().saturating_mul(60);
            prop_assert_eq!(nanoseconds(&format!("{hours}h{minutes}m")), nanoseconds(&format!("{seconds}s")));
        }

        #[test]
        fn nothing_panics(text in "[-+]?([0-9]{0,22}[.]?[0-9]{0,22}(h|m|s|ms|us|ns|µs)?){0,3}") {
            let _ = nanoseconds(&text);
        }
    }
}
