//! `crypto.subtle`: reads the arguments of each operation and makes work of them.

use std::sync::Arc;

use rquickjs::{Object, Result, Value};

use super::{
    aes,
    failure::{Failure, Name, Trouble},
    hash::Hash,
    input::{Asked, Which, buffer_source, count_of, name_of, usages_of},
    key::{Algorithm, Key, Material, Usages},
    keys::{self, Kind, Source, Written},
    rsa::{self, Scheme},
    work::{Output, Work, promise},
};
use crate::{
    modules::{method, throw, to_text},
    sys::qjs::{self, Args},
};

type Read<T> = std::result::Result<T, Trouble>;

pub(super) fn install(subtle: &Object<'_>) -> Result<()> {
    method(subtle, "digest", 2, |state, args| {
        promise(state, args.ctx(), digest(args))
    })?;
    method(subtle, "generateKey", 3, |state, args| {
        promise(state, args.ctx(), generate_key(args))
    })?;
    method(subtle, "importKey", 5, |state, args| {
        promise(state, args.ctx(), import_key(args))
    })?;
    method(subtle, "exportKey", 2, |state, args| {
        promise(state, args.ctx(), export_key(args))
    })?;
    method(subtle, "encrypt", 3, |state, args| {
        promise(state, args.ctx(), cipher(args, aes::Direction::Encrypt))
    })?;
    method(subtle, "decrypt", 3, |state, args| {
        promise(state, args.ctx(), cipher(args, aes::Direction::Decrypt))
    })?;
    method(subtle, "sign", 3, |state, args| {
        promise(state, args.ctx(), sign(args))
    })?;
    method(subtle, "verify", 4, |state, args| {
        promise(state, args.ctx(), verify(args))
    })?;
    method(subtle, "deriveBits", 3, |state, args| {
        promise(state, args.ctx(), derive_bits(args))
    })?;
    method(subtle, "deriveKey", 5, |state, args| {
        promise(state, args.ctx(), derive_key(args))
    })?;
    method(subtle, "wrapKey", 4, |_, args| {
        Err(throw(args.ctx(), "wrapKey is not implemented"))
    })?;
    method(subtle, "unwrapKey", 7, |_, args| {
        Err(throw(args.ctx(), "unwrapKey is not implemented"))
    })
}

fn digest(args: &Args<'_, '_>) -> Read<Work> {
    let hash = Hash::named(&name_of(&args.get(0))?)?;
    let data = buffer_source(&args.get(1))?;
    Ok(Work::short(move || Ok(Output::Bytes(hash.digest(&data)))))
}

fn generate_key(args: &Args<'_, '_>) -> Read<Work> {
    let asked = Asked::of(&args.get(0))?;
    let extractable = qjs::is_truthy(&args.get(1));
    let usages = usages_of(&args.get(2))?;
    Ok(match asked.which {
        Which::Aes(mode) => {
            let bits = asked.aes_bits()?;
            let algorithm = Algorithm::Aes { mode, bits };
            Work::short(move || keys::generate_secret(algorithm, bits, extractable, usages))
        }
        Which::Hmac => {
            let hash = asked.hash()?;
            let default = u32::try_from(hash.block_bits()).unwrap_or_default();
            let bits = asked.count_or("length", default)? as usize;
            if bits == 0 || bits > 1 << 20 {
                return Err(
                    Failure::operation("the length of an HMAC key is 1 to 1048576 bits").into(),
                );
            }
            let algorithm = Algorithm::Hmac { hash, bits };
            Work::short(move || keys::generate_secret(algorithm, bits, extractable, usages))
        }
        Which::Ecdsa | Which::Ecdh => {
            let (curve, ecdh) = (asked.curve()?, asked.which == Which::Ecdh);
            Work::short(move || keys::generate_ec(curve, ecdh, extractable, usages))
        }
        Which::Rsa(scheme) => {
            let hash = asked.hash()?;
            let bits = asked.count("modulusLength")? as usize;
            let exponent = asked.bytes("publicExponent")?;
            Work::long(move || {
                keys::generate_rsa(scheme, hash, bits, exponent, extractable, usages)
            })
        }
        Which::Pbkdf2 => return asked.refuse("generateKey"),
    })
}

/// The kind of key that importKey and deriveKey are asked for.
fn kind(asked: &Asked<'_>, derived: bool) -> Read<Kind> {
    Ok(match asked.which {
        Which::Aes(mode) => Kind::Aes(mode),
        Which::Hmac => {
            let hash = asked.hash()?;
            let length = asked.count_or("length", 0)? as usize;
            let bits = match length {
                0 if derived => Some(hash.block_bits()),
                0 => None,
                bits => Some(bits),
            };
            Kind::Hmac { hash, bits }
        }
        Which::Ecdsa | Which::Ecdh => Kind::Ec {
            ecdh: asked.which == Which::Ecdh,
            curve: asked.curve()?,
        },
        Which::Rsa(scheme) => Kind::Rsa {
            scheme,
            hash: asked.hash()?,
        },
        Which::Pbkdf2 => Kind::Pbkdf2,
    })
}

