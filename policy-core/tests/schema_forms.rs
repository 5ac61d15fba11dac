//! The forms of the manuals: which are understood, which of them are withheld, and what is no
//! statement. Each was shown to a server of its kind, which took or refused it as told here.

mod common;

use common::SERVERS;
use common::read_on;

const MYSQL: &str = SERVERS[0];
const MARIADB: &str = SERVERS[1];

/// Understood, and nothing withheld.
fn check_plain(version: &str, texts: &[&str]) {
    for text in texts {
        let read = read_on(version, text.as_bytes());
        let is_plain =
            matches!(&read, Ok(statements) if statements.iter().all(|s| s.withheld.is_empty()));
        assert!(is_plain, "{text} on {version}: {read:?}");
    }
}

/// Understood, and withheld for that.
fn check_withheld(version: &str, rows: &[(&str, &str)]) {
    for (text, construct) in rows {
        let read = read_on(version, text.as_bytes());
        let mut withheld = read.iter().flatten().flat_map(|s| &s.withheld);
        let found = withheld.any(|withheld| withheld.construct == *construct);
        assert!(found, "{text} on {version}: {read:?}");
    }
}

/// No statement.
fn check_wrong(version: &str, texts: &[&str]) {
    for text in texts {
        let got = read_on(version, text.as_bytes());
        assert!(got.is_err(), "{text} on {version}: {got:?}");
    }
}

#[test]
fn understands_columns_and_types() {
    let both = [
        "CREATE TABLE t (a BIT(8), b TINYINT(1) UNSIGNED ZEROFILL, c BOOL, d MIDDLEINT, e INT8, f SERIAL)",
        "CREATE TABLE t (a DOUBLE PRECISION, b FLOAT(7,3), c DEC(10,2), d NUMERIC(5), e FIXED, f REAL)",
        "CREATE TABLE t (a NATIONAL CHAR VARYING(5), b NCHAR VARCHAR(5), c CHARACTER VARYING(9), d NVARCHAR(3))",
        "CREATE TABLE t (a LONG, b LONG VARCHAR, c LONG VARBINARY, d CHAR BYTE, e CHAR UNICODE, f TEXT ASCII)",
        "CREATE TABLE t (a ENUM('x','y') CHARSET latin1 COLLATE latin1_bin, b SET(0x61, b'01'), c YEAR(4))",
        "CREATE TABLE t (a CHAR(3) CHAR SET latin1 BINARY, b VARCHAR(3) BINARY CHARACTER SET utf8mb4)",
        "CREATE TABLE t (a GEOMETRY, b POINT NOT NULL, c MULTIPOLYGON, SPATIAL INDEX (b))",
        "CREATE TABLE t (a DATETIME(3) DEFAULT NOW(3) ON UPDATE CURRENT_TIMESTAMP(3), b TIME(0), c DATE)",
        "CREATE TABLE t (a INT NULL DEFAULT -1 COMMENT 'x' UNIQUE KEY, b INT KEY, c INT INVISIBLE)",
        "CREATE TABLE t (a INT SERIAL DEFAULT VALUE)",
        "CREATE TABLE t (a INT DEFAULT (1 + 2), b VARCHAR(9) DEFAULT (CONCAT('a', 'b')), c CHAR DEFAULT '')",
        "CREATE TABLE t (a INT, b INT AS (a * 2), c INT GENERATED ALWAYS AS (a + b) STORED)",
        "CREATE TABLE t (a INT CHECK (a > 0), b INT CHECK (b < a), CONSTRAINT CHECK (a <> b))",
        "CREATE TABLE t (a DATE DEFAULT '2020-01-01', b BIT DEFAULT b'1', c BLOB, d BOOL DEFAULT TRUE)",
        "CREATE TABLE t (a JSON, b INT AS (JSON_LENGTH(a)), CHECK (JSON_VALID(a)))",
    ];
    check_plain(MYSQL, &both);
    check_plain(MARIADB, &both);
    check_plain(
        MYSQL,
        &[
            "CREATE TABLE t (a INT AS (1) STORED NOT NULL, b INT CONSTRAINT bee CHECK (b < a))",
            "CREATE TABLE t (a POINT NOT NULL SRID 4326, b VECTOR(3), c GEOMCOLLECTION)",
            "CREATE TABLE t (a INT COLUMN_FORMAT FIXED STORAGE MEMORY, b INT CHECK (b > 0) NOT ENFORCED)",
            "CREATE TABLE t (a INT VISIBLE, b INT NOT SECONDARY, c INT UNSIGNED ZEROFILL UNSIGNED)",
            "CREATE TABLE t (a BINARY(16) DEFAULT (UUID_TO_BIN(UUID())), b JSON DEFAULT (JSON_ARRAY()))",
            "CREATE TABLE t (a JSON, INDEX i ((CAST(a->'$.x' AS UNSIGNED ARRAY))))",
            "CREATE TABLE t (a INT, INDEX ((a + 1) DESC, a) INVISIBLE, FULLTEXT KEY (b) WITH PARSER ngram, b TEXT)",
        ],
    );
    check_plain(
        MARIADB,
        &[
            "CREATE TABLE t (t.a INT, app.t.b INT, c mariadb_schema.date)",
            "CREATE TABLE t (a INT, b INT DEFAULT a, c VARCHAR(36) DEFAULT uuid(), d DATE DEFAULT CURDATE())",
            "CREATE TABLE t (a INT DEFAULT CASE WHEN 1 THEN 2 ELSE 3 END, b DATE DEFAULT DATE '2020-01-01')",
            "CREATE TABLE t (a UUID, b INET6, c INET4, d VARCHAR(9) COMPRESSED, e TEXT COMPRESSED=zlib)",
            "CREATE TABLE t (a INT WITHOUT SYSTEM VERSIONING, b INT WITH SYSTEM VERSIONING) WITH SYSTEM VERSIONING",
            "CREATE TABLE t (a INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) AS ROW END, \
             PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING",
            "CREATE TABLE t (a INT, s DATE, e DATE, PERIOD FOR p (s, e), UNIQUE (a, p WITHOUT OVERLAPS))",
            "CREATE TABLE t (a INT REFERENCES orders, b INT CONSTRAINT f REFERENCES orders (id))",
            "CREATE TABLE t (a INT AS (1) PERSISTENT, INDEX i (a) IGNORED, KEY (a) NOT IGNORED)",
        ],
    );
}

