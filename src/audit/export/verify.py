#!/usr/bin/env python3
"""Verify an export of a duphong audit log, offline, with Python's standard library alone.

    python3 verify.py [--lang en] [--vkey KEY] [--anchor FILE]... FOLDER

FOLDER is where the zip was unpacked; KEY is a public key of the log, present or earlier, or its
fingerprint. Without a key or an anchor from elsewhere the answer is never
"valid": whoever makes up an export makes up its key too.

Exit codes: 0 valid, 3 inconclusive, 20 invalid, 2 usage.

What is checked, from the entries up: every line is an entry in its place with one spelling;
outcomes belong to intents; numbers neither skip nor repeat; the clock's jumps are on record; the
entries hash, together with the subtrees before them, to the stated roots; the consistency proof
leads from there to the head; the head is signed by the key, or by one that handovers lead to from
it, each signed by the old and the new key, contained in the head, and announced by its entry; no key
signed behind its handover; every anchor lies on the same log; every file is in the list that the key
signed; evidence has the digest that an entry names. From version 2 on an entry holds commitments to
its words; what openings.jsonl shows of them must be what was committed to, and what it does not show
is named as withheld.
Hashing is RFC 6962 with SHA-256, signatures are Ed25519 (RFC 8032) in C2SP signed notes.
"""

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import sys
from datetime import datetime, timezone

KINDS = {"opened", "intent", "outcome", "record", "gap"}
FIELDS = set(
    "v seq at clock_back_ms actor kind verb subject intent took_ms result code number session facts".split()
)
LINE_MAX = 0xFFFF
FINDINGS_MAX = 100
WITHHELD_MAX = 50
# A folder with more is none of ours.
FILES_MAX = 10000


# --- Ed25519 verification, RFC 8032 section 5.1.7; slow and plain on purpose -------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)


