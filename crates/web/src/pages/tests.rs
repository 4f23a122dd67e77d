mod contrast;

use askama::Template as _;

use super::*;
use crate::assets;

/// A phone page with all it loads stays below this (issue: "under 30 kB").
const PAGE_BUDGET: usize = 30_000;

/// Checks what holds for every page, and gives its HTML for what holds for this one.
#[track_caller]
pub(super) fn assert_sound<P: Page>(page: &P, ids: &[&str]) -> String {
    let html = page.render().unwrap();
    let marker = page.marker();
    assert!(marker.is_ascii());
    assert!(
        html.contains(&format!(r#"<meta name="magpie-page" content="{marker}">"#)),
        "{marker}: meta"
    );
    assert!(html.contains(&format!(r#"<body data-page="{marker}">"#)), "{marker}: body");
    for id in ids {
        assert_eq!(html.matches(&format!(r#" id="{id}""#)).count(), 1, "{marker}: #{id}");
    }
    assert_ids_are_unique(&html, marker);
    assert_no_leftovers(&html, marker);
    assert_strict_csp_fits(&html, marker);
    assert_readable_by_ear(&html, marker);
    assert!(weight(&html) < PAGE_BUDGET, "{marker} weighs {} bytes", weight(&html));
    html
}

fn assert_ids_are_unique(html: &str, marker: &str) {
    let mut ids: Vec<_> = values_of(html, " id=").collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{marker}: an id stands twice");
}

/// No gap left open, no template syntax, no blank heading or title.
fn assert_no_leftovers(html: &str, marker: &str) {
    for trace in [
        "{",
        "}",
        "<title> ·",
        "<h1></h1>",
        "<p></p>",
        "<dd></dd>",
        "href=\"/assets/\"",
        "src=\"/assets/\"",
    ] {
        assert!(!html.contains(trace), "{marker}: {trace} is left");
    }
}

/// No inline style or script, no handler, and every file from our own `/assets/` and there (cases AZ-25, WX-08).
fn assert_strict_csp_fits(html: &str, marker: &str) {
    for trace in
        ["<style", " style=", " onclick=", " onload=", " onsubmit=", "javascript:", "<base"]
    {
        assert!(!html.contains(trace), "{marker}: {trace}");
    }
    for picture in html.split("<img").skip(1) {
        assert_eq!(marker, "relay-code", "no other page has pictures");
        assert!(picture.starts_with(r#" id="program-code" src="/oauth2/resume/"#), "{picture}");
    }
    for frame in html.split("<iframe").skip(1) {
        assert_eq!(marker, "signed-out", "no other page has frames");
        assert!(frame.contains(r#" sandbox="allow-scripts allow-same-origin""#), "{frame}");
    }
    for script in html.split("<script").skip(1) {
        assert!(script.starts_with(" src=\"/assets/"), "{marker}: an inline script");
    }
    for path in values_of(html, " href=")
        .chain(values_of(html, " src="))
        .filter(|path| path.starts_with("/assets"))
    {
        assert!(assets::find(path).is_some(), "{marker}: {path} is not served");
    }
    for tag in html.split('<').filter(|tag| tag.starts_with("link ") || tag.starts_with("script "))
    {
        assert!(tag.contains("=\"/assets/"), "{marker}: {tag}");
    }
}

/// One heading of the first rank, a language, a main region, a label for every field people see.
fn assert_readable_by_ear(html: &str, marker: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "{marker}: one main heading");
    assert_eq!(html.matches("<main").count(), 1, "{marker}: one main region");
    assert!(
        html.contains(r#"<html lang="zh-CN">"#) || html.contains(r#"<html lang="en">"#),
        "{marker}: language"
    );
    let seen =
        html.split("<input").skip(1).filter(|input| !input.contains("type=\"hidden\"")).count();
    assert!(
        html.matches("<label for=").count() >= seen.min(1),
        "{marker}: a field without a label"
    );
    for button in html.split("<button").skip(1) {
        assert!(button.starts_with(" type="), "{marker}: a button that does not say what it does");
    }
}

fn values_of<'a>(html: &'a str, attribute: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(attribute).skip(1).filter_map(|rest| rest.strip_prefix('"')?.split('"').next())
}

/// The page and every file it loads.
fn weight(html: &str) -> usize {
    let files: usize = values_of(html, " href=")
        .chain(values_of(html, " src="))
        .filter_map(assets::find)
        .map(|asset| asset.bytes.len())
        .sum();
    html.len() + files
}

#[test]
fn the_gallery_shows_every_template() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/pages");
    let mut templates: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().replace('_', "-"))
        .collect();
    templates.sort_unstable();
    let mut shown: Vec<_> =
        gallery(Locale::En).into_iter().map(|(marker, _, _)| marker.to_owned()).collect();
    shown.sort_unstable();
    shown.dedup();
    assert_eq!(shown, templates);
}

/// B7: no window of anybody is told anything, and nothing that another window says is listened to: there is no message to
/// send to `*`, and no origin to check. Seen red with either.
#[test]
fn no_script_of_ours_speaks_with_another_window() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/static");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let scripts: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|e| e == "js")).collect();
    assert!(scripts.len() >= 3, "{scripts:?}");
    for script in scripts {
        let text = std::fs::read_to_string(&script).unwrap();
        for word in [
            "postMessage",
            "onmessage",
            "\"message\"",
            "'message'",
            "`message`",
            "MessageChannel",
            "BroadcastChannel",
            "opener",
            "parent",
        ] {
            assert!(!text.contains(word), "{}: {word}", script.display());
        }
    }
}

#[test]
fn development_wears_a_banner_on_every_page_and_production_on_none() {
    for lang in Locale::ALL {
        let mut page = NotFound::sample(lang);
        assert!(!page.render().unwrap().contains(r#"id="development""#));
        page.ctx.development = true;
        assert!(page.render().unwrap().contains(r#"id="development""#));
    }
}

#[test]
fn empty_slots_leave_nothing_behind() {
    let html = assert_sound(&NotFound { ctx: PageContext::new(Locale::En) }, &[]);
    for id in ["reference", "language", "development"] {
        assert!(!html.contains(&format!(r#"id="{id}""#)), "{id}");
    }
}

#[test]
fn the_language_switch_speaks_the_language_it_leads_to() {
    let html = NotFound::sample(Locale::ZhCn).render().unwrap();
    assert!(html.contains(r#"lang="en" hreflang="en">English</a>"#));
    let html = NotFound::sample(Locale::En).render().unwrap();
    assert!(html.contains(r#"lang="zh-CN" hreflang="zh-CN">中文</a>"#));
}

/// Case AZ-25.
#[test]
fn a_hostile_application_name_stays_inert_wherever_it_stands() {
    let name = r#""><script>alert(1)</script>{client}javascript:"#;
    let pages = [
        Interstitial { client: name.to_owned(), ..Interstitial::sample(Locale::En) }
            .render()
            .unwrap(),
        OpenInWechat { client: name.to_owned(), ..OpenInWechat::sample(Locale::En) }
            .render()
            .unwrap(),
        Consent {
            client: name.to_owned(),
            person: Some(name.to_owned()),
            ..Consent::sample(Locale::En)
        }
        .render()
        .unwrap(),
        FormPost { client: name.to_owned(), ..FormPost::sample(Locale::En) }.render().unwrap(),
    ];
    for html in pages {
        assert!(!html.contains("<script>") && !html.contains("\"><script"));
        assert!(html.contains("&#60;script&#62;"), "the name is shown as it is");
    }
}

#[test]
fn an_application_is_known_by_its_first_letter() {
    for (name, letter) in [
        ("grafana", "G"),
        ("小鹊", "小"),
        ("  《工单》", "工"),
        ("…", ""),
        ("", ""),
        ("ßeta", "SS"),
    ] {
        assert_eq!(initial(name), letter, "{name}");
    }
}

#[test]
fn hidden_values_are_not_in_debug_output() {
    assert!(
        !format!(
            "{:?}",
            FormTarget { hidden: vec![Hidden::new("code", "s3cret")], ..FormTarget::sample() }
        )
        .contains("s3cret")
    );
    assert!(!format!("{:?}", FormPost::sample(Locale::En)).contains("sample"));
}

/// A device has no page of its own to go back to. Seen red with the words for an application on the pages that explain.
#[test]
fn who_signs_in_for_a_device_is_sent_back_to_no_application() {
    let mut of_devices = 0;
    for lang in Locale::ALL {
        let back = Texts::of(lang).way_back("Grafana", false);
        for (marker, variant, html) in gallery(lang) {
            let html = html.unwrap();
            let is_of_device = variant == "device";
            of_devices += usize::from(is_of_device);
            assert!(!is_of_device || !html.contains(&back), "{marker}: {html}");
            assert!(
                !is_of_device || html.contains(&Texts::of(lang).common.device_back),
                "{marker}"
            );
        }
        assert!(Interstitial::sample(lang).render().unwrap().contains(&back));
    }
    assert_eq!(of_devices, 12);
}