#[test]
fn understands_keys_options_and_queries() {
    let both = [
        "CREATE TABLE t (a INT, b INT, PRIMARY KEY USING BTREE (a), UNIQUE u (b DESC) KEY_BLOCK_SIZE = 4)",
        "CREATE TABLE t (a INT, KEY k TYPE HASH (a), INDEX USING HASH (a) COMMENT 'x') ENGINE=MEMORY",
        "CREATE TABLE t (a INT, CONSTRAINT f FOREIGN KEY g (a) REFERENCES app.orders (id) MATCH FULL \
         ON DELETE SET NULL ON UPDATE NO ACTION)",
        "CREATE TABLE t (a INT) ENGINE InnoDB, AUTO_INCREMENT 5, MAX_ROWS=1.5 PACK_KEYS=DEFAULT, CHECKSUM 1",
        "CREATE TABLE t (a INT) DEFAULT CHARSET = utf8mb4 COLLATE utf8mb4_bin ROW_FORMAT=COMPACT COMMENT 'x'",
        "CREATE TABLE t (a INT) STATS_PERSISTENT=0 STATS_AUTO_RECALC=DEFAULT STATS_SAMPLE_PAGES=4 INSERT_METHOD=NO",
        "CREATE TABLE t SELECT id FROM docs",
        "CREATE TABLE t (a INT, KEY (a)) IGNORE AS (SELECT id FROM docs)",
        "CREATE TABLE t (CHECK (id > 0)) REPLACE SELECT id FROM docs UNION ALL SELECT id FROM docs",
        "CREATE TABLE t (SELECT id FROM docs) UNION (SELECT id FROM orders)",
        "CREATE TABLE t AS WITH c AS (SELECT id FROM docs) SELECT * FROM c",
        "CREATE TABLE t (LIKE docs)",
        "CREATE TEMPORARY TABLE IF NOT EXISTS t (a INT) SELECT id FROM docs",
        "CREATE UNIQUE INDEX i USING HASH ON docs (note(4) ASC, id) COMMENT 'x' ALGORITHM=INPLACE LOCK NONE",
        "CREATE FULLTEXT INDEX i ON docs (note)",
        "DROP INDEX i ON docs ALGORITHM=DEFAULT LOCK=DEFAULT",
        "DROP INDEX `PRIMARY` ON docs",
    ];
    check_plain(MYSQL, &both);
    check_plain(MARIADB, &both);
    check_plain(
        MYSQL,
        &[
            "CREATE TABLE t AS TABLE docs",
            "CREATE TABLE t VALUES ROW(1, 2), ROW(3, 4)",
            "CREATE TABLE t (a INT) AUTOEXTEND_SIZE=4M COMPRESSION='ZLIB' STORAGE DISK",
        ],
    );
    check_plain(
        MARIADB,
        &[
            "CREATE OR REPLACE TABLE t (a INT) TRANSACTIONAL=0 PAGE_CHECKSUM=1 PAGE_COMPRESSED=1",
            "CREATE TABLE t VALUES (1, 2), (3, 4)",
            "CREATE INDEX IF NOT EXISTS i ON docs (note) WAIT 5",
            "DROP INDEX IF EXISTS i ON docs NOWAIT",
        ],
    );
}

