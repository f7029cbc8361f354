//! Which certificate of ours a server gets to see.

use std::sync::Arc;

use rustls::{
    SignatureScheme, client::ResolvesClientCert, pki_types::CertificateDer, sign::CertifiedKey,
};

use super::der::Reader;
use crate::ClientCertificate;

/// Certificates for one server, the best first.
#[derive(Debug)]
struct Certificates(Vec<Arc<CertifiedKey>>);

/// Those whose domains name the server come first, then those without domains; those for other servers are not shown.
pub(super) fn for_server(host: &str, all: &[ClientCertificate]) -> Arc<dyn ResolvesClientCert> {
    let named = |one: &&ClientCertificate| {
        let servers = one.servers.as_ref();
        servers.is_some_and(|servers| servers.contains(host))
    };
    let named = all.iter().filter(named);
    let open = all.iter().filter(|one| one.servers.is_none());
    let keys = named.chain(open).map(|one| Arc::clone(&one.key)).collect();
    Arc::new(Certificates(keys))
}

impl ResolvesClientCert for Certificates {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let fits = |one: &&Arc<CertifiedKey>| {
            let known = |cert: &CertificateDer<'_>| {
                issuer(cert).is_some_and(|issuer| issuers.contains(&issuer))
            };
            one.key.choose_scheme(schemes).is_some()
                && (issuers.is_empty() || one.cert.iter().any(known))
        };
        self.0.iter().find(fits).cloned()
    }

    fn has_certs(&self) -> bool {
        !self.0.is_empty()
    }
}

/// The issuer's distinguished name in DER.
fn issuer(cert: &[u8]) -> Option<&[u8]> {
    let mut body = Reader::new(Reader::new(cert).sequence()?);
    let mut body = Reader::new(body.sequence()?);
    body.skip_if(0xa0); // version
    body.next()?; // serial number
    body.next()?; // signature algorithm
    body.next().map(|issuer| issuer.whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_of_a_certificate_is_its_ca_s_subject() {
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
        ca.distinguished_name
            .push(rcgen::DnType::CommonName, "a CA");
        let ca = rcgen::CertifiedIssuer::self_signed(ca, &ca_key).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let own = rcgen::CertificateParams::new(vec!["a.test".to_owned()]).unwrap();
        let own = own.signed_by(&key, &ca).unwrap();
        let found = issuer(own.der()).unwrap();
        assert!(found.windows(4).any(|part| part == b"a CA"), "{found:?}");
        assert_eq!(Some(found), issuer(ca.der()));
        assert_eq!(issuer(b"no certificate"), None);
    }
}
