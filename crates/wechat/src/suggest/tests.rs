use super::*;
use crate::samples::{follow, mini_program, mobile_app, relay, service_account, website, wecom};
use Agent::{Desktop, DesktopWechat, Phone, PhoneWechat, WeCom};
use magpie_domain::MemberScope::SnsapiBase;

/// Writes a suggestion as a word, so that a table can hold it.
fn written(suggestion: &Suggestion<'_>) -> String {
    match suggestion {
        Suggestion::Use(channel) => format!("use {}", channel.id),
        Suggestion::Offer(channels) => {
            let ids: Vec<&str> = channels.iter().map(|channel| channel.id.as_str()).collect();
            format!("offer {}", ids.join(" "))
        }
        Suggestion::Explain(reason) => format!("explain {}", reason.as_str()),
    }
}

/// The table of wechat.md §14. Seen red with WeCom answered as if it were WeChat's phone browser.
#[test]
fn the_browser_and_the_configured_channels_decide_the_way() {
    let both = [website("qr"), service_account("inapp")];
    let [only_qr, only_inapp] = [[website("qr")], [service_account("inapp")]];
    let many = [website("qr1"), service_account("in1"), website("qr2"), service_account("in2")];
    let relayed = [relay("scan"), service_account("inapp")];
    let three = [relay("scan"), service_account("inapp"), website("qr")];
    for (agent, channels, expected) in [
        (Desktop, relayed.as_slice(), "use scan"),
        (Desktop, &three, "use qr"),
        (PhoneWechat, &relayed, "use inapp"),
        (DesktopWechat, &relayed, "use inapp"),
        (Phone, &relayed, "explain open_in_wechat"),
        (WeCom, &relayed, "explain wecom_is_not_wechat"),
        (PhoneWechat, &both, "use inapp"),
        (PhoneWechat, &only_inapp, "use inapp"),
        (PhoneWechat, &only_qr, "explain no_service_account"),
        (PhoneWechat, &many, "offer in1 in2"),
        (DesktopWechat, &both, "use inapp"),
        (DesktopWechat, &only_inapp, "use inapp"),
        (DesktopWechat, &only_qr, "use qr"),
        (DesktopWechat, &many, "offer in1 in2"),
        (Desktop, &both, "use qr"),
        (Desktop, &only_qr, "use qr"),
        (Desktop, &only_inapp, "explain only_in_wechat"),
        (Desktop, &many, "offer qr1 qr2"),
        (Phone, &both, "explain open_in_wechat"),
        (Phone, &only_qr, "explain open_in_wechat"),
        (Phone, &only_inapp, "explain open_in_wechat"),
        (WeCom, &both, "explain wecom_is_not_wechat"),
        (WeCom, &only_inapp, "explain wecom_is_not_wechat"),
        (Desktop, &[], "explain nothing_configured"),
        (PhoneWechat, &[], "explain nothing_configured"),
        (DesktopWechat, &[], "explain nothing_configured"),
        (WeCom, &[], "explain nothing_configured"),
    ] {
        let ids: Vec<&str> = channels.iter().map(|channel| channel.id.as_str()).collect();
        assert_eq!(written(&suggest(agent, channels, None)), expected, "{agent:?} {ids:?}");
    }
}

#[test]
fn wecom_has_its_own_way_where_there_is_one() {
    let office = || wecom("office", SnsapiBase);
    let only = [office()];
    let two = [office(), wecom("branch", SnsapiBase)];
    let with_qr = [website("qr"), office()];
    let with_inapp = [office(), service_account("inapp")];
    for (agent, channels, expected) in [
        (WeCom, only.as_slice(), "use office"),
        (WeCom, &two, "offer office branch"),
        (WeCom, &with_qr, "use office"),
        (WeCom, &with_inapp, "use office"),
        (Desktop, &only, "use office"),
        (Desktop, &two, "offer office branch"),
        (Desktop, &with_qr, "offer qr office"),
        (Desktop, &with_inapp, "use office"),
        (PhoneWechat, &only, "use office"),
        (PhoneWechat, &with_qr, "use office"),
        (PhoneWechat, &with_inapp, "use inapp"),
        (DesktopWechat, &only, "use office"),
        (DesktopWechat, &with_qr, "offer qr office"),
        (DesktopWechat, &with_inapp, "use inapp"),
        (Phone, &only, "explain open_in_wecom"),
        (Phone, &two, "explain open_in_wecom"),
        (Phone, &with_qr, "explain open_in_wechat"),
        (Phone, &with_inapp, "explain open_in_wechat"),
    ] {
        let ids: Vec<&str> = channels.iter().map(|channel| channel.id.as_str()).collect();
        assert_eq!(written(&suggest(agent, channels, None)), expected, "{agent:?} {ids:?}");
    }
}

