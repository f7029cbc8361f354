use super::*;

#[test]
fn urls_become_what_goes_on_the_wire() {
    // text, host, port, Host header, target
    let table = [
        ("http://h", "h", 80, "h", "/"),
        ("http://h:8080/a?b=c#d", "h", 8080, "h:8080", "/a?b=c"),
        ("HTTPS://Ex.Org:443/", "ex.org", 443, "Ex.Org", "/"),
        ("http://h?q", "h", 80, "h", "/?q"),
        ("http://[::1]:81/", "::1", 81, "[::1]:81", "/"),
        ("http://h/a b", "h", 80, "h", "/a%20b"),
        ("http://h/%2F", "h", 80, "h", "/%2F"),
        ("http://h/%2F b", "h", 80, "h", "//%20b"),
        ("http://h/é", "h", 80, "h", "/%C3%A9"),
        ("http://h/a(b)!", "h", 80, "h", "/a(b)!"),
        (
            "http://bücher.example/",
            "xn--bcher-kva.example",
            80,
            "xn--bcher-kva.example",
            "/",
        ),
        ("http://h:/x", "h", 80, "h", "/x"),
        ("http://h/?a=%zz&b=é", "h", 80, "h", "/?a=%zz&b=é"),
    ];
    for (text, host, port, authority, target) in table {
        let url = RequestUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(&*url.host, host, "{text}");
        assert_eq!(url.port, port, "{text}");
        assert_eq!(url.authority, authority, "{text}");
        assert_eq!(url.path_and_query.as_str(), target, "{text}");
        assert_eq!(&*url.text, text);
    }
}

#[test]
fn what_cannot_be_requested_gets_k6_code_and_text() {
    let table = [
        ("", 1000, "unsupported protocol scheme \"\""),
        ("/relative", 1000, "unsupported protocol scheme \"\""),
        ("ftp://h/", 1000, "unsupported protocol scheme \"ftp\""),
        ("http://", 1000, "http: no Host in request URL"),
        ("http:///x", 1000, "http: no Host in request URL"),
        ("http:x", 1000, "http: no Host in request URL"),
        (
            "://h",
            1020,
            "invalid URL: parse \"://h\": missing protocol scheme",
        ),
        (
            "http://h:x/",
            1020,
            "invalid URL: parse \"http://h:x/\": invalid port \":x\" after host",
        ),
        (
            "http://h/%zz",
            1020,
            "invalid URL: parse \"http://h/%zz\": invalid URL escape \"%zz\"",
        ),
        (
            "http://a b/",
            1020,
            "invalid URL: parse \"http://a b/\": invalid character \" \" in host name",
        ),
        (
            "http://h:99999/",
            1210,
            "dial tcp: address 99999: invalid port",
        ),
    ];
    for (text, code, message) in table {
        let error = match RequestUrl::parse(text) {
            Err(error) => error,
            Ok(url) => {
                let fault = url.fault.expect(text);
                let message = fault.message.to_string();
                UrlError::other(fault.code.0, message)
            }
        };
        assert_eq!(
            (error.code, error.message.as_str()),
            (code, message),
            "{text}"
        );
    }
}

#[test]
fn credentials_are_decoded_for_auth_and_masked_in_tags() {
    let url = RequestUrl::parse("http://us%40er:p%3Aw@h/x?y=@").unwrap();
    assert_eq!(url.credentials, Some(("us@er".into(), "p:w".into())));
    assert_eq!(&*url.tag, "http://****:****@h/x?y=@");
    assert_eq!(url.as_referer(), "http://h/x?y=@");
    let none = RequestUrl::parse("http://h/x@y").unwrap();
    assert_eq!(none.credentials, None);
    assert_eq!(none.tag, none.text);
}

#[test]
fn a_query_with_spaces_has_stand_ins_and_the_true_bytes() {
    let url = RequestUrl::parse("http://h/p?a b").unwrap();
    assert_eq!(url.path_and_query.as_str(), "/p?a_b");
    assert_eq!(url.patch().unwrap()[..], [(4, b' ')]);
}

#[test]
fn references_are_resolved_as_browsers_do() {
    let base = RequestUrl::parse("http://u:p@h:81/a/b/c?q#f").unwrap();
    let table = [
        ("/x", "http://h:81/x"),
        ("x", "http://h:81/a/b/x"),
        ("../x", "http://h:81/a/x"),
        ("../../../x", "http://h:81/x"),
        ("./", "http://h:81/a/b/"),
        ("?z", "http://h:81/a/b/c?z"),
        ("#z", "http://h:81/a/b/c?q#z"),
        ("", "http://h:81/a/b/c?q"),
        ("//o/x", "http://o/x"),
        ("https://o/x", "https://o/x"),
        ("/a?u=http://x/../y", "http://h:81/a?u=http://x/../y"),
    ];
    for (reference, expected) in table {
        assert_eq!(
            &*base.join(reference).unwrap().text,
            expected,
            "{reference}"
        );
    }
}

#[test]
fn no_text_can_make_the_parser_panic_and_what_it_accepts_fits_a_request_line() {
    bolero::check!()
        .with_type::<String>()
        .with_iterations(20_000)
        .for_each(|text: &String| {
            for text in [
                text.clone(),
                format!("http://{text}"),
                format!("http://h/{text}"),
            ] {
                if let Ok(url) = RequestUrl::parse(&text) {
                    assert!(url.path_and_query.as_str().starts_with('/'), "{text:?}");
                    assert!(url.fault.is_some() || !url.host.is_empty());
                    let _ = url.join(&text);
                }
            }
        });
}