#[test]
fn understands_partitions() {
    let both = [
        "CREATE TABLE t (a INT) PARTITION BY LINEAR HASH (a) PARTITIONS 4",
        "CREATE TABLE t (a INT) PARTITION BY KEY ALGORITHM=2 () PARTITIONS 4",
        "CREATE TABLE t (a INT, b DATE) PARTITION BY RANGE (EXTRACT(YEAR FROM b)) \
         SUBPARTITION BY HASH (a) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2000 + 1), \
         PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE=InnoDB COMMENT='x' MAX_ROWS=5)",
        "CREATE TABLE t (a INT, b INT) PARTITION BY RANGE COLUMNS (a, b) \
         (PARTITION p0 VALUES LESS THAN (1, MAXVALUE), PARTITION p1 VALUES LESS THAN (MAXVALUE, MAXVALUE))",
        "CREATE TABLE t (a INT, b INT) PARTITION BY LIST COLUMNS (a, b) \
         (PARTITION p0 VALUES IN ((1, 2), (3, NULL)), PARTITION p1 VALUES IN ((5, 6)))",
        "CREATE TABLE t (a INT) PARTITION BY LIST (a) (PARTITION p0 VALUES IN (1, 2, NULL) \
         (SUBPARTITION s0 ENGINE InnoDB, SUBPARTITION s1))",
        "ALTER TABLE docs ADD PARTITION (PARTITION p9 VALUES LESS THAN (9))",
        "ALTER TABLE docs ADD PARTITION LOCAL PARTITIONS 2",
        "ALTER TABLE docs REORGANIZE PARTITION p0, p1 INTO (PARTITION p VALUES LESS THAN (9))",
        "ALTER TABLE docs REORGANIZE PARTITION",
        "ALTER TABLE docs COALESCE PARTITION 2",
        "ALTER TABLE docs ANALYZE PARTITION p0, p1",
        "ALTER TABLE docs REBUILD PARTITION ALL",
        "ALTER TABLE docs CHECK PARTITION ALL",
        "ALTER TABLE docs REPAIR PARTITION p0",
        "ALTER TABLE docs OPTIMIZE PARTITION p0",
        "ALTER TABLE docs DROP PARTITION p0, p1",
        "ALTER TABLE docs TRUNCATE PARTITION ALL",
        "ALTER TABLE docs REMOVE PARTITIONING",
        "ALTER TABLE docs ADD x INT PARTITION BY HASH (x)",
        "ALTER TABLE docs ENGINE=InnoDB, ALGORITHM=COPY REMOVE PARTITIONING",
    ];
    check_plain(MYSQL, &both);
    check_plain(MARIADB, &both);
    check_plain(
        MARIADB,
        &[
            "CREATE TABLE t (a INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME \
             (PARTITION p0 HISTORY, PARTITION pn CURRENT)",
            "CREATE TABLE t (a INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME INTERVAL 1 WEEK \
             STARTS TIMESTAMP'2020-01-01 00:00:00' AUTO PARTITIONS 4",
            "CREATE TABLE t (a INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 1000 \
             (PARTITION p0 HISTORY, PARTITION pn CURRENT)",
            "CREATE TABLE t (a INT) PARTITION BY LIST (a) (PARTITION p0 VALUES IN (1), PARTITION p1 DEFAULT)",
            "ALTER TABLE docs ADD PARTITION IF NOT EXISTS (PARTITION p9 VALUES LESS THAN (9))",
            "ALTER TABLE docs DROP PARTITION IF EXISTS p9",
        ],
    );
}

