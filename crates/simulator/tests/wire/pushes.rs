//! What accounts are told about people, and by which button somebody leaves.

use magpie_simulator::{Flaw, PushConsole, PushFormat, PushMode, Pushed, RunningSimulator};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::client::{SERVICE, WEBSITE, demo_with, get, post};

fn console(app_id: &str, url: &str, mode: PushMode, format: PushFormat) -> PushConsole {
    PushConsole {
        app_id: app_id.to_owned(),
        url: url.to_owned(),
        token: "spamtest".to_owned(),
        encoding_aes_key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".to_owned(),
        mode,
        format,
    }
}

async fn pushing(mode: PushMode, format: PushFormat) -> RunningSimulator {
    demo_with(|world| {
        world.pushes.push(console(SERVICE, "http://127.0.0.1:1/push/inapp", mode, format));
    })
    .await
}

#[tokio::test]
async fn each_mode_and_format_is_written_as_the_consoles_promise() {
    let openid = "oVlfPqRNde8_wIdbg7ZCnuCNWXnH";
    for (mode, format, is_plain, is_encrypted) in [
        (PushMode::Plain, PushFormat::Xml, true, false),
        (PushMode::Compatible, PushFormat::Xml, true, true),
        (PushMode::Secure, PushFormat::Xml, false, true),
        (PushMode::Plain, PushFormat::Json, true, false),
        (PushMode::Secure, PushFormat::Json, false, true),
    ] {
        let simulator = pushing(mode, format).await;
        let request =
            simulator.write_push(SERVICE, "xiaoyu", &Pushed::Cancelled, Flaw::None).unwrap();
        assert_eq!(request.body.contains("user_authorization_cancellation"), is_plain, "{mode:?}");
        assert_eq!(request.body.contains("Encrypt"), is_encrypted, "{mode:?}");
        let address = &request.url;
        assert!(address.starts_with("http://127.0.0.1:1/push/inapp?signature="), "{address}");
        assert_eq!(address.contains("&encrypt_type=aes&msg_signature="), is_encrypted);
        // The person of this account, and not of the other one.
        assert!(address.contains("&openid=o") && !address.contains(openid), "{address}");
    }
    let simulator = pushing(PushMode::Plain, PushFormat::Xml).await;
    let text =
        |pushed: &Pushed| simulator.write_push(SERVICE, "xiaoyu", pushed, Flaw::None).unwrap().body;
    let scene = Some("l_1".to_owned());
    assert!(text(&Pushed::Subscribed(scene)).contains("<![CDATA[qrscene_l_1]]>"));
    assert!(text(&Pushed::Scanned("l_1".to_owned())).contains("<EventKey><![CDATA[l_1]]>"));
    assert!(simulator.write_push(WEBSITE, "xiaoyu", &Pushed::Cancelled, Flaw::None).is_err());
    assert!(simulator.write_push(SERVICE, "nobody", &Pushed::Cancelled, Flaw::None).is_err());
}

#[tokio::test]
async fn who_leaves_by_the_button_is_told_of_to_every_account() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/push/inapp", listener.local_addr().unwrap());
    let receiver = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nsuccess";
        stream.write_all(answer).await.unwrap();
        String::from_utf8_lossy(request.get(..length).unwrap()).into_owned()
    };
    let simulator = demo_with(|world| {
        let (mode, format) = (PushMode::Secure, PushFormat::Xml);
        world.pushes.push(console(SERVICE, &url, mode, format));
        world.pushes.push(console(WEBSITE, "http://127.0.0.1:1/nobody", mode, format));
    })
    .await;
    let home = get(&simulator, "/").await.text();
    for id in ["id=\"leaver\"", "id=\"withdraw\"", "id=\"close-account\""] {
        assert!(home.contains(id), "{id} in {home}");
    }
    assert_eq!(home.matches("id=\"person\"").count(), 1);
    let leave = post(&simulator, "/leave", "", "person=xiaoyu&how=close");
    let (page, heard) = tokio::join!(leave, receiver);
    let page = page.text();
    assert!(page.contains("id=\"told\"") && page.contains("<td>200<td>success"), "{page}");
    assert!(page.contains("unreachable"), "{page}");
    assert!(heard.starts_with("POST /push/inapp?signature="), "{heard}");
    let quiet = demo_with(|_| {}).await;
    assert!(!get(&quiet, "/").await.text().contains("id=\"leaver\""));
}
