//! What a service account that is followed needs besides an account: that WeChat tells us who scanned its codes.

use magpie_domain::{Push, PushFormat};

use super::section::Section;

/// What helps when its AppID is another channel's.
pub(super) const SAME_ACCOUNT: &str =
    "name that channel in `through`, and leave app_id, app_secret and push to it";

/// Without pushes nobody would ever hear of a scan. `key` is where they are looked for.
pub(super) fn require_pushes(section: &Section<'_>, key: &str, push: Option<&Push>) {
    let Some(push) = push else {
        if key == "push" || section.has(key) {
            let problem = "a scan is heard by a push, and no pushes of this account are configured";
            let cure = "set push = { token_file = …, encoding_aes_key_file = … } of the service account, and in its console \
                the address {issuer}/push/{its channel id}: 公众平台 → 设置与开发 → 开发接口管理 → 消息推送 (服务器配置), 安全模式";
            section.refuse_quietly(key, problem, cure);
        }
        return;
    };
    if push.format == PushFormat::Json {
        let problem = "a service account writes its pushes in XML, and so are they answered";
        section.refuse_quietly(key, problem, "take `format` out of the pushes");
    }
}

/// With `through`, pushes come to the address of that channel.
pub(super) fn refuse_own_push(section: &mut Section<'_>) {
    if section.entry("push").is_some() {
        let cure = "set it in the channel that `through` names: WeChat pushes to one address";
        section.refuse_quietly("push", "an account has one address of pushes", cure);
    }
}
