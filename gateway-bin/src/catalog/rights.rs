//! Whether the catalog account can see everything: what it cannot see would look harmless.

use std::collections::BTreeSet;
use std::time::Duration;

use policy_core::server::ServerKind;

use super::error::CatalogError;
use crate::upstream::client::Client;

/// Checks the rights of the connection's account.
///
/// # Errors
/// [`CatalogError::Blind`] with every right that is missing.
pub async fn check(client: &mut Client) -> Result<(), CatalogError> {
    let kind = client.server().kind;
    let held = texts(client, "the account's rights", GLOBAL).await?;
    let proc = texts(client, "the account's rights", ON_PROC).await?;
    let revoked = match kind {
        ServerKind::MySql => {
            let grants = texts(client, "the account's grants", "SHOW GRANTS").await?;
            grants.iter().any(|line| line.starts_with("REVOKE"))
        }
        ServerKind::MariaDb => false,
    };
    let missing = missing(kind, &held, &proc, revoked);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(CatalogError::Blind { missing })
    }
}

async fn texts(
    client: &mut Client,
    what: &'static str,
    sql: &str,
) -> Result<BTreeSet<String>, CatalogError> {
    let rows = client
        .query(sql, TIME_MAX)
        .await
        .map_err(CatalogError::reading(what))?;
    Ok(rows
        .iter()
        .filter_map(|row| row.text(0))
        .map(str::to_owned)
        .collect())
}

/// What to grant, with the reason. `proc` are the rights on `mysql.proc`.
fn missing(
    kind: ServerKind,
    held: &BTreeSet<String>,
    proc: &BTreeSet<String>,
    revoked: bool,
) -> Vec<String> {
    let has = |right: &str| held.contains(right);
    let mut missing = Vec::new();
    if !(has("SELECT") || has("REFERENCES")) {
        missing.push("grant REFERENCES (or SELECT) on *.*, for tables and columns".to_owned());
    }
    for (right, reason) in [
        ("SHOW VIEW", "for the definitions of views"),
        ("TRIGGER", "for triggers"),
        ("PROCESS", "to see running schema changes"),
    ] {
        if !has(right) {
            missing.push(format!("grant {right} on *.*, {reason}"));
        }
    }
    let (routines, how) = match kind {
        ServerKind::MySql => (has("SELECT") || has("SHOW_ROUTINE"), "SHOW_ROUTINE on *.*"),
        ServerKind::MariaDb => (
            has("SELECT") || proc.contains("SELECT"),
            "SELECT on mysql.proc",
        ),
    };
    if !routines {
        missing.push(format!("grant {how}, for functions and procedures"));
    }
    if revoked {
        missing.push("take back the partial revokes, which hide schemas".to_owned());
    }
    missing
}

/// The account's own global rights. Rights of roles do not count: they can be switched off.
const GLOBAL: &str = "SELECT privilege_type FROM information_schema.user_privileges \
     WHERE grantee = CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', \
     SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";
const ON_PROC: &str = "SELECT privilege_type FROM information_schema.table_privileges \
     WHERE table_schema = 'mysql' AND table_name = 'proc' \
     AND grantee = CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', \
     SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";
const TIME_MAX: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: ServerKind, held: &[&str], proc: &[&str]) -> usize {
        let set = |rights: &[&str]| rights.iter().map(|&right| right.to_owned()).collect();
        missing(kind, &set(held), &set(proc), false).len()
    }

    #[test]
    fn the_least_rights_suffice() {
        let common = ["REFERENCES", "SHOW VIEW", "TRIGGER", "PROCESS"];
        let mysql = [&common[..], &["SHOW_ROUTINE"]].concat();
        assert_eq!(check(ServerKind::MySql, &mysql, &[]), 0);
        assert_eq!(check(ServerKind::MariaDb, &common, &["SELECT"]), 0);
        let select = ["SELECT", "SHOW VIEW", "TRIGGER", "PROCESS"];
        assert_eq!(check(ServerKind::MySql, &select, &[]), 0);
        assert_eq!(check(ServerKind::MariaDb, &select, &[]), 0);
    }

    #[test]
    fn every_missing_right_is_named() {
        let all = [
            "REFERENCES",
            "SHOW VIEW",
            "TRIGGER",
            "PROCESS",
            "SHOW_ROUTINE",
        ];
        for left in all {
            let held: Vec<_> = all.into_iter().filter(|&right| right != left).collect();
            assert_eq!(check(ServerKind::MySql, &held, &[]), 1, "{left}");
        }
        assert_eq!(check(ServerKind::MySql, &[], &[]), 5);
        assert_eq!(check(ServerKind::MariaDb, &all, &[]), 1);
    }

    #[test]
    fn partial_revokes_hide_schemas() {
        let held = ["SELECT", "SHOW VIEW", "TRIGGER", "PROCESS"].map(str::to_owned);
        let set = held.into_iter().collect();
        assert_eq!(
            missing(ServerKind::MySql, &set, &BTreeSet::new(), true).len(),
            1
        );
    }
}