#[test]
fn understands_changes_of_tables() {
    let both = [
        "ALTER TABLE docs",
        "ALTER TABLE docs ADD COLUMN (x INT, KEY (x), CHECK (x > id)), DROP COLUMN note RESTRICT",
        "ALTER TABLE docs CHANGE COLUMN note body TEXT FIRST, ADD CHECK (body <> ''), ADD y INT AFTER id",
        "ALTER TABLE docs ALTER note SET DEFAULT 'x', ALTER COLUMN note SET DEFAULT ('y'), ALTER note DROP DEFAULT",
        "ALTER TABLE docs RENAME COLUMN note TO body, RENAME INDEX a TO b, RENAME KEY c TO d",
        "ALTER TABLE docs DROP PRIMARY KEY, DROP KEY k, DROP FOREIGN KEY f, DROP CONSTRAINT c",
        "ALTER TABLE docs ORDER BY docs.note DESC, id",
        "ALTER TABLE docs CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "ALTER TABLE docs DISABLE KEYS, ENABLE KEYS, FORCE, LOCK=SHARED, ALGORITHM DEFAULT",
        "ALTER TABLE docs ENGINE=MyISAM COMMENT 'x' AUTO_INCREMENT=7, ADD z INT",
        "RENAME TABLE docs TO tmp, orders TO docs, tmp TO orders",
        "RENAME TABLES docs TO d2",
        "DROP TABLES IF EXISTS docs, nowhere RESTRICT",
        "DROP VIEW v_users CASCADE",
        "TRUNCATE docs",
    ];
    check_plain(MYSQL, &both);
    check_plain(MARIADB, &both);
    check_plain(
        MYSQL,
        &[
            "ALTER TABLE docs ALTER INDEX k INVISIBLE, ALTER CHECK c NOT ENFORCED, ALTER CONSTRAINT d ENFORCED",
            "ALTER TABLE docs DROP CHECK c, ALTER note SET INVISIBLE, WITHOUT VALIDATION",
        ],
    );
    check_plain(
        MARIADB,
        &[
            "CREATE TABLE .t (a INT)",
            "ALTER ONLINE TABLE IF EXISTS docs NOWAIT ADD COLUMN IF NOT EXISTS x INT, DROP COLUMN IF EXISTS y",
            "ALTER TABLE docs WAIT 3 MODIFY IF EXISTS note TEXT, CHANGE IF EXISTS id i INT, DROP KEY IF EXISTS k",
            "ALTER TABLE docs ADD CONSTRAINT IF NOT EXISTS c CHECK (id > 0), ADD INDEX IF NOT EXISTS k (id)",
            "ALTER TABLE docs ADD SYSTEM VERSIONING, ADD PERIOD FOR p (a, b), DROP PERIOD IF EXISTS FOR q",
            "ALTER TABLE docs DROP SYSTEM VERSIONING",
            "ALTER TABLE docs ALTER INDEX IF EXISTS k IGNORED, RENAME COLUMN IF EXISTS note TO n2",
            "ALTER TABLE docs ALTER COLUMN IF EXISTS note SET DEFAULT concat('a', 'b')",
            "RENAME TABLE IF EXISTS docs WAIT 1 TO d2, orders NOWAIT TO o2",
            "DROP TABLE IF EXISTS docs WAIT 1 CASCADE",
            "TRUNCATE TABLE docs NOWAIT",
            "CREATE SEQUENCE IF NOT EXISTS s MINVALUE=1 NO MAXVALUE START WITH 5 INCREMENT BY -1 NOCACHE CYCLE",
            "CREATE SEQUENCE s INCREMENT 2 CACHE 10 NOMINVALUE ENGINE=InnoDB COMMENT='x'",
            "CREATE OR REPLACE SEQUENCE s",
            "ALTER SEQUENCE IF EXISTS s RESTART WITH 5 MAXVALUE 9 NOCYCLE",
            "ALTER SEQUENCE s RESTART",
            "DROP SEQUENCE IF EXISTS s, s2",
        ],
    );
}

