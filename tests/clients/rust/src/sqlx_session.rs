//! sqlx, step by step.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use serde_json::Value as Json;
use serde_json::json;
use sqlx::AssertSqlSafe;
use sqlx::Column;
use sqlx::Connection;
use sqlx::Either;
use sqlx::Error;
use sqlx::Executor;
use sqlx::MySql;
use sqlx::MySqlConnection;
use sqlx::Row;
use sqlx::Transaction;
use sqlx::TypeInfo;
use sqlx::ValueRef;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::mysql::MySqlPoolOptions;
use sqlx::mysql::MySqlRow;
use sqlx::mysql::MySqlSslMode;

use crate::session::Failure;
use crate::session::Place;
use crate::session::Request;
use crate::session::shown;

pub struct SqlxSession {
    options: MySqlConnectOptions,
    connections: HashMap<String, Held>,
}

/// A connection, or a transaction of one.
enum Held {
    Free(Box<MySqlConnection>),
    Within(Transaction<'static, MySql>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error
            .as_database_error()
            .and_then(|said| said.try_downcast_ref::<MySqlDatabaseError>())
        {
            Some(said) => Self {
                code: Some(said.number()),
                text: said.message().to_owned(),
            },
            None => Self::own(error),
        }
    }
}

impl SqlxSession {
    pub fn new(place: &Place) -> Self {
        let options = MySqlConnectOptions::new()
            .host(&place.host)
            .port(place.port)
            .username(&place.user)
            .password(&place.password)
            .database("matrix")
            .ssl_mode(MySqlSslMode::VerifyIdentity)
            .ssl_ca(&place.ca);
        Self {
            options,
            connections: HashMap::new(),
        }
    }

    pub async fn answer(&mut self, request: &Request) -> Result<Json, Failure> {
        match request.what.as_str() {
            "connect" => self.connect(request).await,
            "query" => Ok(json!(
                results(self.connection(&request.on)?, &request.sql).await?
            )),
            "execute" => self.execute(request).await,
            "copy" => self.copy(request).await,
            "begin" => self.begin(request).await,
            "commit" | "rollback" => self.end(request).await,
            "reconnect" => self.reconnect(request).await,
            "pool" => self.pool(request).await,
            "close" => self.close(request).await,
            other => Err(Failure::own(format!("no request {other}"))),
        }
    }

    async fn connect(&mut self, request: &Request) -> Result<Json, Failure> {
        let mut options = self.options.clone();
        if let Some(database) = &request.database {
            options = options.database(database);
        }
        if let Some(password) = &request.password {
            options = options.password(password);
        }
        let mut connection = MySqlConnection::connect_with(&options).await?;
        // It does not tell the number of its connection.
        let id: u64 = sqlx::query_scalar("SELECT CONNECTION_ID()")
            .fetch_one(&mut connection)
            .await?;
        self.connections
            .insert(request.on.clone(), Held::Free(Box::new(connection)));
        Ok(json!({ "id": id }))
    }

    fn connection(&mut self, on: &str) -> Result<&mut MySqlConnection, Failure> {
        match self.connections.get_mut(on) {
            Some(Held::Free(connection)) => Ok(connection),
            Some(Held::Within(transaction)) => Ok(transaction),
            None => Err(Failure::own("no such connection")),
        }
    }

    async fn execute(&mut self, request: &Request) -> Result<Json, Failure> {
        let connection = self.connection(&request.on)?;
        let mut found = Vec::new();
        for parameters in &request.many {
            let mut query = sqlx::query(AssertSqlSafe(request.sql.clone()));
            for parameter in parameters {
                query = match parameter {
                    Json::Number(number) => query.bind(number.as_i64()),
                    Json::String(text) => query.bind(text.clone()),
                    _ => query.bind(None::<String>),
                };
            }
            let rows = query.fetch_all(&mut *connection).await?;
            found.push(result(&rows));
        }
        Ok(json!(found))
    }

    async fn copy(&mut self, request: &Request) -> Result<Json, Failure> {
        let connection = self.connection(&request.on)?;
        let rows = sqlx::query(AssertSqlSafe(request.select.clone()))
            .fetch_all(&mut *connection)
            .await?;
        let mut told = Vec::new();
        for row in &rows {
            told.push([copied(connection, row, &request.insert).await?]);
        }
        Ok(json!(told))
    }

    async fn begin(&mut self, request: &Request) -> Result<Json, Failure> {
        // A transaction that owns its connection comes from a pool.
        let pool = MySqlPoolOptions::new()
            .connect_with(self.options.clone())
            .await?;
        self.connections
            .insert(request.on.clone(), Held::Within(pool.begin().await?));
        Ok(Json::Null)
    }

