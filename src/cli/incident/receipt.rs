//! `incident receipt`: one recipient confirmed one exact document.

use std::path::PathBuf;

use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::cli::ask::Ask;
use crate::cli::frame::Frame;
use crate::cli::incident::{show, time, word_of};
use crate::cli::report::Report;
use crate::cli::usage::UsageFault;
use crate::incident::case::Case;
use crate::incident::fact::{Channel, Fact, Received};
use crate::incident::fault::CaseFault;
use crate::job::incident;
use crate::world::files;

const VERB: &str = "incident receipt";

/// Digits of a digest that cannot be an accident.
const DIGEST_DIGITS_MIN: usize = 8;

/// What `incident receipt` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "RECIPIENT")]
    pub recipient: String,
    #[arg(long, value_name = "FILE", conflicts_with = "digest")]
    pub document: Option<PathBuf>,
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[arg(long, value_name = "CHANNEL", value_parser = word_of(&Channel::WORDS))]
    pub channel: Channel,
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Records it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let ask = Ask::of(VERB, frame);
    let case = incident::find(&site, args.number)?;
    let digest = digest(args, &case)?;
    let at = time(VERB, "--at", args.at.as_ref(), frame)?;
    let who = ask.text(args.who.as_ref(), "--who", "ask-who")?;
    let by = ask.text(args.by.as_ref(), "--by", "ask-by")?;
    let mut received = Received {
        recipient: args.recipient.clone(),
        digest,
        who,
        at: at.unwrap_or_else(|| frame.world.clock.now()),
        channel: args.channel,
        reference: args.reference.clone(),
        evidence: None,
        by,
    };
    // What will be refused must not leave evidence behind.
    case.check(&Fact::Received(received.clone()))?;
    if let Some(file) = &args.evidence {
        let what = frame.word("incident-receipt-evidence");
        let kind = "application/octet-stream";
        let sealed = incident::evidence(&site, args.number, file, kind, &what, &received.by)?;
        received.evidence = Some(sealed.digest);
    }
    let case = incident::record(&site, args.number, Fact::Received(received))?;
    Ok(show::after(frame, &case, "incident-received"))
}

/// The exact document: by its file, by the beginning of its digest, or because it is the only one
/// that went to this recipient.
fn digest(args: &Args, case: &Case) -> Result<Digest, AnyFault> {
    if let Some(file) = &args.document {
        return Ok(Digest::of(&files::read(file)?));
    }
    let to_it = case.dispatches.iter().filter(|sent| sent.recipient == args.recipient);
    let mut sent: Vec<_> = to_it.map(|sent| sent.digest).collect();
    sent.sort_unstable();
    sent.dedup();
    let Some(begin) = &args.digest else {
        return match sent.as_slice() {
            [] => Err(CaseFault::NeverSent { recipient: args.recipient.clone() }.into()),
            [only] => Ok(*only),
            _ => Err(UsageFault::missing(VERB, "--digest").into()),
        };
    };
    let begins = |digest: &&Digest| digest.to_string().starts_with(&begin.to_lowercase());
    match sent.iter().filter(begins).collect::<Vec<_>>().as_slice() {
        [only] if begin.len() >= DIGEST_DIGITS_MIN => Ok(**only),
        [] => Err(CaseFault::NeverSent { recipient: args.recipient.clone() }.into()),
        _ => Err(UsageFault::invalid(VERB, "--digest", begin).into()),
    }
}
