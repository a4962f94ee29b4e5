//! Promises: `PORT` is read as the original read it (`original-behaviour` §2), and each correction is told.

/// A port, and what was corrected to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Port {
    /// 1 to 65535.
    pub number: u16,
    /// What was read instead of the number alone, for the log.
    pub correction: Option<String>,
}

/// Reads the variable's value. Digits alone are the port; otherwise the one number in the text is; no number, or
/// several, are refused.
///
/// # Errors
/// Says what was read and what is expected.
pub(super) fn parse(raw: &str) -> Result<Port, String> {
    let text = raw.trim();
    let runs: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let digits = match runs.as_slice() {
        [] => return Err("holds no number; expected a port such as 8000".to_owned()),
        [one] => *one,
        several => {
            return Err(format!(
                "is ambiguous: it holds the numbers {}; expected a port such as 8000",
                several.join(", ")
            ));
        }
    };
    let number = digits
        .parse::<u16>()
        .ok()
        .filter(|number| *number != 0)
        .ok_or_else(|| format!("is out of range: {digits}; expected 1 to 65535"))?;
    let correction = (digits != text).then(|| text.to_owned());
    Ok(Port { number, correction })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u16, bool)> {
        parse(text).ok().map(|port| (port.number, port.correction.is_some()))
    }

    #[test]
    fn the_originals_examples_come_out_as_they_did() {
        for (text, result) in [
            (" 8080 ", Some((8080, false))),
            ("10000\n", Some((10_000, false))),
            ("PORT=9000", Some((9000, true))),
            ("${PORT:-8000}", Some((8000, true))),
            ("-5", Some((5, true))),
            ("+80", Some((80, true))),
            ("00080", Some((80, false))),
            ("", None),
            ("$PORT", None),
            ("abc", None),
            ("tcp://10.0.0.1:80", None),
            ("8 080", None),
            ("80.0", None),
            ("1e4", None),
            ("0", None),
            ("65536", None),
            ("99999999999", None),
        ] {
            assert_eq!(read(text), result, "{text:?}");
        }
    }
}
