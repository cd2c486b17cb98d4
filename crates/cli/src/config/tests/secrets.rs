//! Secrets come from one source and are never seen again.

use secrecy::ExposeSecret;

use super::{
    super::{Config, Credentials, Secret, load},
    World, fault, origin_of,
};

/// Stands for a secret; found in any output, a test fails.
const CANARY: &str = "c4n4ry-0123456789";

fn token(config: &Config) -> &Secret {
    match &config.huly.credentials {
        Some(Credentials::Token(token)) => token,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_secret_comes_from_its_key_its_file_a_variable_or_the_service_manager() {
    let by_value = World::new(&format!("[huly]\ntoken = \"{CANARY}\"\n"));
    let by_file = World::new("[huly]\ntoken_file = \"token.txt\"\n");
    by_file.write("token.txt", &format!("{CANARY}\n"));
    let by_variable = World::new("").set("HVS_HULY_TOKEN", CANARY);
    let by_variable_of_file = World::new("");
    let path = by_variable_of_file.write("other.txt", CANARY);
    let by_variable_of_file =
        by_variable_of_file.set("HVS_HULY_TOKEN_FILE", path.to_str().unwrap());
    let by_manager = World::new("");
    by_manager.write("huly_token", CANARY);
    let directory = by_manager.directory.path().to_str().unwrap().to_owned();
    let by_manager = by_manager.set("CREDENTIALS_DIRECTORY", &directory);
    for (world, origin) in [
        (by_value, "hvs.toml:2"),
        (by_file, "hvs.toml:2"),
        (by_variable, "HVS_HULY_TOKEN"),
        (by_variable_of_file, "HVS_HULY_TOKEN_FILE"),
        (by_manager, "credential huly_token"),
    ] {
        let config = world.load();
        assert_eq!(token(&config).value().unwrap().expose_secret(), CANARY);
        assert_eq!(token(&config).origin().to_string(), origin);
        assert_eq!(origin_of(&config, "huly.token").to_string(), origin);
        for output in [
            format!("{config:?}"),
            format!("{:?}", world.inputs().environment),
            config.show_text(),
            config.show_json().to_string(),
        ] {
            assert!(!output.contains(CANARY), "{output}");
        }
        assert!(config.show_text().contains("[set]"));
    }
}

#[test]
fn an_account_is_an_address_and_a_password() {
    let text = format!("[huly]\nemail = \"me@example.org\"\npassword = \"{CANARY}\"\n");
    match World::new(&text).load().huly.credentials {
        Some(Credentials::Password { email, password }) => {
            assert_eq!(email, "me@example.org");
            assert_eq!(password.value().unwrap().expose_secret(), CANARY);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_sources_of_one_secret_are_refused() {
    let world =
        World::new(&format!("[huly]\ntoken = \"{CANARY}\"\n")).set("HVS_HULY_TOKEN", CANARY);
    expect_test::expect![[r"
        error: `huly.token` comes from two sources: HVS_HULY_TOKEN and hvs.toml:2
         --> environment: HVS_HULY_TOKEN
        hint: keep one of them"]]
    .assert_eq(&world.refused());
    assert_eq!(
        fault("[huly]\ntoken = \"a\"\ntoken_file = \"b\"\n"),
        "`huly.token` comes from two sources: hvs.toml:2 and hvs.toml:3 | keep one of them"
    );
}

#[test]
fn a_token_and_an_account_exclude_each_other_and_half_an_account_is_none() {
    let hint = "give a token, or an e-mail address and a password";
    for (text, said) in [
        (
            "token = \"t\"\nemail = \"e\"",
            "`huly.token` and `huly.email` are both given",
        ),
        (
            "token = \"t\"\npassword = \"p\"",
            "`huly.token` and `huly.password` are both given",
        ),
        ("email = \"e\"", "`huly.email` has no `huly.password`"),
        ("password = \"p\"", "`huly.password` has no `huly.email`"),
    ] {
        assert_eq!(
            fault(&format!("[huly]\n{text}\n")),
            format!("{said} | {hint}"),
            "{text}"
        );
    }
}

#[test]
fn a_file_that_is_no_secret_is_refused() {
    for (content, said) in [
        (Some("\n"), "`huly.token` is empty in `DIR/token`"),
        (
            Some("a\nb\n"),
            "`huly.token` holds more than one line or a control character",
        ),
        (
            None,
            "`huly.token` cannot be read from `DIR/token`: No such file or directory (os error 2)",
        ),
    ] {
        let world = World::new("[huly]\ntoken_file = \"token\"\n");
        if let Some(content) = content {
            world.write("token", content);
        }
        let message = world.refused();
        assert!(
            message.starts_with(&format!("error: {said}\n --> hvs.toml:2:14")),
            "{message}"
        );
    }
    let world = World::new("[huly]\ntoken_file = \"token\"\n");
    world.write("token", &"x".repeat((64 << 10) + 1));
    assert!(
        world
            .refused()
            .starts_with("error: `huly.token` has more than 64 KiB in `DIR/token`")
    );
}

#[test]
fn a_secret_on_the_command_line_is_refused() {
    let world = World::new("").flag("--token", "huly.token", CANARY);
    let message = world.refused();
    assert!(
        message.starts_with("error: `huly.token` cannot be given on the command line"),
        "{message}"
    );
    assert!(!message.contains(CANARY));
}

#[test]
fn no_message_holds_a_secret_however_wrong_the_file_is() {
    for text in [
        format!("[huly]\ntokn = \"{CANARY}\"\n"),
        format!("[huly]\ntoken = [\"{CANARY}\"]\n"),
        format!("[huly]\ntoken = \"{CANARY}\n"),
        format!("[huly]\ntoken = {CANARY}\n"),
        format!("[huly]\ntoken = '{CANARY}' x\n"),
        format!("[huly]\ntoken = \"\"\"\n{CANARY}==\n"),
        format!("[huly]\ntoken = \"{CANARY}\"\ntoken = \"{CANARY}\"\n"),
        format!("[huly]\n{CANARY}\n"),
        format!("huly = {{ token = \"{CANARY}\", page_size = 0 }}\n"),
        format!("huly = {{ token = \"{CANARY}\", tokn = 1, overlap = 3 }}\n"),
        format!("[huly]\ntoken = \"{CANARY}\\n{CANARY}\"\n"),
        format!("[huly]\ntoken = \"{CANARY}\"\npassword = \"{CANARY}\"\n"),
        format!("[huly]\nurl = \"https://me:{CANARY}@huly.example.org\"\n"),
        format!("[huly]\nurl = \"htps:me:{CANARY}@huly.example.org\"\n"),
        format!("[vibe]\nurl = \"http://me:{CANARY}@\"\n"),
    ] {
        let error = load(&World::new(&text).inputs()).expect_err(&text);
        let data = serde_json::to_string(&error).unwrap();
        for output in [error.to_string(), format!("{error:?}"), data] {
            assert!(!output.contains(CANARY), "{text}\n{output}");
        }
    }
    for name in ["HVS_HULY_TOKN", "HVS_HULY_TOKEN", "HVS_HULY_PASSWORD"] {
        let error = load(
            &World::new("")
                .set(name, &format!("{CANARY}\n{CANARY}"))
                .inputs(),
        );
        let error = error.expect_err(name);
        assert!(!format!("{error}{error:?}").contains(CANARY), "{error}");
    }
}

#[test]
fn a_secret_may_come_from_a_program_that_is_run_when_it_is_needed() {
    let world =
        World::new("[huly]\ntoken_command = [\"sh\", \"-c\", \"touch ran; cat token.txt\"]\n");
    world.write("token.txt", &format!("{CANARY}\n"));
    let config = world.load();
    let ran = world.directory.path().join("ran");
    assert!(!ran.exists(), "run before it is needed");
    assert_eq!(token(&config).value().unwrap().expose_secret(), CANARY);
    assert!(ran.exists(), "run in the directory of the file");
    assert_eq!(origin_of(&config, "huly.token").to_string(), "hvs.toml:2");
    assert!(!config.show_text().contains("cat token.txt"));
    assert!(config.show_text().contains("[set]"));

    let world = World::new("").set("HVS_HULY_TOKEN_COMMAND", "[\"echo\", \"-n\", \" a b \"]");
    let config = world.load();
    let value = token(&config).value().unwrap();
    assert_eq!(
        value.expose_secret(),
        " a b ",
        "no shell, and only the line end is cut"
    );
}

#[test]
fn a_program_that_gives_no_secret_is_told_with_its_line_and_nothing_of_what_it_printed() {
    for (command, said) in [
        ("[\"true\"]", "is empty: its program printed nothing"),
        (
            "[\"printf\", \"c4n4ry\\\\nc4n4ry\"]",
            "holds more than one line or a control character",
        ),
        (
            "[\"printf\", \"c4n4ry\\\\377\"]",
            "is not UTF-8 from its program",
        ),
        (
            "[\"false\", \"c4n4ry\"]",
            "cannot be had: `false` ended with exit status: 1",
        ),
        (
            "[\"head\", \"-c\", \"70000\", \"/dev/zero\"]",
            "has more than 64 KiB from `head`",
        ),
    ] {
        let world = World::new(&format!("[huly]\ntoken_command = {command}\n"));
        let config = world.load();
        let error = token(&config).value().unwrap_err();
        let message = error.to_string();
        let wanted = format!("error: `huly.token` {said}\n --> hvs.toml:2:17");
        assert!(message.starts_with(&wanted), "{message}");
        assert!(
            !format!("{message}{config:?}").contains("c4n4ry"),
            "{message}"
        );
    }
}

#[test]
fn a_command_is_a_list_and_the_only_source() {
    for (text, said) in [
        (
            "token_command = \"pass show huly\"",
            "`huly.token_command` is a text; wanted is an array of texts | write [\"...\"]",
        ),
        (
            "token_command = []",
            "`huly.token_command` names no program | write it like [\"pass\", \"show\", \"huly\"]",
        ),
        (
            "token_command = [\" \"]",
            "`huly.token_command` names no program | write it like [\"pass\", \"show\", \"huly\"]",
        ),
        (
            "token_command = [\"a\", 1]",
            "`huly.token_command` holds a whole number; wanted are texts",
        ),
        (
            "token = \"t\"\ntoken_command = [\"true\"]",
            "`huly.token` comes from two sources: hvs.toml:2 and hvs.toml:3 | keep one of them",
        ),
        (
            "token_file = \"t\"\ntoken_command = [\"true\"]",
            "`huly.token` comes from two sources: hvs.toml:2 and hvs.toml:3 | keep one of them",
        ),
    ] {
        assert_eq!(fault(&format!("[huly]\n{text}\n")), said, "{text}");
    }
}
