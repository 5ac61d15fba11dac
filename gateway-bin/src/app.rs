//! The whole gateway put together: from a configuration to listeners that serve, and back down.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use audit_log::Record;
use audit_log::SigningKey;
use audit_log::Writer;
use audit_log::digest::Digest;
use audit_log::record;
use audit_log::storage::fs::FileStorage;
use mysql_proto::flags::Capabilities;
use session_core::config::DigestKey;
use session_core::config::Policy;
use session_core::config::SessionConfig;
use session_core::config::SessionLimits;
use session_core::config::TargetConfig;
use session_core::event::ApprovalAnswer;
use session_core::event::ApprovalRequest;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::audit_sink::AuditSink;
use crate::catalog::handle::CatalogHandle;
use crate::catalog::watch as catalog_watch;
use crate::clock::now_us;
use crate::config::Config;
use crate::config::limits::LimitSettings;
use crate::config::listener::ListenerSettings;
use crate::config::target::TargetSettings;
use crate::connections::Connections;
use crate::desk::Desk;
use crate::identity::verifier::Verifier;
use crate::listener::Listener;
use crate::misfits::Misfits;
use crate::policy_file;
use crate::policy_parts;
use crate::principals::Principals;
use crate::upstream::probe;
use crate::workers::Workers;

/// What all sessions share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) policy: Arc<Policy>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) audit: AuditSink,
    pub(crate) principals: Principals,
    pub(crate) connections: Connections,
    pub(crate) sessions_per_principal_max: usize,
    desk: Option<Desk>,
    targets: HashMap<String, (Arc<TargetSettings>, CatalogHandle)>,
}

impl App {
    /// A target and what is known of it.
    pub(crate) fn target(&self, name: &str) -> Option<(Arc<TargetSettings>, CatalogHandle)> {
        self.targets.get(name).cloned()
    }

    pub(crate) async fn ask_approval(&self, request: &ApprovalRequest) -> ApprovalAnswer {
        match &self.desk {
            Some(desk) => desk.ask(request).await,
            None => ApprovalAnswer::Unavailable {
                text: "an approval is needed, but the gateway has no `[approvals]` section; tell \
                       the operator"
                    .to_owned(),
            },
        }
    }

    pub(crate) async fn consume_use(&self, ticket: &str) -> Result<u32, String> {
        match &self.desk {
            Some(desk) => desk.consume(ticket).await,
            None => Err("the gateway has no approvals".to_owned()),
        }
    }
}

/// Serves until `stop` is ready, then drains. `announce` is told one line for each listener that
/// takes clients.
///
/// # Errors
///
/// Everything that keeps the gateway from starting; then nothing was started.
pub async fn run(
    mut config: Config,
    config_digest: [u8; 32],
    announce: impl Fn(&str),
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let set = policy_file::load(&config)?;
    let policy_digest = set.digest();
    let policy = Arc::new(policy_parts::assemble(&config, set)?);
    let mut tasks = JoinSet::new();
    let targets = watch_targets(&config, &mut tasks).await?;
    watch_misfits(&policy, &targets, &mut tasks);
    let audit = open_log(&config)?;
    let verifier = Arc::new(Verifier::new(&config.issuers));
    tasks.spawn(Arc::clone(&verifier).keep_fresh());
    let desk = config
        .approvals
        .take()
        .map(|approvals| Desk::open(approvals, audit.clone()));
    let desk = desk.transpose()?;
    if let Some(desk) = &desk {
        tasks.spawn(desk.clone().keep_audited());
    }
    let app = Arc::new(App {
        policy,
        verifier,
        audit: audit.clone(),
        principals: Principals::default(),
        connections: Connections::default(),
        sessions_per_principal_max: config.limits.sessions_per_principal_max,
        desk,
        targets,
    });
    let started = record::Event::Start(record::Start {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config: Digest::new(config_digest),
        policy: Digest::new(policy_digest),
    });
    audit
        .append(&Record::gateway(now_us(), started))
        .context("cannot write the audit log")?;
    let (drain, told) = watch::channel(false);
    let sessions = Arc::new(Semaphore::new(config.limits.sessions_max));
    let workers = Arc::new(Workers::start()?);
    let mut serving = JoinSet::new();
    for settings in &config.listeners {
        let listener = bind(&app, &config, settings, (&sessions, &workers)).await?;
        let address = listener.address().context("a listener has no address")?;
        announce(&format!("listening on {address} ({})", settings.name));
        serving.spawn(listener.serve(told.clone()));
    }
    stop.await;
    tracing::info!("draining");
    drain.send_replace(true);
    let drained = async { while serving.join_next().await.is_some() {} };
    if tokio::time::timeout(config.limits.drain, drained)
        .await
        .is_err()
    {
        tracing::warn!("sessions that were still busy are cut");
        serving.shutdown().await;
    }
    tasks.shutdown().await;
    let stopped = record::Event::Stop(record::Stop {
        reason: "asked to stop".into(),
    });
    audit
        .append(&Record::gateway(now_us(), stopped))
        .context("cannot write the audit log")?;
    tokio::task::spawn_blocking(move || audit.close())
        .await
        .context("the audit log's last sync was cut")?
        .context("cannot close the audit log")
}

