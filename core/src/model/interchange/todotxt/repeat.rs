//! The recurrence of other todo.txt programs.

/// The most digits of the number.
const DIGITS_MAX: usize = 4;

/// The rule for the value of `rec:`, such as `1w` or `+2d`.
pub(super) fn rule(value: &str) -> Option<String> {
    let value = value.strip_prefix('+').unwrap_or(value);
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let is_number = digits.len() <= DIGITS_MAX && digits.bytes().all(|b| b.is_ascii_digit());
    let number: u32 = is_number.then(|| digits.parse().ok())??;
    let frequency = match unit {
        "d" => "DAILY",
        "w" => "WEEKLY",
        "m" => "MONTHLY",
        "y" => "YEARLY",
        // Every second working day and so on has no rule.
        "b" if number == 1 => return Some("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR".to_owned()),
        _ => return None,
    };
    match number {
        0 => None,
        1 => Some(format!("FREQ={frequency}")),
        _ => Some(format!("FREQ={frequency};INTERVAL={number}")),
    }
}

#[cfg(test)]
mod tests {
    //! What other programs write becomes the rule that it means.

    use super::*;

    #[test]
    fn rules() {
        for (value, meant) in [
            ("1d", Some("FREQ=DAILY")),
            ("+2d", Some("FREQ=DAILY;INTERVAL=2")),
            ("1w", Some("FREQ=WEEKLY")),
            ("3m", Some("FREQ=MONTHLY;INTERVAL=3")),
            ("+1y", Some("FREQ=YEARLY")),
            ("1b", Some("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")),
            ("2b", None),
            ("0d", None),
            ("w", None),
            ("", None),
            ("+", None),
            ("1\u{e4}", None),
            ("99999d", None),
            ("++1d", None),
        ] {
            assert_eq!(rule(value).as_deref(), meant, "{value}");
        }
    }
}