#[test]
fn understands_views_and_databases() {
    let both = [
        "CREATE OR REPLACE ALGORITHM=MERGE DEFINER=CURRENT_USER() SQL SECURITY INVOKER VIEW v (a, b) AS \
         SELECT id, note FROM docs WITH CASCADED CHECK OPTION",
        "CREATE VIEW v AS (SELECT id FROM docs) UNION (SELECT id FROM orders) WITH LOCAL CHECK OPTION",
        "ALTER ALGORITHM=TEMPTABLE VIEW v_users AS SELECT id FROM docs WITH CHECK OPTION",
        "CREATE DATABASE IF NOT EXISTS z DEFAULT CHARACTER SET = utf8mb4 COLLATE utf8mb4_bin",
        "ALTER DATABASE CHARACTER SET 'latin1'",
        "ALTER SCHEMA DEFAULT COLLATE utf8mb4_bin",
        "ALTER DATABASE app CHARSET utf8mb4",
        "DROP SCHEMA IF EXISTS z",
    ];
    check_plain(MYSQL, &both);
    check_plain(MARIADB, &both);
    check_plain(MYSQL, &["CREATE VIEW v AS TABLE docs"]);
    check_plain(
        MARIADB,
        &[
            "CREATE VIEW IF NOT EXISTS v AS SELECT id FROM docs",
            "CREATE DATABASE z COMMENT 'x'",
            "ALTER DATABASE COMMENT = 'x'",
        ],
    );
}

#[test]
fn withholds_what_reaches_beyond_the_table() {
    check_withheld(MYSQL, WITHHELD_BOTH);
    check_withheld(MARIADB, WITHHELD_BOTH);
    check_withheld(MYSQL, WITHHELD_MYSQL);
    check_withheld(MARIADB, WITHHELD_MARIADB);
}

const ENGINE: &str = "an engine other than InnoDB, MyISAM, Aria and MEMORY";

const WITHHELD_MYSQL: &[(&str, &str)] = &[
    (
        "CREATE EXTERNAL TABLE t (a INT) FILE_FORMAT = (FORMAT csv HEADER ON) FILES = (URI = 'x', FILE_NAME 'y') \
         STRICT_LOAD=1 AUTO_REFRESH_SOURCE NONE",
        "an option of external tables",
    ),
    ("CREATE EXTERNAL TABLE t (a INT)", "an external table"),
    (
        "ALTER TABLE docs SECONDARY_LOAD PARTITION (p0) GUIDED OFF",
        "a secondary engine",
    ),
    (
        "CREATE TABLE t (a INT) SECONDARY_ENGINE=rapid",
        "SECONDARY_ENGINE as an option of a table",
    ),
    ("ALTER TABLE docs SECONDARY_LOAD", "a secondary engine"),
    (
        "CREATE TABLE t (a INT) ENCRYPTION='Y'",
        "ENCRYPTION as an option of a table",
    ),
    (
        "CREATE TABLE t (a INT ENGINE_ATTRIBUTE='{}')",
        "ENGINE_ATTRIBUTE",
    ),
    (
        "CREATE TABLE t (a INT) START TRANSACTION",
        "START TRANSACTION as an option of a table",
    ),
    (
        "ALTER TABLE docs IMPORT PARTITION p TABLESPACE",
        "IMPORT TABLESPACE",
    ),
    (
        "ALTER DATABASE app READ ONLY = 1",
        "READ ONLY as an option of a database",
    ),
    (
        "ALTER DATABASE READ ONLY DEFAULT",
        "READ ONLY as an option of a database",
    ),
    (
        "CREATE MATERIALIZED VIEW v AS SELECT id FROM docs",
        "a materialized view",
    ),
    (
        "CREATE OR REPLACE JSON RELATIONAL DUALITY VIEW v AS SELECT JSON_DUALITY_OBJECT(WITH(INSERT, UPDATE) \
                 '_id': id, 'n': note, 'o': (SELECT JSON_ARRAYAGG(JSON_DUALITY_OBJECT('i': o.id)) \
                 FROM orders AS o WHERE o.user_id = docs.id)) FROM docs",
        "a JSON duality view",
    ),
];

