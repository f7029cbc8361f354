//! What a call of WebCrypto is given: algorithms, bytes and usages.

use rquickjs::{Array, ArrayBuffer, Object, Value};

use super::{
    aes,
    ec::Curve,
    failure::{Failure, Name, Trouble},
    hash::Hash,
    key::Usages,
    rsa::Scheme,
};
use crate::{modules::to_text, sys::qjs};

type Read<T> = Result<T, Trouble>;

/// An algorithm argument: a name, or an object with one.
pub(super) struct Asked<'js> {
    pub(super) which: Which,
    name: String,
    object: Option<Object<'js>>,
}

/// The algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Aes(aes::Mode),
    Hmac,
    Ecdsa,
    Ecdh,
    Rsa(Scheme),
    Pbkdf2,
}

impl Which {
    fn named(name: &str) -> Option<Which> {
        Some(match name.to_ascii_uppercase().as_str() {
            "AES-CBC" => Which::Aes(aes::Mode::Cbc),
            "AES-CTR" => Which::Aes(aes::Mode::Ctr),
            "AES-GCM" => Which::Aes(aes::Mode::Gcm),
            "AES-KW" => Which::Aes(aes::Mode::Kw),
            "HMAC" => Which::Hmac,
            "ECDSA" => Which::Ecdsa,
            "ECDH" => Which::Ecdh,
            "RSASSA-PKCS1-V1_5" => Which::Rsa(Scheme::Pkcs1),
            "RSA-PSS" => Which::Rsa(Scheme::Pss),
            "RSA-OAEP" => Which::Rsa(Scheme::Oaep),
            "PBKDF2" => Which::Pbkdf2,
            _ => return None,
        })
    }
}

/// The name in an algorithm argument.
pub(super) fn name_of(value: &Value<'_>) -> Read<String> {
    if value.is_string() {
        return Ok(to_text(value)?);
    }
    let name = match value.as_object() {
        Some(object) => Some(object.get::<_, Value>("name")?),
        None => None,
    };
    match name {
        Some(name) if name.is_string() => Ok(to_text(&name)?),
        Some(_) | None => {
            Err(Failure::new(Name::Syntax, "an algorithm is a name or an object with one").into())
        }
    }
}

impl<'js> Asked<'js> {
    pub(super) fn of(value: &Value<'js>) -> Read<Asked<'js>> {
        let name = name_of(value)?;
        let which = Which::named(&name)
            .ok_or_else(|| Failure::not_supported(format!("unsupported algorithm: {name}")))?;
        Ok(Asked {
            which,
            name,
            object: if value.is_string() {
                None
            } else {
                value.as_object().cloned()
            },
        })
    }

    /// Refuses it for `operation`.
    pub(super) fn refuse<T>(&self, operation: &str) -> Read<T> {
        Err(Failure::not_supported(format!("{operation} does not support {}", self.name)).into())
    }

    fn member(&self, name: &str) -> Read<Option<Value<'js>>> {
        let Some(object) = &self.object else {
            return Ok(None);
        };
        let value: Value = object.get(name)?;
        Ok((!value.is_undefined() && !value.is_null()).then_some(value))
    }

    fn required(&self, name: &str) -> Read<Value<'js>> {
        self.member(name)?.ok_or_else(|| {
            Failure::new(
                Name::Type,
                format!("the algorithm {} needs '{name}'", self.name),
            )
            .into()
        })
    }

    pub(super) fn hash(&self) -> Read<Hash> {
        let name = name_of(&self.required("hash")?)?;
        Ok(Hash::named(&name)?)
    }

    pub(super) fn curve(&self) -> Read<Curve> {
        Ok(Curve::named(&to_text(&self.required("namedCurve")?)?)?)
    }

    pub(super) fn bytes(&self, name: &str) -> Read<Vec<u8>> {
        buffer_source(&self.required(name)?)
    }

    pub(super) fn bytes_or_none(&self, name: &str) -> Read<Vec<u8>> {
        self.member(name)?
            .map_or_else(|| Ok(Vec::new()), |value| buffer_source(&value))
    }

    pub(super) fn count(&self, name: &str) -> Read<u32> {
        count_of(&self.required(name)?, name)
    }

    pub(super) fn count_or(&self, name: &str, default: u32) -> Read<u32> {
        self.member(name)?
            .map_or(Ok(default), |value| count_of(&value, name))
    }

    pub(super) fn public_key(&self) -> Read<Value<'js>> {
        self.required("public")
    }

    /// What encrypt and decrypt want to know about AES.
    pub(super) fn aes_parameters(&self, mode: aes::Mode) -> Read<aes::Parameters> {
        Ok(match mode {
            aes::Mode::Cbc => aes::Parameters::Cbc {
                iv: self.bytes("iv")?,
            },
            aes::Mode::Ctr => aes::Parameters::Ctr {
                counter: self.bytes("counter")?,
                length: self.count("length")?,
            },
            aes::Mode::Gcm => aes::Parameters::Gcm {
                iv: self.bytes("iv")?,
                extra: self.bytes_or_none("additionalData")?,
                tag_bits: self.count_or("tagLength", 128)?,
            },
            aes::Mode::Kw => return self.refuse("encryption"),
        })
    }

    /// Bits of an AES key that is to be made.
    pub(super) fn aes_bits(&self) -> Read<usize> {
        match self.count("length")? {
            bits @ (128 | 192 | 256) => Ok(bits as usize),
            other => Err(Failure::operation(format!(
                "an AES key has 128, 192 or 256 bits, not {other}"
            ))
            .into()),
        }
    }
}

/// A number that counts something.
pub(super) fn count_of(value: &Value<'_>, name: &str) -> Read<u32> {
    let number = qjs::to_number(value)?;
    if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked one line above"
        )]
        return Ok(number as u32);
    }
    Err(Failure::new(Name::Type, format!("'{name}' must be a whole number")).into())
}

/// Copies the bytes of an ArrayBuffer, a typed array or a DataView.
pub(super) fn buffer_source(value: &Value<'_>) -> Read<Vec<u8>> {
    copy_view(value)?.ok_or_else(|| {
        Failure::new(
            Name::Type,
            "an ArrayBuffer, a typed array or a DataView is needed",
        )
        .into()
    })
}

/// As [`buffer_source`]; `None` where it is something else.
pub(crate) fn copy_view(value: &Value<'_>) -> rquickjs::Result<Option<Vec<u8>>> {
    if let Some(bytes) = qjs::copy_bytes(value) {
        return Ok(Some(bytes));
    }
    let Some(object) = value.as_object() else {
        return Ok(None);
    };
    let buffer: Value = object.get("buffer")?;
    let buffer = buffer.into_object().and_then(ArrayBuffer::from_object);
    let (Some(buffer), Ok(offset), Ok(length)) = (
        buffer,
        object.get::<_, usize>("byteOffset"),
        object.get::<_, usize>("byteLength"),
    ) else {
        return Ok(None);
    };
    let Some(bytes) = qjs::copy_bytes(buffer.as_value()) else {
        return Ok(None);
    };
    let end = offset.saturating_add(length);
    Ok(bytes.get(offset..end).map(<[u8]>::to_vec))
}

/// A list of usages.
pub(super) fn usages_of(value: &Value<'_>) -> Read<Usages> {
    let list: &Array<'_> = value
        .as_array()
        .ok_or_else(|| Failure::new(Name::Type, "the usages of a key are an array"))?;
    let mut usages = Usages::default();
    for usage in list.iter::<Value>() {
        usages = usages.with(Usages::named(&to_text(&usage?)?)?);
    }
    Ok(usages)
}
