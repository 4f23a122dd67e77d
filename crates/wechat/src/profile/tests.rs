use super::*;
use crate::samples;

/// Case WX-14. Seen red with the filter taken out.
#[test]
fn a_name_keeps_what_can_be_seen_and_nothing_else() {
    for (nickname, expected) in [
        ("小鱼🐟", Some("小鱼🐟")),
        ("  Ann \u{3000}", Some("Ann")),
        ("a\u{0}b\u{7}\u{8}\u{14}c\n\t\u{7f}\u{85}d", Some("abcd")),
        ("evil\u{202E}gpj.exe\u{2066}x\u{2069}\u{200F}", Some("evilgpj.exex")),
        ("\u{FEFF}\u{200B}x\u{2060}", Some("x")),
        ("old \u{E13C} emoji \u{F0001}\u{10FFFD}", Some("old  emoji")),
        ("e\u{301}", Some("é")),
        ("half \u{FFFD}", Some("half \u{FFFD}")),
        ("<b>\"&'</b>", Some("<b>\"&'</b>")),
        ("👨\u{200D}👩\u{200D}👧\u{FE0F}", Some("👨\u{200D}👩\u{200D}👧\u{FE0F}")),
        ("", None),
        (" \u{3000}\t", None),
        ("\u{202E}\u{E000}", None),
        ("\u{200D}\u{FE0F}\u{3164}\u{2800}", None),
        ("微信用户", None),
        (" 微信\u{200B}用户\u{7} ", None),
        ("微信用户2", Some("微信用户2")),
    ] {
        assert_eq!(name(nickname).as_deref(), expected, "{nickname:?}");
    }
}

#[test]
fn a_long_name_ends_with_a_whole_character() {
    assert_eq!(name(&"鱼".repeat(100)).unwrap(), "鱼".repeat(64));
    // Five code points each, so that the thirteenth family would be cut at 64.
    let family = "👨\u{200D}👩\u{200D}👧";
    assert_eq!(name(&family.repeat(20)).unwrap(), family.repeat(12));
    let spaced = format!("{} b", "a".repeat(63));
    assert_eq!(name(&spaced).unwrap(), "a".repeat(63));
    // One letter under a hundred accents is no name.
    assert_eq!(name(&format!("x{}", "\u{336}".repeat(100))), None);
    assert_eq!(name(&"x".repeat(1_000_000)).unwrap().len(), 64);
}

/// Cases WX-14 and WX-24. Seen red with the host compared by `contains`.
#[test]
fn a_picture_comes_over_https_from_a_host_of_wechat() {
    for (written, expected) in [
        (
            "https://thirdwx.qlogo.cn/mmopen/vi_32/Kd7/132",
            Some("https://thirdwx.qlogo.cn/mmopen/vi_32/Kd7/132"),
        ),
        ("http://wx.qlogo.cn/mmopen/a/0", Some("https://wx.qlogo.cn/mmopen/a/0")),
        ("HTTPS://THIRDWX.QLOGO.CN/a", Some("https://thirdwx.qlogo.cn/a")),
        ("http://wx.qlogo.cn:80/a", Some("https://wx.qlogo.cn/a")),
        ("https://thirdwx.qlogo.cn/a#fragment", Some("https://thirdwx.qlogo.cn/a")),
        (
            "https://thirdwx.qlogo.cn/a?x=\"><script>",
            Some("https://thirdwx.qlogo.cn/a?x=%22%3E%3Cscript%3E"),
        ),
        ("https://thirdwx.qlogo.cn:8443/a", None),
        ("https://user@thirdwx.qlogo.cn/a", None),
        ("https://:secret@thirdwx.qlogo.cn/a", None),
        ("https://thirdwx.qlogo.cn.example/a", None),
        ("https://example/thirdwx.qlogo.cn", None),
        ("https://evilqlogo.cn/a", None),
        ("https://qlogo.cn/a", None),
        ("https://thirdwx.qlogo.cn./a", None),
        ("https://169.254.169.254/.qlogo.cn", None),
        ("http://127.0.0.1:8400/avatar/1", None),
        ("javascript:alert(1)//.qlogo.cn", None),
        ("data:image/png;base64,AAAA", None),
        ("//thirdwx.qlogo.cn/a", None),
        ("https://thirdwx.qlogo.cn/\u{9}a", None),
        ("https://thirdwx.qlogo.cn/鱼", None),
        ("/132", None),
        ("", None),
    ] {
        assert_eq!(picture(written, AvatarHosts::Wechat).as_deref(), expected, "{written}");
    }
    let long = format!("https://thirdwx.qlogo.cn/{}", "a".repeat(488));
    assert_eq!(long.len(), 513);
    assert_eq!(picture(&long, AvatarHosts::Wechat), None);
}

#[test]
fn in_development_one_more_origin_may_serve_pictures() {
    let avatars = AvatarHosts::Also("http://127.0.0.1:8400");
    for (written, kept) in [
        ("http://127.0.0.1:8400/avatar/1", true),
        ("https://thirdwx.qlogo.cn/a", true),
        ("https://127.0.0.1:8400/avatar/1", false),
        ("http://127.0.0.1:8401/avatar/1", false),
        ("http://x@127.0.0.1:8400/avatar/1", false),
        ("http://example/avatar/1", false),
    ] {
        let expected = kept.then_some(written);
        assert_eq!(picture(written, avatars).as_deref(), expected, "{written}");
    }
    let named = AvatarHosts::Also("http://avatars.test");
    assert!(picture("http://avatars.test/1", named).is_some());
    assert_eq!(picture("http://avatars.test.example/1", named), None);
}

#[test]
fn gender_and_locale_are_kept_only_when_known() {
    for (sex, expected) in
        [(0, None), (1, Some(Gender::Male)), (2, Some(Gender::Female)), (9, None)]
    {
        assert_eq!(gender(sex), expected, "{sex}");
    }
    for (language, expected) in [
        ("zh_CN", Some("zh-CN")),
        ("zh-Hant-TW", Some("zh-Hant-TW")),
        ("en", Some("en")),
        ("", None),
        ("中文", None),
        ("e", None),
        ("zh_", None),
        ("zh CN", None),
        ("zh_<script>", None),
        ("zh_aaaaaaaa_aaaaaaaa_aaaaaaaa_aaaaaaaa", None),
    ] {
        assert_eq!(locale(language).as_deref(), expected, "{language}");
    }
}

#[test]
fn a_reply_that_says_nothing_gives_an_empty_profile() {
    let body = r#"{"openid":"oInvented1","nickname":"","sex":0,"language":"","headimgurl":"","city":"","privilege":[]}"#;
    assert!(clean(&samples::userinfo(body), AvatarHosts::Wechat).is_empty());
    let body = r#"{"openid":"oInvented1","nickname":"小鱼","sex":"2","language":"zh_CN","headimgurl":"https:\/\/wx.qlogo.cn\/a\/132"}"#;
    let profile = clean(&samples::userinfo(body), AvatarHosts::Wechat);
    assert_eq!(profile.name.as_deref(), Some("小鱼"));
    assert_eq!(profile.gender, Some(Gender::Female));
    assert_eq!(profile.locale.as_deref(), Some("zh-CN"));
    assert_eq!(profile.picture.as_deref(), Some("https://wx.qlogo.cn/a/132"));
}
