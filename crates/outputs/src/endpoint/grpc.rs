//! A unary gRPC call over HTTP/2: what its status, trailers and details mean. The frame around the message is made by the
//! codec.

use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use http::HeaderMap;
use prost::Message;

use super::retry::Outcome;

/// The only method that is called.
pub(crate) const EXPORT: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// google.rpc.Status
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// google.protobuf.Any
#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// google.rpc.RetryInfo
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Span>,
}

/// google.protobuf.Duration
#[derive(Clone, PartialEq, prost::Message)]
struct Span {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// The outcome of a call; `headers` are those of a reply without a body, else its trailers.
pub(crate) fn outcome(
    http_status: u16,
    headers: &HeaderMap,
    trailers: Option<&HeaderMap>,
) -> Outcome {
    let said = trailers
        .filter(|trailers| trailers.contains_key("grpc-status"))
        .unwrap_or(headers);
    let code = said
        .get("grpc-status")
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let code = match (http_status, code) {
        (_, Some(code)) => code,
        // A proxy answered. The mapping is that of gRPC's own text.
        (401, None) => 16,
        (403, None) => 7,
        (404, None) => 12,
        (429 | 502 | 503 | 504, None) => 14,
        (_, None) => 2,
    };
    Outcome::Grpc {
        code,
        retry_after: retry_delay(said),
        written: None,
    }
}

fn retry_delay(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-status-details-bin")?.to_str().ok()?;
    let text = text.trim_end_matches('=');
    let bytes = base64::engine::general_purpose::STANDARD_NO_PAD
        .decode(text)
        .ok()?;
    let status = RpcStatus::decode(bytes.as_slice()).ok()?;
    let info = status
        .details
        .iter()
        .find(|detail| detail.type_url.ends_with("google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(info.value.as_slice()).ok()?.delay?;
    let seconds = Duration::from_secs(u64::try_from(delay.seconds).ok()?);
    Some(seconds + Duration::from_nanos(u64::try_from(delay.nanos).ok()?))
}

/// The message in the first frame of a body, where it is not compressed.
pub(crate) fn unframed(body: &Bytes) -> Bytes {
    match body.split_first_chunk::<5>() {
        Some(([0, length @ ..], _)) => {
            let length = u32::from_be_bytes(*length) as usize;
            let end = (5 + length).min(body.len());
            body.slice(5..end)
        }
        Some(_) | None => Bytes::new(),
    }
}

/// What the server says beside its code, as it is on the wire: percent-encoded.
pub(crate) fn words(headers: &HeaderMap, trailers: Option<&HeaderMap>) -> String {
    let said = trailers.and_then(|trailers| trailers.get("grpc-message"));
    let text = said.or_else(|| headers.get("grpc-message"));
    let text = text.and_then(|value| value.to_str().ok()).unwrap_or("");
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .escape_debug()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_delay_is_read_out_of_the_details() {
        let info = RetryInfo {
            delay: Some(Span {
                seconds: 2,
                nanos: 500_000_000,
            }),
        };
        let status = RpcStatus {
            details: vec![Any {
                type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
                value: info.encode_to_vec(),
            }],
        };
        let details = base64::engine::general_purpose::STANDARD.encode(status.encode_to_vec());
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", "8".parse().unwrap());
        trailers.insert("grpc-status-details-bin", details.parse().unwrap());
        assert_eq!(
            outcome(200, &HeaderMap::new(), Some(&trailers)),
            Outcome::Grpc {
                code: 8,
                retry_after: Some(Duration::from_millis(2_500)),
                written: None
            }
        );
    }

    #[test]
    fn a_reply_without_a_code_is_judged_by_its_http_status() {
        for (status, code) in [(200, 2), (401, 16), (404, 12), (503, 14), (500, 2)] {
            assert!(matches!(
                outcome(status, &HeaderMap::new(), None),
                Outcome::Grpc { code: found, .. } if found == code
            ));
        }
    }

    #[test]
    fn only_whole_frames_are_messages() {
        let frame = |bytes: &'static [u8]| unframed(&Bytes::from_static(bytes));
        assert_eq!(&frame(&[0, 0, 0, 0, 2, 7, 8])[..], [7, 8]);
        assert_eq!(frame(&[0, 0, 0, 0, 9, 7, 8]).len(), 2);
        assert!(frame(&[1, 0, 0, 0, 1, 7]).is_empty());
        assert!(frame(&[0, 0]).is_empty());
    }

    #[test]
    fn any_bytes_of_a_server_are_a_frame_and_an_outcome_or_none() {
        bolero::check!()
            .with_iterations(5_000)
            .for_each(|bytes: &[u8]| {
                let message = unframed(&Bytes::copy_from_slice(bytes));
                assert!(message.len() <= bytes.len().saturating_sub(5));
                let mut trailers = HeaderMap::new();
                for name in ["grpc-status", "grpc-message"] {
                    if let Ok(value) = http::HeaderValue::from_bytes(bytes) {
                        trailers.insert(name, value);
                    }
                }
                let details = base64::engine::general_purpose::STANDARD.encode(bytes);
                trailers.insert("grpc-status-details-bin", details.parse().unwrap());
                let _outcome = outcome(200, &HeaderMap::new(), Some(&trailers));
                let _words = words(&HeaderMap::new(), Some(&trailers));
            });
    }
}
