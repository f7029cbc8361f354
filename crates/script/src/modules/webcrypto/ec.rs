//! The curves P-256, P-384 and P-521: ECDSA, ECDH and the formats of their keys.

use p256::{
    ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier},
    elliptic_curve::Generate,
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey},
};

use super::failure::Failure;

/// A curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    pub(super) fn named(name: &str) -> Result<Curve, Failure> {
        match name {
            "P-256" => Ok(Curve::P256),
            "P-384" => Ok(Curve::P384),
            "P-521" => Ok(Curve::P521),
            _ => Err(Failure::not_supported(format!("unsupported curve: {name}"))),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Curve::P256 => "P-256",
            Curve::P384 => "P-384",
            Curve::P521 => "P-521",
        }
    }

    /// Bytes of a coordinate.
    pub(super) fn bytes(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

/// Runs an expression with `$c` as the curve's crate.
macro_rules! with_curve {
    ($curve:expr, $c:ident => $body:expr) => {
        match $curve {
            Curve::P256 => {
                use p256 as $c;
                $body
            }
            Curve::P384 => {
                use p384 as $c;
                $body
            }
            Curve::P521 => {
                use p521 as $c;
                $body
            }
        }
    };
}

fn bad_key<E>(_error: E) -> Failure {
    Failure::data("this is no valid key of that curve")
}

/// A private key: its scalar, checked.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Private {
    pub(super) curve: Curve,
    scalar: Vec<u8>,
}

/// A public key: its uncompressed point, checked.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Public {
    pub(super) curve: Curve,
    point: Vec<u8>,
}

impl Private {
    pub(super) fn generate(curve: Curve) -> Private {
        let scalar = with_curve!(curve, c => c::SecretKey::generate().to_bytes().to_vec());
        Private { curve, scalar }
    }

    pub(super) fn from_scalar(curve: Curve, scalar: &[u8]) -> Result<Private, Failure> {
        with_curve!(curve, c => c::SecretKey::from_slice(scalar).map_err(bad_key).map(drop))?;
        Ok(Private {
            curve,
            scalar: scalar.to_vec(),
        })
    }

    pub(super) fn from_pkcs8(curve: Curve, der: &[u8]) -> Result<Private, Failure> {
        let scalar = with_curve!(curve, c => c::SecretKey::from_pkcs8_der(der)
            .map_err(bad_key)?
            .to_bytes()
            .to_vec());
        Ok(Private { curve, scalar })
    }

    pub(super) fn to_pkcs8(&self) -> Result<Vec<u8>, Failure> {
        with_curve!(self.curve, c => Ok(c::SecretKey::from_slice(&self.scalar)
            .map_err(bad_key)?
            .to_pkcs8_der()
            .map_err(bad_key)?
            .as_bytes()
            .to_vec()))
    }

    pub(super) fn scalar(&self) -> &[u8] {
        &self.scalar
    }

    pub(super) fn public(&self) -> Result<Public, Failure> {
        let point = with_curve!(self.curve, c => c::SecretKey::from_slice(&self.scalar)
            .map_err(bad_key)?
            .public_key()
            .to_sec1_bytes()
            .to_vec());
        Ok(Public {
            curve: self.curve,
            point,
        })
    }

    /// Both halves of the signature, one behind the other.
    pub(super) fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, Failure> {
        let digest = widened(self.curve, digest);
        with_curve!(self.curve, c => {
            let key = c::ecdsa::SigningKey::from_slice(&self.scalar).map_err(bad_key)?;
            let signature: c::ecdsa::Signature = key
                .sign_prehash(&digest)
                .map_err(|_| Failure::operation("could not sign"))?;
            Ok(signature.to_bytes().to_vec())
        })
    }

    /// The secret that both sides share.
    pub(super) fn agree(&self, other: &Public) -> Result<Vec<u8>, Failure> {
        with_curve!(self.curve, c => {
            let key = c::SecretKey::from_slice(&self.scalar).map_err(bad_key)?;
            let other = c::PublicKey::from_sec1_bytes(&other.point).map_err(bad_key)?;
            Ok(key.diffie_hellman(&other).raw_secret_bytes().to_vec())
        })
    }
}

impl Public {
    pub(super) fn from_point(curve: Curve, point: &[u8]) -> Result<Public, Failure> {
        let point = with_curve!(curve, c => c::PublicKey::from_sec1_bytes(point)
            .map_err(bad_key)?
            .to_sec1_bytes()
            .to_vec());
        Ok(Public { curve, point })
    }

    pub(super) fn from_spki(curve: Curve, der: &[u8]) -> Result<Public, Failure> {
        let point = with_curve!(curve, c => c::PublicKey::from_public_key_der(der)
            .map_err(bad_key)?
            .to_sec1_bytes()
            .to_vec());
        Ok(Public { curve, point })
    }

    pub(super) fn to_spki(&self) -> Result<Vec<u8>, Failure> {
        with_curve!(self.curve, c => Ok(c::PublicKey::from_sec1_bytes(&self.point)
            .map_err(bad_key)?
            .to_public_key_der()
            .map_err(bad_key)?
            .as_bytes()
            .to_vec()))
    }

    /// The uncompressed point: 4, x, y.
    pub(super) fn point(&self) -> &[u8] {
        &self.point
    }

    /// Both coordinates.
    pub(super) fn coordinates(&self) -> (&[u8], &[u8]) {
        self.point[1..].split_at(self.curve.bytes())
    }

    pub(super) fn holds(&self, digest: &[u8], signature: &[u8]) -> Result<bool, Failure> {
        let digest = widened(self.curve, digest);
        with_curve!(self.curve, c => {
            let key = c::ecdsa::VerifyingKey::from_sec1_bytes(&self.point).map_err(bad_key)?;
            let Ok(signature) = c::ecdsa::Signature::from_slice(signature) else {
                return Ok(false);
            };
            Ok(key.verify_prehash(&digest, &signature).is_ok())
        })
    }
}

/// A digest that is shorter than the curve's field, with the zeros before it that it stands for: the crates refuse one that
/// is shorter than half of it (SHA-256 with P-521).
fn widened(curve: Curve, digest: &[u8]) -> Vec<u8> {
    let mut wide = vec![0; curve.bytes().saturating_sub(digest.len())];
    wide.extend_from_slice(digest);
    wide
}
