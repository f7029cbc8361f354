//! The hash functions by name, plain and keyed, behind one trait.

use hmac::{KeyInit, Mac, SimpleHmac};
use md4::Md4;
use md5::Md5;
use ripemd::Ripemd160;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512, Sha512_224, Sha512_256, digest::common::BlockSizeUser};

/// A running hash.
pub(super) trait Hashing {
    /// Takes more input.
    fn update(&mut self, input: &[u8]);
    /// The sum of what came so far; more may follow.
    fn digest(&self) -> Vec<u8>;
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md4,
    Md5,
    Ripemd160,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
}

impl Algorithm {
    /// By k6's name.
    pub(super) fn named(name: &str) -> Option<Algorithm> {
        Some(match name {
            "md4" => Algorithm::Md4,
            "md5" => Algorithm::Md5,
            "ripemd160" => Algorithm::Ripemd160,
            "sha1" => Algorithm::Sha1,
            "sha256" => Algorithm::Sha256,
            "sha384" => Algorithm::Sha384,
            "sha512" => Algorithm::Sha512,
            "sha512_224" => Algorithm::Sha512_224,
            "sha512_256" => Algorithm::Sha512_256,
            _ => return None,
        })
    }

    /// A hash of nothing yet.
    pub(super) fn hasher(self) -> Box<dyn Hashing> {
        self.make(Plain)
    }

    /// An HMAC (RFC 2104) of nothing yet; keys of any length.
    pub(super) fn keyed_hasher(self, key: &[u8]) -> Box<dyn Hashing> {
        self.make(Keyed(key))
    }

    fn make(self, maker: impl Maker) -> Box<dyn Hashing> {
        match self {
            Algorithm::Md4 => maker.make::<Md4>(),
            Algorithm::Md5 => maker.make::<Md5>(),
            Algorithm::Ripemd160 => maker.make::<Ripemd160>(),
            Algorithm::Sha1 => maker.make::<Sha1>(),
            Algorithm::Sha256 => maker.make::<Sha256>(),
            Algorithm::Sha384 => maker.make::<Sha384>(),
            Algorithm::Sha512 => maker.make::<Sha512>(),
            Algorithm::Sha512_224 => maker.make::<Sha512_224>(),
            Algorithm::Sha512_256 => maker.make::<Sha512_256>(),
        }
    }
}

/// Makes a hash of a type that is chosen at run time.
trait Maker {
    fn make<D: Digest + BlockSizeUser + Clone + 'static>(self) -> Box<dyn Hashing>;
}

struct Plain;

impl Maker for Plain {
    fn make<D: Digest + BlockSizeUser + Clone + 'static>(self) -> Box<dyn Hashing> {
        Box::new(Sum(D::new()))
    }
}

struct Keyed<'a>(&'a [u8]);

impl Maker for Keyed<'_> {
    fn make<D: Digest + BlockSizeUser + Clone + 'static>(self) -> Box<dyn Hashing> {
        let mac = SimpleHmac::<D>::new_from_slice(self.0)
            .expect("an HMAC takes keys of any length (RFC 2104, section 2)");
        Box::new(KeyedSum(mac))
    }
}

struct Sum<D>(D);

impl<D: Digest + Clone> Hashing for Sum<D> {
    fn update(&mut self, input: &[u8]) {
        self.0.update(input);
    }

    fn digest(&self) -> Vec<u8> {
        self.0.clone().finalize().to_vec()
    }
}

struct KeyedSum<D: Digest + BlockSizeUser>(SimpleHmac<D>);

impl<D: Digest + BlockSizeUser + Clone> Hashing for KeyedSum<D> {
    fn update(&mut self, input: &[u8]) {
        self.0.update(input);
    }

    fn digest(&self) -> Vec<u8> {
        self.0.clone().finalize().into_bytes().to_vec()
    }
}