    async fn end(&mut self, request: &Request) -> Result<Json, Failure> {
        let Some(Held::Within(transaction)) = self.connections.remove(&request.on) else {
            return Err(Failure::own("no transaction"));
        };
        if request.what == "commit" {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        self.connect(request).await?;
        Ok(Json::Null)
    }

    async fn reconnect(&mut self, request: &Request) -> Result<Json, Failure> {
        // As its pool does it: it asks whether it is there, and takes another if not.
        if self.connection(&request.on)?.ping().await.is_err() {
            self.connect(request).await?;
        }
        Ok(Json::Null)
    }

    /// What the second user of a pool of one connection finds of the first.
    async fn pool(&mut self, request: &Request) -> Result<Json, Failure> {
        let pool = MySqlPoolOptions::new()
            .max_connections(1)
            .connect_with(self.options.clone())
            .await?;
        let mut connection = pool.acquire().await?;
        for sql in &request.leave {
            connection.execute(AssertSqlSafe(sql.clone())).await?;
        }
        drop(connection);
        let mut connection = pool.acquire().await?;
        let mut left = Vec::new();
        for sql in &request.ask {
            left.push(results(&mut connection, sql).await?);
        }
        Ok(json!({ "left": left }))
    }

    async fn close(&mut self, request: &Request) -> Result<Json, Failure> {
        if let Some(Held::Free(connection)) = self.connections.remove(&request.on) {
            connection.close().await?;
        }
        Ok(Json::Null)
    }
}

/// All results of a text; one of rows that are none looks like none at all.
async fn results(connection: &mut MySqlConnection, sql: &str) -> Result<Vec<Json>, Failure> {
    let mut parts = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_many(connection);
    let (mut found, mut rows) = (Vec::new(), Vec::new());
    while let Some(part) = parts.try_next().await? {
        match part {
            Either::Right(row) => rows.push(row),
            Either::Left(end) if rows.is_empty() => {
                found.push(json!({ "affected": end.rows_affected() }));
            }
            Either::Left(_) => {
                found.push(result(&rows));
                rows.clear();
            }
        }
    }
    Ok(found)
}

fn result(rows: &[MySqlRow]) -> Json {
    let Some(first) = rows.first() else {
        return json!({ "affected": null });
    };
    let columns: Vec<String> = first
        .columns()
        .iter()
        .map(|column| format!("{} {}", column.name(), column.type_info().name()))
        .collect();
    let cells: Vec<Vec<Json>> = rows
        .iter()
        .map(|row| (0..row.len()).map(|place| cell(row, place)).collect())
        .collect();
    json!({ "columns": columns, "rows": cells })
}

/// The first of these types that takes the cell shows it.
macro_rules! each_type {
    ($read:ident) => {
        $read!(
            i64,
            u64,
            rust_decimal::Decimal,
            f64,
            String,
            time::PrimitiveDateTime,
            time::OffsetDateTime,
            time::Date,
            sqlx::mysql::types::MySqlTime,
            i16,
            serde_json::Value,
            uuid::Uuid,
            Vec<u8>
        )
    };
}

fn cell(row: &MySqlRow, place: usize) -> Json {
    macro_rules! read {
        ($($type:ty),*) => { $(
            if let Ok(value) = row.try_get::<Option<$type>, _>(place) {
                return value.map_or(Json::Null, |value| told(stringify!($type), &value));
            }
        )* };
    }
    each_type!(read);
    json!("unread ")
}

/// Reads the one cell of a row and gives it to a statement that writes it.
async fn copied(
    connection: &mut MySqlConnection,
    row: &MySqlRow,
    insert: &str,
) -> Result<Json, Failure> {
    let insert = sqlx::query(AssertSqlSafe(insert.to_owned()));
    // Every type takes NULL.
    if row.try_get_raw(0)?.is_null() {
        insert.bind(None::<String>).execute(connection).await?;
        return Ok(Json::Null);
    }
    macro_rules! read {
        ($($type:ty),*) => { $(
            if let Ok(value) = row.try_get::<Option<$type>, _>(0) {
                let shown = value.as_ref().map_or(Json::Null, |value| told(stringify!($type), value));
                insert.bind(value).execute(connection).await?;
                return Ok(shown);
            }
        )* };
    }
    each_type!(read);
    Err(Failure::own("no type takes the cell"))
}

fn told(kind: &str, value: &dyn std::fmt::Debug) -> Json {
    let text = format!("{value:?}");
    // Text without the quotes that stand around it.
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(&text);
    shown(&kind.replace(' ', ""), text)
}
