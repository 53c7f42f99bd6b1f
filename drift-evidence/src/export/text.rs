//! Texts that somebody else wrote, brought into places that give characters a meaning: Markdown, URIs, one-line fields.
//!
//! Names come from live objects. Whoever can create one chooses what stands in a report; so nothing of it is ever markup.

use std::fmt::Write as _;

/// A text as a Markdown code span that nothing in it can end, in a table cell too.
///
/// Common names read as they are: `` `aws_vpc.main` ``. Where a text holds a pipe, or a character that cannot be seen, it is
/// spelled with character references, and what cannot be seen as in JSON (`\n`, `\u202e`) within quotes.
pub(crate) fn code(text: &str) -> String {
    let unseen = text.chars().any(is_unseen);
    let text = if unseen { visible(text) } else { text.to_owned() };
    let spaced = text.is_empty() || text.starts_with(' ') || text.ends_with(' ');
    if !unseen && !spaced && !text.contains('|') {
        let fence = "`".repeat(longest_run(&text).saturating_add(1));
        let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
        return format!("{fence}{space}{text}{space}{fence}");
    }
    let mut span = String::from("<code>");
    for c in text.chars() {
        if c.is_ascii_punctuation() || c == ' ' && spaced {
            // Writing to a string cannot fail.
            let _ = write!(span, "&#{};", u32::from(c));
        } else {
            span.push(c);
        }
    }
    span + "</code>"
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A fenced block that nothing in the text can end.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).saturating_add(1).max(3));
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{newline}{fence}\n")
}

/// A text in quotes, as JSON, with everything spelled out that cannot be seen.
fn visible(text: &str) -> String {
    let quoted = drift_model::canonical_text(&text.into());
    let mut shown = String::with_capacity(quoted.len());
    for c in quoted.chars() {
        if is_unseen(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Controls, line separators, what turns the direction of text, what has no width, and private or unassigned tags: they
/// change how other text is read, or hide.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text as one line without what cannot be seen: each such character is a space, and there is none at the ends.
pub(crate) fn line(text: &str) -> String {
    let shown: String = text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect();
    shown.trim().to_owned()
}

/// A text as a URI reference (RFC 3986 §4.1): what cannot stand in one is percent-encoded.
pub(super) fn uri(text: &str) -> String {
    let mut uri = String::with_capacity(text.len());
    let mut fragment = false;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().copied().enumerate() {
        let kept = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => true,
            b'#' => !std::mem::replace(&mut fragment, true),
            b'%' => {
                let hex = |ahead: usize| bytes.get(at.saturating_add(ahead)).is_some_and(u8::is_ascii_hexdigit);
                hex(1) && hex(2)
            }
            _ => b"-._~:/?@!$&'()*+,;=".contains(&byte),
        };
        if kept {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// A path of a file as a relative URI reference: its first segment never reads as a scheme or a host.
pub(super) fn file_uri(path: &str) -> String {
    let path = path.trim_start_matches('/').replace('\\', "/");
    uri(&path).replace(':', "%3A").replace('?', "%3F").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_names_read_as_they_are() {
        for (text, shown) in [
            ("aws_vpc.main", "`aws_vpc.main`"),
            ("a|b", "<code>a&#124;b</code>"),
            ("a`b", "``a`b``"),
            ("`; ``", "``` `; `` ```"),
            ("", "<code></code>"),
            (" a", "<code>&#32;a</code>"),
            ("x\n# y", "<code>&#34;x&#92;n&#35; y&#34;</code>"),
            ("a\u{202e}b\u{0}", "<code>&#34;a&#92;u202eb&#92;u0000&#34;</code>"),
            ("[x](javascript:alert)", "`[x](javascript:alert)`"),
            ("a\\", "`a\\`"),
        ] {
            assert_eq!(code(text), shown);
        }
    }

    #[test]
    fn a_uri_holds_what_a_uri_may_hold() {
        assert_eq!(uri("s3://b/a b?c=%20#d#e"), "s3://b/a%20b?c=%20#d%23e");
        assert_eq!(uri("100%\n<é>"), "100%25%0A%3C%C3%A9%3E");
        assert_eq!(file_uri("/prod/a:b #1.yaml"), "prod/a%3Ab%20%231.yaml");
        assert_eq!(file_uri("javascript:alert(1)"), "javascript%3Aalert(1)");
    }

    proptest! {
        #[test]
        fn nothing_ends_a_code_span_or_a_cell(text in ".{0,20}|[`| a\n]{0,12}") {
            let shown = code(&text);
            let (fence, _) = shown.split_at(shown.find(|c| c != '`').unwrap());
            if fence.is_empty() {
                let inner = shown.strip_prefix("<code>").and_then(|rest| rest.strip_suffix("</code>")).unwrap();
                let marked = |c: char| c.is_ascii_punctuation() && !matches!(c, '&' | '#' | ';');
                prop_assert!(!inner.contains(marked) && !inner.contains('\n'), "{}", inner);
            } else {
                let inner = shown.strip_prefix(fence).and_then(|rest| rest.strip_suffix(fence)).unwrap();
                prop_assert!(longest_run(inner) < fence.len() && !inner.ends_with('`'));
                prop_assert!(!inner.contains(['|', '\n', '\r']) && !inner.trim().is_empty());
            }
        }

        #[test]
        fn nothing_ends_a_fenced_block(text in "[`a\n]{0,40}") {
            let block = fenced("", &text);
            let fence = block.lines().next().unwrap().to_owned();
            let closing = block.lines().skip(1).filter(|line| line.starts_with(&fence)).count();
            prop_assert_eq!(closing, 1);
        }

        #[test]
        fn a_uri_stays_when_it_is_encoded_again(text: String) {
            let once = uri(&text);
            prop_assert!(once.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(uri(&once), once);
        }
    }
}
