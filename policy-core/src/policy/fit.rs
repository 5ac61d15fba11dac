//! Which kinds of masks take which types of columns, and where a policy asks for what cannot be.

use std::fmt;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::catalog::Catalog;
use crate::catalog::TableKind;
use crate::name::ColumnId;
use crate::policy::mask::Alphabet;
use crate::policy::mask::MaskKind;
use crate::policy::set::PolicySet;

/// Types that masks treat alike.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Family {
    Text,
    Bytes,
    Integer,
    Decimal,
    Floating,
    Year,
    Bit,
    Dated,
    /// `timestamp`: it moves with the time zone of the session, so that cutting it would tell it.
    Zoned,
    Time,
    Json,
    Uuid,
    Inet4,
    Inet6,
}

/// The types that kinds take by their nature. Of all others (`enum`, `set`, `vector`, geometry, and
/// what is not known here) nothing can be kept: only `redact` and `null` take them.
const TYPES: [(&str, Family); 35] = [
    ("char", Family::Text),
    ("varchar", Family::Text),
    ("tinytext", Family::Text),
    ("text", Family::Text),
    ("mediumtext", Family::Text),
    ("longtext", Family::Text),
    ("binary", Family::Bytes),
    ("varbinary", Family::Bytes),
    ("tinyblob", Family::Bytes),
    ("blob", Family::Bytes),
    ("mediumblob", Family::Bytes),
    ("longblob", Family::Bytes),
    ("tinyint", Family::Integer),
    ("smallint", Family::Integer),
    ("mediumint", Family::Integer),
    ("int", Family::Integer),
    ("integer", Family::Integer),
    ("bigint", Family::Integer),
    ("bool", Family::Integer),
    ("boolean", Family::Integer),
    ("decimal", Family::Decimal),
    ("numeric", Family::Decimal),
    ("float", Family::Floating),
    ("double", Family::Floating),
    ("real", Family::Floating),
    ("year", Family::Year),
    ("bit", Family::Bit),
    ("date", Family::Dated),
    ("datetime", Family::Dated),
    ("timestamp", Family::Zoned),
    ("time", Family::Time),
    ("json", Family::Json),
    ("uuid", Family::Uuid),
    ("inet4", Family::Inet4),
    ("inet6", Family::Inet6),
];

impl MaskKind {
    /// Whether it shows anything of a column of this type (of the catalog) but its redaction.
    ///
    /// A `fixed` value may still be too long or too great for a column.
    #[must_use]
    pub fn takes(&self, data_type: &str) -> bool {
        let known = TYPES.iter().find(|(name, _)| *name == data_type);
        let family = known.map(|(_, family)| *family);
        match self {
            Self::Redact | Self::Null => true,
            Self::Partial { .. } => matches!(family, Some(Family::Text | Family::Bytes)),
            Self::Hash { .. } => matches!(
                family,
                Some(
                    Family::Text
                        | Family::Bytes
                        | Family::Integer
                        | Family::Decimal
                        | Family::Bit
                        | Family::Json
                        | Family::Uuid
                )
            ),
            Self::Tokenize { alphabet, .. } => match family {
                Some(Family::Text | Family::Bytes) => true,
                Some(Family::Integer | Family::Decimal) => *alphabet == Alphabet::Digits,
                _ => false,
            },
            Self::Date { .. } => matches!(family, Some(Family::Dated)),
            Self::Bucket { .. } => matches!(
                family,
                Some(Family::Integer | Family::Decimal | Family::Floating | Family::Year)
            ),
            Self::Fixed { value } => family.is_some_and(|family| is_of(value, family, data_type)),
        }
    }
}

/// Whether a fixed value is one of this family.
fn is_of(value: &str, family: Family, data_type: &str) -> bool {
    match family {
        Family::Text | Family::Bytes | Family::Json => true,
        Family::Integer => value
            .parse::<i128>()
            .is_ok_and(|value| fits_integer(value, data_type)),
        Family::Decimal => is_decimal(value),
        Family::Floating => value.parse().is_ok_and(f64::is_finite),
        Family::Year => value
            .parse()
            .is_ok_and(|year: u16| (1901..=2155).contains(&year)),
        Family::Dated | Family::Zoned => {
            has_digits(value.get(..10).unwrap_or_default(), "0000-00-00")
        }
        Family::Time => {
            let clock = value.strip_prefix('-').unwrap_or(value);
            let hours = clock.find(':').unwrap_or_default();
            (2..=3).contains(&hours) && has_digits(clock.get(hours..).unwrap_or_default(), ":00:00")
        }
        Family::Uuid => value.len() == 36 && value.split('-').count() == 5,
        Family::Inet4 => value.parse::<Ipv4Addr>().is_ok(),
        Family::Inet6 => value.parse::<Ipv6Addr>().is_ok(),
        Family::Bit => false,
    }
}

