//! A log-in without a memory: tokens carry the user's name and a keyed hash, so that every worker can check them.

use crate::random::mix;

/// The one password that is right, for every user.
pub(crate) const PASSWORD: &str = "demo";

/// The token of a user, valid as long as the service runs with this seed. Guards nothing: it is there to be carried about.
pub(crate) fn token(seed: u64, purpose: &str, user: &str) -> String {
    let hex: String = user.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.{:016x}", hash(seed, purpose, user))
}

/// The user of a valid token.
pub(crate) fn user(seed: u64, purpose: &str, token: &str) -> Option<String> {
    let (hex, _) = token.split_once('.')?;
    if !hex.is_ascii() {
        return None;
    }
    let bytes = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok());
    let user = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
    (self::token(seed, purpose, &user) == token).then_some(user)
}

fn hash(seed: u64, purpose: &str, user: &str) -> u64 {
    let bytes = purpose.bytes().chain([0]).chain(user.bytes());
    bytes.fold(mix(seed), |state, byte| {
        mix(state.wrapping_mul(31) ^ u64::from(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_user_and_no_other_text_does() {
        let good = token(7, "session", "ada ü");
        assert_eq!(user(7, "session", &good).as_deref(), Some("ada ü"));
        for bad in [
            "",
            ".",
            "616.",
            "zz.0",
            "61",
            &token(8, "session", "ada"),
            &token(7, "csrf", "ada"),
            "é.1",
        ] {
            assert_eq!(user(7, "session", bad), None, "{bad}");
        }
    }
}
