//! A page has one title.

use crate::files::File;

/// What is wrong with a page.
pub(crate) fn check(file: &File) -> Option<String> {
    let mut fence: Option<&str> = None;
    let mut titles = 0;
    for line in file.text.lines() {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => titles += usize::from(line.starts_with("# ")),
            (Some(_), _) => {}
        }
    }
    (titles != 1).then(|| format!("{}: {titles} titles; a page has one `# ` line", file.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        check(&File::new("a.md", text)).unwrap_or_default()
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
}