/// Whether a number fits the type with or without a sign, which the catalog does not tell.
fn fits_integer(value: i128, data_type: &str) -> bool {
    let bits = match data_type {
        "tinyint" | "bool" | "boolean" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" | "integer" => 32,
        _ => 64,
    };
    let least = -(1_i128 << (bits - 1));
    (least..1_i128 << bits).contains(&value)
}

fn is_decimal(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !whole.is_empty() && all_digits(whole) && all_digits(fraction)
}

/// Whether digits stand where the form has zeroes, and its own signs elsewhere.
fn has_digits(value: &str, form: &str) -> bool {
    value.len() == form.len()
        && value.bytes().zip(form.bytes()).all(|(byte, form)| {
            if form == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == form
            }
        })
}

/// A column that bears a mask which does not take its type, so that it is redacted.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Misfit {
    /// The file of the policy.
    pub file: String,
    /// The line of the `[[protect]]` entry, counted from one.
    pub line: u32,
    /// The mask, by its name.
    pub mask: String,
    /// Its kind.
    pub kind: String,
    /// The column.
    pub column: ColumnId,
    /// Its type.
    pub data_type: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:1: `{}` is of type `{}`, which mask `{}` of kind `{}` does not take: it is redacted; \
             give it another mask",
            self.file, self.line, self.column, self.data_type, self.mask, self.kind
        )
    }
}

impl PolicySet {
    /// The columns of a catalog that bear a mask which does not take their type.
    #[must_use]
    pub fn misfits(&self, catalog: &Catalog) -> Vec<Misfit> {
        let mut misfits = Vec::new();
        for (id, table) in &catalog.tables {
            if matches!(table.kind, TableKind::View { .. }) {
                continue;
            }
            for column in &table.columns {
                let at = ColumnId {
                    table: id.clone(),
                    column: column.name.clone(),
                };
                for entry in self.protects() {
                    let Some(mask) = entry.mask() else { continue };
                    let Some(spec) = self.masks().get(mask) else {
                        continue;
                    };
                    let fits = spec.kind.takes(&column.data_type);
                    if fits || !entry.means(&at, catalog.table_name_case) {
                        continue;
                    }
                    misfits.push(Misfit {
                        file: self.file().to_owned(),
                        line: entry.line,
                        mask: mask.to_owned(),
                        kind: spec.kind.to_string(),
                        column: at.clone(),
                        data_type: column.data_type.clone(),
                    });
                }
            }
        }
        misfits
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::document;
    use crate::policy::compile::Known;

    use super::*;

    const CATALOG: &str = r#"
server = "10.11.19-MariaDB"
[[table]]
name = "shop.customers"
columns = ["id int", "born date", "ssn char(11)", "state enum('a','b')", "meta json"]
[[table]]
name = "shop.notes"
columns = ["born varchar(10)"]
"#;

    fn misfits(protects: &str) -> Vec<String> {
        let policy = format!(
            "version = 1\n{protects}\n[mask.month]\nkind = \"date\"\nto = \"month\"\n\
             [mask.hash]\nkind = \"hash\"\nkey = \"env:K\"\n[mask.none]\nkind = \"null\"\n"
        );
        let policy = PolicySet::compile("p.toml", &policy, Known::default()).unwrap();
        let catalog = document::parse("c.toml", CATALOG).unwrap();
        let misfits = policy.misfits(&catalog);
        misfits
            .iter()
            .map(|misfit| format!("{} {} {}", misfit.line, misfit.column, misfit.data_type))
            .collect()
    }

    fn protect(columns: &str, mask: &str) -> String {
        format!("[[protect]]\nname = \"p\"\ncolumns = [\"{columns}\"]\nmask = \"{mask}\"")
    }

    #[test]
    fn a_mask_fits_the_columns_of_its_types() {
        for (columns, mask) in [
            ("shop.customers.born", "month"),
            ("shop.customers.ssn", "hash"),
            ("shop.customers.meta", "hash"),
            ("shop.customers.state", "none"),
            ("shop.customers.state", "redact"),
            ("nosuch.*.state", "month"),
        ] {
            assert_eq!(misfits(&protect(columns, mask)), Vec::<String>::new());
        }
    }

    #[test]
    fn every_column_that_a_mask_does_not_take_is_named() {
        assert_eq!(
            misfits(&protect("*.*.born", "month")),
            ["2 shop.notes.born varchar"]
        );
        assert_eq!(
            misfits(&protect("shop.customers.state", "hash")),
            ["2 shop.customers.state enum"]
        );
        assert_eq!(
            misfits(&protect("shop.customers.id", "month")),
            ["2 shop.customers.id int"]
        );
    }
}
