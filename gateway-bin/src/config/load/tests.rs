//! The whole file, good and bad.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use expect_test::Expect;
use expect_test::expect;

use super::*;
use crate::config::target::TargetTls;

const GOOD: &str = r#"version = 1
state_dir = "state"
policy = "policy.toml"

[[listener]]
name = "main"
bind = "127.0.0.1:0"
certificate = "cert.pem"
key = "file:key.pem"
targets = ["shop"]

[[target]]
name = "shop"
address = "127.0.0.1:3306"
catalog_user = "catalog"
guard_role = "postern_clear"
[target.tls]
ca = "cert.pem"
server_name = "localhost"
[[target.user]]
name = "catalog"
user = "postern_catalog"
password = "file:password"

[[issuer]]
name = "corp"
issuer = "https://login.example"
audience = ["postern"]
ca = "cert.pem"
use = ["agent", "approver"]

[audit]
directory = "audit"
signing_key = "file:seed"

[approvals]
database = "approvals.sqlite"
root_key = "file:seed"
[[approvals.approver]]
name = "dana"
issuer = "corp"
subject = "dana@example"
groups = ["dba"]
public_key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

[limits]
idle_seconds = 60
"#;

fn folder() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let private = |name: &str, content: &str| {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    private("cert.pem", &made.cert.pem());
    private("key.pem", &made.signing_key.serialize_pem());
    private("password", "hunter2\n");
    private("seed", &"07".repeat(32));
    private("policy.toml", "version = 1\n");
    directory
}

fn load(directory: &Path, text: &str) -> Result<Config, ConfigErrors> {
    let path = directory.join("postern.toml");
    fs::write(&path, text).unwrap();
    Config::load(&path)
}

/// Compares the mistakes, without the folder's own name.
#[expect(clippy::needless_pass_by_value, reason = "so that rows read well")]
fn check(text: &str, expected: Expect) {
    let directory = folder();
    let errors = load(directory.path(), text).unwrap_err().to_string();
    let folder = format!("{}/", directory.path().display());
    expected.assert_eq(&errors.replace(&folder, ""));
}

/// The good file with one piece of text replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the good file has no {from}");
    GOOD.replacen(from, to, 1)
}

#[test]
fn loads_a_good_file_whole() {
    let directory = folder();
    let config = load(directory.path(), GOOD).unwrap();
    assert_eq!(config.listeners.len(), 1);
    let target = config.target("shop").unwrap();
    assert_eq!(target.address.to_string(), "127.0.0.1:3306");
    assert!(matches!(target.tls, TargetTls::Verify { .. }));
    assert_eq!(target.catalog_user.password.expose(), b"hunter2");
    assert_eq!(config.policy, directory.path().join("policy.toml"));
    assert_eq!(config.limits.idle.as_secs(), 60);
    assert_eq!(config.approvals.unwrap().settings.approvers.len(), 1);
    assert!(config.issuers[0].agent && config.issuers[0].approver);
}

#[test]
fn debug_of_a_config_shows_no_secret() {
    let directory = folder();
    let text = format!("{:?}", load(directory.path(), GOOD).unwrap());
    assert!(!text.contains("hunter2") && !text.contains("7, 7, 7"));
}

