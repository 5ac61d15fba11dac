//! Connections of one of the Rust drivers, driven step by step; see tests/matrix/README.md for the requests.
//!
//! The first line of standard input holds the settings, each other line a request, and each line of standard
//! output the answer to one.

use std::error::Error;
use std::io;
use std::io::BufRead;

use serde_json::Value;
use serde_json::json;

use crate::async_session::AsyncSession;
use crate::sqlx_session::SqlxSession;

#[derive(serde::Deserialize)]
pub struct Place {
    driver: String,
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
    pub ca: String,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Request {
    #[serde(rename = "do")]
    pub what: String,
    pub on: String,
    pub sql: String,
    pub database: Option<String>,
    pub password: Option<String>,
    pub local: bool,
    pub many: Vec<Vec<Value>>,
    pub select: String,
    pub insert: String,
    pub leave: Vec<String>,
    pub ask: Vec<String>,
}

/// Why a request failed: the server's number, if it came from there, and the words.
pub struct Failure {
    pub code: Option<u16>,
    pub text: String,
}

impl Failure {
    pub fn own(text: impl ToString) -> Self {
        Self {
            code: None,
            text: text.to_string(),
        }
    }
}

/// Text of more characters than this is shortened.
const SHOWN_WHOLE: usize = 400;

/// A cell by the name of its type and its text.
pub fn shown(kind: &str, text: &str) -> Value {
    let length = text.chars().count();
    if length <= SHOWN_WHOLE {
        return json!(format!("{kind} {text}"));
    }
    let first: String = text.chars().take(20).collect();
    json!(format!("{kind} {first}… of {length}"))
}

pub fn run() -> Result<(), Box<dyn Error>> {
    let mut lines = io::stdin().lock().lines();
    let place: Place = serde_json::from_str(&lines.next().ok_or("no settings")??)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let sqlx = place.driver == "sqlx";
    let mut of_sqlx = SqlxSession::new(&place);
    let mut of_async = AsyncSession::new(&place);
    for line in lines {
        let request: Request = serde_json::from_str(&line?)?;
        let value = runtime.block_on(async {
            if sqlx {
                of_sqlx.answer(&request).await
            } else {
                of_async.answer(&request).await
            }
        });
        let answer = match value {
            Ok(value) => json!({ "value": value }),
            Err(Failure { code, text }) => json!({ "error": { "code": code, "text": text } }),
        };
        println!("{answer}");
    }
    Ok(())
}
