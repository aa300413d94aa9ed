
// --- The page. Texts only ever become text: nothing in an export is read as markup. ---

const ENTRIES_SHOWN = 100;
const $ = (id) => document.getElementById(id);
const state = { language: "vi", bundle: null, report: null, failure: null, run: 0, shown: ENTRIES_SHOWN };

function say(id, values = {}) {
  const words = WORDS[state.language][id] ?? id;
  return words.replace(/\{([a-z]+)\}/g, (whole, name) => (name in values ? harmless(String(values[name])) : whole));
}

/** What would break a line or turn its direction is shown as its number. */
function harmless(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (letter) => "\\u{" + letter.codePointAt(0).toString(16) + "}");
}

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

const grouped = (digits) => digits.match(/.{1,4}/g).join(" ");

/** The time in Vietnam, which has had no summer time since 1975. */
function instant(at) {
  const time = new Date(Date.parse(at) + 7 * 3600000);
  if (!Number.isFinite(time.getTime())) return harmless(String(at));
  const [date, clock] = time.toISOString().slice(0, 19).split("T");
  return (state.language === "vi" ? date.split("-").reverse().join("/") : date) + " " + clock;
}

function showWords() {
  document.documentElement.lang = state.language;
  document.title = say("title");
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word);
  for (const one of document.querySelectorAll("[data-hint]")) one.placeholder = say(one.dataset.hint);
  showAnswer();
}

function showAnswer() {
  const { report, failure } = state;
  $("answer").hidden = !report && !failure;
  if (!report && !failure) return;
  const verdict = report ? report.verdict : "inconclusive";
  $("verdict").className = "verdict " + verdict;
  $("verdict").dataset.verdict = verdict;
  $("verdict").dataset.failure = failure?.id ?? "";
  $("word").textContent = say(verdict);
  const first = (report?.findings ?? []).find((one) => one.weight === (verdict === "invalid" ? "wrong" : "unknown"));
  $("reason").textContent = failure ? say(failure.id, failure.values) : first ? told(first) : say("valid-reason");
  showRests(report);
  showFacts(report);
  const findings = (report?.findings ?? []).map((one) => {
    const item = element("li", told(one), one.weight);
    item.dataset.id = one.id;
    return item;
  });
  if (report?.more > 0) findings.push(element("li", say("findings-more", { count: report.more })));
  $("findings").replaceChildren(...(findings.length > 0 ? findings : [element("li", say("findings-none"))]));
  showEntries(report);
}

function told(finding) {
  const words = say(finding.id, finding.values);
  return finding.seq === null || finding.seq === undefined ? words : say("entry", { seq: finding.seq }) + words;
}

/** What the answer rests on, and how far it reaches. */
function showRests(report) {
  const items = [];
  if (report?.trusted === "key") items.push(say("rests-key"));
  if (report?.trusted === "compared") items.push(say("rests-compared"));
  for (const anchor of report?.anchors ?? []) items.push(say("rests-anchor", anchor));
  if (items.length === 0) items.push(say("rests-nothing"));
  const reach = Math.max(0, ...(report?.anchors ?? []).map((anchor) => anchor.size));
  if (report?.frame && reach < report.frame.to) {
    items.push(reach > report.frame.from ? say("rests-limit-anchored", { size: reach }) : say("rests-limit"));
  }
  $("rests").replaceChildren(...items.map((text) => element("li", text)));
}

function showFacts(report) {
  const rows = [];
  const add = (id, value, kind) => rows.push(element("dt", say(id)), element("dd", value, kind));
  const own = report?.own ?? report?.key;
  if (report?.key) add("fact-origin", harmless(report.key.name));
  if (own) {
    add("fact-key", harmless(own.text), "code");
    add("fact-fingerprint", grouped(own.fingerprint), "code");
  }
  for (const one of [...(report?.handovers ?? [])].reverse()) {
    add("fact-earlier", say("key-until", { size: one.size, key: one.from.text }), "code");
    add("fact-fingerprint", grouped(one.from.fingerprint), "code");
  }
  if (report?.frame) {
    const { from, to, rootBefore, rootAfter } = report.frame;
    add("fact-range", say("range", { first: from, last: to - 1, count: to - from }));
    add("fact-before", say("root-at", { root: hex(rootBefore), size: from }), "code");
    add("fact-after", say("root-at", { root: hex(rootAfter), size: to }), "code");
  }
  if (report?.head) add("fact-head", say("root-at", { root: hex(report.head.root), size: report.head.size }), "code");
  const entries = report?.entries ?? [];
  if (entries.length > 0) {
    const [first, last] = [entries[0], entries[entries.length - 1]].map((entry) => instant(entry.get("at")));
    add("fact-time", say("span", { first, last }));
  }
  if (report?.openIntents > 0) add("fact-open", String(report.openIntents));
  if (report?.evidence > 0) add("fact-evidence", String(report.evidence));
  if (report?.withheld > 0) add("fact-withheld", String(report.withheld));
  if (state.bundle?.digest) add("fact-bundle", grouped(state.bundle.digest), "code");
  $("facts").replaceChildren(...rows);
}

function showEntries(report) {
  const entries = report?.entries ?? [];
  $("entries").replaceChildren(...entries.slice(0, state.shown).map(row));
  $("more").hidden = entries.length <= state.shown;
}

