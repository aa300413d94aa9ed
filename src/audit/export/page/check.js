
// --- The check. ---

const FINDINGS_MAX = 100;
const LINE_MAX = 0xffff;
const OPENING_MAX = 4 * 0xffff;
/** Of more entries it is not told what is withheld. */
const WITHHELD_MAX = 50;

class Report {
  constructor() {
    this.findings = [];
    this.more = 0;
    this.isWrong = this.isUnknown = false;
    this.anchors = [];
    this.entries = [];
    this.evidence = 0;
    this.withheld = 0;
    this.named = [];
  }

  /** Keeps what is withheld, to be told last: it must not crowd out what is wrong. */
  withhold(seq, names) {
    this.withheld += names.length;
    if (names.length > 0 && this.named.length < WITHHELD_MAX) this.named.push([seq, names.join(", ")]);
  }

  tellWithheld() {
    for (const [seq, fields] of this.named) this.note("withheld", { fields }, seq);
  }

  find(weight, id, values = {}, seq = null) {
    if (weight === "wrong") this.isWrong = true;
    if (weight === "unknown") this.isUnknown = true;
    if (this.findings.length < FINDINGS_MAX) this.findings.push({ weight, id, values, seq });
    else this.more += 1;
  }

  wrong(id, values, seq) { this.find("wrong", id, values, seq); }
  unknown(id, values, seq) { this.find("unknown", id, values, seq); }
  note(id, values, seq) { this.find("note", id, values, seq); }

  get verdict() {
    return this.isWrong ? "invalid" : this.isUnknown ? "inconclusive" : "valid";
  }
}

function hashOf(text) {
  const hash = typeof text === "string" ? unbase64(text) : null;
  if (hash?.length !== 32) throw new Error("hash");
  return hash;
}

/** Where the range lies, and what leads from its entries to the head and to anchors. */
function readFrame(bytes, report) {
  try {
    const text = textOf(bytes);
    // Counts have one spelling here; JavaScript would take others for the same.
    if (/[-.]|[0-9][eE]/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, ""))) throw new Error("number");
    const bundle = JSON.parse(text);
    if (bundle.v !== 2 && bundle.v !== 3) {
      report.unknown("bundle-version", { version: String(bundle.v) });
      return null;
    }
    const keys = bundle.keys === undefined ? [] : bundle.keys;
    const sizes = [bundle.from, bundle.to, ...[...bundle.heads, ...keys].map((head) => head.size)];
    if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 0) || bundle.from >= bundle.to) throw new Error("sizes");
    return {
      hasOpenings: bundle.v > 2,
      from: bundle.from,
      to: bundle.to,
      tree: new Tree(bundle.from, bundle.before.map(hashOf)),
      rootBefore: hashOf(bundle["root-before"]),
      rootAfter: hashOf(bundle["root-after"]),
      consistency: bundle.consistency.map(hashOf),
      heads: new Map(bundle.heads.map((head) => [head.size, head.consistency.map(hashOf)])),
      keys: new Map(keys.map((one) => [one.size, one.consistency.map(hashOf)])),
    };
  } catch {
    report.unknown("bundle", { path: "bundle.json" });
    return null;
  }
}

const evidenceOf = (name) => (name.startsWith("evidence/") ? name.slice(9).split(".")[0] : null);

const isDigest = (hex) => hex !== null && /^[0-9A-Fa-f]{64}$/.test(hex);

const isWords = (name) => name.startsWith("entries.") && name.endsWith(".txt");

/**
 * Holds every file against the signed list; returns the digests of the evidence. `bundle.wordsLost`
 * are names of the entries in words that are missing, `bundle.sound` digests of evidence that is what
 * was signed for.
 */
