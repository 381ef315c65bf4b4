import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { LocalError, type Rng } from '@mcp-cluster/kernel';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Below this a secret can be guessed; the same floor as the SDK's request-state codec. */
export const MIN_KEY_BYTES = 32;

/** The secret that all nodes and managers of a cluster share. Every use derives its own key (HKDF-SHA256). */
export class ClusterKey {
  private constructor(private readonly secret: Buffer) {}

  /**
   * @param secret at least 32 bytes of text
   * @throws LocalError `weak_cluster_key`
   */
  static from(secret: string): ClusterKey {
    const bytes = Buffer.from(secret, 'utf8');
    if (bytes.length < MIN_KEY_BYTES)
      throw new LocalError(
        'weak_cluster_key',
        `cluster key: expected at least ${String(MIN_KEY_BYTES)} bytes, got ${String(bytes.length)}`,
      );
    return new ClusterKey(bytes);
  }

  /** A new key for a cluster that lives as long as its processes. */
  static random(rng: Rng): ClusterKey {
    return new ClusterKey(rng.bytes(MIN_KEY_BYTES));
  }

  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.secret, 'mcp-cluster', purpose, 32));
  }
}

/**
 * Authenticated encryption of small texts (AES-256-GCM, random nonce): opaque to its holder, readable by
 * every node of the cluster, and refused when one bit differs. The purpose is part of the key, so a value
 * sealed for one use never opens for another.
 */
export class Seal {
  private readonly key: Buffer;

  constructor(
    clusterKey: ClusterKey,
    purpose: string,
    private readonly rng: Rng,
  ) {
    this.key = clusterKey.derive(purpose);
  }

  /** Base64url, without padding. */
  close(text: string): string {
    const nonce = this.rng.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return sealed.toString('base64url');
  }

  /** The text, or undefined when the value was not sealed with this key for this purpose, or was altered. */
  open(value: string): string | undefined {
    const sealed = Buffer.from(value, 'base64url');
    // Buffer.from skips what is not base64url: a padded or spaced variant of a good value must not open.
    if (sealed.length < NONCE_BYTES + TAG_BYTES || sealed.toString('base64url') !== value) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    try {
      const body = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
      return Buffer.concat([body, decipher.final()]).toString('utf8');
    } catch {
      return undefined; // a failed tag is the one thing that final() throws for
    }
  }
}
