//! COM_CHANGE_USER: the one login ends and another begins, in the same connection of the client.
//!
//! Nothing of the one is left to the other: not its connection to the target, which ends with it, and
//! nothing that was known of that. A login that fails ends the connection, as at a server.

use audit_log::record;
use bytes::Bytes;
use mysql_proto::handshake::greeting::Salt;
use mysql_proto::limits::Limits;

use crate::cache::Readings;
use crate::config::World;
use crate::event::Action;
use crate::event::Durability;
use crate::login::Login;
use crate::phase::Phase;
use crate::prepared::PreparedStatements;
use crate::session::Session;

impl Session {
    /// The client logs in anew: the end of its login is recorded first.
    pub(crate) fn change_user(&mut self, content: Bytes, world: World<'_>) {
        self.phase = Phase::Leaving(content);
        let ended = record::LoginEnded {
            reason: "the client logs in anew".into(),
        };
        self.record(record::Event::LoginEnded(ended), Durability::Written, world);
    }

    /// The end of the login is recorded: forgets all of it, and begins the next.
    pub(crate) fn left(&mut self, content: &Bytes, world: World<'_>) {
        self.known = None;
        self.state = None;
        self.prepared = PreparedStatements::default();
        self.readings = Readings::default();
        self.owed = None;
        self.waiting.clear();
        self.server_in.clear();
        self.hides_warnings = false;
        self.began_us = world.now_us;
        self.actions.push_back(Action::Disconnect { says_so: true });
        self.assembler
            .set_packet_bytes_max(Limits::LOGIN_PACKET_BYTES_MAX);
        self.assembler.skip_too_large(false);
        let login = Login::again(Salt::from_random(self.opening.salt), self.capabilities);
        self.login_packet(login, content, world);
    }
}
