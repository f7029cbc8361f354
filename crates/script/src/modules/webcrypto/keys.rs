//! Making, taking and giving keys: work without JavaScript.

use std::sync::Arc;

use super::{
    aes, ec,
    failure::{Failure, Name},
    hash::Hash,
    jwk::Jwk,
    key::{Algorithm, Key, Material, Usages},
    rsa,
    work::Output,
};

/// What kind of key is asked for, before it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Aes(aes::Mode),
    Hmac { hash: Hash, bits: Option<usize> },
    Ec { ecdh: bool, curve: ec::Curve },
    Rsa { scheme: rsa::Scheme, hash: Hash },
    Pbkdf2,
}

/// How a key is written.
#[derive(Debug, Clone)]
pub(super) enum Written {
    Raw(Vec<u8>),
    Spki(Vec<u8>),
    Pkcs8(Vec<u8>),
    /// JSON text.
    Jwk(String),
}

fn unsupported(format: &str, what: &str) -> Failure {
    Failure::not_supported(format!("{what} keys have no format {format}"))
}

fn secret(bytes: Vec<u8>, kind: &Kind) -> Result<(Algorithm, Material), Failure> {
    let algorithm = match kind {
        Kind::Aes(mode) => {
            if !matches!(bytes.len(), 16 | 24 | 32) {
                return Err(Failure::data("an AES key has 128, 192 or 256 bits"));
            }
            Algorithm::Aes {
                mode: *mode,
                bits: bytes.len() * 8,
            }
        }
        Kind::Hmac { hash, bits } => {
            let held = bytes.len() * 8;
            if held == 0 {
                return Err(Failure::data("an HMAC key must not be empty"));
            }
            let bits = bits.unwrap_or(held);
            if bits > held || bits + 8 <= held {
                return Err(Failure::data(
                    "the length of an HMAC key does not fit its bytes",
                ));
            }
            Algorithm::Hmac { hash: *hash, bits }
        }
        Kind::Ec { .. } | Kind::Rsa { .. } | Kind::Pbkdf2 => Algorithm::Pbkdf2,
    };
    Ok((algorithm, Material::Secret(bytes)))
}

/// Takes a key.
pub(super) fn import(
    written: &Written,
    kind: &Kind,
    extractable: bool,
    usages: Usages,
) -> Result<Key, Failure> {
    let (algorithm, material) = match (kind, written) {
        (Kind::Pbkdf2, Written::Raw(bytes)) => {
            if extractable {
                return Err(Failure::new(
                    Name::Syntax,
                    "PBKDF2 keys are never extractable",
                ));
            }
            secret(bytes.clone(), kind)?
        }
        (Kind::Pbkdf2, _) => return Err(unsupported("other than raw", "PBKDF2")),
        (Kind::Aes(_) | Kind::Hmac { .. }, Written::Raw(bytes)) => secret(bytes.clone(), kind)?,
        (Kind::Aes(_) | Kind::Hmac { .. }, Written::Jwk(json)) => {
            secret(Jwk::parse(json)?.secret()?, kind)?
        }
        (Kind::Aes(_) | Kind::Hmac { .. }, Written::Spki(_) | Written::Pkcs8(_)) => {
            return Err(unsupported("spki or pkcs8", "secret"));
        }
        (Kind::Ec { ecdh, curve }, written) => {
            let material = match written {
                Written::Raw(point) => Material::EcPublic(ec::Public::from_point(*curve, point)?),
                Written::Spki(der) => Material::EcPublic(ec::Public::from_spki(*curve, der)?),
                Written::Pkcs8(der) => Material::EcPrivate(ec::Private::from_pkcs8(*curve, der)?),
                Written::Jwk(json) => Jwk::parse(json)?.elliptic(*curve)?,
            };
            (
                Algorithm::Ec {
                    ecdh: *ecdh,
                    curve: *curve,
                },
                material,
            )
        }
        (Kind::Rsa { scheme, hash }, written) => {
            let material = match written {
                Written::Raw(_) => return Err(unsupported("raw", "RSA")),
                Written::Spki(der) => Material::RsaPublic(Box::new(rsa::public_from_spki(der)?)),
                Written::Pkcs8(der) => {
                    Material::RsaPrivate(Box::new(rsa::private_from_pkcs8(der)?))
                }
                Written::Jwk(json) => Jwk::parse(json)?.rsa()?,
            };
            let (bits, exponent) = match &material {
                Material::RsaPublic(key) => rsa::facts(&**key),
                Material::RsaPrivate(key) => rsa::facts(&**key),
                Material::Secret(_) | Material::EcPrivate(_) | Material::EcPublic(_) => {
                    return Err(Failure::data("this is no RSA key"));
                }
            };
            let (scheme, hash) = (*scheme, *hash);
            (
                Algorithm::Rsa {
                    scheme,
                    hash,
                    bits,
                    exponent,
                },
                material,
            )
        }
    };
    Key::new(algorithm, material, extractable, usages)
}

