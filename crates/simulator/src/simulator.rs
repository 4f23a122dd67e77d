//! The handle to one simulator: its world, its script, its clock, its books and what it has seen.
//! It is cheap to clone and shared by the router, the tests and the binary; every lock inside is held for a few lines only.
//! The helpers here do what a person at a screen would do (approve, deny) and go through the same rules as the pages.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing};

use crate::{
    api,
    books::{Books, Consent, Scope},
    clock::Clock,
    ids::Mint,
    pages,
    push::{self, ChatLine, Flaw, PushAnswer, PushRequest, Pushed},
    query::Params,
    running::RunningSimulator,
    script::{Endpoint, Script},
    seen::{Seen, SeenRequest, Sender},
    world::World,
};

/// One fake WeChat. Clones share everything.
#[derive(Debug, Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: RwLock<Arc<World>>,
    script: Script,
    clock: Clock,
    mint: Mint,
    books: Mutex<Books>,
    seen: Seen,
    turn: AtomicU64,
}

/// The routes of a simulator, for a caller that has its own listener.
pub fn router(simulator: Simulator) -> Router {
    Router::new()
        .route("/", routing::get(pages::home::show).post(pages::home::choose))
        .route("/leave", routing::post(pages::leave::post))
        .route(
            "/connect/oauth2/authorize",
            routing::get(pages::link::in_app).post(pages::link::in_app_confirm),
        )
        .route("/connect/qrconnect", routing::get(pages::link::qr).post(pages::link::qr_confirm))
        .route("/avatar/{person}/{size}", routing::get(pages::avatar::get))
        .route("/sns/oauth2/access_token", routing::get(api::access_token::get))
        .route("/sns/oauth2/refresh_token", routing::get(api::refresh_token::get))
        .route("/sns/userinfo", routing::get(api::userinfo::get))
        .route("/sns/auth", routing::get(api::userinfo::get_auth))
        .route("/sns/jscode2session", routing::get(api::code2session::get))
        .route("/cgi-bin/token", routing::get(api::app_token::get_plain))
        .route("/cgi-bin/stable_token", routing::post(api::app_token::post_stable))
        .route("/cgi-bin/qrcode/create", routing::post(api::scene_code::post))
        .route("/cgi-bin/user/info", routing::get(api::follower::get))
        .route("/wxa/getwxacodeunlimit", routing::post(api::program_code::post))
        .route("/wxa/business/getuserphonenumber", routing::post(api::phone_number::post))
        .route(
            pages::wecom::DESKTOP,
            routing::get(pages::wecom::desktop).post(pages::wecom::desktop_confirm),
        )
        .route("/cgi-bin/gettoken", routing::get(api::wecom::get_token))
        .route("/cgi-bin/auth/getuserinfo", routing::get(api::wecom::get_user_info))
        .route("/cgi-bin/user/getuserinfo", routing::get(api::wecom::get_user_info_old))
        .route("/cgi-bin/auth/getuserdetail", routing::post(api::wecom::post_user_detail))
        .with_state(simulator)
}

impl Simulator {
    /// A simulator of this world, not listening anywhere yet.
    #[must_use]
    pub fn new(mut world: World) -> Self {
        let script = Script::new(std::mem::take(&mut world.script));
        Self {
            inner: Arc::new(Inner {
                world: RwLock::new(Arc::new(world)),
                script,
                clock: Clock::start(),
                mint: Mint::new(),
                books: Mutex::new(Books::new()),
                seen: Seen::default(),
                turn: AtomicU64::new(0),
            }),
        }
    }

