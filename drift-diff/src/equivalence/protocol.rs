//! Names and numbers of network protocols.

use drift_model::Decimal;
use serde_json::Value;

/// Do both name the same protocol: `tcp`, `TCP` and `6`?
///
/// Names have no case. A number, as such or as its decimal text, is the one that IANA assigned, and `-1` is every protocol.
/// What names no protocol is never the same here.
///
/// Source: <https://www.iana.org/assignments/protocol-numbers>.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    matches!((protocol(a), protocol(b)), (Some(a), Some(b)) if a == b)
}

/// Names in lower case, each with its number where it has one. Protocols above transport have none.
const PROTOCOLS: [(&str, Option<&str>); 14] = [
    ("all", Some("-1")),
    ("icmp", Some("1")),
    ("tcp", Some("6")),
    ("udp", Some("17")),
    ("icmpv6", Some("58")),
    ("sctp", Some("132")),
    ("tcp_udp", None),
    ("geneve", None),
    ("tls", None),
    ("ssl", None),
    ("http", None),
    ("https", None),
    ("http2", None),
    ("grpc", None),
];

/// The name, in lower case, of the protocol that is meant.
fn protocol(value: &Value) -> Option<&'static str> {
    let named = |text: &str| {
        let is_meant =
            |(name, number): &&(&str, Option<&str>)| name.eq_ignore_ascii_case(text) || *number == Some(text);
        PROTOCOLS.iter().find(is_meant).map(|(name, _)| *name)
    };
    match value {
        Value::String(text) => named(text),
        Value::Number(number) => named(&Decimal::of(number)?.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn protocols_have_names_in_any_case_and_numbers() {
        for (a, b) in [
            (json!("http"), json!("HTTP")),
            (json!("Tcp"), json!("6")),
            (json!(17), json!("UDP")),
            (json!(-1), json!("-1")),
            (json!("all"), json!(-1.0)),
        ] {
            assert!(same(&a, &b), "{a} {b}");
        }
    }

    #[test]
    fn what_names_no_protocol_is_left_alone() {
        for (a, b) in [
            (json!("http"), json!("https")),
            (json!("tcp"), json!("17")),
            (json!("tcp"), json!("06")),
            (json!("Forward"), json!("forward")),
            (json!("443"), json!(443)),
            (json!(true), json!(1)),
        ] {
            assert!(!same(&a, &b), "{a} {b}");
        }
    }
}
