//! `Glob`: a pattern over text.

use globset::{GlobBuilder, GlobMatcher};

/// A glob. The common shapes are compared as text, without a regular expression.
#[derive(Clone, Debug)]
pub(crate) enum Glob {
    Everything,
    Exactly(String),
    StartsWith(String),
    EndsWith(String),
    /// Several `*` and nothing else: what stands before, between and after them.
    Pieces(Vec<String>),
    Other(Box<GlobMatcher>),
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, Self::Everything) => true,
            (Self::Exactly(mine), Self::Exactly(theirs))
            | (Self::StartsWith(mine), Self::StartsWith(theirs))
            | (Self::EndsWith(mine), Self::EndsWith(theirs)) => mine == theirs,
            (Self::Pieces(mine), Self::Pieces(theirs)) => mine == theirs,
            (Self::Other(mine), Self::Other(theirs)) => mine.glob().glob() == theirs.glob().glob(),
            _ => false,
        }
    }
}

impl Glob {
    pub(crate) fn new(text: &str) -> Result<Self, globset::Error> {
        let plain = |text: &str| !text.contains(['*', '?', '[', ']', '{', '}', '\\']);
        if matches!(text, "*" | "**") {
            return Ok(Self::Everything);
        }
        if plain(text) {
            return Ok(Self::Exactly(text.to_owned()));
        }
        match (text.strip_suffix('*'), text.strip_prefix('*')) {
            (Some(start), _) if plain(start) => Ok(Self::StartsWith(start.to_owned())),
            (_, Some(end)) if plain(end) => Ok(Self::EndsWith(end.to_owned())),
            _ if !text.contains("**") && text.split('*').all(plain) => {
                Ok(Self::Pieces(text.split('*').map(str::to_owned).collect()))
            }
            _ => Ok(Self::Other(Box::new(GlobBuilder::new(text).backslash_escape(true).build()?.compile_matcher()))),
        }
    }

    /// The glob as it is written.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Everything => "*".to_owned(),
            Self::Exactly(exact) => exact.clone(),
            Self::StartsWith(start) => format!("{start}*"),
            Self::EndsWith(end) => format!("*{end}"),
            Self::Pieces(pieces) => pieces.join("*"),
            Self::Other(glob) => glob.glob().glob().to_owned(),
        }
    }

    pub(crate) fn takes(&self, text: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Exactly(exact) => exact == text,
            Self::StartsWith(start) => text.starts_with(start.as_str()),
            Self::EndsWith(end) => text.ends_with(end.as_str()),
            Self::Pieces(pieces) => in_order(pieces, text),
            Self::Other(glob) => glob.is_match(text),
        }
    }
}

/// Does the text start with the first piece, end with the last, and have the others in between, in order?
fn in_order(pieces: &[String], text: &str) -> bool {
    let Some(((first, rest), last)) = pieces
        .split_first()
        .and_then(|(first, rest)| rest.split_last().map(|(last, between)| ((first, between), last)))
    else {
        return false;
    };
    let Some(mut left) = text.strip_prefix(first.as_str()).and_then(|text| text.strip_suffix(last.as_str())) else {
        return false;
    };
    // The leftmost place of each piece leaves most to the others.
    for piece in rest {
        let Some((_, after)) = left.split_once(piece.as_str()) else { return false };
        left = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_short_cut_takes_what_the_glob_takes(text in "[ab*]{1,4}", value in "[ab/]{0,5}") {
            let expected = GlobBuilder::new(&text).build().unwrap().compile_matcher().is_match(&value);
            prop_assert_eq!(Glob::new(&text).unwrap().takes(&value), expected, "{} {}", text, value);
        }
    }
}
