//! QR codes (ISO/IEC 18004): as a drawing for the PDF, as an image for what people edit.

use qrcode::bits::Bits;
use qrcode::render::svg;
use qrcode::{Color, EcLevel, QrCode, Version};

use crate::document::error::DocumentError;

/// UTF-8 among the designators of the standard.
const ECI_UTF8: u32 = 26;

/// Light modules around the code, as the standard asks for.
const QUIET: usize = 4;

/// Dots of a module: enough that a printer draws straight edges.
const DOTS: usize = 8;

/// The code as a drawing.
pub(super) fn svg(content: &[u8]) -> Result<String, DocumentError> {
    Ok(code(content)?.render::<svg::Color<'_>>().build())
}

/// The code as an image of one bit a dot.
pub(super) fn png(content: &[u8]) -> Result<Vec<u8>, DocumentError> {
    let code = code(content)?;
    let modules = code.width() + 2 * QUIET;
    let side = modules * DOTS;
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| (at / DOTS).checked_sub(QUIET).filter(|at| *at < code.width());
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => code[(x, y)] == Color::Dark,
            _ => false,
        }
    };
    let mut dots = Vec::with_capacity(side * side.div_ceil(8));
    for y in 0..side {
        for byte in 0..side.div_ceil(8) {
            let bits = (0..8).map(|bit| byte * 8 + bit).map(|x| x < side && !dark(x, y));
            dots.push(bits.fold(0_u8, |byte, light| byte << 1 | u8::from(light)));
        }
    }
    let mut file = Vec::new();
    let length = u32::try_from(side).unwrap_or(u32::MAX);
    let failed = |error: png::EncodingError| DocumentError::Pack { diagnostics: error.to_string() };
    let mut encoder = png::Encoder::new(&mut file, length, length);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&dots).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

fn code(content: &[u8]) -> Result<QrCode, DocumentError> {
    qr_code(content).ok_or(DocumentError::Code { bytes: content.len() })
}

/// The smallest code that holds the content. What is not ASCII is announced as UTF-8, or a scanner
/// would guess.
fn qr_code(content: &[u8]) -> Option<QrCode> {
    if content.is_ascii() {
        return QrCode::with_error_correction_level(content, EcLevel::Q).ok();
    }
    (1..=40).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_eci_designator(ECI_UTF8).ok()?;
        bits.push_byte_data(content).ok()?;
        bits.push_terminator(EcLevel::Q).ok()?;
        QrCode::with_bits(bits, EcLevel::Q).ok()
    })
}
