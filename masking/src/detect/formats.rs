//! The keys of services that can be told by their beginning.

use crate::detect::words::is_word;

/// How such a key looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    pub(crate) prefix: &'static [u8],
    /// The fewest characters behind the prefix.
    pub(crate) length: usize,
    /// What these are.
    pub(crate) is: fn(u8) -> bool,
    pub(crate) tail: Tail,
}

/// What may follow.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tail {
    /// Nothing: all are of one length.
    Ends,
    /// More of the key.
    GoesOn,
}

const fn exactly(prefix: &'static [u8], length: usize, is: fn(u8) -> bool) -> Format {
    Format {
        prefix,
        length,
        is,
        tail: Tail::Ends,
    }
}

const fn at_least(prefix: &'static [u8], length: usize, is: fn(u8) -> bool) -> Format {
    Format {
        prefix,
        length,
        is,
        tail: Tail::GoesOn,
    }
}

/// Those that begin with this letter.
pub(crate) const fn formats(first: u8) -> &'static [Format] {
    match first {
        b'A' => UPPER_A,
        b'G' => const { &[exactly(b"GOCSPX-", 28, is_url)] },
        b'P' => const { &[at_least(b"PMAK-", 24, is_url)] },
        b'S' => const { &[exactly(b"SK", 32, is_hex), at_least(b"SG.", 60, is_dotted)] },
        b'd' => D,
        b'g' => G,
        b'h' => H,
        b'k' => const { &[exactly(b"key-", 32, is_hex)] },
        b'l' => const { &[at_least(b"lin_api_", 32, is_alphanumeric)] },
        b'n' => const { &[at_least(b"npm_", 36, is_alphanumeric)] },
        b'p' => P,
        b'r' => R,
        b's' => S,
        b'w' => const { &[at_least(b"whsec_", 24, is_base64)] },
        b'x' => X,
        b'y' => const { &[at_least(b"ya29.", 20, is_url)] },
        _ => &[],
    }
}

/// Amazon, Google, Atlassian, age.
const UPPER_A: &[Format] = &[
    exactly(b"AKIA", 16, is_upper),
    exactly(b"ASIA", 16, is_upper),
    exactly(b"ABIA", 16, is_upper),
    exactly(b"ACCA", 16, is_upper),
    exactly(b"AIza", 35, is_url),
    at_least(b"ATATT3", 32, is_url),
    at_least(b"AGE-SECRET-KEY-1", 58, is_alphanumeric),
];

/// Databricks, Docker, DigitalOcean, Doppler.
const D: &[Format] = &[
    exactly(b"dapi", 32, is_hex),
    at_least(b"dckr_pat_", 20, is_url),
    exactly(b"dop_v1_", 64, is_hex),
    exactly(b"doo_v1_", 64, is_hex),
    exactly(b"dor_v1_", 64, is_hex),
    at_least(b"dp.pt.", 40, is_alphanumeric),
];

/// GitHub, GitLab, Grafana.
const G: &[Format] = &[
    at_least(b"ghp_", 36, is_alphanumeric),
    at_least(b"gho_", 36, is_alphanumeric),
    at_least(b"ghu_", 36, is_alphanumeric),
    at_least(b"ghs_", 36, is_alphanumeric),
    at_least(b"ghr_", 36, is_alphanumeric),
    at_least(b"github_pat_", 22, is_word),
    at_least(b"glpat-", 20, is_dotted),
    at_least(b"gldt-", 20, is_url),
    at_least(b"glrt-", 20, is_dotted),
    at_least(b"glcbt-", 20, is_url),
    at_least(b"glptt-", 40, is_hex),
    at_least(b"glft-", 20, is_url),
    at_least(b"glsoat-", 20, is_url),
    at_least(b"glagent-", 50, is_url),
    at_least(b"gloas-", 64, is_hex),
    at_least(b"glsa_", 32, is_word),
];

/// Slack's addresses for posting, Hugging Face, Vault.
const H: &[Format] = &[
    at_least(b"hooks.slack.com/services/", 30, is_base64),
    at_least(b"hf_", 34, is_alphanumeric),
    at_least(b"hvs.", 24, is_url),
    at_least(b"hvb.", 24, is_url),
    at_least(b"hvr.", 24, is_url),
];

/// PyPI, PlanetScale.
const P: &[Format] = &[
    at_least(b"pypi-AgE", 50, is_url),
    at_least(b"pscale_tkn_", 32, is_dotted),
    at_least(b"pscale_pw_", 32, is_dotted),
];

/// Stripe.
const R: &[Format] = &[
    at_least(b"rk_live_", 16, is_alphanumeric),
    at_least(b"rk_test_", 16, is_alphanumeric),
];

/// Stripe, Shopify, Square, and the makers of models.
const S: &[Format] = &[
    at_least(b"sk_live_", 16, is_alphanumeric),
    at_least(b"sk_test_", 16, is_alphanumeric),
    at_least(b"sk-ant-", 20, is_url),
    at_least(b"sk-proj-", 20, is_url),
    at_least(b"sk-svcacct-", 20, is_url),
    at_least(b"sk-admin-", 20, is_url),
    at_least(b"sk-or-v1-", 32, is_hex),
    at_least(b"sk-", 40, is_alphanumeric),
    exactly(b"shpat_", 32, is_hex),
    exactly(b"shpca_", 32, is_hex),
    exactly(b"shppa_", 32, is_hex),
    exactly(b"shpss_", 32, is_hex),
    at_least(b"sq0atp-", 22, is_url),
    at_least(b"sq0csp-", 43, is_url),
];

/// Slack.
const X: &[Format] = &[
    at_least(b"xoxa-", 10, is_url),
    at_least(b"xoxb-", 10, is_url),
    at_least(b"xoxc-", 10, is_url),
    at_least(b"xoxd-", 10, is_escaped),
    at_least(b"xoxe-", 10, is_url),
    at_least(b"xoxe.xoxb-", 10, is_url),
    at_least(b"xoxe.xoxp-", 10, is_url),
    at_least(b"xoxp-", 10, is_url),
    at_least(b"xoxr-", 10, is_url),
    at_least(b"xoxs-", 10, is_url),
    at_least(b"xapp-", 10, is_url),
];

const fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

const fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

const fn is_upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

const fn is_url(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

const fn is_dotted(byte: u8) -> bool {
    is_url(byte) || byte == b'.'
}

const fn is_escaped(byte: u8) -> bool {
    is_url(byte) || byte == b'%'
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}
