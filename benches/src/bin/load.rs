//! A MySQL client that only sends and drains: the load of `make bench`, cheap enough not to be measured itself.

use std::fs;
use std::io;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use anyhow::Context;
use anyhow::bail;
use clap::Parser;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::encode_packet;
use mysql_proto::handshake::auth::AuthReply;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::greeting::Salt;
use mysql_proto::handshake::login::AuthResponse;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::login::SslRequest;
use mysql_proto::handshake::scramble;
use mysql_proto::limits::Limits;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::statement::PrepareOk;
use mysql_proto::types::SequenceId;
use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::RootCertStore;
use rustls::StreamOwned;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;

/// Sends a statement over and over and drains what comes back; prints rows and bytes.
#[derive(Clone, Debug, Parser)]
struct Options {
    /// Where to connect, as host:port
    #[arg(long)]
    address: String,
    /// The user name
    #[arg(long)]
    user: String,
    /// A file with the password or the token
    #[arg(long)]
    password_file: PathBuf,
    /// The CA of the server; without it there is no TLS
    #[arg(long)]
    ca: Option<PathBuf>,
    /// How often the statement is sent, over all connections
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// Connections at the same time
    #[arg(long, default_value_t = 1)]
    connections: u64,
    /// Whether it is prepared each time, and its rows come in binary
    #[arg(long)]
    prepared: bool,
    /// The statement; `{}` in it becomes a number that runs from 1 to 1000
    #[arg(long)]
    sql: String,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let workers: Vec<_> = (0..options.connections)
        .map(|_| {
            let options = options.clone();
            thread::spawn(move || work(&options))
        })
        .collect();
    let mut total = Drained::default();
    for worker in workers {
        let Ok(done) = worker.join() else {
            bail!("a connection panicked");
        };
        let done = done?;
        total.rows += done.rows;
        total.bytes += done.bytes;
    }
    writeln!(io::stdout(), "{} {}", total.rows, total.bytes)?;
    Ok(())
}

/// What came back.
#[derive(Clone, Copy, Debug, Default)]
struct Drained {
    rows: u64,
    bytes: u64,
}

fn work(options: &Options) -> anyhow::Result<Drained> {
    let mut connection = Connection::login(options)?;
    let mut total = Drained::default();
    for number in 0..options.count / options.connections {
        let place = (number % PLACES + 1).to_string();
        let sql = options.sql.replace("{}", &place);
        let done = match options.prepared {
            true => connection.prepare_and_execute(&sql)?,
            false => {
                connection
                    .command(COM_QUERY, sql.as_bytes(), ReplyKind::Query)?
                    .0
            }
        };
        total.rows += done.rows;
        total.bytes += done.bytes;
    }
    Ok(total)
}

/// One connection, logged in.
#[derive(Debug)]
struct Connection {
    stream: Stream,
    assembler: PacketAssembler,
    chunk: Vec<u8>,
    begin: usize,
    end: usize,
    sequence: SequenceId,
    capabilities: Capabilities,
}

impl Connection {
    fn login(options: &Options) -> anyhow::Result<Self> {
        let password = fs::read(&options.password_file)
            .with_context(|| format!("cannot read `{}`", options.password_file.display()))?;
        let stream = TcpStream::connect(&options.address)
            .with_context(|| format!("cannot connect to `{}`", options.address))?;
        stream.set_nodelay(true)?;
        let mut assembler = PacketAssembler::new(PACKET_BYTES_MAX);
        assembler.expect_any_sequence();
        let mut connection = Self {
            stream: Stream::Plain(stream),
            assembler,
            chunk: vec![0; CHUNK_BYTES],
            begin: 0,
            end: 0,
            sequence: SequenceId::ZERO,
            capabilities: WANTED,
        };
        let payload = connection.receive()?;
        let greeting = Greeting::decode(&payload)?;
        connection.capabilities = WANTED & greeting.capabilities;
        if let Some(ca) = &options.ca {
            connection.start_tls(ca, &options.address)?;
        }
        let salt = greeting.salt;
        connection.send_login(options, &answer(greeting.auth_plugin, &password, &salt)?)?;
        connection.finish_login(&password)?;
        Ok(connection)
    }

