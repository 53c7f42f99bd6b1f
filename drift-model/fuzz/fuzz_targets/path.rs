//! A path, and the document that it leads into: `parse ∘ print = id`, and a pointer that resolves.
#![no_main]

use drift_model::FieldPath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (text, document) = input;
    let Ok(path) = text.parse::<FieldPath>() else { return };
    let printed = path.to_string();
    assert_eq!(printed.parse().as_ref(), Ok(&path), "{printed}");
    assert_eq!(printed, printed.parse::<FieldPath>().expect("a path").to_string());
    if let Ok(document) = serde_json::from_str::<serde_json::Value>(document)
        && let Some(pointer) = path.resolve(&document)
    {
        assert!(document.pointer(pointer.as_str()).is_some(), "{path} {pointer}");
    }
});
