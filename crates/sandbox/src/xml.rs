//! Promises: a small tree of elements for a well-formed XML 1.0 document, and a reason for any other text.

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

/// An element with its attributes, its elements, and its text put together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// The text directly inside, trimmed.
    pub(crate) text: String,
}

/// Reads a document with exactly one root element.
pub(crate) fn parse(document: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(document);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => open.push(element(&tag)?),
            Event::Empty(tag) => close(element(&tag)?, &mut open, &mut root)?,
            Event::End(_) => {
                let done = open.pop().ok_or("an end tag without its start")?;
                close(done, &mut open, &mut root)?;
            }
            Event::Text(text) => append(&text.xml10_content(), &mut open)?,
            Event::CData(text) => append(&text.xml10_content(), &mut open)?,
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(character) => character.to_string(),
                    None => resolve_predefined_entity(&reference.xml10_content())
                        .ok_or("an entity that XML does not define")?
                        .to_owned(),
                };
                append(&resolved, &mut open)?;
            }
            Event::Decl(_) if root.is_none() && open.is_empty() => {}
            Event::Comment(_) => {}
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) => return Err("a declaration out of place".to_owned()),
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err("an element is not closed".to_owned());
    }
    root.ok_or_else(|| "there is no element".to_owned())
}

fn element(tag: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| error.to_string())?;
        legal(&value)?;
        attributes.push((attribute.key.into_inner().to_owned(), value.into_owned()));
    }
    Ok(Element { name: tag.name().into_inner().to_owned(), attributes, ..Element::default() })
}

fn close(mut done: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    done.text = done.text.trim().to_owned();
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None if root.is_none() => *root = Some(done),
        None => return Err("more than one root element".to_owned()),
    }
    Ok(())
}

fn append(text: &str, open: &mut [Element]) -> Result<(), String> {
    legal(text)?;
    match open.last_mut() {
        Some(parent) => parent.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside the root element".to_owned()),
    }
    Ok(())
}

/// XML 1.0 §2.2: no control characters but tab and line ends, not even as references. The reader does not check this.
fn legal(text: &str) -> Result<(), String> {
    let forbidden =
        |c: char| (c < '\u{20}' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    if text.contains(forbidden) { Err("a character that XML forbids".to_owned()) } else { Ok(()) }
}

/// The types in which Twilio takes TwiML.
pub(crate) fn is_xml(media_type: &str) -> bool {
    matches!(media_type, "text/xml" | "application/xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_references_and_attributes_come_out_unescaped() {
        let root =
            parse("<?xml version=\"1.0\"?><R a=\"x &amp; y\"> caf&#233; &lt;b&gt; <![CDATA[<i>]]></R>\n").unwrap();
        assert_eq!(root.text, "café <b> <i>");
        assert_eq!(root.attributes, [("a".to_owned(), "x & y".to_owned())]);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for document in [
            "",
            "hello",
            "<R>",
            "<R></S>",
            "<R/><R/>",
            "<R>a & b</R>",
            "<R>&nbsp;</R>",
            "<R a=\"1\" a=\"2\"/>",
            "<R>&#1;</R>",
            "<R>\u{0}</R>",
            "<!DOCTYPE R><R/>",
            "<R/>tail",
        ] {
            assert!(parse(document).is_err(), "{document:?}");
        }
    }
}