async function checkList(bundle, key, report) {
  const evidence = new Set();
  bundle.wordsLost = [];
  bundle.sound = new Set();
  const [missing, added] = bundle.isZip ? ["wrong", "wrong"] : ["unknown", "note"];
  const note = bundle.files.get("manifest");
  if (!note) {
    report.find(missing, "file-lost", { path: "manifest" });
    return evidence;
  }
  const lines = (await signedText(note, key, report))?.slice(0, -1).split("\n");
  const listed = new Map((lines ?? []).slice(2).map((line) => [line.slice(66), line.slice(0, 64)]));
  if (!lines || lines[0] !== "duphong export manifest v1" || lines[1] !== key.name
    || listed.size !== lines.length - 2
    || !lines.slice(2).every((line) => /^[0-9a-f]{64}  /.test(line) && isName(line.slice(66)))) {
    report.wrong("list", { path: "manifest" });
    return evidence;
  }
  for (const [name, digest] of listed) {
    const named = evidenceOf(name);
    if (named !== null) evidence.add(named);
    const content = bundle.files.get(name);
    if (!content) {
      if (isWords(name)) bundle.wordsLost.push(name);
      else report.find(missing, "file-lost", { path: name });
      continue;
    }
    const found = hex(sha256(content));
    if (named !== null && (found !== digest || found !== named)) report.wrong("evidence-swapped", { path: name });
    else if (found !== digest) report.wrong("file-changed", { path: name });
    else if (named !== null) bundle.sound.add(named);
  }
  for (const name of bundle.files.keys()) {
    // What entries say proves itself by them, and may be withheld after the list was signed.
    if (name === "manifest" || name === "openings.jsonl" || listed.has(name)) continue;
    // What other programs leave in folders misleads nobody; this would be read as part of it.
    const passes = isWords(name) || isDigest(evidenceOf(name));
    report.find(added === "note" && passes ? "unknown" : added, "file-added", { path: name });
  }
  return evidence;
}

/** Takes every line into the tree, and keeps the roots at the sizes that are asked for; and whether it could be read. */
async function walk(bundle, frame, roots, evidence, report, progress) {
  const bytes = bundle.files.get("entries.jsonl");
  const told = new Told();
  if (!bytes) {
    report.unknown("unreadable", { path: "entries.jsonl" });
    return [told, false];
  }
  const rules = new Rules(frame.from);
  const tree = frame.tree;
  const openings = new Openings(bundle.files.get("openings.jsonl"));
  const reach = () => { if (roots.has(tree.size)) roots.set(tree.size, tree.root()); };
  reach();
  for (let at = 0; at < bytes.length && tree.size <= frame.to;) {
    let end = bytes.indexOf(10, at);
    if (end < 0) end = bytes.length;
    const line = bytes.subarray(at, end);
    const seq = tree.size;
    const shown = openings.of(seq, report);
    try {
      const text = line.length > LINE_MAX ? null : textOf(line);
      if (text === null) throw new Error("text");
      const entry = Spelled.parse(text);
      if (!(entry instanceof Map)) throw new Error("object");
      const said = text + " " + (shown?.text ?? "");
      if (evidence.size > 0) for (const run of said.match(/[0-9A-Fa-f]+/g) ?? []) evidence.delete(run);
      openEntry(entry, shown);
      rules.check(seq, entry, report);
      told.take(seq, entry);
      report.entries.push(entry);
      report.withhold(seq, entry.withheld);
    } catch {
      report.wrong("line", {}, seq);
    }
    tree.push(leafHash(line));
    reach();
    at = end + 1;
    if (tree.size % 2000 === 0) await progress(tree.size - frame.from, frame.to - frame.from);
  }
  openings.finish(report);
  if (frame.hasOpenings && !openings.isThere) {
    // One finding for all of them.
    report.named = [];
    report.unknown("file-lost", { path: "openings.jsonl" });
  }
  report.count = tree.size - frame.from;
  report.openIntents = rules.intents.size;
  if (rules.back) report.note("clock-back", rules.back);
  if (tree.size !== frame.to) report.wrong("count", { expected: frame.to - frame.from, found: report.count });
  return [told, true];
}

/** Each key handed over on the way to this head. */
function checkHandovers(keys, frame, head, report) {
  for (const one of keys.handovers.filter((one) => one.size <= head.size)) {
    const proof = frame.keys.get(one.size);
    const values = { path: one.path, size: one.size, found: head.size };
    if (!proof) report.unknown("key-unproven", values);
    else if (!isConsistent(one, head, proof)) report.wrong("key-root", values);
  }
  if (keys.isBeforeTrusted(head)) report.unknown("key-earlier");
}

async function checkAnchors(frame, head, anchors, roots, report) {
  for (const anchor of anchors) {
    const values = { path: anchor.name, size: anchor.size };
    const known = roots.get(anchor.size);
    const proof = anchor.size <= head.size ? frame.heads.get(anchor.size) : undefined;
    if (known ? isSame(known, anchor.root) : proof && isConsistent(anchor, head, proof)) report.anchors.push(anchor);
    else if (known || proof) report.wrong("anchor-rewritten", values);
    else report.unknown("anchor-outside", values);
  }
}

