//! `k6/secrets`: promises of what the sources have.

mod kit;

use kit::World;
use loadd_script::{LoadSettings, SecretSources, redact_secrets};

fn run(flags: &[&str], body: &str) -> kit::Outcomes {
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let settings = LoadSettings {
        limits: kit::limits(),
        secrets: SecretSources::parse(&flags, &[]).expect("flags"),
        ..LoadSettings::default()
    };
    let bundle = kit::load_with(
        &format!("import secrets from 'k6/secrets'; export default async function () {{ {body} }}"),
        settings,
    )
    .expect("a script");
    World::of(&bundle, kit::limits()).call()
}

#[test]
fn secrets_come_from_the_default_source_or_a_named_one_and_are_redacted_from_then_on() {
    let flags = [
        "mock=default,key=first-value",
        "mock=name=other,key=second-value",
    ];
    assert_eq!(redact_secrets("first-value"), "first-value");
    assert_eq!(
        run(
            &flags,
            "return [await secrets.get('key'), await (await secrets.source('other')).get('key')]"
        ),
        Ok(Some(r#"["first-value","second-value"]"#.to_owned()))
    );
    assert_eq!(
        redact_secrets("a first-value b second-value"),
        "a ***SECRET_REDACTED*** b ***SECRET_REDACTED***"
    );
}

#[test]
fn what_is_not_there_rejects() {
    for (flags, call, message) in [
        (&[][..], "secrets.get('key')", "no secret sources"),
        (&["mock=key=v"], "secrets.get('other')", "'other'"),
        (
            &["mock=name=a,k=v", "mock=name=b,k=v"],
            "secrets.get('k')",
            "no default",
        ),
    ] {
        let outcome = run(
            flags,
            &format!("try {{ await {call} }} catch (e) {{ return e.message }}"),
        );
        let Ok(Some(text)) = outcome else {
            panic!("{call}: {outcome:?}");
        };
        assert!(text.contains(message), "{call}: {text}");
    }
}
