//! Address blocks.

use std::net::IpAddr;

use serde_json::Value;

/// Do both hold strings that name the same block of addresses: `10.1.2.3/8` and `10.0.0.0/8`, `2001:db8::/32` and
/// `2001:DB8:0::/32`?
///
/// An address alone is the block of this one address. IPv4 and IPv6 are never the same, mapped or not.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (a, b) else { return false };
    matches!((block(a), block(b)), (Some(a), Some(b)) if a == b)
}

/// First address, as its bits, and length of the prefix; the family is that of the length's maximum.
fn block(text: &str) -> Option<(bool, u128, u32)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let (is_v4, bits, width) = match address {
        IpAddr::V4(address) => (true, u128::from(address.to_bits()), 32_u32),
        IpAddr::V6(address) => (false, address.to_bits(), 128),
    };
    let length = match length {
        // `+8` and `08` would parse.
        Some(length) if length.bytes().all(|b| b.is_ascii_digit()) && (length == "0" || !length.starts_with('0')) => {
            length.parse().ok().filter(|length| *length <= width)?
        }
        Some(_) => return None,
        None => width,
    };
    let host = width.saturating_sub(length);
    let network = bits.checked_shr(host).unwrap_or(0).checked_shl(host).unwrap_or(0);
    Some((is_v4, network, length))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_compare_by_their_addresses() {
        for (a, b) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("2001:db8::/32", "2001:0DB8:0:0::1/32"),
            ("10.0.0.1", "10.0.0.1/32"),
            ("::1", "0:0:0:0:0:0:0:1/128"),
            ("1.2.3.4/0", "0.0.0.0/0"),
            ("ff::1/0", "::/0"),
        ] {
            assert!(same(&json!(a), &json!(b)), "{a} {b}");
        }
        for (a, b) in [
            ("10.0.0.0/8", "10.0.0.0/9"),
            ("0.0.0.0/0", "::/0"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("10.0.0.0/33", "10.0.0.0/33 "),
            ("010.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.0/08", "10.0.0.0/8"),
            ("10.0.0.0/+8", "10.0.0.0/8"),
        ] {
            assert!(!same(&json!(a), &json!(b)), "{a} {b}");
        }
    }
}
