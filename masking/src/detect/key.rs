//! Credentials: web tokens, private keys, and keys of services.

use crate::detect::formats::Tail;
use crate::detect::formats::formats;
use crate::detect::words::Text;
use crate::detect::words::is_word;

/// The shortest header of a web token: `{"alg":"x"}` is longer.
const HEADER_MIN: usize = 12;
/// The shortest payload.
const PAYLOAD_MIN: usize = 4;
/// A signed token has three parts, an encrypted one five.
const PARTS_MAX: usize = 5;

/// The longest label between the dashes of a PEM line.
const LABEL_MAX: usize = 48;

const fn is_base64url(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

/// A web token that may begin there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WebToken {
    /// Where it ends, if it is one.
    pub(crate) end: Option<usize>,
    /// How far its header goes: what begins before that comes to the same.
    pub(crate) header_end: usize,
}

/// Looks for a web token (RFC 7519) that begins there.
pub(crate) fn web_token(text: Text<'_>, start: usize) -> WebToken {
    let none = |header_end| WebToken {
        end: None,
        header_end,
    };
    // `{"` in base64url.
    if !text.starts_with(start, b"eyJ") {
        return none(start);
    }
    let header_end = text.run(start, usize::MAX, is_base64url);
    if header_end - start < HEADER_MIN || text.at(header_end) != b'.' {
        return none(header_end);
    }
    let mut end = text.run(header_end + 1, usize::MAX, is_base64url);
    if end - header_end <= PAYLOAD_MIN {
        return none(header_end);
    }
    for _part in 2..PARTS_MAX {
        let part = text.run(end + 1, usize::MAX, is_base64url);
        if text.at(end) != b'.' || part == end + 1 {
            break;
        }
        end = part;
    }
    WebToken {
        end: Some(end),
        header_end,
    }
}

/// A private key whose first dash stands there: to its last line, or to the end where that is
/// missing.
pub(crate) fn private_key(text: Text<'_>, start: usize) -> Option<(usize, usize)> {
    if !text.starts_with(start, b"-----BEGIN ") {
        return None;
    }
    let label = start + b"-----BEGIN ".len();
    let label_end = text.run(label, LABEL_MAX, is_label);
    let is_private = text
        .0
        .get(label..label_end)
        .is_some_and(|label| label.windows(11).any(|word| word == b"PRIVATE KEY"));
    if !is_private || !text.starts_with(label_end, b"-----") {
        return None;
    }
    let mut end = label_end + 5;
    while end < text.len() {
        match text.at(end) {
            b'-' if text.starts_with(end, b"-----END ") => {
                let label_end = text.run(end + 9, LABEL_MAX, is_label);
                let dashes = text.run(label_end, 5, |byte| byte == b'-');
                return Some((start, dashes));
            }
            // No key has a quote: here ends the text of JSON in which it stands. A backslash in
            // front of the quote belongs to the quote.
            b'"' => {
                while text.before(end) == b'\\' {
                    end -= 1;
                }
                return Some((start, end));
            }
            _ => end += 1,
        }
    }
    Some((start, end))
}

const fn is_label(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' '
}

/// A key of a service, whose prefix stands there, with all that may belong to it.
pub(crate) fn api_key(text: Text<'_>, start: usize) -> Option<(usize, usize)> {
    let mut formats = formats(text.at(start))
        .iter()
        .filter(|format| text.starts_with(start, format.prefix));
    formats.find_map(|format| {
        let tail = start + format.prefix.len();
        let end = text.run(tail, format.length, format.is);
        if end - tail < format.length {
            return None;
        }
        match format.tail {
            Tail::Ends => (!(format.is)(text.at(end)) && text.ends(end)).then_some((start, end)),
            Tail::GoesOn => Some((start, text.run(end, usize::MAX, is_key))),
        }
    })
}

/// What keys are made of: of one that goes on, all of it is hidden.
const fn is_key(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'-' | b'.' | b'+' | b'/' | b'=' | b'%')
}
