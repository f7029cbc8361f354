//! Keys: what a script may do with one, and what is inside.

use std::sync::Arc;

use rquickjs::{Array, Ctx, Object, Result, Value};

use super::{
    aes,
    ec::{self, Curve},
    failure::{Failure, Name},
    hash::Hash,
    rsa,
};
use crate::{
    modules::{text, throw_type},
    sys::{
        binary,
        native::{self, NativeClass},
        qjs::{self, Args},
    },
};

/// For what a key may be used: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Usages(u8);

impl Usages {
    pub(super) const ENCRYPT: Usages = Usages(1);
    pub(super) const DECRYPT: Usages = Usages(2);
    pub(super) const SIGN: Usages = Usages(4);
    pub(super) const VERIFY: Usages = Usages(8);
    pub(super) const DERIVE_KEY: Usages = Usages(16);
    pub(super) const DERIVE_BITS: Usages = Usages(32);
    pub(super) const WRAP: Usages = Usages(64);
    pub(super) const UNWRAP: Usages = Usages(128);

    const NAMES: [&'static str; 8] = [
        "encrypt",
        "decrypt",
        "sign",
        "verify",
        "deriveKey",
        "deriveBits",
        "wrapKey",
        "unwrapKey",
    ];

    pub(super) fn with(self, other: Usages) -> Usages {
        Usages(self.0 | other.0)
    }

    pub(super) fn common(self, other: Usages) -> Usages {
        Usages(self.0 & other.0)
    }

    pub(super) fn holds(self, other: Usages) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn named(name: &str) -> std::result::Result<Usages, Failure> {
        Usages::NAMES
            .iter()
            .position(|known| *known == name)
            .map(|index| Usages(1 << index))
            .ok_or_else(|| Failure::new(Name::Type, format!("unknown key usage: {name}")))
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        Usages::NAMES
            .into_iter()
            .enumerate()
            .filter(move |(index, _)| self.0 & (1 << index) != 0)
            .map(|(_, name)| name)
    }
}

/// What a key is made for, with what is fixed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Algorithm {
    Aes {
        mode: aes::Mode,
        bits: usize,
    },
    Hmac {
        hash: Hash,
        bits: usize,
    },
    Ec {
        ecdh: bool,
        curve: Curve,
    },
    Rsa {
        scheme: rsa::Scheme,
        hash: Hash,
        bits: usize,
        exponent: Vec<u8>,
    },
    Pbkdf2,
}

impl Algorithm {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Algorithm::Aes { mode, .. } => mode.name(),
            Algorithm::Hmac { .. } => "HMAC",
            Algorithm::Ec { ecdh: false, .. } => "ECDSA",
            Algorithm::Ec { ecdh: true, .. } => "ECDH",
            Algorithm::Rsa { scheme, .. } => scheme.name(),
            Algorithm::Pbkdf2 => "PBKDF2",
        }
    }

    /// What a key of this kind and role may be used for at all.
    pub(super) fn allowed(&self, role: Role) -> Usages {
        let (encrypt, decrypt) = (
            Usages::ENCRYPT.with(Usages::WRAP),
            Usages::DECRYPT.with(Usages::UNWRAP),
        );
        let derive = Usages::DERIVE_KEY.with(Usages::DERIVE_BITS);
        match (self, role) {
            (
                Algorithm::Aes {
                    mode: aes::Mode::Kw,
                    ..
                },
                _,
            ) => Usages::WRAP.with(Usages::UNWRAP),
            (Algorithm::Aes { .. }, _) => encrypt.with(decrypt),
            (Algorithm::Hmac { .. }, _) => Usages::SIGN.with(Usages::VERIFY),
            (Algorithm::Pbkdf2, _) | (Algorithm::Ec { ecdh: true, .. }, Role::Private) => derive,
            (Algorithm::Ec { ecdh: true, .. }, _) => Usages::default(),
            (
                Algorithm::Rsa {
                    scheme: rsa::Scheme::Oaep,
                    ..
                },
                Role::Public,
            ) => encrypt,
            (
                Algorithm::Rsa {
                    scheme: rsa::Scheme::Oaep,
                    ..
                },
                _,
            ) => decrypt,
            (Algorithm::Ec { .. } | Algorithm::Rsa { .. }, Role::Public) => Usages::VERIFY,
            (Algorithm::Ec { .. } | Algorithm::Rsa { .. }, _) => Usages::SIGN,
        }
    }

    fn show<'js>(&self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let object = Object::new(ctx.clone())?;
        object.set("name", self.name())?;
        let hash_object = |hash: Hash| -> Result<Object<'js>> {
            let object = Object::new(ctx.clone())?;
            object.set("name", hash.name())?;
            Ok(object)
        };
        match self {
            Algorithm::Aes { bits, .. } => object.set("length", *bits)?,
            Algorithm::Hmac { hash, bits } => {
                object.set("hash", hash_object(*hash)?)?;
                object.set("length", *bits)?;
            }
            Algorithm::Ec { curve, .. } => object.set("namedCurve", curve.name())?,
            Algorithm::Rsa {
                hash,
                bits,
                exponent,
                ..
            } => {
                object.set("modulusLength", *bits)?;
                let exponent = binary::uint8_array(ctx, exponent)?;
                object.set("publicExponent", exponent)?;
                object.set("hash", hash_object(*hash)?)?;
            }
            Algorithm::Pbkdf2 => {}
        }
        Ok(object.into_value())
    }
}

