//! `[claims]` and `[identity]`: what applications are told about people beyond what WeChat says.

use super::section::Section;

/// `[claims]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The operator's own domain, for clients whose e-mail mode is `synthetic`.
    pub email_domain: Option<String>,
}

/// Where a new person's `sub` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubjectSource {
    /// 128 random bits.
    #[default]
    Random,
    /// A keyed hash of the first identity, so that losing the database does not lose the people.
    Derived,
}

/// `[identity]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Identity {
    /// Where a new person's `sub` comes from.
    pub subject: SubjectSource,
}

pub(super) fn read(mut section: Section<'_>) -> Claims {
    let wanted = "a domain of your own such as \"people.example.com\"";
    let email_domain = section.parse("email_domain", wanted, domain);
    section.finish();
    Claims { email_domain }
}

pub(super) fn identity(mut section: Section<'_>) -> Identity {
    let choices = [("random", SubjectSource::Random), ("derived", SubjectSource::Derived)];
    let subject = section.one_of("subject", &choices).unwrap_or_default();
    section.finish();
    Identity { subject }
}

fn domain(text: &str) -> Result<String, &'static str> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let is_domain = text.len() <= 190 && text.contains('.') && text.split('.').all(label);
    if !is_domain {
        return Err("is not a domain in lower case");
    }
    // Mail to somebody else's domain would verify somebody else's address.
    let foreign = ["qq.com", "wechat.com", "weixin.qq.com", "gmail.com", "163.com", "126.com"];
    if foreign.iter().any(|name| text == *name || text.ends_with(&format!(".{name}"))) {
        return Err("is somebody else's domain");
    }
    Ok(text.to_owned())
}
