//! Numbers of connections: a client knows those of its greetings, and the target tells its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy_core::statement::Output;
use policy_core::statement::Statement;
use policy_core::statement::kind::StatementKind;

use crate::config::World;

/// Columns of a result that hold the target's numbers, and what stands in their place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    /// The columns, by their positions.
    pub(crate) columns: Vec<usize>,
    /// The number of each greeting by the target's.
    pub(crate) greeted: Arc<BTreeMap<u64, u64>>,
}

impl Numbers {
    /// What a statement's result holds of them.
    pub(crate) fn of(statement: Option<&Statement>, world: World<'_>) -> Self {
        let columns = statement.map(columns).unwrap_or_default();
        match columns.is_empty() {
            true => Self::default(),
            false => Self {
                columns,
                greeted: world.connections.greeted(),
            },
        }
    }
}

fn columns(statement: &Statement) -> Vec<usize> {
    if statement.kind == StatementKind::ShowProcesslist {
        return vec![0];
    }
    match &statement.output {
        Output::Columns(columns) => columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.connection)
            .map(|(position, _)| position)
            .collect(),
        Output::ServerShaped | Output::None => Vec::new(),
    }
}
