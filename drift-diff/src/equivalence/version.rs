//! Versions that name a series, and versions of that series.

use drift_model::Decimal;
use serde_json::Value;

/// Is one a version and the other a version of that series: `5.7` and `5.7.44`, `15` and `15.4`?
///
/// A version begins with a digit and is made of non-empty parts between dots. A JSON integer is a version of one part; other
/// numbers are none, because `5.10` would be `5.1`.
pub(super) fn same_series(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => is_series_of(a, b) || is_series_of(b, a),
        (Value::Number(series), Value::String(version)) | (Value::String(version), Value::Number(series)) => {
            Decimal::of(series)
                .filter(Decimal::is_integer)
                .is_some_and(|series| is_series_of(&series.to_string(), version))
        }
        _ => false,
    }
}

fn is_series_of(series: &str, version: &str) -> bool {
    let is_version =
        |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.split('.').all(|part| !part.is_empty());
    let more = version.strip_prefix(series);
    is_version(series) && is_version(version) && more.is_some_and(|more| more.is_empty() || more.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_series_holds_its_versions() {
        assert!(same_series(&json!("5.7"), &json!("5.7.44")));
        assert!(same_series(&json!("15.4"), &json!(15)));
        assert!(same_series(&json!("8.0"), &json!("8.0.mysql_aurora.3.05.2")));
        for (a, b) in [
            (json!("5.7"), json!("5.70")),
            (json!("5.7.1"), json!("5.7.2")),
            (json!(5.1), json!("5.1.3")),
            (json!("5."), json!("5..7")),
            (json!(""), json!("5")),
            (json!("v5"), json!("v5.1")),
            (json!("5.7"), json!(null)),
        ] {
            assert!(!same_series(&a, &b) && !same_series(&b, &a), "{a} {b}");
        }
    }
}
