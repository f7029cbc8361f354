//! Content codings: response bodies back to what they were, request bodies to what the script asked for. No more than the
//! limit is ever produced, so a small body cannot fill the memory.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::{
    Compression as Level,
    read::{MultiGzDecoder, ZlibDecoder},
    write::{GzEncoder, ZlibEncoder},
};
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_ENCODING, ToStrError},
};

use crate::{Compression, HttpRequest, RequestError, http::body::too_large};

/// More codings than this on one body are an attack, not a coding.
const MAX_CODINGS: usize = 8;

/// Undoes `Content-Encoding`, the last coding first; stops at one that it does not know.
pub(crate) fn decode(headers: &HeaderMap, body: Bytes, limit: u64) -> Result<Bytes, RequestError> {
    if body.is_empty() || !headers.contains_key(CONTENT_ENCODING) {
        return Ok(body);
    }
    let lines: Result<Vec<&str>, ToStrError> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .map(HeaderValue::to_str)
        .collect();
    let Ok(lines) = lines else { return Ok(body) };
    let codings = lines.iter().flat_map(|line| line.split(',')).map(str::trim);
    let codings: Vec<&str> = codings.filter(|coding| !coding.is_empty()).collect();
    let mut body = body;
    for coding in codings.into_iter().rev().take(MAX_CODINGS) {
        let Some(coding) = Compression::from_name(&coding.to_ascii_lowercase()) else {
            break;
        };
        body = decode_one(coding, &body, limit)?;
    }
    Ok(body)
}

fn decode_one(coding: Compression, body: &[u8], limit: u64) -> Result<Bytes, RequestError> {
    let decoded = match coding {
        Compression::Gzip => read_up_to(MultiGzDecoder::new(body), limit),
        Compression::Deflate => read_up_to(ZlibDecoder::new(body), limit),
        Compression::Brotli => read_up_to(brotli::Decompressor::new(body, 4096), limit),
        Compression::Zstd => {
            zstd::stream::read::Decoder::new(body).and_then(|decoder| read_up_to(decoder, limit))
        }
    };
    match decoded {
        Ok(bytes) if bytes.len() as u64 > limit => Err(too_large(limit)),
        Ok(bytes) => Ok(bytes.into()),
        Err(error) => {
            let text = format!("error decompressing response body ({error})");
            Err(RequestError::new(1701, text))
        }
    }
}

fn read_up_to(decoder: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    decoder
        .take(limit.saturating_add(1))
        .read_to_end(&mut decoded)?;
    Ok(decoded)
}

/// Compresses the request's body as it asks for, and says so in its head unless the script did.
pub(crate) fn compress_request(request: &mut HttpRequest) {
    let codings = std::mem::take(&mut request.compression);
    if request.body.is_empty() {
        return;
    }
    for coding in &codings {
        let coded =
            encode_one(*coding, &request.body).expect("writing to a Vec in memory does not fail");
        request.body = coded.into();
    }
    if !request.headers.contains_key(CONTENT_ENCODING) {
        let names: Vec<&str> = codings.iter().map(|coding| coding.name()).collect();
        let value = HeaderValue::from_str(&names.join(", ")).expect("coding names are ASCII");
        request.headers.insert(CONTENT_ENCODING, value);
    }
}

fn encode_one(coding: Compression, body: &[u8]) -> io::Result<Vec<u8>> {
    match coding {
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Level::default());
            encoder.write_all(body)?;
            encoder.finish()
        }
        Compression::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Level::default());
            encoder.write_all(body)?;
            encoder.finish()
        }
        Compression::Brotli => {
            let mut coded = Vec::new();
            let mut encoder = brotli::CompressorWriter::new(&mut coded, 4096, 6, 22);
            encoder.write_all(body)?;
            drop(encoder);
            Ok(coded)
        }
        Compression::Zstd => zstd::stream::encode_all(body, 0),
    }
}

impl Compression {
    /// From a coding's name in `Content-Encoding` or `params.compression`, in lower case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Compression> {
        match name {
            "gzip" => Some(Compression::Gzip),
            "deflate" => Some(Compression::Deflate),
            "br" => Some(Compression::Brotli),
            "zstd" => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Deflate => "deflate",
            Compression::Brotli => "br",
            Compression::Zstd => "zstd",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 4096;

    fn coded(codings: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(codings).unwrap();
        headers.insert(CONTENT_ENCODING, value);
        headers
    }

    #[test]
    fn no_body_makes_decoding_panic_or_grow_beyond_its_limit() {
        let all = [
            ("gzip", Compression::Gzip),
            ("deflate", Compression::Deflate),
            ("br", Compression::Brotli),
            ("zstd", Compression::Zstd),
        ];
        bolero::check!()
            .with_type::<(Vec<u8>, u8, u16)>()
            .with_iterations(3_000)
            .for_each(|(bytes, coding, cut): &(Vec<u8>, u8, u16)| {
                let (name, coding) = all[usize::from(*coding) % all.len()];
                // Any bytes; then what was coded, cut off somewhere; then all of it.
                let whole = encode_one(coding, bytes).unwrap();
                let cut = whole.get(..usize::from(*cut) % (whole.len() + 1));
                for body in [&bytes[..], cut.unwrap_or_default()] {
                    for codings in [name, "br, zstd, deflate, gzip"] {
                        let body = Bytes::copy_from_slice(body);
                        if let Ok(decoded) = decode(&coded(codings), body, LIMIT) {
                            assert!(decoded.len() as u64 <= LIMIT);
                        }
                    }
                }
                if bytes.len() as u64 <= LIMIT {
                    let decoded = decode(&coded(name), whole.into(), LIMIT).unwrap();
                    assert_eq!(decoded, bytes[..]);
                }
            });
    }
}
