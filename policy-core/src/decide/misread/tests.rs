//! What is said about texts that are not understood.

use expect_test::Expect;
use expect_test::expect;

use super::*;
use crate::catalog::document;
use crate::charset::ClientCharset;
use crate::lex::ReadLimits;
use crate::policy::compile::Known;
use crate::read::read;
use crate::session::PreparedTexts;
use crate::session::TemporaryTables;
use crate::sql_mode::SqlMode;

const POLICY: &str = r#"
version = 1
[[role]]
name = "r"
groups = ["g"]
targets = ["t"]
database_user = "u"
[[role.rule]]
name = "read"
effect = "allow"
statements = ["read"]
on = ["shop.*"]
"#;

const CATALOG: &str = r#"
server = "9.7.4"
[[table]]
name = "shop.customers"
columns = ["id int", "email varchar"]
[[table]]
name = "shop.orders"
columns = ["id int", "total int"]
[[table]]
name = "hidden.customerz"
columns = ["id int", "emale varchar"]
"#;

fn said(text: &[u8], database: Option<&str>, catalog: &str) -> String {
    let policy = PolicySet::compile("policy.toml", POLICY, Known::default()).unwrap();
    let catalog = document::parse("catalog.toml", catalog).unwrap();
    let session = SessionContext {
        server: catalog.server,
        sql_mode: SqlMode::default(),
        client_charset: ClientCharset::default(),
        connection_charset: ClientCharset::default(),
        results_charset: Default::default(),
        default_schema: database.map(Into::into),
        temporary: TemporaryTables::default(),
        prepared: PreparedTexts::default(),
        multi_statements: false,
    };
    let unread = read(text, &session, &catalog, &ReadLimits::default()).unwrap_err();
    let misread = Misread {
        policy: &policy,
        role: &policy.role_named("r").unwrap().id(),
        session: &session,
        catalog: &catalog,
        text,
    };
    misread.refuse(&unread).to_string()
}

fn check(texts: &[&str], expected: Expect) {
    let said: Vec<String> = texts
        .iter()
        .map(|text| {
            format!(
                "{text}\n    {}\n",
                said(text.as_bytes(), Some("shop"), CATALOG)
            )
        })
        .collect();
    expected.assert_eq(&said.concat());
}

