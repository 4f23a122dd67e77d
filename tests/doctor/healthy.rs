//! A house in order: nobody has to act, in either language, and nothing was changed.

use harness::House;
use magpie_simulator::Endpoint;

use crate::configuration::Setup;

#[tokio::test]
async fn a_house_in_order_is_called_so() {
    let house = House::open().await;
    let setup = Setup::of(&house);
    let diagnosis = setup.is_well().await;
    assert_eq!(
        diagnosis.of("good"),
        [
            "channel_good",
            "clock_good",
            "database_good",
            "files_good",
            "identities_good",
            "issuer_good",
            "keys_good",
            "wechat_good"
        ]
    );
    // Nobody was asked and nobody's code was used; a token that other programs hold stays good.
    assert_eq!((house.wechat.profiles(), house.wechat.requests_to(Endpoint::Token)), (0, 0));
    let tokens: Vec<_> = house.wechat.requests();
    let tokens = tokens.iter().filter(|seen| seen.endpoint == Endpoint::StableToken);
    assert!(tokens.clone().count() > 0);
    for seen in tokens {
        assert_eq!(seen.parameter("force_refresh"), Some("false"));
    }
    let (status, english) = setup.run(&["doctor"]).await;
    assert!(status == Some(0) && english.ends_with("Nobody has to act.\n"), "{english}");
    let (status, chinese) = setup.run(&["doctor", "--lang", "zh-CN"]).await;
    assert!(status == Some(0) && chinese.ends_with("没有需要处理的问题。\n"), "{chinese}");
    house.close().await;
}

#[tokio::test]
async fn one_channel_can_be_examined_alone_and_an_unknown_one_is_none() {
    let house = House::open().await;
    let mut setup = Setup::of(&house);
    setup.channels[0].secret = "another-secret-than-the-registered-one".to_owned();
    let (status, _said) = setup.run(&["doctor", "--channel", "inapp"]).await;
    assert_eq!(status, Some(0));
    let (status, said) = setup.run(&["doctor", "--channel", "desktop"]).await;
    assert_eq!(status, Some(1), "{said}");
    for line in [
        "[ACT] channel desktop: The AppSecret is wrong, or was reset.",
        "whose turn: Whoever runs this sign-in service",
        "what to do: Put the current one",
        "WeChat's console: open.weixin.qq.com",
        "guide: docs/guide/en/wechat/errors/40125.md",
    ] {
        assert!(said.contains(line), "{line} is missing in {said}");
    }
    let (status, said) = setup.run(&["doctor", "--channel", "nowhere", "--json"]).await;
    assert!(status == Some(1) && said.contains("there is no channel"), "{said}");
    house.close().await;
}
