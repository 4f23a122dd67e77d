//! The mini program of a relay: one that is there, a page that can be one, and both or neither.

use magpie_domain::{ChannelId, ProgramDoor, ProgramPage, Way};

use super::{CHANNEL, Desk, LEAST};

const RELAY: &str = "[[channels]]\nid = \"scan\"\nkind = \"relay\"\nthrough = \"desktop\"\n";
const PROGRAM: &str = "mini_program = \"mini\"\npage = \"pages/confirm/confirm\"\n";

/// A service account `desktop` and a mini program `mini`.
fn accounts() -> String {
    let account = CHANNEL.replace("website", "service_account");
    let mini = CHANNEL.replace("website", "mini_program").replace("\"desktop\"", "\"mini\"");
    format!("{LEAST}{account}{}", mini.replace("wx0000000000000001", "wx0000000000000003"))
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    let findings = Desk::new().complaints(text);
    for part in parts {
        assert!(findings.contains(part), "{part}: {findings}");
    }
}

#[test]
fn a_relay_may_name_a_mini_program_and_its_page() {
    let way = |text: &str| {
        let config = Desk::new().accept(text);
        let scan = config.channels.iter().find(|channel| channel.id.as_str() == "scan").unwrap();
        scan.way.clone()
    };
    let through = ChannelId::parse("desktop").unwrap();
    let relay = |program| Way::Relay { through: through.clone(), program };
    assert_eq!(way(&format!("{}{RELAY}", accounts())), relay(None));
    let page = ProgramPage::parse("pages/confirm/confirm").unwrap();
    let door = ProgramDoor { channel: ChannelId::parse("mini").unwrap(), page };
    assert_eq!(way(&format!("{}{RELAY}{PROGRAM}", accounts())), relay(Some(door)));
}

/// Only a unionid joins the two accounts.
#[test]
fn a_mini_program_of_another_platform_is_a_warning() {
    let relay = format!("{RELAY}{PROGRAM}");
    let warning =
        "channels.scan.mini_program: whoever answers in the mini program is somebody else";
    let together = format!("{}{relay}", accounts());
    assert!(!Desk::new().complaints(&together).contains(warning));
    for apart in ["platform = \"elsewhere\"", ""] {
        let text = accounts();
        let (before, last) = text.rsplit_once("platform = \"main\"").unwrap();
        let text = format!("{before}{apart}{last}{relay}");
        says(&text, &[warning]);
        assert!(Desk::new().read(&text).config.is_some());
    }
}

#[test]
fn what_cannot_be_a_mini_programs_page_is_named() {
    let with = |program: &str| format!("{}{RELAY}{program}", accounts());
    says(
        &with(&PROGRAM.replace("\"mini\"", "\"desktop\"")),
        &["channels.scan.mini_program: there is no mini program of this id"],
    );
    says(
        &with(&PROGRAM.replace("\"pages", "\"/pages")),
        &["channels.scan.page: is no page: no / before it"],
    );
    says(&with("mini_program = \"mini\"\n"), &["channels.scan.page: the key is missing"]);
    says(
        &with("page = \"pages/confirm/confirm\"\n"),
        &["channels.scan.page: a page is a mini program's, and none is named"],
    );
}
