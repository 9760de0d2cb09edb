//! Assertions that return errors, because a panic ends the whole program in a guest.

macro_rules! ensure_eq {
    ($left:expr, $right:expr $(, $($message:tt)+)?) => {
        match (&$left, &$right) {
            (left, right) if left == right => {}
            (left, right) => {
                return Err(anyhow::anyhow!(
                    "{} is {left:?}, not {right:?}{}",
                    stringify!($left),
                    $crate::ensure::because!($($($message)+)?),
                ))
            }
        }
    };
}

macro_rules! ensure_ne {
    ($left:expr, $right:expr $(, $($message:tt)+)?) => {
        match (&$left, &$right) {
            (left, right) if left != right => {}
            (left, _) => {
                return Err(anyhow::anyhow!(
                    "{} is {left:?}{}",
                    stringify!($left),
                    $crate::ensure::because!($($($message)+)?),
                ))
            }
        }
    };
}

macro_rules! because {
    () => { "" };
    ($($message:tt)+) => { format_args!(": {}", format_args!($($message)+)) };
}

pub(crate) use {because, ensure_eq, ensure_ne};
