//! Keys that PEM itself has encrypted (RFC 1421, as OpenSSL writes it): `Proc-Type: 4,ENCRYPTED`, a cipher and its start
//! value in `DEK-Info`, the key made from the password by MD5. Old and weak, and the one form that k6 reads.

use aes::{Aes128, Aes192, Aes256};
use base64::{Engine, prelude::BASE64_STANDARD};
use cbc::{
    Decryptor,
    cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7},
};
use md5::{Digest, Md5};
use rustls::pki_types::PrivateKeyDer;

use super::OptionError;

/// Whether a PEM text holds such a key.
pub(super) fn is_encrypted(text: &str) -> bool {
    text.contains("Proc-Type: 4,ENCRYPTED")
}

/// Opens the key.
pub(super) fn decrypt(text: &str, password: &str) -> Result<PrivateKeyDer<'static>, OptionError> {
    let fault = |what: &str| OptionError::new(format!("key: {what}"));
    let malformed = || fault("malformed encrypted PEM");
    let (_, rest) = text.split_once("-----BEGIN ").ok_or_else(malformed)?;
    let (label, rest) = rest.split_once("-----").ok_or_else(malformed)?;
    let end = format!("-----END {label}-----");
    let (inside, _) = rest.split_once(end.as_str()).ok_or_else(malformed)?;
    let mut info = None;
    let mut coded = String::new();
    for line in inside.lines().map(str::trim) {
        match line.split_once(':') {
            Some(("DEK-Info", value)) => info = value.trim().split_once(','),
            Some(_) => {}
            None => coded.push_str(line),
        }
    }
    let (cipher, start) = info.ok_or_else(malformed)?;
    let start = unhex(start.trim()).ok_or_else(malformed)?;
    let sealed = BASE64_STANDARD.decode(coded).map_err(|_| malformed())?;
    if start.len() != 16 {
        return Err(fault(&format!(
            "unsupported cipher {cipher} of an encrypted key; loadd has AES-CBC"
        )));
    }
    let key = |bytes: usize| key_of(password.as_bytes(), &start[..8], bytes);
    let wrong = || fault("it cannot be decrypted: the password is wrong");
    macro_rules! open {
        ($cipher:ty, $bytes:literal) => {
            Decryptor::<$cipher>::new_from_slices(&key($bytes), &start)
                .map_err(|_| malformed())?
                .decrypt_padded_vec::<Pkcs7>(&sealed)
                .map_err(|_| wrong())?
        };
    }
    let der = match cipher {
        "AES-128-CBC" => open!(Aes128, 16),
        "AES-192-CBC" => open!(Aes192, 24),
        "AES-256-CBC" => open!(Aes256, 32),
        other => {
            let text = format!("unsupported cipher {other} of an encrypted key; loadd has AES-CBC");
            return Err(fault(&text));
        }
    };
    match label {
        "RSA PRIVATE KEY" => Ok(PrivateKeyDer::Pkcs1(der.into())),
        "EC PRIVATE KEY" => Ok(PrivateKeyDer::Sec1(der.into())),
        _ => Ok(PrivateKeyDer::Pkcs8(der.into())),
    }
}

/// OpenSSL's derivation: MD5 over what came before, password and salt, until there is enough.
fn key_of(password: &[u8], salt: &[u8], bytes: usize) -> Vec<u8> {
    let mut key: Vec<u8> = Vec::new();
    let mut last: Vec<u8> = Vec::new();
    while key.len() < bytes {
        last = Md5::digest([&last[..], password, salt].concat()).to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(bytes);
    key
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl ec -aes128`, password `secret`.
    const KEY: &str = include_str!("pem/encrypted.pem");

    #[test]
    fn a_key_opens_with_its_password_alone() {
        assert!(is_encrypted(KEY));
        assert!(matches!(decrypt(KEY, "secret"), Ok(PrivateKeyDer::Sec1(_))));
        let wrong = decrypt(KEY, "other").map(|_| ());
        assert!(wrong.is_err());
    }

    #[test]
    fn no_text_makes_the_reader_fall() {
        bolero::check!()
            .with_iterations(5_000)
            .with_type::<(u16, u8)>()
            .for_each(|(at, byte)| {
                let mut damaged = KEY.as_bytes().to_vec();
                let at = usize::from(*at) % damaged.len();
                damaged[at] = byte & 0x7f;
                drop(decrypt(&String::from_utf8_lossy(&damaged), "secret"));
            });
    }
}
