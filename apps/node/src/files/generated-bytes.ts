import { seededRng, type Rng } from '@mcp-cluster/kernel';

/** What a random byte becomes: words of lower-case letters and digits, now and then a line break, as in a log. */
const TEXT = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 3) return 0x0a;
  if (byte < 40) return 0x20;
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return letters.charCodeAt(byte % letters.length);
});

/** Bytes that one number of the generator makes. */
const WORD_BYTES = 4;

/** Text of any length that is the same for the same seed, on every node and in pieces of any size. */
export class GeneratedBytes {
  private readonly rng: Rng;
  /** What the last number made; of it the first `used` bytes are given already. */
  private readonly word = new Uint8Array(WORD_BYTES);
  private used = WORD_BYTES;

  /** @param seed any 32-bit integer */
  constructor(seed: number) {
    this.rng = seededRng(seed);
  }

  /** Fills the whole buffer with what comes next. */
  fill(buffer: Uint8Array): void {
    let at = 0;
    while (at < buffer.length && this.used < WORD_BYTES) buffer[at++] = this.word[this.used++] ?? 0;
    const whole = buffer.length - ((buffer.length - at) % WORD_BYTES);
    while (at < whole) {
      this.write(buffer, at);
      at += WORD_BYTES;
    }
    if (at === buffer.length) return;
    this.write(this.word, 0);
    this.used = buffer.length - at;
    buffer.set(this.word.subarray(0, this.used), at);
  }

  private write(target: Uint8Array, at: number): void {
    const word = this.rng.next() * 4_294_967_296;
    target[at] = TEXT[word & 0xff] ?? 0;
    target[at + 1] = TEXT[(word >>> 8) & 0xff] ?? 0;
    target[at + 2] = TEXT[(word >>> 16) & 0xff] ?? 0;
    target[at + 3] = TEXT[word >>> 24] ?? 0;
  }
}
