//! `Problem`: one clear message for one thing that is wrong with the input.

use std::fmt;

use super::paint::clean;

/// Something that is wrong with an input: where, what, and what now.
///
/// It never holds a value of a document: a file that is read by mistake may hold a secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The file, with line and document where they are known.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Is everything answered all the same?
    pub warning: bool,
}

impl Problem {
    /// Something wrong at a place.
    #[must_use]
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into(), help: None, warning: false }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same as a warning: everything is answered all the same.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.warning = true;
        self
    }

    /// The file of the place.
    #[must_use]
    pub fn file(&self) -> &str {
        let place = self.place.split_once(" line ").map_or(self.place.as_str(), |(file, _)| file);
        place.split_once(" at `").map_or(place, |(file, _)| file)
    }

    /// What the library says of a document. Its texts end in what to do about it.
    #[must_use]
    pub fn of_text(place: impl Into<String>, text: &str) -> Self {
        match text.split_once("; ") {
            Some((message, help)) => Self::new(place, message).help(help),
            None => Self::new(place, text),
        }
    }

    /// A file that could not be opened or read.
    #[must_use]
    pub fn unreadable(place: &str, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let (message, help) = match error.kind() {
            ErrorKind::NotFound => ("no such file", "check the path; `-` reads standard input"),
            ErrorKind::PermissionDenied => ("may not be read", "check the permissions of the file"),
            ErrorKind::IsADirectory => ("is a folder", "name a file"),
            ErrorKind::InvalidData => ("is not text", "save it as UTF-8, or as UTF-16 with a byte order mark"),
            _ => return Self::new(place, format!("cannot be read: {}", error.kind())).help("check the file"),
        };
        Self::new(place, message).help(help)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.warning { "warning" } else { "error" };
        // The name of a file or of a resource may hold anything.
        write!(f, "{severity}: {}: {}", clean(&self.place), clean(&self.message))?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "\n  help: {}", clean(help)))
    }
}

impl std::error::Error for Problem {}
