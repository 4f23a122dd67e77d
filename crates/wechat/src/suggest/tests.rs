use super::*;
use crate::samples::{relay, service_account, website};
use Agent::{Desktop, DesktopWechat, Phone, PhoneWechat, WeCom};

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
