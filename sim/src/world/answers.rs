//! What a consumer's answer says, as text, and what the docs make of it.

use crate::civil::http_dates;
use crate::random::Random;
use http::{HeaderMap, HeaderName, HeaderValue};
use zentra_events::event::AttemptResult;
use zentra_events::{Span, Timestamp};
use zentra_http_guard::Answer;

/// The longest that it counts for.
const COUNTS_FOR: Span = Span::seconds(24 * 3_600);
/// What says nothing that can be understood, or asks for nothing.
const NOTHING: [&str; 6] = ["soon", "-5", "", "1.5s", "+5", "Sun, 99 Nov 2026 08:49:37 GMT"];

/// A `Retry-After`, and how long it asks to wait.
#[derive(Clone, Debug)]
pub(super) struct Hint {
    text: String,
    means: Option<Span>,
}

impl Hint {
    /// One of an answer that comes at that time.
    pub(super) fn drawn(random: &mut Random, now: Timestamp) -> Hint {
        let of = |text: String, means| Hint { text, means };
        match random.below(10) {
            0..4 => {
                let seconds = *random.pick(&[0, 1, 5, 120, 86_400, 86_401]);
                of(seconds.to_string(), Some(Span::seconds(seconds)))
            }
            4 => of(" 7 ".to_owned(), Some(Span::seconds(7))),
            5 => of("99999999999999999999999".to_owned(), Some(Span(u64::MAX))),
            6 => of("1.5".to_owned(), Some(Span::millis(1_500))),
            7 => of(random.pick::<&str>(&NOTHING).to_string(), None),
            _ => {
                let late = *random.pick(&[1, 100, 90_000]);
                let past = random.chance(300);
                let second = now.0 / 1_000_000_000;
                let at = if past { second.saturating_sub(late) } else { second + late };
                let text = random.pick(&http_dates(at)).clone();
                let means = (!past).then(|| Timestamp(at * 1_000_000_000).since(now));
                of(text, means)
            }
        }
    }

    /// Whether it was understood so. Beyond a day all is one.
    pub(super) fn is(hint: Option<&Hint>, understood: Option<Span>) -> bool {
        let most = |span: Span| span.min(COUNTS_FOR);
        hint.and_then(|hint| hint.means).map(most) == understood.map(most)
    }

    /// Its words.
    pub(super) fn text(hint: Option<&Hint>) -> &str {
        hint.map_or("nothing", |hint| &hint.text)
    }
}

/// The answer that a result stands for; none where there was none.
pub(super) fn answer(result: AttemptResult, hint: Option<&Hint>, id: &str) -> Option<Answer> {
    let mut headers = HeaderMap::new();
    let mut put = |name, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    if let Some(hint) = hint {
        put("retry-after", &hint.text);
    }
    let status = match result {
        AttemptResult::Verified(status) => {
            put("webhook-verified", id);
            status
        }
        AttemptResult::Answered(status) => {
            if status % 2 == 1 {
                put("webhook-verified", "another");
            }
            status
        }
        _ => return None,
    };
    Some(Answer::new(status, headers, String::new()))
}
