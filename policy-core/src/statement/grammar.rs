//! Statements by their grammar in the notation of the manuals, matched token by token: what the
//! grammar does not name is refused.
//!
//! A grammar is a table of rules; the first is where it begins, and a rule refers only to later
//! ones, so that no input makes it go deeper. In a rule, words stand apart by spaces:
//!
//! * `WORD` is a keyword, `A/B` one of several; `=`, `,`, `(` and other marks are themselves;
//!   `=?` may be left out.
//! * `[ a | b ]` may be left out, `{ a | b }` is one of them; `}*` any number of times, `},...` a
//!   list with commas.
//! * `<rule>` is another rule, `<rule>,...` a list of them.
//! * a word in lower case is one of the [`Class`]es of names and values.
//!
//! The first alternative that matches is taken, as a rule that follows it never helps another.

use crate::lex::token::Symbol;
use crate::statement::cursor::Cursor;
use crate::statement::grammar_names::CLASSES;
use crate::statement::grammar_names::Class;
use crate::statement::grammar_names::Found;
use crate::unread::Unread;

/// Rules by name; the first is where a statement begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grammar(pub(super) &'static [(&'static str, &'static str)]);

/// Matches the whole statement.
pub(super) fn read<'a>(at: Cursor<'a>, grammar: Grammar) -> Result<Found<'a>, Unread> {
    let mut found = Found::default();
    let mut after = at;
    let rules = Rules::parse(grammar);
    let Some((_, start)) = rules.0.first() else {
        return at.error("a statement without a grammar");
    };
    if rules.one_of(start, &mut after, &mut found)? && after.rest().is_empty() {
        return Ok(found);
    }
    // The place to point at is the last that anything in the grammar reached.
    let place = match found.farthest {
        Some(farthest) if farthest.rest().len() < after.rest().len() => farthest,
        Some(_) | None => after,
    };
    place.error("the statement goes on in a way that is not known")
}

#[derive(Clone, Debug)]
enum Node {
    Words(Vec<&'static str>),
    Symbol(Symbol),
    OptionalEqual,
    Class(Class),
    Rule(&'static str),
    Group(Vec<Vec<Self>>, Repeat),
    /// What no notation means: never matches.
    Unknown,
}

#[derive(Clone, Copy, Debug)]
enum Repeat {
    Once,
    Optional,
    Any,
    List,
}

const SYMBOLS: &[Symbol] = &[
    Symbol::LeftParenthesis,
    Symbol::RightParenthesis,
    Symbol::Comma,
    Symbol::Dot,
    Symbol::Minus,
    Symbol::Star,
    Symbol::Colon,
    Symbol::Equal,
    Symbol::Assign,
];

/// The nodes up to the word that closes them, and that word.
fn alternatives(
    words: &mut impl Iterator<Item = &'static str>,
) -> (Vec<Vec<Node>>, Option<&'static str>) {
    let mut found = vec![Vec::new()];
    while let Some(word) = words.next() {
        match word {
            "|" => found.push(Vec::new()),
            "]" | "}" | "}*" | "},..." => return (found, Some(word)),
            _ => {
                let node = node(word, words);
                if let Some(last) = found.last_mut() {
                    last.push(node);
                }
            }
        }
    }
    (found, None)
}

fn node(word: &'static str, words: &mut impl Iterator<Item = &'static str>) -> Node {
    if word == "[" || word == "{" {
        let (inner, close) = alternatives(words);
        return match (word, close) {
            ("[", Some("]")) => Node::Group(inner, Repeat::Optional),
            ("{", Some("}")) => Node::Group(inner, Repeat::Once),
            ("{", Some("}*")) => Node::Group(inner, Repeat::Any),
            ("{", Some("},...")) => Node::Group(inner, Repeat::List),
            _ => Node::Unknown,
        };
    }
    if let Some(item) = word.strip_suffix(",...") {
        return Node::Group(vec![vec![node(item, words)]], Repeat::List);
    }
    if word == "=?" {
        return Node::OptionalEqual;
    }
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| symbol.text() == word) {
        return Node::Symbol(*symbol);
    }
    if let Some((_, class)) = CLASSES.iter().find(|(name, _)| *name == word) {
        return Node::Class(*class);
    }
    let rule = word
        .strip_prefix('<')
        .and_then(|name| name.strip_suffix('>'));
    if let Some(rule) = rule {
        return Node::Rule(rule);
    }
    let is_keyword = word
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'/'));
    if is_keyword {
        return Node::Words(word.split('/').collect());
    }
    Node::Unknown
}

