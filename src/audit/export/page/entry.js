
// --- The tree of RFC 6962, entries with one spelling, and what must hold between them. ---

const leafHash = (bytes) => sha256(Uint8Array.of(0), bytes);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

/** The complete subtrees of everything so far, largest first. */
class Tree {
  constructor(size, peaks) {
    let ones = 0;
    for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
    if (peaks.length !== ones) throw new Odd("bundle", { path: "bundle.json" });
    this.size = size;
    this.peaks = peaks;
  }

  push(leaf) {
    let hash = leaf;
    for (let rest = this.size; rest % 2 === 1; rest = Math.floor(rest / 2)) hash = nodeHash(this.peaks.pop(), hash);
    this.peaks.push(hash);
    this.size += 1;
  }

  root() {
    return this.peaks.length === 0 ? sha256() : this.peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** RFC 9162 section 2.1.4.2. */
function isConsistent(first, second, proof) {
  if (first.size === second.size) return proof.length === 0 && isSame(first.root, second.root);
  if (first.size === 0 || first.size > second.size) return first.size === 0 && proof.length === 0;
  const half = (x) => Math.floor(x / 2);
  let rest = first.size;
  while (rest % 2 === 0) rest = half(rest);
  const path = rest === 1 ? [first.root, ...proof] : [...proof];
  if (path.length === 0) return false;
  let [left, last] = [first.size - 1, second.size - 1];
  while (left % 2 === 1) [left, last] = [half(left), half(last)];
  let [ofFirst, ofSecond] = [path[0], path[0]];
  for (const hash of path.slice(1)) {
    if (last === 0) return false;
    if (left % 2 === 1 || left === last) {
      ofFirst = nodeHash(hash, ofFirst);
      ofSecond = nodeHash(hash, ofSecond);
      while (left % 2 === 0 && left !== 0) [left, last] = [half(left), half(last)];
    } else {
      ofSecond = nodeHash(ofSecond, hash);
    }
    [left, last] = [half(left), half(last)];
  }
  return last === 0 && isSame(ofFirst, first.root) && isSame(ofSecond, second.root);
}

const FIELDS = ["v", "seq", "at", "clock_back_ms", "actor", "kind", "verb", "subject", "intent", "took_ms",
  "result", "code", "number", "session", "facts"];

/**
 * JSON in its one spelling: no blanks, no doubled names, whole numbers, nothing escaped that need not
 * be. Objects become maps, so that no name can mean something to the language.
 */
class Spelled {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  static parse(text) {
    const reader = new Spelled(text);
    const value = reader.value(0);
    if (reader.at !== text.length) throw new Error("more");
    return value;
  }

  take(letter) {
    if (this.text[this.at] !== letter) throw new Error("expected " + letter);
    this.at += 1;
  }

  value(depth) {
    const letter = this.text[this.at];
    if (depth > 126 && (letter === "{" || letter === "[")) throw new Error("deep");
    if (letter === "{") return this.object(depth);
    if (letter === "[") return this.array(depth);
    if (letter === '"') return this.string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  object(depth) {
    const members = new Map();
    this.take("{");
    while (this.text[this.at] !== "}") {
      if (members.size > 0) this.take(",");
      const name = this.string();
      if (members.has(name)) throw new Error("doubled");
      this.take(":");
      members.set(name, this.value(depth + 1));
    }
    this.at += 1;
    return members;
  }

  array(depth) {
    const values = [];
    this.take("[");
    while (this.text[this.at] !== "]") {
      if (values.length > 0) this.take(",");
      values.push(this.value(depth + 1));
    }
    this.at += 1;
    return values;
  }

  string() {
    const pattern = /"(?:[^"\\\u0000-\u001f]|\\["\\bfnrt]|\\u00[01][0-9a-f])*"/y;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    const value = match && JSON.parse(match[0]);
    if (!match || JSON.stringify(value) !== match[0]) throw new Error("string");
    this.at = pattern.lastIndex;
    return value;
  }

  number() {
    const pattern = /0|-?[1-9][0-9]*/y;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) throw new Error("number");
    const value = BigInt(match[0]);
    if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new Error("range");
    this.at = pattern.lastIndex;
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
}

/** Milliseconds since 1970 of a time as entries write it; throws for anything else. */
function milliseconds(at) {
  if (typeof at !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at)) throw new Error("time");
  const time = Date.parse(at);
  if (!Number.isFinite(time) || new Date(time).toISOString() !== at) throw new Error("time");
  return time;
}

const isText = (value) => typeof value === "string";
/** Numbers too large for the language are counts as well. */
const isCount = (value) => (typeof value === "number" || typeof value === "bigint") && value >= 0;

/** What must hold between entries. What came before the range is not known. */
class Rules {
  constructor(first) {
    this.first = first;
    this.intents = new Map();
    this.settled = new Set();
    this.numbers = new Map();
    this.lastAt = null;
    this.back = null;
  }

  check(seq, entry, report) {
    if (![...entry.keys()].every((name) => FIELDS.includes(name))) throw new Error("field");
    const version = entry.get("v");
    if (isCount(version) && version > 2) return report.unknown("version", { version }, seq);
    if (![1, 2].includes(version) || !isCount(entry.get("seq"))) throw new Error("version");
    if (entry.get("seq") !== seq) return report.wrong("seq", { found: entry.get("seq") }, seq);
    if (entry.wrong.length > 0) report.wrong("opening", { fields: entry.wrong.join(", ") }, seq);
    const [actor, facts, kind] = [entry.get("actor"), entry.get("facts"), entry.get("kind")];
    const about = [entry.get("verb"), entry.get("subject")];
    const isKnown = (name, value) => isText(value) || entry.hidden.has(name);
    if (!(actor instanceof Map) || !isText(actor.get("kind")) || !isKnown("actor.name", actor.get("name"))
      || !(facts instanceof Map) || !isText(about[0]) || !isKnown("subject", about[1])) throw new Error("shape");
    const back = entry.has("clock_back_ms") ? entry.get("clock_back_ms") : 0;
    this.clock(seq, milliseconds(entry.get("at")), back, report);
    if ((kind === "opened") !== (seq === 0)) report.wrong("opened", {}, seq);
    if (kind === "opened" && entry.hidden.has("facts.vkey")) {
      report.unknown("key-withheld", {}, seq);
    } else if (kind === "opened") {
      // Whether it is the right one is known when all keys are.
      if (!isText(facts.get("vkey"))) throw new Error("vkey");
    } else if (kind === "intent") {
      this.intents.set(seq, about);
    } else if (kind === "outcome") {
      if (!isText(entry.get("result")) || !isCount(entry.get("intent"))) throw new Error("outcome");
      this.outcome(seq, entry.get("intent"), about, report);
    } else if (kind !== "record" && kind !== "gap") {
      throw new Error("kind");
    }
    if (entry.has("number")) this.number(seq, entry.get("number"), report);
  }

  clock(seq, at, back, report) {
    const expected = Math.max(0, (this.lastAt ?? at) - at);
    this.lastAt = at;
    const isFirst = seq === this.first && seq > 0;
    if (back !== expected && !isFirst) report.wrong("clock", {}, seq);
    if (isCount(back) && back >= 1000) {
      this.back ??= { first: seq, count: 0, most: 0 };
      this.back.count += 1;
      this.back.most = Math.max(this.back.most, Math.round(Number(back) / 1000));
    }
  }

  outcome(seq, intent, about, report) {
    const announced = this.intents.get(intent);
    // Of what is withheld nobody can say whether it is the same.
    const isAlike = (index) => announced[index] === about[index] || announced[index] === null || about[index] === null;
    const isPaired = announced === undefined
      ? intent < this.first && !this.settled.has(intent) : isAlike(0) && isAlike(1);
    this.intents.delete(intent);
    if (announced === undefined) this.settled.add(intent);
    if (!isPaired) report.wrong("pairing", { intent }, seq);
  }

  number(seq, number, report) {
    if (!(number instanceof Map) || !isText(number.get("series")) || !isCount(number.get("n"))) throw new Error("number");
    const [series, n] = [number.get("series"), number.get("n")];
    const before = this.numbers.get(series) ?? (this.first === 0 ? 0 : null);
    this.numbers.set(series, n);
    if (before !== null && BigInt(n) !== BigInt(before) + 1n) report.wrong("number", { n, series }, seq);
  }
}
