//! Accounts that have too much, too little, and just enough.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::*;
use crate::catalog::grants::plan::TableRight;

fn column(name: &str) -> ColumnName {
    ColumnName::parse(name).unwrap()
}

fn plan(guard_role: Option<&str>) -> GrantPlan {
    let customers = TableRights {
        rights: BTreeSet::from([TableRight::Select, TableRight::Delete]),
        open: vec![column("id")],
        protected: vec![column("email")],
    };
    let orders = TableRights {
        rights: BTreeSet::from([TableRight::Select]),
        open: vec![column("id")],
        protected: Vec::new(),
    };
    let id = |name: &str| TableId::new("my_shop".into(), name.into());
    GrantPlan {
        account: "reader".into(),
        guard_role: guard_role.map(str::to_owned),
        tables: BTreeMap::from([(id("customers"), customers), (id("orders"), orders)]),
        schemas: BTreeMap::new(),
    }
}

fn table_right(table: &str, right: &str) -> (String, String, String) {
    ("my_shop".into(), table.into(), right.into())
}

fn just_enough() -> Observed {
    Observed {
        global: BTreeSet::from(["USAGE".into()]),
        tables: BTreeSet::from([
            table_right("customers", "DELETE"),
            table_right("orders", "SELECT"),
        ]),
        columns: BTreeSet::from([(
            "my_shop".into(),
            "customers".into(),
            "id".into(),
            "SELECT".into(),
        )]),
        roles: BTreeSet::from(["guard".into()]),
        secure_file_priv: None,
        ..Observed::default()
    }
}

/// Exactly one finding that is an error and speaks of this.
fn refused(change: impl FnOnce(&mut Observed), about: &str) {
    let mut observed = just_enough();
    change(&mut observed);
    let findings = compare(&plan(Some("guard")), &observed);
    let errors: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Refuse)
        .collect();
    assert!(
        errors.len() == 1 && errors[0].text.contains(about),
        "{about}: {findings:?}"
    );
}

#[test]
fn just_enough_is_silent() {
    assert_eq!(compare(&plan(Some("guard")), &just_enough()), []);
}

#[test]
fn rights_that_go_around_the_policy_are_refused() {
    for right in [
        "FILE",
        "SUPER",
        "SYSTEM_USER",
        "REPLICATION SLAVE",
        "BINLOG MONITOR",
        "BACKUP_ADMIN",
        "CONNECTION ADMIN",
        "CREATE USER",
        "PROCESS",
    ] {
        refused(
            |observed| {
                observed.global.insert(right.into());
            },
            right,
        );
    }
    refused(|observed| observed.may_grant = true, "GRANT OPTION");
}

#[test]
fn protected_columns_are_not_for_the_account_itself() {
    let about = "protected column my_shop.customers.email";
    refused(
        |observed| {
            observed.global.insert("SELECT".into());
        },
        about,
    );
    for schema in ["my_shop", "my\\_shop", "my%", "%", "MY_SHOP"] {
        let right = (schema.to_owned(), "SELECT".to_owned());
        refused(
            |observed| {
                observed.schemas.insert(right);
            },
            about,
        );
    }
    refused(
        |observed| {
            observed.tables.insert(table_right("customers", "UPDATE"));
        },
        about,
    );
    refused(
        |observed| {
            let right = (
                "my_shop".into(),
                "customers".into(),
                "email".into(),
                "SELECT".into(),
            );
            observed.columns.insert(right);
        },
        about,
    );
}

#[test]
fn rights_on_other_schemas_do_not_matter() {
    let mut observed = just_enough();
    for schema in ["my", "shop", "my\\_sho", "my_shop_2", "yours%"] {
        observed.schemas.insert((schema.into(), "SELECT".into()));
    }
    assert_eq!(compare(&plan(Some("guard")), &observed), []);
}

#[test]
fn the_guard_role_is_granted_and_off() {
    refused(|observed| observed.roles.clear(), "may not turn on");
    refused(
        |observed| {
            observed.default_roles.insert("guard".into());
        },
        "from the login",
    );
    refused(
        |observed| observed.all_roles_at_login = true,
        "activate_all_roles_on_login",
    );
}

#[test]
fn what_is_missing_is_a_warning() {
    let mut observed = just_enough();
    observed.tables.clear();
    let findings = compare(&plan(Some("guard")), &observed);
    let texts: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "warning: account `reader` lacks DELETE on my_shop.customers; statements will fail",
            "warning: account `reader` lacks SELECT on my_shop.orders; statements will fail",
        ]
    );
}

#[test]
fn a_target_without_a_guard_role_is_a_warning() {
    let mut observed = just_enough();
    observed.tables.insert(table_right("customers", "SELECT"));
    let findings = compare(&plan(None), &observed);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].text.contains("guard_role"), "{findings:?}");
}

#[test]
fn files_of_the_server_are_a_warning() {
    let mut observed = just_enough();
    observed.secure_file_priv = Some(String::new());
    observed.local_infile = true;
    let findings = compare(&plan(Some("guard")), &observed);
    assert_eq!(
        findings.iter().map(|finding| finding.severity).max(),
        Some(Severity::Warn)
    );
    assert_eq!(findings.len(), 2);
}

#[test]
fn what_an_account_reads_by_other_roles_or_by_everyones_rights_is_refused() {
    let email = (
        TableId::new("my_shop".into(), "customers".into()),
        column("email"),
    );
    let read = BTreeSet::from([email]);
    refused(
        |observed| {
            observed.read = read.clone();
            observed.default_roles = BTreeSet::from(["staff".into()]);
        },
        "by a role that is on from the login (staff)",
    );
    refused(
        |observed| observed.read = read.clone(),
        "by a right of everyone",
    );
}
