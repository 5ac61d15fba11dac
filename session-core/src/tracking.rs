//! Session tracking: what a client that asked for it would be told by the target itself.
//!
//! The gateway turns more on for itself. What a client gets is measured by what its connection had
//! before that, which is what the target's administrator chose for every session.

use mysql_proto::flags::Capabilities;
use mysql_proto::response::ok::SessionChange;

use crate::state::State;

/// The variables that the gateway has reported to itself.
pub(crate) const FOLLOWED: [&str; 6] = [
    "sql_mode",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "autocommit",
    "time_zone",
];

/// Asks what the target tells of a session; to be sent before more is turned on.
pub(crate) const ASKED: &str = "SELECT @@session_track_system_variables, \
    @@session_track_schema, @@session_track_state_change, @@session_track_transaction_info";

/// Turns off what the gateway has no need of.
pub(crate) const STATES_OFF: &str = "SET SESSION session_track_transaction_info='OFF'";

/// What a client is told.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tracked {
    variables: [bool; FOLLOWED.len()],
    schema: bool,
    state: bool,
    transaction: bool,
    characteristics: bool,
}

/// What the OK at the end of a login tells.
pub(crate) fn at_login(state: &State) -> Vec<SessionChange<'_>> {
    let tracked = state.tracked;
    let schema = state.context.default_schema.as_deref();
    let told = [
        schema
            .filter(|_| tracked.schema)
            .map(|schema| SessionChange::Schema(schema.as_bytes())),
        (tracked.state && schema.is_some()).then_some(SessionChange::StateChange(b"1")),
        tracked
            .transaction
            .then_some(SessionChange::TransactionState(b"________")),
        tracked
            .characteristics
            .then_some(SessionChange::TransactionCharacteristics(b"")),
    ];
    told.into_iter().flatten().collect()
}

impl Tracked {
    /// Reads the target's answer; nothing is told where it is none.
    pub(crate) fn read(rows: &[Vec<Option<Vec<u8>>>]) -> Option<Self> {
        let [row] = rows else { return None };
        let [variables, schema, state, transaction] = row.as_slice() else {
            return None;
        };
        let listed = variables.as_deref().unwrap_or_default();
        let is_listed = |name: &str| {
            listed
                .split(|byte| *byte == b',')
                .map(<[u8]>::trim_ascii)
                .any(|one| one == b"*" || one.eq_ignore_ascii_case(name.as_bytes()))
        };
        let is_on = |cell: &Option<Vec<u8>>| cell.as_deref() == Some(b"1");
        Some(Self {
            variables: FOLLOWED.map(is_listed),
            schema: is_on(schema),
            state: is_on(state),
            transaction: transaction.as_deref() != Some(b"OFF"),
            characteristics: transaction.as_deref() == Some(b"CHARACTERISTICS"),
        })
    }

    /// What of these changes the client gets. Ids of transactions count what was written, and their
    /// states tell what a procedure read: neither is shown where anything is protected. That one
    /// begins and ends is told in any case.
    pub(crate) fn shown<'p>(
        self,
        changes: &[SessionChange<'p>],
        capabilities: Capabilities,
        protects: bool,
    ) -> Vec<SessionChange<'p>> {
        if !capabilities.contains(Capabilities::SESSION_TRACK) {
            return Vec::new();
        }
        let is_shown = |change: &&SessionChange<'p>| match change {
            SessionChange::Schema(_) => self.schema,
            SessionChange::SystemVariable { name, .. } => self.tells_of(name),
            SessionChange::StateChange(_) => self.state,
            SessionChange::TransactionCharacteristics(_) | SessionChange::TransactionState(_) => {
                !(protects && self.transaction)
            }
            SessionChange::Gtids { .. } => !protects,
            SessionChange::Unknown { .. } => false,
        };
        changes.iter().filter(is_shown).copied().collect()
    }

    /// States of transactions were turned off: what still comes tells only that one begins or ends.
    pub(crate) fn without_states(self) -> Self {
        Self {
            transaction: false,
            characteristics: false,
            ..self
        }
    }

    fn tells_of(self, variable: &[u8]) -> bool {
        let mut told = FOLLOWED.into_iter().zip(self.variables);
        told.any(|(name, told)| told && variable.eq_ignore_ascii_case(name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &str, schema: &str, state: &str) -> Tracked {
        let cells = [variables, schema, state, "OFF"].map(|cell| Some(cell.as_bytes().to_vec()));
        Tracked::read(&[cells.to_vec()]).unwrap()
    }

    #[test]
    fn states_of_transactions_are_not_shown_beside_protected_values() {
        let cells = ["", "0", "0", "STATE"].map(|cell| Some(cell.as_bytes().to_vec()));
        let tracked = Tracked::read(&[cells.to_vec()]).unwrap();
        assert_eq!(shown(tracked, false), [4, 5]);
        assert_eq!(shown(tracked, true), [0; 0]);
        assert_eq!(shown(tracked.without_states(), true), [4]);
    }

    const CHANGES: [SessionChange<'static>; 7] = [
        SessionChange::SystemVariable {
            name: b"SQL_MODE",
            value: b"",
        },
        SessionChange::SystemVariable {
            name: b"time_zone",
            value: b"UTC",
        },
        SessionChange::Schema(b"shop"),
        SessionChange::StateChange(b"1"),
        SessionChange::TransactionState(b"T_______"),
        SessionChange::Gtids {
            encoding: 0,
            ids: b"x:1",
        },
        SessionChange::Unknown {
            kind: 99,
            content: b"",
        },
    ];

    fn shown(tracked: Tracked, protects: bool) -> Vec<usize> {
        let shown = tracked.shown(&CHANGES, Capabilities::SESSION_TRACK, protects);
        let place = |change| CHANGES.iter().position(|one| one == change).unwrap();
        shown.iter().map(place).collect()
    }

    #[test]
    fn a_client_gets_what_the_target_has_on_and_not_what_the_gateway_turned_on() {
        let default = read("time_zone, Autocommit,character_set_client", "1", "0");
        assert_eq!(shown(default, false), [1, 2, 4, 5]);
        assert_eq!(shown(read("", "0", "0"), false), [4, 5]);
        assert_eq!(shown(read("*", "1", "1"), false), [0, 1, 2, 3, 4, 5]);
        assert_eq!(shown(read("sql_mode", "0", "1"), true), [0, 3, 4]);
    }

    #[test]
    fn a_client_that_did_not_ask_gets_nothing() {
        let all = read("*", "1", "1");
        assert!(all.shown(&CHANGES, Capabilities::empty(), false).is_empty());
    }

    #[test]
    fn an_answer_to_something_else_is_none() {
        assert_eq!(Tracked::read(&[]), None);
        assert_eq!(Tracked::read(&[vec![None, None]]), None);
        assert_eq!(Tracked::read(&[vec![None; 4], vec![None; 4]]), None);
        assert_eq!(Tracked::read(&[vec![None; 5]]), None);
    }
}
