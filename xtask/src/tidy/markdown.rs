//! A page has one title, and its prose one width.

use crate::files::File;

const COLUMNS_MAX: usize = 140;

/// What is wrong with a page.
pub(crate) fn check(file: &File) -> Vec<String> {
    let mut fence: Option<&str> = None;
    let mut titles = 0;
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => {
                titles += usize::from(line.starts_with("# "));
                let columns = line.chars().count();
                // A row of a table cannot be broken.
                if columns > COLUMNS_MAX && !line.starts_with('|') {
                    wrong.push(format!(
                        "{}:{number}: {columns} columns, over {COLUMNS_MAX}; break the line",
                        file.path
                    ));
                }
            }
            (Some(_), _) => {}
        }
    }
    if titles != 1 {
        wrong.push(format!("{}: {titles} titles; a page has one `# ` line", file.path));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        check(&File::new("a.md", text)).join("\n")
    }

    #[test]
    fn none_and_two_fail() {
        assert!(said("# one\n# two\n").contains("a.md: 2 titles"));
        assert!(said("```\n# code\n```\n").contains("a.md: 0 titles"));
        assert!(said("## part\n").contains("a.md: 0 titles"));
    }

    #[test]
    fn one_passes_whatever_code_says() {
        assert_eq!(said("# One\n\n```sh\n# no title\n```\n\n  ~~~\n# nor this\n  ~~~\n## b\n"), "");
        assert_eq!(said("~~~\n```\n# no title\n~~~\n# One\n"), "");
    }

    #[test]
    fn prose_has_one_width_and_tables_have_theirs() {
        let (fits, wide) = ("w".repeat(COLUMNS_MAX), "w".repeat(COLUMNS_MAX + 1));
        assert_eq!(said(&format!("# One\n{fits}\n| {wide} |\n```\n{wide}\n```\n")), "");
        assert!(said(&format!("# One\n{wide}\n")).contains("a.md:2: 141 columns, over 140"));
    }
}
