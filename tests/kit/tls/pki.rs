//! A certificate authority of the test's own, made once per process, and what it has signed.

use std::{sync::LazyLock, time::SystemTime};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Names that the server's certificate is good for. `wrong.test` is not among them.
const NAMES: [&str; 4] = ["127.0.0.1", "localhost", "app.test", "*.wild.test"];

/// A certificate and its key.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Identity {
    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }

    /// Certificate and key as PEM.
    pub(crate) fn pem(&self) -> (String, String) {
        (
            pem("CERTIFICATE", &self.certificate),
            pem("PRIVATE KEY", &self.key),
        )
    }
}

/// The authority and those whom it has signed.
#[derive(Debug)]
pub(crate) struct Pki {
    pub(crate) authority: CertificateDer<'static>,
    pub(crate) server: Identity,
    /// Good for the same names, until yesterday.
    pub(crate) expired: Identity,
    pub(crate) client: Identity,
    /// A client whom nobody has signed.
    pub(crate) stranger: Identity,
}

impl Pki {
    pub(crate) fn shared() -> &'static Pki {
        static SHARED: LazyLock<Pki> = LazyLock::new(|| make().expect("certificates can be made"));
        &SHARED
    }

    pub(crate) fn authority_pem(&self) -> String {
        pem("CERTIFICATE", &self.authority)
    }
}

fn make() -> Result<Pki, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "authority of the tests");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let params = |names: &[&str], common: &str| -> Result<CertificateParams, rcgen::Error> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, common);
        Ok(params)
    };
    let sign = |params: CertificateParams| -> Result<Identity, rcgen::Error> {
        let key = KeyPair::generate()?;
        Ok(Identity {
            certificate: params.signed_by(&key, &issuer)?.der().clone(),
            key: key.serialize_der(),
        })
    };
    let mut old = params(&NAMES, "expired")?;
    let day = std::time::Duration::from_secs(24 * 3600);
    old.not_before = (SystemTime::now() - 30 * day).into();
    old.not_after = (SystemTime::now() - day).into();
    let mut client = params(&[], "client")?;
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate()?;
    let stranger = Identity {
        certificate: params(&[], "stranger")?.self_signed(&key)?.der().clone(),
        key: key.serialize_der(),
    };
    Ok(Pki {
        server: sign(params(&NAMES, "server")?)?,
        expired: sign(old)?,
        client: sign(client)?,
        stranger,
        authority: issuer.der().clone(),
    })
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        lines.join("\n")
    )
}
