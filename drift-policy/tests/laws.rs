//! Law 1, held to the text of the four crates: what the compiler does not see in other builds, a reader does here.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "a test reads files, and may fail")]

use std::path::{Path, PathBuf};

const CRATES: [&str; 4] = ["drift-model", "drift-diff", "drift-policy", "drift-evidence"];

/// What reaches outside, or remembers from one call to the next. (A `OnceCell` can do neither: it cannot be a static.)
const OUTSIDE: [&str; 23] = [
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "std::env",
    "std::process",
    "std::thread",
    "std::io",
    "std::os",
    "SystemTime",
    "Instant",
    "OnceLock",
    "LazyLock",
    "thread_local!",
    "static mut",
    "HashMap",
    "HashSet",
    "rand::",
    "println!",
    "eprintln!",
    "dbg!",
    "Utc::now",
    "Local::now",
];

/// What the crates may stand on. Anything more is argued for in DESIGN.md.
const ALLOWED: [&str; 15] = [
    "chrono",
    "drift-diff",
    "drift-model",
    "globset",
    "hmac",
    "json-patch",
    "jsonptr",
    "proptest",
    "schemars",
    "serde",
    "serde_json",
    "serde_path_to_error",
    "sha2",
    "thiserror",
    "zeroize",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn law_1_pure_no_crate_names_anything_outside_of_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut read = 0;
    for name in CRATES {
        for path in sources(&root.join(name).join("src")) {
            let text = std::fs::read_to_string(&path).unwrap();
            // Tests stand at the bottom, and may do as they like.
            let code = text.split("#[cfg(test)]").next().unwrap();
            for (number, line) in (1..).zip(code.lines()).filter(|(_, line)| !line.trim_start().starts_with("//")) {
                if let Some(outside) = OUTSIDE.iter().find(|outside| line.contains(**outside)) {
                    panic!("{}:{number}: `{outside}` in {line}", path.display());
                }
            }
            read += 1;
        }
    }
    assert!(read > 100, "only {read} files were read");
}

#[test]
fn law_1_pure_no_crate_depends_on_more_than_is_argued_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in CRATES {
        let manifest = std::fs::read_to_string(root.join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
        for line in dependencies.lines().filter(|line| line.contains('=')) {
            let dependency = line.split(['.', '=', ' ']).next().unwrap();
            assert!(ALLOWED.contains(&dependency), "{name} depends on {dependency}");
        }
    }
}
