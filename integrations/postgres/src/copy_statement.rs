//! Recognizes COPY statements whose rows the client sends.
//!
//! Reference: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>.

/// Returns whether this is `COPY … FROM STDIN`.
pub(crate) fn is_copy_in(statement: &[u8]) -> bool {
    let mut words = Words { rest: statement };
    if !words.next().is_some_and(|word| is(word, b"copy")) {
        return false;
    }
    let mut is_behind_from = false;
    for word in words {
        if is_behind_from && is(word, b"stdin") {
            return true;
        }
        is_behind_from = is(word, b"from");
    }
    false
}

fn is(word: &[u8], keyword: &[u8]) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// An iterator over the words of a statement outside of parentheses, quotes and comments. Quoted
/// text counts as a word without letters.
struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut depth = 0_usize;
        loop {
            let (word, rest) = token(self.rest)?;
            self.rest = rest;
            match word {
                b"(" => depth += 1,
                b")" => depth = depth.saturating_sub(1),
                b"" | b";" => {}
                word if depth == 0 => return Some(word),
                _ => {}
            }
        }
    }
}

/// Returns the first token, and the text after it. Blanks and comments are empty tokens; quoted
/// text is a quote.
fn token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let quote: &[u8] = b"'";
    Some(match text {
        [] => return None,
        [b'-', b'-', rest @ ..] => (b"", behind(rest, b"\n")),
        [b'/', b'*', rest @ ..] => (b"", behind_comment(rest)),
        // With backslash escapes.
        [b'E' | b'e', b'\'', rest @ ..] => (quote, behind_quote(rest, b'\'', true)),
        [b'\'', rest @ ..] => (quote, behind_quote(rest, b'\'', false)),
        [b'"', rest @ ..] => (quote, behind_quote(rest, b'"', false)),
        [b'$', rest @ ..] => (quote, behind_dollars(rest)),
        [blank, rest @ ..] if blank.is_ascii_whitespace() => (b"", rest),
        [first, ..] if is_letter(*first) => {
            let is_part = |byte: &u8| is_letter(*byte) || byte.is_ascii_digit() || *byte == b'$';
            text.split_at(text.iter().take_while(|byte| is_part(byte)).count())
        }
        _ => text.split_at(1),
    })
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

fn behind<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    let at = text.windows(end.len()).position(|window| window == end);
    at.map_or(b"", |at| &text[at + end.len()..])
}

/// Returns the text after a comment that has been opened. Comments may be nested.
fn behind_comment(mut text: &[u8]) -> &[u8] {
    let mut depth = 1_usize;
    loop {
        (depth, text) = match text {
            [] => return text,
            [b'*', b'/', rest @ ..] if depth == 1 => return rest,
            [b'*', b'/', rest @ ..] => (depth - 1, rest),
            [b'/', b'*', rest @ ..] => (depth + 1, rest),
            [_, rest @ ..] => (depth, rest),
        };
    }
}

/// Returns the text after a quote. A doubled quote reads as two strings, which is equivalent here.
fn behind_quote(mut text: &[u8], quote: u8, has_backslashes: bool) -> &[u8] {
    loop {
        text = match text {
            [] => return text,
            [b'\\', _, rest @ ..] if has_backslashes => rest,
            [first, rest @ ..] if *first == quote => return rest,
            [_, rest @ ..] => rest,
        };
    }
}

/// Returns the text after `$tag$ … $tag$`, whose first dollar has been read, or after the dollar
/// alone.
fn behind_dollars(text: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| is_letter(*byte) || byte.is_ascii_digit();
    let tag = text.iter().take_while(|byte| is_part(byte)).count();
    if text.get(tag) != Some(&b'$') {
        return text;
    }
    let end = [b"$", &text[..=tag]].concat();
    behind(&text[tag + 1..], &end)
}
