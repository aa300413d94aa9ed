
// --- SHA-256 and SHA-512 (FIPS 180-4), written out: pages from a disk have no others everywhere. ---

/** The whole part of a root: Newton's way, from above. */
function wholeRoot(degree, number) {
  const d = BigInt(degree);
  let x = 1n << (BigInt(number.toString(2).length) / d + 1n);
  for (;;) {
    const y = ((d - 1n) * x + number / x ** (d - 1n)) / d;
    if (y >= x) return x;
    x = y;
  }
}

/** The constants are the first 64 bits behind the point of roots of the first primes. */
const PRIMES = [];
for (let n = 2; PRIMES.length < 80; n++) if (PRIMES.every((p) => n % p !== 0)) PRIMES.push(n);
const U64 = (1n << 64n) - 1n;
const K512 = PRIMES.map((p) => wholeRoot(3, BigInt(p) << 192n) & U64);
const H512 = PRIMES.slice(0, 8).map((p) => wholeRoot(2, BigInt(p) << 128n) & U64);
const K256 = Int32Array.from(K512.slice(0, 64), (k) => Number(k >> 32n) | 0);
const H256 = Int32Array.from(H512, (h) => Number(h >> 32n) | 0);

class Sha256 {
  constructor() {
    this.h = H256.slice();
    this.block = new Uint8Array(64);
    this.filled = 0;
    this.length = 0;
    this.w = new Int32Array(64);
  }

  update(bytes) {
    const block = this.block;
    let filled = this.filled;
    for (let i = 0; i < bytes.length; i++) {
      block[filled++] = bytes[i];
      if (filled === 64) {
        this.compress();
        filled = 0;
      }
    }
    this.filled = filled;
    this.length += bytes.length;
    return this;
  }

  digest() {
    const bits = this.length;
    const rest = new Uint8Array(((this.filled < 56 ? 56 : 120) - this.filled) + 8);
    rest[0] = 0x80;
    // The length in bits; 2^53 bytes are more than any file.
    const view = new DataView(rest.buffer);
    view.setUint32(rest.length - 8, Math.floor(bits / 0x20000000));
    view.setUint32(rest.length - 4, (bits % 0x20000000) * 8);
    this.update(rest);
    const out = new Uint8Array(32);
    const words = new DataView(out.buffer);
    this.h.forEach((word, i) => words.setInt32(4 * i, word));
    return out;
  }

  compress() {
    const { w, block, h } = this;
    for (let i = 0; i < 16; i++) {
      w[i] = (block[4 * i] << 24) | (block[4 * i + 1] << 16) | (block[4 * i + 2] << 8) | block[4 * i + 3];
    }
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15], b = w[i - 2];
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, k] = h;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + K256[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      k = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    h[0] = (h[0] + a) | 0; h[1] = (h[1] + b) | 0; h[2] = (h[2] + c) | 0; h[3] = (h[3] + d) | 0;
    h[4] = (h[4] + e) | 0; h[5] = (h[5] + f) | 0; h[6] = (h[6] + g) | 0; h[7] = (h[7] + k) | 0;
  }
}

function sha256(...parts) {
  const hash = new Sha256();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Plain and slow: it sees nothing but heads and lists, twice or thrice. */
function sha512(message) {
  const length = message.length;
  const padded = new Uint8Array((Math.floor((length + 16) / 128) + 1) * 128);
  padded.set(message);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(length) * 8n);
  const turned = (x, n) => ((x >> n) | (x << (64n - n))) & U64;
  let h = H512.slice();
  for (let at = 0; at < padded.length; at += 128) {
    const w = [];
    for (let i = 0; i < 16; i++) w.push(view.getBigUint64(at + 8 * i));
    for (let i = 16; i < 80; i++) {
      const s0 = turned(w[i - 15], 1n) ^ turned(w[i - 15], 8n) ^ (w[i - 15] >> 7n);
      const s1 = turned(w[i - 2], 19n) ^ turned(w[i - 2], 61n) ^ (w[i - 2] >> 6n);
      w.push((w[i - 16] + s0 + w[i - 7] + s1) & U64);
    }
    let [a, b, c, d, e, f, g, k] = h;
    for (let i = 0; i < 80; i++) {
      const s1 = turned(e, 14n) ^ turned(e, 18n) ^ turned(e, 41n);
      const t1 = k + s1 + ((e & f) ^ (~e & U64 & g)) + K512[i] + w[i];
      const s0 = turned(a, 28n) ^ turned(a, 34n) ^ turned(a, 39n);
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      [k, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & U64, c, b, a, (t1 + t2) & U64];
    }
    h = [a, b, c, d, e, f, g, k].map((x, i) => (x + h[i]) & U64);
  }
  const out = new Uint8Array(64);
  const words = new DataView(out.buffer);
  h.forEach((word, i) => words.setBigUint64(8 * i, word));
  return out;
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const isSame = (one, other) => one.length === other.length && one.every((byte, i) => byte === other[i]);
const utf8 = (text) => new TextEncoder().encode(text);

/** Strict: null for anything that is not the one spelling of some bytes. */
function unbase64(text) {
  try {
    const binary = atob(text);
    return btoa(binary) === text ? Uint8Array.from(binary, (letter) => letter.charCodeAt(0)) : null;
  } catch {
    return null;
  }
}

/** The text of bytes; null if they are no UTF-8. */
function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
