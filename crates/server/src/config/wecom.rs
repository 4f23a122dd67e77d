//! `[wecom]` and what a channel of kind `wecom` (企业微信) has to know besides the others: WeCom's addresses, the app's
//! AgentId, what it asks of a member, and the console pages that have to agree with the issuer.

use magpie_domain::{Channel, Issuer, MemberScope, Way, WecomApp};

use super::channels::require;
use super::secrets::SecretKeys;
use super::section::Section;
use super::wechat::base;

/// Where WeCom is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wecom {
    /// The API, without a slash at the end.
    pub api_base: String,
    /// Where desktop browsers go.
    pub login_base: String,
}

pub(super) const SECRET_KEYS: SecretKeys = SecretKeys {
    inline: "corp_secret",
    file: "corp_secret_file",
    where_to_find: "企业微信管理后台 (work.weixin.qq.com) → 应用管理 → 自建 → the app → Secret; it is sent to an \
administrator's WeCom to be looked at, and each app has its own",
    strict: false,
};

pub(super) const CORP_ID: &str = "the corp id (企业ID): 企业微信管理后台 → 我的企业 → 企业信息";

const AGENT_ID: &str = "the AgentId, a whole number: 应用管理 → 自建 → the app → AgentId";

/// Reads `[wecom]`. Foreign addresses need `development = true` in `[wechat]`, as WeChat's do.
pub(super) fn read(mut section: Section<'_>, development: bool) -> Wecom {
    const BASE: &str =
        "an address without a slash at the end, such as \"https://qyapi.weixin.qq.com\"";
    let base = |text: &str| base(text, development);
    let wecom = Wecom {
        api_base: section
            .parse("api_base", BASE, base)
            .unwrap_or_else(|| "https://qyapi.weixin.qq.com".to_owned()),
        login_base: section
            .parse("login_base", BASE, base)
            .unwrap_or_else(|| "https://login.work.weixin.qq.com".to_owned()),
    };
    section.finish();
    wecom
}

/// What only this kind of channel has to know; nothing without an AgentId.
pub(super) fn way(section: &mut Section<'_>) -> Option<Way> {
    require(section, "agent_id", AGENT_ID);
    let agent_id = section.whole("agent_id", &(1..=u32::MAX));
    let scopes = [
        ("snsapi_base", MemberScope::SnsapiBase),
        ("snsapi_privateinfo", MemberScope::SnsapiPrivateinfo),
    ];
    let scope = section.one_of("scope", &scopes).unwrap_or(MemberScope::SnsapiBase);
    let members_only = section.flag("members_only").unwrap_or(true);
    if section.has("platform") {
        let cure = "take the key out: WeCom has corp id and userid, and no unionid";
        section.refuse("platform", "an app of WeCom's is bound to no Open Platform account", cure);
    }
    Some(Way::Wecom(WecomApp { agent_id: agent_id?, scope, members_only }))
}

/// What WeCom will complain of later. Unlike WeChat it wants the port in its console, if there is one (wechat.md §12.1).
pub(super) fn warn_of_wecom(section: &Section<'_>, channel: &Channel, issuer: &Issuer) {
    let authority = issuer.authority();
    if authority.contains(':') {
        let problem =
            "the issuer has a port, and WeCom compares it too (redirect_uri 参数错误, 50001)";
        let cure = format!(
            "enter `{authority}` with its port under 应用管理 → the app → 网页授权及JS-SDK → 可信域名, and under 企业微信授权登录 → 授权回调域"
        );
        section.warn("id", problem, cure);
    }
    let corp_id = channel.account.app_id.as_str();
    if !corp_id.starts_with("ww") && !corp_id.starts_with("wx") {
        section.warn("corp_id", "corp ids begin with ww, old ones with wx", CORP_ID);
    }
}
