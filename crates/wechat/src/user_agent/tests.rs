use super::Agent::{self, Desktop, DesktopWechat, Phone, PhoneWechat, WeCom};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 12; SM-G9910 Build/SP1A.210812.016; wv) AppleWebKit/537.36 \
    (KHTML, like Gecko) Version/4.0 Chrome/86.0.4240.99 XWEB/3262 MMWEBSDK/20220204 Mobile Safari/537.36";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36";
const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36";
const LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/// Reads every string of a table: the system's part, the program's part, who that is.
fn check(table: &[(&str, &str, Agent)]) {
    for (system, program, expected) in table {
        assert_eq!(Agent::read(&format!("{system}{program}")), *expected, "{system}{program}");
    }
}

// Put together from what was seen in the wild; one table for each group of rows of wechat.md §14.

#[test]
fn wechat_on_a_phone_is_recognised() {
    check(&[
        (
            IPHONE,
            " Mobile/15E148 MicroMessenger/8.0.47(0x18002f2c) NetType/WIFI Language/zh_CN",
            PhoneWechat,
        ),
        (
            ANDROID,
            " MMWEBID/6170 MicroMessenger/8.0.20.2100(0x28001438) Process/toolsmp WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64",
            PhoneWechat,
        ),
        (
            "Mozilla/5.0 (Linux; Android 8.1.0; MI 8 Build/OPM1; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/57.0.2987.132 MQQBrowser/6.2 TBS/044409 Mobile Safari/537.36",
            " MicroMessenger/6.7.3.1360(0x26070333) NetType/4G Language/zh_CN Process/tools",
            PhoneWechat,
        ),
    ]);
}

#[test]
fn wechat_on_a_desktop_is_recognised_though_its_version_is_frozen() {
    check(&[
        (
            "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/53.0.2785.143 Safari/537.36",
            " MicroMessenger/7.0.9.501 NetType/WIFI WindowsWechat",
            DesktopWechat,
        ),
        (
            WINDOWS,
            " NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090c37) XWEB/13907 Flue",
            DesktopWechat,
        ),
        (
            WINDOWS,
            " MicroMessenger/7.0.20.1781(0x6700143B) UnifiedPCWindowsWechat(0xf2541739) XWEB/18945",
            DesktopWechat,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.3 Safari/605.1.15",
            " MicroMessenger/6.8.0(0x16080000) MacWechat/3.8.7(0x13080712) XWEB/1216 Flue",
            DesktopWechat,
        ),
        (
            MAC,
            " NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) MacWechat/3.8.7(0x13080712) UnifiedPCMacWechat(0xf2641702) XWEB/18788 Flue",
            DesktopWechat,
        ),
        (
            MAC,
            " MicroMessenger/6.8.0(0x16080000) NetType/WIFI MacWechat WindowsWechat",
            DesktopWechat,
        ),
        (
            LINUX,
            " MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) UnifiedPCLinuxWechat(0xf2741108)",
            DesktopWechat,
        ),
    ]);
}

#[test]
fn web_views_of_mini_programs_are_wechat() {
    check(&[
        (
            ANDROID,
            " MMWEBID/4162 MicroMessenger/8.0.28.2240(0x28001C35) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64 miniProgram/wx0123456789abcdef",
            PhoneWechat,
        ),
        (
            ANDROID,
            " MMWEBID/2307 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64 MiniProgramEnv/android",
            PhoneWechat,
        ),
        (
            WINDOWS,
            " MicroMessenger/7.0.20.1781(0x6700143B) NetType/WIFI MiniProgramEnv/Windows WindowsWechat/WMPF WindowsWechat(0x63090a13) UnifiedPCWindowsWechat(0xf2541a1f) XWEB/25047 miniProgram/wx0123456789abcdef",
            DesktopWechat,
        ),
        (
            MAC,
            " MicroMessenger/7.0.20.1781(0x6700143B) NetType/WIFI MiniProgramEnv/Mac MacWechat/WMPF MacWechat/3.8.7(0x13080712) UnifiedPCMacWechat(0xf264101d) XWEB/16390",
            DesktopWechat,
        ),
    ]);
}

/// Seen red with `micromessenger` tested first.
#[test]
fn wecom_is_not_wechat_though_it_says_so() {
    check(&[
        (IPHONE, " Mobile/15E148 MicroMessenger/7.0.1 wxwork/4.1.6 ColorScheme/Light", WeCom),
        (
            "Mozilla/5.0 (linux; Android 13; Phone; OpenHarmony 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
            " Mobile MicroMessenger/7.0.1 wxwork/5.0.8",
            WeCom,
        ),
        (WINDOWS, " wxwork/4.1.13 (MicroMessenger/6.2) WindowsWechat WXWorkLocal/2.6.0", WeCom),
    ]);
}

#[test]
fn qq_is_not_wechat() {
    check(&[(
        "Mozilla/5.0 (Linux; U; Android 12; zh-cn; M2012K11AC Build/SP1A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/107.0.0.0 MQQBrowser/6.2 Mobile Safari/537.36",
        " V1_AND_SQ_8.9.50 QQ/8.9.50.10095 NetType/WIFI",
        Phone,
    )]);
}

#[test]
fn ordinary_browsers_are_phones_or_can_show_a_qr_code() {
    let iphone = format!("{IPHONE} Version/17.4 Mobile/15E148 Safari/604.1");
    let ipad =
        "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari";
    let android_tablet = "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36";
    for (text, expected) in [
        (iphone.as_str(), Phone),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36",
            Phone,
        ),
        ("Mozilla/5.0 (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0", Phone),
        (ipad, Desktop),
        (android_tablet, Desktop),
        ("Mozilla/5.0 (Android 14; Tablet; rv:126.0) Gecko/126.0 Firefox/126.0", Desktop),
        (WINDOWS, Desktop),
        (MAC, Desktop),
        (LINUX, Desktop),
        ("curl/8.5.0", Desktop),
        ("", Desktop),
        ("小鱼", Desktop),
    ] {
        assert_eq!(Agent::read(text), expected, "{text}");
    }
}

/// Seen red with the lower-casing taken out.
#[test]
fn letter_case_does_not_matter() {
    for (text, expected) in [
        ("MICROMESSENGER/8.0", PhoneWechat),
        ("micromessenger/7 WINDOWSWECHAT", DesktopWechat),
        ("WxWork/4 MicroMessenger/7", WeCom),
    ] {
        assert_eq!(Agent::read(text), expected, "{text}");
    }
}

/// Case WX-36: eight kilobytes cost no more than two. Seen red with the cap taken out.
#[test]
fn what_follows_the_first_two_thousand_characters_is_not_read() {
    let mut text = "x".repeat(8192);
    text.push_str(" MicroMessenger/8.0");
    assert_eq!(Agent::read(&text), Desktop);
}

#[test]
fn other_peoples_mini_programs_are_not_wechat() {
    let alipay = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile AliApp(AP/10.5) AlipayClient/10.5 MiniProgram";
    assert_eq!(Agent::read(alipay), Phone);
    assert!(!Agent::read(alipay).is_wechat());
}
