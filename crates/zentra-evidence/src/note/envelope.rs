//! The form of a signed note: a text, an empty line, signature lines.
//!
//! Owns the parse, which is strict. Must not know algorithms or what the text means.

use crate::note::key_name::is_key_name;
use crate::text;
use data_encoding::BASE64;

/// The em dash and space that begin a signature line.
const MARK: &str = "\u{2014} ";
/// Signatures on one note. The format asks for room for 16.
const SIGNATURES_MAX: usize = 64;

/// Why a note is not accepted, or a text cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is empty, does not end in a newline, or has other control characters.
    #[error("a note's text ends in a newline and has no other control character")]
    Text,
    /// There is no empty line, or what follows it are not signature lines.
    #[error("the note has no well-formed signature lines")]
    Form,
    /// There are more signatures than a verifier looks at.
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// The expected key did not sign.
    #[error("the note is not signed by the expected key")]
    Unsigned,
    /// A signature in the expected key's name is wrong.
    #[error("the expected key's signature is wrong")]
    Signature,
}

/// Shows a note with one signature.
pub(crate) fn show(
    text: &str,
    name: &str,
    id: [u8; 4],
    signature: &[u8],
) -> Result<String, NoteError> {
    if !is_text(text) {
        return Err(NoteError::Text);
    }
    let stamped = BASE64.encode(&[id.as_slice(), signature].concat());
    Ok(format!("{text}\n{MARK}{name} {stamped}\n"))
}

/// The text of a note, if every signature by this name and id `holds` and there is at least one.
pub(crate) fn verify<'n>(
    note: &'n str,
    name: &str,
    id: [u8; 4],
    holds: &dyn Fn(&[u8], &[u8]) -> bool,
) -> Result<&'n str, NoteError> {
    let (text, lines) = split(note)?;
    if !is_text(text) {
        return Err(NoteError::Text);
    }
    let mut signed = false;
    for (count, line) in lines.split('\n').enumerate() {
        if count == SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let (signer, bytes) = signature_line(line).ok_or(NoteError::Form)?;
        let Some((signer_id, signature)) = bytes.split_first_chunk::<4>() else {
            return Err(NoteError::Form);
        };
        if signer == name && *signer_id == id {
            if !holds(text.as_bytes(), signature) {
                return Err(NoteError::Signature);
            }
            signed = true;
        }
    }
    if signed { Ok(text) } else { Err(NoteError::Unsigned) }
}

/// The text with its newline, and the signature lines without the last newline. The last empty
/// line divides them.
fn split(note: &str) -> Result<(&str, &str), NoteError> {
    let empty_line = note.rfind("\n\n").ok_or(NoteError::Form)?;
    let (text, rest) = note.split_at(empty_line + 1);
    let lines = rest.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
    Ok((text, lines.ok_or(NoteError::Form)?))
}

fn signature_line(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, encoded) = line.strip_prefix(MARK)?.split_once(' ')?;
    let bytes = text::base64(encoded)?;
    (is_key_name(name) && bytes.len() > 4).then_some((name, bytes))
}

fn is_text(text: &str) -> bool {
    text.ends_with('\n') && text.bytes().all(|byte| byte >= b' ' || byte == b'\n')
}
