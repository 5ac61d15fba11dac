//! Rows as both servers give them.

use policy_core::server::ServerKind;

use super::*;

/// Cells between bars; `NULL` is NULL.
fn row(cells: &str) -> Row {
    let cell = |cell: &str| (cell != "NULL").then(|| cell.as_bytes().to_vec());
    Row::new(cells.split('|').map(cell).collect())
}

fn rows(texts: &[&str]) -> Vec<Row> {
    texts.iter().map(|text| row(text)).collect()
}

fn builder(kind: ServerKind) -> Builder {
    let mut builder = Builder::new(
        Server {
            kind,
            version: (10, 11, 0),
        },
        TableNameCase::Sensitive,
    );
    builder
        .tables(&rows(&[
            "shop|customers|BASE TABLE|InnoDB",
            "shop|orders|BASE TABLE|InnoDB",
            "shop|v|VIEW|NULL",
            "shop|odd|BASE TABLE|CSV",
            "shop|numbers|SEQUENCE|InnoDB",
            "shop|strange|SEQUENCE|SPIDER",
            "information_schema|TABLES|SYSTEM VIEW|NULL",
        ]))
        .unwrap();
    builder
        .columns(&rows(&[
            "shop|customers|id|int|NULL|auto_increment|",
            "shop|customers|Email|VARCHAR|utf8mb4||NULL|NULL|YES",
            "shop|customers|low|varchar|utf8mb4|VIRTUAL GENERATED|lower(`Email`)",
            "shop|customers|ssn|char|latin1|INVISIBLE|NULL||YES",
            "shop|customers|at|timestamp|NULL|DEFAULT_GENERATED on update CURRENT_TIMESTAMP|",
            "shop|orders|id|int|NULL||",
            "shop|orders|customer|int|NULL||||NO",
            "information_schema|TABLES|TABLE_NAME|varchar|utf8mb3||",
        ]))
        .unwrap();
    builder
}

fn table(builder: Builder, name: &str) -> Arc<Table> {
    let id = TableId::new("shop".into(), name.into());
    Arc::clone(&builder.finish(1).catalog.tables[&id])
}

fn names(columns: Option<&BTreeSet<ColumnName>>) -> Option<Vec<&str>> {
    columns.map(|columns| columns.iter().map(ColumnName::as_str).collect())
}

#[test]
fn columns_come_in_order_with_all_that_matters() {
    let table = table(builder(ServerKind::MySql), "customers");
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(columns, ["id", "email", "low", "ssn", "at"]);
    assert_eq!(table.columns[1].data_type, "varchar");
    assert_eq!(table.columns[1].charset.as_deref(), Some("utf8mb4"));
    assert_eq!(table.columns[1].generated, None);
    assert_eq!(
        table.columns[2].generated.as_deref(),
        Some("lower(`Email`)")
    );
    // NULL and the next number meet no key; an empty text may.
    assert!(table.columns[0].fresh_when_absent && table.columns[1].fresh_when_absent);
    assert!(!table.columns[3].fresh_when_absent && !table.columns[4].fresh_when_absent);
    assert!(table.columns[3].invisible && !table.columns[1].invisible);
    assert!(table.columns[4].on_update && !table.columns[0].on_update);
}

#[test]
fn only_engines_with_rows_of_their_own_are_plain() {
    let built = builder(ServerKind::MySql).finish(1).catalog;
    let kind = |schema: &str, table: &str| {
        built.tables[&TableId::new(schema.into(), table.into())]
            .kind
            .clone()
    };
    assert_eq!(kind("shop", "orders"), TableKind::Plain);
    assert_eq!(kind("shop", "odd"), TableKind::OtherEngine("CSV".into()));
    assert_eq!(kind("shop", "numbers"), TableKind::Plain);
    assert_eq!(
        kind("shop", "strange"),
        TableKind::OtherEngine("SPIDER".into())
    );
    assert_eq!(kind("information_schema", "tables"), TableKind::Plain);
    for engine in [
        "MRG_MyISAM",
        "FEDERATED",
        "CONNECT",
        "SPIDER",
        "BLACKHOLE",
        "",
    ] {
        assert_eq!(engine_kind(engine), TableKind::OtherEngine(engine.into()));
    }
}

