//! The bound on everything that a peer can ask us to hold.

/// Limits of one connection.
///
/// ```
/// use mysql_proto::limits::Limits;
///
/// let mut limits = Limits::default();
/// limits.packet_bytes_max = 1024 * 1024;
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The longest logical packet, as `max_allowed_packet` of a server.
    pub packet_bytes_max: usize,
    /// The most columns of one result set. Servers stop at 4,096 for a table.
    pub columns_max: usize,
    /// The most parameters of one prepared statement. Servers stop at 65,535.
    pub params_max: usize,
    /// The most bytes of connection attributes, their lengths included.
    pub attributes_bytes_max: usize,
    /// The most connection attributes.
    pub attributes_max: usize,
    /// The most changes of session state in one OK packet.
    pub session_changes_max: usize,
    /// The most query attributes of one statement.
    pub query_attributes_max: usize,
}

impl Limits {
    /// The longest packet before the login is complete.
    pub const LOGIN_PACKET_BYTES_MAX: usize = 128 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet_bytes_max: 64 * 1024 * 1024,
            columns_max: 4096,
            params_max: 65_535,
            attributes_bytes_max: 8 * 1024,
            attributes_max: 64,
            session_changes_max: 1024,
            query_attributes_max: 64,
        }
    }
}
