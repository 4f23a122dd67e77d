//! What a scripted browser needs of a page: its forms, and which button belongs to which.
//! Buttons and fields are found by the ids that Magpie and the simulator promise to keep.

use html5gum::{StartTag, Token, Tokenizer};

/// A form with its fields as they were delivered.
#[derive(Debug, Default, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) is_post: bool,
    fields: Vec<Field>,
    buttons: Vec<Field>,
}

#[derive(Debug, Clone)]
struct Field {
    id: String,
    name: String,
    value: String,
}

impl Form {
    /// Fills the field with this id.
    pub(crate) fn fill(&mut self, id: &str, value: &str) {
        let field = self.fields.iter_mut().find(|field| field.id == id);
        value.clone_into(&mut field.unwrap_or_else(|| panic!("no field #{id}")).value);
    }

    /// What pressing the button with this id sends, as `application/x-www-form-urlencoded`.
    pub(crate) fn body_when_pressed(&self, id: &str) -> String {
        let pressed = self.buttons.iter().filter(|button| button.id == id);
        let sent = self.fields.iter().chain(pressed).filter(|field| !field.name.is_empty());
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(sent.map(|field| (&field.name, &field.value)));
        body.finish()
    }
}

/// The form whose button has this id.
pub(crate) fn form_with_button(html: &str, id: &str) -> Option<Form> {
    forms(html).into_iter().find(|form| form.buttons.iter().any(|button| button.id == id))
}

fn forms(html: &str) -> Vec<Form> {
    let mut done = Vec::new();
    let mut open: Option<Form> = None;
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) if &**tag.name == b"form" => {
                let is_post = attribute(&tag, "method").eq_ignore_ascii_case("post");
                let action = attribute(&tag, "action");
                open = Some(Form { action, is_post, ..Form::default() });
            }
            Token::StartTag(tag) => {
                if let Some(form) = &mut open {
                    add(form, &tag);
                }
            }
            Token::EndTag(tag) if &**tag.name == b"form" => done.extend(open.take()),
            _ => {}
        }
    }
    done
}

fn add(form: &mut Form, tag: &StartTag<()>) {
    let field = || Field {
        id: attribute(tag, "id"),
        name: attribute(tag, "name"),
        value: attribute(tag, "value"),
    };
    match &**tag.name {
        b"input" | b"select" => form.fields.push(field()),
        b"button" => form.buttons.push(field()),
        b"option" => {
            // A select sends its first option unless another is marked.
            if let Some(select) = form.fields.last_mut()
                && (select.value.is_empty() || tag.attributes.contains_key(&b"selected"[..]))
            {
                select.value = attribute(tag, "value");
            }
        }
        _ => {}
    }
}

fn attribute(tag: &StartTag<()>, name: &str) -> String {
    let value = tag.attributes.get(name.as_bytes());
    value.map_or_else(String::new, |value| String::from_utf8_lossy(value).into_owned())
}

#[test]
fn a_pressed_button_sends_the_fields_of_its_own_form() {
    let html = r#"
        <form action="/a"><button id="other" name="step" value="cancel">no</button></form>
        <form method="POST" action="/b?x=1&amp;y=2"><input type="hidden" name="csrf" value="a b">
        <select id="person" name="person"><option value="ann">A</option><option value="ben" selected>B</option></select>
        <button id="no" name="decision" value="cancel">no</button><button id="yes" name="decision" value="approve">yes</button>
        </form>"#;
    let mut form = form_with_button(html, "yes").unwrap();
    assert!(form.is_post);
    assert_eq!(form.action, "/b?x=1&y=2");
    assert_eq!(form.body_when_pressed("yes"), "csrf=a+b&person=ben&decision=approve");
    form.fill("person", "小鱼");
    assert_eq!(form.body_when_pressed("no"), "csrf=a+b&person=%E5%B0%8F%E9%B1%BC&decision=cancel");
    assert!(form_with_button(html, "absent").is_none());
}
