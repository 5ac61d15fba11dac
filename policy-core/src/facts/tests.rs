//! Known answers: statements and their facts.

mod fixture;
mod forms;
mod found;
mod influence;
mod lineage;
mod noise;
mod writes;

use self::fixture::MARIADB;
use self::fixture::MYSQL;
use self::fixture::read;

/// Every statement of the corpus that must work is read, in its default schema or without.
#[test]
fn reads_every_benign_row_statement_of_the_corpus() {
    let corpus = include_str!("../../../tests/corpus/statements.jsonl");
    let mut count = 0;
    for line in corpus.split('\n').filter(|line| !line.is_empty()) {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        if entry["expected"] != "allowed" {
            continue;
        }
        for sql in entry["sql"].as_array().into_iter().flatten() {
            let sql = sql.as_str().unwrap();
            for version in [MYSQL, MARIADB] {
                // MariaDB has no `->`.
                if version == MARIADB && sql.contains("->") {
                    continue;
                }
                let result = read(sql, version);
                assert!(result.is_ok(), "{}: {sql}: {result:?}", entry["id"]);
                count += 1;
            }
        }
    }
    assert!(count > 50);
}