#[test]
fn says_where_and_at_which_word() {
    check(
        &[
            "",
            "-- nothing",
            ";",
            "SELECT 1; SELECT 2",
            "SELEC 1",
            "SELECT * FORM orders",
            "SELECT id id2 id3 FROM orders",
            "SELECT id\nFROM orders\nWHERE id = 'sécret' secret2",
            "SELECT id FROM orders WHERE",
            "SELECT (1",
            "SELECT 1)",
        ],
        expect![[r#"

                [POSTERN-UNREAD] there is no statement in the text; send one statement
            -- nothing
                [POSTERN-UNREAD] there is no statement in the text; send one statement
            ;
                [POSTERN-UNREAD] there is no statement in the text; send one statement
            SELECT 1; SELECT 2
                [POSTERN-UNREAD] more than one statement in a text is not supported; send one at a time
            SELEC 1
                [POSTERN-UNREAD] the statement is not understood near byte 0, at `SELEC`: the first words are those of no known statement; did you mean `SELECT`?
            SELECT * FORM orders
                [POSTERN-UNREAD] the statement is not understood near byte 9, at `FORM`: the grammar does not go on like this; did you mean `FROM`?
            SELECT id id2 id3 FROM orders
                [POSTERN-UNREAD] the statement is not understood near byte 14, at `id3`: the grammar does not go on like this; check the words there, or write it in a simpler form
            SELECT id
            FROM orders
            WHERE id = 'sécret' secret2
                [POSTERN-UNREAD] the statement is not understood near byte 43 (line 3, column 21), at `secret2`: the grammar does not go on like this; check the words there, or write it in a simpler form
            SELECT id FROM orders WHERE
                [POSTERN-UNREAD] the statement is not understood near byte 22, at `WHERE`: it ends too early behind it; check the words there, or write it in a simpler form
            SELECT (1
                [POSTERN-UNREAD] the statement is not understood near byte 8: it ends too early behind it; check the words there, or write it in a simpler form
            SELECT 1)
                [POSTERN-UNREAD] the statement is not understood near byte 8: the grammar does not go on like this; check the words there, or write it in a simpler form
        "#]],
    );
}

#[test]
fn says_what_is_not_closed() {
    check(
        &[
            "SELECT 'secret",
            "SELECT \"secret",
            "SELECT `secret",
            "SELECT 1 /* secret",
            "SELECT 1\n  /*! secret",
        ],
        expect![[r#"
            SELECT 'secret
                [POSTERN-UNREAD] the statement cannot be read at byte 7: a string that is not closed; check the quotes and comments there
            SELECT "secret
                [POSTERN-UNREAD] the statement cannot be read at byte 7: a string that is not closed; check the quotes and comments there
            SELECT `secret
                [POSTERN-UNREAD] the statement cannot be read at byte 7: a quoted name that is not closed; check the quotes and comments there
            SELECT 1 /* secret
                [POSTERN-UNREAD] the statement cannot be read at byte 9: a comment that is not closed; check the quotes and comments there
            SELECT 1
              /*! secret
                [POSTERN-UNREAD] the statement cannot be read at byte 11 (line 2, column 3): a comment that is not closed; check the quotes and comments there
        "#]],
    );
}

#[test]
fn suggests_names_that_the_role_may_see() {
    check(
        &[
            "SELECT id FROM custmers",
            "SELECT id FROM shop.ordres",
            "SELECT id FROM shp.orders",
            "SELECT id FROM hidden.custmerz",
            "SELECT emial FROM customers",
            "SELECT o.totl FROM orders o",
            "SELECT x.total FROM orders o",
            "SELECT emale FROM orders",
            "SELECT id FROM orders, customers",
            "USE shp",
            "SELECT frob(1)",
        ],
        expect![[r#"
            SELECT id FROM custmers
                [POSTERN-UNKNOWN-NAME] unknown table `custmers`; did you mean `shop.customers`? check the name with SHOW TABLES
            SELECT id FROM shop.ordres
                [POSTERN-UNKNOWN-NAME] unknown table `shop.ordres`; did you mean `shop.orders`? check the name with SHOW TABLES
            SELECT id FROM shp.orders
                [POSTERN-UNKNOWN-NAME] unknown table `shp.orders`; did you mean `shop.orders`? check the name with SHOW TABLES
            SELECT id FROM hidden.custmerz
                [POSTERN-UNKNOWN-NAME] unknown table `hidden.custmerz`; check the name with SHOW TABLES
            SELECT emial FROM customers
                [POSTERN-UNKNOWN-NAME] unknown column `emial`; did you mean `email`? check the name with DESCRIBE
            SELECT o.totl FROM orders o
                [POSTERN-UNKNOWN-NAME] unknown column `o.totl`; did you mean `total`? check the name with DESCRIBE
            SELECT x.total FROM orders o
                [POSTERN-UNKNOWN-NAME] unknown column `x.total`; check that `x` is a table or alias of FROM
            SELECT emale FROM orders
                [POSTERN-UNKNOWN-NAME] unknown column `emale`; check the name with DESCRIBE
            SELECT id FROM orders, customers
                [POSTERN-UNKNOWN-NAME] column `id` stands in more than one table; write it with the table's name or alias, as in `t.id`
            USE shp
                [POSTERN-UNKNOWN-NAME] unknown schema `shp`; did you mean `shop`? check the name with SHOW DATABASES
            SELECT frob(1)
                [POSTERN-UNKNOWN-NAME] unknown function `frob`; use a function that the server has built in
        "#]],
    );
}

#[test]
fn says_that_no_database_is_selected_and_that_nothing_is_known() {
    let no_database = said(b"SELECT id FROM orders", None, CATALOG);
    let nothing_known = said(b"SELECT id FROM orders", Some("shop"), "server = \"9.7.4\"");
    expect![[r#"
        [POSTERN-UNKNOWN-NAME] no database is selected for table `orders`; did you mean `shop.orders`? USE one first, or write the table as `schema.table`
        [POSTERN-UNKNOWN-NAME] unknown table `orders`: no table of the target is known; try again in a moment; if it stays so, tell whoever keeps the gateway"#]].assert_eq(&format!("{no_database}\n{nothing_known}"));
}

#[test]
fn bytes_that_are_no_text_are_refused_in_words() {
    for (text, words) in [
        (&b"\xff\xfe"[..], "cannot be read at byte 0"),
        (b"SELECT '\xff'", "cannot be read at byte 7"),
        (b"SELECT 1 \0", "cannot be read at byte 9"),
        (b"\0", "cannot be read at byte 0"),
        (b"SELECT \xc0\xaf", "cannot be read at byte 7"),
    ] {
        let said = said(text, None, CATALOG);
        assert!(said.contains(words), "{said}");
    }
    let long = [b"SELECT '".to_vec(), vec![b'x'; 64 << 20], b"'".to_vec()].concat();
    let said = said(&long, None, CATALOG);
    assert!(said.starts_with("[POSTERN-LIMIT] "), "{said}");
}
