//! `--policy`: the documents that decide.

use std::io::Read;
use std::path::PathBuf;

use super::engine::{Engine, Tree};
use crate::console::input::{self, Located};
use crate::console::problem::Problem;

/// Reads all policy documents and compiles them. Everything that is wrong with them is answered beside the engine.
///
/// # Errors
///
/// What makes an engine impossible.
pub(super) fn engine(paths: &[PathBuf], stdin: &mut dyn Read) -> Result<(Engine, Vec<Problem>), Vec<Problem>> {
    let mut documents: Vec<Located<Tree>> = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        match input::files(path) {
            Ok(files) => {
                for file in files {
                    let (read, found) = input::authored(&file, stdin);
                    documents.extend(read);
                    problems.extend(found);
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    let (engine, found) = Engine::compile(documents, problems.iter().all(|problem| problem.warning))?;
    problems.extend(found);
    Ok((engine, problems))
}
