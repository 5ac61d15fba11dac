//! The MySQL client/server protocol: packets to and from bytes.
