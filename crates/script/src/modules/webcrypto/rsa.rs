//! RSA: signatures (PKCS #1 v1.5 and PSS), encryption (OAEP), and the formats of its keys.

use rsa::{
    BoxedUint, Oaep, Pkcs1v15Sign, PrivateKey, Pss, PublicKey,
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey},
    traits::{PrivateKeyParts, PublicKeyParts},
};

use super::{
    failure::Failure,
    hash::{Hash, with_hash},
};

/// Longest modulus that is made or taken: longer ones cost minutes.
const MAX_BITS: usize = 8192;
const MIN_BITS: usize = 1024;

/// For what a key is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Pkcs1,
    Pss,
    Oaep,
}

impl Scheme {
    pub(super) fn name(self) -> &'static str {
        match self {
            Scheme::Pkcs1 => "RSASSA-PKCS1-v1_5",
            Scheme::Pss => "RSA-PSS",
            Scheme::Oaep => "RSA-OAEP",
        }
    }

    /// `alg` of a JWK.
    pub(super) fn jwk_name(self, hash: Hash) -> String {
        match (self, hash) {
            (Scheme::Pkcs1, _) => format!("RS{}", hash.jwk_digits()),
            (Scheme::Pss, _) => format!("PS{}", hash.jwk_digits()),
            (Scheme::Oaep, Hash::Sha1) => "RSA-OAEP".to_owned(),
            (Scheme::Oaep, _) => format!("RSA-OAEP-{}", hash.jwk_digits()),
        }
    }
}

fn bad_key<E>(_error: E) -> Failure {
    Failure::data("this is no valid RSA key")
}

/// Numbers of a private key as a JWK has them: n, e, d, p, q, dp, dq, qi.
pub(super) struct Numbers {
    pub(super) n: Vec<u8>,
    pub(super) e: Vec<u8>,
    pub(super) d: Vec<u8>,
    pub(super) p: Vec<u8>,
    pub(super) q: Vec<u8>,
    pub(super) dp: Vec<u8>,
    pub(super) dq: Vec<u8>,
    pub(super) qi: Vec<u8>,
}

/// Modulus' bits and the public exponent of any key.
pub(super) fn facts(key: &impl PublicKeyParts) -> (usize, Vec<u8>) {
    let n = key.n_bytes();
    let zeros = n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (n.len() * 8 - zeros, key.e_bytes().to_vec())
}

pub(super) fn generate(bits: usize, exponent: &[u8]) -> Result<PrivateKey, Failure> {
    if !(MIN_BITS..=MAX_BITS).contains(&bits) {
        return Err(Failure::operation(format!(
            "modulusLength must be {MIN_BITS} to {MAX_BITS} bits"
        )));
    }
    let exponent = BoxedUint::from_be_slice_vartime(exponent);
    PrivateKey::new_with_exp(&mut getrandom::SysRng, bits, exponent)
        .map_err(|error| Failure::operation(format!("could not make an RSA key: {error}")))
}

pub(super) fn private_from_pkcs8(der: &[u8]) -> Result<PrivateKey, Failure> {
    PrivateKey::from_pkcs8_der(der).map_err(bad_key)
}

pub(super) fn public_from_spki(der: &[u8]) -> Result<PublicKey, Failure> {
    PublicKey::from_public_key_der(der).map_err(bad_key)
}

pub(super) fn to_pkcs8(key: &PrivateKey) -> Result<Vec<u8>, Failure> {
    Ok(key.to_pkcs8_der().map_err(bad_key)?.as_bytes().to_vec())
}

pub(super) fn to_spki(key: &PublicKey) -> Result<Vec<u8>, Failure> {
    Ok(key
        .to_public_key_der()
        .map_err(bad_key)?
        .as_bytes()
        .to_vec())
}

pub(super) fn public_from_numbers(n: &[u8], e: &[u8]) -> Result<PublicKey, Failure> {
    PublicKey::new(
        BoxedUint::from_be_slice_vartime(n),
        BoxedUint::from_be_slice_vartime(e),
    )
    .map_err(bad_key)
}

pub(super) fn private_from_numbers(
    n: &[u8],
    e: &[u8],
    d: &[u8],
    p: &[u8],
    q: &[u8],
) -> Result<PrivateKey, Failure> {
    let number = BoxedUint::from_be_slice_vartime;
    PrivateKey::from_components(number(n), number(e), number(d), vec![number(p), number(q)])
        .map_err(bad_key)
}

pub(super) fn numbers(key: &PrivateKey) -> Result<Numbers, Failure> {
    let lost = || Failure::operation("the key has no primes");
    let bytes = |number: &BoxedUint| number.to_be_bytes_trimmed_vartime().to_vec();
    let [p, q] = key.primes() else {
        return Err(lost());
    };
    Ok(Numbers {
        n: key.n_bytes().to_vec(),
        e: key.e_bytes().to_vec(),
        d: bytes(key.d()),
        p: bytes(p),
        q: bytes(q),
        dp: bytes(key.dp().ok_or_else(lost)?),
        dq: bytes(key.dq().ok_or_else(lost)?),
        qi: bytes(&key.crt_coefficient().ok_or_else(lost)?),
    })
}

pub(super) fn sign(
    key: &PrivateKey,
    scheme: Scheme,
    hash: Hash,
    salt: usize,
    data: &[u8],
) -> Result<Vec<u8>, Failure> {
    let digest = hash.digest(data);
    with_hash!(hash, D => match scheme {
        Scheme::Pkcs1 => key.sign(Pkcs1v15Sign::new::<D>(), &digest),
        Scheme::Pss | Scheme::Oaep => key.sign(Pss::<D>::new_with_salt(salt), &digest),
    })
    .map_err(|error| Failure::operation(format!("could not sign: {error}")))
}

pub(super) fn holds(
    key: &PublicKey,
    scheme: Scheme,
    hash: Hash,
    salt: usize,
    data: &[u8],
    signature: &[u8],
) -> bool {
    let digest = hash.digest(data);
    with_hash!(hash, D => match scheme {
        Scheme::Pkcs1 => key.verify(Pkcs1v15Sign::new::<D>(), &digest, signature),
        Scheme::Pss | Scheme::Oaep => key.verify(Pss::<D>::new_with_salt(salt), &digest, signature),
    })
    .is_ok()
}

pub(super) fn encrypt(
    key: &PublicKey,
    hash: Hash,
    label: Vec<u8>,
    data: &[u8],
) -> Result<Vec<u8>, Failure> {
    with_hash!(hash, D => key.encrypt(&mut getrandom::SysRng, Oaep::<D>::new_with_label(label), data))
        .map_err(|error| Failure::operation(format!("could not encrypt: {error}")))
}

pub(super) fn decrypt(
    key: &PrivateKey,
    hash: Hash,
    label: Vec<u8>,
    data: &[u8],
) -> Result<Vec<u8>, Failure> {
    with_hash!(hash, D => key.decrypt(Oaep::<D>::new_with_label(label), data))
        .map_err(|error| Failure::operation(format!("could not decrypt: {error}")))
}
