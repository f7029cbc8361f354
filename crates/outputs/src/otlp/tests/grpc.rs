//! gRPC: the same messages over HTTP/2 to a server of hyper's that answers by script.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use prost::Message;
use tokio::net::TcpListener;

use super::{OtlpProtocol, OtlpSettings, metrics, numbers, run};

type Seen = Arc<Mutex<Vec<(HeaderMap, String, Bytes)>>>;

/// Codes in turn, then 0 for ever; with a code of 0 `rejected` points are told.
fn server(codes: &'static [u16], rejected: i64) -> (String, Seen) {
    let seen: Seen = Arc::default();
    let (tell, told) = mpsc::channel::<SocketAddr>();
    let shared = Arc::clone(&seen);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                let service = service_fn(move |request| {
                    answer(request, Arc::clone(&shared), codes, rejected)
                });
                tokio::spawn(
                    http2::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
    });
    let address = told.recv().unwrap();
    (format!("http://{address}"), seen)
}

type Frames =
    StreamBody<futures_util::stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>>>;

async fn answer(
    request: Request<Incoming>,
    seen: Seen,
    codes: &'static [u16],
    rejected: i64,
) -> Result<Response<Frames>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push((head.headers, head.uri.path().to_owned(), body));
        seen.len() - 1
    };
    let code = codes.get(number).copied().unwrap_or(0);
    let message = ExportMetricsServiceResponse {
        partial_success: (rejected > 0).then(|| ExportMetricsPartialSuccess {
            rejected_data_points: rejected,
            error_message: String::new(),
        }),
    }
    .encode_to_vec();
    let mut framed = vec![0];
    framed.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend_from_slice(&message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code));
    let mut frames = Vec::new();
    if code == 0 {
        frames.push(Ok(Frame::data(Bytes::from(framed))));
    }
    frames.push(Ok(Frame::trailers(trailers)));
    let response = Response::builder().header("content-type", "application/grpc");
    Ok(response
        .body(StreamBody::new(futures_util::stream::iter(frames)))
        .unwrap())
}

fn settings(endpoint: &str) -> OtlpSettings {
    let mut settings = OtlpSettings::new(endpoint);
    settings.protocol = OtlpProtocol::Grpc;
    settings
        .headers
        .insert("x-tenant".to_owned(), "shop".to_owned());
    settings
}

#[test]
fn the_same_points_arrive_over_grpc() {
    let (endpoint, seen) = server(&[], 0);
    let (report, _) = run(&settings(&endpoint));
    assert_eq!((report.failed, report.dropped, report.pending), (0, 0, 0));
    let seen = seen.lock().unwrap();
    let (headers, path, _) = &seen[0];
    assert_eq!(
        path,
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
    );
    assert_eq!(headers["content-type"], "application/grpc");
    assert_eq!(headers["te"], "trailers");
    assert_eq!(headers["x-tenant"], "shop");
    let requests: Vec<_> = seen
        .iter()
        .map(|(_, _, body)| {
            assert_eq!(body[0], 0, "not compressed");
            ExportMetricsServiceRequest::decode(&body[5..]).unwrap()
        })
        .collect();
    assert_eq!(
        numbers(&metrics(&requests, "k6_orders"), None),
        [(0, Some(0.0)), (500, Some(3.0)), (501, None)]
    );
}

#[test]
fn unavailable_is_tried_again_with_the_same_bytes_and_an_invalid_argument_is_not() {
    let (endpoint, seen) = server(&[14, 1], 0);
    let (report, _) = run(&settings(&endpoint));
    assert_eq!(report.failed, 0);
    {
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].2, seen[1].2);
        assert_eq!(seen[1].2, seen[2].2);
    }
    let (endpoint, seen) = server(&[3], 0);
    let (report, _) = run(&settings(&endpoint));
    assert!(report.failed > 0, "{report:?}");
    let seen = seen.lock().unwrap();
    assert!(seen.len() < 2 || seen[0].2 != seen[1].2);
}

#[test]
fn rejected_points_are_counted_over_grpc_too() {
    let (endpoint, _) = server(&[], 1);
    let (report, _) = run(&settings(&endpoint));
    assert!(report.failed >= 1, "{report:?}");
    assert_eq!(report.pending, 0);
}
