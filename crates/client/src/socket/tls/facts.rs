//! What the script and the tags see of a session, and k6's names for what goes wrong with one.

use std::{io, rc::Rc};

use rustls::{
    AlertDescription, CertificateError, CipherSuite, ClientConnection, Error, ProtocolVersion,
};

use super::verify::Verifier;
use crate::{RequestError, TlsInfo};

/// What the script and the tags see of a session.
pub(super) fn info(connection: &ClientConnection, verifier: &Verifier) -> Rc<TlsInfo> {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "tls1.2",
        Some(ProtocolVersion::TLSv1_3) => "tls1.3",
        Some(_) | None => "",
    };
    let suite = connection.negotiated_cipher_suite();
    let certificate = connection.peer_certificates().and_then(<[_]>::first);
    Rc::new(TlsInfo {
        version,
        cipher_suite: suite.map_or("", |suite| iana_name(suite.suite())),
        ocsp: certificate.and_then(|certificate| verifier.staple_of(certificate)),
    })
}

/// rustls names TLS 1.3 suites `TLS13_...`; IANA and k6 name them `TLS_...`.
fn iana_name(suite: CipherSuite) -> &'static str {
    let name = suite.as_str().unwrap_or("");
    match name {
        "TLS13_AES_128_GCM_SHA256" => "TLS_AES_128_GCM_SHA256",
        "TLS13_AES_256_GCM_SHA384" => "TLS_AES_256_GCM_SHA384",
        "TLS13_CHACHA20_POLY1305_SHA256" => "TLS_CHACHA20_POLY1305_SHA256",
        other => other,
    }
}

/// k6's code and text for a failed handshake.
pub(super) fn handshake_failed(error: &io::Error) -> RequestError {
    let Some(inner) = inner(error) else {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return RequestError::new(1000, "EOF");
        }
        return RequestError::from_errno("read", error.raw_os_error(), &error.to_string());
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "both enums are non-exhaustive and only a few of their variants have a code in k6"
    )]
    match inner {
        Error::InvalidMessage(_) => {
            RequestError::new(1301, "tls: first record does not look like a TLS handshake")
        }
        Error::InvalidCertificate(fault) => match fault {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                RequestError::new(1311, "x509: certificate doesn't match hostname")
            }
            CertificateError::UnknownIssuer => RequestError::new(1310, "x509: unknown authority"),
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                RequestError::new(1000, "x509: certificate has expired or is not yet valid")
            }
            other => RequestError::new(1000, format!("x509: {other}")),
        },
        Error::AlertReceived(alert) => alerted(*alert),
        other => RequestError::new(1000, format!("tls: {other}")),
    }
}

/// The peer's alert behind an error of an established connection, if that is what it is.
pub(crate) fn alert_of(error: &io::Error) -> Option<RequestError> {
    match inner(error)? {
        Error::AlertReceived(alert) => Some(alerted(*alert)),
        _ => None,
    }
}

fn inner(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// In Go an alert is an error of the network without a network: k6's code for that is 1010.
fn alerted(alert: AlertDescription) -> RequestError {
    let text = ALERTS.iter().find(|(known, _)| *known == alert);
    let text = match text {
        Some((_, text)) => (*text).to_owned(),
        None => format!("alert({})", u8::from(alert)),
    };
    RequestError::new(1010, format!("remote error: tls: {text}"))
}

/// The words of Go's `crypto/tls`.
const ALERTS: &[(AlertDescription, &str)] = &[
    (AlertDescription::CloseNotify, "close notify"),
    (AlertDescription::UnexpectedMessage, "unexpected message"),
    (AlertDescription::BadRecordMac, "bad record MAC"),
    (AlertDescription::DecryptionFailed, "decryption failed"),
    (AlertDescription::RecordOverflow, "record overflow"),
    (
        AlertDescription::DecompressionFailure,
        "decompression failure",
    ),
    (AlertDescription::HandshakeFailure, "handshake failure"),
    (AlertDescription::BadCertificate, "bad certificate"),
    (
        AlertDescription::UnsupportedCertificate,
        "unsupported certificate",
    ),
    (AlertDescription::CertificateRevoked, "revoked certificate"),
    (AlertDescription::CertificateExpired, "expired certificate"),
    (AlertDescription::CertificateUnknown, "unknown certificate"),
    (AlertDescription::IllegalParameter, "illegal parameter"),
    (AlertDescription::UnknownCA, "unknown certificate authority"),
    (AlertDescription::AccessDenied, "access denied"),
    (AlertDescription::DecodeError, "error decoding message"),
    (AlertDescription::DecryptError, "error decrypting message"),
    (AlertDescription::ExportRestriction, "export restriction"),
    (
        AlertDescription::ProtocolVersion,
        "protocol version not supported",
    ),
    (
        AlertDescription::InsufficientSecurity,
        "insufficient security level",
    ),
    (AlertDescription::InternalError, "internal error"),
    (
        AlertDescription::InappropriateFallback,
        "inappropriate fallback",
    ),
    (AlertDescription::UserCanceled, "user canceled"),
    (AlertDescription::NoRenegotiation, "no renegotiation"),
    (AlertDescription::MissingExtension, "missing extension"),
    (
        AlertDescription::UnsupportedExtension,
        "unsupported extension",
    ),
    (AlertDescription::UnrecognisedName, "unrecognized name"),
    (
        AlertDescription::BadCertificateStatusResponse,
        "bad certificate status response",
    ),
    (AlertDescription::UnknownPSKIdentity, "unknown PSK identity"),
    (
        AlertDescription::CertificateRequired,
        "certificate required",
    ),
    (
        AlertDescription::NoApplicationProtocol,
        "no application protocol",
    ),
];
