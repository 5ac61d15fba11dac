//! mysql_async, step by step.

use std::collections::HashMap;
use std::path::PathBuf;

use mysql_async::ChangeUserOpts;
use mysql_async::Conn;
use mysql_async::Error;
use mysql_async::OptsBuilder;
use mysql_async::Params;
use mysql_async::Pool;
use mysql_async::PoolConstraints;
use mysql_async::PoolOpts;
use mysql_async::QueryResult;
use mysql_async::Row;
use mysql_async::SslOpts;
use mysql_async::Transaction;
use mysql_async::TxOpts;
use mysql_async::Value;
use mysql_async::WhiteListFsHandler;
use mysql_async::prelude::Protocol;
use mysql_async::prelude::Queryable;
use serde_json::Value as Json;
use serde_json::json;

use crate::session::Failure;
use crate::session::Place;
use crate::session::Request;
use crate::session::shown;

pub struct AsyncSession {
    options: OptsBuilder,
    connections: HashMap<String, Held>,
    /// What may be sent to a server.
    files: Vec<PathBuf>,
}

/// A connection, or a transaction of one.
enum Held {
    Free(Conn),
    Within(Transaction<'static>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Server(said) => Self {
                code: Some(said.code),
                text: said.message,
            },
            other => Self::own(other),
        }
    }
}

impl AsyncSession {
    pub fn new(place: &Place) -> Self {
        let trust = SslOpts::default().with_root_certs(vec![PathBuf::from(&place.ca).into()]);
        let options = OptsBuilder::default()
            .ip_or_hostname(place.host.clone())
            .tcp_port(place.port)
            .user(Some(place.user.clone()))
            .pass(Some(place.password.clone()))
            .db_name(Some("matrix"))
            .ssl_opts(Some(trust));
        Self {
            options,
            connections: HashMap::new(),
            files: ["loaded.csv", "nothing.csv"]
                .iter()
                .flat_map(|name| std::env::current_dir().map(|folder| folder.join(name)))
                .collect(),
        }
    }

    pub async fn answer(&mut self, request: &Request) -> Result<Json, Failure> {
        match request.what.as_str() {
            "connect" => self.connect(request).await,
            "query" => match self.held(&request.on)? {
                Held::Free(connection) => query(connection, &request.sql).await,
                Held::Within(transaction) => query(transaction, &request.sql).await,
            },
            "execute" => self.execute(request).await,
            "copy" => self.copy(request).await,
            "change_user" => self.change_user(request).await,
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
            options = options.db_name(Some(database));
        }
        if let Some(password) = &request.password {
            options = options.pass(Some(password));
        }
        if request.local {
            options = options.local_infile_handler(Some(WhiteListFsHandler::new(&self.files)));
        }
        let connection = Conn::new(options).await?;
        let told = json!({ "id": connection.id(), "version": format!("{:?}", connection.server_version()) });
        self.connections
            .insert(request.on.clone(), Held::Free(connection));
        Ok(told)
    }

    fn held(&mut self, on: &str) -> Result<&mut Held, Failure> {
        self.connections
            .get_mut(on)
            .ok_or_else(|| Failure::own("no such connection"))
    }

    fn connection(&mut self, on: &str) -> Result<&mut Conn, Failure> {
        match self.held(on)? {
            Held::Free(connection) => Ok(connection),
            Held::Within(_) => Err(Failure::own("within a transaction")),
        }
    }

    async fn execute(&mut self, request: &Request) -> Result<Json, Failure> {
        let connection = self.connection(&request.on)?;
        let statement = connection.prep(&request.sql).await?;
        let mut found = Vec::new();
        for parameters in &request.many {
            let values: Vec<Value> = parameters.iter().map(parameter).collect();
            let parameters = if values.is_empty() {
                Params::Empty
            } else {
                Params::Positional(values)
            };
            let mut result = connection.exec_iter(&statement, parameters).await?;
            found.append(&mut results(&mut result).await?);
        }
        connection.close(statement).await?;
        Ok(json!(found))
    }

