//! Tables of MariaDB's engine SEQUENCE: `seq_1_to_100`, `seq_1_to_100_step_3`. They are nowhere but in
//! their names, in every schema, and hold the numbers that those say.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::Column;
use crate::catalog::Table;
use crate::catalog::TableKind;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::server::ServerKind;

/// The table of that name, if it is one of numbers.
#[must_use]
pub fn table(id: &TableId, kind: ServerKind) -> Option<Arc<Table>> {
    is_one(id, kind).then_some(())?;
    let column = Column {
        name: ColumnName::parse("seq")?,
        data_type: "bigint".to_owned(),
        charset: None,
        invisible: false,
        generated: None,
        on_update: false,
        has_default: false,
        default: None,
        auto_increment: false,
        fresh_when_absent: false,
    };
    Some(Arc::new(Table {
        kind: TableKind::Plain,
        columns: vec![column],
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        check_columns: Some(BTreeSet::new()),
        partition_columns: Some(BTreeSet::new()),
        has_triggers: false,
    }))
}

/// Whether a name, of which the catalog holds none, is that of numbers.
#[must_use]
pub fn is_one(id: &TableId, kind: ServerKind) -> bool {
    kind == ServerKind::MariaDb && is_name(id.table())
}

fn is_name(name: &str) -> bool {
    let bounds = name
        .strip_prefix("seq_")
        .and_then(|rest| rest.split_once("_to_"));
    let Some((from, rest)) = bounds else {
        return false;
    };
    let (to, step) = rest.split_once("_step_").unwrap_or((rest, "1"));
    [from, to, step].iter().all(|part| is_number(part))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: bool) {
        let id = TableId::new("test".into(), name.into());
        assert_eq!(
            table(&id, ServerKind::MariaDb).is_some(),
            expected,
            "{name}"
        );
        assert!(table(&id, ServerKind::MySql).is_none(), "{name}");
    }

    #[test]
    fn knows_numbers_by_their_names() {
        for name in ["seq_1_to_10", "seq_10_to_1", "seq_0_to_100_step_3"] {
            check(name, true);
        }
    }

    #[test]
    fn takes_no_other_name_for_numbers() {
        for name in [
            "seq_",
            "seq_1_to_",
            "seq__to_1",
            "seq_1_to_10_step_",
            "seq_1_to_x",
            "seq_-1_to_3",
            "seq_+1_to_3",
            "seq_1_to_99999999999999999999",
            "my_seq_1_to_3",
            "seq_1_to_3_step_1_step_1",
            "seq_1_to_3 ",
            "seq_1",
        ] {
            check(name, false);
        }
    }
}
