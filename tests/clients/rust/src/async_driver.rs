//! mysql_async: a query is text, an exec is prepared.

use std::error::Error;
use std::path::PathBuf;

use futures_util::Stream;
use futures_util::TryStreamExt;
use mysql_async::Conn;
use mysql_async::OptsBuilder;
use mysql_async::Row;
use mysql_async::SslOpts;
use mysql_async::Value;
use mysql_async::from_value_opt;
use mysql_async::prelude::Queryable;

use crate::Answer;
use crate::Settings;
use crate::reading;

pub async fn answers(
    settings: &Settings,
    way: &str,
    statements: &[String],
) -> Result<Vec<Answer>, Box<dyn Error>> {
    let trust = SslOpts::default().with_root_certs(vec![PathBuf::from(&settings.ca).into()]);
    let options = OptsBuilder::default()
        .ip_or_hostname(settings.host.clone())
        .tcp_port(settings.port)
        .user(Some(settings.user.clone()))
        .pass(Some(settings.password.clone()))
        .ssl_opts(Some(trust));
    let mut connection = Conn::new(options).await?;
    let mut answers = Vec::new();
    for sql in statements {
        let rows: Result<Vec<Row>, _> = match way {
            "text" => connection.query(sql).await,
            "prepared" => connection.exec(sql, ()).await,
            "text, streamed" => streamed(connection.query_stream(sql).await).await,
            "prepared, streamed" => streamed(connection.exec_stream(sql, ()).await).await,
            other => return Err(format!("no way {other}").into()),
        };
        answers.push(match rows {
            Ok(rows) => answer(rows),
            Err(error) => Answer::Failure {
                error: error.to_string(),
            },
        });
    }
    connection.disconnect().await?;
    Ok(answers)
}

async fn streamed(
    rows: Result<impl Stream<Item = Result<Row, mysql_async::Error>>, mysql_async::Error>,
) -> Result<Vec<Row>, mysql_async::Error> {
    rows?.try_collect().await
}

fn answer(rows: Vec<Row>) -> Answer {
    let columns = rows.first().map(|row| {
        let named = row.columns_ref().iter();
        named
            .map(|column| {
                let (kind, flags) = (column.column_type(), column.flags());
                format!("{} {kind:?} {flags:?}", column.name_str())
            })
            .collect()
    });
    Answer::Rows {
        columns: columns.unwrap_or_default(),
        rows: rows
            .into_iter()
            .map(|row| row.unwrap().iter().map(cell).collect())
            .collect(),
    }
}

fn cell(value: &Value) -> String {
    let mut readings = vec![format!("{value:?}")];
    macro_rules! read {
        ($($type:ty),*) => { $(
            readings.extend(reading(stringify!($type), from_value_opt::<Option<$type>>(value.clone())));
        )* };
    }
    read!(
        bool,
        i8,
        i16,
        i32,
        i64,
        u8,
        u16,
        u32,
        u64,
        f32,
        f64,
        String,
        Vec<u8>
    );
    read!(
        rust_decimal::Decimal,
        time::Date,
        time::Time,
        time::PrimitiveDateTime
    );
    read!(time::Duration, std::time::Duration);
    readings.join(" | ")
}
