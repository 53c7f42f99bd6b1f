//! Quantities against what the reference implementation asserts of its own, read in place from the corpus beside the repository.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test reads a file, and may fail"
)]

use std::path::PathBuf;

use drift_diff::{Quantity, QuantityFormat};
use drift_model::Decimal;
use serde_json::Value;

fn corpus(file: &str) -> Option<String> {
    ["../../shared/corpus", "../../../shared/corpus"].into_iter().find_map(|folder| {
        std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(file)).ok()
    })
}

fn text<'v>(case: &'v Value, pointer: &str) -> &'v str {
    case.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {case}"))
}

fn format_of(case: &Value, pointer: &str) -> QuantityFormat {
    match text(case, pointer) {
        "DecimalSI" => QuantityFormat::DecimalSi,
        "BinarySI" => QuantityFormat::BinarySi,
        "DecimalExponent" => QuantityFormat::DecimalExponent,
        other => panic!("{other}"),
    }
}

fn quantity(case: &Value, pointer: &str) -> Quantity {
    text(case, pointer).parse().unwrap_or_else(|_| panic!("{case}"))
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn agrees(case: &Value) -> bool {
    let order =
        |order: std::cmp::Ordering| case.pointer("/expected/order").and_then(Value::as_i64) == Some(order as i64);
    match text(case, "/kind") {
        "parse" => {
            let (input, value) = (text(case, "/input/text"), text(case, "/expected/value"));
            let read = |sign: &str| format!("{sign}{input}").parse::<Quantity>().unwrap();
            let negative = if value == "0" { "0".to_owned() } else { format!("-{value}") };
            ["", "+"].into_iter().all(|sign| *read(sign).value() == decimal(value))
                && read("").format() == format_of(case, "/expected/format")
                && *read("-").value() == decimal(&negative)
        }
        "parse-wide" => {
            let read = quantity(case, "/input/text");
            *read.value() == decimal(text(case, "/expected/value"))
                && read.to_string() == text(case, "/expected/canonical")
        }
        "emit" => {
            let canonical = text(case, "/expected/canonical");
            let again = canonical.parse::<Quantity>().unwrap();
            quantity(case, "/input/text").to_string() == canonical && again.to_string() == canonical
        }
        "format" => {
            let made = Quantity::new(decimal(text(case, "/input/value")), format_of(case, "/input/format"));
            made.to_string() == text(case, "/expected/canonical")
        }
        "json" => {
            let token: Value = serde_json::from_str(text(case, "/input/json")).unwrap();
            Quantity::of(&token).unwrap().to_string() == text(case, "/expected/canonical")
        }
        "reject" => text(case, "/input/text").parse::<Quantity>().is_err(),
        "compare" => order(quantity(case, "/input/a").cmp_value(&quantity(case, "/input/b"))),
        "compare-values" => order(decimal(text(case, "/input/a")).cmp(&decimal(text(case, "/input/b")))),
        "round-up" => {
            let power =
                case.pointer("/input/scale").and_then(Value::as_i64).and_then(|scale| scale.try_into().ok()).unwrap();
            let (rounded, exact) = quantity(case, "/input/text").rounded_up(power);
            *rounded.value() == decimal(text(case, "/expected/value"))
                && case.pointer("/expected/exact").and_then(Value::as_bool) == Some(exact)
        }
        other => panic!("a kind of case that nobody thought of: {other}"),
    }
}

#[test]
fn quantities_agree_with_the_reference_implementation() {
    let Some(lines) = corpus("kubernetes/quantity.jsonl") else {
        println!("skipped: no corpus beside the repository");
        return;
    };
    let cases: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wrong: Vec<_> = cases.iter().filter(|case| !agrees(case)).map(|case| text(case, "/id")).collect();
    println!("quantity: {} of {} cases agree", cases.len() - wrong.len(), cases.len());
    assert!(cases.len() > 100 && wrong.is_empty(), "{wrong:?}");
}
