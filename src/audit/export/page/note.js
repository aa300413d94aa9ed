
// --- C2SP signed notes, verifier keys and checkpoints. ---

/** Name, id and public key of a verifier key; null if it is none for Ed25519. */
function parseVkey(text) {
  const match = /^([^+\n]+)\+([0-9a-f]{8})\+(.+)$/.exec(text.replace(/[ \t\r\n]+$/, ""));
  const key = match && unbase64(match[3]);
  if (!key || key.length !== 33 || key[0] !== 1) return null;
  const id = sha256(utf8(match[1] + "\n"), key).slice(0, 4);
  if (hex(id) !== match[2] || !point(key.slice(1))) return null;
  return { text: match[0], name: match[1], id, public: key.slice(1), fingerprint: hex(sha256(utf8(match[0]))) };
}

/** The text of a note that the key signed under its name; null otherwise. */
async function signedText(bytes, key, report) {
  const note = textOf(bytes);
  const split = note === null ? -1 : note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) return null;
  const text = note.slice(0, split + 1);
  let isSigned = false;
  for (const line of note.slice(split + 2, -1).split("\n")) {
    const match = /^\u2014 (\S+) (\S+)$/.exec(line);
    const signature = match && unbase64(match[2]);
    if (!signature || signature.length < 4) return null;
    if (match[1] !== key.name || !isSame(signature.slice(0, 4), key.id)) continue;
    if (!isSignedBy(key.public, utf8(text), signature.slice(4))) return null;
    if (await isSignedByBrowser(key.public, utf8(text), signature.slice(4)) === false) report.unknown("crypto");
    isSigned = true;
  }
  return isSigned ? text : null;
}

/** Size and root of a checkpoint that the key signed; null otherwise. */
async function openHead(bytes, key, report) {
  const text = await signedText(bytes, key, report);
  const [name, size, root] = (text ?? "").split("\n");
  const hash = unbase64(root ?? "");
  if (text === null || name !== key.name || !/^(0|[1-9][0-9]{0,14})$/.test(size) || hash?.length !== 32) return null;
  return { size: Number(size), root: hash };
}
