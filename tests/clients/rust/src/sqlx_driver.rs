//! sqlx: a raw statement is text, a query is prepared.

use std::error::Error;

use sqlx::AssertSqlSafe;
use sqlx::Column;
use sqlx::ConnectOptions;
use sqlx::Row;
use sqlx::TypeInfo;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::mysql::MySqlRow;
use sqlx::mysql::MySqlSslMode;

use crate::Answer;
use crate::Settings;
use crate::reading;

pub async fn answers(
    settings: &Settings,
    way: &str,
    statements: &[String],
) -> Result<Vec<Answer>, Box<dyn Error>> {
    let options = MySqlConnectOptions::new()
        .host(&settings.host)
        .port(settings.port)
        .username(&settings.user)
        .password(&settings.password)
        .ssl_mode(MySqlSslMode::VerifyIdentity)
        .ssl_ca(&settings.ca);
    let mut connection = options.connect().await?;
    let mut answers = Vec::new();
    for sql in statements {
        let sql = AssertSqlSafe(sql.clone());
        let rows = match way {
            "text" => sqlx::raw_sql(sql).fetch_all(&mut connection).await,
            "prepared" => sqlx::query(sql).fetch_all(&mut connection).await,
            other => return Err(format!("no way {other}").into()),
        };
        answers.push(match rows {
            Ok(rows) => answer(&rows),
            Err(error) => {
                connection = options.connect().await?;
                Answer::Failure {
                    error: error.to_string(),
                }
            }
        });
    }
    Ok(answers)
}

fn answer(rows: &[MySqlRow]) -> Answer {
    let columns = rows.first().map(|row| {
        let named = row.columns().iter();
        named
            .map(|column| format!("{} {}", column.name(), column.type_info().name()))
            .collect()
    });
    Answer::Rows {
        columns: columns.unwrap_or_default(),
        rows: rows.iter().map(cells).collect(),
    }
}

fn cells(row: &MySqlRow) -> Vec<String> {
    (0..row.len()).map(|index| cell(row, index)).collect()
}

fn cell(row: &MySqlRow, index: usize) -> String {
    let mut readings = Vec::new();
    macro_rules! read {
        ($($type:ty),*) => { $(
            readings.extend(reading(stringify!($type), row.try_get::<Option<$type>, _>(index)));
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
        serde_json::Value,
        uuid::Uuid,
        uuid::fmt::Hyphenated
    );
    read!(
        time::Date,
        time::Time,
        time::PrimitiveDateTime,
        time::OffsetDateTime
    );
    read!(sqlx::mysql::types::MySqlTime, std::time::Duration);
    // No type goes with a geometry.
    readings.extend(reading(
        "bytes",
        row.try_get_unchecked::<Option<Vec<u8>>, _>(index),
    ));
    readings.join(" | ")
}
