
// --- The keys of a log in their order: from a key that is trusted to the one that signed. ---

/** One handover; null unless both keys that it names signed it. */
async function openHandover(number, path, bytes, report) {
  const lines = (textOf(bytes) ?? "").split("\n");
  const keyIn = (line, word) => (line?.startsWith(word) ? parseVkey(line.slice(word.length)) : null);
  const [from, to] = [keyIn(lines[3], "key-from "), keyIn(lines[4], "key-to ")];
  if (!from || !to || from.text === to.text || lines[5] !== "") return null;
  const [head, same] = [await openHead(bytes, from, report), await openHead(bytes, to, report)];
  return head && same ? { number, path, from, to, ...head } : null;
}

/** The handovers that lead from each key to the next, as far as they do. */
async function readHandovers(bundle, report) {
  const numbers = [...bundle.files.keys()].map((name) => /^key\/(\d{3,15})$/.exec(name)?.[1])
    .filter((digits) => digits && Number(digits) > 0 && digits === String(Number(digits)).padStart(3, "0"));
  let chain = [];
  for (const digits of numbers.sort((one, other) => one - other)) {
    const path = "key/" + digits;
    const next = await openHandover(Number(digits), path, bundle.files.get(path), report);
    const rival = next && chain.find((other) => other.from.text === next.from.text);
    const last = chain.at(-1);
    if (!next) {
      report.wrong("key-handover", { path });
    } else if (rival) {
      report.wrong("key-fork", { path, key: hex(next.from.id), other: rival.path });
    } else if (next.number !== (last?.number ?? 0) + 1) {
      // Behind one that is missing the chain begins anew: what came before leads to nothing.
      report.unknown("key-gap", { path });
      chain = [next];
    } else if (last && (last.to.text !== next.from.text || last.size >= next.size)) {
      report.wrong("key-handover", { path });
    } else {
      chain.push(next);
    }
  }
  return { chain, count: numbers.length };
}

/** The keys that a bundle is judged by: the trusted one, and those that handovers connect it with. */
class Keys {
  constructor(trusted, chain) {
    const isIn = chain.some((one) => [one.from.text, one.to.text].includes(trusted.text));
    this.trusted = trusted;
    this.handovers = isIn ? chain : [];
    this.all = isIn ? [chain[0].from, ...chain.map((one) => one.to)] : [trusted];
  }

  /** The key that opened the log; null where what leads there is missing. */
  get first() {
    return this.handovers.length > 0 && this.handovers[0].number !== 1 ? null : this.all[0];
  }

  /** A head that one of them signed; one that its key signed before it took over, or behind its handover, is named. */
  async open(bytes, path, report) {
    for (const [place, key] of this.all.entries()) {
      const head = await openHead(bytes, key, report);
      if (!head) continue;
      const next = this.handovers[place];
      const values = { path, size: head.size, key: hex(key.id) };
      if (next && head.size > next.size) report.wrong("key-retired", { ...values, end: next.size });
      // It took over a log of that size: whoever has it made up a shorter one.
      const began = this.handovers[place - 1];
      if (began && head.size < began.size) report.wrong("key-early", { ...values, begin: began.size });
      return { ...head, place };
    }
    return null;
  }

  /** Whether the trusted key took over behind this head: nothing here says that it is part of that. */
  isBeforeTrusted(head) {
    const next = this.handovers[head.place];
    return next && head.size < next.size && this.all.slice(head.place + 1).some((key) => key.text === this.trusted.text);
  }
}

/** What the entries say of rotations, to be held against the handovers. */
class Told {
  constructor() {
    this.opened = null;
    this.announced = new Map();
    /** Announcements whose new key is withheld, and whether an outcome says that it was done. */
    this.hidden = new Map();
    this.done = [];
  }

  take(seq, entry) {
    const facts = entry.get("facts");
    if (!(facts instanceof Map)) return;
    if (seq === 0 && !entry.hidden.has("facts.vkey")) this.opened = String(facts.get("vkey"));
    if (entry.get("verb") !== "audit.rotate-key") return;
    if (entry.get("kind") === "intent" && entry.hidden.has("facts.to")) {
      this.hidden.set(seq, false);
      return;
    }
    const intent = entry.get("intent");
    if (entry.get("kind") === "intent") this.announced.set(seq, String(facts.get("to")));
    else if (entry.get("result") === "done" && this.announced.has(intent)) this.done.push(intent);
    else if (entry.get("result") === "done" && this.hidden.has(intent)) this.hidden.set(intent, true);
  }

  says(key) {
    return this.done.some((intent) => this.announced.get(intent) === key.text);
  }

  /** Holds handovers against entries, both ways, where both can be seen. */
  conclude(keys, from, to, signer, report) {
    const first = keys.first;
    if (this.opened !== null && first && this.opened !== first.text && !this.says(first)) report.wrong("other-key", {}, 0);
    for (const one of keys.handovers) {
      const seq = one.size - 1;
      if (this.hidden.has(seq)) continue;
      if (from <= seq && seq < to && this.announced.get(seq) !== one.to.text) report.wrong("key-entry", { path: one.path }, seq);
    }
    // Whom the log was handed over to cannot be held against anything, nor that it was.
    for (const [seq, isDone] of this.hidden) {
      if (isDone || keys.handovers.some((one) => one.size === seq + 1)) report.unknown("key-withheld", {}, seq);
    }
    for (const intent of this.done) {
      const next = this.announced.get(intent);
      if (keys.handovers.some((one) => one.size === intent + 1 && one.to.text === next)) continue;
      const isLater = next === signer.text || this.done.some((later) => later > intent && this.announced.get(later) === signer.text);
      if (isLater) report.unknown("key-unlinked", {}, intent);
      else report.wrong("key-ignored", { key: next.split("+")[1] ?? "" }, intent);
    }
  }
}
