//! `k6/crypto`: hashes, HMACs and random bytes. The global `crypto` object is another one.

use std::cell::RefCell;

use base64::Engine;
use rquickjs::{Ctx, Object, Result, Value};

use super::{
    BuiltinModule,
    encoding::{self, bytes_of},
    method, text, throw, throw_type, to_text, undefined,
};
use crate::{
    state::State,
    sys::{
        binary,
        native::{self, NativeClass},
        qjs::{self, Args},
    },
};

mod hashing;

use hashing::{Algorithm, Hashing};

/// The module.
pub(crate) struct Crypto;

impl BuiltinModule for Crypto {
    const EXPORTS: &'static [&'static str] = &[
        "createHash",
        "createHMAC",
        "hexEncode",
        "hmac",
        "md4",
        "md5",
        "randomBytes",
        "ripemd160",
        "sha1",
        "sha256",
        "sha384",
        "sha512",
        "sha512_224",
        "sha512_256",
    ];

    fn build<'js>(ctx: &Ctx<'js>, _state: &State) -> Result<Object<'js>> {
        let module = Object::new(ctx.clone())?;
        method(&module, "createHash", 1, create_hash)?;
        method(&module, "createHMAC", 2, create_hmac)?;
        method(&module, "hexEncode", 1, |_, args| {
            let bytes = bytes_of(&args.get(0), "the input of hexEncode()")?;
            text(args.ctx(), &hex(&bytes))
        })?;
        method(&module, "hmac", 4, hmac)?;
        method(&module, "randomBytes", 1, random_bytes)?;
        method(&module, "md4", 2, |_, args| hash(args, Algorithm::Md4))?;
        method(&module, "md5", 2, |_, args| hash(args, Algorithm::Md5))?;
        method(&module, "ripemd160", 2, |_, args| {
            hash(args, Algorithm::Ripemd160)
        })?;
        method(&module, "sha1", 2, |_, args| hash(args, Algorithm::Sha1))?;
        method(&module, "sha256", 2, |_, args| {
            hash(args, Algorithm::Sha256)
        })?;
        method(&module, "sha384", 2, |_, args| {
            hash(args, Algorithm::Sha384)
        })?;
        method(&module, "sha512", 2, |_, args| {
            hash(args, Algorithm::Sha512)
        })?;
        method(&module, "sha512_224", 2, |_, args| {
            hash(args, Algorithm::Sha512_224)
        })?;
        method(&module, "sha512_256", 2, |_, args| {
            hash(args, Algorithm::Sha512_256)
        })?;
        Ok(module)
    }
}

/// What `createHash` and `createHMAC` give.
struct Hasher(RefCell<Box<dyn Hashing>>);

impl NativeClass for Hasher {
    const NAME: &'static str = "Hasher";

    fn fill_prototype(prototype: &Object<'_>) -> Result<()> {
        method(prototype, "update", 1, |_, args| {
            let bytes = bytes_of(&args.get(0), "the input of update()")?;
            native::with(&args.this(), |hasher: &Hasher| {
                hasher.0.borrow_mut().update(&bytes);
            })
            .ok_or_else(|| not_a_hasher(args))?;
            Ok(undefined(args.ctx()))
        })?;
        method(prototype, "digest", 1, |_, args| {
            let output = Output::of(args, 0)?;
            let sum = native::with(&args.this(), |hasher: &Hasher| hasher.0.borrow().digest())
                .ok_or_else(|| not_a_hasher(args))?;
            output.show(args.ctx(), &sum)
        })
    }
}

fn not_a_hasher(args: &Args<'_, '_>) -> rquickjs::Error {
    throw_type(args.ctx(), "this is not a hasher")
}

/// How a digest is given to the script.
#[derive(Clone, Copy)]
enum Output {
    Hex,
    Base64,
    Base64Url,
    Base64RawUrl,
    Binary,
}

impl Output {
    fn of(args: &Args<'_, '_>, index: usize) -> Result<Output> {
        let name = if args.is_nullish(index) {
            String::new()
        } else {
            to_text(&args.get(index))?
        };
        Ok(match name.as_str() {
            "hex" => Output::Hex,
            "base64" => Output::Base64,
            "base64url" => Output::Base64Url,
            "base64rawurl" => Output::Base64RawUrl,
            "binary" => Output::Binary,
            _ => {
                return Err(throw(
                    args.ctx(),
                    &format!(
                        "invalid output encoding '{name}': use hex, base64, base64url, base64rawurl or binary"
                    ),
                ));
            }
        })
    }

    fn show<'js>(self, ctx: &Ctx<'js>, sum: &[u8]) -> Result<Value<'js>> {
        match self {
            Output::Hex => text(ctx, &hex(sum)),
            Output::Base64 => text(ctx, &encoding::STANDARD.encode(sum)),
            Output::Base64Url => text(ctx, &encoding::URL.encode(sum)),
            Output::Base64RawUrl => text(ctx, &encoding::URL_RAW.encode(sum)),
            Output::Binary => binary::array_buffer(ctx, sum),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn algorithm(args: &Args<'_, '_>, index: usize) -> Result<Algorithm> {
    let name = to_text(&args.get(index))?;
    Algorithm::named(&name)
        .ok_or_else(|| throw(args.ctx(), &format!("invalid hash algorithm: {name}")))
}

fn hash<'js>(args: &Args<'_, 'js>, algorithm: Algorithm) -> Result<Value<'js>> {
    let input = bytes_of(&args.get(0), "the input of a hash")?;
    let output = Output::of(args, 1)?;
    let mut hasher = algorithm.hasher();
    hasher.update(&input);
    output.show(args.ctx(), &hasher.digest())
}

fn hmac<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let algorithm = algorithm(args, 0)?;
    let key = bytes_of(&args.get(1), "the key of hmac()")?;
    let input = bytes_of(&args.get(2), "the input of hmac()")?;
    let output = Output::of(args, 3)?;
    let mut hasher = algorithm.keyed_hasher(&key);
    hasher.update(&input);
    output.show(args.ctx(), &hasher.digest())
}

fn create_hash<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let hasher = algorithm(args, 0)?.hasher();
    native::instance(args.ctx(), Hasher(RefCell::new(hasher))).map(Object::into_value)
}

fn create_hmac<'js>(_state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let algorithm = algorithm(args, 0)?;
    let key = bytes_of(&args.get(1), "the key of createHMAC()")?;
    let hasher = algorithm.keyed_hasher(&key);
    native::instance(args.ctx(), Hasher(RefCell::new(hasher))).map(Object::into_value)
}

fn random_bytes<'js>(state: &State, args: &Args<'_, 'js>) -> Result<Value<'js>> {
    let ctx = args.ctx();
    let size = qjs::to_number(&args.get(0))?;
    if size.is_nan() || size < 1.0 {
        return Err(throw(ctx, "invalid size: randomBytes() needs at least 1"));
    }
    // Bounded by the script's heap before anything is allocated outside of it.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a bound of petabytes may be off by a few bytes"
    )]
    if size > state.limits().memory_bytes as f64 {
        return Err(throw(
            ctx,
            "randomBytes() is asked for more than the script's heap holds (limits.memory_per_vu)",
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    let mut bytes = vec![0; size as usize];
    getrandom::fill(&mut bytes)
        .map_err(|error| throw(ctx, &format!("the system gives no random bytes: {error}")))?;
    binary::array_buffer(ctx, &bytes)
}
