//! AES in the modes CBC, CTR and GCM, with keys of 128, 192 and 256 bits.

use aes::{
    Aes128, Aes192, Aes256,
    cipher::{
        BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, StreamCipher,
        block_padding::Pkcs7,
        consts::{U12, U13, U14, U15, U16},
    },
};
use aes_gcm::{
    AesGcm, KeyInit,
    aead::{Aead, Payload},
};

use super::failure::Failure;

/// How blocks are chained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Cbc,
    Ctr,
    Gcm,
    /// Listed for keys; no operation uses it.
    Kw,
}

impl Mode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Mode::Cbc => "AES-CBC",
            Mode::Ctr => "AES-CTR",
            Mode::Gcm => "AES-GCM",
            Mode::Kw => "AES-KW",
        }
    }
}

/// What a call says beside its key.
#[derive(Debug, Clone)]
pub(super) enum Parameters {
    Cbc {
        iv: Vec<u8>,
    },
    Ctr {
        counter: Vec<u8>,
        length: u32,
    },
    Gcm {
        iv: Vec<u8>,
        extra: Vec<u8>,
        tag_bits: u32,
    },
}

/// Into which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Encrypt,
    Decrypt,
}

/// Runs an expression with `$A` as the cipher of the key's length.
macro_rules! with_cipher {
    ($key:expr, $A:ident => $body:expr) => {
        match $key.len() {
            16 => {
                type $A = Aes128;
                $body
            }
            24 => {
                type $A = Aes192;
                $body
            }
            32 => {
                type $A = Aes256;
                $body
            }
            _ => Err(Failure::operation("an AES key has 128, 192 or 256 bits")),
        }
    };
}

/// Encrypts or decrypts.
pub(super) fn run(
    key: &[u8],
    parameters: &Parameters,
    direction: Direction,
    data: &[u8],
) -> Result<Vec<u8>, Failure> {
    match parameters {
        Parameters::Cbc { iv } => cbc(key, iv, direction, data),
        Parameters::Ctr { counter, length } => ctr(key, counter, *length, data),
        Parameters::Gcm {
            iv,
            extra,
            tag_bits,
        } => gcm(key, iv, extra, *tag_bits, direction, data),
    }
}

fn cbc(key: &[u8], iv: &[u8], direction: Direction, data: &[u8]) -> Result<Vec<u8>, Failure> {
    let bad_iv = |_| Failure::operation("the iv of AES-CBC has 16 bytes");
    with_cipher!(key, A => match direction {
        Direction::Encrypt => Ok(cbc::Encryptor::<A>::new_from_slices(key, iv)
            .map_err(bad_iv)?
            .encrypt_padded_vec::<Pkcs7>(data)),
        Direction::Decrypt => cbc::Decryptor::<A>::new_from_slices(key, iv)
            .map_err(bad_iv)?
            .decrypt_padded_vec::<Pkcs7>(data)
            .map_err(|_| Failure::operation("could not decrypt: the padding is wrong")),
    })
}

/// The counter is the last `length` bits of its block and wraps there; the bits before it stay.
fn ctr(key: &[u8], counter: &[u8], length: u32, data: &[u8]) -> Result<Vec<u8>, Failure> {
    let block: [u8; 16] = counter
        .try_into()
        .map_err(|_| Failure::operation("the counter of AES-CTR has 16 bytes"))?;
    if !(1..=128).contains(&length) {
        return Err(Failure::operation(
            "the length of an AES-CTR counter is 1 to 128 bits",
        ));
    }
    let blocks = data.len().div_ceil(16) as u128;
    if length < 128 && blocks > 1 << length {
        return Err(Failure::operation(
            "the data is too long for the AES-CTR counter",
        ));
    }
    let mask = if length == 128 {
        u128::MAX
    } else {
        (1 << length) - 1
    };
    let start = u128::from_be_bytes(block);
    // Blocks until the counter wraps; what comes after them begins at zero.
    let until_wrap = (mask - (start & mask)).saturating_add(1);
    let first = usize::try_from(until_wrap)
        .ok()
        .and_then(|blocks| blocks.checked_mul(16))
        .map_or(data.len(), |bytes| bytes.min(data.len()));
    let mut out = data.to_vec();
    let (before, after) = out.split_at_mut(first);
    with_cipher!(key, A => {
        for (part, block) in [(before, start), (after, start & !mask)] {
            ctr::Ctr128BE::<A>::new_from_slices(key, &block.to_be_bytes())
                .map_err(|_| Failure::operation("the counter of AES-CTR has 16 bytes"))?
                .apply_keystream(part);
        }
        Ok(())
    })?;
    Ok(out)
}

fn gcm(
    key: &[u8],
    iv: &[u8],
    extra: &[u8],
    tag_bits: u32,
    direction: Direction,
    data: &[u8],
) -> Result<Vec<u8>, Failure> {
    macro_rules! with_nonce {
        ($N:ty, $T:ty) => {
            with_cipher!(key, A => seal_or_open(
                &AesGcm::<A, $N, $T>::new_from_slice(key)
                    .map_err(|_| Failure::operation("an AES key has 128, 192 or 256 bits"))?,
                iv, extra, direction, data,
            ))
        };
    }
    match (iv.len(), tag_bits) {
        (12, 128) => with_nonce!(U12, U16),
        (12, 120) => with_nonce!(U12, U15),
        (12, 112) => with_nonce!(U12, U14),
        (12, 104) => with_nonce!(U12, U13),
        (12, 96) => with_nonce!(U12, U12),
        (16, 128) => with_nonce!(U16, U16),
        (12 | 16, _) => Err(Failure::operation(
            "the tagLength of AES-GCM is 96, 104, 112, 120 or 128",
        )),
        _ => Err(Failure::operation("the iv of AES-GCM has 12 bytes")),
    }
}

fn seal_or_open<C: Aead>(
    cipher: &C,
    iv: &[u8],
    extra: &[u8],
    direction: Direction,
    data: &[u8],
) -> Result<Vec<u8>, Failure> {
    let nonce = iv
        .try_into()
        .map_err(|_| Failure::operation("the iv of AES-GCM has 12 bytes"))?;
    let payload = Payload {
        msg: data,
        aad: extra,
    };
    match direction {
        Direction::Encrypt => cipher.encrypt(nonce, payload),
        Direction::Decrypt => cipher.decrypt(nonce, payload),
    }
    .map_err(|_| Failure::operation("could not encrypt or decrypt: the data is not authentic"))
}
