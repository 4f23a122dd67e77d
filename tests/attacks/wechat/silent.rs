//! WeChat and WeCom are two upstreams: while one hangs, people sign in by the other, on the real binary.

use std::net::SocketAddr;
use std::time::Duration;

use harness::free_port;
use magpie_simulator::{Corp, Endpoint, Fault, RunningSimulator, Simulator, World};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::binary::{Binary, DESKTOP, Heard, ask, get};
use crate::crash::{AUTHORIZE, Underway, configuration};
use crate::wecom::office;

/// As many as may call an upstream at a time.
const PLACES: usize = 200;
/// No upstream was asked for this.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A binary with a website app and an organisation, and where its operator looks.
struct Scene {
    binary: Binary,
    wechat: RunningSimulator,
    management: SocketAddr,
}

impl Scene {
    async fn open() -> Self {
        let mut world = World::demo("127.0.0.1");
        world.people_count = 16;
        world.corps = vec![Corp::demo("not.yet.known")];
        let wechat = Simulator::start(world, ([127, 0, 0, 1], 0).into()).await.unwrap();
        let management = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let base = wechat.base_url();
        let wecom = format!("[wecom]\napi_base = \"{base}\"\nlogin_base = \"{base}\"\n");
        let text = configuration(&base, &format!("{wecom}{DESKTOP}{}", office("")))
            .replace("management = \"127.0.0.1:0\"", &format!("management = \"{management}\""));
        let binary = Binary::start(&text).await;
        let authority = binary.address.to_string();
        wechat.change_world(|world| world.corps[0].agents[0].trusted_domains = vec![authority]);
        Self { binary, wechat, management }
    }

    /// Somebody who chose this channel and is on the way back.
    async fn leave(&self, channel: &str) -> Underway {
        let page = self.binary.get(AUTHORIZE, "").await.unwrap();
        let cookie = page.cookie("attempt").unwrap_or_else(|| panic!("{page:?}"));
        let action = page.body.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
        let body = format!("step=continue&channel={channel}");
        let address = self.binary.address;
        let head = format!(
            "POST {action} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            body.len()
        );
        let leaving = ask(address, &head, &body).await.unwrap();
        let cookie = leaving.cookie("attempt").unwrap_or(cookie);
        let callback = self.wechat.approve(leaving.header("location"), "ann").unwrap();
        let path = callback.find("/callback").unwrap();
        Underway { callback: callback[path..].to_owned(), cookie }
    }

    async fn back(&self, underway: &Underway) -> (Heard, Duration) {
        let began = Instant::now();
        let heard = self.binary.get(&underway.callback, &underway.cookie).await.unwrap();
        (heard, began.elapsed())
    }

    /// Whether somebody signs in by this channel, and at once.
    async fn signs_in(&self, channel: &str) -> bool {
        let (heard, took) = self.back(&self.leave(channel).await).await;
        heard.sent("code").is_some() && took < AT_ONCE
    }

    /// Whether the operator reads that this upstream is left alone.
    async fn is_resting(&self, upstream: &str) -> bool {
        let metrics = get(self.management, "/metrics", "").await.unwrap().body;
        let line = |value| format!("magpie_upstream_resting{{upstream=\"{upstream}\"}} {value}\n");
        assert!(metrics.contains(&line(0)) != metrics.contains(&line(1)), "{metrics}");
        metrics.contains(&line(1))
    }

    /// So many come back by a way whose upstream hangs that every place is taken; two more are on their way.
    async fn crowd(&self, way: &Way) -> (JoinSet<Heard>, [Underway; 2]) {
        let late = [self.leave(way.channel).await, self.leave(way.channel).await];
        let mut underway = Vec::new();
        for _ in 0..PLACES {
            underway.push(self.leave(way.channel).await);
        }
        self.wechat.script().always(way.endpoint, Fault::Hang);
        let asked = self.wechat.requests_to(way.endpoint);
        let mut hanging = JoinSet::new();
        for Underway { callback, cookie } in underway {
            let address = self.binary.address;
            hanging.spawn(async move { get(address, &callback, &cookie).await.unwrap() });
        }
        let all = asked + u64::try_from(PLACES).unwrap();
        harness::until("every place is taken", || self.wechat.requests_to(way.endpoint) >= all)
            .await;
        (hanging, late)
    }

    /// Somebody comes back and is told at once.
    async fn is_told(&self, underway: &Underway, way: &Way) {
        let (page, took) = self.back(underway).await;
        assert_told(&page, way);
        assert!(took < AT_ONCE, "{took:?}");
    }

    /// Many come back while the upstream of one way hangs, which leaves that of the other alone.
    async fn hangs(&self, way: &Way, other: &Way) {
        let (hanging, [before_last, last]) = self.crowd(way).await;
        assert!(self.signs_in(other.channel).await, "beside {PLACES} calls of the other upstream");
        self.is_told(&before_last, way).await;
        for page in hanging.join_all().await {
            assert_told(&page, way);
        }
        assert!(self.is_resting(way.upstream).await && !self.is_resting(other.upstream).await);
        let asked = self.wechat.requests_to(way.endpoint);
        self.is_told(&last, way).await;
        assert_eq!(self.wechat.requests_to(way.endpoint), asked, "somebody was sent");
        assert!(self.signs_in(other.channel).await, "while the other upstream is left alone");
        self.is_found_again(way).await;
    }

    async fn is_found_again(&self, way: &Way) {
        self.wechat.script().clear();
        let began = Instant::now();
        while !self.signs_in(way.channel).await {
            assert!(began.elapsed() < Duration::from_secs(15), "{way:?}");
            sleep(Duration::from_millis(500)).await;
        }
        assert!(!self.is_resting(way.upstream).await);
    }
}

/// A way in and the upstream behind it.
#[derive(Debug)]
struct Way {
    channel: &'static str,
    upstream: &'static str,
    endpoint: Endpoint,
    /// What the page says of its silence.
    cause: &'static str,
}

const WECOM: Way = Way {
    channel: "office",
    upstream: "wecom",
    endpoint: Endpoint::WecomUserInfo,
    cause: "wecom_unreachable",
};
const WECHAT: Way = Way {
    channel: "desktop",
    upstream: "wechat",
    endpoint: Endpoint::AccessToken,
    cause: "unreachable",
};

/// The page that says who does not answer.
#[track_caller]
fn assert_told(page: &Heard, way: &Way) {
    assert_eq!(page.status, 503, "{page:?}");
    assert!(page.body.contains(&format!("data-cause=\"{}\"", way.cause)), "{}", page.body);
}

/// WX-40. Seen red with one client, and so the places of one, for both upstreams; and with one breaker for both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_upstream_takes_neither_the_places_nor_the_patience_of_the_other() {
    let scene = Scene::open().await;
    assert!(scene.signs_in(WECOM.channel).await && scene.signs_in(WECHAT.channel).await);
    scene.hangs(&WECOM, &WECHAT).await;
    scene.hangs(&WECHAT, &WECOM).await;
}
