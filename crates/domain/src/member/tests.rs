use super::*;

fn key(text: &str) -> String {
    MemberId::parse(text).unwrap().key().as_key().to_owned()
}

/// Traps of wechat.md §12.2: characters that no openid has, letter case, linked organisations.
#[test]
fn a_member_is_named_as_the_organisation_chose_and_compared_as_wecom_compares() {
    for (text, expected) in [
        ("zhangsan", "userid:zhangsan"),
        ("ZhangSan", "userid:zhangsan"),
        ("zhang.san@corp_1-a", "userid:zhang.san@corp_1-a"),
        ("7", "userid:7"),
        ("wwAbC/ZhangSan", "userid:wwAbC/zhangsan"),
    ] {
        assert_eq!(key(text), expected);
        assert_eq!(MemberId::parse(text).unwrap().as_sent(), text);
    }
    assert_ne!(key("wwAbC/zhangsan"), key("wwabc/zhangsan"), "another organisation");
    assert_ne!(key("wwAbC/zhangsan"), key("zhangsan"));
    assert!(MemberId::parse(&"a".repeat(64)).is_some());
    let long = "a".repeat(65);
    for text in ["", " ", "zhang san", "张三", "a/b/c", "/a", "a/", "a:b", "a\n", &long] {
        assert!(MemberId::parse(text).is_none(), "{text:?}");
    }
}

/// Nobody becomes somebody else by the form of a key.
#[test]
fn a_member_and_an_openid_of_the_same_letters_are_two_people() {
    let (member, openid) = (MemberId::parse("oAnn").unwrap().key(), OpenId::parse("oAnn").unwrap());
    assert_ne!(member, openid);
    assert!(member.is_member() && !openid.is_member());
    assert!(OpenId::parse(member.as_key()).is_none(), "WeChat cannot send a member's key");
    for key in [member, openid] {
        assert_eq!(OpenId::from_key(key.as_key()), Some(key));
    }
    for text in ["userid:", "userid:a b", "a b", "other:a"] {
        assert_eq!(OpenId::from_key(text), None, "{text}");
    }
}

#[test]
fn a_mailbox_is_an_address_in_small_letters() {
    let read = |text: &str| CorporateMail::parse(text).map(|mail| mail.as_str().to_owned());
    assert_eq!(read("Zhang.San@Corp.Example"), Some("zhang.san@corp.example".to_owned()));
    let long = format!("a@{}.example", "b".repeat(250));
    for text in
        ["", "a", "@b.c", "a@", "a@b", "a@b..c", "a@b.c@d.e", "a b@c.d", "a@b.c\n", "张@b.c", &long]
    {
        assert_eq!(read(text), None, "{text:?}");
    }
}

#[test]
fn nothing_of_a_member_is_printed() {
    let mail = CorporateMail::parse("planted@corp.example").unwrap();
    let member = Member { id: MemberId::parse("planted").unwrap(), mailbox: Mailbox::Is(mail) };
    assert!(!format!("{member:?}").contains("planted"));
}