/// Gives a key away.
pub(super) fn export(key: &Key, format: &str) -> Result<Output, Failure> {
    if !key.extractable {
        return Err(Failure::new(
            Name::InvalidAccess,
            "the key is not extractable",
        ));
    }
    let bytes = match (format, &*key.material) {
        ("jwk", _) => return Ok(Output::Json(Jwk::of(key)?.text()?)),
        ("raw", Material::Secret(bytes)) => bytes.clone(),
        ("raw", Material::EcPublic(public)) => public.point().to_vec(),
        ("spki", Material::EcPublic(public)) => public.to_spki()?,
        ("spki", Material::RsaPublic(public)) => rsa::to_spki(public)?,
        ("pkcs8", Material::EcPrivate(private)) => private.to_pkcs8()?,
        ("pkcs8", Material::RsaPrivate(private)) => rsa::to_pkcs8(private)?,
        ("raw" | "spki" | "pkcs8", _) => {
            return Err(Failure::new(
                Name::InvalidAccess,
                format!("a key of this kind cannot be exported as {format}"),
            ));
        }
        _ => {
            return Err(Failure::not_supported(format!(
                "unsupported key format: {format}"
            )));
        }
    };
    Ok(Output::Bytes(bytes))
}

/// Makes a secret key of `bits`.
pub(super) fn generate_secret(
    algorithm: Algorithm,
    bits: usize,
    extractable: bool,
    usages: Usages,
) -> Result<Output, Failure> {
    let mut bytes = vec![0; bits.div_ceil(8)];
    getrandom::fill(&mut bytes).map_err(|error| Failure::operation(error.to_string()))?;
    Key::new(algorithm, Material::Secret(bytes), extractable, usages).map(Output::Key)
}

/// Makes both keys of a curve.
pub(super) fn generate_ec(
    curve: ec::Curve,
    ecdh: bool,
    extractable: bool,
    usages: Usages,
) -> Result<Output, Failure> {
    let private = ec::Private::generate(curve);
    let public = private.public()?;
    pair(
        &Algorithm::Ec { ecdh, curve },
        Material::EcPrivate(private),
        Material::EcPublic(public),
        extractable,
        usages,
    )
}

/// Makes both keys of an RSA pair.
pub(super) fn generate_rsa(
    scheme: rsa::Scheme,
    hash: Hash,
    bits: usize,
    exponent: Vec<u8>,
    extractable: bool,
    usages: Usages,
) -> Result<Output, Failure> {
    let private = rsa::generate(bits, &exponent)?;
    let public = private.to_public_key();
    pair(
        &Algorithm::Rsa {
            scheme,
            hash,
            bits,
            exponent,
        },
        Material::RsaPrivate(Box::new(private)),
        Material::RsaPublic(Box::new(public)),
        extractable,
        usages,
    )
}

fn pair(
    algorithm: &Algorithm,
    private: Material,
    public: Material,
    extractable: bool,
    usages: Usages,
) -> Result<Output, Failure> {
    let (for_private, for_public) = (
        usages.common(algorithm.allowed(private.role())),
        usages.common(algorithm.allowed(public.role())),
    );
    if !for_private.with(for_public).holds(usages) {
        return Err(Failure::new(
            Name::Syntax,
            format!("invalid key usages for a {} key", algorithm.name()),
        ));
    }
    let private = Key::new(algorithm.clone(), private, extractable, for_private)?;
    let public = Key::new(algorithm.clone(), public, true, for_public)?;
    Ok(Output::Pair { public, private })
}

/// The key that a derivation ends in.
pub(super) fn from_derived(
    bytes: Vec<u8>,
    kind: &Kind,
    extractable: bool,
    usages: Usages,
) -> Result<Output, Failure> {
    import(&Written::Raw(bytes), kind, extractable, usages).map(Output::Key)
}

/// Bits derived from a password or from two keys; `bits` of `None`: all there are.
pub(super) fn derive(base: &Source, bits: Option<usize>) -> Result<Vec<u8>, Failure> {
    if bits.is_some_and(|bits| bits % 8 != 0) {
        return Err(Failure::operation(
            "the length of derived bits must be a multiple of 8",
        ));
    }
    match base {
        Source::Password {
            key,
            salt,
            rounds,
            hash,
        } => {
            let bits = bits
                .filter(|bits| *bits > 0)
                .ok_or_else(|| Failure::operation("PBKDF2 needs a length of derived bits"))?;
            if *rounds == 0 {
                return Err(Failure::operation("PBKDF2 needs at least one iteration"));
            }
            match &**key {
                Material::Secret(password) => Ok(hash.pbkdf2(password, salt, *rounds, bits / 8)),
                _ => Err(Failure::new(Name::InvalidAccess, "the key is no password")),
            }
        }
        Source::Agreement { private, public } => {
            let (Material::EcPrivate(private), Material::EcPublic(public)) =
                (&**private, &**public)
            else {
                return Err(Failure::new(
                    Name::InvalidAccess,
                    "ECDH needs a private and a public key",
                ));
            };
            if private.curve != public.curve {
                return Err(Failure::new(
                    Name::InvalidAccess,
                    "the keys are of different curves",
                ));
            }
            let mut shared = private.agree(public)?;
            let wanted = bits.map_or(shared.len(), |bits| bits / 8);
            if wanted > shared.len() {
                return Err(Failure::operation(
                    "the length is greater than the shared secret",
                ));
            }
            shared.truncate(wanted);
            Ok(shared)
        }
    }
}

/// From what bits are derived.
pub(super) enum Source {
    Password {
        key: Arc<Material>,
        salt: Vec<u8>,
        rounds: u32,
        hash: Hash,
    },
    Agreement {
        private: Arc<Material>,
        public: Arc<Material>,
    },
}
