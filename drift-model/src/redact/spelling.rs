//! How a secret may be spelled elsewhere.

use serde_json::Value;

use crate::base64;

/// More of a secret than its beginning is not looked for: a text that holds so much of it tells it.
///
/// Its spellings take thirty times the space. No key and no password is as long as this.
const MOST_LOOKED_FOR: usize = 16 * 1024;

/// As much of the secret as is looked for.
pub(super) fn beginning(secret: &str) -> &str {
    let last = secret.len().min(MOST_LOOKED_FOR);
    // A character has four bytes at most.
    (0..4).find_map(|back| secret.get(..last.checked_sub(back)?)).unwrap_or(secret)
}

/// The secret as it may be spelled elsewhere. A text that begins with it has spellings that begin with these.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let escaped = json_escaped(secret, false);
    let mut all = vec![
        secret.to_owned(),
        json_escaped(&escaped, false),
        json_escaped(secret, true),
        percent_encoded(secret, true),
        percent_encoded(secret, false),
        escaped,
    ];
    if secret.contains(' ') {
        all.extend([true, false].map(|upper| percent_encoded(secret, upper).replace("%20", "+")));
    }
    let utf_16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, shift) in
        [secret.as_bytes(), &utf_16].into_iter().flat_map(|bytes| (0..3).map(move |shift| (bytes, shift)))
    {
        let text = base64_within(bytes, shift);
        if text.contains('+') || text.contains('/') {
            all.push(text.replace('+', "-").replace('/', "_"));
        }
        all.push(text);
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// As inside of a JSON string; `ascii` also writes what Go and others escape for safety.
pub(super) fn json_escaped(text: &str, ascii: bool) -> String {
    use std::fmt::Write as _;
    let quoted = crate::canonical::text(&Value::from(text));
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    if !ascii {
        return inner.to_owned();
    }
    let mut out = String::new();
    for c in inner.chars() {
        if c.is_ascii() && !matches!(c, '<' | '>' | '&') {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// With every escape of a JSON string undone; what is no escape stays as it is.
pub(super) fn json_unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => match unicode_escape(chars.as_str()) {
                Some((c, after)) => {
                    out.push(c);
                    rest = after;
                    continue;
                }
                None => out.push_str("\\u"),
            },
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

/// The character of four hexadecimal digits, or of a pair of surrogates, and what follows.
fn unicode_escape(text: &str) -> Option<(char, &str)> {
    let unit = |text: &str| text.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let first = unit(text)?;
    let after = text.get(4..)?;
    if let Some(Ok(c)) = char::decode_utf16([first]).next() {
        return Some((c, after));
    }
    let low = after.strip_prefix("\\u")?;
    let c = char::decode_utf16([first, unit(low)?]).next()?.ok()?;
    Some((c, low.get(4..)?))
}

pub(super) fn percent_encoded(text: &str, upper: bool) -> String {
    let digits = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let digit = |value: u8| digits.get(usize::from(value)).copied().map(char::from);
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.extend(std::iter::once('%').chain(digit(byte >> 4)).chain(digit(byte & 15))),
        }
    }
    out
}

/// The characters of a base64 text that are decided by `bytes` alone when they start `shift` bytes into a group of three.
pub(super) fn base64_within(bytes: &[u8], shift: usize) -> String {
    let before = std::iter::repeat_n(0, shift);
    let padded: Vec<u8> = before.chain(bytes.iter().copied()).collect();
    // A character holds six bits: those that the bytes before or after have a part in are left out.
    let foreign = shift.saturating_mul(8).div_ceil(6);
    let whole = padded.len().saturating_mul(8) / 6;
    base64::encode(&padded).get(foreign..whole).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_escape_stays_as_it_is() {
        for (text, plain) in [
            (r"a\", "a\\"),
            (r"\u12", r"\u12"),
            (r"\u00e4\ud83d\ude00!", "ä😀!"),
            (r"\ud83d!", r"\ud83d!"),
            (r"\u00éé", r"\u00éé"),
            (r"C:\dir", "C:dir"),
        ] {
            assert_eq!(json_unescaped(text), plain);
        }
    }

    #[test]
    fn base64_is_base64() {
        assert_eq!(base64_within(b"foobar", 0), "Zm9vYmFy");
        assert_eq!(base64_within(b"foob", 0), "Zm9vY");
    }

    #[test]
    fn a_large_secret_is_spelled_as_far_as_it_is_looked_for() {
        let secret = "😀".repeat(1_000_000);
        for (back, secret) in ["", "a", "ab", "abc"].map(|before| format!("{before}{secret}")).iter().enumerate() {
            let beginning = beginning(secret);
            assert_eq!(beginning.len(), if back == 0 { MOST_LOOKED_FOR } else { MOST_LOOKED_FOR - 4 + back });
            assert!(secret.starts_with(beginning));
            assert!(spellings(beginning).iter().map(String::len).sum::<usize>() < 60 * MOST_LOOKED_FOR);
        }
    }

    proptest! {
        #[test]
        fn what_begins_with_a_secret_is_spelled_as_it_begins(secret in "\\PC{8,20}", more in "\\PC{0,8}") {
            let whole = spellings(&format!("{secret}{more}"));
            for spelling in spellings(&secret) {
                prop_assert!(whole.iter().any(|longer| longer.starts_with(&spelling)), "{}", spelling);
            }
        }

        #[test]
        fn the_base64_of_a_text_holds_that_of_its_parts(before in "\\PC{0,5}", secret in "\\PC{8,20}", after in "\\PC{0,5}") {
            let part = base64_within(secret.as_bytes(), before.len() % 3);
            let whole = base64::encode(format!("{before}{secret}{after}").as_bytes());
            prop_assert!(whole.contains(&part), "{} in {}", part, whole);
        }

        #[test]
        fn escaping_is_undone(text in any::<String>()) {
            prop_assert_eq!(&json_unescaped(&json_escaped(&text, false)), &text);
            prop_assert_eq!(&json_unescaped(&json_escaped(&text, true)), &text);
        }
    }
}
