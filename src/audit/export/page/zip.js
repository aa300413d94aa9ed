
// --- Zips, as strictly as `duphong audit verify` reads them, and folders. ---

const FILES_MAX = 4001;
const NAME_MAX = 100;
/** A browser keeps the whole file in memory. */
const BYTES_MAX = 1024 * 1024 * 1024;

const isName = (name) => name.length <= NAME_MAX && /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/.test(name);

/** A reason, told as a finding, why something cannot be read. */
class Odd extends Error {
  constructor(id, values = {}) {
    super(id);
    this.id = id;
    this.values = values;
  }
}

/** The files of a zip by name. Stored files one behind the other, both headers alike, nothing else. */
function readZip(buffer) {
  const view = new DataView(buffer);
  const odd = () => new Odd("zip");
  const end = buffer.byteLength - 22;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) throw odd();
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const start = view.getUint32(end + 16, true);
  if (view.getUint32(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count
    || view.getUint16(end + 20, true) !== 0 || count > FILES_MAX || start + size !== end) throw odd();
  const files = new Map();
  const small = new Set();
  let place = 0;
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) throw odd();
    const nameLength = view.getUint16(at + 28, true);
    if (at + 46 + nameLength > end) throw odd();
    const name = textOf(new Uint8Array(buffer, at + 46, nameLength)) ?? "?";
    if (!isName(name) || small.has(name.toLowerCase())) throw new Odd("zip-name", { name: name.slice(0, NAME_MAX) });
    small.add(name.toLowerCase());
    const bytes = view.getUint32(at + 24, true);
    if (view.getUint16(at + 10, true) !== 0 || (view.getUint16(at + 8, true) & ~0x0800) !== 0
      || view.getUint32(at + 20, true) !== bytes) throw new Odd("zip-packed", { name });
    const begin = place + 30 + nameLength;
    if (begin + bytes > start || view.getUint32(place, true) !== 0x04034b50
      || view.getUint32(at + 42, true) !== place || view.getUint16(at + 34, true) !== 0
      || view.getUint16(at + 30, true) !== 0 || view.getUint16(at + 32, true) !== 0
      || view.getUint16(place + 28, true) !== 0) throw odd();
    const alike = (here, there, length) =>
      isSame(new Uint8Array(buffer, here, length), new Uint8Array(buffer, there, length));
    if (!alike(place + 4, at + 6, 24) || !alike(place + 30, at + 46, nameLength)) throw odd();
    files.set(name, new Uint8Array(buffer, begin, bytes));
    place = begin + bytes;
    at += 46 + nameLength;
  }
  if (at !== end || place !== start) throw odd();
  return files;
}

/** The files of a chosen folder by name; what lies deeper than an export goes is passed over. */
async function readFolder(list) {
  const files = new Map();
  let bytes = 0;
  for (const [path, file] of list) {
    bytes += file.size;
    if (bytes > BYTES_MAX || files.size > 10000) throw new Odd("too-large");
    files.set(path, new Uint8Array(await file.arrayBuffer()));
  }
  return files;
}
