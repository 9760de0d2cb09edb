use crate::errno::Errno;

/// One thing that a host must do.
pub(crate) struct Case {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    /// What it checks, and where the rule comes from.
    pub(crate) about: &'static str,
    pub(crate) run: fn() -> Checked,
}

/// What comes of a case.
pub(crate) type Checked = Result<(), Wrong>;

/// What a host does instead of what it must.
pub(crate) struct Wrong(pub(crate) String);

impl From<Errno> for Wrong {
    fn from(errno: Errno) -> Self {
        Wrong(format!("a call that must work answers {errno:?}"))
    }
}

/// Says which cases a group has. Each is a function of that name.
macro_rules! cases {
    ($group:ident: $($(#[doc = $text:literal])+ $name:ident;)+) => {
        pub(crate) const CASES: &[$crate::case::Case] = &[$($crate::case::Case {
            group: stringify!($group),
            name: stringify!($name),
            about: concat!($($text),+),
            run: $name,
        }),+];
    };
}

/// A value must be another one.
macro_rules! must_be {
    ($call:expr, $expected:expr) => {
        match (&$call, &$expected) {
            (found, expected) if found == expected => {}
            (found, expected) => {
                let call = stringify!($call);
                let message = format!("{call} is {found:?}, not {expected:?}");
                return Err($crate::case::Wrong(message));
            }
        }
    };
}

pub(crate) use {cases, must_be};
