//! Instants in different zones.

use drift_model::Timestamp;
use serde_json::Value;

/// Do both hold RFC 3339 texts of the same instant: `2026-07-03T12:00:00+02:00` and `2026-07-03T10:00:00.000Z`?
///
/// A date alone is its first instant in UTC. Numbers are no times: nobody knows their unit.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (a, b) else { return false };
    matches!((a.parse::<Timestamp>(), b.parse::<Timestamp>()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn zones_and_zeros_have_no_meaning() {
        assert!(same(&json!("2026-07-03T12:00:00+02:00"), &json!("2026-07-03T10:00:00.000Z")));
        assert!(same(&json!("2026-07-03"), &json!("2026-07-03T00:00:00Z")));
        for (a, b) in [
            (json!("2026-07-03T10:00:00Z"), json!("2026-07-03T10:00:00.000000001Z")),
            (json!("2026-07-03T10:00:00"), json!("2026-07-03T10:00:00Z")),
            (json!(0), json!("1970-01-01")),
        ] {
            assert!(!same(&a, &b), "{a} {b}");
        }
    }
}
