//! Digest access authentication (RFC 7616, and RFC 2617 for old servers): a request without credentials, and where the
//! server answers with a challenge, the same once more with the proof.

use std::{
    hash::{BuildHasher, RandomState},
    rc::Rc,
};

use http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::{
    Exchange, HttpRequest, Outcome, RequestUrl, Session,
    http::{deadline::Deadline, debug, redirect, send::exchange},
    socket::marks::now,
};

/// A call with `auth: 'digest'`: user and password come from the URL, and go nowhere else.
pub(crate) async fn call(
    session: &Session,
    request: &HttpRequest,
    deadline: &mut Deadline,
) -> Outcome {
    let mut request = request.clone();
    let credentials = request.url.credentials.clone().unwrap_or_default();
    if request.url.credentials.is_some()
        && let Ok(url) = RequestUrl::parse(&request.url.without_credentials())
    {
        request.url = Rc::new(url);
    }
    let noted = debug::before(session, &request);
    let mut first = exchange(session, &request, now(), deadline).await;
    debug::after(noted, &mut first);
    let challenge = challenge_of(&first);
    first.extra.get_or_insert_default().challenge = true;
    let Some(challenge) = challenge else {
        return redirect::follow(session, &request, first, deadline).await;
    };
    let method = request.method.as_str();
    let target = request.url.path_and_query.as_str();
    let proof = challenge.answer(&credentials, method, target, &request.body, &nonce());
    if let Ok(value) = HeaderValue::from_str(&proof) {
        request.headers.insert(AUTHORIZATION, value);
    }
    request.begin_next_hop();
    let noted = debug::before(session, &request);
    let mut second = exchange(session, &request, now(), deadline).await;
    debug::after(noted, &mut second);
    // The proof is for this target alone.
    request.headers.remove(AUTHORIZATION);
    let mut outcome = redirect::follow(session, &request, second, deadline).await;
    outcome.redirects.insert(0, first);
    outcome
}

fn challenge_of(exchange: &Exchange) -> Option<Challenge> {
    if exchange.status != 401 {
        return None;
    }
    Challenge::find(&exchange.headers)
}

fn nonce() -> String {
    let state = RandomState::new();
    format!("{:016x}{:016x}", state.hash_one(1), state.hash_one(2))
}

/// What the server wants proved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Option<String>,
    quality: Option<Quality>,
}

/// `qop`: what the proof covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quality {
    Auth,
    AuthInt,
}

impl Quality {
    fn name(self) -> &'static str {
        match self {
            Quality::Auth => "auth",
            Quality::AuthInt => "auth-int",
        }
    }
}

impl Challenge {
    /// The first digest challenge whose algorithm is known.
    fn find(headers: &HeaderMap) -> Option<Challenge> {
        let lines = headers.get_all(WWW_AUTHENTICATE).iter();
        lines
            .filter_map(|line| Challenge::parse(&String::from_utf8_lossy(line.as_bytes())))
            .find(|challenge| challenge.hash().is_some())
    }

    fn parse(line: &str) -> Option<Challenge> {
        let (scheme, mut rest) = line.trim_start().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut challenge = Challenge::default();
        while let Some((name, value, left)) = parameter(rest) {
            rest = left;
            match name.to_ascii_lowercase().as_str() {
                "realm" => challenge.realm = value,
                "nonce" => challenge.nonce = value,
                "opaque" => challenge.opaque = Some(value),
                "algorithm" => challenge.algorithm = Some(value),
                "qop" => {
                    let offers = |name: &str| {
                        value
                            .split(',')
                            .any(|one| one.trim().eq_ignore_ascii_case(name))
                    };
                    challenge.quality = if offers("auth") {
                        Some(Quality::Auth)
                    } else {
                        offers("auth-int").then_some(Quality::AuthInt)
                    };
                }
                _ => {}
            }
        }
        Some(challenge)
    }

    fn hash(&self) -> Option<fn(&[u8]) -> String> {
        match self
            .algorithm
            .as_deref()
            .map(str::to_ascii_uppercase)
            .as_deref()
        {
            None | Some("MD5" | "MD5-SESS") => Some(|bytes| hex(&Md5::digest(bytes))),
            Some("SHA-256" | "SHA-256-SESS") => Some(|bytes| hex(&Sha256::digest(bytes))),
            Some(_) => None,
        }
    }

