//! The program `net-run`, by its command line.

mod guests;
mod limits;
mod rules;
mod signals;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::folder::Folder;

/// A command line with a module, in a folder of its own.
struct Line {
    folder: Folder,
    command: Command,
}

/// How the program has ended, and what it and its guest have said.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Line {
    /// The flags before the module, which is given as text.
    fn new(flags: &[&str], text: &str) -> Self {
        Line::with_cache(&[&["--no-cache"], flags].concat(), text)
    }

    fn with_cache(flags: &[&str], text: &str) -> Self {
        let folder = Folder::new();
        let module = folder.file("app.wasm", wat::parse_str(text).expect("a module"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_net-run"));
        // Nothing of whoever runs the tests may change them.
        command.env_clear().args(flags).arg(module);
        command.current_dir(folder.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Line { folder, command }
    }

    /// Arguments behind the module.
    fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    fn run(&mut self) -> Ended {
        let output = self.command.output().expect("the program starts");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

fn run(flags: &[&str], text: &str) -> Ended {
    Line::new(flags, text).run()
}

#[test]
fn the_code_of_the_guest_is_the_code_of_the_program() {
    for code in [0, 1, 42, 125] {
        let ended = run(&[], &guests::exiting(code));
        assert_eq!(
            (ended.code, &*ended.stdout, &*ended.stderr),
            (Some(code), "", "")
        );
    }
}

#[test]
fn a_code_over_125_is_the_code_of_the_program_as_well() {
    for code in [126, 137, 255] {
        let ended = run(&[], &guests::exiting(code));
        assert_eq!((ended.code, &*ended.stderr), (Some(code), ""));
    }
}

#[test]
fn arguments_behind_the_module_are_the_guests() {
    let args = ["one", "--two", "", "--timeout=1s"];
    let mut line = Line::new(&[], &guests::printing("args")).args(&args);
    let module = line.folder.join("app.wasm");
    let expected = format!("{}\0one\0--two\0\0--timeout=1s\0", module.display());
    let ended = line.run();
    assert_eq!((ended.code, ended.stdout), (Some(0), expected));
}

#[test]
fn two_dashes_end_the_rules_behind_the_module() {
    let args = ["--allow-net=a.example", "--", "--allow-net=b.example", "--"];
    let ended = Line::new(&[], &guests::printing("args")).args(&args).run();
    assert!(
        ended
            .stdout
            .ends_with("app.wasm\0--allow-net=b.example\0--\0"),
        "{ended:?}"
    );
}

#[test]
fn the_guest_sees_the_variables_that_it_is_given_and_no_others() {
    let flags = ["--env", "A=1=2", "--env=B", "--env=ABSENT"];
    let ended = Line::new(&flags, &guests::printing("environ"))
        .env("B", "mine")
        .env("SECRET", "mine")
        .env("RUST_LOG", "trace")
        .run();
    assert_eq!(ended.stdout, "A=1=2\0B=mine\0");
}

#[test]
fn developers_hand_on_the_variables_of_rust() {
    let ended = Line::new(&["--dev"], &guests::printing("environ"))
        .env("RUST_LOG", "trace")
        .env("SECRET", "mine")
        .run();
    assert_eq!(ended.stdout, "RUST_LOG=trace\0");
}

#[test]
fn a_folder_is_the_guests_to_write_unless_it_is_only_to_read() {
    for (suffix, code) in [("", 0), (":readonly", 63)] {
        let mut line = Line::new(
            &[&format!("--dir=/data::.{suffix}")],
            guests::CREATES_A_FILE,
        );
        let ended = line.run();
        let made = fs::exists(line.folder.join("made")).unwrap();
        assert_eq!(made, code == 0, "{ended:?}");
        // What a folder that is only to be read says differs: PERM or ROFS.
        assert_eq!(ended.code == Some(0), code == 0, "{ended:?}");
    }
    let ended = run(&["--dir=/data::./absent"], guests::CREATES_A_FILE);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("cannot open directory ./absent"),
        "{ended:?}"
    );
}

#[test]
fn a_trap_is_134_with_the_names_of_the_guests_functions() {
    let ended = run(&[], guests::TRAPS);
    assert_eq!(ended.code, Some(134));
    assert!(
        ended.stderr.contains("net-run: the guest trapped"),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("divide_by_zero"), "{ended:?}");
    assert!(ended.stderr.contains("integer divide by zero"), "{ended:?}");
}

#[test]
fn an_unknown_flag_is_named_with_one_that_exists() {
    let ended = run(&["--alow-net=a.example"], &guests::exiting(0));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--alow-net"), "{ended:?}");
    assert!(ended.stderr.contains("--allow-net"), "{ended:?}");
}

#[test]
fn a_line_without_a_module_or_with_a_wrong_one_is_told_so() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_net-run"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("MODULE"));
    let output = command
        .args(["--no-cache", "/nowhere/app.wasm"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with("net-run: error: cannot read /nowhere/app.wasm"),
        "{said}"
    );
}

#[test]
fn a_reason_is_told_once() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_net-run"));
    let output = command
        .args(["--no-cache", "/nowhere/app.wasm"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.matches("No such file").count(), 1, "{said}");
}

#[test]
fn a_guest_waits_for_its_input_and_reads_it() {
    let mut line = Line::new(&[], &guests::echoing());
    let mut child = line.command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    thread::sleep(Duration::from_millis(200));
    let early = child.try_wait().unwrap();
    assert!(early.is_none(), "there is nothing to read yet");
    stdin.write_all(b"hello").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"hello");
    // A file cannot be waited for, and is always ready.
    let mut line = Line::new(&[], &guests::echoing());
    let file = line.folder.file("input", "from a file");
    let file = fs::File::open(file).unwrap();
    let output = line.command.stdin(file).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"from a file");
    let ended = Line::new(&[], &guests::echoing()).run();
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "/dev/null");
}

#[test]
fn a_second_start_takes_the_module_from_the_cache() {
    let cache = Folder::new();
    let folder = cache.join("made/for/it");
    let flag = format!("--cache-dir={}", folder.display());
    let text = guests::exiting(7);
    let files = || {
        let found = Command::new("find")
            .arg(&folder)
            .args(["-type", "f"])
            .output()
            .unwrap();
        let mut names: Vec<_> = String::from_utf8(found.stdout)
            .unwrap()
            .lines()
            // Beside each module is how often it was used, written later.
            .filter(|name| !name.contains(".stats") && !name.contains("wip"))
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    };
    assert_eq!(Line::with_cache(&[&flag], &text).run().code, Some(7));
    let first = files();
    assert!(!first.is_empty());
    assert_eq!(Line::with_cache(&[&flag], &text).run().code, Some(7));
    assert_eq!(files(), first, "nothing was compiled anew");
    // And a broken one is not run.
    assert_eq!(
        Line::with_cache(&[&flag], &guests::exiting(8)).run().code,
        Some(8)
    );
    assert_eq!(files().len(), first.len() + 1);
    for file in &first {
        fs::write(file, "broken").unwrap();
    }
    assert_eq!(Line::with_cache(&[&flag], &text).run().code, Some(7));
}