/** The key: the one that was entered has the last word; the bundle's own is only shown. */
function chooseKey(own, chain, isCut, trust, report) {
  const given = trust.key.trim();
  const digits = given.replace(/[\s:]/g, "").toLowerCase();
  if (given === "") return own;
  if (/^[0-9a-f]{64}$/.test(digits)) {
    const known = [own, ...chain.flatMap((one) => [one.from, one.to])];
    const key = known.find((key) => key?.fingerprint === digits);
    if (key) report.trusted = "key";
    else report.find(isCut ? "unknown" : "wrong", "other-key-given");
    return key ?? (isCut ? null : own);
  }
  const key = parseVkey(given);
  if (key) report.trusted = "key";
  return key;
}

/**
 * Judges a bundle. `trust` is what the person holds from elsewhere: `key` as text, `compared` whether
 * they compared the fingerprint, `anchors` as names and bytes.
 */
async function check(bundle, trust, progress) {
  const report = new Report();
  if (!await isFit()) {
    report.unknown("self-test");
    return report;
  }
  report.own = parseVkey(textOf(bundle.files.get("log.vkey") ?? new Uint8Array()) ?? "");
  const { chain, count } = await readHandovers(bundle, report);
  const frameBytes = bundle.files.get("bundle.json");
  if (!frameBytes) {
    report.unknown("unreadable", { path: "bundle.json" });
    return report;
  }
  const frame = readFrame(frameBytes, report);
  if (!frame) return report;
  report.frame = frame;
  // The frame tells of keys that took over, and what leads to them is not there.
  const isCut = frame.keys.size > count;
  const key = chooseKey(report.own, chain, isCut, trust, report);
  if (!key) {
    report.unknown("key");
    return report;
  }
  report.key = key;
  const keys = new Keys(key, chain);
  report.handovers = keys.handovers;
  const checkpoint = bundle.files.get("checkpoint");
  if (!checkpoint) {
    report.unknown("unreadable", { path: "checkpoint" });
    return report;
  }
  const head = await keys.open(checkpoint, "checkpoint", report);
  if (!head) {
    if (isCut) report.unknown("key-lost");
    else report.wrong("signature");
    return report;
  }
  report.head = head;
  const signer = keys.all[head.place];
  const anchors = [];
  for (const { name, bytes } of trust.anchors) {
    const opened = await keys.open(bytes, name, report);
    if (opened) anchors.push({ name, ...opened });
    else report.unknown("not-an-anchor", { path: name });
  }
  const roots = new Map([frame.to, ...anchors.map((anchor) => anchor.size)].map((size) => [size, null]));
  const rootBefore = frame.tree.root();
  const evidence = await checkList(bundle, signer, report);
  const [told, isRead] = await walk(bundle, frame, roots, evidence, report, progress);
  if (isRead) told.conclude(keys, frame.from, frame.from + (report.count ?? 0), signer, report);
  const isWithheld = report.withheld > 0;
  const lost = isWithheld ? "note" : bundle.isZip ? "wrong" : "unknown";
  for (const path of bundle.wordsLost) report.find(lost, "file-lost", { path });
  if (!isSame(rootBefore, frame.rootBefore)) report.wrong("before");
  // What could not be read contradicts nothing.
  if (isRead) {
    // What is withheld may have named it, and stood in the words.
    for (const digest of evidence) report.find(isWithheld ? "unknown" : "wrong", "evidence-unnamed", { digest });
    report.evidence = [...bundle.sound].filter((digest) => !evidence.has(digest)).length;
    const after = roots.get(frame.to) ?? frame.tree.root();
    if (!isSame(after, frame.rootAfter)) report.wrong("after");
  }
  if (!isConsistent({ size: frame.to, root: frame.rootAfter }, head, frame.consistency)) report.wrong("consistency");
  checkHandovers(keys, frame, head, report);
  if (!roots.get(head.size)) roots.set(head.size, head.root);
  await checkAnchors(frame, head, anchors, roots, report);
  if (!report.trusted && trust.compared) report.trusted = "compared";
  // An anchor that this key signed vouches for the key, wherever it lies.
  if (!report.trusted && anchors.length === 0) report.unknown("untrusted");
  report.tellWithheld();
  return report;
}