/// Which of its pair a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Secret,
    Private,
    Public,
}

/// What is inside.
pub(super) enum Material {
    Secret(Vec<u8>),
    EcPrivate(ec::Private),
    EcPublic(ec::Public),
    RsaPrivate(Box<::rsa::PrivateKey>),
    RsaPublic(Box<::rsa::PublicKey>),
}

impl Material {
    pub(super) fn role(&self) -> Role {
        match self {
            Material::Secret(_) => Role::Secret,
            Material::EcPrivate(_) | Material::RsaPrivate(_) => Role::Private,
            Material::EcPublic(_) | Material::RsaPublic(_) => Role::Public,
        }
    }
}

/// A key in a script's hands (`CryptoKey`).
#[derive(Clone)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) extractable: bool,
    pub(super) usages: Usages,
    pub(super) material: Arc<Material>,
}

impl Key {
    /// A key, with what it may be used for checked against what it is.
    pub(super) fn new(
        algorithm: Algorithm,
        material: Material,
        extractable: bool,
        usages: Usages,
    ) -> std::result::Result<Key, Failure> {
        let role = material.role();
        if !algorithm.allowed(role).holds(usages) {
            return Err(Failure::new(
                Name::Syntax,
                format!("invalid key usages for a {} key", algorithm.name()),
            ));
        }
        if usages.is_empty() && role != Role::Public {
            return Err(Failure::new(Name::Syntax, "a key needs at least one usage"));
        }
        Ok(Key {
            extractable: extractable || role == Role::Public,
            algorithm,
            usages,
            material: Arc::new(material),
        })
    }

    /// Refuses a key that is not made for this.
    pub(super) fn check(&self, name: &str, usage: Usages) -> std::result::Result<(), Failure> {
        if self.algorithm.name() != name {
            return Err(Failure::new(
                Name::InvalidAccess,
                format!("the key is for {}, not for {name}", self.algorithm.name()),
            ));
        }
        if !self.usages.holds(usage) {
            let wanted = usage.names().next().unwrap_or_default();
            return Err(Failure::new(
                Name::InvalidAccess,
                format!("the key's usages do not contain '{wanted}'"),
            ));
        }
        Ok(())
    }

    /// The key behind a script's value.
    pub(super) fn of(value: &Value<'_>) -> std::result::Result<Key, Failure> {
        native::with(value, Key::clone)
            .ok_or_else(|| Failure::new(Name::Type, "the key is not a CryptoKey"))
    }

    pub(super) fn show<'js>(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        native::instance(ctx, self).map(Object::into_value)
    }
}

impl NativeClass for Key {
    const NAME: &'static str = "CryptoKey";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        qjs::getter(prototype, "type", |_, args| {
            let role = look(args, |key| key.material.role())?;
            let name = match role {
                Role::Secret => "secret",
                Role::Private => "private",
                Role::Public => "public",
            };
            text(args.ctx(), name)
        })?;
        qjs::getter(prototype, "extractable", |_, args| {
            let extractable = look(args, |key| key.extractable)?;
            Ok(Value::new_bool(args.ctx().clone(), extractable))
        })?;
        qjs::getter(prototype, "algorithm", |_, args| {
            look(args, |key| key.algorithm.clone())?.show(args.ctx())
        })?;
        qjs::getter(prototype, "usages", |_, args| {
            let usages = look(args, |key| key.usages)?;
            let list = Array::new(args.ctx().clone())?;
            for (index, name) in usages.names().enumerate() {
                list.set(index, name)?;
            }
            Ok(list.into_value())
        })
    }
}

fn look<R>(args: &Args<'_, '_>, look: impl FnOnce(&Key) -> R) -> Result<R> {
    native::with(&args.this(), look)
        .ok_or_else(|| throw_type(args.ctx(), "this is not a CryptoKey"))
}
