//! What a `signing_secret` means: the caller's own key, the name of a shared secret, or neither.
//!
//! Owns that reading. A text that is neither is refused without being shown, since it may be a
//! mistyped secret.

use crate::api::problem::Problem;
use crate::entropy::random_bytes;
use zentra_events::Code;
use zentra_signature::SymmetricSecret;

const NAME_LETTERS_MAX: usize = 40;

/// What the caller asked for.
#[derive(Debug)]
pub(crate) enum AskedSecret {
    /// A new one, shown once.
    Generated,
    /// This one; never shown back.
    Material(SymmetricSecret),
    /// The scope's secret of this name; made on first use and then shown once.
    Named(String),
}

impl AskedSecret {
    /// Reads the field.
    ///
    /// # Errors
    /// `secret_invalid` with the reason.
    pub(crate) fn read(text: Option<&str>) -> Result<AskedSecret, Problem> {
        let Some(text) = text else { return Ok(AskedSecret::Generated) };
        match SymmetricSecret::parse(text) {
            Ok(secret) => Ok(AskedSecret::Material(secret)),
            Err(_) if is_name(text) => Ok(AskedSecret::Named(text.to_owned())),
            Err(error) => Err(Problem::new(
                Code::SecretInvalid,
                format!(
                    "{error}; a name is whsec_ and 1 to {NAME_LETTERS_MAX} lower-case letters, \
                     digits and '_'"
                ),
            )),
        }
    }
}

/// A new secret of 32 random bytes.
pub(crate) fn generate() -> SymmetricSecret {
    SymmetricSecret::from_bytes(&random_bytes::<32>())
        .expect("32 bytes are enough and not too many")
}

fn is_name(text: &str) -> bool {
    text.strip_prefix("whsec_").is_some_and(|name| {
        (1..=NAME_LETTERS_MAX).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_meanings_are_told_apart() {
        assert!(matches!(AskedSecret::read(None), Ok(AskedSecret::Generated)));
        let material = generate().expose().to_string();
        assert!(matches!(AskedSecret::read(Some(&material)), Ok(AskedSecret::Material(_))));
        for name in ["whsec_live", "whsec_test_2", &format!("whsec_{}", "_".repeat(40))] {
            let read = AskedSecret::read(Some(name));
            assert!(matches!(read, Ok(AskedSecret::Named(known)) if known == name), "{name}");
        }
        let long = format!("whsec_{}", "_".repeat(41));
        for bad in ["", "live", "whsec_", "whsec_Live", "whsec_a-b", "whsk_live", &long] {
            let problem = AskedSecret::read(Some(bad)).unwrap_err();
            assert_eq!(problem.code, Code::SecretInvalid, "{bad}");
        }
    }
}
