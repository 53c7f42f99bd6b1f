//! What stands on one line of YAML: keys, dashes, quoted scalars and flow collections, as far as where they end.

/// What YAML calls white space within a line.
pub(super) const SPACE: [char; 2] = [' ', '\t'];

/// Is this the dash of an item?
pub(super) fn is_dash(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with(SPACE))
}

/// The key that a text begins with and the byte after its colon, if it begins with one.
pub(super) fn key(text: &str) -> Result<Option<(String, usize)>, Strange> {
    if let Some(quote @ ('"' | '\'')) = text.chars().next() {
        let Some((name, rest)) = quoted(text, quote).and_then(|length| text.split_at_checked(length)) else {
            return Ok(None);
        };
        let colon = rest.len().saturating_sub(rest.trim_start_matches(' ').len());
        if !rest.get(colon..).is_some_and(is_colon) {
            return Ok(None);
        }
        let after = name.len().saturating_add(colon).saturating_add(1);
        let name = name.get(1..name.len().saturating_sub(1)).unwrap_or_default();
        return match quote {
            '\'' => Ok(Some((name.replace("''", "'"), after))),
            // What an escape stands for is not looked up.
            _ if name.contains('\\') => Err(Strange),
            _ => Ok(Some((name.to_owned(), after))),
        };
    }
    if text.starts_with(['&', '*', '!', '{', '[', '|', '>']) {
        return Ok(None);
    }
    if text.strip_prefix('?').is_some_and(|rest| rest.is_empty() || rest.starts_with(SPACE)) {
        return Err(Strange);
    }
    let head = text.split_once(" #").map_or(text, |(head, _)| head);
    let colon = head.match_indices(':').map(|(at, _)| at).find(|at| head.get(*at..).is_some_and(is_colon));
    let Some((name, _)) = colon.and_then(|at| head.split_at_checked(at)) else { return Ok(None) };
    let after = name.len().saturating_add(1);
    let name = name.trim_end_matches(SPACE);
    if name.is_empty() || name.contains('\t') { Err(Strange) } else { Ok(Some((name.to_owned(), after))) }
}

/// Something that begins as a key does, and is not understood.
pub(super) struct Strange;

fn is_colon(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|rest| rest.is_empty() || rest.starts_with(SPACE))
}

/// How long the quoted scalar is that a text begins with; `None` if it does not end on the line.
pub(super) fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.peek().is_some_and(|(_, c)| *c == '\'') {
                chars.next();
            } else {
                return Some(at.saturating_add(1));
            }
        }
    }
    None
}

/// How long the flow collection is that a text begins with; `None` if it does not end on the line.
pub(super) fn flow(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0_usize);
    let mut before = ' ';
    while let Some(c) = text.get(at..)?.chars().next() {
        match c {
            '[' | '{' => depth = depth.saturating_add(1),
            ']' | '}' => depth = depth.saturating_sub(1),
            '"' | '\'' if matches!(before, ' ' | '[' | '{' | ',' | ':') => {
                at = at.saturating_add(quoted(text.get(at..)?, c)?);
                before = c;
                continue;
            }
            '#' if before == ' ' => return None,
            _ => {}
        }
        at = at.saturating_add(c.len_utf8());
        before = c;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}
