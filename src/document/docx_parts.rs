//! What the writer of DOCX files cannot say itself, put into the parts that it made: a watermark,
//! the language of the words, and who wrote what.

use docx_rs::XMLDocx;

use crate::text::Language;

/// The style of a paragraph that is nothing but a line.
pub(super) const RULE: &str = "Rule";

/// The height by which the row of a header is known until [`repeat_headers`] has seen it.
pub(super) const HEADER_HEIGHT: f32 = 17.0;

/// Defines the style of lines.
pub(super) fn rules(parts: &mut XMLDocx) {
    let style = format!(
        concat!(
            r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="{rule}">"#,
            r#"<w:name w:val="{rule}"/><w:pPr><w:pBdr>"#,
            r#"<w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr>"#,
            r#"<w:spacing w:before="40" w:after="60" w:line="120" w:lineRule="exact"/></w:pPr>"#,
            r#"<w:rPr><w:sz w:val="8"/></w:rPr></w:style></w:styles>"#,
        ),
        rule = RULE,
    );
    replace(&mut parts.styles, "</w:styles>", &style);
}

/// Lets every page repeat the headers of its tables.
pub(super) fn repeat_headers(parts: &mut XMLDocx) {
    let text = String::from_utf8_lossy(&parts.document);
    let mark = format!(r#"<w:trHeight w:val="{HEADER_HEIGHT}" w:hRule="atLeast" />"#);
    parts.document = text.replace(&mark, "<w:tblHeader/>").into_bytes();
}

/// Says in words what each image shows, for those who cannot see it.
pub(super) fn describe(parts: &mut XMLDocx, words: &[String]) {
    for (number, words) in (1..).zip(words) {
        let described =
            format!(r#"<wp:docPr id="{}" name="QR {number}" descr="{}"/>"#, number, escaped(words));
        replace(&mut parts.document, r#"<wp:docPr id="1" name="Figure" />"#, &described);
    }
}

/// Puts the watermark of word processors into a header. Its name is the one by which Word and
/// LibreOffice know their own, so that their command takes it out when the form is signed.
pub(super) fn watermark(header: &mut Vec<u8>, mark: &str) {
    // As wide as the page allows at this angle, whatever the word.
    let letters = u32::try_from(mark.chars().count()).unwrap_or(u32::MAX);
    let width = letters.saturating_mul(62).clamp(120, 480);
    let shape = format!(
        concat!(
            r#"<w:p><w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml" "#,
            r#"xmlns:o="urn:schemas-microsoft-com:office:office" "#,
            r#"xmlns:w10="urn:schemas-microsoft-com:office:word">"#,
            r##"<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" "##,
            r##"path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/>"##,
            r##"<v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>"##,
            r##"<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>"##,
            r##"<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/>"##,
            r##"<v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/>"##,
            r##"<v:f eqn="sum @6 0 @5"/></v:formulas><v:path textpathok="t" o:connecttype="custom" "##,
            r##"o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/>"##,
            r##"<v:textpath on="t" fitshape="t"/><v:handles><v:h position="#0,bottomRight" "##,
            r##"xrange="6629,14971"/></v:handles><o:lock v:ext="edit" text="t" shapetype="t"/>"##,
            r##"</v:shapetype>"##,
            r##"<v:shape id="PowerPlusWaterMarkObject1" o:spid="_x0000_s2049" type="#_x0000_t136" "##,
            r##"style="position:absolute;margin-left:0;margin-top:0;width:{width}pt;height:110pt;"##,
            r##"rotation:315;z-index:-251658752;mso-position-horizontal:center;"##,
            r##"mso-position-horizontal-relative:margin;mso-position-vertical:center;"##,
            r##"mso-position-vertical-relative:margin" o:allowincell="f" fillcolor="#e6e6e6" "##,
            r##"stroked="f"><v:textpath style="font-family:&quot;Times New Roman&quot;;"##,
            r##"font-size:1pt;font-weight:bold" string="{mark}"/>"##,
            r##"<w10:wrap anchorx="margin" anchory="margin"/></v:shape></w:pict></w:r></w:p>"##,
        ),
        width = width,
        mark = escaped(mark),
    );
    replace(header, "</w:hdr>", &format!("{shape}</w:hdr>"));
}

/// Says in which language the words are, so that no word processor underlines all of them, and
/// gives the file its title and author.
pub(super) fn finish(parts: &mut XMLDocx, language: Language, [title, author]: [&str; 2]) {
    let tag = match language {
        Language::Vietnamese => "vi-VN",
        Language::English => "en-US",
    };
    let mark = format!(r#"<w:lang w:val="{tag}" w:eastAsia="{tag}" w:bidi="{tag}"/>"#);
    replace(
        &mut parts.styles,
        "</w:rPr></w:rPrDefault>",
        &format!("{mark}</w:rPr></w:rPrDefault>"),
    );
    let (title, author) = (escaped(title), escaped(author));
    let (begin, end) = ("<dc:creator>", "</dc:creator>");
    let core = String::from_utf8_lossy(&parts.doc_props.core).into_owned();
    if let Some((before, rest)) = core.split_once(begin)
        && let Some((_, after)) = rest.split_once(end)
    {
        let core = format!("{before}<dc:title>{title}</dc:title>{begin}{author}{end}{after}");
        parts.doc_props.core = core.into_bytes();
    }
}

fn replace(part: &mut Vec<u8>, old: &str, new: &str) {
    let text = String::from_utf8_lossy(part);
    *part = text.replacen(old, new, 1).into_bytes();
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
