//! The built-in functions of both servers; what is in no list is a stored routine or unknown.
//!
//! Sources: MySQL 9.7 manual, "Built-In Function and Operator Reference"; MariaDB knowledge base,
//! "Built-in Functions". A function that carries its argument into an error, writes, talks to other
//! servers or tells about other sessions is refused here; one that reads files, waits or locks is
//! read, and the policy decides.

mod lists;

use self::lists::BOTH;
use self::lists::MARIADB;
use self::lists::MYSQL;
use self::lists::REFUSED;
use self::lists::REFUSED_PREFIXES;
use crate::server::ServerKind;

/// Whether a built-in function may be called at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    Ordinary,
    Refused,
}

/// The standing of that function (lower case) on that server; `None` if it is not built in.
pub(super) fn standing(name: &str, server: ServerKind) -> Option<Standing> {
    let own = match server {
        ServerKind::MySql => MYSQL,
        ServerKind::MariaDb => MARIADB,
    };
    if REFUSED.contains(&name)
        || REFUSED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
    {
        return Some(Standing::Refused);
    }
    if BOTH.iter().any(|group| group.contains(&name)) || own.contains(&name) {
        return Some(Standing::Ordinary);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_writes_or_carries_values_in_errors() {
        for name in ["extractvalue", "updatexml", "nextval", "sys_eval"] {
            assert_eq!(
                standing(name, ServerKind::MySql),
                Some(Standing::Refused),
                "{name}"
            );
        }
        assert_eq!(standing("get_ssn", ServerKind::MySql), None);
    }

    #[test]
    fn keeps_the_lists_of_the_servers_apart() {
        assert_eq!(
            standing("uuid_to_bin", ServerKind::MySql),
            Some(Standing::Ordinary)
        );
        assert_eq!(standing("uuid_to_bin", ServerKind::MariaDb), None);
        assert_eq!(
            standing("nvl", ServerKind::MariaDb),
            Some(Standing::Ordinary)
        );
    }
}
