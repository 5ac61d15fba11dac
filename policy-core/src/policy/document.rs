//! The policy file as it is written: every key, nothing interpreted yet.

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::policy::table::Placed;
use crate::policy::table::Source;
use crate::policy::table::Table;

/// The only version of the format.
pub(super) const VERSION: u64 = 1;

#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) roles: Vec<RoleEntry>,
    pub(super) denies: Vec<DenyEntry>,
    pub(super) protects: Vec<ProtectEntry>,
    pub(super) masks: Vec<MaskEntry>,
}

#[derive(Debug)]
pub(super) struct RoleEntry {
    pub(super) at: usize,
    pub(super) name: Option<Placed<String>>,
    pub(super) issuer: Option<Placed<String>>,
    pub(super) groups: Option<Vec<Placed<String>>>,
    pub(super) subjects: Option<Vec<Placed<String>>>,
    pub(super) claims: Option<BTreeMap<String, String>>,
    pub(super) targets: Option<Vec<Placed<String>>>,
    pub(super) database_user: Option<Placed<String>>,
    pub(super) max_session: Option<Placed<String>>,
    pub(super) detectors: Option<Vec<Placed<String>>>,
    pub(super) rules: Vec<RuleEntry>,
}

#[derive(Debug)]
pub(super) struct RuleEntry {
    pub(super) at: usize,
    pub(super) name: Option<Placed<String>>,
    pub(super) effect: Option<Placed<String>>,
    pub(super) statements: Option<Vec<Placed<String>>>,
    pub(super) on: Option<Vec<Placed<String>>>,
    pub(super) rows: Option<Placed<u64>>,
    pub(super) seconds: Option<Placed<u64>>,
    pub(super) file_bytes: Option<Placed<u64>>,
    pub(super) unfiltered: Option<Placed<bool>>,
    pub(super) triggers: Option<Placed<bool>>,
    pub(super) results: Option<Placed<String>>,
    pub(super) functions: Option<Vec<Placed<String>>>,
    pub(super) engines: Option<Vec<Placed<String>>>,
    pub(super) issuer: Option<Placed<String>>,
    pub(super) approvers: Option<Vec<Placed<String>>>,
    pub(super) quorum: Option<Placed<u64>>,
    pub(super) grant: Option<GrantEntry>,
}

#[derive(Debug)]
pub(super) struct GrantEntry {
    pub(super) covers: Option<Placed<String>>,
    pub(super) valid: Option<Placed<String>>,
    pub(super) uses: Option<Placed<u64>>,
}

#[derive(Debug)]
pub(super) struct DenyEntry {
    pub(super) at: usize,
    pub(super) name: Option<Placed<String>>,
    pub(super) statements: Option<Vec<Placed<String>>>,
    pub(super) on: Option<Vec<Placed<String>>>,
    pub(super) roles: Option<Vec<Placed<String>>>,
}

#[derive(Debug)]
pub(super) struct ProtectEntry {
    pub(super) at: usize,
    pub(super) name: Option<Placed<String>>,
    pub(super) columns: Option<Vec<Placed<String>>>,
    pub(super) mask: Option<Placed<String>>,
    pub(super) influence: Option<Placed<String>>,
    pub(super) writes: Option<Placed<String>>,
    pub(super) issuer: Option<Placed<String>>,
    pub(super) clear_for: Option<Vec<Placed<String>>>,
    pub(super) strict_order: Option<Placed<bool>>,
}

#[derive(Debug)]
pub(super) struct MaskEntry {
    pub(super) name: Placed<String>,
    pub(super) kind: Option<Placed<String>>,
    pub(super) shape: Option<Placed<String>>,
    pub(super) keep_first: Option<Placed<u64>>,
    pub(super) keep_last: Option<Placed<u64>>,
    pub(super) fill: Option<Placed<String>>,
    pub(super) key: Option<Placed<String>>,
    pub(super) length: Option<Placed<u64>>,
    pub(super) alphabet: Option<Placed<String>>,
    pub(super) luhn: Option<Placed<bool>>,
    pub(super) to: Option<Placed<String>>,
    pub(super) size: Option<Placed<u64>>,
    pub(super) value: Option<Placed<String>>,
    pub(super) keep_null: Option<Placed<bool>>,
}

