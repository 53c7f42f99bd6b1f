//! Texts and their base64.

use serde_json::Value;

/// Is one the base64 of the other, or are both base64 of the same bytes in different spellings?
///
/// Both alphabets of RFC 4648 are read, with or without padding, and with line breaks. Spellings are told from plain text
/// only by reading: two strings that differ in `-` for `+` are the same here.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (a, b) else { return false };
    let (from_a, from_b) = (decode(a), decode(b));
    let is = |bytes: &Option<Vec<u8>>, text: &str| bytes.as_deref() == Some(text.as_bytes());
    is(&from_a, b) || is(&from_b, a) || (from_a.is_some() && from_a == from_b)
}

/// The bytes, if the text is base64 with no stray bits.
fn decode(text: &str) -> Option<Vec<u8>> {
    let plain: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = plain.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = plain.get(..plain.len().saturating_sub(padding))?;
    let tail = body.len() % 4;
    if tail == 1 || padding > 0 && tail.saturating_add(padding) != 4 {
        return None;
    }
    let mut bytes = Vec::with_capacity(body.len());
    for group in body.chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            bits = bits << 6 | u32::from(sextet(*byte)?);
        }
        let [_, first, second, third] = match group.len() {
            4 => bits,
            3 => bits << 6,
            _ => bits << 12,
        }
        .to_be_bytes();
        let (kept, rest): (&[u8], u8) = match group.len() {
            4 => (&[first, second, third], 0),
            3 => (&[first, second], third),
            _ => (&[first], second | third),
        };
        if rest != 0 {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

const fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(26)),
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0').wrapping_add(52)),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn encode(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for group in bytes.chunks(3) {
            let bits = (0..3).fold(0_usize, |bits, i| bits << 8 | usize::from(*group.get(i).unwrap_or(&0)));
            for i in 0..4 {
                text.push(if i <= group.len() { char::from(ALPHABET[bits >> [18, 12, 6, 0][i] & 63]) } else { '=' });
            }
        }
        text
    }

    #[test]
    fn text_and_base64_and_their_spellings() {
        assert!(same(&json!("#!/bin/sh\n"), &json!("IyEvYmluL3NoCg==")));
        assert!(same(&json!("IyEvYmluL3NoCg"), &json!("IyEvYmlu\nL3NoCg==")));
        assert!(same(&json!("_-8="), &json!("/+8=")));
        for (a, b) in [("IyEvYmluL3NoCg=", "IyEvYmluL3NoCg=="), ("YQ==", "YR=="), ("a", "b"), ("YQ==", "b"), ("=", "")]
        {
            assert!(!same(&json!(a), &json!(b)), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes in proptest::collection::vec(any::<u8>(), 0..40), text in any::<String>()) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
            prop_assert!(same(&json!(encode(text.as_bytes())), &json!(text)));
        }
    }
}
