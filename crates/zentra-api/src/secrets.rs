//! What a `signing_secret` means: the caller's own key, the name of a shared secret, or neither.
//!
//! Owns that reading. A text that is neither is refused without being shown, since it may be a
//! mistyped secret.

use crate::problem::Problem;
use zentra_env::Env;
use zentra_events::Code;
use zentra_signature::SymmetricSecret;

/// A longer text is taken for key material that was mistyped: a key has 32 letters at least.
pub(crate) const NAME_LETTERS_MAX: usize = 16;

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
    /// Reads the two fields: key material, or a short name as the product's page has it, and the
    /// name of a shared secret by itself.
    ///
    /// # Errors
    /// `secret_invalid` with the reason.
    pub(crate) fn read_both(
        signing_secret: Option<&str>,
        shared_secret: Option<&str>,
    ) -> Result<AskedSecret, Problem> {
        match (signing_secret, shared_secret) {
            (Some(_), Some(_)) => Err(Problem::new(
                Code::SecretInvalid,
                "an endpoint has either a signing_secret or a shared_secret",
            )),
            (None, Some(name)) if SymmetricSecret::parse(name).is_ok() => Err(Problem::new(
                Code::SecretInvalid,
                "shared_secret is a name; key material goes into signing_secret",
            )),
            (None, Some(name)) => Ok(AskedSecret::Named(name.to_owned())),
            (text, None) => AskedSecret::read(text),
        }
    }

    /// Reads `signing_secret`.
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
                    "{error}; a name is whsec_ and at most {NAME_LETTERS_MAX} lower-case letters, \
                     digits and '_', beginning with a letter; shared_secret takes any name"
                ),
            )),
        }
    }
}

/// A new secret of 32 random bytes.
pub(crate) fn generate(env: &Env) -> SymmetricSecret {
    SymmetricSecret::from_bytes(&env.random_bytes::<32>())
        .expect("32 bytes are enough and not too many")
}

fn is_name(text: &str) -> bool {
    text.strip_prefix("whsec_").is_some_and(|name| {
        (1..=NAME_LETTERS_MAX).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_lowercase())
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
        let material = generate(&Env::for_tests()).expose().to_string();
        assert!(matches!(AskedSecret::read(Some(&material)), Ok(AskedSecret::Material(_))));
        for name in ["whsec_live", "whsec_test_2", "whsec_a", "whsec_abcdefghijklmnop"] {
            let read = AskedSecret::read(Some(name));
            assert!(matches!(read, Ok(AskedSecret::Named(known)) if known == name), "{name}");
        }
        let wrong = [
            "",
            "live",
            "whsec_",
            "whsec_Live",
            "whsec_a-b",
            "whsk_live",
            "whsec_0123",
            "whsec_0123456789abcdef0123",
            "whsec_abcdefghijklmnopq",
            "whsec_bGl2ZQ==",
        ];
        for bad in wrong {
            let problem = AskedSecret::read(Some(bad)).unwrap_err();
            assert_eq!(problem.code, Code::SecretInvalid, "{bad}");
        }
        let named = AskedSecret::read_both(None, Some("whsec_0123456789abcdef0123"));
        assert!(matches!(named, Ok(AskedSecret::Named(_))), "a field of its own takes any name");
        for (signing, shared) in [(Some("whsec_live"), Some("live")), (None, Some(&material[..]))] {
            let problem = AskedSecret::read_both(signing, shared).unwrap_err();
            assert_eq!(problem.code, Code::SecretInvalid);
        }
    }
}
