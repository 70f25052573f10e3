//! What was counted of each line, as LLVM's tools tell it in the format of lcov's `.info` files
//! (geninfo(1)): `SF:` a file, `DA:` a line and how often it ran.
//!
//! Owns the reading and the ranges of lines that never ran.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How often each line ran, by file.
pub(super) struct Lines(BTreeMap<String, BTreeMap<u64, u64>>);

impl Lines {
    /// What a text tells.
    ///
    /// # Errors
    /// When a line is not as the format has it.
    pub(super) fn of(text: &str) -> Result<Lines> {
        let mut files: BTreeMap<String, BTreeMap<u64, u64>> = BTreeMap::new();
        let mut file = String::new();
        for line in text.lines() {
            if let Some(path) = line.strip_prefix("SF:") {
                path.clone_into(&mut file);
            } else if let Some(counted) = line.strip_prefix("DA:") {
                let mut fields = counted.split(',').map(str::parse::<u64>);
                let (Some(Ok(number)), Some(Ok(count))) = (fields.next(), fields.next()) else {
                    return Err(anyhow::anyhow!(line.to_owned())).context("no count of a line");
                };
                *files.entry(file.clone()).or_default().entry(number).or_default() += count;
            }
        }
        Ok(Lines(files))
    }

    /// Lines below a folder that ran, and all of them.
    pub(super) fn count(&self, within: &str) -> (u64, u64) {
        let files = self.0.iter().filter(|(path, _)| path.starts_with(within));
        files
            .flat_map(|(_, lines)| lines.values())
            .fold((0, 0), |(ran, all), count| (ran + u64::from(*count > 0), all + 1))
    }

    /// A line for each file with lines that never ran, with their ranges.
    pub(super) fn uncovered(&self) -> String {
        let mut text = String::new();
        for (path, lines) in &self.0 {
            let never = ranges(lines);
            if !never.is_empty() {
                writeln!(text, "{path}: {}", never.join(" ")).expect("a text takes what is told");
            }
        }
        text
    }
}

/// Ranges of lines that never ran; lines without code between two of them are taken in.
fn ranges(lines: &BTreeMap<u64, u64>) -> Vec<String> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    let mut goes_on = false;
    for (&line, &count) in lines {
        match ranges.last_mut() {
            Some((_, last)) if goes_on && count == 0 => *last = line,
            _ if count == 0 => ranges.push((line, line)),
            _ => {}
        }
        goes_on = count == 0;
    }
    let words = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = "SF:/a/one.rs\nFN:1,f\nDA:1,4\nDA:2,0\nDA:5,0\nDA:6,1\nDA:9,0\n\
                        end_of_record\nSF:/b/two.rs\nDA:1,1\nend_of_record\n";

    #[test]
    fn lines_are_counted_by_folder_and_told_in_ranges() {
        let lines = Lines::of(TOLD).unwrap();
        assert_eq!(lines.count("/a/"), (2, 5));
        assert_eq!(lines.count("/b/"), (1, 1));
        assert_eq!(lines.uncovered(), "/a/one.rs: 2-5 9\n");
    }

    #[test]
    fn a_line_that_both_programs_have_ran_when_one_ran_it() {
        let lines = Lines::of("SF:/a.rs\nDA:3,0\nSF:/a.rs\nDA:3,2\n").unwrap();
        assert_eq!(lines.count("/a.rs"), (1, 1));
        assert!(Lines::of("SF:/a.rs\nDA:x,0\n").is_err());
    }
}
