//! Which server a target is: everything about it that changes how a statement reads.

use std::fmt;

/// MySQL or MariaDB: they lex and resolve differently.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a third server must be decided everywhere"
)]
pub enum ServerKind {
    /// MySQL and Percona Server.
    MySql,
    /// MariaDB.
    MariaDb,
}

impl fmt::Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
        })
    }
}

/// A server's kind and version, as its greeting tells them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the caller")]
pub struct Server {
    /// MySQL or MariaDB.
    pub kind: ServerKind,
    /// Major, minor and patch number.
    pub version: (u16, u16, u16),
}

impl Server {
    /// Reads the version text of a greeting or of `@@version`.
    ///
    /// MariaDB may put `5.5.5-` before its own version. `None` when it is not a version.
    #[must_use]
    pub fn parse(version: &str) -> Option<Self> {
        let is_mariadb = version.to_ascii_lowercase().contains("mariadb");
        let text = match (is_mariadb, version.strip_prefix("5.5.5-")) {
            (true, Some(rest)) => rest,
            _ => version,
        };
        let digits_end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let mut parts = text.get(..digits_end)?.split('.').map(str::parse::<u16>);
        let version = (
            parts.next()?.ok()?,
            parts.next()?.ok()?,
            parts.next()?.ok()?,
        );
        let kind = if is_mariadb {
            ServerKind::MariaDb
        } else {
            ServerKind::MySql
        };
        Some(Self { kind, version })
    }

    /// The version as executable comments write it: 90704 for 9.7.4, 101119 for 10.11.19.
    #[must_use]
    pub fn comment_version(self) -> u32 {
        let (major, minor, patch) = self.version;
        u32::from(major) * 10_000 + u32::from(minor) * 100 + u32::from(patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_versions_of_both_servers() {
        let mysql = Server::parse("9.7.4").unwrap();
        assert_eq!(
            (mysql.kind, mysql.comment_version()),
            (ServerKind::MySql, 90704)
        );
        let maria = Server::parse("5.5.5-10.11.19-MariaDB-0+deb12u1").unwrap();
        assert_eq!(
            (maria.kind, maria.comment_version()),
            (ServerKind::MariaDb, 101_119)
        );
        assert_eq!(Server::parse("unknown"), None);
    }
}