#[test]
fn reports_every_mistake_at_once() {
    let text = GOOD
        .replace("bind = \"127.0.0.1:0\"", "bind = \"somewhere\"")
        .replace("targets = [\"shop\"]", "targets = [\"shop\", \"ship\"]")
        .replace("file:password", "hunter2")
        .replace("https://login.example", "http://login.example")
        .replace("idle_seconds = 60", "idle_seconds = \"60\"\nidle = 3");
    check(
        &text,
        expect![[r#"
            postern.toml:5:1: a listener with several `targets` needs `server_version`: the greeting is sent before a target is chosen
            postern.toml:7:8: `bind` is an IP address and a port, as in `127.0.0.1:3307`
            postern.toml:10:20: no `[[target]]` has the name `ship`
            postern.toml:23:12: `password`: a secret is named as `env:NAME` or `file:PATH`, never written here
            postern.toml:27:10: `issuer` is an `https://` URL without user, query and fragment
            postern.toml:47:16: `idle_seconds` must be a whole number, not a value of type string
            postern.toml:48:1: unknown key `idle`; `[limits]` takes `drain_seconds`, `idle_seconds`, `login_seconds`, `long_data_bytes_max`, `packet_bytes_max`, `prepared_statements_max`, `session_seconds`, `sessions_max`, `sessions_per_principal_max`, `statement_bytes_max`, `statement_seconds`"#]],
    );
}

#[test]
fn reports_broken_syntax_with_its_place() {
    check(
        &changed("version = 1", "version = = 1"),
        expect![[r#"
        postern.toml:1:11: extra `=`, expected nothing
        postern.toml:1:13: unexpected key or value, expected newline, `#`"#]],
    );
}

#[test]
fn reports_what_is_missing() {
    check(
        "version = 2\n",
        expect![[r#"
        postern.toml:1:1: the file needs `audit`
        postern.toml:1:1: the file needs `issuer`
        postern.toml:1:1: the file needs `listener`
        postern.toml:1:1: the file needs `policy`
        postern.toml:1:1: the file needs `state_dir`
        postern.toml:1:1: the file needs `target`
        postern.toml:1:11: this program reads `version = 1`"#]],
    );
    check(
        "",
        expect![[r#"
        postern.toml:1:1: the file needs `audit`
        postern.toml:1:1: the file needs `issuer`
        postern.toml:1:1: the file needs `listener`
        postern.toml:1:1: the file needs `policy`
        postern.toml:1:1: the file needs `state_dir`
        postern.toml:1:1: the file needs `target`
        postern.toml:1:1: the file needs `version`"#]],
    );
}

#[test]
fn reports_a_file_that_is_not_there() {
    let errors = Config::load(Path::new("/nonexistent/postern.toml")).unwrap_err();
    assert_eq!(errors.mistakes.len(), 1);
}

#[test]
fn refuses_a_development_issuer_unless_asked() {
    let text = changed("audience =", "development = true\naudience =");
    check(
        &text,
        expect![
            "postern.toml:28:15: a development issuer hands tokens to anyone; only `postern demo` takes one"
        ],
    );
    let directory = folder();
    let path = directory.path().join("postern.toml");
    fs::write(&path, &text).unwrap();
    assert!(Config::load_with(&path, Development::Allow).is_ok());
}

#[test]
fn refuses_clear_text_to_another_machine() {
    let off = |address: &str| {
        GOOD.replace("127.0.0.1:3306", address).replace(
            "ca = \"cert.pem\"\nserver_name = \"localhost\"",
            "mode = \"off\"",
        )
    };
    check(
        &off("db.example:3306"),
        expect![[
            r#"postern.toml:18:8: `mode = "off"` sends the database password and every row in clear, so it is for this machine only (127.0.0.1, ::1, localhost)"#
        ]],
    );
    let directory = folder();
    for address in ["127.0.0.1:3306", "localhost:3306", "[::1]:3306"] {
        let config = load(directory.path(), &off(address)).unwrap();
        assert!(matches!(config.targets[0].tls, TargetTls::Off));
    }
}

#[test]
fn refuses_what_sections_say_wrongly_of_each_other() {
    check(
        &changed("catalog_user = \"catalog\"", "catalog_user = \"root\""),
        expect!["postern.toml:15:16: no `[[target.user]]` here has the name `root`"],
    );
    check(
        &changed("issuer = \"corp\"", "issuer = \"crop\""),
        expect!["postern.toml:41:10: no `[[issuer]]` has the name `crop`"],
    );
    check(
        &changed("use = [\"agent\", \"approver\"]", "use = [\"agent\"]"),
        expect![
            "postern.toml:41:10: the issuer `corp` is not for approvers; its `use` does not list `approver`"
        ],
    );
    check(
        &changed("targets = [\"shop\"]", "targets = []"),
        expect!["postern.toml:10:11: `targets` needs at least one entry"],
    );
    let twice = format!(
        "{GOOD}\n[[target]]\nname = \"shop\"\naddress = \"localhost:1\"\ncatalog_user = \"c\"\ntls = {{ mode = \"off\" }}\nuser = [{{ name = \"c\", user = \"c\", password = \"file:password\" }}]\n"
    );
    check(
        &twice,
        expect!["postern.toml:50:8: a second target is called `shop`"],
    );
}

#[test]
fn refuses_weak_algorithms() {
    check(
        &changed(
            "audience =",
            "algorithms = [\"HS256\", \"none\"]\naudience =",
        ),
        expect![[r#"
            postern.toml:28:15: `HS256` is not taken; choose from RS256, PS256, ES256, EdDSA
            postern.toml:28:24: `none` is not taken; choose from RS256, PS256, ES256, EdDSA"#]],
    );
}

#[test]
fn an_approver_needs_no_password_and_no_root_key() {
    let directory = folder();
    let key =
        "root_public_key = \"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\"";
    let text =
        changed("root_key = \"file:seed\"", key).replace("file:password", "env:NOT_SET_HERE");
    let path = directory.path().join("postern.toml");
    fs::write(&path, &text).unwrap();
    assert!(ApprovalSettings::load(&path).is_ok());
    assert!(Config::load(&path).is_err());
}

#[test]
fn refuses_one_key_for_two_approvers() {
    let (head, tail) = GOOD.split_once("[[approvals.approver]]").unwrap();
    let (approver, tail) = tail.split_once("[limits]").unwrap();
    let second = approver.replace("name = \"dana\"", "name = \"erin\"");
    check(
        &format!(
            "{head}[[approvals.approver]]{approver}[[approvals.approver]]{second}[limits]{tail}"
        ),
        expect!["postern.toml:46:1: the key of `erin` belongs to another approver"],
    );
}

#[test]
fn the_example_is_a_configuration() {
    let directory = folder();
    let file = |name: &str| directory.path().join(name);
    let copies = [
        ("cert.pem", "listener.pem"),
        ("cert.pem", "database-ca.pem"),
        ("key.pem", "listener.key"),
        ("password", "catalog.password"),
        ("password", "reader.password"),
        ("seed", "audit.key"),
        ("seed", "root.key"),
    ];
    for (from, to) in copies {
        fs::copy(file(from), file(to)).unwrap();
    }
    let example = include_str!("../../../../examples/postern.toml");
    let config = load(directory.path(), example).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(
        config.limits,
        LimitSettings::default(),
        "the example shows the defaults"
    );
    assert_eq!(config.audit.settings.directory, file("state/audit"));
    let approvals = config.approvals.unwrap().settings;
    assert_eq!(approvals.database, file("state/approvals.sqlite"));
}

#[test]
fn every_key_that_the_example_leaves_out_is_a_key() {
    let directory = folder();
    let keys = [
        ("targets = [\"shop\"]", "server_version = \"9.7.0\""),
        (
            "use = [\"agent\", \"approver\"]",
            "jwks_url = \"https://login.example/keys\"",
        ),
        (
            "use = [\"agent\", \"approver\"]",
            "allowed_clients = [\"ci\"]",
        ),
        ("use = [\"agent\", \"approver\"]", "typ = \"at+jwt\""),
        ("root_key = \"file:seed\"", "url = \"https://wiki.example\""),
    ];
    for (before, key) in keys {
        let text = changed(before, &format!("{before}\n{key}"));
        load(directory.path(), &text).unwrap_or_else(|errors| panic!("{errors}"));
    }
}