#[test]
fn a_table_with_a_name_that_servers_fold_is_left_out() {
    let mut builder = builder(ServerKind::MySql);
    builder
        .columns(&rows(&["shop|orders|\u{212a}ey|int|NULL||"]))
        .unwrap();
    let built = builder.finish(1);
    assert_eq!(
        built.left_out,
        [TableId::new("shop".into(), "orders".into())]
    );
    assert!(!built.catalog.tables.contains_key(&built.left_out[0]));
}

#[test]
fn indexes_keep_their_parts_in_order() {
    let mut builder = builder(ServerKind::MySql);
    builder
        .indexes(&rows(&[
            "shop|customers|PRIMARY|0|id",
            "shop|customers|two|1|Email",
            "shop|customers|two|1|NULL",
            "shop|orders|two|1|id",
            "gone|gone|two|1|id",
        ]))
        .unwrap();
    let table = table(builder, "customers");
    assert_eq!(table.indexes.len(), 2);
    assert!(table.indexes[0].unique);
    assert_eq!(table.indexes[1].columns, [ColumnName::parse("email"), None]);
}

#[test]
fn a_foreign_key_is_quiet_only_if_both_rules_are() {
    let keys = rows(&[
        "shop|orders|fk|customer|shop|customers|id",
        "shop|orders|fk2|id|shop|customers|id",
        "shop|orders|fk2|customer|shop|customers|Email",
        "shop|orders|fk3|id|shop|customers|id",
    ]);
    let rules = rows(&[
        "shop|orders|fk|NO ACTION|RESTRICT",
        "shop|orders|fk2|RESTRICT|SET NULL",
    ]);
    let mut builder = builder(ServerKind::MySql);
    builder.foreign_keys(&keys, &rules).unwrap();
    let table = table(builder, "orders");
    let cascades: Vec<_> = table.foreign_keys.iter().map(|key| key.cascades).collect();
    assert_eq!(
        cascades,
        [false, true, true],
        "a key whose rules are not told may do anything"
    );
    assert_eq!(table.foreign_keys[1].columns.len(), 2);
    assert_eq!(table.foreign_keys[1].parent_columns[1].as_str(), "email");
}

#[test]
fn checks_name_their_columns_or_are_unknown() {
    let mut readable = builder(ServerKind::MySql);
    let clause = r"((`Email` <> _utf8mb4\'ssn\') and (`id` > 1))";
    readable
        .checks(&rows(&[&format!("shop|customers|{clause}")]))
        .unwrap();
    let found = table(readable, "customers");
    assert_eq!(
        names(found.check_columns.as_ref()),
        Some(vec!["email", "id"])
    );
    let mut broken = builder(ServerKind::MySql);
    let clauses = ["shop|customers|`id` > 'x", "shop|customers|`id` > 1"];
    broken.checks(&rows(&clauses)).unwrap();
    assert_eq!(table(broken, "customers").check_columns, None);
}

#[test]
fn a_text_that_is_checked_to_be_json_is_a_document_in_mariadb() {
    let data_type = |kind, clause: &str| {
        let mut builder = builder(kind);
        let column = "shop|orders|note|longtext|utf8mb4||";
        builder.columns(&rows(&[column])).unwrap();
        let check = format!("shop|orders|{clause}");
        builder.checks(&rows(&[&check])).unwrap();
        let table = table(builder, "orders");
        table.columns.last().unwrap().data_type.clone()
    };
    assert_eq!(data_type(ServerKind::MariaDb, "json_valid(`note`)"), "json");
    for clause in [
        "json_valid(`note`) or `id` > 1",
        "json_valid(`note`) and json_valid(`note`)",
        "json_valid(`id`)",
        "json_valid(lower(`note`))",
        "`note` <> 'json_valid(`note`)'",
    ] {
        assert_eq!(data_type(ServerKind::MariaDb, clause), "longtext");
    }
    let other = data_type(ServerKind::MySql, "json_valid(`note`)");
    assert_eq!(other, "longtext");
}

