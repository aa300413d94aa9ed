
// --- Ed25519 verification, RFC 8032 section 5.1.7: the same steps as in verify.py. ---

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (x) => ((x % P) + P) % P;

function power(base, exponent) {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % P;
    b = (b * b) % P;
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

function added(p, q) {
  const a = mod((p[1] - p[0]) * (q[1] - q[0]));
  const b = mod((p[1] + p[0]) * (q[1] + q[0]));
  const c = mod(2n * p[3] * q[3] * D);
  const d = mod(2n * p[2] * q[2]);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function times(scalar, point) {
  let result = [0n, 1n, 1n, 0n];
  for (let s = scalar, p = point; s > 0n; s >>= 1n) {
    if (s & 1n) result = added(result, p);
    p = added(p, p);
  }
  return result;
}

const isSamePoint = (p, q) => mod(p[0] * q[2] - q[0] * p[2]) === 0n && mod(p[1] * q[2] - q[1] * p[2]) === 0n;

function xOf(y, sign) {
  if (y >= P) return null;
  const x2 = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  if (x2 === 0n) return sign ? null : 0n;
  let x = power(x2, (P + 3n) / 8n);
  if (mod(x * x - x2) !== 0n) x = mod(x * ROOT_OF_MINUS_ONE);
  if (mod(x * x - x2) !== 0n) return null;
  return (x & 1n) === sign ? x : P - x;
}

const little = (bytes) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

function point(bytes) {
  const encoded = little(bytes);
  const y = encoded & (2n ** 255n - 1n);
  const x = xOf(y, encoded >> 255n);
  return x === null ? null : [x, y, 1n, mod(x * y)];
}

const BASE_Y = mod(4n * power(5n, P - 2n));
const BASE = [xOf(BASE_Y, 0n), BASE_Y, 1n, mod(xOf(BASE_Y, 0n) * BASE_Y)];
const NEUTRAL = [0n, 1n, 1n, 0n];

function isSignedBy(key, message, signature) {
  if (key.length !== 32 || signature.length !== 64) return false;
  const a = point(key);
  const r = point(signature.slice(0, 32));
  const s = little(signature.slice(32));
  // Keys of small order sign everything.
  if (!a || !r || s >= L || isSamePoint(times(8n, a), NEUTRAL) || isSamePoint(times(8n, r), NEUTRAL)) return false;
  const text = new Uint8Array(64 + message.length);
  text.set(signature.slice(0, 32));
  text.set(key, 32);
  text.set(message, 64);
  const h = little(sha512(text)) % L;
  return isSamePoint(times(s, BASE), added(r, times(h, a)));
}

/** What the browser itself says; null where it has no Ed25519. */
async function isSignedByBrowser(key, message, signature) {
  try {
    const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
  } catch {
    return null;
  }
}

/** Known answers: test 2 of RFC 8032, and a digest that the browser computes too where it can. */
async function isFit() {
  const key = unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const signature = unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  const isRight = isSignedBy(key, Uint8Array.of(0x72), signature) && !isSignedBy(key, Uint8Array.of(0x73), signature);
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  if (!isRight || hex(sha256()) !== empty) return false;
  const sample = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
  try {
    const own = new Uint8Array(await crypto.subtle.digest("SHA-256", sample));
    return isSame(own, sha256(sample));
  } catch {
    return true;
  }
}
