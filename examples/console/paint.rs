//! Colour and width of text on a terminal.

use drift_model::Risk;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How the page is to look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    pub(crate) colour: bool,
    /// In columns.
    pub(crate) width: usize,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ink {
    Plain,
    Strong,
    Dim,
    Good,
    Bad,
    Doubt,
    Waiting,
    Risk(Risk),
}

impl Ink {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Dim | Self::Risk(Risk::Info) => "2",
            Self::Good => "32",
            Self::Bad | Self::Risk(Risk::High) => "1;31",
            Self::Doubt => "1;35",
            Self::Waiting | Self::Risk(Risk::Low) => "36",
            Self::Risk(Risk::Critical) => "1;97;41",
            Self::Risk(Risk::Medium) => "1;33",
        }
    }
}

impl Paint {
    /// The text in its colour, without control characters that it may bring along.
    pub(crate) fn text(self, ink: Ink, text: &str) -> String {
        let text = clean(text);
        let code = ink.code();
        if self.colour && !code.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text }
    }
}

/// What a document says must not steer the terminal that shows it.
pub(crate) fn clean(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// The text in at most this many columns: what is too long loses its middle.
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    let columns = columns.max(3);
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let tail = room / 2;
    let head: String = fitting(text.chars(), room.saturating_sub(tail));
    let tail: Vec<char> = fitting(text.chars().rev(), tail).chars().collect();
    head.chars().chain(['…']).chain(tail.into_iter().rev()).collect()
}

fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut left = columns;
    characters
        .map_while(|c| {
            left = left.checked_sub(c.width().unwrap_or(0))?;
            Some(c)
        })
        .collect()
}

/// The words in lines of at most this many columns. A word that is longer has a line of its own.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width().saturating_add(word.width()) < columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(shortened(word, columns)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_loses_its_middle() {
        assert_eq!(shortened("registry.example/app:1.2.3", 15), "registr…p:1.2.3");
        assert_eq!(shortened("short", 15), "short");
        assert!(shortened("日本語日本語日本語", 7).width() <= 7);
    }

    #[test]
    fn words_are_wrapped_and_not_lost() {
        assert_eq!(wrapped("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
    }

    #[test]
    fn a_document_does_not_steer_the_terminal() {
        let paint = Paint { colour: false, width: 100 };
        assert_eq!(paint.text(Ink::Bad, "a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
        let paint = Paint { colour: true, width: 100 };
        assert_eq!(paint.text(Ink::Good, "a"), "\u{1b}[32ma\u{1b}[0m");
    }
}
