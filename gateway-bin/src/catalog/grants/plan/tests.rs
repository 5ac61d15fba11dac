//! A shop with protected columns, and what its roles need.

use std::sync::Arc;

use policy_core::catalog::Column;
use policy_core::catalog::Table;
use policy_core::catalog::TableKind;
use policy_core::name::TableNameCase;
use policy_core::policy::compile::Known;
use policy_core::server::Server;
use policy_core::server::ServerKind;

use super::*;
use crate::catalog::grants::text::statements;
use crate::config::target::DatabaseUser;
use crate::config::target::TargetAddress;
use crate::config::target::TargetTls;
use crate::secret::Secret;

const POLICY: &str = r#"
version = 1

[[role]]
name = "analytics"
groups = ["agents"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read"
effect = "allow"
statements = ["read"]
on = ["shop.*"]

[[role.rule]]
name = "tables"
effect = "approve"
statements = ["create table"]
on = ["sh_p.*"]
approvers = ["dba"]
grant = { covers = "statement", valid = "30m", uses = 1 }

[[role]]
name = "flags"
groups = ["flags"]
targets = ["shop"]
database_user = "writer"

[[role.rule]]
name = "write"
effect = "allow"
statements = ["insert", "delete"]
on = ["shop.customers"]

[[role.rule]]
name = "no-orders"
effect = "deny"
statements = ["read"]
on = ["shop.orders"]

[[protect]]
name = "pii"
columns = ["shop.customers.email"]
mask = "m"

[mask.m]
kind = "redact"
"#;

fn column(name: &str, generated: Option<&str>) -> Column {
    Column {
        name: ColumnName::parse(name).unwrap(),
        data_type: "int".into(),
        charset: None,
        invisible: false,
        generated: generated.map(Arc::from),
        on_update: false,
        has_default: false,
        default: None,
        auto_increment: false,
        fresh_when_absent: true,
    }
}

fn catalog() -> Catalog {
    let plain = |columns: Vec<Column>| Table {
        kind: TableKind::Plain,
        columns,
        ..Table::default()
    };
    let view = |definition: Option<&str>| Table {
        kind: TableKind::View {
            definition: definition.map(Arc::from),
        },
        columns: vec![column("x", None)],
        ..Table::default()
    };
    let mixed = "select `id` AS `a`, `low` AS `b`, concat(`email`, 'x') AS `c` \
                 from `shop`.`customers` where `email` <> ''";
    let mixed = Table {
        columns: vec![column("a", None), column("b", None), column("c", None)],
        ..view(Some(mixed))
    };
    let email = column("low", Some("lower(`Email`)"));
    let tables = [
        (
            "customers",
            plain(vec![column("id", None), column("email", None), email]),
        ),
        (
            "orders",
            plain(vec![column("id", None), column("we`ird", None)]),
        ),
        (
            "deep",
            view(Some("select `c`.`x` AS `x` from `shop`.`direct` `c`")),
        ),
        (
            "broken",
            Table {
                columns: Vec::new(),
                ..view(Some("select `gone` AS `x`"))
            },
        ),
        ("mixed", mixed),
        (
            "direct",
            view(Some(
                "select `customers`.`low` AS `x` from `shop`.`customers`",
            )),
        ),
        (
            "harmless",
            view(Some("select `id` AS `x` from `shop`.`orders`")),
        ),
        ("unreadable", view(None)),
    ];
    let mut catalog = Catalog::empty(Server {
        kind: ServerKind::MySql,
        version: (9, 7, 4),
    });
    catalog.table_name_case = TableNameCase::Sensitive;
    catalog.schemas = ["shop", "sh_p", "mysql"].map(Arc::from).into();
    for (name, table) in tables {
        catalog
            .tables
            .insert(TableId::new("shop".into(), name.into()), Arc::new(table));
    }
    catalog
}

fn target(guard_role: Option<&str>) -> TargetSettings {
    let user = |name: &str, user: &str| {
        let password = Secret::new(Vec::new());
        Arc::new(DatabaseUser {
            name: name.into(),
            user: user.into(),
            password,
        })
    };
    let reader = user("reader", "shop_reader");
    TargetSettings {
        name: "shop".into(),
        address: TargetAddress {
            host: "localhost".into(),
            port: 3306,
        },
        database: None,
        tls: TargetTls::Off,
        catalog_user: Arc::clone(&reader),
        users: vec![reader, user("writer", "shop_writer")],
        guard_role: guard_role.map(str::to_owned),
    }
}

fn plans_with(guard_role: Option<&str>) -> Vec<GrantPlan> {
    let known = Known {
        issuers: &["corp"],
        targets: &["shop"],
    };
    let policy = PolicySet::compile("policy.toml", POLICY, known).unwrap();
    plans(&policy, &target(guard_role), &catalog())
}

#[test]
fn protected_columns_and_what_shows_them_are_for_the_guard_role() {
    let plans = plans_with(Some("guard"));
    let printed = statements(&plans[0], "%", ServerKind::MySql);
    let expected = [
        "CREATE ROLE IF NOT EXISTS `guard`;",
        "GRANT SELECT (`id`) ON `shop`.`customers` TO 'shop_reader'@'%';",
        "GRANT SELECT ON `shop`.`customers` TO `guard`;",
        "GRANT SELECT ON `shop`.`deep` TO `guard`;",
        "GRANT SELECT ON `shop`.`direct` TO `guard`;",
        "GRANT SELECT ON `shop`.`harmless` TO 'shop_reader'@'%';",
        "GRANT SELECT (`a`) ON `shop`.`mixed` TO 'shop_reader'@'%';",
        "GRANT SELECT ON `shop`.`mixed` TO `guard`;",
        "GRANT SELECT ON `shop`.`orders` TO 'shop_reader'@'%';",
        "GRANT SELECT ON `shop`.`unreadable` TO `guard`;",
        "GRANT CREATE ON `sh\\_p`.* TO 'shop_reader'@'%';",
        "GRANT `guard` TO 'shop_reader'@'%';",
        "SET DEFAULT ROLE NONE TO 'shop_reader'@'%';",
    ];
    assert_eq!(printed, expected);
}

#[test]
fn what_has_no_columns_of_its_own_is_given_on_the_table() {
    let plans = plans_with(Some("guard"));
    let printed = statements(&plans[1], "%", ServerKind::MariaDb);
    let expected = [
        "CREATE ROLE IF NOT EXISTS `guard`;",
        "GRANT SELECT (`id`), INSERT (`id`), DELETE ON `shop`.`customers` TO 'shop_writer'@'%';",
        "GRANT SELECT, INSERT ON `shop`.`customers` TO `guard`;",
        "GRANT `guard` TO 'shop_writer'@'%';",
        "SET DEFAULT ROLE NONE FOR 'shop_writer'@'%';",
    ];
    assert_eq!(printed, expected);
}

#[test]
fn without_a_guard_role_rights_are_on_whole_tables() {
    let plans = plans_with(None);
    let printed = statements(&plans[0], "10.0.%", ServerKind::MySql);
    assert_eq!(
        printed[0],
        "GRANT SELECT ON `shop`.`customers` TO 'shop_reader'@'10.0.%';"
    );
    assert!(!printed.iter().any(|line| line.contains("ROLE")));
}
