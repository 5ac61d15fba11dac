//! Fuzz targets over the public doors of the libraries: each takes any bytes and asserts a
//! property. A target that finds nothing to say about its input returns.

mod audit;
mod detect;
mod frame;
mod mask;
mod packets;
mod reply;
mod rows;
mod session;
mod shop;
mod statement;

pub use audit::audit_read;
pub use detect::detect;
pub use frame::frame_chunks;
pub use mask::mask_row;
pub use packets::command_roundtrip;
pub use packets::login_roundtrip;
pub use packets::response_roundtrip;
pub use reply::exchange;
pub use rows::row_roundtrip;
pub use session::session;
pub use statement::statement;
