#!/usr/bin/env python3
"""Recompute the figures of a backup report from an exported audit log, offline.

    python3 figures.py --period 2026-10 [--at TIME] [--entries N] [--portal ID]...
                       [--repository NAME]... [--zone ZONE] [--lang en] ZIP-OR-FOLDER

Prints the same CSV, byte for byte, as `duphong report backup --format csv` has written; the report
says with which arguments. It reads entries.jsonl, and openings.jsonl, which holds the words that the
entries commit to, and nothing else: run verify.py first, which tells whether these entries are those
of the log. Python 3.8 or later, its standard library alone.

Exit codes: 0 done, 3 the export does not begin with the first entry or withholds words, so that
figures may be missing, 1 the entries cannot be read, 2 usage.

A run belongs to the period in which it began; one without an outcome is never counted as done. What
each figure means stands in docs/formats/backup-report.md of the program.
"""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import re
import sys
import zipfile
from datetime import datetime, timedelta, timezone

KINDS = ("audit.", "drill.", "key.", "repository.", "restore.", "snapshot.", "wal.")
PARTS_MAX = 365
NAMED_MAX = 1000
DANGEROUS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)

# Each word in Vietnamese and in English.
WORDS = {
    "section-report": ("Phạm vi báo cáo", "Scope of the report"),
    "section-runs": ("Các lần chạy", "Runs"),
    "section-actors": ("Ai đã làm gì", "Who did what"),
    "section-schedules": ("Lịch chạy", "Schedules"),
    "section-failures": ("Lần chạy không thành công hoặc không rõ kết quả", "Runs that failed or have no outcome"),
    "section-missed": ("Lần chạy theo lịch bị lỡ", "Scheduled runs that were missed"),
    "section-rpo": ("Thời gian không có bản sao lưu mới (RPO)", "Time without a new set (RPO)"),
    "section-rto": ("Thời gian phục hồi đo được (RTO)", "Measured time to restore (RTO)"),
    "section-verify": ("Kiểm chứng kho sao lưu", "Verification of repositories"),
    "section-drills": ("Diễn tập phục hồi", "Restore drills"),
    "section-holdings": ("Nơi giữ bản sao lưu", "Where sets are kept"),
    "section-retention": ("Bỏ bản sao lưu và lệnh giữ", "Sets forgotten, and holds"),
    "section-unknown": ("Những gì nhật ký không cho biết", "What the log cannot tell"),
    "figure-from": ("Từ", "From"),
    "figure-to": ("Đến trước", "Until before"),
    "figure-until": ("Tính đến", "Reckoned at"),
    "figure-zone": ("Múi giờ", "Time zone"),
    "figure-entries": ("Số mục nhật ký đã đọc", "Log entries read"),
    "figure-log-since": ("Nhật ký có từ", "The log reaches back to"),
    "figure-actor": ("Là", "Is"),
    "figure-schedule": ("Lịch (cron)", "Schedule (cron)"),
    "figure-started": ("Đã bắt đầu", "Started"),
    "figure-done": ("Xong", "Done"),
    "figure-warnings": ("Xong, có cảnh báo", "Done, with warnings"),
    "figure-not-proven": ("Chưa chứng minh", "Not proven"),
    "figure-failed": ("Không thành công", "Failed"),
    "figure-unknown": ("Không rõ kết quả", "Outcome unknown"),
    "figure-began": ("Bắt đầu lúc", "Began"),
    "figure-code": ("Mã lỗi", "Fault code"),
    "figure-missed": ("Số lần lỡ", "Runs missed"),
    "figure-missed-since": ("Lỡ từ", "Missed since"),
    "figure-skipped": ("Số lần bỏ qua", "Runs skipped"),
    "figure-objective": ("Mục tiêu", "Objective"),
    "figure-sets": ("Số lần có bản sao lưu", "Runs that gave a set"),
    "figure-incomplete": ("Trong đó bản sao lưu thiếu phần", "Of these, incomplete sets"),
    "figure-longest": ("Dài nhất không có bản sao lưu mới", "Longest without a new set"),
    "figure-longest-complete": ("Dài nhất không có bản sao lưu đầy đủ mới", "Longest without a new complete set"),
    "figure-newest": ("Bản sao lưu mới nhất", "Newest set"),
    "figure-drill-rpo": ("RPO lớn nhất đo được khi diễn tập", "Largest RPO that a drill measured"),
    "figure-verdict": ("Kết luận", "Verdict"),
    "figure-without": ("Số lần không có bản sao lưu ở đây", "Runs that gave no set here"),
    "figure-drills": ("Số lần diễn tập được tính", "Drills that count"),
    "figure-passed": ("Đạt", "Passed"),
    "figure-not-passed": ("Không đạt", "Failed"),
    "figure-slowest": ("RTO dài nhất đo được", "Longest measured RTO"),
    "figure-read-all": ("Số lần đọc toàn bộ dữ liệu", "Readings of all data"),
    "figure-read-part": ("Số lần đọc một phần dữ liệu", "Readings of a part of the data"),
    "figure-structure": ("Số lần chỉ kiểm chứng cấu trúc", "Verifications of the structure alone"),
    "figure-parts": ("Dữ liệu chia thành số phần", "Parts that the data is read in"),
    "figure-parts-read": ("Số phần đã đọc", "Parts read"),
    "figure-share": ("Tỷ lệ gói đã đọc lại trong kỳ", "Share of packs read again"),
    "figure-bytes-read": ("Khối lượng đã đọc lại", "Bytes read again"),
    "figure-damages": ("Số hư hỏng ở các lần đọc mới nhất", "Damages in the newest readings"),
    "figure-read-since": ("Dữ liệu có trước lúc này đã được đọc lại hết", "All data from before this was read again"),
    "figure-oldest-unread": ("Dài nhất chưa đọc lại", "Longest since data was read"),
    "figure-rto": ("RTO đo được", "Measured RTO"),
    "figure-rpo": ("RPO đo được", "Measured RPO"),
    "figure-counts": ("Được tính vào kết luận", "Counts"),
    "figure-first": ("Số đầu tiên", "First number"),
    "figure-last": ("Số cuối cùng", "Last number"),
    "figure-missing": ("Số thứ tự bị thiếu", "Missing numbers"),
    "figure-sets-there": ("Số bản sao lưu đang có", "Sets there"),
    "figure-copies": ("Số kho đang giữ bản sao lưu", "Repositories that hold a set"),
    "figure-held": ("Đang có lệnh giữ mọi bản sao lưu", "All sets are held"),
    "figure-forgets": ("Số lần bỏ theo quy tắc", "Times that rules were applied"),
    "figure-forgotten": ("Số bản sao lưu đã bỏ", "Sets forgotten"),
    "figure-word": ("Việc", "Word"),
    "figure-at": ("Lúc", "At"),
    "figure-by": ("Người quyết định", "By"),
    "figure-reason": ("Lý do", "Reason"),
    "figure-late": ("Số mục ghi muộn", "Entries written late"),
    "figure-dropped": ("Số việc không còn chi tiết", "Pieces of work without details"),
    "figure-clock-back": ("Số lần đồng hồ lùi", "Times the clock went back"),
    "figure-daemon-down": ("Không có tiến trình nền, ít nhất", "Without the daemon, at least"),
    "figure-daemon-breaks": ("Số lần tiến trình nền mất mà không ghi lại", "Ends of the daemon that nobody recorded"),
    "figure-gap-from": ("Không ghi được nhật ký từ", "Log could not be written since"),
    "figure-gap-told": ("Ghi nhận lúc", "Told at"),
    "word-pass": ("ĐẠT", "PASS"),
    "word-fail": ("KHÔNG ĐẠT", "FAIL"),
    "word-not-proven": ("CHƯA CHỨNG MINH", "NOT PROVEN"),
    "word-unknown": ("không xác định", "unknown"),
    "word-no-outcome": ("không rõ kết quả", "outcome unknown"),
    "word-none": ("không có", "none"),
    "word-never": ("chưa bao giờ", "never"),
    "word-yes": ("có", "yes"),
    "word-no": ("không", "no"),
    "word-missing": ("THIẾU", "MISSING"),
    "word-person": ("người", "a person"),
    "word-daemon": ("tiến trình nền", "the daemon"),
    "word-schedule": ("lịch chạy", "a schedule"),
    "word-set-held": ("giữ một bản sao lưu", "one set held"),
    "word-set-released": ("thôi giữ một bản sao lưu", "one set released"),
    "word-portal-held": ("giữ mọi bản sao lưu", "all sets held"),
    "word-portal-released": ("thôi giữ mọi bản sao lưu", "all sets released"),
    "unit-seconds": ("giây", "seconds"),
    "unit-bytes": ("byte", "bytes"),
    "unit-percent": ("%", "%"),
    "column-section": ("Mục", "Section"),
    "column-subject": ("Đối tượng", "Subject"),
    "column-item": ("Chi tiết", "Item"),
    "column-figure": ("Chỉ số", "Figure"),
    "column-value": ("Giá trị", "Value"),
    "column-unit": ("Đơn vị", "Unit"),
}