fn import_key(args: &Args<'_, '_>) -> Read<Work> {
    let format = to_text(&args.get(0))?;
    let data = args.get(1);
    let written = match format.as_str() {
        "raw" => Written::Raw(buffer_source(&data)?),
        "spki" => Written::Spki(buffer_source(&data)?),
        "pkcs8" => Written::Pkcs8(buffer_source(&data)?),
        "jwk" if data.is_object() => {
            let json = args.ctx().json_stringify(data)?;
            Written::Jwk(
                json.map(|json| json.to_string())
                    .transpose()?
                    .unwrap_or_default(),
            )
        }
        "jwk" => return Err(Failure::new(Name::Type, "a JWK is an object").into()),
        _ => {
            return Err(Failure::not_supported(format!("unsupported key format: {format}")).into());
        }
    };
    let kind = kind(&Asked::of(&args.get(2))?, false)?;
    let extractable = qjs::is_truthy(&args.get(3));
    let usages = usages_of(&args.get(4))?;
    let work = move || keys::import(&written, &kind, extractable, usages).map(Output::Key);
    // Checking an RSA key's primes takes a while.
    Ok(
        if matches!(kind_of_import(&args.get(2)), Some(Which::Rsa(_))) {
            Work::long(work)
        } else {
            Work::short(work)
        },
    )
}

fn kind_of_import(value: &Value<'_>) -> Option<Which> {
    Asked::of(value).ok().map(|asked| asked.which)
}

fn export_key(args: &Args<'_, '_>) -> Read<Work> {
    let format = to_text(&args.get(0))?;
    let key = Key::of(&args.get(1))?;
    Ok(Work::short(move || keys::export(&key, &format)))
}

fn cipher(args: &Args<'_, '_>, direction: aes::Direction) -> Read<Work> {
    let asked = Asked::of(&args.get(0))?;
    let key = Key::of(&args.get(1))?;
    let (usage, operation) = match direction {
        aes::Direction::Encrypt => (Usages::ENCRYPT, "encrypt"),
        aes::Direction::Decrypt => (Usages::DECRYPT, "decrypt"),
    };
    match asked.which {
        Which::Aes(mode) if mode != aes::Mode::Kw => {
            key.check(mode.name(), usage)?;
            let parameters = asked.aes_parameters(mode)?;
            let data = buffer_source(&args.get(2))?;
            Ok(Work::short(move || match &*key.material {
                Material::Secret(bytes) => {
                    aes::run(bytes, &parameters, direction, &data).map(Output::Bytes)
                }
                _ => Err(wrong_key()),
            }))
        }
        Which::Rsa(Scheme::Oaep) => {
            key.check(Scheme::Oaep.name(), usage)?;
            let label = asked.bytes_or_none("label")?;
            let data = buffer_source(&args.get(2))?;
            let Algorithm::Rsa { hash, .. } = key.algorithm else {
                return Err(wrong_key().into());
            };
            Ok(Work::long(move || {
                match &*key.material {
                    Material::RsaPublic(key) => rsa::encrypt(key, hash, label, &data),
                    Material::RsaPrivate(key) => rsa::decrypt(key, hash, label, &data),
                    _ => Err(wrong_key()),
                }
                .map(Output::Bytes)
            }))
        }
        Which::Aes(_)
        | Which::Hmac
        | Which::Ecdsa
        | Which::Ecdh
        | Which::Rsa(_)
        | Which::Pbkdf2 => asked.refuse(operation),
    }
}

fn wrong_key() -> Failure {
    Failure::new(
        Name::InvalidAccess,
        "the key is not made for this operation",
    )
}

/// Hash of a signature: the call's own for ECDSA, the key's for the others; salt of RSA-PSS.
fn signing(asked: &Asked<'_>, key: &Key, usage: Usages, operation: &str) -> Read<(Hash, usize)> {
    match (asked.which, &key.algorithm) {
        (Which::Ecdsa, _) => {
            key.check("ECDSA", usage)?;
            Ok((asked.hash()?, 0))
        }
        (Which::Hmac, algorithm) => {
            key.check("HMAC", usage)?;
            match algorithm {
                Algorithm::Hmac { hash, .. } => Ok((*hash, 0)),
                _ => Err(wrong_key().into()),
            }
        }
        (Which::Rsa(scheme), algorithm) if scheme != Scheme::Oaep => {
            key.check(scheme.name(), usage)?;
            let salt = if scheme == Scheme::Pss {
                asked.count("saltLength")? as usize
            } else {
                0
            };
            match algorithm {
                Algorithm::Rsa { hash, .. } => Ok((*hash, salt)),
                _ => Err(wrong_key().into()),
            }
        }
        (Which::Aes(_) | Which::Ecdh | Which::Rsa(_) | Which::Pbkdf2, _) => asked.refuse(operation),
    }
}

