"""A column of every type of each server: values that must never be seen, and what a redaction shows."""

from dataclasses import dataclass, replace

_DAY = "1970-01-01"
_POINT = bytes.fromhex("000000000101000000" + "00" * 16)


@dataclass(frozen=True)
class Column:
    """A protected column: two values as SQL, its family (which decides the masks it takes), its redaction."""

    name: str
    type: str
    family: str
    values: tuple[str, str]
    redacted: str | bytes | None
    # The type of the column in which the masked values are kept, where it is another.
    shown_type: str | None = None

    @property
    def kinds(self):
        """By what a driver may be unable to read it: its family, and what is particular within that."""
        zerofill = self.family == "integer" and self.type.endswith("ZEROFILL")
        return {self.family, "zerofill integer"} if zerofill else {self.family}

    @property
    def canaries(self):
        """What must not come back: the values that are long enough not to come up by chance."""
        texts = [value.strip("'") for value in self.values if value.startswith("'")]
        return [text for text in texts if len(text) >= 6]


def columns(kind):
    """The columns of a server, `mysql` or `mariadb`."""
    return COMMON + {"mysql": MYSQL, "mariadb": MARIADB}[kind]


def _integer(name, bits):
    least, most = -(1 << bits - 1) + 71, (1 << bits - 1) - 71
    yield Column(f"{name}_signed", name, "integer", (str(least), str(most)), "0")
    most = (1 << bits) - 71
    yield Column(f"{name}_unsigned", f"{name} UNSIGNED", "integer", (str(most), "97"), "0")
    yield Column(f"{name}_zero", f"{name}(9) ZEROFILL", "integer", ("83", "97"), "0" * 9)


def _text(name, type, first="canary-ada", second="grace@corp.example", redacted="[redacted]"):
    return Column(name, type, "text", (f"'{first}'", f"'{second}'"), redacted)


def _bytes(name, type, redacted=b"[redacted]"):
    return Column(name, type, "bytes", ("'canary-bytes'", "'grace-bytes'"), redacted)


def _moment(name, type, fraction):
    values = (f"'2031-07-19 13:57:11{fraction}'", f"'1999-11-23 17:43:29{fraction}'")
    zeroes = "".join("0" if digit.isdigit() else digit for digit in fraction)
    family = "timestamp" if type.startswith("TIMESTAMP") else "datetime"
    day = "1970-01-02" if family == "timestamp" else _DAY
    return Column(name, type, family, values, f"{day} 00:00:00{zeroes}")


