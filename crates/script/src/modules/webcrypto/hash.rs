//! The four hashes of WebCrypto, and what is built on them by name: HMAC and PBKDF2.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::failure::Failure;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Runs an expression with `$D` as the hash's type.
macro_rules! with_hash {
    ($hash:expr, $D:ident => $body:expr) => {
        match $hash {
            Hash::Sha1 => {
                type $D = sha1::Sha1;
                $body
            }
            Hash::Sha256 => {
                type $D = sha2::Sha256;
                $body
            }
            Hash::Sha384 => {
                type $D = sha2::Sha384;
                $body
            }
            Hash::Sha512 => {
                type $D = sha2::Sha512;
                $body
            }
        }
    };
}
pub(super) use with_hash;

impl Hash {
    /// By its name, in any case.
    pub(super) fn named(name: &str) -> Result<Hash, Failure> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "SHA-1" => Hash::Sha1,
            "SHA-256" => Hash::Sha256,
            "SHA-384" => Hash::Sha384,
            "SHA-512" => Hash::Sha512,
            _ => {
                return Err(Failure::not_supported(format!(
                    "unsupported hash algorithm: {name}"
                )));
            }
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Hash::Sha1 => "SHA-1",
            Hash::Sha256 => "SHA-256",
            Hash::Sha384 => "SHA-384",
            Hash::Sha512 => "SHA-512",
        }
    }

    /// Digits of the name in JWK's `alg` (`HS256`).
    pub(super) fn jwk_digits(self) -> &'static str {
        match self {
            Hash::Sha1 => "1",
            Hash::Sha256 => "256",
            Hash::Sha384 => "384",
            Hash::Sha512 => "512",
        }
    }

    /// Bits of a block: the length of an HMAC key where none is given.
    pub(super) fn block_bits(self) -> usize {
        match self {
            Hash::Sha1 | Hash::Sha256 => 512,
            Hash::Sha384 | Hash::Sha512 => 1024,
        }
    }

    pub(super) fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha1 => Sha1::digest(data).to_vec(),
            Hash::Sha256 => Sha256::digest(data).to_vec(),
            Hash::Sha384 => Sha384::digest(data).to_vec(),
            Hash::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        with_hash!(self, D => {
            let mut mac = Hmac::<D>::new_from_slice(key)
                .expect("an HMAC takes keys of any length (RFC 2104, section 2)");
            mac.update(data);
            mac.finalize().into_bytes().to_vec()
        })
    }

    /// Compares in constant time.
    pub(super) fn hmac_holds(self, key: &[u8], data: &[u8], signature: &[u8]) -> bool {
        with_hash!(self, D => {
            let mut mac = Hmac::<D>::new_from_slice(key)
                .expect("an HMAC takes keys of any length (RFC 2104, section 2)");
            mac.update(data);
            mac.verify_slice(signature).is_ok()
        })
    }

    pub(super) fn pbkdf2(self, password: &[u8], salt: &[u8], rounds: u32, bytes: usize) -> Vec<u8> {
        let mut out = vec![0; bytes];
        with_hash!(self, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, rounds, &mut out));
        out
    }
}