    fn start_tls(&mut self, ca: &PathBuf, address: &str) -> anyhow::Result<()> {
        self.capabilities |= Capabilities::SSL;
        let mut request = Vec::new();
        SslRequest {
            capabilities: self.capabilities,
            mariadb_capabilities: MariaDbCapabilities::empty(),
            packet_bytes_max: u32::MAX,
            collation: UTF8MB4_GENERAL_CI,
        }
        .encode(&mut request);
        self.send(&request)?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca)? {
            roots.add(certificate?)?;
        }
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let name = ServerName::try_from(host.to_owned())?;
        let session = ClientConnection::new(Arc::new(config), name)?;
        let Stream::Plain(stream) = &self.stream else {
            bail!("TLS is on already");
        };
        let stream = stream.try_clone()?;
        self.stream = Stream::Tls(Box::new(StreamOwned::new(session, stream)));
        Ok(())
    }

    fn send_login(&mut self, options: &Options, answer: &Answer) -> anyhow::Result<()> {
        let mut login = Vec::new();
        HandshakeResponse {
            capabilities: self.capabilities,
            mariadb_capabilities: MariaDbCapabilities::empty(),
            packet_bytes_max: u32::MAX,
            collation: UTF8MB4_GENERAL_CI,
            user: options.user.as_bytes(),
            auth_response: AuthResponse::new(&answer.bytes),
            database: None,
            auth_plugin: Some(answer.plugin),
            attributes: Vec::new(),
            zstd_level: None,
        }
        .encode(&mut login)?;
        self.send(&login)
    }

    fn finish_login(&mut self, password: &[u8]) -> anyhow::Result<()> {
        loop {
            let payload = self.receive()?;
            match AuthReply::decode(&payload)? {
                AuthReply::Ok(_) => return Ok(()),
                AuthReply::Err(payload) => return Err(refusal(payload)),
                AuthReply::Switch(request) => {
                    let salt = Salt::from_switch(request.data)?;
                    let answer = answer(request.plugin, password, &salt)?;
                    self.send(&answer.bytes)?;
                }
                AuthReply::MoreData(more) if more.data == FULL_AUTHENTICATION => {
                    if !matches!(self.stream, Stream::Tls(_)) {
                        bail!("the server asks for the password and there is no TLS");
                    }
                    let mut clear = password.to_vec();
                    clear.push(0);
                    self.send(&clear)?;
                }
                // The server knows the password already; its OK follows.
                AuthReply::MoreData(_) => {}
                AuthReply::NextFactor(_) => bail!("the server asks for a second factor"),
            }
        }
    }

    fn prepare_and_execute(&mut self, sql: &str) -> anyhow::Result<Drained> {
        let (_, prepared) = self.command(COM_STMT_PREPARE, sql.as_bytes(), ReplyKind::Prepare)?;
        let Some(prepared) = prepared else {
            bail!("the server did not prepare the statement");
        };
        // No cursor, once, and no parameters.
        let mut body = prepared.statement_id.value().to_le_bytes().to_vec();
        body.extend_from_slice(&[0, 1, 0, 0, 0]);
        let (drained, _) = self.command(COM_STMT_EXECUTE, &body, ReplyKind::Execute)?;
        Ok(drained)
    }

    /// Sends a command and drains its reply; gives the OK of a PREPARE, too.
    fn command(
        &mut self,
        command: u8,
        body: &[u8],
        kind: ReplyKind,
    ) -> anyhow::Result<(Drained, Option<PrepareOk>)> {
        let command = [&[command], body].concat();
        self.sequence = SequenceId::ZERO;
        self.send(&command)?;
        let agreement = Agreement::new(self.capabilities, Limits::default());
        let mut tracker = ReplyTracker::new(kind, agreement);
        let (mut drained, mut prepared) = (Drained::default(), None);
        self.each_packet(|payload| {
            drained.bytes += payload.len() as u64;
            if tracker.is_row(payload.first().copied(), payload.len()) {
                drained.rows += 1;
                return Ok(ControlFlow::Continue(()));
            }
            let reply = tracker.next(payload)?;
            if let Reply::Err(error) = reply {
                bail!("{} {}", error.code, String::from_utf8_lossy(&error.message));
            }
            if let Reply::PrepareOk(ok) = reply {
                prepared = Some(ok);
            }
            Ok(if tracker.is_ended() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        Ok((drained, prepared))
    }

    fn send(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        let mut wire = Vec::with_capacity(payload.len() + 4);
        encode_packet(payload, &mut self.sequence, &mut wire);
        self.stream.write_all(&wire)?;
        self.stream.flush()?;
        Ok(())
    }

    fn receive(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut payload = Vec::new();
        self.each_packet(|bytes| {
            payload.extend_from_slice(bytes);
            Ok(ControlFlow::Break(()))
        })?;
        // The login is a strict exchange: one packet came, the next is ours.
        self.sequence = self.sequence.next();
        Ok(payload)
    }

    /// Hands over packet after packet until told to stop.
    fn each_packet(
        &mut self,
        mut take: impl FnMut(&[u8]) -> anyhow::Result<ControlFlow<()>>,
    ) -> anyhow::Result<()> {
        loop {
            let mut input = self.chunk.get(self.begin..self.end).unwrap_or_default();
            loop {
                self.assembler.expect_any_sequence();
                let Some(packet) = self.assembler.feed(&mut input)? else {
                    break;
                };
                if take(packet.payload)?.is_break() {
                    self.begin = self.end - input.len();
                    return Ok(());
                }
            }
            self.begin = 0;
            self.end = self.stream.read(&mut self.chunk)?;
            if self.end == 0 {
                bail!("the server closed the connection");
            }
        }
    }
}

/// What a plugin says first.
struct Answer {
    plugin: &'static [u8],
    bytes: Vec<u8>,
}

fn answer(plugin: &[u8], password: &[u8], salt: &Salt) -> anyhow::Result<Answer> {
    let answer = |plugin, bytes| Ok(Answer { plugin, bytes });
    match plugin {
        b"mysql_native_password" => answer(
            b"mysql_native_password",
            scramble::native_password(password, salt),
        ),
        b"caching_sha2_password" => answer(
            b"caching_sha2_password",
            scramble::caching_sha2_password(password, salt),
        ),
        other => bail!("cannot speak `{}`", String::from_utf8_lossy(other)),
    }
}

fn refusal(payload: &[u8]) -> anyhow::Error {
    match ErrPacket::decode(payload) {
        Ok(error) => anyhow::anyhow!("{} {}", error.code, String::from_utf8_lossy(&error.message)),
        Err(error) => error.into(),
    }
}

/// The connection with or without TLS.
#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

const PLACES: u64 = 1000;
const CHUNK_BYTES: usize = 256 * 1024;
const PACKET_BYTES_MAX: usize = 1024 * 1024 * 1024;
const COM_QUERY: u8 = 0x03;
const COM_STMT_PREPARE: u8 = 0x16;
const COM_STMT_EXECUTE: u8 = 0x17;
const UTF8MB4_GENERAL_CI: u8 = 45;
/// caching_sha2_password: the server does not know the password yet.
const FULL_AUTHENTICATION: &[u8] = &[4];
const WANTED: Capabilities = Capabilities::LONG_PASSWORD
    .union(Capabilities::PROTOCOL_41)
    .union(Capabilities::TRANSACTIONS)
    .union(Capabilities::SECURE_CONNECTION)
    .union(Capabilities::MULTI_RESULTS)
    .union(Capabilities::PS_MULTI_RESULTS)
    .union(Capabilities::PLUGIN_AUTH)
    .union(Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA)
    .union(Capabilities::DEPRECATE_EOF);
