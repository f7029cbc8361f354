//! A reference against the URL it was found in (RFC 3986, 5.2): what `Location` needs.

use super::{RequestUrl, UrlError, scheme_of};

impl RequestUrl {
    /// The URL that `reference` means here. Credentials of this URL are not carried over.
    ///
    /// # Errors
    /// Where the result is no URL that can be requested.
    pub fn join(&self, reference: &str) -> Result<RequestUrl, UrlError> {
        let (scheme, rest) =
            scheme_of(reference).map_err(|why| UrlError::invalid(reference, &why))?;
        if !scheme.is_empty() {
            return RequestUrl::parse(reference);
        }
        let own = self.scheme.as_str();
        if rest.starts_with("//") {
            return RequestUrl::parse(&format!("{own}:{rest}"));
        }
        let split = rest.find(['?', '#']).unwrap_or(rest.len());
        let (path, tail) = rest.split_at(split);
        let (path, tail) = if path.is_empty() {
            let base = self.base();
            if tail.starts_with('?') {
                (base.split('?').next().unwrap_or_default().to_owned(), tail)
            } else {
                (base, tail)
            }
        } else if path.starts_with('/') {
            (without_dots(path), tail)
        } else {
            let base = self.path();
            let folder = &base[..base.rfind('/').map_or(0, |slash| slash + 1)];
            (without_dots(&format!("{folder}{path}")), tail)
        };
        let authority = self.authority.to_str().unwrap_or_default();
        RequestUrl::parse(&format!("{own}://{authority}{path}{tail}"))
    }

    /// Path and query as they are sent, true bytes in place.
    fn base(&self) -> String {
        let mut bytes = self.path_and_query.as_str().as_bytes().to_vec();
        for &(at, byte) in self.patch.iter().flat_map(|patch| patch.iter()) {
            if let Some(place) = bytes.get_mut(at as usize) {
                *place = byte;
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let last = segments.len() - 1;
    for (at, segment) in segments.iter().enumerate() {
        match *segment {
            "." | ".." => {
                if *segment == ".." {
                    kept.pop();
                }
                if at == last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}
