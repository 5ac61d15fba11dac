//! Ending a statement or a session at a target from outside, over a side connection.

use std::time::Duration;

use super::client::Client;
use super::connect::ConnectRequest;
use super::error::ConnectError;
use super::error::QueryError;
use crate::config::target::DatabaseUser;
use crate::config::target::TargetSettings;

/// What is ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are these two")]
pub enum Kill {
    /// The running statement.
    Query,
    /// The whole session.
    Connection,
}

/// Why nothing was ended.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum KillError {
    /// There is no side connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server refuses.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Ends what the session with that thread id is doing. `user` is the account of the session
/// itself: an account may always end its own.
///
/// The caller must own the reply at that time and send nothing more until this has returned: the
/// KILL may arrive when the statement has just ended, and would hit the next one.
///
/// # Errors
/// When the server cannot be reached or refuses. A session that is gone is no error.
pub async fn kill(
    target: &TargetSettings,
    user: &DatabaseUser,
    thread_id: u32,
    what: Kill,
) -> Result<(), KillError> {
    let mut client = Client::connect(&ConnectRequest::own(target, user)).await?;
    let sql = match what {
        Kill::Query => format!("KILL QUERY {thread_id}"),
        Kill::Connection => format!("KILL {thread_id}"),
    };
    let done = client.query(&sql, KILL_TIME_MAX).await;
    client.quit().await;
    match done {
        Ok(_)
        | Err(QueryError::Server {
            code: ER_NO_SUCH_THREAD,
            ..
        }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

const ER_NO_SUCH_THREAD: u16 = 1094;
const KILL_TIME_MAX: Duration = Duration::from_secs(5);