#[test]
fn a_wish_wins_where_it_can_be_met_and_is_not_heard_where_it_cannot() {
    let both = [website("qr"), service_account("inapp"), relay("scan")];
    let wish = |id: &str| ChannelId::parse(id);
    for (agent, wished, expected) in [
        (Phone, "inapp", "use inapp"),
        (PhoneWechat, "qr", "use qr"),
        (WeCom, "qr", "use qr"),
        (Desktop, "scan", "use scan"),
        (Desktop, "gone", "use qr"),
        (Phone, "gone", "explain open_in_wechat"),
    ] {
        let suggestion = suggest(agent, &both, wish(wished).as_ref());
        assert_eq!(written(&suggestion), expected, "{agent:?} {wished}");
    }
}

/// Seen red with the kinds not told apart.
#[test]
fn no_browser_is_sent_to_a_channel_whose_codes_are_brought() {
    let phones = [mini_program("mini"), mobile_app("app")];
    let all = [mini_program("mini"), website("qr"), mobile_app("app"), service_account("inapp")];
    for agent in [Desktop, DesktopWechat, Phone, PhoneWechat, WeCom] {
        for wish in [None, ChannelId::parse("mini"), ChannelId::parse("app")] {
            let suggested = written(&suggest(agent, &phones, wish.as_ref()));
            assert_eq!(suggested, "explain nothing_configured", "{agent:?} {wish:?}");
            let suggested = written(&suggest(agent, &all, wish.as_ref()));
            let browsers =
                written(&suggest(agent, &[website("qr"), service_account("inapp")], None));
            assert_eq!(suggested, browsers, "{agent:?} {wish:?}");
        }
    }
}

/// Following asks something of the person that they may not want, so it stands back where there is another way; and it is
/// for desktops alone.
#[test]
fn who_follows_does_so_where_there_is_no_other_way() {
    let only = [follow("chat")];
    let with_inapp = [follow("chat"), service_account("inapp")];
    let with_relay = [follow("chat"), service_account("inapp"), relay("scan")];
    let with_website = [follow("chat"), relay("scan"), website("qr")];
    let with_office = [follow("chat"), wecom("office", SnsapiBase)];
    let two = [follow("one"), follow("two")];
    for (agent, channels, expected) in [
        (Desktop, only.as_slice(), "use chat"),
        (Desktop, &with_inapp, "use chat"),
        (Desktop, &with_relay, "use scan"),
        (Desktop, &with_website, "use qr"),
        (Desktop, &with_office, "offer chat office"),
        (Desktop, &two, "offer one two"),
        (Phone, &only, "explain open_in_wechat"),
        (Phone, &with_inapp, "explain open_in_wechat"),
        (PhoneWechat, &only, "explain no_service_account"),
        (PhoneWechat, &with_inapp, "use inapp"),
        (DesktopWechat, &only, "explain nothing_configured"),
        (DesktopWechat, &with_inapp, "use inapp"),
        (WeCom, &only, "explain wecom_is_not_wechat"),
    ] {
        let ids: Vec<&str> = channels.iter().map(|channel| channel.id.as_str()).collect();
        assert_eq!(written(&suggest(agent, channels, None)), expected, "{agent:?} {ids:?}");
    }
    let wished = suggest(Desktop, &with_relay, ChannelId::parse("chat").as_ref());
    assert_eq!(written(&wished), "use chat");
}
