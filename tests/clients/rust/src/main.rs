//! Statements through one of the Rust drivers, in each way that it has.
//!
//! Settings as JSON on standard input; on standard output, for each way, the cells of each statement
//! by every type that the driver turns them into. With `session`, step by step (`session.rs`).

mod async_driver;
mod async_session;
mod session;
mod sqlx_driver;
mod sqlx_session;

use std::collections::BTreeMap;
use std::io;

#[derive(serde::Deserialize)]
pub struct Settings {
    driver: String,
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
    pub ca: String,
    statements: BTreeMap<String, Vec<String>>,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
pub enum Answer {
    Rows {
        columns: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    Failure {
        error: String,
    },
}

/// One reading of a cell by one type; nothing where the type does not take it.
pub fn reading<T: std::fmt::Debug, E>(name: &str, read: Result<T, E>) -> Option<String> {
    read.ok().map(|value| format!("{name} {value:?}"))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().nth(1).as_deref() == Some("session") {
        return session::run();
    }
    let settings: Settings = serde_json::from_reader(io::stdin())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut all = BTreeMap::new();
    for (way, statements) in &settings.statements {
        let answers = runtime.block_on(async {
            match settings.driver.as_str() {
                "sqlx" => sqlx_driver::answers(&settings, way, statements).await,
                "mysql_async" => async_driver::answers(&settings, way, statements).await,
                other => Err(format!("no driver {other}").into()),
            }
        })?;
        all.insert(way, answers);
    }
    serde_json::to_writer(io::stdout(), &all)?;
    Ok(())
}
