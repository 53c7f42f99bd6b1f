//! Reading files: folders in name order, `-` for standard input, byte order marks, YAML and JSON.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use drift_policy::Tree;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use super::yaml::{self, Dialect};

/// A file, or standard input (`-`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// `-` is standard input.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        if path == Path::new("-") { Self::Stdin } else { Self::File(path.to_owned()) }
    }

    /// How many bytes there are, if that is known before reading.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File(path) => path.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len()),
        }
    }

    /// Opens it as UTF-8 text, whatever its byte order mark says.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that names the file.
    pub fn open<'a>(&self, stdin: &'a mut dyn Read) -> Result<Box<dyn BufRead + 'a>, Problem> {
        let unreadable = |error: std::io::Error| Problem::unreadable(&self.to_string(), &error);
        let reader: Box<dyn Read + 'a> = match self {
            Self::Stdin => Box::new(stdin),
            Self::File(path) => {
                let file = File::open(path).map_err(unreadable)?;
                if file.metadata().is_ok_and(|file| file.is_dir()) {
                    return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
                }
                Box::new(file)
            }
        };
        decoded(reader).map_err(unreadable)
    }

    /// All of its text.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that names the file.
    pub fn text(&self, stdin: &mut dyn Read) -> Result<String, Problem> {
        let mut text = String::new();
        self.open(stdin)?.read_to_string(&mut text).map_err(|error| Problem::unreadable(&self.to_string(), &error))?;
        Ok(text)
    }

    fn extension(&self) -> Option<&str> {
        match self {
            Self::Stdin => None,
            Self::File(path) => path.extension()?.to_str(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The files that a path names: itself, or the YAML and JSON files of a folder and its folders, in name order.
///
/// # Errors
///
/// A [`Problem`] for a folder that cannot be listed, or that holds no such file.
pub fn files(path: &Path) -> Result<Vec<Source>, Problem> {
    if !path.is_dir() {
        return Ok(vec![Source::new(path)]);
    }
    let mut found = Vec::new();
    walk(path, 0, &mut found)?;
    if found.is_empty() {
        return Err(Problem::new(path.display().to_string(), "holds no YAML or JSON file")
            .help("files are taken by their ending: .yaml, .yml, .json, .jsonl"));
    }
    Ok(found.into_iter().map(Source::File).collect())
}

/// Links may lead in circles; no tree of manifests is this deep.
const MAX_FOLDERS: usize = 64;

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Problem> {
    let unreadable = |error: std::io::Error| Problem::unreadable(&folder.display().to_string(), &error);
    if depth > MAX_FOLDERS {
        return Err(Problem::new(folder.display().to_string(), "more than 64 folders deep")
            .help("is there a link that leads in a circle?"));
    }
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(unreadable)?;
    paths.sort();
    for path in paths {
        let hidden = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, depth.saturating_add(1), found)?;
        } else if matches!(path.extension().and_then(|end| end.to_str()), Some("yaml" | "yml" | "json" | "jsonl")) {
            found.push(path);
        }
    }
    Ok(())
}

/// One document of a file.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The file, and the line of the document where the file has several.
    pub place: String,
    /// Its content.
    pub content: T,
    /// The JSON Pointers of keys that stand twice in one map of YAML.
    repeated: Vec<String>,
}

/// Reads every document of a file, YAML or JSON. What can be read is answered beside what is wrong.
///
/// JSON documents may follow each other; YAML ones stand between `---`.
pub fn documents<T: DeserializeOwned>(
    source: &Source,
    dialect: Dialect,
    stdin: &mut dyn Read,
) -> (Vec<Located<T>>, Vec<Problem>) {
    let (mut documents, mut problems) = read(source, dialect, stdin);
    documents.retain(|document| {
        problems.extend(document.repeated.iter().map(|pointer| {
            Problem::new(format!("{} at `{pointer}`", document.place), "the same key stands twice in one map")
                .help("keep one of the two")
        }));
        document.repeated.is_empty()
    });
    (documents, problems)
}

