//! Finds the links of a Markdown page and the anchors its headings make, the way the usual forges do.
//! Knows inline links and link definitions; code, in fences or between backticks, is not searched.

/// A link target and the line it stands on, counted from one.
pub(crate) type Link = (usize, String);

/// Every link target of a page, outside of code.
pub(crate) fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        found.extend(inline.map(|target| (number, bare(target))));
        if let Some((_, rest)) = line.split_once("]: ").filter(|(lead, _)| lead.starts_with('[')) {
            found.extend(rest.split_whitespace().next().map(|target| (number, bare(target))));
        }
    }
    found
}

fn bare(target: &str) -> String {
    target.trim_matches(['<', '>']).to_owned()
}

/// The anchors of a page's headings.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    prose(text).into_iter().filter_map(|(_, line)| heading(line)).map(anchor).collect()
}

fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    (title.len() < line.len() && title.starts_with(' ')).then(|| title.trim())
}

fn anchor(title: &str) -> String {
    let kept = |letter: char| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter),
        _ => None,
    };
    title.to_lowercase().chars().filter_map(kept).collect()
}

/// The lines outside of fenced code, with their numbers.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut kept = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            kept.push((index + 1, line));
        }
    }
    kept
}

fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_code_is_not_searched() {
        let page =
            "See [a](b.md#c) and `[x](y)`.\n```\n[n](o)\n```\n[d]: <e.md>\n[two](f.md \"title\")\n";
        let found: Vec<(usize, String)> = links(page);
        assert_eq!(found[0], (1, "b.md#c".to_owned()));
        assert_eq!(found[1], (5, "e.md".to_owned()));
        assert_eq!(found[2], (6, "f.md".to_owned()));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn headings_make_anchors_in_both_languages() {
        assert_eq!(
            anchors("# What it is\n## 反向代理（nginx）\n```\n# no\n```\n"),
            ["what-it-is", "反向代理nginx"]
        );
    }
}
