//! When to fetch an issuer's keys: at first need, on an unknown id, in the background; one at a time.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::config::issuer::SignatureAlgorithm;
use crate::identity::fetch::Fetch;
use crate::identity::fetch::FetchError;
use crate::identity::keys::KeySet;
use crate::identity::keys::PublicKey;
use crate::identity::refusal::LoginRefusal;

/// The keys of one issuer, as fresh as they need to be.
pub struct KeyCache {
    issuer: String,
    fetcher: Arc<dyn Fetch>,
    state: Mutex<State>,
    one_at_a_time: tokio::sync::Mutex<()>,
}

impl KeyCache {
    /// Starts empty; nothing is fetched yet.
    #[must_use]
    pub fn new(issuer: String, fetcher: Arc<dyn Fetch>) -> Self {
        Self {
            issuer,
            fetcher,
            state: Mutex::default(),
            one_at_a_time: tokio::sync::Mutex::new(()),
        }
    }

    /// The key of that id, fetched if need be.
    ///
    /// # Errors
    /// `Key` when the issuer has no such key, `Unavailable` when its keys are not known.
    pub async fn key(
        &self,
        id: &str,
        algorithm: SignatureAlgorithm,
        now: Instant,
    ) -> Result<PublicKey, LoginRefusal> {
        if let Answer::Known(answer) = self.look_up(id, algorithm, now) {
            return answer;
        }
        let _turn = self.one_at_a_time.lock().await;
        // Whoever had the turn before may have fetched what is wanted.
        if let Answer::Known(answer) = self.look_up(id, algorithm, now) {
            return answer;
        }
        self.note_question(now);
        let fetched = self.fetch(now).await;
        if let Err(error) = &fetched {
            tracing::warn!(issuer = self.issuer, %error, "issuer keys not fetched");
        }
        match self.look_up(id, algorithm, now) {
            Answer::Known(answer) => answer,
            Answer::Fetch if fetched.is_ok() => Err(LoginRefusal::Key),
            Answer::Fetch => Err(LoginRefusal::Unavailable),
        }
    }

    /// Fetches the keys whatever their age, for the background and for `postern check`.
    ///
    /// # Errors
    /// The keys could not be had; those from before stay in use.
    pub async fn refresh(&self, now: Instant) -> Result<usize, FetchError> {
        let _turn = self.one_at_a_time.lock().await;
        self.fetch(now).await
    }

    fn look_up(&self, id: &str, algorithm: SignatureAlgorithm, now: Instant) -> Answer {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = state
            .keys
            .as_ref()
            .filter(|(_, fetched)| now.saturating_duration_since(*fetched) <= STALE_MAX);
        if let Some(key) = usable.and_then(|(keys, _)| keys.find(id, algorithm)) {
            return Answer::Known(Ok(key));
        }
        let (last, pause, refusal) = if usable.is_some() {
            (state.asked, UNKNOWN_KEY_PAUSE, LoginRefusal::Key)
        } else {
            (state.tried, OUTAGE_PAUSE, LoginRefusal::Unavailable)
        };
        if last.is_some_and(|last| now.saturating_duration_since(last) < pause) {
            Answer::Known(Err(refusal))
        } else {
            Answer::Fetch
        }
    }

    /// A login makes us fetch. Only an unknown id counts against the next one: a first fetch, or
    /// one in the background, must not keep a key that came just after it from being learnt.
    fn note_question(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.keys.is_some() {
            state.asked = Some(now);
        }
    }

    async fn fetch(&self, now: Instant) -> Result<usize, FetchError> {
        let fetcher = Arc::clone(&self.fetcher);
        let fetched = tokio::task::spawn_blocking(move || fetcher.fetch())
            .await
            .unwrap_or(Err(FetchError::Stopped));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.tried = Some(now);
        fetched.map(|keys| {
            let count = keys.len();
            state.keys = Some((keys, now));
            count
        })
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyCache")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct State {
    keys: Option<(KeySet, Instant)>,
    /// The last fetch, for whatever reason.
    tried: Option<Instant>,
    /// The last fetch because of an unknown id.
    asked: Option<Instant>,
}

enum Answer {
    Known(Result<PublicKey, LoginRefusal>),
    Fetch,
}

/// How often an unknown id may make us ask again: anyone can send one.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(30);
/// How often we ask while there are no usable keys at all.
const OUTAGE_PAUSE: Duration = Duration::from_secs(5);
/// How long keys serve while the issuer cannot be reached.
const STALE_MAX: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::identity::keys::KeySetError;