const WITHHELD_MARIADB: &[(&str, &str)] = &[
    (
        "CREATE TABLE t (a INT) ENCRYPTED=NO",
        "an option that an engine defines for itself",
    ),
    (
        "CREATE OR REPLACE DATABASE app",
        "CREATE OR REPLACE DATABASE",
    ),
    (
        "CREATE OR REPLACE INDEX i ON docs (id)",
        "CREATE OR REPLACE INDEX",
    ),
    (
        "CREATE OR REPLACE SEQUENCE docs",
        "CREATE OR REPLACE SEQUENCE over a table that exists",
    ),
    (
        "ALTER IGNORE TABLE docs ADD UNIQUE (id)",
        "ALTER TABLE with IGNORE",
    ),
    (
        "ALTER TABLE docs CONVERT PARTITION p TO TABLE x",
        "CONVERT PARTITION",
    ),
    (
        "ALTER TABLE docs CONVERT TABLE orders TO PARTITION p VALUES LESS THAN (5)",
        "CONVERT TABLE",
    ),
    (
        "CREATE TABLE t (a INT) FILE_NAME='/etc/passwd'",
        "an option that an engine defines for itself",
    ),
    (
        "CREATE TABLE t (a INT FLAG=1)",
        "an option that an engine defines for itself",
    ),
    (
        "CREATE TABLE t (a INT DEFAULT NEXT VALUE FOR s)",
        "the value of a sequence within a definition",
    ),
    (
        "CREATE TABLE t (a INT) SEQUENCE=1",
        "SEQUENCE as an option of a table",
    ),
    (
        "ALTER DATABASE `#mysql50#a` UPGRADE DATA DIRECTORY NAME",
        "UPGRADE DATA DIRECTORY NAME",
    ),
];

const WITHHELD_BOTH: &[(&str, &str)] = &[
    ("CREATE TABLE t (a INT) ENGINE=CSV", ENGINE),
    (
        "CREATE TABLE t (a INT) PARTITION BY HASH (a) (PARTITION p ENGINE=CSV)",
        ENGINE,
    ),
    (
        "CREATE TABLE t (a INT) UNION=(docs, app.orders)",
        "UNION as an option of a table",
    ),
    (
        "CREATE TABLE t (a INT) CONNECTION='mysql://x'",
        "CONNECTION as an option of a table",
    ),
    (
        "CREATE TABLE t (a INT) DATA DIRECTORY='/x'",
        "a DIRECTORY for a table",
    ),
    (
        "CREATE TABLE t (a INT) TABLESPACE x",
        "TABLESPACE as an option of a table",
    ),
    ("ALTER TABLE docs DISCARD TABLESPACE", "DISCARD TABLESPACE"),
    ("ALTER TABLE docs IMPORT TABLESPACE", "IMPORT TABLESPACE"),
    (
        "ALTER TABLE docs EXCHANGE PARTITION p WITH TABLE orders",
        "EXCHANGE PARTITION",
    ),
    (
        "CREATE TABLE t (a INT DEFAULT (RAND()))",
        "`rand` within a definition",
    ),
    (
        "CREATE TABLE t (a INT DEFAULT (SLEEP(1)))",
        "`sleep` within a definition",
    ),
    (
        "CREATE TABLE t (a INT CHECK (a > @x))",
        "a variable within a definition",
    ),
    (
        "CREATE TABLE t (a INT DEFAULT ((SELECT 1)))",
        "a query within a definition",
    ),
    (
        "CREATE TABLE t (a INT DEFAULT (get_ssn(1)))",
        "a stored function within a definition",
    ),
    (
        "CREATE DEFINER='root'@'%' VIEW v AS SELECT 1 AS a",
        "a DEFINER other than CURRENT_USER",
    ),
];

#[test]
fn refuses_what_no_server_takes() {
    check_wrong(MYSQL, WRONG_BOTH);
    check_wrong(MARIADB, WRONG_BOTH);
    check_wrong(MYSQL, WRONG_MYSQL);
    check_wrong(MARIADB, WRONG_MARIADB);
}

const WRONG_MYSQL: &[&str] = &[
    "CREATE OR REPLACE TABLE t (a INT)",
    "CREATE TABLE t (a INT) foo=1",
    "CREATE TABLE t (a INT foo=1)",
    "CREATE TABLE t (a INT, KEY (a) foo=1)",
    "CREATE OR REPLACE DATABASE z",
];

