"""What a session keeps: prepared names, temporary tables, and texts of several statements."""

import drivers
import pymysql
import pytest
from pymysql.constants import CLIENT
from wire import ServerError

HIDDEN = "SELECT name, ssn FROM shop.customers WHERE id = ?"


def run(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def refused(connection, sql):
    with pytest.raises(pymysql.err.MySQLError) as refusal:
        run(connection, sql)
    return refusal.value


def all_results(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        results = [cursor.fetchall()]
        while cursor.nextset():
            results.append(cursor.fetchall())
        return results


@pytest.fixture
def several(gateway, mint):
    """A connection that may send several statements in one text."""
    token = mint.token("engineer-1", ["agents-engineering"])
    flag = CLIENT.MULTI_STATEMENTS
    with drivers.pymysql_connect(gateway, token, client_flag=flag) as connection:
        yield connection


def test_execute_shows_what_its_text_may_show(analyst):
    run(analyst, f"PREPARE s FROM '{HIDDEN}'")
    run(analyst, "SET @id = 1")
    for _ in range(2):
        ((name, ssn),) = run(analyst, "EXECUTE s USING @id")
        assert name == "Ada" and ssn != "111-22-3333"
    assert "POSTERN-DENIED" in str(refused(analyst, "PREPARE s FROM 'DELETE FROM shop.orders'"))
    assert len(run(analyst, "EXECUTE s USING @id")) == 1
    run(analyst, "DEALLOCATE PREPARE s")
    assert refused(analyst, "EXECUTE s USING @id").args[0] == 1243


def test_a_name_is_followed_through_what_the_server_does_with_it(analyst):
    run(analyst, "PREPARE s FROM 'SELECT name FROM shop.customers'")
    run(analyst, "PREPARE S FROM 'SELECT id FROM shop.orders'")
    assert run(analyst, "EXECUTE s") == ((1,), (2,))
    for text in ("SELECT * FROM mysql.user", "SELECT SLEEP(1)", "EXECUTE s", "SELECT 1; SELECT 2"):
        assert refused(analyst, f"PREPARE s FROM '{text}'").args[0] in (1064, 1142, 1146, 1235)
    for text in ("PREPARE s FROM @t", "EXECUTE IMMEDIATE @t"):
        assert "POSTERN-" in str(refused(analyst, text))


def test_another_mode_gives_a_prepared_text_no_other_meaning(analyst):
    run(analyst, """PREPARE s FROM 'SELECT "ssn" FROM shop.customers'""")
    assert run(analyst, "EXECUTE s") == (("ssn",), ("ssn",))
    run(analyst, "SET sql_mode = 'ANSI_QUOTES'")
    assert "PREPARE it again" in str(refused(analyst, "EXECUTE s"))


def test_a_reset_forgets_names(wire):
    wire.query("PREPARE s FROM 'SELECT 1'")
    assert wire.query("EXECUTE s") == [[[b"1"]]]
    wire.command("RESET_CONNECTION")
    with pytest.raises(ServerError, match="1243"):
        wire.query("EXECUTE s")


def test_execute_immediate_and_set_statement_are_what_they_carry(analyst, server):
    if server.kind == "mysql":
        assert "POSTERN-" not in str(refused(analyst, "SET STATEMENT max_statement_time = 1 FOR SELECT 1"))
        return
    ((name, ssn),) = run(analyst, f"EXECUTE IMMEDIATE '{HIDDEN}' USING 2")
    assert name == "Grace" and ssn != "444-55-6666"
    ((ssn,),) = run(analyst, "SET STATEMENT max_statement_time = 5 FOR SELECT ssn FROM shop.customers LIMIT 1")
    assert ssn != "111-22-3333"
    run(analyst, "SET STATEMENT sql_mode = 'STRICT_ALL_TABLES' FOR SELECT 1")
    assert run(analyst, "SELECT name FROM shop.customers WHERE id = 1") == (("Ada",),)


def test_a_temporary_table_is_used_like_any_other(engineer):
    run(engineer, "USE shop")
    run(engineer, "CREATE TEMPORARY TABLE scratch (id INT PRIMARY KEY, word VARCHAR(20), twice INT AS (id * 2))")
    run(engineer, "INSERT INTO scratch (id, word) VALUES (1, 'one'), (2, 'two')")
    run(engineer, "UPDATE scratch SET word = UPPER(word) WHERE id = 2")
    assert run(engineer, "SELECT * FROM scratch ORDER BY id") == ((1, "one", 2), (2, "TWO", 4))
    joined = "SELECT s.word, c.email FROM shop.scratch s JOIN customers c ON c.id = s.id ORDER BY s.id"
    (one, _) = run(engineer, joined)
    assert one[0] == "one" and one[1] != "ada@corp.example"
    assert refused(engineer, "SELECT nothing FROM scratch").args[0] == 1054
    for sql in (
        "INSERT INTO scratch (id, word) SELECT 3, ssn FROM customers",
        "UPDATE scratch s JOIN customers c ON c.id = s.id SET s.word = c.ssn",
        "ALTER TABLE scratch RENAME TO customers",
    ):
        assert "POSTERN-" in str(refused(engineer, sql)), sql
    run(engineer, "DROP TEMPORARY TABLE scratch")
    assert refused(engineer, "SELECT * FROM scratch").args[0] == 1146


def test_a_temporary_table_takes_no_name_and_no_protected_value(engineer):
    run(engineer, "USE shop")
    for sql in (
        "CREATE TEMPORARY TABLE customers (id INT)",
        "CREATE TEMPORARY TABLE scratch AS SELECT ssn FROM customers",
        "CREATE TEMPORARY TABLE scratch AS SELECT UPPER(email) AS e FROM customers",
    ):
        assert "POSTERN-" in str(refused(engineer, sql)), sql
    run(engineer, "CREATE TEMPORARY TABLE scratch AS SELECT id, note FROM orders")
    assert run(engineer, "SELECT COUNT(*) FROM scratch") == ((2,),)


def test_each_of_several_statements_is_decided_and_masked(several):
    results = all_results(
        several,
        "SELECT id FROM shop.orders WHERE id = 1; SET @x = 5 ; SELECT email, @x FROM shop.customers WHERE id = 1;",
    )
    assert results[0] == ((1,),)
    ((email, x),) = results[-1]
    assert email != "ada@corp.example" and x == 5
    for sql in (
        "SELECT 1; SELECT * FROM mysql.user",
        "UPDATE shop.orders SET note = 'changed' WHERE id = 1; DROP TABLE shop.orders",
        "UPDATE shop.orders SET note = 'changed' WHERE id = 1; UPDATE shop.flags SET enabled = 1 WHERE name = 'x'",
        """SET sql_mode = 'ANSI_QUOTES'; SELECT "ssn" FROM shop.customers""",
    ):
        assert "POSTERN-" in str(refused(several, sql)), sql
    assert run(several, "SELECT note FROM shop.orders WHERE id = 1") == (("first",),)


def test_the_first_failure_of_several_ends_them(several):
    with several.cursor() as cursor:
        cursor.execute(
            "INSERT INTO shop.orders (id, total) VALUES (81, 1); INSERT INTO shop.orders (id, total) VALUES (81, 1);"
            " INSERT INTO shop.orders (id, total) VALUES (82, 1)"
        )
        with pytest.raises(pymysql.err.IntegrityError):
            cursor.nextset()
    assert run(several, "SELECT id FROM shop.orders WHERE id > 80") == ((81,),)
    run(several, "DELETE FROM shop.orders WHERE id = 81")


KEPT_IN_A_VARIABLE = [
    "SET @v = (SELECT ssn FROM shop.customers LIMIT 1)",
    "SET @a = 1, @v = (SELECT CONCAT(ssn) FROM shop.customers LIMIT 1)",
    "SELECT ssn INTO @v FROM shop.customers LIMIT 1",
    "SELECT id, email INTO @a, @v FROM shop.customers LIMIT 1",
    "SELECT @v := ssn FROM shop.customers",
    "SELECT id FROM shop.customers WHERE (@v := ssn) IS NOT NULL",
    "SELECT id FROM shop.orders WHERE id = (SELECT @v := MAX(ssn) FROM shop.customers)",
    "DO @v := (SELECT ssn FROM shop.customers LIMIT 1)",
    "PREPARE s FROM 'SELECT ssn INTO @v FROM shop.customers LIMIT 1'",
    "WITH c AS (SELECT ssn AS s FROM shop.customers) SELECT s INTO @v FROM c LIMIT 1",
]


@pytest.mark.parametrize("sql", KEPT_IN_A_VARIABLE)
def test_no_variable_keeps_a_protected_value(sql, analyst):
    run(analyst, "SET @v = 'nothing'")
    assert "POSTERN-" in str(refused(analyst, sql))
    assert run(analyst, "SELECT @v") == (("nothing",),)
