//! Section `[[target]]`: a database server, how to trust it, and the accounts to use there.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::config::table::Placed;
use crate::config::table::Table;
use crate::secret::Secret;
use crate::tls;
use crate::tls::ServerCheck;

/// One database server.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct TargetSettings {
    /// By which listeners, policies and user names call it.
    pub name: String,
    /// Where it listens.
    pub address: TargetAddress,
    /// The default database of a session, unless the client asks for another.
    pub database: Option<String>,
    /// How the connection to it is protected.
    pub tls: TargetTls,
    /// The accounts; policies choose one by its name.
    pub users: Vec<Arc<DatabaseUser>>,
    /// The account that reads the catalog, one of `users`.
    pub catalog_user: Arc<DatabaseUser>,
    /// The database role that alone may touch protected columns.
    pub guard_role: Option<String>,
}

impl TargetSettings {
    /// The account that a policy calls by this name.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<&Arc<DatabaseUser>> {
        self.users.iter().find(|user| user.name == name)
    }
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct TargetAddress {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl TargetAddress {
    /// Reads `host:port` or `[::1]:port`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let bracketed = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let host = bracketed.unwrap_or(host);
        let port: u16 = port.parse().ok()?;
        if host.is_empty() || port == 0 || (bracketed.is_none() && host.contains(':')) {
            return None;
        }
        Some(Self {
            host: host.to_owned(),
            port,
        })
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for TargetAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

/// How the connection to a target is protected.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "who connects must handle each of them"
)]
pub enum TargetTls {
    /// TLS; the server must prove itself.
    Verify {
        /// Trusts the CA of the configuration only.
        client_config: Arc<ClientConfig>,
        /// The name that is asked for, and checked unless only the chain is.
        server_name: ServerName<'static>,
    },
    /// In clear, to this machine only.
    Off,
}

/// An account of the database server.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct DatabaseUser {
    /// By which policies call it.
    pub name: String,
    /// As the server knows it.
    pub user: String,
    /// Never leaves the gateway but to that server.
    pub password: Secret,
}

/// What cross-checks need to know of the places.
#[derive(Debug)]
pub(super) struct TargetPlaces {
    pub(super) name: Option<Placed<String>>,
}

impl TargetSettings {
    pub(super) fn read(mut table: Table<'_>) -> (Option<Self>, TargetPlaces) {
        let name = table.required_string("name").filter(|name| {
            // The user name of a login is `target` or `target/role`.
            let good = !name.value.contains(['/', '#', '+', '@']);
            if !good {
                table.mistake(name.at, "a target's name has none of `/ # + @`");
            }
            good
        });
        let address = table.required_string("address").and_then(|text| {
            let parsed = TargetAddress::parse(&text.value);
            if parsed.is_none() {
                table.mistake(
                    text.at,
                    "`address` is a host and a port, as in `db.example:3306`",
                );
            }
            parsed
        });
        let database = table.string("database").map(|text| text.value);
        let protection = match (table.table("tls"), &address) {
            (Some(below), Some(address)) => read_tls(below, address),
            (None, Some(address)) => {
                if !table.has("tls") {
                    let message = format!(
                        "`[target.tls]` is missing: give `ca`, the CA of `{}`",
                        address.host
                    );
                    table.mistake(table.at(), message);
                }
                None
            }
            (Some(_) | None, None) => None,
        };
        let (users, names) = read_users(&mut table);
        let catalog_user = table.required_string("catalog_user").and_then(|wanted| {
            if !names.contains(&wanted.value) {
                let message = format!("no `[[target.user]]` here has the name `{}`", wanted.value);
                table.mistake(wanted.at, message);
            }
            users.iter().find(|user| user.name == wanted.value).cloned()
        });
        let guard_role = table.string("guard_role").map(|text| text.value);
        table.finish();
        let places = TargetPlaces { name: name.clone() };
        let settings = || {
            Some(Self {
                name: name?.value,
                address: address?,
                database,
                tls: protection?,
                users,
                catalog_user: catalog_user?,
                guard_role,
            })
        };
        (settings(), places)
    }
}

/// The accounts that are good, and the names of all.
fn read_users(table: &mut Table<'_>) -> (Vec<Arc<DatabaseUser>>, Vec<String>) {
    let mut users = Vec::new();
    let mut names = Vec::new();
    table.require("user");
    for mut below in table.tables("user") {
        let name = below.required_string("name");
        let user = below.required_string("user");
        let password = below.required_secret("password");
        if let Some(name) = &name {
            if names.contains(&name.value) {
                below.mistake(name.at, format!("a second user is called `{}`", name.value));
            }
            names.push(name.value.clone());
        }
        below.finish();
        if let (Some(name), Some(user), Some(password)) = (name, user, password) {
            users.push(Arc::new(DatabaseUser {
                name: name.value,
                user: user.value,
                password: password.value,
            }));
        }
    }
    (users, names)
}

fn read_tls(mut table: Table<'_>, address: &TargetAddress) -> Option<TargetTls> {
    let mode = table.string("mode");
    let ca = table.path("ca");
    let server_name = table.string("server_name");
    let check = match mode.as_ref().map(|mode| mode.value.as_str()) {
        None | Some("verify") => Some(ServerCheck::ChainAndName),
        Some("verify-ca") => Some(ServerCheck::Chain),
        Some("off") => None,
        Some(_) => {
            let at = mode.map_or_else(|| table.at(), |mode| mode.at);
            table.mistake(at, "`mode` is `verify`, `verify-ca` or `off`");
            table.finish();
            return None;
        }
    };
    let result = match check {
        Some(check) => {
            table.require("ca");
            let name = server_name
                .as_ref()
                .map_or(address.host.as_str(), |name| name.value.as_str());
            let server_name_at = server_name
                .as_ref()
                .map_or_else(|| table.at(), |name| name.at);
            let server_name = ServerName::try_from(name.to_owned())
                .map_err(|_| {
                    table.mistake(
                        server_name_at,
                        format!("`{name}` is not a name or an address"),
                    )
                })
                .ok();
            let client_config = ca.and_then(|ca| {
                tls::client_config(&ca.value, check)
                    .map_err(|error| table.mistake(ca.at, error))
                    .ok()
            });
            client_config
                .zip(server_name)
                .map(|(client_config, server_name)| TargetTls::Verify {
                    client_config,
                    server_name,
                })
        }
        None if address.is_loopback() => Some(TargetTls::Off),
        None => {
            let at = mode.map_or_else(|| table.at(), |mode| mode.at);
            table.mistake(
                at,
                "`mode = \"off\"` sends the database password and every row in clear, so it is for this machine only (127.0.0.1, ::1, localhost)",
            );
            None
        }
    };
    table.finish();
    result
}