fn scheme_of(key: &Key) -> Scheme {
    match key.algorithm {
        Algorithm::Rsa { scheme, .. } => scheme,
        _ => Scheme::Pkcs1,
    }
}

fn sign(args: &Args<'_, '_>) -> Read<Work> {
    let asked = Asked::of(&args.get(0))?;
    let key = Key::of(&args.get(1))?;
    let (hash, salt) = signing(&asked, &key, Usages::SIGN, "sign")?;
    let data = buffer_source(&args.get(2))?;
    let scheme = scheme_of(&key);
    let is_rsa = matches!(&*key.material, Material::RsaPrivate(_));
    let work = move || {
        match &*key.material {
            Material::Secret(bytes) => Ok(hash.hmac(bytes, &data)),
            Material::EcPrivate(private) => private.sign(&hash.digest(&data)),
            Material::RsaPrivate(private) => rsa::sign(private, scheme, hash, salt, &data),
            Material::EcPublic(_) | Material::RsaPublic(_) => Err(wrong_key()),
        }
        .map(Output::Bytes)
    };
    Ok(if is_rsa {
        Work::long(work)
    } else {
        Work::short(work)
    })
}

fn verify(args: &Args<'_, '_>) -> Read<Work> {
    let asked = Asked::of(&args.get(0))?;
    let key = Key::of(&args.get(1))?;
    let (hash, salt) = signing(&asked, &key, Usages::VERIFY, "verify")?;
    let signature = buffer_source(&args.get(2))?;
    let data = buffer_source(&args.get(3))?;
    let scheme = scheme_of(&key);
    Ok(Work::short(move || {
        let holds = match &*key.material {
            Material::Secret(bytes) => hash.hmac_holds(bytes, &data, &signature),
            Material::EcPublic(public) => public.holds(&hash.digest(&data), &signature)?,
            Material::RsaPublic(public) => {
                rsa::holds(public, scheme, hash, salt, &data, &signature)
            }
            Material::EcPrivate(_) | Material::RsaPrivate(_) => return Err(wrong_key()),
        };
        Ok(Output::Truth(holds))
    }))
}

/// From what to derive, and whether that takes long.
fn source(asked: &Asked<'_>, key: &Key, usage: Usages) -> Read<Source> {
    match asked.which {
        Which::Pbkdf2 => {
            key.check("PBKDF2", usage)?;
            Ok(Source::Password {
                key: Arc::clone(&key.material),
                salt: asked.bytes("salt")?,
                rounds: asked.count("iterations")?,
                hash: asked.hash()?,
            })
        }
        Which::Ecdh => {
            key.check("ECDH", usage)?;
            let public = Key::of(&asked.public_key()?)?;
            public.check("ECDH", Usages::default())?;
            Ok(Source::Agreement {
                private: Arc::clone(&key.material),
                public: public.material,
            })
        }
        Which::Aes(_) | Which::Hmac | Which::Ecdsa | Which::Rsa(_) => {
            asked.refuse("key derivation")
        }
    }
}

fn derive_bits(args: &Args<'_, '_>) -> Read<Work> {
    let asked = Asked::of(&args.get(0))?;
    let key = Key::of(&args.get(1))?;
    let source = source(&asked, &key, Usages::DERIVE_BITS)?;
    let bits = if args.is_nullish(2) {
        None
    } else {
        Some(count_of(&args.get(2), "length")? as usize)
    };
    Ok(Work::long(move || {
        keys::derive(&source, bits).map(Output::Bytes)
    }))
}

fn derive_key(args: &Args<'_, '_>) -> Read<Work> {
    let asked = Asked::of(&args.get(0))?;
    let key = Key::of(&args.get(1))?;
    let source = source(&asked, &key, Usages::DERIVE_KEY)?;
    let wanted = Asked::of(&args.get(2))?;
    let bits = match wanted.which {
        Which::Aes(_) => Some(wanted.aes_bits()?),
        Which::Hmac | Which::Pbkdf2 => None,
        Which::Ecdsa | Which::Ecdh | Which::Rsa(_) => return wanted.refuse("deriveKey"),
    };
    let kind = kind(&wanted, true)?;
    let bits = match &kind {
        Kind::Hmac { bits, .. } => *bits,
        _ => bits,
    };
    let extractable = qjs::is_truthy(&args.get(3));
    let usages = usages_of(&args.get(4))?;
    Ok(Work::long(move || {
        keys::from_derived(keys::derive(&source, bits)?, &kind, extractable, usages)
    }))
}
