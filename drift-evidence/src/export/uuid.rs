//! UUIDs made of names (RFC 9562 §5.5, version 5): the same names, the same UUID, in everybody's implementation.

/// The namespace of URLs (RFC 9562 §6.6).
const URL: [u8; 16] = [0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];

/// The UUID of a thing with these names, within the namespace that a URI is. Names go in as a JSON array, so that they do
/// not run into each other.
pub(super) fn v5(uri: &str, names: &[&str]) -> String {
    let names: serde_json::Value = names.iter().copied().collect();
    spelled(&of(&of(&URL, uri.as_bytes()), drift_model::canonical_text(&names).as_bytes()))
}

fn of(namespace: &[u8; 16], name: &[u8]) -> [u8; 16] {
    let digest = sha1(&[namespace.as_slice(), name].concat());
    let mut uuid = [0; 16];
    uuid.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut uuid;
    *version = *version & 0x0f | 0x50;
    *variant = *variant & 0x3f | 0x80;
    uuid
}

fn spelled(uuid: &[u8; 16]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(36);
    for (index, byte) in uuid.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// SHA-1 (RFC 3174), because version 5 says so. It names things here, and protects nothing.
#[expect(clippy::many_single_char_names, reason = "the five words are called so in the RFC")]
fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend_from_slice(&(message.len() as u64).wrapping_mul(8).to_be_bytes());
    let (blocks, _) = padded.as_chunks::<64>();
    for block in blocks {
        let (words, _) = block.as_chunks::<4>();
        let mut recent: std::collections::VecDeque<u32> = words.iter().map(|word| u32::from_be_bytes(*word)).collect();
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for round in 0..80_u32 {
            let word = recent.pop_front().unwrap_or_default();
            // After the pop, the words 3, 8, 14 and 16 back stand at 12, 7, 1 and before the first.
            let back = |at: usize| recent.get(at).copied().unwrap_or_default();
            recent.push_back((back(12) ^ back(7) ^ back(1) ^ word).rotate_left(1));
            let (mixed, constant) = match round {
                0..20 => (b & c | !b & d, 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant).wrapping_add(word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut digest = [0; 20];
    digest.iter_mut().zip(state.iter().flat_map(|word| word.to_be_bytes())).for_each(|(to, from)| *to = from);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha_1_gives_the_vectors_of_its_rfc() {
        for (message, digest) in [
            ("abc".to_owned(), "a9993e36 4706816a ba3e2571 7850c26c 9cd0d89d"),
            (String::new(), "da39a3ee 5e6b4b0d 3255bfef 95601890 afd80709"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".to_owned(),
                "84983e44 1c3bd26e baae4aa1 f95129e5 e54670f1",
            ),
            ("0123456701234567".repeat(40), "dea356a2 cddd90c7 a7ecedc5 ebb56393 4f460452"),
        ] {
            let digested = sha1(message.as_bytes());
            let words: Vec<_> =
                digested.as_chunks::<4>().0.iter().map(|word| format!("{:08x}", u32::from_be_bytes(*word))).collect();
            assert_eq!(words.join(" "), digest);
        }
    }

    #[test]
    fn a_uuid_is_that_of_the_rfc() {
        // RFC 9562, appendix A.4: the namespace of DNS.
        let dns = [0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
        assert_eq!(spelled(&of(&dns, b"www.example.com")), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn names_do_not_run_into_each_other() {
        assert_ne!(v5("a", &["b", "c"]), v5("a", &["bc"]));
        assert_ne!(v5("a", &["b"]), v5("b", &["b"]));
        assert_eq!(v5("a", &["b"]), v5("a", &["b"]));
    }
}
