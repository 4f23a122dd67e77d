//! An organisation in WeCom (企业微信): its apps and its members (wechat.md section 12).
//! A person of the world who is no member of it is an outsider there: WeCom says an openid of them and no userid.

use serde::Deserialize;

use crate::ids;

/// One organisation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corp {
    /// The corp id, `ww` and 16 hexadecimal digits by custom.
    pub corp_id: String,
    /// The name people see on its pages.
    #[serde(default)]
    pub name: String,
    /// Its apps.
    pub agents: Vec<Agent>,
    /// Its members.
    #[serde(default)]
    pub members: Vec<Member>,
}

/// One app of the organisation's own.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The AgentId.
    pub agent_id: u32,
    /// Its own secret.
    pub secret: String,
    /// Hosts to which codes may go, with the port if there is one: unlike at WeChat, it counts.
    #[serde(default)]
    pub trusted_domains: Vec<String>,
    /// Keys of people who are outside its visible range.
    #[serde(default)]
    pub hidden_from: Vec<String>,
    /// Switched off in the console.
    #[serde(default)]
    pub disabled: bool,
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").field("agent_id", &self.agent_id).finish_non_exhaustive()
    }
}

/// One member.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The key of the person.
    pub person: String,
    /// How the organisation names them; with another corp id and a slash before it for a linked organisation.
    pub userid: String,
    /// A text: `"1"` male, `"2"` female, `"0"` unknown.
    #[serde(default)]
    pub gender: String,
    /// Absent: drawn by the simulator.
    #[serde(default)]
    pub avatar: Option<String>,
    /// What the member entered.
    #[serde(default)]
    pub email: String,
    /// What the organisation assigned.
    #[serde(default)]
    pub biz_mail: String,
}

impl Corp {
    /// An organisation with one app and three members: `xiaoyu`, `ann` and, from a linked organisation, `laowang`.
    /// `ben` is no member. Codes may go to `authority`, port included.
    #[must_use]
    pub fn demo(authority: &str) -> Self {
        let member = |person: &str, userid: &str, gender: &str, biz_mail: &str| Member {
            person: person.to_owned(),
            userid: userid.to_owned(),
            gender: gender.to_owned(),
            email: format!("{person}@private.example"),
            biz_mail: biz_mail.to_owned(),
            ..Member::default()
        };
        Self {
            corp_id: "ww0000000000000001".to_owned(),
            name: "鹊桥演示企业 Magpie demo company".to_owned(),
            agents: vec![Agent {
                agent_id: 1_000_002,
                secret: "ww0000000000000001-1000002-secret".to_owned(),
                trusted_domains: vec![authority.to_owned()],
                hidden_from: Vec::new(),
                disabled: false,
            }],
            members: vec![
                member("xiaoyu", "XiaoYu", "2", "xiaoyu@corp.example"),
                member("ann", "Ann.Lee@hq_1-a", "1", ""),
                member("laowang", "ww0000000000000002/laowang", "0", ""),
            ],
        }
    }

    pub(crate) fn agent(&self, agent_id: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.agent_id.to_string() == agent_id)
    }

    pub(crate) fn member(&self, person: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.person == person)
    }

    /// The openid of a person who is no member.
    #[must_use]
    pub fn openid_of(&self, person: &str) -> String {
        ids::openid(&self.corp_id, person, false)
    }

    /// What codes and tokens of one app are written down under.
    pub(crate) fn place(&self, agent: &Agent) -> String {
        format!("{}/{}", self.corp_id, agent.agent_id)
    }
}