/// Reads every policy document of a file, as it is written: a key that stands twice is there twice, and is told by whoever
/// reads the document.
pub fn authored(source: &Source, stdin: &mut dyn Read) -> (Vec<Located<Tree>>, Vec<Problem>) {
    let (mut documents, problems) = read(source, Dialect::Core, stdin);
    for document in &mut documents {
        for pointer in &document.repeated {
            repeat(&mut document.content, pointer);
        }
    }
    (documents, problems)
}

/// Puts the key at this place there once more, before the one that holds.
fn repeat(tree: &mut Tree, pointer: &str) {
    let (above, token) = pointer.rsplit_once('/').unwrap_or_default();
    let plain = |token: &str| token.replace("~1", "/").replace("~0", "~");
    let parent = above.split('/').skip(1).map(plain).try_fold(tree, |tree, token| match tree {
        Tree::Object(members) => members.iter_mut().rev().find(|(key, _)| *key == token).map(|(_, member)| member),
        Tree::List(items) => items.get_mut(token.parse::<usize>().ok()?),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => None,
    });
    if let Some(Tree::Object(members)) = parent {
        members.insert(0, (plain(token), Tree::Null));
    }
}

fn read<T: DeserializeOwned>(
    source: &Source,
    dialect: Dialect,
    stdin: &mut dyn Read,
) -> (Vec<Located<T>>, Vec<Problem>) {
    let text = match source.text(stdin) {
        Ok(text) => text,
        Err(problem) => return (Vec::new(), vec![problem]),
    };
    let json = match source.extension() {
        Some("json" | "jsonl") => true,
        Some("yaml" | "yml") => false,
        _ => text.trim_start().starts_with(['{', '[']),
    };
    let (documents, problems) =
        if json { json_documents(source, &text) } else { yaml_documents(source, &text, dialect) };
    if documents.is_empty() && problems.is_empty() {
        let problem = Problem::new(source.to_string(), "is empty").help("leave it out, or fill it");
        return (documents, vec![problem]);
    }
    (documents, problems)
}

fn json_documents<T: DeserializeOwned>(source: &Source, text: &str) -> (Vec<Located<T>>, Vec<Problem>) {
    let mut documents = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<T>();
    let (mut line, mut counted) = (1_usize, 0_usize);
    loop {
        // The document begins after the white space that follows the one before.
        let rest = text.get(stream.byte_offset()..).unwrap_or_default();
        let start = text.len().saturating_sub(rest.trim_start().len());
        let passed = text.get(counted..start).unwrap_or_default();
        line = line.saturating_add(passed.bytes().filter(|byte| *byte == b'\n').count());
        counted = start;
        let Some(next) = stream.next() else { return (documents, Vec::new()) };
        match next {
            Ok(content) => {
                let only =
                    documents.is_empty() && text.get(stream.byte_offset()..).is_some_and(|rest| rest.trim().is_empty());
                let place = if only { source.to_string() } else { format!("{source} line {line}") };
                documents.push(Located { place, content, repeated: Vec::new() });
            }
            Err(error) => return (documents, vec![json_problem(source, &error)]),
        }
    }
}

fn json_problem(source: &Source, error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    let place = format!("{source} line {} column {}", error.line(), error.column());
    match error.classify() {
        Category::Eof => Problem::new(place, "not JSON: the text ends too early").help("is the file complete?"),
        Category::Data if error.to_string().starts_with("duplicate") => {
            Problem::new(place, "the same key stands twice in one object").help("keep one of the two")
        }
        Category::Data => Problem::new(place, "JSON of another shape than is read here"),
        Category::Syntax | Category::Io if error.to_string().starts_with("recursion limit") => {
            Problem::new(place, "nested more than 127 levels deep").help("hand over the part that is needed")
        }
        Category::Syntax | Category::Io => {
            Problem::new(place, "not JSON").help("check the text there; YAML files are known by their ending .yaml")
        }
    }
}

fn yaml_documents<T: DeserializeOwned>(
    source: &Source,
    text: &str,
    dialect: Dialect,
) -> (Vec<Located<T>>, Vec<Problem>) {
    let (read, error) = yaml::read(text, dialect);
    let mut problems = Vec::new();
    let several = read.len() > 1;
    let mut documents = Vec::new();
    for document in read {
        let place = if several { format!("{source} line {}", document.line) } else { source.to_string() };
        match T::deserialize(document.value) {
            Ok(content) => documents.push(Located { place, content, repeated: document.repeated }),
            Err(_) => problems.push(Problem::new(place, "YAML of another shape than is read here")),
        }
    }
    if let Some(error) = error {
        let place = format!("{source} line {} column {}", error.line, error.column);
        problems.push(
            Problem::new(place, format!("not YAML that is read here: {}", error.message)).help("check the text there"),
        );
    }
    (documents, problems)
}

