//! k6 names groups and checks by the MD5 of their path. Not for anything secret.

use ::md5::{Digest, Md5};

/// The digest in hexadecimal.
pub(crate) fn hex(text: &str) -> String {
    Md5::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_group_has_the_id_that_k6_gives_it() {
        assert_eq!(hex(""), "d41d8cd98f00b204e9800998ecf8427e");
    }
}
