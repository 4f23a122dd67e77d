//! What is said to somebody in the chat of a service account, in the words of one language.

use magpie_flows::relay::ChatWord;

use crate::texts::Texts;

/// The words. What they tell of a desktop has been made harmless.
pub(super) fn words(texts: &Texts, word: &ChatWord) -> String {
    let t = &texts.chat;
    match word {
        ChatWord::Asked { client, browser, address } => {
            let browser = if browser.is_empty() { &t.unknown_browser } else { browser };
            [
                t.asked.fill("client", client),
                t.browser.fill("browser", browser),
                t.address.fill("address", address),
                t.answer.fill("client", client),
                t.warning.clone(),
            ]
            .join("\n")
        }
        ChatWord::Taken => t.taken.clone(),
        ChatWord::Late => t.late.clone(),
        ChatWord::Wrong { left } => t.wrong.fill("count", &left.to_string()),
        ChatWord::Done => t.done.clone(),
        ChatWord::Refused => t.refused.clone(),
        ChatWord::WrongNumbers => t.wrong_numbers.clone(),
    }
}

#[cfg(test)]
mod tests {
    use magpie_domain::Locale;

    use super::*;

    /// WeChat cuts a text at 2048 bytes, and both languages are in one.
    #[test]
    fn both_languages_of_the_longest_words_fit_into_one_message() {
        let longest = "应".repeat(46);
        let asked =
            ChatWord::Asked { client: longest.clone(), browser: longest.clone(), address: longest };
        for word in [asked, ChatWord::Taken, ChatWord::Late, ChatWord::Wrong { left: 2 }] {
            let both = Locale::ALL.map(|locale| words(Texts::of(locale), &word)).join("\n\n");
            assert!(both.len() <= 2048, "{}: {both}", both.len());
            assert!(!both.contains(['{', '<']), "{both}");
        }
    }

    #[test]
    fn a_browser_that_does_not_say_what_it_is_is_told_as_such() {
        let (client, address) = ("Grafana".to_owned(), "203.0.113.9".to_owned());
        let asked = ChatWord::Asked { client, browser: String::new(), address };
        for locale in Locale::ALL {
            let t = Texts::of(locale);
            let said = words(t, &asked);
            for part in ["Grafana", "203.0.113.9", &t.chat.unknown_browser, &t.chat.warning] {
                assert!(said.contains(part), "{said}");
            }
        }
    }
}
