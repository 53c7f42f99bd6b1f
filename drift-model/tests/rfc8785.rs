//! RFC 8785 as its authors test it, and where it would lose something.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use drift_model::{canonical_text, rfc8785_text, rfc8785_text_lossless};
use proptest::prelude::*;
use serde_json::{Number, Value, json};

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Was `serde_json` built to keep numbers as they are written?
fn keeps_text() -> bool {
    let written = read("1.00").to_string();
    written == "1.00"
}

#[test]
fn the_numbers_of_appendix_b() {
    let table = read(include_str!("data/rfc8785.json"));
    let doubles = table["doubles"].as_object().unwrap();
    assert_eq!(doubles.len(), 24);
    for (bits, expected) in doubles {
        let double = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        let value = Value::Number(Number::from_f64(double).unwrap());
        assert_eq!(rfc8785_text(&value).unwrap(), expected.as_str().unwrap(), "{bits}");
        assert_eq!(rfc8785_text_lossless(&value), expected.as_str().unwrap(), "{bits}");
    }
    // Those that are no numbers (7fffffffffffffff, 7ff0000000000000) do not get into a JSON value.
    assert_eq!(Number::from_f64(f64::from_bits(0x7fff_ffff_ffff_ffff)), None);
    assert_eq!(Number::from_f64(f64::from_bits(0x7ff0_0000_0000_0000)), None);
}

#[test]
fn the_sample_of_section_3_2_2() {
    let value = read(
        r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#,
    );
    let expected = concat!(
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
        r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
    assert_eq!(rfc8785_text(&value).unwrap(), expected);
}

#[test]
fn the_keys_of_section_3_2_3() {
    let value = read(
        r#"{"\u20ac": "Euro", "\r": "Return", "\ufb33": "Dalet", "1": "One", "\ud83d\ude00": "Face", "\u0080": "Control",
            "\u00f6": "O"}"#,
    );
    let expected = "{\"\\r\":\"Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"O\",\"€\":\"Euro\",\"😀\":\"Face\",\"\u{fb33}\":\"Dalet\"}";
    assert_eq!(rfc8785_text(&value).unwrap(), expected);
}

#[test]
fn an_integer_that_others_would_round_is_refused_with_its_place_or_written_as_a_string() {
    for (text, pointer, lossless) in [
        ("9007199254740991", None, "9007199254740991"),
        ("-9007199254740991", None, "-9007199254740991"),
        ("9007199254740992", Some(""), r#""9007199254740992""#),
        ("-9007199254740992", Some(""), r#""-9007199254740992""#),
        ("18446744073709551615", Some(""), r#""18446744073709551615""#),
        (
            r#"{"b":9007199254740993,"a/b~c":[0,-9223372036854775808]}"#,
            Some("/a~1b~0c/1"),
            r#"{"a/b~c":[0,"-9223372036854775808"],"b":"9007199254740993"}"#,
        ),
        (
            r#"{"\ue000":9007199254740993,"\ud800\udc00":9007199254740993}"#,
            Some("/\u{10000}"),
            "{\"\u{10000}\":\"9007199254740993\",\"\u{e000}\":\"9007199254740993\"}",
        ),
    ] {
        let value = read(text);
        let refused = rfc8785_text(&value).err();
        assert_eq!(refused.as_ref().map(|error| error.pointer.as_str()), pointer, "{text}");
        assert_eq!(rfc8785_text_lossless(&value), lossless, "{text}");
        if let Some(error) = refused {
            assert_eq!(error.code(), "integer-beyond-double");
            assert!(value.pointer(error.pointer.as_str()).unwrap().is_number());
            assert!(!error.to_string().contains("07199"), "{error}");
        }
    }
    let error = rfc8785_text(&json!(u64::MAX)).unwrap_err().to_string();
    assert_eq!(
        error,
        "at the root: an integer beyond ±(2^53 − 1), which other programs would round; write it as a string"
    );
}

#[test]
fn law_9_same_in_same_out_numbers_print_the_same_under_every_build() {
    for (text, expected) in [
        ("-0", "0"),
        ("-0.0", "0"),
        ("4.50", "4.5"),
        ("100e-2", "1"),
        ("0.1234567890123456789012345", "0.12345678901234568"),
        ("1e-400", "0"),
        ("9007199254740993.0", "9007199254740992"),
        ("1E30", "1e+30"),
    ] {
        assert_eq!(rfc8785_text(&read(text)).unwrap(), expected, "{text}");
        assert_eq!(rfc8785_text_lossless(&read(text)), expected, "{text}");
    }
    // What only some builds can read, they refuse.
    if keeps_text() {
        let long = read("1000000000000000000000000000001");
        assert_eq!(rfc8785_text(&long).unwrap_err().code(), "integer-beyond-double");
        assert_eq!(rfc8785_text_lossless(&long), r#""1000000000000000000000000000001""#);
        assert_eq!(rfc8785_text(&read("1e400")).unwrap_err().code(), "number-beyond-double");
        assert_eq!(rfc8785_text_lossless(&read("[1e400]")), r#"["1e+400"]"#);
    }
}

#[test]
fn any_depth_is_written() {
    let mut deep = json!(u64::MAX);
    for _ in 0..100_000 {
        deep = Value::Array(vec![deep]);
    }
    assert_eq!(rfc8785_text_lossless(&deep).len(), 200_022);
    // Dropped piece by piece: a value drops itself by recursion.
    while let Value::Array(mut items) = deep {
        deep = items.pop().unwrap();
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Canonical text is canonical when it is read again. (A double from 2^53 to 10^21 prints as the integer that it is, which is then
/// refused: who wrote it is no longer known.)
fn stays(text: &str) -> Result<(), TestCaseError> {
    match rfc8785_text(&read(text)) {
        Ok(again) => prop_assert_eq!(again, text),
        Err(error) => prop_assert_eq!(error.code(), "integer-beyond-double"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_double_prints_as_ecmascript_defines_it(bits in any::<u64>()) {
        let double = f64::from_bits(bits);
        prop_assume!(double.is_finite());
        let text = rfc8785_text(&json!(double)).unwrap();
        // It reads back as the same double, and as few digits as that takes.
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), if bits << 1 == 0 { 0 } else { bits });
        let mantissa = text.split('e').next().unwrap().replace(['.', '-'], "");
        let shortest = format!("{double:e}");
        let shortest = shortest.split('e').next().unwrap().replace(['.', '-'], "");
        prop_assert_eq!(mantissa.trim_matches('0'), shortest.trim_matches('0'));
        // ECMAScript writes 1e-6 to 1e21 without an exponent.
        let plain = double.abs() >= 1e-6 && double.abs() < 1e21 || bits << 1 == 0;
        prop_assert_eq!(!text.contains('e'), plain, "{}", text);
    }

    #[test]
    fn where_nothing_is_refused_the_two_profiles_are_one(value in value()) {
        match rfc8785_text(&value) {
            Ok(text) => {
                prop_assert_eq!(&text, &canonical_text(&value));
                prop_assert_eq!(&text, &rfc8785_text_lossless(&value));
                stays(&text)?;
            }
            Err(error) => {
                let number = value.pointer(error.pointer.as_str()).and_then(Value::as_number).unwrap();
                prop_assert!(number.as_i64().is_none_or(|number| number.unsigned_abs() > 9_007_199_254_740_991));
                stays(&rfc8785_text_lossless(&value))?;
            }
        }
    }
}
