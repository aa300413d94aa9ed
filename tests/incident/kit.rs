//! An incident built from facts, and the words in which tests talk about its duties.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use duphong::base::digest::Digest;
use duphong::incident::case::Case;
use duphong::incident::duty::{self, Duty};
use duphong::incident::fact::{
    Answer, Channel, Classified, Decided, Decision, Detection, Dispatched, Ended, Fact, Ground,
    Group, Kind, Opened, Part, PortalFacts, Question, Received, RuleRef, Said,
};
use duphong::incident::fault::CaseFault;
use duphong::incident::rule::RuleSet;
use duphong::incident::shipped;
use jiff::Timestamp;

/// When the incidents of tests are detected: 08:00 in Vietnam.
pub(super) const DETECTED: &str = "2026-11-22T01:00:00Z";

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// So many hours after [`DETECTED`].
pub(super) fn after(hours: i64) -> Timestamp {
    time(DETECTED) + jiff::SignedDuration::from_hours(hours)
}

/// The portal of a province: level 3, an agency with component portals, controller of data.
pub(super) fn portal() -> PortalFacts {
    PortalFacts {
        id: "mau".into(),
        name: "Cổng mẫu".into(),
        kind: "cong".into(),
        owner: "UBND tỉnh Mẫu".into(),
        operator: "Trung tâm Thông tin".into(),
        level: 3,
        hosting: None,
        network_member: false,
        component: true,
        personal_data: Part::Controller,
    }
}

/// Read once: the properties begin thousands of incidents.
pub(super) fn rules() -> Vec<Arc<RuleSet>> {
    static RULES: OnceLock<Vec<Arc<RuleSet>>> = OnceLock::new();
    let read = || shipped::choose(None, &[]).unwrap().into_iter().map(Arc::new).collect();
    RULES.get_or_init(read).clone()
}

pub(super) fn ground(portal: PortalFacts) -> Ground {
    let reference = |set: &Arc<RuleSet>| RuleRef { id: set.id.clone(), digest: set.digest };
    Ground { portal, rules: rules().iter().map(reference).collect(), contacts: Vec::new() }
}

pub(super) fn opened(group: Group, portal: PortalFacts, at: &str) -> Opened {
    Opened {
        ground: ground(portal),
        detection: Detection { at: time(at), first_alarm: None, later: None },
        group,
        kind: (group == Group::Attack).then_some(Kind::Defacement),
        what: "trang chủ bị thay".into(),
        notice: None,
        by: "Nguyễn Văn An".into(),
    }
}

/// An incident that tests drive.
pub(super) struct Incident(pub(super) Case);

impl Incident {
    pub(super) fn open(group: Group) -> Self {
        Self::at(group, portal(), DETECTED)
    }

    pub(super) fn at(group: Group, portal: PortalFacts, at: &str) -> Self {
        let fact = Fact::Opened(opened(group, portal, at));
        Self(Case::begin(1, time(at), &fact, rules()).unwrap())
    }

    pub(super) fn says(&mut self, fact: &Fact) -> Result<(), CaseFault> {
        self.0.apply(after(1), fact)
    }

    #[track_caller]
    pub(super) fn takes(mut self, fact: impl Borrow<Fact>) -> Self {
        self.says(fact.borrow()).unwrap();
        self
    }

    pub(super) fn answers(self, question: Question, yes: bool) -> Self {
        self.answers_since(question, yes, None)
    }

    pub(super) fn answers_since(
        self,
        question: Question,
        yes: bool,
        since: Option<Timestamp>,
    ) -> Self {
        let answers = BTreeMap::from([(question, Answer { yes, since })]);
        let reason = Some("đã kiểm tra".into());
        let by = "Trần Thị Bình".into();
        self.takes(Fact::Classified(Classified { by, reason, answers, ..Classified::default() }))
    }

    pub(super) fn decides(self, duties: &str, decision: Decision) -> Self {
        self.takes(decided(duties, decision))
    }

    pub(super) fn sends(self, duties: &str, recipient: &str, hours: i64) -> Self {
        self.takes(dispatched(duties, recipient, hours))
    }

    pub(super) fn confirms(self, recipient: &str, hours: i64) -> Self {
        self.takes(received(recipient, b"document", hours))
    }

    pub(super) fn ends(self, hours: i64) -> Self {
        self.takes(Fact::Ended(Ended { at: after(hours), by: "An".into() }))
    }

    pub(super) fn duty(&self, id: &str, at: Timestamp) -> Duty<'_> {
        duty::duties(&self.0, at).into_iter().find(|duty| duty.rule.id == id).unwrap()
    }

    pub(super) fn status(&self, id: &str) -> &'static str {
        self.duty(id, after(1)).status.as_str()
    }

    /// The ids of the duties in this status, in the order of the rules.
    pub(super) fn those(&self, status: &str) -> String {
        let mut ids: Vec<_> = duty::duties(&self.0, after(1))
            .iter()
            .filter(|duty| duty.status.as_str() == status)
            .map(|duty| duty.rule.id.clone())
            .collect();
        ids.sort();
        ids.join(" ")
    }
}

pub(super) fn decided(duties: &str, decision: Decision) -> Fact {
    Fact::Decided(Decided {
        duties: duties.split_whitespace().map(str::to_owned).collect(),
        decision,
        by: "Lê Văn Cường".into(),
        reason: "đã họp".into(),
        at: None,
        evidence: None,
    })
}

pub(super) fn dispatched(duties: &str, recipient: &str, hours: i64) -> Fact {
    Fact::Dispatched(Dispatched {
        duties: duties.split_whitespace().map(str::to_owned).collect(),
        recipient: recipient.into(),
        sent_at: after(hours),
        channel: Channel::Email,
        number: Some("12/BC-TTTT".into()),
        digest: Digest::of(b"document"),
        address: None,
        proof: None,
        by: "An".into(),
    })
}

pub(super) fn received(recipient: &str, document: &[u8], hours: i64) -> Fact {
    Fact::Received(Received {
        recipient: recipient.into(),
        digest: Digest::of(document),
        who: "Văn thư".into(),
        at: after(hours),
        channel: Channel::Phone,
        reference: Some("345".into()),
        evidence: None,
        by: "An".into(),
    })
}

pub(super) fn said() -> Said {
    Said { by: "An".into(), reason: "xong".into() }
}