impl Document {
    /// Reads the text; what is wrong goes to the source.
    pub(super) fn read(text: &str, source: &Source<'_>) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            source.mistake(at, error.message());
        }
        if !errors.is_empty() {
            // What was recovered is a guess: a mistake in it may be none.
            return Self::default();
        }
        // The tree lives as long as this call; what is kept is owned.
        Self::read_root(Table::root(source, &root))
    }

    fn read_root(mut root: Table<'_>) -> Self {
        if root.require("version") {
            root.integer("version", VERSION..=VERSION);
        }
        let document = Self {
            roles: each(root.tables("role"), RoleEntry::read),
            denies: each(root.tables("deny"), DenyEntry::read),
            protects: each(root.tables("protect"), ProtectEntry::read),
            masks: root
                .named_tables("mask")
                .into_iter()
                .map(|(name, table)| MaskEntry::read(name, table))
                .collect(),
        };
        root.finish();
        document
    }
}

fn each<T>(tables: Vec<Table<'_>>, read: impl Fn(Table<'_>) -> T) -> Vec<T> {
    tables.into_iter().map(read).collect()
}

impl RoleEntry {
    fn read(mut table: Table<'_>) -> Self {
        let entry = Self {
            at: table.at(),
            name: table.required_string("name"),
            issuer: table.string("issuer"),
            groups: table.strings("groups"),
            subjects: table.strings("subjects"),
            claims: table.words("claims"),
            targets: table.required_strings("targets"),
            database_user: table.required_string("database_user"),
            max_session: table.string("max_session"),
            detectors: table.strings("detectors"),
            rules: each(table.tables("rule"), RuleEntry::read),
        };
        table.finish();
        entry
    }
}

impl RuleEntry {
    fn read(mut table: Table<'_>) -> Self {
        let mut limits = table.table("limits");
        let (rows, seconds, file_bytes) = match &mut limits {
            None => (None, None, None),
            Some(limits) => (
                limits.integer("rows", 1..=u64::MAX),
                limits.integer("seconds", 1..=86_400),
                limits.integer("file_bytes", 1..=u64::MAX),
            ),
        };
        if let Some(limits) = limits {
            limits.finish();
        }
        let entry = Self {
            at: table.at(),
            name: table.required_string("name"),
            effect: table.required_string("effect"),
            statements: table.required_strings("statements"),
            on: table.required_strings("on"),
            rows,
            seconds,
            file_bytes,
            unfiltered: table.boolean("unfiltered"),
            triggers: table.boolean("triggers"),
            results: table.string("results"),
            functions: table.strings("functions"),
            engines: table.strings("engines"),
            issuer: table.string("issuer"),
            approvers: table.strings("approvers"),
            quorum: table.integer("quorum", 1..=16),
            grant: table.table("grant").map(GrantEntry::read),
        };
        table.finish();
        entry
    }
}

impl GrantEntry {
    fn read(mut table: Table<'_>) -> Self {
        let entry = Self {
            covers: table.required_string("covers"),
            valid: table.required_string("valid"),
            uses: table.integer("uses", 1..=1_000_000),
        };
        table.finish();
        entry
    }
}

impl DenyEntry {
    fn read(mut table: Table<'_>) -> Self {
        let entry = Self {
            at: table.at(),
            name: table.required_string("name"),
            statements: table.required_strings("statements"),
            on: table.strings("on"),
            roles: table.strings("roles"),
        };
        table.finish();
        entry
    }
}

impl ProtectEntry {
    fn read(mut table: Table<'_>) -> Self {
        let entry = Self {
            at: table.at(),
            name: table.required_string("name"),
            columns: table.required_strings("columns"),
            mask: table.string("mask"),
            influence: table.string("influence"),
            writes: table.string("writes"),
            issuer: table.string("issuer"),
            clear_for: table.strings("clear_for"),
            strict_order: table.boolean("strict_order"),
        };
        table.finish();
        entry
    }
}

impl MaskEntry {
    fn read(name: Placed<String>, mut table: Table<'_>) -> Self {
        let entry = Self {
            name,
            kind: table.required_string("kind"),
            shape: table.string("shape"),
            keep_first: table.integer("keep_first", 0..=64),
            keep_last: table.integer("keep_last", 0..=64),
            fill: table.string("fill"),
            key: table.string("key"),
            length: table.integer("length", 8..=64),
            alphabet: table.string("alphabet"),
            luhn: table.boolean("luhn"),
            to: table.string("to"),
            size: table.integer("size", 2..=1_000_000_000_000),
            value: table.string("value"),
            keep_null: table.boolean("keep_null"),
        };
        table.finish();
        entry
    }
}
