//! Reminders as text: how long before the due time.

/// The most digits of the number.
const DIGITS_MAX: usize = 6;

/// Whether a text is a reminder: a number and `m`, `h` or `d`, such as `15m`.
pub(super) fn is_reminder(text: &str) -> bool {
    parts(text).is_some()
}

/// The number and the unit of a reminder.
pub(super) fn parts(text: &str) -> Option<(u32, char)> {
    let unit = text.chars().next_back()?;
    let digits = text.strip_suffix(['m', 'h', 'd'])?;
    let is_number = !digits.is_empty()
        && digits.len() <= DIGITS_MAX
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    Some((is_number.then(|| digits.parse().ok())??, unit))
}

#[cfg(test)]
mod tests {
    //! Only one form is read, so that what is read is written alike.

    use super::*;

    #[test]
    fn what_is_a_reminder() {
        for text in ["0m", "15m", "1h", "30d", "999999m"] {
            assert!(is_reminder(text), "{text}");
        }
        for text in [
            "", "m", "15", "015m", "1w", "-5m", "5 m", "1000000m", "5m ", "\u{665}m",
        ] {
            assert!(!is_reminder(text), "{text}");
        }
    }
}
