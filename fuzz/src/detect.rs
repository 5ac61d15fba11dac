//! Detectors: what is shown holds no find, and all else is as it was.

use masking::detect::Counts;
use masking::detect::Detector;
use masking::detect::DetectorSet;
use masking::detect::Search;
use mysql_proto::charset::Charset;

/// A searched text is as long as it was; only stars and ones were written into it; searched again
/// it holds nothing; and it does not matter in which pieces it came.
///
/// The first byte is the set of detectors, the second the character set, whether the text is JSON,
/// and how long the pieces are; the rest is the text.
pub fn detect(input: &[u8]) {
    let [detectors, form, text @ ..] = input else {
        return;
    };
    let set: DetectorSet = Detector::ALL
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| detectors & (1 << bit) != 0)
        .map(|(_, detector)| detector)
        .collect();
    let Some(charset) = CHARSETS.get(usize::from(form % 8)) else {
        return;
    };
    let search = || Search::new(set, *charset, form & 8 != 0);
    let (shown, counts) = searched(search(), text, usize::from(form >> 4) + 1);
    assert_eq!(shown.len(), text.len(), "the length has changed");
    let unit_bytes = [0, b'*', b'1'];
    for (clear, shown) in text.iter().zip(&shown) {
        assert!(
            clear == shown || unit_bytes.contains(shown),
            "something else than a star was written"
        );
    }
    if counts == Counts::default() && form & 8 == 0 {
        assert_eq!(shown, text, "changed, although nothing was found");
    }
    // In one window the text is one.
    if text.len() <= masking::cell::CELL_BYTES_MAX {
        let (whole, all) = searched(search(), text, usize::MAX);
        assert_eq!((&whole, all), (&shown, counts), "pieces matter");
        let (again, more) = searched(search(), &shown, usize::MAX);
        assert_eq!(
            (&again, more),
            (&shown, Counts::default()),
            "a find is left"
        );
    }
}

const CHARSETS: [Charset; 8] = [
    Charset::Utf8mb4,
    Charset::Latin1,
    Charset::Gbk,
    Charset::Sjis,
    Charset::Utf16,
    Charset::Utf16le,
    Charset::Utf32,
    Charset::Swe7,
];

fn searched(mut search: Search, text: &[u8], piece: usize) -> (Vec<u8>, Counts) {
    let mut shown = Vec::new();
    for piece in text.chunks(piece) {
        search.push(piece, &mut shown);
    }
    search.finish(&mut shown);
    (shown, *search.counts())
}
