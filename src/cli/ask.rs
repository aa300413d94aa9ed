//! Answers that the command line does not give: asked for on a terminal, refused in a pipe.
//!
//! A script must never hang on a question, so one is asked only where a person can see it and
//! answer it; everywhere else the option that would have answered is named.

use std::io::{self, IsTerminal as _, Write as _};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::table::hanging;
use crate::cli::usage::UsageFault;
use crate::cli::voice::Voice;
use crate::job::fault::JobFault;

/// Nobody answers wrongly this often who wants to answer.
const TRIES_MAX: u32 = 3;

/// The questions of one verb.
pub(crate) struct Ask<'a> {
    frame: &'a Frame,
    /// The verb, as it is typed: `incident open`.
    verb: &'static str,
}

/// One of several answers.
pub(crate) struct Choice<T> {
    /// What is typed.
    pub(crate) word: &'static str,
    /// What else may be typed, such as a numeral.
    pub(crate) also: &'static str,
    /// What it is, in words.
    pub(crate) title: String,
    /// What it means.
    pub(crate) value: T,
}

impl<'a> Ask<'a> {
    /// Asks on behalf of this verb.
    pub(crate) fn of(verb: &'static str, frame: &'a Frame) -> Self {
        Self { frame, verb }
    }

    /// Whether somebody is there to answer.
    pub(crate) fn can(&self) -> bool {
        !self.frame.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// The text that was given with `option`, or that a person types now.
    pub(crate) fn text(
        &self,
        given: Option<&String>,
        option: &'static str,
        question: &'static str,
    ) -> Result<String, AnyFault> {
        if let Some(given) = given {
            return Ok(given.clone());
        }
        self.asked(option, &self.frame.word(question), |answer| {
            (!answer.is_empty()).then(|| answer.to_owned())
        })
    }

    /// The choice that was given with `option`, or that a person makes now.
    pub(crate) fn choice<T: Copy>(
        &self,
        given: Option<T>,
        option: &'static str,
        question: &'static str,
        choices: &[Choice<T>],
    ) -> Result<T, AnyFault> {
        if let Some(given) = given {
            return Ok(given);
        }
        let mut words = self.frame.word(question);
        for choice in choices {
            let prefix = format!("  {:<4} {:<18} ", choice.also, choice.word);
            words.push('\n');
            words.push_str(&hanging(&prefix, &choice.title).join("\n"));
        }
        self.asked(option, &words, |answer| {
            let fits = |choice: &&Choice<T>| {
                answer.eq_ignore_ascii_case(choice.word) || answer.eq_ignore_ascii_case(choice.also)
            };
            choices.iter().find(fits).map(|choice| choice.value)
        })
    }

    /// Yes, no, or nothing: whoever does not know yet leaves it open.
    pub(crate) fn perhaps(&self, question: &str) -> Result<Option<bool>, AnyFault> {
        let values = Values::none().text("question", question);
        let words = self.frame.say("ask-yes-no", values);
        self.asked("", &words, |answer| match answer.to_lowercase().as_str() {
            "" => Some(None),
            "c" | "co" | "có" | "y" | "yes" => Some(Some(true)),
            "k" | "khong" | "không" | "n" | "no" => Some(Some(false)),
            _ => None,
        })
    }

    fn asked<T>(
        &self,
        option: &'static str,
        question: &str,
        understood: impl Fn(&str) -> Option<T>,
    ) -> Result<T, AnyFault> {
        if !self.can() {
            return Err(UsageFault::missing(self.verb, option).into());
        }
        for _ in 0..TRIES_MAX {
            Voice::aside(question);
            // A prompt that cannot be shown is no reason not to listen.
            let _shown = write!(io::stderr(), "> ").and_then(|()| io::stderr().flush());
            let mut line = String::new();
            match io::stdin().read_line(&mut line) {
                Ok(0) | Err(_) => return Err(JobFault::Interrupted.into()),
                Ok(_) => {}
            }
            if self.frame.cancel.is_cancelled() {
                return Err(JobFault::Interrupted.into());
            }
            if let Some(answer) = understood(line.trim()) {
                return Ok(answer);
            }
        }
        Err(UsageFault::missing(self.verb, option).into())
    }
}
