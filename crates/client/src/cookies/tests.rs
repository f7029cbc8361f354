use super::*;

fn url(text: &str) -> RequestUrl {
    RequestUrl::parse(text).unwrap()
}

fn shown(jar: &CookieJar, text: &str) -> String {
    let found = jar.cookies_for_url(&url(text));
    let pairs: Vec<String> = found
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("; ")
}

#[test]
fn an_answers_cookie_goes_where_rfc_6265_sends_it() {
    // Set-Cookie, set by, asked for, what goes there
    let table = [
        ("a=1", "http://h.org/", "http://h.org/x", "a=1"),
        ("a=1", "http://h.org/", "http://s.h.org/", ""),
        (
            "a=1; Domain=h.org",
            "http://h.org/",
            "http://s.h.org/",
            "a=1",
        ),
        (
            "a=1; Domain=.H.org",
            "http://s.h.org/",
            "http://h.org/",
            "a=1",
        ),
        (
            "a=1; Domain=other.org",
            "http://h.org/",
            "http://other.org/",
            "",
        ),
        ("a=1; Domain=h.org", "http://xh.org/", "http://h.org/", ""),
        (
            "a=1; Domain=10.0.0.1",
            "http://10.0.0.1/",
            "http://10.0.0.1/",
            "a=1",
        ),
        ("a=1", "http://h.org/p/q", "http://h.org/p/z", "a=1"),
        ("a=1", "http://h.org/p/q", "http://h.org/pz", ""),
        ("a=1; Path=/p", "http://h.org/", "http://h.org/p/z", "a=1"),
        ("a=1; Path=/p", "http://h.org/", "http://h.org/pz", ""),
        ("a=1; Path=p", "http://h.org/", "http://h.org/z", "a=1"),
        ("a=1; Secure", "http://h.org/", "http://h.org/", ""),
        ("a=1; Secure", "http://h.org/", "https://h.org/", "a=1"),
        (
            "a=1; Secure",
            "http://127.0.0.9/",
            "http://127.0.0.9/",
            "a=1",
        ),
        (
            "a=1; Secure",
            "http://localhost/",
            "http://localhost/",
            "a=1",
        ),
        ("a=1; Max-Age=0", "http://h.org/", "http://h.org/", ""),
        ("a=1; Max-Age=9", "http://h.org/", "http://h.org/", "a=1"),
        (
            "a=1; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "http://h.org/",
            "http://h.org/",
            "a=1",
        ),
        (
            "a=1; Expires=Thu, 01 Jan 1970 00:00:01 GMT",
            "http://h.org/",
            "http://h.org/",
            "",
        ),
        ("a=\"q r\"", "http://h.org/", "http://h.org/", "a=q r"),
        ("=1", "http://h.org/", "http://h.org/", ""),
        ("a b=1", "http://h.org/", "http://h.org/", ""),
    ];
    for (line, by, to, expected) in table {
        let jar = CookieJar::new();
        let mut headers = HeaderMap::new();
        headers.insert(http::header::SET_COOKIE, line.parse().unwrap());
        jar.store_response(&url(by), &headers);
        assert_eq!(shown(&jar, to), expected, "{line} from {by} to {to}");
    }
}

#[test]
fn longer_paths_go_first_then_older_cookies_and_a_new_value_keeps_its_place() {
    let jar = CookieJar::new();
    let at = url("http://h/");
    let options = CookieOptions::default();
    assert!(jar.set(&at, "a", "1", &options));
    assert!(jar.set(&at, "b", "1", &options));
    let deep = CookieOptions {
        path: "/p".into(),
        ..options.clone()
    };
    assert!(jar.set(&at, "c", "1", &deep));
    assert!(jar.set(&at, "a", "2", &options));
    assert_eq!(shown(&jar, "http://h/p"), "c=1; a=2; b=1");
}

#[test]
fn clear_and_delete_reach_the_default_path_only() {
    let jar = CookieJar::new();
    let at = url("http://h/p/q");
    let options = CookieOptions::default();
    jar.set(&at, "a", "1", &options);
    jar.set(&at, "b", "1", &options);
    jar.set(
        &at,
        "root",
        "1",
        &CookieOptions {
            path: "/".into(),
            ..options
        },
    );
    jar.delete(&at, "a");
    assert_eq!(shown(&jar, "http://h/p/q"), "b=1; root=1");
    jar.clear(&at);
    assert_eq!(shown(&jar, "http://h/p/q"), "root=1");
    assert!(!jar.is_empty());
}

#[test]
fn max_age_zero_from_a_script_means_no_limit_and_below_removes() {
    let jar = CookieJar::new();
    let at = url("http://h/");
    jar.set(
        &at,
        "a",
        "1",
        &CookieOptions {
            max_age: 0,
            ..CookieOptions::default()
        },
    );
    assert_eq!(shown(&jar, "http://h/"), "a=1");
    jar.set(
        &at,
        "a",
        "1",
        &CookieOptions {
            max_age: -1,
            ..CookieOptions::default()
        },
    );
    assert!(jar.is_empty());
}

#[test]
fn values_are_quoted_and_cleaned_as_they_go_out() {
    let table = [
        ("plain", "n=plain"),
        ("a b", "n=\"a b\""),
        ("a,b", "n=\"a,b\""),
        ("a\"b;c\\é", "n=abc"),
    ];
    for (value, expected) in table {
        let mut line = Vec::new();
        add(&mut line, "n", value);
        assert_eq!(String::from_utf8(line).unwrap(), expected);
    }
}

#[test]
fn cookies_of_an_answer_are_shown_with_their_attributes() {
    let line = b"n=v; Path=/p; Domain=h; HttpOnly; Secure; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:01 GMT";
    let cookie = parse::parse_line(line).unwrap();
    assert_eq!(
        cookie,
        ResponseCookie {
            name: "n".into(),
            value: "v".into(),
            domain: "h".into(),
            path: "/p".into(),
            http_only: true,
            secure: true,
            max_age: 60,
            expires_ms: 1000,
        }
    );
    assert_eq!(parse::parse_line(b"n=v").unwrap().expires_ms, NO_EXPIRY_MS);
}

#[test]
fn no_set_cookie_line_can_break_the_parser_or_a_header() {
    bolero::check!()
        .with_type::<Vec<u8>>()
        .with_iterations(20_000)
        .for_each(|line: &Vec<u8>| {
            if let Some(cookie) = parse::parse_line(line) {
                let jar = CookieJar::new();
                let options = CookieOptions {
                    domain: cookie.domain,
                    path: cookie.path,
                    ..CookieOptions::default()
                };
                jar.set(&url("http://h.org/"), &cookie.name, &cookie.value, &options);
                let mut out = Vec::new();
                add(&mut out, &cookie.name, &cookie.value);
                assert!(HeaderValue::from_bytes(&out).is_ok());
            }
        });
}
