//! Senses in which two texts are the same.

use serde_json::Value;

/// Do both hold strings that differ in ASCII case alone? Other letters are compared as they are.
pub(super) fn same_but_for_case(a: &Value, b: &Value) -> bool {
    matches!((a, b), (Value::String(a), Value::String(b)) if a.eq_ignore_ascii_case(b))
}

/// Do both hold strings that differ in one dot at the end alone, as `example.com.` and `example.com` do?
///
/// A name needs something before the dot: `.` is the root of the domain name system, and not the empty name.
pub(super) fn same_but_for_trailing_dot(a: &Value, b: &Value) -> bool {
    let stem = |text| -> Option<&str> {
        let text: &str = text;
        match text.strip_suffix('.') {
            Some("") => None,
            Some(stem) if stem.ends_with('.') => None,
            Some(stem) => Some(stem),
            None => (!text.is_empty()).then_some(text),
        }
    };
    matches!((a, b), (Value::String(a), Value::String(b)) if stem(a).is_some() && stem(a) == stem(b))
}

/// Do both hold strings that differ in white space at the ends of lines, in line ends and in empty lines at the end alone?
///
/// That is what YAML's block styles and the editors of templates add. Indentation and empty lines within stay significant.
pub(super) fn same_free_text(a: &Value, b: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (a, b) else { return false };
    let (mut a, mut b) = (lines(a), lines(b));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            (Some(_), None | Some(_)) | (None, Some(_)) => return false,
        }
    }
}

/// Do both hold strings of as many characters, where one has a `?` for each character beyond ASCII in the other, and all
/// else is the same?
pub(super) fn same_but_for_lost_characters(a: &Value, b: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (a, b) else { return false };
    let lost = |kept: &str, lost: &str| kept.chars().map(|c| if c.is_ascii() { c } else { '?' }).eq(lost.chars());
    lost(a, b) || lost(b, a)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.trim_end().split('\n').map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn case_is_ascii_case_and_strings_only() {
        assert!(same_but_for_case(&json!("TCP"), &json!("tcp")));
        assert!(!same_but_for_case(&json!("É"), &json!("é")));
        assert!(!same_but_for_case(&json!("true"), &json!(true)));
    }

    #[test]
    fn one_trailing_dot_is_forgiven() {
        assert!(same_but_for_trailing_dot(&json!("example.com."), &json!("example.com")));
        for (a, b) in [("a..", "a"), (".", ""), ("a.b", "a"), ("a..", "a."), ("", "")] {
            assert!(!same_but_for_trailing_dot(&json!(a), &json!(b)), "{a} {b}");
        }
    }

    #[test]
    fn a_question_mark_stands_for_a_character_that_ascii_lacks() {
        assert!(same_but_for_lost_characters(&json!("caf? ?"), &json!("café €")));
        for (a, b) in [("caf?", "cafe"), ("caf??", "café"), ("cafè", "café"), ("x?", "xé!"), ("?é", "é?")] {
            assert!(!same_but_for_lost_characters(&json!(a), &json!(b)), "{a} {b}");
        }
    }

    #[test]
    fn white_space_at_the_ends_of_lines_is_forgiven() {
        assert!(same_free_text(&json!("a \r\n  b\n\n"), &json!("a\n  b")));
        for (a, b) in [("a\n\nb", "a\nb"), (" a", "a"), ("a b", "a  b"), ("", "a")] {
            assert!(!same_free_text(&json!(a), &json!(b)), "{a} {b}");
        }
    }
}
