
// --- What entries commit to, and what an export shows of it. ---

/** A value in its one spelling. */
function spelled(value) {
  if (value instanceof Map) {
    return "{" + [...value].map(([name, inner]) => JSON.stringify(name) + ":" + spelled(inner)).join(",") + "}";
  }
  if (Array.isArray(value)) return "[" + value.map(spelled).join(",") + "]";
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}

const commitment = (salt, name, value) => sha256(Uint8Array.of(2), salt, utf8(spelled([name, value])));

function thirtyTwo(text) {
  const hash = isText(text) ? unbase64(text) : null;
  return hash?.length === 32 ? hash : null;
}

/** The fields that an entry of version 2 commits to. Throws where there are none. */
function committed(entry) {
  const [actor, facts] = [entry.get("actor"), entry.get("facts")];
  if (!(actor instanceof Map) || !(facts instanceof Map)) throw new Error("shape");
  const fields = [["actor.name", actor.get("name")], ["subject", entry.get("subject")]];
  for (const [name, text] of facts) fields.push(["facts." + name, text]);
  return fields.map(([name, text]) => {
    const hash = thirtyTwo(text);
    if (!hash) throw new Error("commitment");
    return [name, hash];
  });
}

/** What a field shows: its value in a list; null if it is not what was committed to. */
function reveal(name, hash, shown) {
  const salt = Array.isArray(shown) && shown.length === 2 ? thirtyTwo(shown[0]) : null;
  if (!salt || !isSame(commitment(salt, name, shown[1]), hash)) return null;
  return isText(shown[1]) || name.startsWith("facts.") ? [shown[1]] : null;
}

/**
 * Puts the words in the places of the commitments. `entry.withheld` names what is not shown,
 * `entry.wrong` what is and should not be, and `entry.hidden` all that is not known; there, name and
 * subject are null, and facts are not there.
 */
function openEntry(entry, shown) {
  [entry.withheld, entry.wrong, entry.hidden] = [[], [], new Set()];
  if (entry.get("v") !== 2) {
    entry.wrong = [...shown?.fields.keys() ?? []];
    return;
  }
  const fields = committed(entry);
  const given = new Map(shown?.fields ?? []);
  const facts = new Map();
  for (const [name, hash] of fields) {
    const value = given.has(name) ? reveal(name, hash, given.get(name)) : null;
    if (!given.has(name)) entry.withheld.push(name);
    else if (!value) entry.wrong.push(name);
    given.delete(name);
    if (!value) entry.hidden.add(name);
    if (name === "actor.name") entry.get("actor").set("name", value ? value[0] : null);
    else if (name === "subject") entry.set("subject", value ? value[0] : null);
    else if (value) facts.set(name.slice(6), value[0]);
  }
  entry.wrong.push(...given.keys());
  entry.set("facts", facts);
}

/** Goes through what an export shows, beside its entries; positions only go up. */
class Openings {
  constructor(bytes) {
    this.bytes = bytes ?? new Uint8Array();
    this.isThere = bytes !== undefined;
    this.at = this.line = 0;
    this.last = -1;
    this.next = null;
  }

  read(report) {
    while (this.at < this.bytes.length) {
      let end = this.bytes.indexOf(10, this.at);
      if (end < 0) end = this.bytes.length;
      const line = this.bytes.subarray(this.at, end);
      this.at = end + 1;
      this.line += 1;
      try {
        const text = line.length > OPENING_MAX ? null : textOf(line);
        const fields = text === null ? null : Spelled.parse(text);
        const seq = fields instanceof Map && [...fields.keys()][0] === "seq" ? fields.get("seq") : null;
        if (!isCount(seq) || seq <= this.last) throw new Error("position");
        fields.delete("seq");
        this.last = seq;
        return { seq, fields, text };
      } catch {
        this.tell(report);
      }
    }
    return null;
  }

  tell(report) { report.wrong("opening-line", { line: this.line }); }

  /** What is shown of the entry; to be asked in their order. */
  of(seq, report) {
    for (;;) {
      this.next ??= this.read(report);
      if (!this.next || this.next.seq > seq) return null;
      const found = this.next;
      this.next = null;
      if (found.seq === seq) return found;
      this.tell(report);
    }
  }

  finish(report) {
    if (this.next ?? this.read(report)) this.tell(report);
  }
}