/// A grammar, parsed once for a statement.
#[derive(Debug)]
struct Rules(Vec<(&'static str, Vec<Vec<Node>>)>);

impl Rules {
    fn parse(grammar: Grammar) -> Self {
        let parse = |(name, text): &(&'static str, &'static str)| {
            let (options, close) = alternatives(&mut text.split_ascii_whitespace());
            // A bracket that nothing opened: the rule matches nothing.
            let options = if close.is_some() { Vec::new() } else { options };
            (*name, options)
        };
        Self(grammar.0.iter().map(parse).collect())
    }

    fn rule<'a>(
        &self,
        name: &'static str,
        at: &mut Cursor<'a>,
        found: &mut Found<'a>,
    ) -> Result<bool, Unread> {
        let Some((_, options)) = self.0.iter().find(|(rule, _)| *rule == name) else {
            return Ok(false);
        };
        if !self.one_of(options, at, found)? {
            return Ok(false);
        }
        if !found.rules.contains(&name) {
            found.rules.push(name);
        }
        Ok(true)
    }

    fn one_of<'a>(
        &self,
        options: &[Vec<Node>],
        at: &mut Cursor<'a>,
        found: &mut Found<'a>,
    ) -> Result<bool, Unread> {
        for option in options {
            if self.sequence(option, at, found)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All of the nodes, or none of them.
    fn sequence<'a>(
        &self,
        nodes: &[Node],
        at: &mut Cursor<'a>,
        found: &mut Found<'a>,
    ) -> Result<bool, Unread> {
        let (start, mark) = (*at, found.mark());
        for node in nodes {
            if !self.take(node, at, found)? {
                found.reach(*at);
                found.back(mark);
                *at = start;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take<'a>(
        &self,
        node: &Node,
        at: &mut Cursor<'a>,
        found: &mut Found<'a>,
    ) -> Result<bool, Unread> {
        match node {
            Node::Words(words) => Ok(at.take_one_of(words).is_some()),
            Node::Symbol(symbol) => Ok(at.take_symbol(*symbol)),
            Node::OptionalEqual => {
                let _ = at.take_symbol(Symbol::Equal);
                Ok(true)
            }
            Node::Class(class) => found.take(*class, at),
            Node::Rule(name) => self.rule(name, at, found),
            Node::Group(options, repeat) => self.group(options, *repeat, at, found),
            Node::Unknown => Ok(false),
        }
    }

    fn group<'a>(
        &self,
        options: &[Vec<Node>],
        repeat: Repeat,
        at: &mut Cursor<'a>,
        found: &mut Found<'a>,
    ) -> Result<bool, Unread> {
        match repeat {
            Repeat::Once => self.one_of(options, at, found),
            Repeat::Optional => {
                self.one_of(options, at, found)?;
                Ok(true)
            }
            Repeat::Any => {
                let mut left = at.rest().len();
                while self.one_of(options, at, found)? {
                    // What matches nothing matches for ever.
                    if at.rest().len() == left {
                        break;
                    }
                    left = at.rest().len();
                }
                Ok(true)
            }
            Repeat::List => {
                if !self.one_of(options, at, found)? {
                    return Ok(false);
                }
                loop {
                    let before = *at;
                    if !at.take_symbol(Symbol::Comma) {
                        return Ok(true);
                    }
                    if !self.one_of(options, at, found)? {
                        *at = before;
                        return Ok(true);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::account;
    use crate::statement::kind::StatementKind;
    use crate::statement::maintenance;
    use crate::statement::program_grammar;
    use crate::statement::server;

    /// The rules that the nodes refer to; a word that means nothing has no place in a grammar.
    fn referred(options: &[Vec<Node>], into: &mut Vec<&'static str>) {
        for node in options.iter().flatten() {
            match node {
                Node::Rule(name) => into.push(name),
                Node::Group(options, _) => referred(options, into),
                Node::Unknown => panic!("a word that means nothing"),
                Node::Words(_) | Node::Symbol(_) | Node::OptionalEqual | Node::Class(_) => {}
            }
        }
    }

    #[test]
    fn every_grammar_is_written_in_the_notation_and_goes_no_deeper_than_it_is_long() {
        let mut seen = 0;
        for kind in StatementKind::ALL {
            for grammar in [
                account::grammar(*kind),
                server::grammar(*kind),
                maintenance::grammar(*kind),
                program_grammar::grammar(*kind),
            ] {
                let rules = Rules::parse(grammar);
                seen += rules.0.len();
                for (place, (name, options)) in rules.0.iter().enumerate() {
                    assert!(!options.is_empty(), "{kind}: {name}");
                    let mut names = Vec::new();
                    referred(options, &mut names);
                    for referred in names {
                        let at = rules.0.iter().position(|(rule, _)| *rule == referred);
                        assert!(at > Some(place), "{kind}: {name} refers to {referred}");
                    }
                }
            }
        }
        assert!(seen > 100, "{seen}");
    }
}
