/// A test case: one thing that every backend must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

impl Case {
    /// Returns the group, such as `half_close`.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.group
    }

    /// Returns the name, a sentence about behaviour.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns what the case checks and where the rule comes from.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.text.trim()
    }
}

/// Lists the cases of a group. Each is an `async fn` of that name.
///
/// The first token is a dollar sign, which the generated macro needs.
macro_rules! cases {
    ($dollar:tt $list:ident $group:ident: $($(#[doc = $text:literal])+ $name:ident;)+) => {
        pub(crate) const CASES: &[$crate::Case] = &[$($crate::Case {
            group: stringify!($group),
            name: stringify!($name),
            text: concat!($($text, "\n"),+),
        }),+];

        pub(crate) fn start<'a, F: $crate::Fixture>(
            on: &'a $crate::subject::Subject<F>,
            name: &str,
        ) -> Option<$crate::subject::Running<'a>> {
            match name {
                $(stringify!($name) => Some(Box::pin($name(on))),)+
                _ => None,
            }
        }

        #[doc(hidden)]
        #[macro_export]
        macro_rules! $list {
            ($dollar fixture:expr) => {
                mod $group {
                    #[allow(unused_imports)]
                    use super::*;
                    $(
                        $(#[doc = $text])+
                        #[test]
                        fn $name() {
                            $crate::test($dollar fixture, stringify!($group), stringify!($name));
                        }
                    )+
                }
            };
        }
    };
}
pub(crate) use cases;