    /// Serves the key whose id is the number of the fetch, until it is told to fail.
    #[derive(Default)]
    struct Rotating {
        fetches: AtomicUsize,
        fails_from: Option<usize>,
    }

    impl Fetch for Rotating {
        fn fetch(&self) -> Result<KeySet, FetchError> {
            let number = self.fetches.fetch_add(1, Ordering::SeqCst);
            if self.fails_from.is_some_and(|from| number >= from) {
                return Err(FetchError::Keys(KeySetError::NotAKeySet));
            }
            let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
            let document = format!(
                r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"{number}","x":"{x}"}}]}}"#
            );
            Ok(KeySet::parse(document.as_bytes())?)
        }
    }

    struct World {
        rotating: Arc<Rotating>,
        cache: KeyCache,
        start: Instant,
    }

    impl World {
        fn new(fails_from: Option<usize>) -> Self {
            let rotating = Arc::new(Rotating {
                fetches: AtomicUsize::new(0),
                fails_from,
            });
            let fetcher: Arc<dyn Fetch> = Arc::<Rotating>::clone(&rotating);
            Self {
                rotating,
                cache: KeyCache::new("corp".to_owned(), fetcher),
                start: Instant::now(),
            }
        }

        async fn ask(&self, id: &str, second: u64) -> Result<(), LoginRefusal> {
            let now = self.start + Duration::from_secs(second);
            self.cache
                .key(id, SignatureAlgorithm::EdDsa, now)
                .await
                .map(|_| ())
        }

        fn fetches(&self) -> usize {
            self.rotating.fetches.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn fetches_once_and_then_serves_from_memory() {
        let world = World::new(None);
        for second in 0..3 {
            assert_eq!(world.ask("0", second).await, Ok(()));
        }
        assert_eq!(world.fetches(), 1);
    }

    #[tokio::test]
    async fn a_new_key_is_learnt_at_once_and_unknown_ids_ask_every_thirty_seconds() {
        let world = World::new(None);
        assert_eq!(world.ask("0", 0).await, Ok(()));
        assert_eq!(world.ask("1", 1).await, Ok(()));
        assert_eq!(world.fetches(), 2);
        for second in [1, 2, 30] {
            assert_eq!(world.ask("nonsense", second).await, Err(LoginRefusal::Key));
        }
        assert_eq!(world.fetches(), 2);
        assert_eq!(world.ask("nonsense", 31).await, Err(LoginRefusal::Key));
        assert_eq!(world.fetches(), 3);
    }

    #[tokio::test]
    async fn a_refresh_in_the_background_does_not_hold_up_a_new_key() {
        let world = World::new(None);
        world.cache.refresh(world.start).await.unwrap();
        assert_eq!(world.ask("1", 1).await, Ok(()));
    }

    #[tokio::test]
    async fn logins_at_the_same_time_share_one_fetch() {
        let world = World::new(None);
        let (first, second) = tokio::join!(world.ask("0", 0), world.ask("0", 0));
        assert_eq!((first, second), (Ok(()), Ok(())));
        assert_eq!(world.fetches(), 1);
    }

    #[tokio::test]
    async fn serves_stale_keys_for_a_day_and_no_longer() {
        let world = World::new(Some(1));
        assert_eq!(world.ask("0", 0).await, Ok(()));
        let day = 24 * 3600;
        assert_eq!(world.ask("0", day).await, Ok(()));
        assert_eq!(
            world.ask("0", day + 1).await,
            Err(LoginRefusal::Unavailable)
        );
    }

    #[tokio::test]
    async fn an_issuer_that_is_down_refuses_and_is_asked_again_soon() {
        let world = World::new(Some(0));
        assert_eq!(world.ask("0", 0).await, Err(LoginRefusal::Unavailable));
        assert_eq!(world.ask("0", 4).await, Err(LoginRefusal::Unavailable));
        assert_eq!(world.fetches(), 1);
        assert_eq!(world.ask("0", 5).await, Err(LoginRefusal::Unavailable));
        assert_eq!(world.fetches(), 2);
    }
}
