//! How a socket of a session is set: small packets go at once, and a peer that is gone is noticed.

use std::io;
use std::time::Duration;

use socket2::SockRef;
use socket2::TcpKeepalive;
use tokio::net::TcpStream;

/// Sets a socket to send at once, to ask a silent peer whether it is there, and to give up one that
/// acknowledges nothing.
///
/// # Errors
/// When the system knows no such option.
pub(crate) fn prepare(stream: &TcpStream) -> io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(SILENT_TIME)
        .with_interval(ASK_TIME)
        .with_retries(ASKED_MAX);
    let socket = SockRef::from(stream);
    stream.set_nodelay(true)?;
    socket.set_tcp_keepalive(&keepalive)?;
    // Keep-alive does not run while sent bytes wait for their acknowledgement.
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))
}

const SILENT_TIME: Duration = Duration::from_secs(60);
const ASK_TIME: Duration = Duration::from_secs(10);
const ASKED_MAX: u32 = 6;
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_ends_of_a_session_notice_that_a_peer_is_gone() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connected, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        for stream in [connected.unwrap(), accepted.unwrap().0] {
            prepare(&stream).unwrap();
            let socket = SockRef::from(&stream);
            assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap(), SILENT_TIME);
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), ASK_TIME);
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), ASKED_MAX);
            let given_up = socket.tcp_user_timeout().unwrap();
            assert_eq!(given_up, Some(UNACKNOWLEDGED_MAX));
        }
    }
}