#[test]
fn the_check_of_a_json_column_itself_names_none() {
    let with = |clause: &str| {
        let mut builder = builder(ServerKind::MariaDb);
        let text = format!("shop|customers|{clause}");
        builder.checks(&rows(&[&text])).unwrap();
        table(builder, "customers").check_columns.clone()
    };
    assert_eq!(names(with("json_valid(`Email`)").as_ref()), Some(vec![]));
    for more in [
        "json_valid(`Email`) or `Email` = 'x'",
        "json_valid(`id`) and json_valid(`Email`)",
        "json_valid(concat(`Email`))",
    ] {
        assert!(
            names(with(more).as_ref()).unwrap().contains(&"email"),
            "{more}"
        );
    }
}

#[test]
fn partitions_name_their_columns_or_are_unknown() {
    let with = |text: &str| {
        let mut builder = builder(ServerKind::MariaDb);
        builder
            .indexes(&rows(&["shop|customers|PRIMARY|0|id"]))
            .unwrap();
        builder
            .partitions(&[row(&format!("shop|customers|{text}"))])
            .unwrap();
        table(builder, "customers").partition_columns.clone()
    };
    let range = with("RANGE|`id` * 2|HASH|`Email`");
    assert_eq!(names(range.as_ref()), Some(vec!["email", "id"]));
    assert_eq!(names(with("KEY||NULL|NULL").as_ref()), Some(vec!["id"]));
    assert_eq!(
        names(with("LINEAR KEY|NULL|NULL|NULL").as_ref()),
        Some(vec!["id"])
    );
    assert_eq!(with("SYSTEM_TIME||NULL|NULL"), None);
    assert_eq!(with("HASH|`id|NULL|NULL"), None);
}

#[test]
fn a_view_that_may_not_be_read_is_unknown() {
    for (shown, expected) in [("select 1", Some("select 1")), ("", None), ("NULL", None)] {
        let mut builder = builder(ServerKind::MySql);
        builder.views(&rows(&[&format!("shop|v|{shown}")])).unwrap();
        let definition = expected.map(Arc::from);
        assert_eq!(table(builder, "v").kind, TableKind::View { definition });
    }
}

#[test]
fn triggers_and_routines_are_marked() {
    let mut builder = builder(ServerKind::MySql);
    builder
        .triggers(&rows(&["shop|orders|SET NEW.id = 1"]))
        .unwrap();
    builder.routines(&rows(&["shop|F1|RETURN 1"])).unwrap();
    let built = builder.finish(1).catalog;
    assert!(built.tables[&TableId::new("shop".into(), "orders".into())].has_triggers);
    assert!(
        built
            .routines
            .contains(&TableId::new("shop".into(), "f1".into()))
    );
}

#[test]
fn what_stored_code_may_leave_in_a_session_is_marked() {
    let mut builder = builder(ServerKind::MySql);
    let triggers = ["shop|orders|CALL p1()", "shop|orders|SET NEW.id = 1"];
    builder.triggers(&rows(&triggers)).unwrap();
    builder.triggers(&rows(&["shop|t|SET NEW.id = 1"])).unwrap();
    let routines = [
        "shop|P1|SET @x = 1",
        "shop|p2|SELECT 1",
        "shop|unread|NULL",
        "sys|diagnostics|SET @x = 1",
        "shop|p3|GET DIAGNOSTICS n = NUMBER",
    ];
    builder.routines(&rows(&routines)).unwrap();
    let marked = builder.finish(1).catalog.lasting;
    let marked: Vec<(&str, Lasting)> = marked
        .iter()
        .map(|(id, left)| (id.table(), *left))
        .collect();
    let (values, names) = (Lasting::Values, Lasting::Names);
    assert_eq!(
        marked,
        [("orders", values), ("p1", values), ("unread", names)]
    );
}

#[test]
fn a_schema_of_our_name_is_refused() {
    let refused = builder(ServerKind::MySql).schemas(&rows(&["Postern"]));
    assert!(matches!(refused, Err(CatalogError::Reserved { .. })));
}

#[test]
fn names_that_are_not_text_are_refused() {
    let broken = Row::new(vec![Some(vec![0xff]), Some(b"t".to_vec())]);
    let refused = builder(ServerKind::MySql).columns(&[broken]);
    assert!(matches!(
        refused,
        Err(CatalogError::Form { what: "columns" })
    ));
}
