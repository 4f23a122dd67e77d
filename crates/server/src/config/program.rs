//! The mini program in which people may answer for the desktops of a relay (小程序码).

use magpie_domain::{Channel, ChannelId, ChannelKind, ProgramDoor, ProgramPage};

use super::channels::require;
use super::section::Section;

/// Reads `mini_program` and `page`, which belong together; `through` is the service account of the relay.
pub(super) fn door(
    section: &mut Section<'_>,
    channels: &[Channel],
    through: Option<&Channel>,
) -> Option<ProgramDoor> {
    if !section.has("mini_program") {
        if section.entry("page").is_some() {
            let cure = "name its channel in `mini_program`, or take the key out";
            section.refuse_quietly("page", "a page is a mini program's, and none is named", cure);
        }
        return None;
    }
    let wanted = "the id of a channel of kind \"mini_program\"";
    let program = section.parse("mini_program", wanted, |text| {
        let named = |channel: &&Channel| {
            channel.id.as_str() == text && channel.kind() == ChannelKind::MiniProgram
        };
        channels.iter().find(named).ok_or("there is no mini program of this id")
    });
    let wanted = "the page of the mini program that asks, such as \"pages/confirm/confirm\"";
    require(section, "page", wanted);
    let page = section.parse("page", wanted, |text| {
        ProgramPage::parse(text).ok_or("is no page: no / before it, and no query behind it")
    });
    if let (Some(program), Some(through)) = (program, through) {
        warn_of_two_people(section, program, through);
    }
    let channel: ChannelId = program?.id.clone();
    Some(ProgramDoor { channel, page: page? })
}

/// Only a unionid joins the two accounts.
fn warn_of_two_people(section: &Section<'_>, program: &Channel, through: &Channel) {
    if program.platform.is_none() || program.platform != through.platform {
        let problem =
            "whoever answers in the mini program is somebody else than by the service account";
        let cure = "bind both to one Open Platform account (开放平台 → 管理中心), and give both channels its name in `platform`";
        section.warn("mini_program", problem, cure);
    }
}
