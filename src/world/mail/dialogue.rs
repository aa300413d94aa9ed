//! The conversation of one letter (RFC 5321, 3207, 4954), from the first byte to the last.

use std::sync::Arc;

use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::world::mail::connection::{Answer, Budget, Connection};
use crate::world::mail::fault::{MailError, Phase, Reply};
use crate::world::mail::{Account, Letter, Mailer, Security};

/// What became of one recipient; `None` while the letter as a whole decides.
type Fate = Option<Result<Reply, MailError>>;

/// Hands `bytes` over for all recipients of `letter`. Whoever the server refuses by name gets that
/// fate at once; the result is the fate of all others.
pub(super) fn deliver(
    mailer: &Mailer,
    letter: &Letter,
    bytes: &[u8],
    fates: &mut [Fate],
) -> Result<Reply, MailError> {
    let (mut connection, can) = greet(mailer)?;
    if let Some(account) = &mailer.server.account {
        log_in(&mut connection, &can, account, &mailer.server.host)?;
    }
    announce(&mut connection, &can, letter, bytes.len() as u64)?;
    let mut refused = None;
    for (to, fate) in letter.to.iter().zip(fates.iter_mut()) {
        let line = format!("RCPT TO:<{}>", to.as_str());
        match ask(&mut connection, &line, Phase::Recipient) {
            Ok(_) => {}
            Err(answer @ (MailError::Refused { .. } | MailError::Deferred { .. })) => {
                refused = Some(answer.clone());
                *fate = Some(Err(answer));
            }
            Err(broken) => return Err(broken),
        }
    }
    if let (true, Some(refused)) = (fates.iter().all(Option::is_some), refused) {
        connection.part();
        return Err(refused);
    }
    let answer = hand_over(&mut connection, bytes)?;
    connection.part();
    Ok(answer)
}

/// Reaches the server, makes the connection safe and learns what it can do.
fn greet(mailer: &Mailer) -> Result<(Connection, Vec<String>), MailError> {
    let server = &mailer.server;
    let budget = Budget::new(Arc::clone(&mailer.world.clock), server.timeout);
    let mut connection = Connection::open(&mailer.world, &server.host, server.port, budget)?;
    let secure =
        |connection: Connection| connection.secure(Arc::clone(&mailer.tls), mailer.name.clone());
    if server.security == Security::Tls {
        connection = secure(connection)?;
    }
    positive(connection.hear(Phase::Greeting)?, Phase::Greeting)?;
    let mut can = hello(&mut connection)?;
    if server.security == Security::StartTls {
        if capability(&can, "STARTTLS").is_none() {
            connection.part();
            return Err(MailError::NoStartTls { host: server.host.clone() });
        }
        ask(&mut connection, "STARTTLS", Phase::StartTls)?;
        connection = secure(connection)?;
        // What it said it can do in the clear is forgotten: anyone could have said it.
        can = hello(&mut connection)?;
    }
    Ok((connection, can))
}

fn hello(connection: &mut Connection) -> Result<Vec<String>, MailError> {
    let line = format!("EHLO {}", connection.own_name());
    let answer = ask(connection, &line, Phase::Hello)?;
    Ok(answer.lines.into_iter().skip(1).collect())
}

/// The values behind a keyword of EHLO, if the server named it.
fn capability<'a>(can: &'a [String], keyword: &str) -> Option<&'a str> {
    can.iter().find_map(|line| {
        let (head, values) = line.split_once([' ', '=']).unwrap_or((line, ""));
        head.eq_ignore_ascii_case(keyword).then_some(values)
    })
}

fn log_in(
    connection: &mut Connection,
    can: &[String],
    account: &Account,
    host: &str,
) -> Result<(), MailError> {
    let ways = capability(can, "AUTH").unwrap_or("");
    let offers = |way: &str| ways.split([' ', '=']).any(|one| one.eq_ignore_ascii_case(way));
    let (user, password) = (account.user.as_bytes(), account.password.expose());
    let outcome = if offers("PLAIN") {
        let plain = Zeroizing::new([b"\0", user, b"\0", password].concat());
        let secret = Zeroizing::new(BASE64.encode(&plain));
        let line = Zeroizing::new(format!("AUTH PLAIN {}", secret.as_str()));
        ask(connection, &line, Phase::Login)
    } else if offers("LOGIN") {
        let secret = Zeroizing::new(BASE64.encode(password));
        ask(connection, "AUTH LOGIN", Phase::Login)
            .and_then(|_| ask(connection, &BASE64.encode(user), Phase::Login))
            .and_then(|_| ask(connection, &secret, Phase::Login))
    } else {
        return Err(MailError::NoLogin { host: host.to_owned() });
    };
    match outcome {
        Ok(answer) if answer.code == 235 => Ok(()),
        Ok(_) => {
            let detail = "a login that does not end";
            Err(MailError::NotSmtp { phase: Phase::Login, detail })
        }
        Err(MailError::Refused { reply, .. }) => Err(MailError::WrongLogin { reply }),
        Err(other) => Err(other),
    }
}