def point_add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_mul(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = point_add(q, p)
        p = point_add(p, p)
        s >>= 1
    return q


def point_equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_MINUS_ONE % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


def point_decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def ed25519_verify(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = point_decompress(public), point_decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    # Keys of small order sign everything.
    if any(point_equal(point_mul(8, point), (0, 1, 1, 0)) for point in (a, r)):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return point_equal(point_mul(s, BASE), point_add(r, point_mul(h, a)))


# --- Notes, keys and heads ------------------------------------------------------------------------


def unbase64(text):
    """The bytes of a text that is their one spelling; raises ValueError for any other."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("spelled otherwise")
    return data


def hash_of(text):
    data = unbase64(text)
    if len(data) != 32:
        raise ValueError("not a hash")
    return data


def is_count(value):
    """Whether it is a whole number from zero on; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64


def parse_vkey(text):
    """Name, key id and public key of a C2SP verifier key."""
    name, key_id, key = text.rstrip(" \t\r\n").split("+", 2)
    key = unbase64(key)
    expected = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if not name or len(key) != 33 or key[0] != 1 or expected.hex() != key_id:
        raise ValueError("not an Ed25519 verifier key")
    return name, expected, key[1:]


def signed_text(note, vkey):
    """The text of a note that the key signed under its name; raises ValueError for any other."""
    name, key_id, public = vkey
    text = note.decode("utf-8")
    body, signatures = text.rsplit("\n\n", 1)
    body += "\n"
    signed = False
    if not signatures.endswith("\n"):
        raise ValueError("the last line does not end")
    # Not splitlines(): it takes more for the end of a line than notes do.
    for line in signatures[:-1].split("\n"):
        if not line.startswith("\u2014 "):
            raise ValueError("malformed signature line")
        signer, signature = line[2:].split(" ", 1)
        signature = unbase64(signature)
        if len(signature) < 4:
            raise ValueError("malformed signature line")
        if signer == name and signature[:4] == key_id:
            if not ed25519_verify(public, body.encode(), signature[4:]):
                raise ValueError("wrong signature")
            signed = True
    if not signed:
        raise ValueError("not signed by this key")
    return body


def open_head(note, vkey):
    """Size and root of a checkpoint signed by the key; raises ValueError for anything else."""
    body = signed_text(note, vkey)
    lines = body.split("\n")
    root = hash_of(lines[2])
    if lines[0] != vkey[0] or not re.fullmatch(r"0|[1-9][0-9]{0,14}", lines[1]):
        raise ValueError("malformed head")
    return int(lines[1]), root


def vkey_text(vkey):
    return "%s+%s+%s" % (vkey[0], vkey[1].hex(), base64.b64encode(b"\x01" + vkey[2]).decode())


def fingerprint(vkey):
    return hashlib.sha256(vkey_text(vkey).encode()).hexdigest()


# --- Keys: from one that is trusted to the one that signed ----------------------------------------


def open_handover(number, name, note):
    """One handover; raises ValueError unless both keys that it names signed it."""
    lines = note.decode("utf-8").split("\n")
    keys = []
    for line, word in ((lines[3], "key-from "), (lines[4], "key-to ")):
        if not line.startswith(word):
            raise ValueError("no handover")
        keys.append(parse_vkey(line[len(word):]))
    if lines[5] != "" or keys[0] == keys[1]:
        raise ValueError("no handover")
    size, root = open_head(note, keys[0])
    open_head(note, keys[1])
    return {"number": number, "name": name, "from": keys[0], "to": keys[1], "size": size, "root": root}


def read_handovers(folder, report):
    """The handovers that lead from each key to the next, as far as they do; and how many were
    read."""
    try:
        names = os.listdir(os.path.join(folder, "key"))
    except FileNotFoundError:
        names = []
    except OSError as error:
        report.unknown("files", detail=str(error))
        names = []
    numbers = sorted(int(name) for name in names if re.fullmatch("[0-9]{3,15}", name, re.ASCII))
    numbers = [number for number in numbers if number > 0 and "%03d" % number in names]
    chain, unread = [], 0
    for number in numbers:
        name = "key/%03d" % number
        try:
            found = open_handover(number, name, read(folder, os.path.join("key", "%03d" % number)))
        except OSError as error:
            # What cannot be read contradicts nothing.
            report.unknown("files", detail=str(error))
            unread += 1
            continue
        except (ValueError, IndexError, binascii.Error):
            report.wrong("key-handover", detail=name)
            continue
        if any(other["from"] == found["from"] for other in chain):
            report.wrong("key-fork", detail=name)
        elif number != (chain[-1]["number"] if chain else 0) + 1:
            # Behind one that is missing the chain begins anew.
            report.unknown("key-gap", detail=name)
            chain = [found]
        elif chain and (chain[-1]["to"] != found["from"] or chain[-1]["size"] >= found["size"]):
            report.wrong("key-handover", detail=name)
        else:
            chain.append(found)
    return chain, len(numbers) - unread


class Keys:
    """The trusted key, and those that handovers connect it with, oldest first."""

    def __init__(self, trusted, chain):
        is_in = any(trusted in (one["from"], one["to"]) for one in chain)
        self.trusted = trusted
        self.handovers = chain if is_in else []
        self.all = [chain[0]["from"]] + [one["to"] for one in chain] if is_in else [trusted]
        self.first = None if self.handovers and chain[0]["number"] != 1 else self.all[0]

    def open(self, note, name, report):
        """Size, root and place of the key; a head that its key signed before it took over, or behind
        its handover, is named."""
        fault = None
        for place, vkey in enumerate(self.all):
            try:
                size, root = open_head(note, vkey)
            except (ValueError, IndexError, binascii.Error) as error:
                fault = error
                continue
            if place < len(self.handovers) and size > self.handovers[place]["size"]:
                report.wrong("key-retired", detail="%s, %s" % (name, vkey[1].hex()))
            # It took over a log of that size: whoever has it made up a shorter one.
            if 0 < place <= len(self.handovers) and size < self.handovers[place - 1]["size"]:
                report.wrong("key-early", detail="%s, %s" % (name, vkey[1].hex()))
            return size, root, place
        raise ValueError(str(fault))

    def is_before_trusted(self, size, place):
        later = self.all[place + 1:]
        return bool(later) and size < self.handovers[place]["size"] and self.trusted in later


class Told:
    """What the entries say of rotations, to be held against the handovers."""

    def __init__(self):
        self.opened = None
        self.announced = {}
        # Announcements whose new key is withheld, and whether an outcome says that it was done.
        self.hidden = {}
        self.done = []

    def take(self, entry):
        seq, facts = entry["seq"], entry["facts"]
        hidden = entry.get("hidden", ())
        if seq == 0 and "facts.vkey" not in hidden:
            self.opened = facts["vkey"]
            if not isinstance(self.opened, str):
                raise ValueError("vkey")
        if entry["verb"] != "audit.rotate-key":
            return
        if entry["kind"] == "intent" and "facts.to" in hidden:
            self.hidden[seq] = False
        elif entry["kind"] == "intent":
            self.announced[seq] = facts.get("to")
        elif entry.get("result") == "done" and entry.get("intent") in self.announced:
            self.done.append(entry["intent"])
        elif entry.get("result") == "done" and entry.get("intent") in self.hidden:
            self.hidden[entry["intent"]] = True

    def says(self, vkey):
        return any(self.announced[intent] == vkey_text(vkey) for intent in self.done)

    def conclude(self, keys, first, end, place, report):
        """Holds handovers against entries, both ways, where both can be seen."""
        key = keys.first
        if self.opened is not None and key and self.opened != vkey_text(key) and not self.says(key):
            report.wrong("other-key", 0)
        for one in keys.handovers:
            seq = one["size"] - 1
            if seq in self.hidden:
                continue
            if first <= seq < end and self.announced.get(seq) != vkey_text(one["to"]):
                report.wrong("key-entry", seq, one["name"])
        # Whom the log was handed over to cannot be held against anything, nor that it was.
        for seq, is_done in self.hidden.items():
            if is_done or any(one["size"] == seq + 1 for one in keys.handovers):
                report.unknown("key-withheld", seq)
        signer = vkey_text(keys.all[place])
        for intent in self.done:
            to = self.announced[intent]
            if any(one["size"] == intent + 1 and vkey_text(one["to"]) == to for one in keys.handovers):
                continue
            if to == signer or any(self.announced[later] == signer for later in self.done if later > intent):
                report.unknown("key-unlinked", intent)
            else:
                report.wrong("key-ignored", intent)


# --- The tree -------------------------------------------------------------------------------------


def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The complete subtrees of everything so far, largest first."""

    def __init__(self, size=0, peaks=()):
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != bin(size).count("1"):
            raise ValueError("wrong number of subtrees")

    def push(self, leaf):
        size = self.size
        while size & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            size >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self):
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def consistent(first, first_root, second, second_root, proof):
    """RFC 9162 section 2.1.4.2."""
    if first > second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


# --- Entries --------------------------------------------------------------------------------------


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name stands twice")
    return dict(pairs)


def no_fractions(text):
    raise ValueError("a fraction: " + text)


def check_value(value, depth=0):
    """Raises ValueError for numbers of more than 64 bits, and for what lies too deep."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise ValueError("a number of more than 64 bits")
    if isinstance(value, (dict, list)):
        if depth > 126:
            raise ValueError("too deep")
        for inner in value.values() if isinstance(value, dict) else value:
            check_value(inner, depth + 1)


def parse_entry(line):
    """The entry of a line."""
    if len(line) > LINE_MAX:
        raise ValueError("too long")
    entry = parse_object(line)
    if not FIELDS.issuperset(entry):
        raise ValueError("not an entry")
    return entry


def parse_object(line):
    """The object of a line in its one spelling: written again it gives the same bytes."""
    text = line.decode("utf-8")
    entry = json.loads(
        text,
        object_pairs_hook=no_duplicates,
        parse_float=no_fractions,
        parse_constant=no_fractions,
    )
    if not isinstance(entry, dict):
        raise ValueError("not an object")
    check_value(entry)
    if json.dumps(entry, ensure_ascii=False, separators=(",", ":")) != text:
        raise ValueError("spelled otherwise")
    return entry


def commitment(salt, name, value):
    """What an entry says of a field: the hash of a salt, and of name and value as entries spell them."""
    said = json.dumps([name, value], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(b"\x02" + salt + said.encode("utf-8")).digest()


def thirty_two(text):
    data = unbase64(text)
    if len(data) != 32 or base64.b64encode(data).decode() != text:
        raise ValueError("not a hash: " + text)
    return data


def reveal(name, committed, shown):
    """The value that a field shows; raises ValueError if it is not what was committed to."""
    if not isinstance(shown, list) or len(shown) != 2:
        raise ValueError(name)
    salt, value = shown
    if commitment(thirty_two(salt), name, value) != committed:
        raise ValueError(name)
    if not isinstance(value, str) and not name.startswith("facts."):
        raise ValueError(name)
    return value


def open_entry(entry, shown, report):
    """Puts the words in the places of the commitments; returns the names of what is withheld. Of
    what is not known, name and subject are None, and facts are not there."""
    withheld, hidden, wrong, facts = [], set(), [], {}
    fields = [("actor.name", entry["actor"]["name"]), ("subject", entry["subject"])]
    fields += [("facts." + name, value) for name, value in entry["facts"].items()]
    shown = dict(shown or {})
    for name, text in fields:
        committed, value = thirty_two(text), None
        if name not in shown:
            withheld.append(name)
            hidden.add(name)
        else:
            try:
                value = reveal(name, committed, shown.pop(name))
            except (ValueError, TypeError, binascii.Error):
                wrong.append(name)
                hidden.add(name)
        if name == "actor.name":
            entry["actor"]["name"] = value
        elif name == "subject":
            entry["subject"] = value
        elif name not in hidden:
            facts[name[len("facts.") :]] = value
    wrong += shown
    if wrong:
        report.wrong("opening", entry["seq"], ", ".join(wrong))
    entry["facts"], entry["hidden"] = facts, hidden
    return withheld


class Openings:
    """What an export shows of its entries, line by line; positions only go up."""

    def __init__(self, folder):
        self.number, self.last, self.next, self.file = 0, -1, None, None
        self.is_there = os.path.exists(os.path.join(folder, "openings.jsonl"))
        if self.is_there:
            self.file = open(os.path.join(folder, "openings.jsonl"), "rb")

    def read(self, report):
        while self.file is not None:
            line = self.file.readline(1 << 18)
            if not line:
                break
            self.number += 1
            try:
                shown = parse_object(line[:-1] if line.endswith(b"\n") else line)
                seq = shown.pop("seq")
                again = json.dumps({"seq": seq, **shown}, ensure_ascii=False, separators=(",", ":"))
                if isinstance(seq, bool) or not isinstance(seq, int) or seq <= self.last:
                    raise ValueError("position")
                if again.encode("utf-8") != line.rstrip(b"\n"):
                    raise ValueError("spelling")
            except (ValueError, KeyError, TypeError, RecursionError):
                report.wrong("opening-line", detail=str(self.number))
                continue
            self.last = seq
            return seq, shown, line
        return None

    def of(self, seq, report):
        """What is shown of the entry, and the line that shows it."""
        while True:
            if self.next is None:
                self.next = self.read(report)
            if self.next is None or self.next[0] > seq:
                return None, b""
            found, self.next = self.next, None
            if found[0] == seq:
                return found[1], found[2]
            report.wrong("opening-line", detail=str(self.number))

    def finish(self, report):
        if self.next is not None or self.read(report) is not None:
            report.wrong("opening-line", detail=str(self.number))
        if self.file is not None:
            self.file.close()


def milliseconds(text):
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", text):
        raise ValueError("not a time")
    time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return round((time - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds() * 1000)


class Rules:
    """What must hold between entries. Intents and numbers from before the range are unknown."""

    def __init__(self, first):
        self.first = first
        self.intents = {}
        self.settled = set()
        self.numbers = {}
        self.last = None
        self.back = []

    def check(self, entry, report):
        seq, kind, actor = entry["seq"], entry["kind"], entry["actor"]
        texts = [entry["verb"], actor["kind"]]
        # What is withheld has no words.
        shown = {"subject": entry["subject"], "actor.name": actor["name"]}
        texts += [text for name, text in shown.items() if name not in entry.get("hidden", ())]
        if kind not in KINDS or not isinstance(entry["facts"], dict):
            raise ValueError("kind, facts")
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("verb, subject, actor")
        if (kind == "opened") != (seq == 0):
            report.wrong("opened", seq)
        at = milliseconds(entry["at"])
        back = entry.get("clock_back_ms", 0)
        expected = max(0, (at if self.last is None else self.last) - at)
        # The first entry of a range may carry a mark against one that is not in it.
        if (not is_count(back) or back != expected) and not 0 < seq == self.first:
            report.wrong("clock", seq)
        self.last = at
        if is_count(back) and back >= 1000:
            self.back.append(seq)
        if kind == "intent":
            self.intents[seq] = (entry["verb"], entry["subject"])
        if kind == "outcome":
            self.check_outcome(entry, report)
        if "number" in entry:
            self.check_number(entry["number"], seq, report)

    def check_number(self, number, seq, report):
        series, n = number["series"], number["n"]
        if not isinstance(series, str) or not is_count(n):
            raise ValueError("number")
        last = self.numbers.get(series, 0 if self.first == 0 else None)
        if last is not None and n != last + 1:
            report.wrong("number", seq)
        self.numbers[series] = n

    def check_outcome(self, entry, report):
        seq, intent = entry["seq"], entry["intent"]
        if not is_count(intent) or not isinstance(entry["result"], str):
            raise ValueError("intent, result")
        if intent in self.intents:
            verb, subject = self.intents.pop(intent)
            # Of what is withheld nobody can say whether it is the same.
            differs = None not in (subject, entry["subject"]) and subject != entry["subject"]
            if verb != entry["verb"] or differs:
                report.wrong("pairing", seq)
        elif intent >= self.first or intent in self.settled:
            report.wrong("pairing", seq)
        else:
            self.settled.add(intent)


# --- Words ----------------------------------------------------------------------------------------

WORDS = {
    "vi": {
        "valid": "HỢP LỆ",
        "invalid": "KHÔNG HỢP LỆ",
        "inconclusive": "KHÔNG KẾT LUẬN",
        "range": "Nhật ký {origin}: mục {first} đến {last} ({count} mục)",
        "before": "Gốc trước đoạn: {root} ({size} mục)",
        "after": "Gốc cuối đoạn:  {root} ({size} mục)",
        "head": "Đầu nhật ký đã ký:  {root} ({size} mục)",
        "open": "Ý định chưa có kết quả trong đoạn: {count}",
        "anchor": "Mốc neo {path}: khớp, tại {size} mục",
        "entry": "mục {seq}: ",
        "more": "… và {count} phát hiện khác",
        "own-key": "Khóa lấy từ chính thư mục này, không phải từ nơi khác.",
        "untrusted": "không có khóa (--vkey) hay mốc neo (--anchor) nào từ bên ngoài: ai làm giả toàn bộ cũng có khóa của mình",
        "evidence": "Chứng cứ khớp với nhật ký: {count}",
        "clock-back": "Đồng hồ bị lùi {count} lần, lần đầu ở mục {first}; các mục có ghi nhận việc này.",
        "list": "danh sách tệp không do khóa này ký: {detail}",
        "file-lost": "thiếu tệp: {detail}",
        "file-changed": "không phải tệp đã được ký: {detail}",
        "file-added": "không có trong danh sách đã ký: {detail}",
        "evidence-swapped": "chứng cứ đã bị thay: {detail}",
        "evidence-unnamed": "chứng cứ không được mục nào trong đoạn nhắc đến: {detail}",
        "files": "thiếu hoặc hỏng tệp: {detail}",
        "key": "khóa công khai không dùng được: {detail}",
        "signature": "đầu nhật ký không do khóa này ký: {detail}",
        "opening": "nội dung đưa ra cho trường “{detail}” không phải nội dung đã được ký",
        "opening-line": "dòng {detail} của openings.jsonl không phải nội dung của một mục trong đoạn, hoặc đứng sai chỗ",
        "key-withheld": "không đưa ra khóa của nhật ký nên không đối chiếu được",
        "withheld": "mục {seq}: không đưa ra nội dung của {detail}; phần còn lại vẫn được chứng minh",
        "withheld-count": "Trường không đưa ra: {count}",
        "line": "không phải một mục nhật ký hợp lệ: {detail}",
        "seq": "mang số thứ tự {detail}: có mục bị bỏ, thêm, lặp hoặc đổi chỗ",
        "count": "số mục không khớp: {detail}",
        "root-before": "các giá trị băm trước đoạn không khớp với gốc của chúng",
        "root-after": "các mục không khớp với gốc cuối đoạn: có mục bị sửa",
        "consistency": "đoạn này không thuộc nhật ký mang đầu đã ký",
        "anchor-wrong": "mốc neo {detail} mâu thuẫn với nhật ký: nhật ký bị cắt hoặc viết lại",
        "anchor-bad": "mốc neo {detail} không đọc được hoặc không do khóa này ký",
        "anchor-outside": "mốc neo {detail} nằm ngoài đoạn này nên không kiểm tra được",
        "version": "phiên bản mới hơn chương trình kiểm tra: {detail}",
        "opened": "mục mở đầu nhật ký đứng sai chỗ",
        "clock": "thời gian lùi lại mà không được ghi nhận",
        "other-key": "nhật ký được mở bằng một khóa khác",
        "key-after": "Khóa đã ký: {key}, tiếp quản ở {size} mục theo biên bản bàn giao",
        "key-handover": "không phải biên bản bàn giao khóa do cả khóa cũ và khóa mới ký: {detail}",
        "key-fork": "một khóa được bàn giao hai lần, nhật ký bị rẽ nhánh: {detail}",
        "key-gap": "thiếu biên bản bàn giao khóa đứng trước {detail}",
        "key-retired": "do một khóa đã bàn giao ký, người giữ khóa cũ đã viết tiếp: {detail}",
        "key-early": "do một khóa ký cho nhật ký ngắn hơn lúc khóa tiếp quản, người giữ khóa đã làm giả nhật ký: {detail}",
        "key-root": "biên bản bàn giao khóa mâu thuẫn với nhật ký: {detail}",
        "key-unproven": "thiếu bằng chứng dẫn từ biên bản bàn giao khóa đến đầu nhật ký: {detail}",
        "key-lost": "thiếu biên bản bàn giao dẫn từ khóa đã cho đến khóa đã ký",
        "key-unlinked": "một khóa khác đã tiếp quản ở đây, nhưng thiếu biên bản bàn giao",
        "key-ignored": "một khóa khác đã tiếp quản ở đây, nhưng đầu nhật ký vẫn do khóa cũ ký",
        "key-entry": "không phải mục báo việc bàn giao khóa: {detail}",
        "key-earlier": "đầu nhật ký do một khóa trước khóa đã cho ký, không có gì nối hai khóa ở đó",
        "other-key-given": "dấu vân đã cho không phải của khóa nào ở đây",
        "pairing": "kết quả không ứng với một ý định trước đó",
        "number": "số trong dãy bị nhảy hoặc lặp",
    },
    "en": {
        "valid": "VALID",
        "invalid": "INVALID",
        "inconclusive": "INCONCLUSIVE",
        "range": "Log {origin}: entries {first} to {last} ({count})",
        "before": "Root before the range: {root} ({size} entries)",
        "after": "Root after the range:  {root} ({size} entries)",
        "head": "Signed head:           {root} ({size} entries)",
        "open": "Intents without an outcome in the range: {count}",
        "anchor": "Anchor {path}: agrees, at {size} entries",
        "entry": "entry {seq}: ",
        "more": "… and {count} more findings",
        "own-key": "The key came from this very folder, not from elsewhere.",
        "untrusted": "no key (--vkey) and no anchor (--anchor) from elsewhere: whoever makes up a whole export has a key too",
        "evidence": "Evidence that matches the log: {count}",
        "clock-back": "The clock was set back {count} times, first in entry {first}; the entries say so.",
        "list": "the list of files is not signed by this key: {detail}",
        "file-lost": "a file is missing: {detail}",
        "file-changed": "not the file that was signed for: {detail}",
        "file-added": "not in the signed list: {detail}",
        "evidence-swapped": "evidence was swapped: {detail}",
        "evidence-unnamed": "no entry of the range names this evidence: {detail}",
        "files": "a file is missing or damaged: {detail}",
        "key": "unusable public key: {detail}",
        "signature": "the head is not signed by this key: {detail}",
        "opening": "what is shown as “{detail}” is not what was signed for",
        "opening-line": "line {detail} of openings.jsonl is of no entry of the range, or stands in the wrong place",
        "key-withheld": "a key of the log is withheld, so it cannot be compared",
        "withheld": "entry {seq}: {detail} withheld; all else is proven",
        "withheld-count": "Fields withheld: {count}",
        "line": "not a valid entry: {detail}",
        "seq": "carries position {detail}: an entry was dropped, added, repeated or moved",
        "count": "wrong number of entries: {detail}",
        "root-before": "the hashes before the range do not match their root",
        "root-after": "the entries do not match the root after the range: one was changed",
        "consistency": "this range is not part of the log whose head was signed",
        "anchor-wrong": "anchor {detail} contradicts the log: it was cut or rewritten",
        "anchor-bad": "anchor {detail} is unreadable or not signed by this key",
        "anchor-outside": "anchor {detail} lies outside the range and proves nothing about it",
        "version": "newer than this verifier: {detail}",
        "opened": "the opening entry stands in the wrong place",
        "clock": "the clock went back without being recorded",
        "other-key": "the log was opened with another key",
        "key-after": "Key that signed: {key}, which took over at {size} entries by a handover",
        "key-handover": "no handover of the key that the old and the new key signed: {detail}",
        "key-fork": "a key was handed over twice, the log was forked: {detail}",
        "key-gap": "the handover of the key before {detail} is missing",
        "key-retired": "signed by a key that had handed over, whoever has it went on: {detail}",
        "key-early": "signed by a key for a log shorter than the one it took over, whoever has it made up another: {detail}",
        "key-root": "a handover of the key contradicts the log: {detail}",
        "key-unproven": "the proof from a handover of the key to the head is missing: {detail}",
        "key-lost": "the handover that leads from the given key to the one that signed is missing",
        "key-unlinked": "another key took over here, but its handover is missing",
        "key-ignored": "another key took over here, but the head is still signed by the old one",
        "key-entry": "not the entry that announces the handover of the key: {detail}",
        "key-earlier": "the head is signed by a key before the given one, and nothing here links them",
        "other-key-given": "the fingerprint that was given is of none of the keys here",
        "pairing": "the outcome belongs to no earlier intent",
        "number": "the number in its series skips or repeats",
    },
}


def harmless(text):
    """What would steer a terminal, break a line or turn its direction is shown as its number."""
    steers = "[\\x00-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]"
    return re.sub(steers, lambda found: "\\u{%x}" % ord(found.group()), text)


class Report:
    def __init__(self, words):
        self.words = words
        self.lines = []
        self.findings = []
        self.notes = []
        self.is_invalid = self.is_unknown = False
        self.withheld, self.named = 0, []

    def withhold(self, seq, names):
        self.withheld += len(names)
        if names and len(self.named) < WITHHELD_MAX:
            self.named.append((seq, ", ".join(names)))

    def say(self, name, **values):
        self.lines.append(self.words[name].format(**values))

    def wrong(self, name, seq=None, detail=""):
        self.is_invalid = True
        self._find(name, seq, detail)

    def unknown(self, name, seq=None, detail=""):
        self.is_unknown = True
        self._find(name, seq, detail)

    def note(self, name, detail=""):
        """What the reader should know; nothing is wrong."""
        self.notes.append(self.words[name].format(detail=detail))

    def _find(self, name, seq, detail):
        place = "" if seq is None else self.words["entry"].format(seq=seq)
        self.findings.append(place + self.words[name].format(detail=detail))

    def finish(self):
        for line in self.lines:
            print(harmless(line))
        for finding in self.findings[:FINDINGS_MAX]:
            print("! " + harmless(finding))
        if len(self.findings) > FINDINGS_MAX:
            print("! " + self.words["more"].format(count=len(self.findings) - FINDINGS_MAX))
        for note in self.notes[:FINDINGS_MAX]:
            print("- " + harmless(note))
        if self.withheld:
            print(self.words["withheld-count"].format(count=self.withheld))
        for seq, names in self.named:
            print("- " + harmless(self.words["withheld"].format(seq=seq, detail=names)))
        verdict, code = ("valid", 0)
        if self.is_unknown:
            verdict, code = ("inconclusive", 3)
        if self.is_invalid:
            verdict, code = ("invalid", 20)
        print(self.words[verdict])
        return code


# --- The whole check ------------------------------------------------------------------------------


def read(folder, name, most=1 << 20):
    with open(os.path.join(folder, name), "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError("too large: " + name)
    return data


def count_of(text):
    if text.startswith("-"):
        raise ValueError("a count has no sign")
    return int(text)


def read_bundle(folder, report):
    bundle = json.loads(
        read(folder, "bundle.json").decode("utf-8"),
        object_pairs_hook=no_duplicates,
        parse_int=count_of,
        parse_float=no_fractions,
        parse_constant=no_fractions,
    )
    if bundle["v"] not in (2, 3):
        report.unknown("version", detail=str(bundle["v"]))
        return None
    first, end, heads = bundle["from"], bundle["to"], bundle["heads"]
    sizes = [first, end] + [head["size"] for head in heads + bundle.get("keys", [])]
    if not all(is_count(size) and size < 2**53 for size in sizes) or first >= end:
        raise ValueError("bundle.json: from, to, heads")
    bundle["tree"] = Tree(first, [hash_of(text) for text in bundle["before"]])
    for name in ("root-before", "root-after"):
        bundle[name] = hash_of(bundle[name])
    bundle["consistency"] = [hash_of(text) for text in bundle["consistency"]]
    for name in ("heads", "keys"):
        heads = bundle.get(name, []) if name == "keys" else bundle[name]
        bundle[name] = {head["size"]: [hash_of(text) for text in head["consistency"]] for head in heads}
    return bundle


def read_anchors(paths, keys, report):
    anchors = []
    for path in paths:
        try:
            with open(path, "rb") as file:
                note = file.read((1 << 16) + 1)
            if len(note) > 1 << 16:
                raise ValueError("too large")
            anchors.append((path,) + keys.open(note, path, report)[:2])
        except (OSError, ValueError, IndexError, binascii.Error):
            report.unknown("anchor-bad", detail=path)
    return anchors


def file_digest(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for part in iter(lambda: file.read(1 << 16), b""):
            digest.update(part)
    return digest.hexdigest()


def names_in(folder):
    """The names of all files, those of folders with the folder."""
    names = []
    for name in os.listdir(folder):
        if not os.path.isdir(os.path.join(folder, name)):
            names.append(name)
            continue
        try:
            names += ["%s/%s" % (name, inner) for inner in os.listdir(os.path.join(folder, name))]
        except OSError:
            continue
        if len(names) > FILES_MAX:
            raise OSError("too many files: " + folder)
    return sorted(names)


def is_words(name):
    return name.startswith("entries.") and name.endswith(".txt")


def tell_added(folder, listed, report):
    """Names files that nobody signed for. What other programs leave in folders misleads nobody;
    what is called as evidence is, or as the entries in words, would be read as part of it."""
    try:
        names = names_in(folder)
    except OSError as error:
        report.unknown("files", detail=str(error))
        return
    for name in names:
        if name in listed or name in ("manifest", "openings.jsonl"):
            continue
        passes = is_words(name) or re.fullmatch(r"evidence/[0-9A-Fa-f]{64}(?:\..*)?", name, re.DOTALL)
        (report.unknown if passes else report.note)("file-added", detail=name)


def check_list(folder, vkey, report):
    """Holds every file against the signed list; returns the digests of the evidence, those of them
    whose files are sound, and the names of files with the entries in words that are missing."""
    evidence, sound, words_lost = set(), set(), []
    try:
        lines = signed_text(read(folder, "manifest"), vkey)[:-1].split("\n")
        if lines[0] != "duphong export manifest v1" or lines[1] != vkey[0]:
            raise ValueError("another list")
        part = "[A-Za-z0-9][A-Za-z0-9._-]*"
        listed = [re.fullmatch("([0-9a-f]{64})  (%s(?:/%s)?)" % (part, part), line) for line in lines[2:]]
        listed = {match.group(2): match.group(1) for match in listed}
        if len(listed) != len(lines) - 2 or any(len(name) > 100 for name in listed):
            raise ValueError("names")
    except FileNotFoundError:
        report.unknown("file-lost", detail="manifest")
        return evidence, sound, words_lost
    except OSError as error:
        report.unknown("files", detail=str(error))
        return evidence, sound, words_lost
    except (ValueError, IndexError, AttributeError, binascii.Error) as error:
        report.wrong("list", detail=str(error))
        return evidence, sound, words_lost
    for name, digest in listed.items():
        named = name.split("/", 1)[1].split(".")[0] if name.startswith("evidence/") else None
        if named is not None:
            evidence.add(named)
        try:
            found = file_digest(os.path.join(folder, *name.split("/")))
        except OSError:
            if is_words(name):
                words_lost.append(name)
            else:
                report.unknown("file-lost", detail=name)
            continue
        if named is not None and (found != digest or found != named):
            report.wrong("evidence-swapped", detail=name)
        elif found != digest:
            report.wrong("file-changed", detail=name)
        elif named is not None:
            sound.add(named)
    tell_added(folder, listed, report)
    return evidence, sound, words_lost


def walk_entries(folder, bundle, sizes, evidence, report):
    """Reads every entry; returns the roots at the sizes asked for, and what is said of keys."""
    tree, seq, end = bundle["tree"], bundle["from"], bundle["to"]
    rules, told, roots = Rules(seq), Told(), {tree.size: tree.root()}
    openings = Openings(folder)
    with open(os.path.join(folder, "entries.jsonl"), "rb") as file:
        while True:
            line = file.readline(1 << 17)
            if not line:
                break
            if seq == end:
                report.wrong("count", detail="> %d" % (end - bundle["from"]))
                break
            line = line[:-1] if line.endswith(b"\n") else line
            shown, said = openings.of(seq, report)
            try:
                entry = parse_entry(line)
                if not is_count(entry["v"]) or entry["v"] == 0 or not is_count(entry["seq"]):
                    raise ValueError("v, seq")
                if entry["v"] > 2:
                    report.unknown("version", seq, str(entry["v"]))
                elif entry["seq"] != seq:
                    report.wrong("seq", seq, str(entry["seq"]))
                else:
                    if entry["v"] == 2:
                        report.withhold(seq, open_entry(entry, shown, report))
                    elif shown:
                        report.wrong("opening", seq, ", ".join(shown))
                    rules.check(entry, report)
                    if seq == 0 and "facts.vkey" in entry.get("hidden", ()):
                        report.unknown("key-withheld", seq)
                    told.take(entry)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                report.wrong("line", seq, repr(error))
            if evidence:
                runs = re.findall(rb"[0-9A-Fa-f]+", line + b" " + said)
                evidence.difference_update(run.decode() for run in runs)
            tree.push(leaf_hash(line))
            seq += 1
            if seq in sizes or seq == end:
                roots[seq] = tree.root()
    if seq != end:
        report.wrong("count", detail="%d < %d" % (seq - bundle["from"], end - bundle["from"]))
    openings.finish(report)
    if bundle["v"] > 2 and not openings.is_there:
        report.named = []
        report.unknown("file-lost", detail="openings.jsonl")
    report.say("open", count=len(rules.intents))
    if rules.back:
        report.say("clock-back", count=len(rules.back), first=rules.back[0])
    return roots, told


def choose_key(folder, key_text, chain, is_cut, report):
    """The key from elsewhere, by its text or its fingerprint, or the one in the folder."""
    try:
        own = parse_vkey(read(folder, "log.vkey").decode("utf-8"))
    except (OSError, ValueError, binascii.Error) as error:
        own = None
        if key_text is None:
            report.unknown("key", detail=str(error))
            return None
    if key_text is None:
        report.say("own-key")
        return own
    digits = re.sub(r"[\s:]", "", key_text).lower()
    if re.fullmatch("[0-9a-f]{64}", digits):
        known = [key for one in chain for key in (one["from"], one["to"])] + [own]
        for vkey in known:
            if vkey and fingerprint(vkey) == digits:
                return vkey
        (report.unknown if is_cut else report.wrong)("other-key-given")
        return None
    try:
        return parse_vkey(key_text)
    except (ValueError, binascii.Error) as error:
        report.unknown("key", detail=str(error))
        return None


def verify(folder, key_text, anchor_paths, report):
    try:
        bundle = read_bundle(folder, report)
        if bundle is None:
            return
    except (OSError, ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        report.unknown("files", detail=str(error))
        return
    is_own = key_text is None
    chain, count = read_handovers(folder, report)
    # The frame tells of keys that took over, and what leads to them is not there.
    is_cut = len(bundle["keys"]) > count
    trusted = choose_key(folder, key_text, chain, is_cut, report)
    if trusted is None:
        return
    keys = Keys(trusted, chain)
    try:
        head_size, head_root, place = keys.open(read(folder, "checkpoint"), "checkpoint", report)
    except OSError as error:
        report.unknown("files", detail=str(error))
        return
    except (ValueError, IndexError, binascii.Error) as error:
        if is_cut:
            report.unknown("key-lost")
        else:
            report.wrong("signature", detail=str(error))
        return
    vkey = keys.all[place]
    first, end = bundle["from"], bundle["to"]
    report.say("range", origin=vkey[0], first=first, last=end - 1, count=end - first)
    report.say("before", root=bundle["root-before"].hex(), size=first)
    report.say("after", root=bundle["root-after"].hex(), size=end)
    report.say("head", root=head_root.hex(), size=head_size)
    if place > 0:
        report.say("key-after", key=vkey_text(vkey), size=keys.handovers[place - 1]["size"])
    anchors = read_anchors(anchor_paths, keys, report)
    evidence, sound, words_lost = check_list(folder, vkey, report)
    try:
        roots, told = walk_entries(folder, bundle, {size for _, size, _ in anchors}, evidence, report)
    except OSError as error:
        report.unknown("files", detail=str(error))
        return
    if roots[first] != bundle["root-before"]:
        report.wrong("root-before")
    if roots.get(end) != bundle["root-after"]:
        report.wrong("root-after")
    if not consistent(end, bundle["root-after"], head_size, head_root, bundle["consistency"]):
        report.wrong("consistency")
    told.conclude(keys, first, end, place, report)
    for one in keys.handovers:
        if one["size"] > head_size:
            continue
        proof = bundle["keys"].get(one["size"])
        if proof is None:
            report.unknown("key-unproven", detail=one["name"])
        elif not consistent(one["size"], one["root"], head_size, head_root, proof):
            report.wrong("key-root", detail=one["name"])
    if keys.is_before_trusted(head_size, place):
        report.unknown("key-earlier")
    # What is withheld may have named it, and stood in the words.
    for digest in sorted(evidence):
        (report.unknown if report.withheld else report.wrong)("evidence-unnamed", detail=digest)
    for name in words_lost:
        (report.note if report.withheld else report.unknown)("file-lost", detail=name)
    if sound - evidence:
        report.say("evidence", count=len(sound - evidence))
    for path, size, root in anchors:
        known = head_root if size == head_size else roots.get(size)
        proof = bundle["heads"].get(size) if size <= head_size else None
        if known is not None:
            agrees = known == root
        elif proof is not None:
            agrees = consistent(size, root, head_size, head_root, proof)
        else:
            # Taken after the export, or one that nothing in it leads to.
            report.unknown("anchor-outside", detail=path)
            continue
        if agrees:
            report.say("anchor", path=path, size=size)
        else:
            report.wrong("anchor-wrong", detail=path)
    # An anchor that this key signed vouches for the key, wherever it lies.
    if is_own and not anchors:
        report.unknown("untrusted")


def main():
    parser = argparse.ArgumentParser(description="Verify an export of a duphong audit log.")
    parser.add_argument("--lang", choices=sorted(WORDS), default="vi")
    parser.add_argument("--vkey", help="a public key of the log, or its fingerprint, from a source you trust")
    parser.add_argument("--anchor", action="append", default=[], help="a head kept outside the log")
    parser.add_argument("folder", nargs="?", default=os.path.dirname(os.path.abspath(__file__)))
    arguments = parser.parse_args()
    if hasattr(sys.stdout, "reconfigure"):
        # A Windows console may stand on a code page without Vietnamese.
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    report = Report(WORDS[arguments.lang])
    verify(arguments.folder, arguments.vkey and arguments.vkey.strip(), arguments.anchor, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
