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
pub(crate) use self::lists::REFUSED_PREFIXES;
use self::lists::SINCE;
use self::lists::UNTIL;
use crate::server::Server;
use crate::server::ServerKind;

/// Whether a built-in function may be called at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    Ordinary,
    Refused,
}

/// The standing of that function (lower case) on that server; `None` if it is not built in.
pub(crate) fn standing(name: &str, server: Server) -> Option<Standing> {
    let own = match server.kind {
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
    let is_later = |(own, kind, since): &(&str, ServerKind, (u16, u16, u16))| {
        *own == name && *kind == server.kind && server.version < *since
    };
    let is_gone = |(own, kind, until): &(&str, ServerKind, (u16, u16, u16))| {
        *own == name && *kind == server.kind && server.version >= *until
    };
    if SINCE.iter().any(is_later) || UNTIL.iter().any(is_gone) {
        return None;
    }
    if BOTH.iter().any(|group| group.contains(&name)) || own.contains(&name) {
        return Some(Standing::Ordinary);
    }
    None
}

/// Every name that is listed for that kind of server.
pub(crate) fn names(kind: ServerKind) -> impl Iterator<Item = &'static str> {
    let own = match kind {
        ServerKind::MySql => MYSQL,
        ServerKind::MariaDb => MARIADB,
    };
    let both = BOTH.iter().flat_map(|group| group.iter());
    both.chain(own).chain(REFUSED).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MYSQL_9: Server = Server {
        kind: ServerKind::MySql,
        version: (9, 7, 4),
    };
    const MARIADB_10: Server = Server {
        kind: ServerKind::MariaDb,
        version: (10, 11, 19),
    };

    #[test]
    fn refuses_what_writes_or_carries_values_in_errors() {
        for name in ["extractvalue", "updatexml", "nextval", "sys_eval"] {
            assert_eq!(standing(name, MYSQL_9), Some(Standing::Refused), "{name}");
        }
        assert_eq!(standing("get_ssn", MYSQL_9), None);
    }

    #[test]
    fn keeps_the_lists_of_the_servers_apart() {
        assert_eq!(standing("uuid_to_bin", MYSQL_9), Some(Standing::Ordinary));
        assert_eq!(standing("uuid_to_bin", MARIADB_10), None);
        assert_eq!(standing("vec_fromtext", MARIADB_10), None);
        assert_eq!(standing("nvl", MARIADB_10), Some(Standing::Ordinary));
        // Drivers that know MariaDB as 5.5 ask by the older names.
        assert_eq!(
            standing("geomfromtext", MARIADB_10),
            Some(Standing::Ordinary)
        );
        assert_eq!(standing("geomfromtext", MYSQL_9), None);
    }
}