fn announce(
    connection: &mut Connection,
    can: &[String],
    letter: &Letter,
    size: u64,
) -> Result<(), MailError> {
    let limit = capability(can, "SIZE");
    let max = limit.and_then(|limit| limit.trim().parse().ok()).filter(|max| *max > 0);
    if let Some(max) = max.filter(|max| size > *max) {
        return Err(MailError::TooLarge { bytes: size, max });
    }
    let from = letter.from.as_str();
    let line = match limit {
        Some(_) => format!("MAIL FROM:<{from}> SIZE={size}"),
        None => format!("MAIL FROM:<{from}>"),
    };
    ask(connection, &line, Phase::Sender).map(drop)
}

/// The point of no return is the final dot: before it the server has nothing, after it an answer
/// that does not come leaves the letter's fate unknown.
fn hand_over(connection: &mut Connection, bytes: &[u8]) -> Result<Reply, MailError> {
    let go_on = ask(connection, "DATA", Phase::Data)?;
    if go_on.code != 354 {
        let detail = "an answer that does not let us go on";
        return Err(MailError::NotSmtp { phase: Phase::Data, detail });
    }
    connection.write(&stuffed(bytes), Phase::Letter)?;
    connection.flush(Phase::Letter)?;
    let answer = connection.say(".", Phase::Letter).and_then(|()| connection.hear(Phase::Letter));
    match answer {
        // A server out of step that asks for more has not taken the letter, or not said so.
        Ok(answer) if (300..400).contains(&answer.code) => {
            let detail = "an answer that does not end the letter";
            let odd = MailError::NotSmtp { phase: Phase::Letter, detail };
            Err(MailError::Unknown { source: Box::new(odd) })
        }
        Ok(answer) => positive(answer, Phase::Letter).map(|answer| answer.reply()),
        Err(error) => Err(MailError::Unknown { source: Box::new(error) }),
    }
}

fn ask(connection: &mut Connection, line: &str, phase: Phase) -> Result<Answer, MailError> {
    connection.say(line, phase)?;
    positive(connection.hear(phase)?, phase)
}

fn positive(answer: Answer, phase: Phase) -> Result<Answer, MailError> {
    let reply = answer.reply();
    match reply.code {
        _ if reply.is_positive() => Ok(answer),
        400..500 => Err(MailError::Deferred { phase, reply }),
        _ => Err(MailError::Refused { phase, reply }),
    }
}

/// The letter in whole lines, none of which can be taken for its end. Lone line feeds and returns
/// become line ends too: servers that disagree on them can be made to see two letters in one.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 50 + 2);
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let (line, behind) = rest.split_at(end.unwrap_or(rest.len()));
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
        rest = match behind {
            [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
            [] => behind,
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_letter_can_end_it() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(String::from_utf8(stuffed(text.as_bytes())).unwrap(), expected);
        }
        check("", "");
        check("a\r\nb", "a\r\nb\r\n");
        check("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n");
        check("a\n.\nb", "a\r\n..\r\nb\r\n");
        check("a\r.\rb", "a\r\n..\r\nb\r\n");
        check("\r\n.\n\r.", "\r\n..\r\n\r\n..\r\n");
        check("..a", "...a\r\n");
    }

    #[test]
    fn a_capability_is_found_as_servers_write_it() {
        let can: Vec<_> = ["8BITMIME", "auth=PLAIN LOGIN", "SIZE 100"].map(str::to_owned).into();
        assert_eq!(capability(&can, "AUTH"), Some("PLAIN LOGIN"));
        assert_eq!(capability(&can, "SIZE"), Some("100"));
        assert_eq!(capability(&can, "8BITMIME"), Some(""));
        assert_eq!(capability(&can, "STARTTLS"), None);
    }
}