    /// Value of `Authorization`.
    fn answer(
        &self,
        (user, password): &(String, String),
        method: &str,
        target: &str,
        body: &[u8],
        cnonce: &str,
    ) -> String {
        let hash = self.hash().unwrap_or(|bytes| hex(&Md5::digest(bytes)));
        let of = |parts: &[&str]| hash(parts.join(":").as_bytes());
        let mut secret = of(&[user, &self.realm, password]);
        let session = self
            .algorithm
            .as_deref()
            .is_some_and(|name| name.to_ascii_lowercase().ends_with("-sess"));
        if session {
            secret = of(&[&secret, &self.nonce, cnonce]);
        }
        let what = match self.quality {
            Some(Quality::AuthInt) => of(&[method, target, &hash(body)]),
            Some(Quality::Auth) | None => of(&[method, target]),
        };
        let (nonce, count) = (&self.nonce, "00000001");
        let response = match self.quality {
            Some(quality) => of(&[&secret, nonce, count, cnonce, quality.name(), &what]),
            None => of(&[&secret, nonce, &what]),
        };
        let (user, realm) = (escaped(user), escaped(&self.realm));
        let mut value = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{target}\", response=\"{response}\""
        );
        if let Some(algorithm) = &self.algorithm {
            value += &format!(", algorithm={algorithm}");
        }
        if let Some(opaque) = &self.opaque {
            value += &format!(", opaque=\"{}\"", escaped(opaque));
        }
        if let Some(quality) = self.quality {
            let name = quality.name();
            value += &format!(", qop={name}, nc={count}, cnonce=\"{cnonce}\"");
        } else if session {
            value += &format!(", cnonce=\"{cnonce}\"");
        }
        value
    }
}

/// Name, value and what follows; values may be quoted.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let text = text.trim_start_matches([' ', '\t', ',']);
    let (name, rest) = text.split_once('=')?;
    let rest = rest.trim_start();
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find(',').unwrap_or(rest.len());
        return Some((name.trim(), rest[..end].trim().to_owned(), &rest[end..]));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((name.trim(), value, &quoted[at + 1..])),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    None
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7616, section 3.9.1.
    #[test]
    fn the_proof_is_that_of_the_rfc() {
        let user = ("Mufasa".to_owned(), "Circle of Life".to_owned());
        for (algorithm, expected) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            (
                "SHA-256",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let line = format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            );
            let challenge = Challenge::parse(&line).unwrap();
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let answer = challenge.answer(&user, "GET", "/dir/index.html", b"", cnonce);
            assert!(
                answer.contains(&format!("response=\"{expected}\"")),
                "{answer}"
            );
            assert!(
                answer.contains("qop=auth, nc=00000001, cnonce=\"f2/"),
                "{answer}"
            );
        }
    }

    #[test]
    fn an_old_challenge_without_qop_is_answered_as_rfc_2069_has_it() {
        let line =
            "digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let user = ("Mufasa".to_owned(), "Circle Of Life".to_owned());
        let answer =
            Challenge::parse(line)
                .unwrap()
                .answer(&user, "GET", "/dir/index.html", b"", "x");
        assert!(
            answer.contains("response=\"670fd8c2df070c60b045671b8b24ff02\""),
            "{answer}"
        );
        assert!(!answer.contains("cnonce"), "{answer}");
    }

    #[test]
    fn of_several_challenges_the_first_digest_with_a_known_algorithm_is_taken() {
        let mut headers = HeaderMap::new();
        for line in [
            "Basic realm=\"a\"",
            "Digest realm=\"b\", algorithm=SHA-512-256, nonce=\"1\"",
            "Digest realm=\"c \\\"d\\\"\", nonce=2",
        ] {
            headers.append(WWW_AUTHENTICATE, line.parse().unwrap());
        }
        let found = Challenge::find(&headers).unwrap();
        assert_eq!(
            (found.realm.as_str(), found.nonce.as_str()),
            ("c \"d\"", "2")
        );
    }

    #[test]
    fn no_challenge_makes_the_reader_fall() {
        bolero::check!()
            .with_iterations(20_000)
            .with_type::<String>()
            .for_each(|text| {
                if let Some(challenge) = Challenge::parse(&format!("Digest {text}")) {
                    challenge.answer(&Default::default(), "GET", "/", b"", "c");
                }
            });
    }
}
