//! Sources, their flags, and what is redacted.

use super::*;

fn get(sources: &SecretSources, source: Option<&str>, key: &str) -> Result<String, SecretError> {
    match sources.look_up(source, key)? {
        LookUp::Found(value) => Ok(value),
        LookUp::Fetch(fetch) => fetch(),
    }
}

fn parse(flags: &[&str]) -> Result<SecretSources, String> {
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    SecretSources::parse(&flags, &[]).map_err(|error| error.to_string())
}

#[test]
fn any_flag_is_a_source_or_refused_with_words() {
    bolero::check!()
        .with_iterations(2_000)
        .with_type::<Vec<String>>()
        .for_each(|texts| {
            for kind in ["mock", "file", "url", ""] {
                let flags: Vec<String> =
                    texts.iter().map(|text| format!("{kind}={text}")).collect();
                match SecretSources::parse(&flags, &[]) {
                    Ok(sources) => {
                        // An address is not asked here.
                        let _unknown = sources.look_up(None, "key");
                    }
                    Err(error) => assert!(!error.to_string().is_empty()),
                }
            }
        });
}

#[test]
fn sources_are_found_by_name_by_default_and_alone() {
    let one = parse(&["mock=cool=some value"]).unwrap();
    assert_eq!(get(&one, None, "cool"), Ok("some value".to_owned()));
    let two = parse(&["mock=default,cool=a1", "mock=name=other,cool=b2=c"]).unwrap();
    assert_eq!(get(&two, None, "cool"), Ok("a1".to_owned()));
    assert_eq!(get(&two, Some("other"), "cool"), Ok("b2=c".to_owned()));
    let no_default = parse(&["mock=name=x,cool=a", "mock=name=y,cool=b"]).unwrap();
    assert_eq!(get(&no_default, None, "cool"), Err(SecretError::NoDefault));
    assert_eq!(
        get(&one, None, "no"),
        Err(SecretError::UnknownSecret("no".to_owned()))
    );
    assert_eq!(
        get(&SecretSources::default(), None, "cool"),
        Err(SecretError::NoSources)
    );
}

#[test]
fn flags_that_cannot_be_meant_are_refused_without_their_secrets() {
    for flags in [
        &["vault=x=hidden"][..],
        &["url=urlTemplate=ftp://hidden/{key}"],
        &["url=urlTemplate=http://h/{key},colour=hidden"],
        &["url=urlTemplate=http://h/{key},headers.X=hid\u{1}den"],
        &["url=timeout=hidden,urlTemplate=http://h/{key}"],
        &["url"],
        &["file=/nowhere/file"],
        &["file"],
        &["mock=default,a=hidden", "mock=default,name=n"],
        &["mock=name=n,a=hidden", "mock=name=n"],
    ] {
        let error = parse(flags).map(drop).unwrap_err();
        assert!(error.starts_with("--secret-source "), "{error}");
        assert!(!error.contains("hidden"), "{error}");
    }
}

#[test]
fn a_file_has_a_secret_on_each_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    std::fs::write(&path, "one=1\n\ntwo=a=b\n").unwrap();
    let sources = parse(&[&format!("file={}", path.display())]).unwrap();
    assert_eq!(get(&sources, None, "two"), Ok("a=b".to_owned()));
    let named = parse(&[&format!("file=filename={},name=n,default", path.display())]).unwrap();
    assert_eq!(get(&named, Some("n"), "one"), Ok("1".to_owned()));
    std::fs::write(&path, "one\n").unwrap();
    assert!(parse(&[&format!("file={}", path.display())]).is_err());
}

#[test]
fn what_was_revealed_is_redacted_and_nothing_else() {
    let sources = parse(&["mock=a=hunter-two,b=hunter-two-three,c=never-asked"]).unwrap();
    assert_eq!(
        redact_secrets("hunter-two never-asked"),
        "hunter-two never-asked"
    );
    get(&sources, None, "a").unwrap();
    get(&sources, None, "b").unwrap();
    assert_eq!(
        redact_secrets("x hunter-two-three, hunter-two, never-asked"),
        "x ***SECRET_REDACTED***, ***SECRET_REDACTED***, never-asked"
    );
}

/// Answers each request on a connection of its own with the next of `answers`, and gives what came in.
fn service(answers: Vec<&'static str>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let answer = |answer: &str| {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut request, mut part) = (Vec::new(), [0; 1024]);
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let length = stream.read(&mut part).unwrap();
                request.extend_from_slice(&part[..length]);
            }
            write!(stream, "HTTP/1.1 {answer}").unwrap();
            String::from_utf8(request).unwrap()
        };
        answers.into_iter().map(answer).collect()
    });
    (address, thread)
}

#[test]
fn a_service_is_asked_once_for_each_key_and_again_while_it_may_do_better() {
    let (address, service) = service(vec![
        "503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "200 OK\r\ncontent-length: 25\r\nconnection: close\r\n\r\n{\"data\":{\"value\":\"deep\"}}",
        "404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ]);
    let flag = format!(
        "url=urlTemplate={address}/v1/{{key}},headers.X-Token=t,responsePath=data.value,retryBackoff=1ms"
    );
    let sources = parse(&[&flag]).unwrap();
    assert_eq!(get(&sources, None, "one"), Ok("deep".to_owned()));
    assert!(matches!(
        sources.look_up(None, "one"),
        Ok(LookUp::Found(value)) if value == "deep"
    ));
    let missing = get(&sources, None, "two").unwrap_err();
    assert_eq!(
        missing.to_string(),
        "cannot fetch the secret 'two': the service answered 404 Not Found"
    );
    let requests = service.join().unwrap();
    assert_eq!(requests.len(), 3);
    assert!(requests[1].starts_with("GET /v1/one HTTP/1.1") && requests[1].contains("x-token: t"));
    assert_eq!(redact_secrets("deep"), "***SECRET_REDACTED***");
}

#[test]
fn a_services_settings_come_from_its_file_the_environment_and_the_flag() {
    let (address, service) = service(vec![
        "200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwhole",
    ]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    std::fs::write(
        &path,
        r#"{"urlTemplate": "http://no.test/{key}", "method": "POST", "headers": {"A": "file", "B": "file"}, "maxRetries": 0}"#,
    )
    .unwrap();
    let vars = [
        ("K6_SECRET_SOURCE_URL_URL_TEMPLATE", address.as_str()),
        ("K6_SECRET_SOURCE_URL_HEADER_C", "environment"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let flag = format!("url=config={},headers.A=flag", path.display());
    let sources = SecretSources::parse(&[flag], &vars).unwrap();
    assert_eq!(get(&sources, None, "x"), Ok("whole".to_owned()));
    let requests = service.join().unwrap();
    for part in ["POST / HTTP/1.1", "a: flag", "b: file", "c: environment"] {
        assert!(requests[0].contains(part), "{part}: {}", requests[0]);
    }
}

#[test]
fn a_service_is_asked_at_its_rate() {
    let flags = ["url=urlTemplate=http://h/{key},requestsPerMinuteLimit=60,requestsBurst=2"];
    let sources = parse(&flags).unwrap();
    let Some(Source {
        store: Store::Url(store),
        ..
    }) = sources.0.values().next()
    else {
        panic!("a service")
    };
    let begin = std::time::Instant::now();
    let waits = [0, 0, 0, 0, 10].map(|seconds| {
        let now = begin + std::time::Duration::from_secs(seconds);
        store.wait_for_turn(now).as_secs()
    });
    assert_eq!(waits, [0, 0, 1, 2, 0]);
}
