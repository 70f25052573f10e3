//! How types of the contract are declared.
//!
//! Owns the two macros: closed sets of words, and answers to commands. Must not know single types.

/// Closed sets of words, each with its text.
macro_rules! words {
    ($(
        #[doc = $about:literal]
        $name:ident { $(#[doc = $doc:literal] $word:ident = $text:literal,)* }
    )*) => {$(
        #[doc = $about]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(#[doc = $doc] #[serde(rename = $text)] $word,)*
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let lines = [$about.trim(), $(concat!("- `", $text, "`:", $doc)),*];
                let schema = utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(lines.join("\n")))
                    .enum_values(Some([$($text),*]))
                    .build();
                utoipa::openapi::RefOr::T(schema.into())
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl $name {
            /// Every word.
            pub const WORDS: &'static [&'static str] = &[$($text,)*];

            /// The word's text.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$word => $text,)* }
            }

            /// The word of this text.
            pub fn of(text: &str) -> Option<$name> {
                match text { $($text => Some($name::$word),)* _ => None }
            }
        }
    )*};
}

/// Answers to commands: each says what it came to, by which event, where that is recorded, and how
/// it was called.
macro_rules! answers {
    ($(
        $(#[$meta:meta])*
        $name:ident: $status:ty { $($(#[$doc:meta])* $field:ident: $type:ty,)* }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub struct $name {
            /// What it comes to.
            pub status: $status,
            /// The event that says so.
            #[schema(value_type = String)]
            pub event: $crate::Text,
            /// Where, when and by whom that was recorded.
            pub evidence: $crate::Evidence,
            /// The call that brings it.
            #[schema(value_type = String)]
            pub entrypoint: $crate::Text,
            $($(#[$doc])* pub $field: $type,)*
        }
    )*};
}

pub(crate) use {answers, words};
