//! Texts that hold comments and no statement: servers do nothing with them, and say that all is well.

/// Whether a text is made of plain comments, white space and semicolons, with one comment at least.
///
/// Comments whose text a server may run (`/*! … */`) are none of these. The rules hang on no mode and no
/// character set: no sign of theirs can be part of a longer character.
///
/// See the manual, "Comments": <https://dev.mysql.com/doc/refman/9.7/en/comments.html>.
#[must_use]
pub fn is_remark(text: &[u8]) -> bool {
    let mut rest = text;
    let mut has_comment = false;
    loop {
        rest = rest.trim_ascii_start();
        let after = match rest {
            [] => return has_comment,
            [b';', after @ ..] if has_comment => after,
            [b'/', b'*', b'!', ..] | [b'/', b'*', b'M' | b'm', b'!', ..] => return false,
            [b'/', b'*', comment @ ..] => match find(comment, b"*/") {
                Some(after) => after,
                None => return false,
            },
            [b'#', comment @ ..] => find(comment, b"\n").unwrap_or_default(),
            // Without a blank behind them the signs are operators.
            [b'-', b'-', comment @ ..] if begins_blank(comment) => {
                find(comment, b"\n").unwrap_or_default()
            }
            _ => return false,
        };
        has_comment = true;
        rest = after;
    }
}

fn begins_blank(text: &[u8]) -> bool {
    matches!(text.first(), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

/// What follows the first place of these bytes.
fn find<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(end.len()).position(|bytes| bytes == end)?;
    text.get(at + end.len()..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_alone_are_remarks() {
        for text in [
            "-- a dump",
            "--",
            "--\tx\n",
            "# a\n# b",
            "/* a */",
            "/**/",
            "/* a */;",
            " \n/* a */ ; ;",
            "-- a; DROP TABLE t\n;",
            "-- a dump\n\n/* head */",
            "/* a /* b */",
            "/*+ MAX_EXECUTION_TIME(1) */",
            "/* \u{fc} */ # \u{1f600}",
        ] {
            assert!(is_remark(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_a_remark() {
        for text in [
            "",
            " ",
            ";",
            "; /* a */",
            "SELECT 1",
            "-- a\nSELECT 1",
            "/* a */ SELECT 1",
            "/* a */; DROP TABLE t",
            "/* a */ */",
            "/* a",
            "/*",
            "/*/",
            "/*! SELECT 1 */",
            "/*!99999 a */",
            "/*M! SELECT 1 */",
            "/*m! SELECT 1 */",
            "--1",
            "--a",
            "-",
            "--\u{a0}a",
            "/",
            "# a\n1",
            "# a\r1\n;1",
            "\0/* a */",
        ] {
            assert!(!is_remark(text.as_bytes()), "{text}");
        }
        assert!(!is_remark(b"\xa0/* a */"));
    }
}