# --- Times, in whole milliseconds since 1970 -------------------------------------------------------

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$")


def milliseconds(text):
    """The instant of an RFC 3339 time, rounded down, or None."""
    found = TIME.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    day, time, fraction, zone = found.groups()
    try:
        plain = datetime.strptime(day + " " + time, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    offset = timedelta(0)
    if zone not in "Zz":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
        offset = -offset if zone[0] == "-" else offset
    whole = plain.replace(tzinfo=timezone.utc) - offset - EPOCH
    return (whole.days * 86400 + whole.seconds) * 1000 + int(((fraction or "") + "000")[:3])


def zone_of(text):
    """Vietnam has had no summer time since 1975: an offset is enough, without a table of zones."""
    if text in ("Asia/Ho_Chi_Minh", "Asia/Saigon", "Asia/Bangkok"):
        text = "+07:00"
    found = re.match(r"([+-])(\d\d):?(\d\d)$", text)
    if found:
        offset = timedelta(hours=int(found.group(2)), minutes=int(found.group(3)))
        return timezone(-offset if found.group(1) == "-" else offset)
    if text in ("UTC", "Etc/UTC", "Z"):
        return timezone.utc
    from zoneinfo import ZoneInfo

    return ZoneInfo(text)


def local(ms, zone):
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


def days(words):
    """The first day, and the first day after."""
    found = re.match(r"([0-9]{4})(?:-Q([1-4])|-([0-9]{2})(?:-([0-9]{2}))?)?$", words)
    if not found:
        raise ValueError(words)
    year, quarter, month, day = found.groups()
    if day:
        first = datetime(int(year), int(month), int(day))
        return first, first + timedelta(days=1)
    begin, length = (1, 12)
    if quarter:
        begin, length = (int(quarter) * 3 - 2, 3)
    elif month:
        begin, length = (int(month), 1)
    end = begin - 1 + length
    return datetime(int(year), begin, 1), datetime(int(year) + end // 12, end % 12 + 1, 1)


def midnight(day, zone):
    since = day.replace(tzinfo=zone) - EPOCH
    return (since.days * 86400 + since.seconds) * 1000


def period_of(words, zone):
    first, _, last = words.partition("..")
    begin, end = midnight(days(first)[0], zone), midnight(days(last or first)[1], zone)
    if begin >= end:
        raise ValueError(words)
    return begin, end


# --- Facts of an entry, which may be anything ------------------------------------------------------


def number(value):
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < 2**64 else None


def text(value):
    return value if isinstance(value, str) else ""


def items(facts, name):
    value = facts.get(name)
    return value if isinstance(value, list) else []


def texts(facts, name):
    return [item for item in items(facts, name) if isinstance(item, str)]


def field(item, name):
    return item.get(name) if isinstance(item, dict) else None


class Run:
    """One piece of work that an intent announced."""

    def __init__(self, entry, at):
        facts = entry["facts"]
        began = milliseconds(facts.get("began"))
        counted = entry.get("number") or {}
        self.seq, self.verb, self.subject = entry["seq"], entry["verb"], entry["subject"]
        self.actor = (entry["actor"]["name"], entry["actor"]["kind"])
        self.began = at if began is None else began
        self.told = self.ending = self.code = self.drill = None
        self.number = counted["n"] if counted.get("series") == "drill" else None
        self.portal = text(facts.get("portal"))
        self.to = texts(facts, "repositories")
        self.fed, self.failed, self.skipped, self.forgotten = [], [], 0, 0
        self.rpo_objective = number(facts.get("objective-rpo-s"))

    def is_unknown(self):
        return self.ending in (None, "abandoned")

    def end(self, entry, at):
        facts = entry["facts"]
        self.told, self.ending, self.code = at, entry.get("result"), entry.get("code")
        if self.verb == "snapshot.create":
            names = [field(one, "repository") for one in items(facts, "sets")]
            self.fed = [name for name in names if isinstance(name, str)]
            for one in items(facts, "failed"):
                name, code = field(one, "repository"), field(one, "code")
                if isinstance(name, str) and isinstance(code, str):
                    self.failed.append((name, code))
            self.skipped = number(facts.get("skipped")) or 0
        self.forgotten = len(items(facts, "forgotten"))
        if self.verb == "drill.run" and "record" in facts:
            self.drill = Drill(facts["record"])


class Drill:
    """What the record of a drill says."""

    def __init__(self, record):
        known = {"pass": "pass", "fail": "fail", "not-proven": "not-proven"}
        verdict = field(record, "verdict")
        self.verdict = known.get(verdict, "unknown") if isinstance(verdict, str) else "unknown"
        self.rto_ms = number(field(record, "measured-rto-ms"))
        self.rpo_ms = number(field(record, "measured-rpo-ms"))
        self.rto_objective = number(field(record, "objective-rto-s"))
        self.rpo_objective = number(field(record, "objective-rpo-s"))
        self.counts = field(record, "sabotage") is None and field(record, "as-of") is None


class Coverage:
    """Which parts of a repository were read, and what was read of it in the period."""

    def __init__(self):
        self.parts, self.read, self.all, self.before = 0, {}, None, 0
        self.whole = self.partial = self.structure = self.bytes = 0
        self.parts_within, self.read_within = 0, set()

    def take(self, facts, at, within):
        damages = number(facts.get("damages"))
        if damages is None:
            return
        part, parts = number(facts.get("part")), number(facts.get("parts"))
        is_part = part is not None and parts is not None and part < parts <= PARTS_MAX
        is_whole = facts.get("read-data") is True
        if is_whole:
            self.parts, self.read, self.all, self.before = 0, {}, (at, damages), 0
        elif is_part:
            if parts != self.parts:
                self.before += sum(found for _, found in self.read.values())
                self.parts, self.read = parts, {}
            self.read[part] = (at, damages)
            if len(self.read) == parts:
                self.all, self.before = None, 0
        if not within:
            return
        if is_whole:
            self.whole += 1
        elif is_part:
            self.partial += 1
            if parts != self.parts_within:
                self.parts_within, self.read_within = parts, set()
            self.read_within.add(part)
        else:
            self.structure += 1
            return
        self.bytes += number(facts.get("bytes-read")) or 0

    def since(self):
        if self.parts > 0 and len(self.read) == self.parts:
            return min(at for at, _ in self.read.values())
        return self.all[0] if self.all else None

    def damages(self):
        found = sum(found for _, found in self.read.values())
        return found + self.before + (self.all[1] if self.all else 0)


class Tally:
    """The sum of the log."""

    def __init__(self, scope):
        self.scope = scope
        self.entries, self.since = 0, None
        self.runs, self.owed, self.schedules = {}, {}, {}
        self.coverage = {}
        self.standing, self.going, self.held, self.holds = {}, {}, set(), []
        self.gaps = []
        self.late = self.dropped = self.clock_back = 0
        self.seen = self.up = False
        self.down = self.newest = None
        self.down_ms = self.breaks = 0
        self.rows = []

    # What each entry adds.

    def take(self, entry):
        scope, facts = self.scope, entry["facts"]
        at = milliseconds(entry["at"])
        self.entries += 1
        self.since = at if self.since is None else self.since
        self.take_run(entry, facts, at)
        self.take_hole(entry, facts, at)
        if at <= scope.until:
            if entry["kind"] == "outcome" and entry["verb"] == "repository.verify":
                if "as-of" not in facts:
                    coverage = self.coverage.setdefault(entry["subject"], Coverage())
                    coverage.take(facts, at, scope.contains(at))
            self.take_sets(entry, facts, at)

    def take_run(self, entry, facts, at):
        kind, verb = entry["kind"], entry["verb"]
        if kind == "intent":
            self.take_missed(text(facts.get("job")), facts, at)
            if verb.startswith(KINDS):
                self.runs[entry["seq"]] = Run(entry, at)
        elif kind == "outcome":
            run = self.runs.get(entry.get("intent"))
            if run is not None and run.is_unknown():
                run.end(entry, at)
        elif kind == "record" and verb == "schedule.skip" and self.scope.contains(at):
            self.owed.setdefault(entry["subject"], [0, None, 0])[2] += 1
            self.take_missed(entry["subject"], facts, at)
        elif kind == "record" and verb in ("daemon.start", "daemon.reload"):
            told = facts.get("schedules")
            if isinstance(told, dict) and at <= self.scope.until:
                self.schedules = {job: text(cron) for job, cron in told.items()}

    def take_missed(self, job, facts, at):
        missed = number(facts.get("missed")) or 0
        if missed == 0 or not self.scope.contains(at):
            return
        owed = self.owed.setdefault(job, [0, None, 0])
        owed[0] += missed
        since = milliseconds(facts.get("missed-from"))
        if since is not None and (owed[1] is None or since < owed[1]):
            owed[1] = since

    def take_sets(self, entry, facts, at):
        kind, verb, subject = entry["kind"], entry["verb"], entry["subject"]
        if kind == "outcome" and verb in ("snapshot.create", "snapshot.evidence", "repository.copy"):
            for one in items(facts, "sets"):
                repository, name = field(one, "repository"), field(one, "id")
                if isinstance(repository, str) and isinstance(name, str):
                    portal = subject if verb == "snapshot.create" else None
                    if verb == "repository.copy" and field(one, "evidence") is not True:
                        portal = field(one, "portal")
                        portal = portal if isinstance(portal, str) else None
                    self.standing.setdefault(repository, {})[name] = portal
        elif kind == "intent" and verb == "repository.forget":
            names = [field(one, "id") for one in items(facts, "forget")]
            self.going[entry["seq"]] = self.strike(subject, names)
        elif kind == "outcome" and verb == "repository.forget":
            going = self.going.pop(entry.get("intent"), [])
            if "forgotten" in facts:
                gone = texts(facts, "forgotten")
                stayed = {name: portal for name, portal in going if name not in gone}
                self.standing.setdefault(subject, {}).update(stayed)
        elif kind == "intent" and verb == "repository.prune":
            self.strike(subject, texts(facts, "gone"))
        elif kind == "outcome" and verb == "repository.init" and "id" in facts:
            self.standing.pop(subject, None)
        elif kind == "record" and verb in HOLDS:
            if verb == "retention.hold":
                self.held.add(subject)
            elif verb == "retention.release":
                self.held.discard(subject)
            if self.scope.contains(at):
                by, reason = text(facts.get("by")), text(facts.get("reason"))
                self.holds.append((entry["seq"], HOLDS[verb], subject, at, by, reason))

    def strike(self, repository, names):
        sets = self.standing.get(repository, {})
        names = [name for name in names if isinstance(name, str)]
        return [(name, sets.pop(name)) for name in names if name in sets]

    def take_hole(self, entry, facts, at):
        scope, kind, verb = self.scope, entry["kind"], entry["verb"]
        if kind == "record" and verb == "daemon.start":
            self.down_ms += scope.overlap(self.newest if self.up else self.down, at)
            self.breaks += int(self.up and scope.contains(at))
            self.seen, self.up, self.down = True, True, None
        elif kind == "record" and verb == "daemon.stop":
            self.up, self.down = False, at
        self.newest = at
        if kind == "gap":
            since = milliseconds(facts.get("from"))
            if (at if since is None else since) < scope.end and at >= scope.begin:
                self.gaps.append((entry["seq"], since, at, text(facts.get("reason"))))
        if not scope.contains(at):
            return
        self.clock_back += int("clock_back_ms" in entry)
        self.late += int(facts.get("late") is True)
        if verb == "audit.dropped":
            self.dropped += number(facts.get("count")) or 0

    # The figures.

    def put(self, section, subject, item, *figures):
        for name, kind, value in figures:
            self.rows.append((section, subject, item, name, kind, value))

    def within(self):
        runs = [self.runs[seq] for seq in sorted(self.runs)]
        return [run for run in runs if self.scope.contains(run.began)]

    def report(self):
        scope = self.scope
        self.put(
            "report", "", "",
            ("from", "at", scope.begin), ("to", "at", scope.end), ("until", "at", scope.until),
            ("zone", "text", "UTC" + scope.offset()), ("entries", "count", self.entries),
            ("log-since", "at", self.since),
        )
        runs = self.within()
        self.report_runs(runs)
        of_portals = [run for run in runs if run.verb in ("drill.run", "snapshot.create")]
        portals = sorted(set(scope.portals) | {run.subject for run in of_portals})
        for portal in portals:
            self.report_rpo(portal, runs)
        for portal in portals:
            self.report_rto(portal, runs)
        repositories = set(scope.repositories)
        for run in runs:
            repositories.update(run.to)
            if run.verb.startswith("repository."):
                repositories.add(run.subject)
        for name, one in self.coverage.items():
            if one.whole + one.partial + one.structure > 0:
                repositories.add(name)
        for name in sorted(repositories):
            self.report_reading(name)
        self.report_drills(runs)
        self.report_holdings(repositories, portals)
        self.report_retention(runs)
        self.report_holes(runs)
        return self.rows

    def report_runs(self, runs):
        for verb, subject in sorted({(run.verb, run.subject) for run in runs}):
            own = [run for run in runs if (run.verb, run.subject) == (verb, subject)]
            ended = lambda ending: sum(run.ending == ending for run in own)
            self.put(
                "runs", subject, verb,
                ("started", "count", len(own)), ("done", "count", ended("done")),
                ("warnings", "count", ended("warnings")),
                ("not-proven", "count", ended("not-proven")), ("failed", "count", ended("failed")),
                ("unknown", "count", sum(run.is_unknown() for run in own)),
            )
        actors = {}
        for run in runs:
            actor = run.actor + (run.verb,)
            actors[actor] = actors.get(actor, 0) + 1
        for actor in sorted(actors):
            name, kind, verb = actor
            started = ("started", "count", actors[actor])
            self.put("actors", name, verb, ("actor", "word", kind), started)
        for run in runs:
            own = []
            if run.ending == "failed":
                own.append(("%s #%d" % (run.verb, run.seq), "text", run.code or ""))
            elif run.is_unknown():
                own.append(("%s #%d" % (run.verb, run.seq), "word", "no-outcome"))
            for repository, code in run.failed:
                own.append(("%s #%d %s" % (run.verb, run.seq, repository), "text", code))
            for item, kind, code in own:
                began = ("began", "at", run.began)
                self.put("failures", run.subject, item, began, ("code", kind, code))
        for job in sorted(self.schedules):
            self.put("schedules", job, "", ("schedule", "text", self.schedules[job]))
        for job in sorted(self.owed):
            missed, since, skipped = self.owed[job]
            self.put(
                "missed", job, "",
                ("missed", "count", missed), ("missed-since", "at", since),
                ("skipped", "count", skipped),
            )

    def gap(self, runs, counts):
        """The longest time without such a set, and when the newest one began."""
        scope = self.scope
        first = max(scope.begin, min((run.began for run in runs), default=scope.begin))
        longest, newest = 0, None
        sets = [(run.told, run.began) for run in runs if run.fed and counts(run)]
        for told, began in sorted(one for one in sets if one[0] <= scope.until):
            if told > scope.begin:
                longest = max(longest, told - (first if newest is None else newest))
            newest = began if newest is None else max(newest, began)
        return max(longest, scope.until - (first if newest is None else newest)), newest

    def report_rpo(self, portal, runs):
        scope = self.scope
        mine = [self.runs[seq] for seq in sorted(self.runs) if self.runs[seq].subject == portal]
        every = [run for run in mine if run.verb == "snapshot.create"]
        own = [run for run in every if scope.contains(run.began)]
        longest, newest = self.gap(every, lambda run: True)
        longest_complete, complete = self.gap(every, lambda run: run.skipped == 0)
        told = []
        for run in mine:
            objective = run.rpo_objective
            if objective is None and run.drill is not None:
                objective = run.drill.rpo_objective
            if objective is not None and run.began < scope.end:
                told.append((run.began, objective))
        held = [objective for began, objective in told if scope.contains(began)]
        objective = min(held) if held else told[-1][1] if told else None
        if objective is None:
            verdict = "not-proven"
        elif newest is None or longest > objective * 1000:
            verdict = "fail"
        elif complete is None or longest_complete > objective * 1000:
            verdict = "not-proven"
        else:
            verdict = "pass"
        drills = [run.drill for run in self.drills(portal, runs) if run.drill and run.drill.counts]
        fed = [run for run in own if run.fed]
        self.put(
            "rpo", portal, "",
            ("objective", "seconds", objective), ("sets", "count", len(fed)),
            ("incomplete", "count", sum(run.skipped > 0 for run in fed)),
            ("longest", "seconds", seconds(longest)),
            ("longest-complete", "seconds", seconds(longest_complete)),
            ("newest",) + at_or(newest, "none"),
            ("drill-rpo", "seconds", largest(drill.rpo_ms for drill in drills)),
            ("verdict", "word", verdict),
        )
        for name in sorted({name for run in own for name in run.to + run.fed}):
            there = self.gap(every, lambda run: name in run.fed)[1]
            without = sum(name in run.to and name not in run.fed for run in own)
            self.put(
                "rpo", portal, name,
                ("sets", "count", sum(name in run.fed for run in own)),
                ("without", "count", without), ("newest",) + at_or(there, "none"),
            )

    def drills(self, portal, runs):
        return [run for run in runs if run.verb == "drill.run" and run.subject == portal]

    def report_rto(self, portal, runs):
        own = self.drills(portal, runs)
        drills = [run.drill for run in own if run.drill is not None and run.drill.counts]
        mute = sum(run.drill is None for run in own)
        ended = lambda word: sum(drill.verdict == word for drill in drills)
        objectives = [drill.rto_objective for drill in drills if drill.rto_objective is not None]
        is_late = any(
            drill.rto_ms is not None
            and drill.rto_objective is not None
            and drill.rto_ms > drill.rto_objective * 1000
            for drill in drills
        )
        verdict = "pass" if ended("pass") > 0 else "not-proven"
        if ended("fail") > 0 or is_late:
            verdict = "fail"
        self.put(
            "rto", portal, "",
            ("objective", "seconds", min(objectives, default=None)),
            ("drills", "count", len(drills) + mute), ("passed", "count", ended("pass")),
            ("not-passed", "count", ended("fail")), ("not-proven", "count", ended("not-proven")),
            ("unknown", "count", ended("unknown") + mute),
            ("slowest", "seconds", largest(drill.rto_ms for drill in drills)),
            ("verdict", "word", verdict),
        )

    def report_reading(self, name):
        one, since = self.coverage.get(name, Coverage()), None
        since = one.since()
        read = len(one.read_within)
        share = 100 if one.whole else read * 100 // one.parts_within if one.parts_within else 0
        self.put(
            "verify", name, "",
            ("read-all", "count", one.whole), ("read-part", "count", one.partial),
            ("structure", "count", one.structure), ("parts", "count", one.parts_within),
            ("parts-read", "count", read), ("share", "percent", share),
            ("bytes-read", "bytes", one.bytes), ("damages", "count", one.damages()),
            ("read-since",) + at_or(since, "never"),
            ("oldest-unread", "seconds",
             None if since is None else seconds(max(0, self.scope.until - since))),
        )

    def report_drills(self, runs):
        drills = sorted((run for run in runs if run.number is not None), key=lambda run: run.number)
        for run in drills:
            drill = run.drill
            counts = None if drill is None else "yes" if drill.counts else "no"
            self.put(
                "drills", run.subject, str(run.number),
                ("began", "at", run.began), ("verdict", "word", drill.verdict if drill else "unknown"),
                ("rto", "seconds", largest([drill.rto_ms]) if drill else None),
                ("rpo", "seconds", largest([drill.rpo_ms]) if drill else None),
                ("counts", "word", counts),
            )
        numbered = [run for run in self.runs.values() if run.number is not None]
        before = [run.number for run in numbered if run.began < self.scope.begin]
        newest, missing, named = max(before, default=0), 0, 0
        last = drills[-1].number if drills else None
        for known in sorted({run.number for run in numbered}):
            if known <= newest or last is None or known > last:
                continue
            for gone in range(newest + 1, min(known, newest + 1 + NAMED_MAX - named)):
                named += 1
                self.put("drills", "", str(gone), ("verdict", "word", "missing"))
            missing += known - newest - 1
            newest = known
        self.put(
            "drills", "", "",
            ("first", "count", drills[0].number if drills else None), ("last", "count", last),
            ("missing", "count", missing),
        )

    def report_holdings(self, repositories, portals):
        filled = {name for name, sets in self.standing.items() if sets}
        for name in sorted(repositories | filled):
            there = len(self.standing.get(name, {}))
            self.put("holdings", name, "", ("sets-there", "count", there))
        for portal in portals:
            copies = sum(portal in sets.values() for sets in self.standing.values())
            held = "yes" if portal in self.held else "no"
            copies = ("copies", "count", copies)
            self.put("holdings", portal, "", copies, ("held", "word", held))
            for name in sorted(self.standing):
                own = sum(of == portal for of in self.standing[name].values())
                if own:
                    self.put("holdings", portal, name, ("sets-there", "count", own))

    def report_retention(self, runs):
        forgets = [run for run in runs if run.verb == "repository.forget"]
        for repository, portal in sorted({(run.subject, run.portal) for run in forgets}):
            own = [run for run in forgets if (run.subject, run.portal) == (repository, portal)]
            self.put(
                "retention", repository, portal,
                ("forgets", "count", len(own)),
                ("forgotten", "count", sum(run.forgotten for run in own)),
            )
        for seq, word, subject, at, by, reason in self.holds:
            self.put(
                "retention", subject, "#%d" % seq,
                ("word", "word", word), ("at", "at", at), ("by", "text", by),
                ("reason", "text", reason),
            )

    def report_holes(self, runs):
        down = self.down_ms + self.scope.overlap(self.down, self.scope.until)
        self.put(
            "unknown", "", "",
            ("unknown", "count", sum(run.is_unknown() for run in runs)),
            ("late", "count", self.late), ("dropped", "count", self.dropped),
            ("clock-back", "count", self.clock_back),
            ("daemon-down", "seconds", seconds(down) if self.seen else None),
            ("daemon-breaks", "count", self.breaks),
        )
        for seq, since, at, reason in self.gaps:
            self.put(
                "unknown", "", "#%d" % seq,
                ("gap-from", "at", since), ("gap-told", "at", at), ("reason", "text", reason),
            )


HOLDS = {
    "snapshot.hold": "set-held",
    "snapshot.release": "set-released",
    "retention.hold": "portal-held",
    "retention.release": "portal-released",
}


def at_or(at, word):
    return ("word", word) if at is None else ("at", at)


def seconds(ms):
    """Rounded up: no time looks shorter than it was."""
    return -(-ms // 1000)


def largest(times):
    """In whole seconds."""
    times = [ms for ms in times if ms is not None]
    return seconds(max(times)) if times else None


class Scope:
    def __init__(self, arguments):
        self.zone = zone_of(arguments.zone)
        self.begin, self.end = period_of(arguments.period, self.zone)
        at = self.end if arguments.at is None else milliseconds(arguments.at)
        if at is None:
            raise ValueError(arguments.at)
        self.until = min(self.end, at)
        self.portals, self.repositories = arguments.portal, arguments.repository

    def contains(self, at):
        return self.begin <= at < self.end

    def overlap(self, since, at):
        if since is None:
            return 0
        return max(0, min(at, self.until) - max(since, self.begin))

    def offset(self):
        offset = local(self.begin, self.zone).strftime("%z")
        return offset[:3] + ":" + offset[3:]


# --- CSV -------------------------------------------------------------------------------------------


def cell(value):
    """No program takes it for a formula, and nothing in it is unseen."""
    value = UNSEEN.sub(lambda found: "[U+%04X]" % ord(found.group()), value)
    if value.startswith(DANGEROUS):
        value = "'" + value
    if any(mark in value for mark in ',"'):
        value = '"' + value.replace('"', '""') + '"'
    return value


def written(row, language, zone):
    section, subject, item, figure, kind, value = row
    word = lambda name: WORDS[name][language]
    unit = word("unit-" + kind) if kind in ("seconds", "bytes", "percent") else ""
    if value is None:
        value, unit = word("word-unknown"), ""
    elif kind == "at":
        value = local(value, zone).strftime("%Y-%m-%d %H:%M:%S")
    elif kind == "word":
        value = word("word-" + value)
    else:
        value = str(value)
    return word("section-" + section), subject, item, word("figure-" + figure), value, unit


def lines(export, name):
    """The objects in a file of a zip, or of the folder that it was unpacked into."""
    if os.path.isdir(export):
        with open(os.path.join(export, name), "rb") as file:
            yield from (json.loads(line.decode("utf-8")) for line in file)
        return
    with zipfile.ZipFile(export) as packed, packed.open(name) as file:
        yield from (json.loads(line.decode("utf-8")) for line in file)


def reveal(entry, name, committed, shown):
    """The value of a field, which must be what its entry commits to."""
    salt, value = shown
    said = json.dumps([name, value], ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    digest = hashlib.sha256(b"\x02" + base64.b64decode(salt, validate=True) + said).digest()
    if base64.b64encode(digest).decode() != committed:
        raise ValueError("entry %d: %s is not what was signed for" % (entry["seq"], name))
    return value


def open_entry(entry, shown):
    """Puts the words in the places of the commitments; returns the names of what is withheld."""
    withheld, facts = [], {}

    def said(name, committed, otherwise):
        if name in shown:
            return reveal(entry, name, committed, shown[name])
        withheld.append(name)
        return otherwise

    entry["actor"]["name"] = said("actor.name", entry["actor"]["name"], "")
    entry["subject"] = said("subject", entry["subject"], "")
    for name, committed in entry["facts"].items():
        value = said("facts." + name, committed, shown)
        if value is not shown:
            facts[name] = value
    entry["facts"] = facts
    return withheld


def entries(export, withheld):
    """The entries as far as they are shown; what is not goes into `withheld`."""
    with contextlib.closing(lines(export, "openings.jsonl")) as openings:
        following = None
        for entry in lines(export, "entries.jsonl"):
            if entry["v"] > 1:
                try:
                    while following is None or following["seq"] < entry["seq"]:
                        following = next(openings)
                except (StopIteration, FileNotFoundError, KeyError):
                    # There are no more, or none at all.
                    following = {"seq": 2**64}
                shown = following if following["seq"] == entry["seq"] else {}
                withheld.extend((entry["seq"], name) for name in open_entry(entry, shown))
            yield entry


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("export", metavar="ZIP-OR-FOLDER")
    parser.add_argument("--period", required=True)
    parser.add_argument("--at")
    parser.add_argument("--entries", type=int)
    parser.add_argument("--portal", action="append", default=[])
    parser.add_argument("--repository", action="append", default=[])
    parser.add_argument("--zone", default="+07:00")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi")
    arguments = parser.parse_args()
    try:
        scope = Scope(arguments)
    except (ImportError, LookupError, OverflowError, ValueError) as error:
        parser.error(str(error))
    tally, first, withheld = Tally(scope), None, []
    try:
        for entry in entries(arguments.export, withheld):
            if arguments.entries is not None and entry["seq"] >= arguments.entries:
                break
            first = entry["seq"] if first is None else first
            tally.take(entry)
    except (AttributeError, KeyError, OSError, TypeError, ValueError, zipfile.BadZipFile) as error:
        print("entries.jsonl: %s" % error, file=sys.stderr)
        return 1
    language = 1 if arguments.lang == "en" else 0
    names = ("section", "subject", "item", "figure", "value", "unit")
    rows = [tuple(WORDS["column-" + name][language] for name in names)]
    rows.extend(written(row, language, scope.zone) for row in tally.report())
    text = "".join(",".join(cell(value) for value in line) + "\r\n" for line in rows)
    sys.stdout.buffer.write(("\ufeff" + text).encode("utf-8"))
    sys.stdout.buffer.flush()
    if arguments.entries is not None:
        withheld = [one for one in withheld if one[0] < arguments.entries]
    if withheld:
        of = "entry %d: %s" % withheld[0]
        print("openings.jsonl: %d withheld, first of %s" % (len(withheld), of), file=sys.stderr)
    return 3 if first or withheld else 0


if __name__ == "__main__":
    sys.exit(main())