const textIn = (value) => harmless(typeof value === "string" ? value : plain(value));

function plain(value) {
  if (value instanceof Map) return [...value].map(([name, inner]) => name + ": " + plain(inner)).join("; ");
  if (Array.isArray(value)) return value.map(plain).join(", ");
  return value === null || value === undefined ? "–" : String(value);
}

function row(entry) {
  const made = element("tr");
  const kind = [say("kind-" + plain(entry.get("kind")))];
  if (entry.has("result")) kind.push(say("ending-" + plain(entry.get("result"))));
  if (entry.has("intent")) kind.push("← " + plain(entry.get("intent")));
  if (entry.has("code")) kind.push(plain(entry.get("code")));
  const subject = element("td", entry.hidden?.has("subject") ? say("hidden") : textIn(entry.get("subject")));
  const facts = element("ul");
  // Of a version that is not known they may be anything.
  const named = entry.get("facts") instanceof Map ? entry.get("facts") : [];
  for (const [name, value] of named) facts.append(element("li", harmless(name) + ": " + textIn(value)));
  for (const name of entry.hidden ?? []) {
    if (name.startsWith("facts.")) facts.append(element("li", harmless(name.slice(6)) + ": " + say("hidden")));
  }
  subject.append(facts);
  const actor = entry.get("actor");
  const name = actor instanceof Map ? actor.get("name") : actor;
  made.append(
    element("td", plain(entry.get("seq")), "number"), element("td", instant(entry.get("at"))),
    element("td", entry.hidden?.has("actor.name") ? say("hidden") : textIn(name)),
    element("td", harmless(kind.join(", "))), element("td", textIn(entry.get("verb"))), subject,
  );
  return made;
}

async function anchorsGiven() {
  const anchors = [];
  for (const file of $("anchors").files) anchors.push({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  const pasted = $("anchor").value.replace(/\r/g, "").trim();
  if (pasted !== "") {
    // The blank line of a note is easily lost when it is copied out of a letter.
    const text = pasted.replace(/\n+(?=\u2014 )/, "\n\n") + "\n";
    anchors.push({ name: say("anchor-pasted"), bytes: utf8(text) });
  }
  return anchors;
}

const breath = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Checks what was chosen; a later choice overtakes an earlier one. */
async function run() {
  const mine = ++state.run;
  delete document.body.dataset.done;
  Object.assign(state, { report: null, failure: null });
  $("progress").textContent = say("reading");
  let [report, failure] = [null, null];
  try {
    await breath();
    const bundle = await state.bundle.load(state.bundle);
    const trust = { key: $("key").value, compared: $("compared").checked, anchors: await anchorsGiven() };
    report = await check(bundle, trust, async (done, all) => {
      $("progress").textContent = say("checking", { done, all });
      await breath();
    });
  } catch (error) {
    failure = error instanceof Odd ? error : { id: "page-fault", values: { detail: String(error) } };
  }
  if (mine !== state.run) return;
  Object.assign(state, { report, failure });
  $("progress").textContent = "";
  showAnswer();
  document.body.dataset.done = String(mine);
}

/** Another bundle: what was said about the one before does not hold for it. */
function chosen(load) {
  state.bundle = { load, digest: null };
  state.shown = ENTRIES_SHOWN;
  $("compared").checked = false;
  return run();
}

const zipChosen = (file) => chosen(async (bundle) => {
  if (file.size > BYTES_MAX) throw new Odd("too-large");
  const buffer = await file.arrayBuffer();
  bundle.digest = hex(sha256(new Uint8Array(buffer)));
  return { isZip: true, files: readZip(buffer) };
});

const folderChosen = (list) => chosen(async () => ({ isZip: false, files: await readFolder(list) }));

/** The files below a dropped folder, with their names in it. */
async function below(entry, path) {
  if (entry.isFile) return [[path, await new Promise((resolve, reject) => entry.file(resolve, reject))]];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const one of some) found.push(...await below(one, path === "" ? one.name : path + "/" + one.name));
  }
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  const files = [...transfer.files];
  if (entries.length === 1 && entries[0].isDirectory) return folderChosen(await below(entries[0], ""));
  if (files.length === 1) return zipChosen(files[0]);
  return folderChosen(files.map((file) => [file.name, file]));
}

$("language").onclick = () => {
  state.language = state.language === "vi" ? "en" : "vi";
  showWords();
};
$("bundle").onchange = () => { if ($("bundle").files.length === 1) zipChosen($("bundle").files[0]); };
$("folder").onchange = () => {
  const inside = (file) => file.webkitRelativePath.split("/").slice(1).join("/") || file.name;
  if ($("folder").files.length > 0) folderChosen([...$("folder").files].map((file) => [inside(file), file]));
};
for (const id of ["key", "compared", "anchors", "anchor"]) $(id).onchange = () => { if (state.bundle) run(); };
$("more").onclick = () => { state.shown += 10 * ENTRIES_SHOWN; showEntries(state.report); };
$("print").onclick = () => window.print();
document.ondragover = (event) => { event.preventDefault(); $("drop").classList.add("over"); };
document.ondragleave = () => $("drop").classList.remove("over");
document.ondrop = (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  dropped(event.dataTransfer);
};
showWords();
