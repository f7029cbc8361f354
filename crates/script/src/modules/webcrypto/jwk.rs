//! Keys as JSON Web Keys (RFC 7517, 7518).

use base64::Engine;
use serde::{Deserialize, Serialize};

use super::{
    aes::Mode,
    ec,
    failure::Failure,
    key::{Algorithm, Key, Material},
    rsa,
};
use crate::modules::encoding::URL_RAW;

/// The members that matter here; others are left alone.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Jwk {
    kty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ext: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ops: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dq: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qi: Option<String>,
}

fn encode(bytes: &[u8]) -> Option<String> {
    Some(URL_RAW.encode(bytes))
}

fn decode(name: &str, text: Option<&String>) -> Result<Vec<u8>, Failure> {
    let text = text.ok_or_else(|| Failure::data(format!("the JWK has no member '{name}'")))?;
    URL_RAW
        .decode(text.trim_end_matches('='))
        .map_err(|_| Failure::data(format!("the JWK's member '{name}' is not base64url")))
}

impl Jwk {
    /// Reads one.
    pub(super) fn parse(json: &str) -> Result<Jwk, Failure> {
        serde_json::from_str(json).map_err(|error| Failure::data(format!("invalid JWK: {error}")))
    }

    /// As JSON text.
    pub(super) fn text(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map_err(|error| Failure::operation(error.to_string()))
    }

    fn expect_type(&self, kty: &str) -> Result<(), Failure> {
        if self.kty == kty {
            Ok(())
        } else {
            Err(Failure::data(format!(
                "the JWK's kty is '{}', not '{kty}'",
                self.kty
            )))
        }
    }

    /// A secret key's bytes.
    pub(super) fn secret(&self) -> Result<Vec<u8>, Failure> {
        self.expect_type("oct")?;
        decode("k", self.k.as_ref())
    }

    /// A key of a curve.
    pub(super) fn elliptic(&self, curve: ec::Curve) -> Result<Material, Failure> {
        self.expect_type("EC")?;
        if self.crv.as_deref() != Some(curve.name()) {
            return Err(Failure::data(
                "the JWK's crv is not the curve that is asked for",
            ));
        }
        let (x, y) = (decode("x", self.x.as_ref())?, decode("y", self.y.as_ref())?);
        let point = [&[4], &x[..], &y[..]].concat();
        let public = ec::Public::from_point(curve, &point)?;
        if self.d.is_none() {
            return Ok(Material::EcPublic(public));
        }
        let private = ec::Private::from_scalar(curve, &decode("d", self.d.as_ref())?)?;
        if private.public()? != public {
            return Err(Failure::data(
                "the JWK's point does not belong to its private key",
            ));
        }
        Ok(Material::EcPrivate(private))
    }

    /// An RSA key.
    pub(super) fn rsa(&self) -> Result<Material, Failure> {
        self.expect_type("RSA")?;
        let (n, e) = (decode("n", self.n.as_ref())?, decode("e", self.e.as_ref())?);
        if self.d.is_none() {
            return rsa::public_from_numbers(&n, &e).map(|key| Material::RsaPublic(Box::new(key)));
        }
        let d = decode("d", self.d.as_ref())?;
        let (p, q) = (decode("p", self.p.as_ref())?, decode("q", self.q.as_ref())?);
        rsa::private_from_numbers(&n, &e, &d, &p, &q).map(|key| Material::RsaPrivate(Box::new(key)))
    }

    /// Writes one.
    pub(super) fn of(key: &Key) -> Result<Jwk, Failure> {
        let mut jwk = Jwk {
            ext: Some(key.extractable),
            key_ops: Some(key.usages.names().map(str::to_owned).collect()),
            ..Jwk::default()
        };
        match &*key.material {
            Material::Secret(bytes) => {
                "oct".clone_into(&mut jwk.kty);
                jwk.k = encode(bytes);
                jwk.alg = match &key.algorithm {
                    Algorithm::Aes { mode, bits } => {
                        let mode = match mode {
                            Mode::Cbc => "CBC",
                            Mode::Ctr => "CTR",
                            Mode::Gcm => "GCM",
                            Mode::Kw => "KW",
                        };
                        Some(format!("A{bits}{mode}"))
                    }
                    Algorithm::Hmac { hash, .. } => Some(format!("HS{}", hash.jwk_digits())),
                    Algorithm::Ec { .. } | Algorithm::Rsa { .. } | Algorithm::Pbkdf2 => None,
                };
            }
            Material::EcPublic(public) => jwk.set_point(public),
            Material::EcPrivate(private) => {
                jwk.set_point(&private.public()?);
                jwk.d = encode(private.scalar());
            }
            Material::RsaPublic(public) => {
                use ::rsa::traits::PublicKeyParts;
                "RSA".clone_into(&mut jwk.kty);
                (jwk.n, jwk.e) = (encode(&public.n_bytes()), encode(&public.e_bytes()));
            }
            Material::RsaPrivate(private) => {
                let numbers = rsa::numbers(private)?;
                "RSA".clone_into(&mut jwk.kty);
                (jwk.n, jwk.e) = (encode(&numbers.n), encode(&numbers.e));
                jwk.d = encode(&numbers.d);
                (jwk.p, jwk.q) = (encode(&numbers.p), encode(&numbers.q));
                (jwk.dp, jwk.dq) = (encode(&numbers.dp), encode(&numbers.dq));
                jwk.qi = encode(&numbers.qi);
            }
        }
        if let Algorithm::Rsa { scheme, hash, .. } = &key.algorithm {
            jwk.alg = Some(scheme.jwk_name(*hash));
        }
        Ok(jwk)
    }

    fn set_point(&mut self, public: &ec::Public) {
        let (x, y) = public.coordinates();
        "EC".clone_into(&mut self.kty);
        self.crv = Some(public.curve.name().to_owned());
        (self.x, self.y) = (encode(x), encode(y));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_jwk_is_a_key_or_refused() {
        let sound = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI","n":"AQAB","e":"AQAB","k":"AA"}"#;
        bolero::check!()
            .with_iterations(1_500)
            .with_type::<(u16, u8, String)>()
            .for_each(|(at, cut, with)| {
                let at = usize::from(*at) % sound.len();
                let end = (at + usize::from(*cut)).min(sound.len());
                let Ok(jwk) = Jwk::parse(&[&sound[..at], with, &sound[end..]].concat()) else {
                    return;
                };
                let _refused = (jwk.secret(), jwk.rsa());
                for curve in [ec::Curve::P256, ec::Curve::P384, ec::Curve::P521] {
                    let _refused = jwk.elliptic(curve);
                }
                assert!(jwk.text().is_ok());
            });
    }
}