COMMON = [
    *_integer("tinyint", 8),
    *_integer("smallint", 16),
    *_integer("mediumint", 24),
    *_integer("int", 32),
    *_integer("bigint", 64),
    Column("decimal_signed", "DECIMAL(12, 3)", "decimal", ("-7318264.551", "9163.283"), "0.000"),
    Column(
        "decimal_unsigned", "DECIMAL(12, 3) UNSIGNED", "decimal", ("7318264.551", "9.2"), "0.000"
    ),
    Column("decimal_zero", "DECIMAL(9, 2) ZEROFILL", "decimal", ("731.55", "9.28"), "0000000.00"),
    Column("decimal_whole", "DECIMAL(18)", "decimal", ("731826455191632", "-3"), "0"),
    Column("decimal_long", "DECIMAL(65, 30)", "decimal", ("73182.551", "-9.283"), "0." + "0" * 30),
    Column("float_plain", "FLOAT", "float", ("73182.5", "-9.25"), "0"),
    Column("float_unsigned", "FLOAT UNSIGNED", "float", ("73182.5", "9.25"), "0"),
    Column("float_fixed", "FLOAT(7, 2)", "float", ("73182.5", "-9.25"), "0.00"),
    Column("double_plain", "DOUBLE", "float", ("73182.551e40", "-9.283e-7"), "0"),
    Column("double_unsigned", "DOUBLE UNSIGNED", "float", ("73182.551", "9.283"), "0"),
    Column(
        "double_zero", "DOUBLE(12, 3) ZEROFILL", "float", ("73182.551", "9.283"), "00000000.000"
    ),
    Column("bit_one", "BIT(1)", "bit", ("b'1'", "b'0'"), b"\0"),
    Column("bit_ten", "BIT(10)", "bit", ("b'1011011011'", "b'1'"), b"\0" * 2),
    Column("bit_long", "BIT(64)", "bit", ("18446744073709551545", "97"), b"\0" * 8),
    Column("year_plain", "YEAR", "year", ("2071", "1913"), "1970"),
    Column("date_plain", "DATE", "date", ("'2031-07-19'", "'1999-11-23'"), _DAY),
    Column("time_plain", "TIME", "time", ("'-713:57:11'", "'17:43:29'"), "00:00:00"),
    Column(
        "time_six", "TIME(6)", "time", ("'713:57:11.531975'", "'00:00:01.5'"), "00:00:00.000000"
    ),
    _moment("datetime_plain", "DATETIME", ""),
    _moment("datetime_three", "DATETIME(3)", ".531"),
    _moment("datetime_six", "DATETIME(6)", ".531975"),
    _moment("timestamp_plain", "TIMESTAMP", ""),
    _moment("timestamp_six", "TIMESTAMP(6)", ".531975"),
    _text("char_plain", "CHAR(40)"),
    _text("char_short", "CHAR(3)", "ada", "bob", "***"),
    _text("varchar_plain", "VARCHAR(60)", "canary731ada", "4111111111111111"),
    _text("varchar_long", "VARCHAR(300)", "+41 44 731 82 64", "DE89370400440532013000"),
    _text("varchar_latin1", "VARCHAR(60) CHARACTER SET latin1"),
    _text("varchar_utf8mb3", "VARCHAR(60) CHARACTER SET utf8mb3"),
    _text("varchar_utf16", "VARCHAR(60) CHARACTER SET utf16", "4111111111111111", "60275518832417"),
    _text("varchar_utf32", "VARCHAR(60) CHARACTER SET utf32"),
    _text("varchar_ucs2", "VARCHAR(60) CHARACTER SET ucs2"),
    # Masks that look at characters give way to a redaction where these are not converted.
    replace(_text("varchar_gbk", "VARCHAR(60) CHARACTER SET gbk"), family="multibyte"),
    replace(_text("varchar_sjis", "VARCHAR(60) CHARACTER SET sjis"), family="multibyte"),
    _text("varchar_koi8r", "VARCHAR(60) CHARACTER SET koi8r"),
    _text("varchar_bin", "VARCHAR(60) COLLATE utf8mb4_bin"),
    _text("tinytext_plain", "TINYTEXT"),
    _text("text_plain", "TEXT"),
    _text("mediumtext_plain", "MEDIUMTEXT"),
    _text("longtext_plain", "LONGTEXT", "4111111111111111", "DE89370400440532013000"),
    _bytes("binary_plain", "BINARY(16)", b"[redacted]" + b"\0" * 6),
    _text("varbinary_plain", "VARBINARY(60)", "509114773028", "canary731ada", b"[redacted]"),
    _bytes("tinyblob_plain", "TINYBLOB"),
    _bytes("blob_plain", "BLOB"),
    _bytes("mediumblob_plain", "MEDIUMBLOB"),
    _bytes("longblob_plain", "LONGBLOB"),
    Column(
        "enum_plain",
        "ENUM('canary-one', 'canary-two')",
        "enum",
        ("'canary-one'", "'canary-two'"),
        None,
    ),
    Column(
        "set_plain",
        "SET('canary-one', 'canary-two')",
        "set",
        ("'canary-one,canary-two'", "'canary-two'"),
        "",
    ),
    Column(
        "geometry_plain",
        "GEOMETRY",
        "geometry",
        ("ST_GeomFromText('POINT(731 97)')", "ST_GeomFromText('LINESTRING(1 2,3 4)')"),
        _POINT,
    ),
    Column(
        "point_plain",
        "POINT",
        "geometry",
        ("ST_GeomFromText('POINT(731 97)')", "ST_GeomFromText('POINT(3 4)')"),
        _POINT,
        "GEOMETRY",
    ),
]

_JSON = ('\'{"who": "canary-ada"}\'', "'[731826]'")

MYSQL = [
    Column("json_plain", "JSON", "json", _JSON, '"[redacted]"'),
    Column(
        "vector_plain",
        "VECTOR(3)",
        "vector",
        ("STRING_TO_VECTOR('[7,3,1]')", "STRING_TO_VECTOR('[1,2,3]')"),
        None,
    ),
    Column(
        "polygon_plain",
        "POLYGON",
        "geometry",
        (
            "ST_GeomFromText('POLYGON((0 0,0 7,7 7,0 0))')",
            "ST_GeomFromText('POLYGON((0 0,0 3,3 3,0 0))')",
        ),
        _POINT,
        "GEOMETRY",
    ),
]

MARIADB = [
    # Node's drivers parse it by MariaDB's extended types, which the gateway does not offer.
    Column("json_plain", "JSON", "json", _JSON, '"[redacted]"', "LONGTEXT COLLATE utf8mb4_bin"),
    Column(
        "uuid_plain",
        "UUID",
        "uuid",
        (
            "'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'",
            "'0e37df36-f698-11e6-8dd4-cb9ced3df976'",
        ),
        "00000000-0000-0000-0000-000000000000",
    ),
    Column("inet4_plain", "INET4", "inet", ("'203.0.113.97'", "'10.73.18.26'"), "0.0.0.0"),
    Column("inet6_plain", "INET6", "inet", ("'2001:db8:7318:2645::97'", "'fe80::731'"), "::"),
]
