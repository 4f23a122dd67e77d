//! A service account that is followed: with an account of its own, or that of another channel, and never without pushes.

use magpie_domain::{ChannelKind, Way};

use super::{CHANNEL, Desk, LEAST};

const PUSH: &str = "push = { token = \"0123456789abcdef0123456789abcdef\", \
                    encoding_aes_key = \"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG\" }\n";
const BORROWED: &str = "[[channels]]\nid = \"chat\"\nkind = \"follow\"\nthrough = \"desktop\"\n";

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    let findings = Desk::new().complaints(text);
    for part in parts {
        assert!(findings.contains(part), "{part}: {findings}");
    }
}

#[test]
fn an_account_of_its_own_needs_its_pushes() {
    let own = CHANNEL.replace("website", "follow");
    let config = Desk::new().accept(&format!("{LEAST}{own}{PUSH}"));
    let channel = config.channels.first().unwrap();
    assert_eq!(
        (channel.kind(), &channel.way),
        (ChannelKind::Follow, &Way::Follow { through: None })
    );
    assert!(channel.push.is_some() && channel.platform.is_some());
    let missing = "channels.desktop.push: a scan is heard by a push, and no pushes of this account are configured";
    says(&format!("{LEAST}{own}"), &[missing, "{issuer}/push/{its channel id}", "安全模式"]);
    let json = PUSH.replace(" }", ", format = \"json\" }");
    says(
        &format!("{LEAST}{own}{json}"),
        &["channels.desktop.push: a service account writes its pushes in XML"],
    );
    // What is wrong in the table itself is said once, there.
    let broken = PUSH.replace("ABCDEFG", "");
    says(&format!("{LEAST}{own}{broken}"), &["channels.desktop.push.encoding_aes_key"]);
    assert!(!Desk::new().complaints(&format!("{LEAST}{own}{broken}")).contains("a scan is heard"));
    let scope = format!("{LEAST}{own}{PUSH}scope = \"snsapi_base\"\n");
    says(&scope, &["who follows is asked for nothing"]);
}

#[test]
fn the_account_of_another_channel_is_followed_wherever_that_stands() {
    let account = format!("{}{PUSH}", CHANNEL.replace("website", "service_account"));
    for text in [format!("{LEAST}{BORROWED}{account}"), format!("{LEAST}{account}{BORROWED}")] {
        let config = Desk::new().accept(&text);
        let chat = config.channels.iter().find(|channel| channel.id.as_str() == "chat").unwrap();
        let inapp =
            config.channels.iter().find(|channel| channel.id.as_str() == "desktop").unwrap();
        assert_eq!(chat.way, Way::Follow { through: Some(inapp.id.clone()) });
        assert_eq!(chat.account.app_id, inapp.account.app_id);
        assert_eq!((&chat.platform, chat.push.is_none()), (&inapp.platform, true));
    }
    let without = CHANNEL.replace("website", "service_account");
    says(
        &format!("{LEAST}{without}{BORROWED}"),
        &["channels.chat.through: a scan is heard by a push"],
    );
    says(
        &format!("{LEAST}{CHANNEL}{BORROWED}"),
        &["chat.through: there is no service account of this id"],
    );
    let more = format!("{BORROWED}app_id = \"wx1\"\n{PUSH}");
    says(
        &format!("{LEAST}{account}{more}"),
        &[
            "channels.chat.app_id: with `through` the account of that channel is followed",
            "channels.chat.push: an account has one address of pushes",
        ],
    );
}

/// The AppID of a service account that has a channel already: the cure is `through`.
#[test]
fn the_same_account_twice_is_told_of_through() {
    let account = CHANNEL.replace("website", "service_account");
    let again = CHANNEL.replace("website", "follow").replace("\"desktop\"", "\"chat\"");
    let text = format!("{LEAST}{account}{again}{PUSH}");
    says(&text, &["channels.chat.app_id: two channels have this AppID", "in `through`"]);
}