const WRONG_MARIADB: &[&str] = &[
    "CREATE TABLE t (a INT) foo 1",
    "CREATE SEQUENCE s START=5, CACHE=3",
    "CREATE SEQUENCE s RESTART 5",
    "CREATE SEQUENCE s ENGINE=InnoDB START 1",
];

const WRONG_BOTH: &[&str] = &[
    "CREATE TABLE t (a INT),ENGINE=InnoDB",
    "CREATE TABLE t (a INT) ENGINE=InnoDB,",
    "CREATE TABLE t (a INT) ENGINE=InnoDB,,COMMENT='x'",
    "CREATE TABLE t (a INT) garbage",
    "CREATE TABLE t (a INT garbage)",
    "CREATE TABLE t (a INT, KEY (a) garbage)",
    "CREATE TABLE t (a INT VIRTUAL)",
    "CREATE TABLE t (a INT AS (1) VIRTUAL STORED)",
    "CREATE TABLE t (a INT DEFAULT 1 + 1)",
    "CREATE TABLE t (a INT DEFAULT (1 + ))",
    "CREATE TABLE t (a INT DEFAULT ())",
    "CREATE TABLE t (a INT CHECK ())",
    "CREATE TABLE t (a INT CHECK (a > 0) b INT)",
    "CREATE TABLE t (a INT()",
    "CREATE TABLE t (a INT())",
    "CREATE TABLE t ()",
    "CREATE TABLE t (a INT,)",
    "CREATE TABLE t (a INT, ADD INDEX (a))",
    "CREATE TABLE t (a INT) SELECT",
    "CREATE TABLE t (a INT) IGNORE",
    "CREATE TABLE t LIKE docs ENGINE=InnoDB",
    "CREATE TABLE t (a INT) PARTITION BY HASH (a) PARTITION BY HASH (a)",
    "CREATE TABLE t (a INT) PARTITION BY MAGIC (a)",
    "CREATE TABLE t (a INT) PARTITION BY HASH (a, a)",
    "CREATE TABLE t (a INT) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (1),)",
    "CREATE TABLE t (a INT) CHECKSUM=DEFAULT",
    "ALTER TABLE docs ADD x INT, PARTITION BY HASH (id)",
    "ALTER TABLE docs ADD x INT, REMOVE PARTITIONING",
    "ALTER TABLE docs ENGINE=InnoDB COMMENT='x' ADD x INT",
    "ALTER TABLE docs ADD x INT ADD y INT",
    "ALTER TABLE docs ADD x INT,",
    "ALTER TABLE docs DROP PARTITION p0 garbage",
    "ALTER TABLE docs RENAME COLUMN note",
    "ALTER TABLE docs CONVERT TO utf8mb4",
    "ALTER TABLE docs ORDER BY",
    "ALTER DATABASE app",
    "ALTER DATABASE ENCRYPTION 'Y'",
    "CREATE DATABASE z READ ONLY = 1",
    "DROP VIEWS v_users",
    "DROP TABLE docs, ",
    "DROP TABLE docs RESTRICT CASCADE",
    "RENAME TABLE docs AS d2",
    "TRUNCATE TABLE docs, orders",
    "CREATE VIEW v AS SELECT id FROM docs WITH OPTION",
    "CREATE VIEW v (a,) AS SELECT id FROM docs",
    "CREATE ALGORITHM=FAST VIEW v AS SELECT id FROM docs",
    "CREATE INDEX i ON docs ()",
    "CREATE INDEX ON docs (id)",
];

#[test]
fn bounds_lists_of_tables() {
    let names = |count: usize| vec!["docs"; count].join(", ");
    let pairs = |count: usize| vec!["docs TO docs"; count].join(", ");
    for (fits, wrong) in [
        (
            format!("DROP TABLE {}", names(1000)),
            format!("DROP TABLE {}", names(1001)),
        ),
        (
            format!("RENAME TABLE {}", pairs(1000)),
            format!("RENAME TABLE {}", pairs(1001)),
        ),
    ] {
        check_plain(MYSQL, &[&fits]);
        check_wrong(MYSQL, &[&wrong]);
    }
    let swaps = ["EXCHANGE PARTITION p WITH TABLE docs"; 11].join(", ");
    check_wrong(MYSQL, &[&format!("ALTER TABLE docs {swaps}")]);
}