/// Loads every target's catalog, and begins to keep it fresh.
async fn watch_targets(
    config: &Config,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<HashMap<String, (Arc<TargetSettings>, CatalogHandle)>> {
    let mut targets = HashMap::new();
    for settings in &config.targets {
        let settings = Arc::new(settings.clone());
        let handle = CatalogHandle::new();
        let first = catalog_watch::first_load(&settings, &handle)
            .await
            .with_context(|| format!("target `{}`: its catalog cannot be loaded", settings.name))?;
        let (for_task, handle_for_task) = (Arc::clone(&settings), handle.clone());
        tasks.spawn(async move {
            catalog_watch::keep_fresh(&for_task, &handle_for_task, Some(first)).await;
        });
        targets.insert(settings.name.clone(), (settings, handle));
    }
    Ok(targets)
}

/// Tells of masks that do not take the types of their columns, now and when a catalog is loaded anew.
fn watch_misfits(
    policy: &Arc<Policy>,
    targets: &HashMap<String, (Arc<TargetSettings>, CatalogHandle)>,
    tasks: &mut JoinSet<()>,
) {
    for (name, (_, handle)) in targets {
        let (policy, handle) = (Arc::clone(policy), handle.clone());
        let mut misfits = Misfits::new(policy, name.clone());
        let first = handle.current().loaded;
        if let Some(current) = &first {
            misfits.look(&current.catalog);
        }
        tasks.spawn(async move { misfits.keep_looking(&handle, first).await });
    }
}

fn open_log(config: &Config) -> anyhow::Result<AuditSink> {
    let settings = &config.audit.settings;
    let mut log = audit_log::Settings::new(settings.origin.clone());
    log.segment_bytes_max = settings.segment_bytes_max;
    let storage = Arc::new(FileStorage::new(&settings.directory));
    let key = SigningKey::from_seed(config.audit.signing_key.expose());
    let writer = Writer::open(storage, log, Some(key), now_us()).with_context(|| {
        format!(
            "the audit log in `{}` cannot be opened",
            settings.directory.display()
        )
    })?;
    AuditSink::start(writer).context("cannot start the audit log")
}

async fn bind(
    app: &Arc<App>,
    config: &Config,
    settings: &ListenerSettings,
    (sessions, workers): (&Arc<Semaphore>, &Arc<Workers>),
) -> anyhow::Result<Listener> {
    let (version, collation, capabilities) = greeting(config, settings).await?;
    let targets = settings
        .targets
        .iter()
        .filter_map(|name| config.target(name));
    let session = SessionConfig {
        listener: settings.name.clone(),
        server_version: version,
        collation,
        capabilities,
        targets: targets
            .map(|target| TargetConfig {
                name: target.name.clone(),
                database: target.database.clone(),
                guard_role: target.guard_role.clone(),
            })
            .collect(),
        limits: limits(&config.limits),
        digest_key: DigestKey::derive(config.audit.signing_key.expose()),
    };
    let socket = TcpListener::bind(settings.bind).await.with_context(|| {
        format!(
            "listener `{}`: cannot bind {}",
            settings.name, settings.bind
        )
    })?;
    Ok(Listener {
        app: Arc::clone(app),
        config: Arc::new(session),
        tls: Arc::clone(&settings.tls),
        socket,
        sessions: Arc::clone(sessions),
        workers: Arc::clone(workers),
    })
}

/// The version and collation of a listener's greeting, by default its first target's, and what all its
/// targets can do.
async fn greeting(
    config: &Config,
    settings: &ListenerSettings,
) -> anyhow::Result<(String, u8, Capabilities)> {
    let mut targets = settings
        .targets
        .iter()
        .filter_map(|name| config.target(name));
    let first = targets.next();
    let target = first.with_context(|| format!("listener `{}` has no target", settings.name))?;
    let probe = probe::probe(target)
        .await
        .with_context(|| format!("target `{}` cannot be asked for its version", target.name))?;
    let collation = session_core::login::greeting_collation(probe.collation, probe.server.kind);
    let mut offered = probe.offered;
    for target in targets {
        // One that cannot be asked now may turn out to have no query attributes.
        match probe::probe(target).await {
            Ok(probe) => offered &= probe.offered,
            Err(error) => {
                tracing::warn!(target_name = target.name, %error, "cannot ask the target what it can do");
                offered.remove(Capabilities::QUERY_ATTRIBUTES);
            }
        }
    }
    let besides = Capabilities::all() - Capabilities::QUERY_ATTRIBUTES;
    Ok((
        settings.server_version.clone().unwrap_or(probe.version),
        collation,
        session_core::login::IMPLEMENTED & (offered | besides),
    ))
}

fn limits(settings: &LimitSettings) -> SessionLimits {
    SessionLimits {
        login_us: micros(settings.login),
        idle_us: micros(settings.idle),
        statement_us: micros(settings.statement),
        session_us: micros(settings.session),
        packet_bytes_max: settings.packet_bytes_max,
        statement_bytes_max: settings.statement_bytes_max,
        long_data_bytes_max: settings.long_data_bytes_max,
        prepared_statements_max: settings.prepared_statements_max,
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
