//! Words that no file of the project has: package hosts, and paths of somebody's machine.

use crate::files::File;

/// In two parts, so that this file does not have them either.
const HOSTS: &[&str] = &[
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("crates", ".io-index"),
    concat!("registry.npmjs", ".org"),
    concat!("registry.yarnpkg", ".com"),
    concat!("files.pythonhosted", ".org"),
    concat!("pypi", ".org/simple"),
    concat!("deb.debian", ".org"),
    concat!("proxy.golang", ".org"),
];

const PATHS: &[&str] = &[concat!("/", "work/"), concat!("/", "root/")];

/// What is wrong with a file of any kind.
pub(crate) fn check(file: &File) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let place = format!("{}:{number}", file.path);
        for host in HOSTS.iter().filter(|host| line.contains(**host)) {
            wrong.push(format!("{place}: leave {host} to the package manager's configuration"));
        }
        for path in PATHS.iter().filter(|path| has_absolute(line, path)) {
            wrong.push(format!("{place}: {path} is a machine's path; make it relative"));
        }
    }
    wrong
}

/// Whether a path begins here, rather than being the middle of another.
fn has_absolute(line: &str, path: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || "._-~*/})$".contains(c);
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(inner) || line[..at].ends_with("://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        check(&File::new("a.json", line)).join("\n")
    }

    #[test]
    fn hosts_and_machine_paths_fail() {
        for host in HOSTS {
            let said = said(&format!("first\n\"resolved\": \"https://{host}/a.tgz\"\n"));
            assert!(said.contains(&format!("a.json:2: leave {host}")), "{said}");
        }
        for path in PATHS {
            for line in [format!("cd {path}a"), format!("\"{path}\""), format!("file://{path}a")] {
                assert!(said(&line).contains("make it relative"), "{line}");
            }
        }
    }

    #[test]
    fn the_middle_of_a_path_and_public_pages_pass() {
        for line in ["target/work/a", "https://a.example/root/b", "https://crates.io/crates/a"] {
            assert_eq!(said(line), "");
        }
    }
}