    /// Starts a simulator on its own listener; port 0 takes a free one. It stops when the result is dropped.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(world: World, address: SocketAddr) -> io::Result<RunningSimulator> {
        RunningSimulator::bind(Self::new(world), address).await
    }

    /// The world as it is now.
    #[must_use]
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.inner.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the world under way: binds an account to a platform, renames a person, resets an AppSecret.
    pub fn change_world(&self, change: impl FnOnce(&mut World)) {
        change(Arc::make_mut(
            &mut self.inner.world.write().unwrap_or_else(PoisonError::into_inner),
        ));
    }

    /// What is to go wrong.
    #[must_use]
    pub fn script(&self) -> &Script {
        &self.inner.script
    }

    /// Moves the simulator's time forward; codes and tokens expire by it.
    pub fn advance(&self, by: Duration) {
        self.inner.clock.advance(by);
    }

    /// Approves an authorization link in the name of a person, as the page would, and gives the callback URL.
    ///
    /// # Errors
    /// The reason when the link would have shown a refusal page, its fragment is not `#wechat_redirect`, or nobody has this key.
    pub fn approve(&self, authorize_url: &str, person: &str) -> Result<String, String> {
        pages::link::approve_without_browser(self, authorize_url, person)
    }

    /// The callback URL of a person who said no, for callers that expect one: `state` without `code`.
    /// WeChat itself sends nobody back on a refusal.
    ///
    /// # Errors
    /// As for [`Simulator::approve`].
    pub fn deny(&self, authorize_url: &str) -> Result<String, String> {
        pages::link::deny_without_browser(self, authorize_url)
    }

    /// A fresh code for a person, as `wx.login`, the OpenSDK or a page would have obtained it.
    ///
    /// # Errors
    /// When the world has no such account or person.
    pub fn issue_code(&self, app_id: &str, person: &str, scope: Scope) -> Result<String, String> {
        let world = self.world();
        world.account(app_id).ok_or_else(|| format!("no account {app_id:?}"))?;
        let person =
            world.person(person).ok_or_else(|| format!("nobody has the key {person:?}"))?;
        let snapshot = person.snapshot && scope == Scope::UserInfo;
        Ok(self.code_for(Consent {
            app_id: app_id.to_owned(),
            person: person.key,
            scope,
            snapshot,
        }))
    }

    /// Somebody else who has the AppSecret makes WeChat replace the stable app-level token: the one before is refused.
    pub fn replace_app_token(&self, app_id: &str) {
        self.books().app_token(app_id, "stable", true, self.now());
    }

    /// Writes what WeChat would push to an account about a person; `flaw` is what is wrong with it. It can be sent as
    /// often as wished, and altered before.
    ///
    /// # Errors
    /// When no address of pushes is typed into this account's console, or nobody has this key.
    pub fn write_push(
        &self,
        app_id: &str,
        person: &str,
        pushed: &Pushed,
        flaw: Flaw,
    ) -> Result<PushRequest, String> {
        push::write(&self.world(), app_id, person, pushed, flaw)
    }

    /// A person scans what a QR code of an account says, and follows the account if they do not yet: what WeChat pushes
    /// then. It does so too when the code has expired meanwhile, since a person may look at the account before following.
    ///
    /// # Errors
    /// When that is no code of this run, or as for [`Simulator::write_push`].
    pub fn write_scan(&self, address: &str, person: &str) -> Result<PushRequest, String> {
        let name = address.rsplit('/').next().unwrap_or_default();
        let serial = self.mint().read_code(name).ok_or_else(|| format!("no code: {address:?}"))?;
        let code = self.books().scene(serial).ok_or("a code of another run")?;
        let is_new = self.books().follow(&code.app_id, person);
        let pushed =
            if is_new { Pushed::Subscribed(Some(code.scene)) } else { Pushed::Scanned(code.scene) };
        self.write_push(&code.app_id, person, &pushed, Flaw::None)
    }

    /// Whether the QR code with this address is still good.
    #[must_use]
    pub fn is_code_alive(&self, address: &str) -> bool {
        let name = address.rsplit('/').next().unwrap_or_default();
        let serial = self.mint().read_code(name);
        serial
            .and_then(|serial| self.books().scene(serial))
            .is_some_and(|code| self.now() < code.until)
    }

    /// The scene of a QR code, which nothing but the push tells.
    #[must_use]
    pub fn scene_of(&self, address: &str) -> Option<String> {
        let serial = self.mint().read_code(address.rsplit('/').next().unwrap_or_default())?;
        self.books().scene(serial).map(|code| code.scene)
    }

    /// A person scans what a QR code of an account says; gives what appears in the chat.
    ///
    /// # Errors
    /// As for [`Simulator::write_scan`], and when the answer is none that WeChat understands.
    pub async fn scan(&self, address: &str, person: &str) -> Result<ChatLine, String> {
        let request = self.write_scan(address, person)?;
        self.read_reply(&request.send().await, person)
    }

    /// A person writes to an account that they follow; gives what appears in the chat.
    ///
    /// # Errors
    /// As for [`Simulator::write_push`], and when the answer is none that WeChat understands.
    pub async fn say(&self, app_id: &str, person: &str, text: &str) -> Result<ChatLine, String> {
        let pushed = Pushed::Text(text.to_owned());
        let request = self.write_push(app_id, person, &pushed, Flaw::None)?;
        self.read_reply(&request.send().await, person)
    }

    /// Reads the answer to a push as WeChat does: what appears in the person's chat.
    ///
    /// # Errors
    /// When it is none that WeChat understands: signature, cipher, receiver, sender or shape are wrong.
    pub fn read_reply(&self, answer: &PushAnswer, person: &str) -> Result<ChatLine, String> {
        push::read_reply(&self.world(), answer, person)
    }

    /// A person stops to follow an account, and nobody is told.
    pub fn unfollow(&self, app_id: &str, person: &str) {
        self.books().unfollow(app_id, person);
    }

    /// A person follows an account, and nobody is told.
    pub fn follow(&self, app_id: &str, person: &str) {
        self.books().follow(app_id, person);
    }

    /// Tells every account that has an address of pushes what a person did, as WeChat would; gives what was answered.
    pub async fn tell_everybody(&self, person: &str, pushed: &Pushed) -> Vec<PushAnswer> {
        let world = self.world();
        let mut answers = Vec::new();
        for console in &world.pushes {
            if let Ok(request) = push::write(&world, &console.app_id, person, pushed, Flaw::None) {
                answers.push(request.send().await);
            }
        }
        answers
    }

    /// How many times `access_token` was asked.
    #[must_use]
    pub fn exchanges(&self) -> u64 {
        self.requests_to(Endpoint::AccessToken)
    }

    /// How many times `access_token`, `jscode2session` or WeCom's `getuserinfo` was asked with this code of ours.
    #[must_use]
    pub fn exchanges_of(&self, code: &str) -> u64 {
        self.inner.mint.read_code(code).map_or(0, |serial| self.books().arrivals(serial))
    }

    /// How many times `userinfo` was asked.
    #[must_use]
    pub fn profiles(&self) -> u64 {
        self.requests_to(Endpoint::UserInfo)
    }

    /// How many requests this endpoint has seen.
    #[must_use]
    pub fn requests_to(&self, endpoint: Endpoint) -> u64 {
        self.inner.seen.counted(endpoint)
    }

    /// The latest requests, oldest first, as many as the world keeps.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.inner.seen.all()
    }

    /// Empties the request log and sets the counters of the endpoints to zero.
    pub fn forget_requests(&self) {
        self.inner.seen.forget();
    }

    pub(crate) fn note(&self, endpoint: Endpoint, params: &Params, sender: Sender) {
        self.inner.seen.count(endpoint);
        let limit = self.world().request_log;
        self.inner.seen.keep(limit, || SeenRequest::new(endpoint, params, sender, self.now()));
        let name = match endpoint {
            Endpoint::AccessToken | Endpoint::WecomUserInfo => Some("code"),
            Endpoint::JsCode2Session => Some("js_code"),
            _ => None,
        };
        if let Some(serial) = name.and_then(|name| self.mint().read_code(params.get(name))) {
            self.books().count_arrival(serial);
        }
    }

    pub(crate) fn code_for(&self, consent: Consent) -> String {
        let now = self.now();
        let serial = self.books().open_code(consent, now);
        self.mint().code(serial)
    }

    pub(crate) fn now(&self) -> Duration {
        self.inner.clock.now()
    }

    pub(crate) fn mint(&self) -> Mint {
        self.inner.mint
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.inner.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that is one higher each time: whose turn it is, and the tail of a `rid`.
    pub(crate) fn next_turn(&self) -> u64 {
        self.inner.turn.fetch_add(1, Ordering::Relaxed)
    }
}