    async fn copy(&mut self, request: &Request) -> Result<Json, Failure> {
        let connection = self.connection(&request.on)?;
        let rows: Vec<Row> = connection.exec(&request.select, ()).await?;
        let mut told = Vec::new();
        for row in rows {
            let values = row.unwrap();
            told.push(values.iter().map(cell).collect::<Vec<_>>());
            connection.exec_drop(&request.insert, values).await?;
        }
        Ok(json!(told))
    }

    async fn change_user(&mut self, request: &Request) -> Result<Json, Failure> {
        let wanted = ChangeUserOpts::new()
            .with_pass(request.password.clone())
            .with_db_name(request.database.clone());
        self.connection(&request.on)?.change_user(wanted).await?;
        Ok(Json::Null)
    }

    async fn begin(&mut self, request: &Request) -> Result<Json, Failure> {
        // A transaction that owns its connection comes from a pool.
        let pool = Pool::new(self.options.clone());
        let transaction = pool.start_transaction(TxOpts::default()).await?;
        self.connections
            .insert(request.on.clone(), Held::Within(transaction));
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
        let one = PoolConstraints::new(1, 1).ok_or_else(|| Failure::own("no such pool"))?;
        let pool = PoolOpts::default()
            .with_constraints(one)
            .with_reset_connection(true);
        let pool = Pool::new(self.options.clone().pool_opts(pool));
        let mut connection = pool.get_conn().await?;
        let first = connection.id();
        for sql in &request.leave {
            connection.query_drop(sql).await?;
        }
        drop(connection);
        let mut connection = pool.get_conn().await?;
        let mut left = Vec::new();
        for sql in &request.ask {
            left.push(query(&mut connection, sql).await?);
        }
        Ok(json!({ "again": connection.id() == first, "left": left }))
    }

    async fn close(&mut self, request: &Request) -> Result<Json, Failure> {
        if let Some(Held::Free(connection)) = self.connections.remove(&request.on) {
            connection.disconnect().await?;
        }
        Ok(Json::Null)
    }
}

async fn query(connection: &mut impl Queryable, sql: &str) -> Result<Json, Failure> {
    let mut result = connection.query_iter(sql).await?;
    let found = results(&mut result).await?;
    // An error of a later result is told where the rest is read.
    result.drop_result().await?;
    Ok(json!(found))
}

async fn results<P: Protocol>(result: &mut QueryResult<'_, '_, P>) -> Result<Vec<Json>, Failure> {
    let mut found = Vec::new();
    loop {
        let columns: Vec<String> = result
            .columns_ref()
            .iter()
            .map(|column| format!("{} {:?}", column.name_str(), column.column_type()))
            .collect();
        let affected = result.affected_rows();
        let rows: Vec<Row> = result.collect().await?;
        found.push(if columns.is_empty() {
            json!({ "affected": affected })
        } else {
            let cells = rows
                .into_iter()
                .map(|row| row.unwrap().iter().map(cell).collect());
            json!({ "columns": columns, "rows": cells.collect::<Vec<Vec<Json>>>() })
        });
        if result.is_empty() {
            return Ok(found);
        }
    }
}

fn cell(value: &Value) -> Json {
    match value {
        Value::NULL => Json::Null,
        Value::Bytes(bytes) => shown("Bytes", &String::from_utf8_lossy(bytes)),
        Value::Int(number) => shown("Int", &number.to_string()),
        Value::UInt(number) => shown("UInt", &number.to_string()),
        other => shown("Value", &format!("{other:?}")),
    }
}

fn parameter(value: &Json) -> Value {
    match value {
        Json::Number(number) => number.as_i64().into(),
        Json::String(text) => text.as_str().into(),
        _ => Value::NULL,
    }
}
