//! Which columns come out, and which steer.

use expect_test::Expect;
use expect_test::expect;

use super::fixture::MYSQL;
use super::fixture::facts;

fn check(sql: &str, expected: Expect) {
    expected.assert_eq(&facts(sql, MYSQL));
}

#[test]
fn follows_columns_through_derived_tables_and_with() {
    check(
        "SELECT x FROM (SELECT ssn AS x FROM users) d",
        expect![[r#"
            select
              out users.ssn bare unchecked
        "#]],
    );
    check(
        "WITH c(a, b) AS (SELECT id, ssn FROM users) SELECT b FROM c",
        expect![[r#"
            select
              out users.ssn bare unchecked
        "#]],
    );
    check(
        "SELECT d.b FROM (SELECT id, ssn FROM users) AS d(a, b)",
        expect![[r#"
            select
              out users.ssn bare unchecked
        "#]],
    );
    check(
        "SELECT u.x FROM users o, LATERAL (SELECT o.ssn AS x) u",
        expect![[r#"
            select
              out users.ssn bare unchecked
        "#]],
    );
}