/// UTF-8 text of bytes that may begin with a byte order mark.
fn decoded<'a>(mut bytes: Box<dyn Read + 'a>) -> std::io::Result<Box<dyn BufRead + 'a>> {
    let mut head = Vec::with_capacity(3);
    bytes.by_ref().take(3).read_to_end(&mut head)?;
    let utf16 = |skip: usize, unit: fn([u8; 2]) -> u16, bytes: Box<dyn Read + 'a>| {
        let rest = std::io::Cursor::new(head.get(skip..).unwrap_or_default().to_vec()).chain(bytes);
        Box::new(BufReader::new(Utf16 { bytes: BufReader::new(rest), unit, high: None, ready: Vec::new() }))
    };
    Ok(match head.as_slice() {
        [0xEF, 0xBB, 0xBF] => Box::new(BufReader::new(bytes)),
        [0xFF, 0xFE, ..] => utf16(2, u16::from_le_bytes, bytes),
        [0xFE, 0xFF, ..] => utf16(2, u16::from_be_bytes, bytes),
        _ => Box::new(BufReader::new(std::io::Cursor::new(head).chain(bytes))),
    })
}

/// UTF-16 to UTF-8, as it is read. Half a pair becomes the replacement character.
struct Utf16<R> {
    bytes: R,
    unit: fn([u8; 2]) -> u16,
    /// The first half of a pair.
    high: Option<u16>,
    ready: Vec<u8>,
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut ended = false;
        while self.ready.is_empty() && !ended {
            let mut block = Vec::with_capacity(8192);
            self.bytes.by_ref().take(8192).read_to_end(&mut block)?;
            ended = block.is_empty();
            let pairs = block.chunks(2).map(|pair| match pair {
                [a, b] => (self.unit)([*a, *b]),
                _ => 0xFFFD,
            });
            let mut units: Vec<u16> = self.high.take().into_iter().chain(pairs).collect();
            if !ended && let Some(last) = units.pop_if(|unit| (0xD800..0xDC00).contains(unit)) {
                self.high = Some(last);
            }
            for character in char::decode_utf16(units) {
                let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
                self.ready.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        let count = self.ready.as_slice().read(buffer)?;
        self.ready.drain(..count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> String {
        let mut text = String::new();
        decoded(Box::new(std::io::Cursor::new(bytes.to_vec()))).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_byte_order_mark_says_how_text_is_coded() {
        // Longer than one block, with pairs at odd places.
        let text = format!("a{}", "\u{1F600}é".repeat(5000));
        let utf16 = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect::<Vec<u8>>()
        };
        assert_eq!(text_of(&utf16(u16::to_le_bytes, [0xFF, 0xFE])), text);
        assert_eq!(text_of(&utf16(u16::to_be_bytes, [0xFE, 0xFF])), text);
        assert_eq!(text_of(&[&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat()), text);
        assert_eq!(text_of(text.as_bytes()), text);
        for short in ["", "a", "ab"] {
            assert_eq!(text_of(short.as_bytes()), short);
        }
    }

    #[test]
    fn documents_that_follow_each_other_are_told_apart_by_their_lines() {
        let read = |text: &str| {
            let (documents, problems) =
                documents::<serde_json::Value>(&Source::Stdin, Dialect::Core, &mut text.as_bytes());
            assert_eq!(problems, []);
            documents.into_iter().map(|document| document.place).collect::<Vec<_>>()
        };
        assert_eq!(read("\n{}\n"), ["standard input"]);
        assert_eq!(read("{}\n{\n}\n\n{}"), ["standard input line 1", "standard input line 2", "standard input line 5"]);
        assert_eq!(read("a: 1\n---\nb: 2"), ["standard input line 1", "standard input line 3"]);
    }
}
