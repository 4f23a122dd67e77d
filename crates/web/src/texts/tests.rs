use std::collections::BTreeMap;

use magpie_wechat::errcode::{HelpKey, WecomKey};

use super::*;

/// Every leaf of a catalog by its dotted key.
fn leaves(file: &str) -> BTreeMap<String, String> {
    fn walk(at: &str, value: &toml::Value, found: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    walk(&format!("{at}.{key}"), value, found);
                }
            }
            toml::Value::String(text) => {
                found.insert(at.to_owned(), text.clone());
            }
            other => panic!("{at} is not a text: {other}"),
        }
    }
    let mut found = BTreeMap::new();
    walk("", &toml::Value::Table(toml::from_str(file).unwrap()), &mut found);
    found
}

fn gaps(text: &str) -> Vec<&str> {
    let mut names: Vec<_> =
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn both_catalogs_can_be_read() {
    for file in [ZH_CN, EN] {
        toml::from_str::<Texts>(file).unwrap();
    }
}

#[test]
fn both_languages_have_the_same_keys_and_the_same_gaps() {
    let (zh, en) = (leaves(ZH_CN), leaves(EN));
    assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    for (key, text) in &zh {
        assert_eq!(gaps(text), gaps(&en[key]), "{key}");
        assert!(text.is_empty() == en[key].is_empty(), "{key} is blank in one language");
        assert!(!text.is_empty() || key.ends_with(".console"), "{key} is blank");
    }
}

#[test]
fn each_catalog_speaks_its_own_language() {
    let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for (key, text) in leaves(ZH_CN) {
        let latin =
            key.ends_with(".console") || key.ends_with(".turn") || key == ".common.switch_language";
        assert!(han(&text) || latin, "{key} is not Chinese: {text}");
    }
    // English may quote a name that people see in Chinese, but never begins with one.
    for (key, text) in leaves(EN) {
        assert!(
            !text.chars().next().is_some_and(|c| han(&c.to_string()))
                || key == ".common.switch_language",
            "{key}"
        );
    }
}

#[test]
fn a_missing_and_an_unknown_key_are_refused() {
    assert!(toml::from_str::<Texts>(&EN.replace("skip = ", "skipp = ")).is_err());
    assert!(toml::from_str::<Texts>(&EN.replace("[turn]", "[turn]\nnobody = \"Nobody\"")).is_err());
    assert!(
        toml::from_str::<Texts>(&EN.replacen("turn = \"person\"", "turn = \"parson\"", 1)).is_err()
    );
}

#[test]
fn every_help_key_has_words_and_an_unheard_one_gets_those_of_unknown() {
    for locale in Locale::ALL {
        let help = &Texts::of(locale).wechat;
        for key in WechatHelp::KEYS {
            assert!(!help.of(key).what.is_empty(), "{key}");
        }
        assert_eq!(help.of("never_heard_of").what, help.of("unknown").what);
        for key in WechatPageHelp::KEYS {
            assert!(Texts::of(locale).wechat_page.get(key).is_some(), "{key}");
        }
    }
}

#[test]
fn both_languages_agree_whose_turn_it_is() {
    let [zh, en] = Locale::ALL.map(Texts::of);
    for key in WechatHelp::KEYS {
        assert_eq!(zh.wechat.of(key).turn, en.wechat.of(key).turn, "{key}");
    }
    for key in WechatPageHelp::KEYS {
        assert_eq!(
            zh.wechat_page.get(key).map(|help| help.turn),
            en.wechat_page.get(key).map(|help| help.turn),
            "{key}"
        );
    }
}

/// Whoever has to act is told something to do; a fault of the operator's names the cure (issue: "whose turn it is").
#[test]
fn what_only_the_operator_can_mend_says_how() {
    for locale in Locale::ALL {
        for key in WechatHelp::KEYS {
            let help = Texts::of(locale).wechat.of(key);
            assert!(!help.advice.is_empty() && !help.cure.is_empty(), "{key}");
        }
    }
}

/// The rules name the keys and the catalog has the words: neither may know one that the other does not.
#[test]
fn the_catalog_and_the_rules_agree_on_every_key_and_whose_turn_it_is() {
    let rules: Vec<_> = HelpKey::ALL.into_iter().map(HelpKey::as_str).collect();
    assert_eq!(rules, WechatHelp::KEYS);
    for key in HelpKey::ALL {
        for locale in Locale::ALL {
            let turn = Texts::of(locale).wechat.of(key.as_str()).turn;
            assert_eq!(turn.as_str(), key.turn().as_str(), "{}", key.as_str());
        }
    }
}

/// The same for WeCom, whose table is its own.
#[test]
fn the_catalog_and_the_rules_agree_on_every_key_of_wecoms() {
    let rules: Vec<_> = WecomKey::ALL.into_iter().map(WecomKey::as_str).collect();
    let catalog: Vec<_> = WecomHelp::KEYS.iter().map(|key| format!("wecom_{key}")).collect();
    assert_eq!(rules, catalog);
    for key in WecomKey::ALL {
        for locale in Locale::ALL {
            let help = Texts::of(locale).wecom.help_of(key.as_str()).unwrap();
            assert_eq!(help.turn.as_str(), key.turn().as_str(), "{}", key.as_str());
            assert!(!help.advice.is_empty() && !help.cure.is_empty(), "{}", key.as_str());
        }
    }
    for other in ["busy", "wecom_", "wecom_nobody", "wecom_wecom_busy"] {
        assert!(Texts::of(Locale::En).wecom.help_of(other).is_none(), "{other}");
    }
}
