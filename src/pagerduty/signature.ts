import { createHmac, timingSafeEqual } from 'node:crypto';

/** A signature of the only version there is: HMAC-SHA256 in hexadecimal. */
const SIGNATURE = /^\s*v1=([0-9a-f]{64})\s*$/i;

/** Whether the header of a webhook holds a signature at all, right or wrong: all that can be told before the body is there. */
export function isSigned(header: string | undefined): boolean {
  return (header ?? '').split(',').some((part) => SIGNATURE.test(part));
}

/**
 * Whether a webhook comes from PagerDuty: one of the signatures in its header is the HMAC-SHA256 of
 * the body under one of the secrets (PagerDuty, "Verifying signatures"). While a secret is rotated
 * there are several of both.
 *
 * @param rawBody the body as it came, to the byte
 * @param header `X-PagerDuty-Signature`: `v1=<hex>`, several separated by commas; other versions are ignored
 * @param secrets an empty one counts as none: everybody could sign with it
 * @param isSame compares in a time that does not depend on what is compared
 */
export function verifySignature(
  rawBody: Buffer,
  header: string | undefined,
  secrets: readonly string[],
  isSame: (one: Buffer, other: Buffer) => boolean = timingSafeEqual,
): boolean {
  const given = (header ?? '').split(',').flatMap((part) => {
    const hex = SIGNATURE.exec(part)?.[1];
    return hex === undefined ? [] : [Buffer.from(hex, 'hex')];
  });
  const expected = secrets
    .filter((secret) => secret !== '')
    .map((secret) => createHmac('sha256', secret).update(rawBody).digest());
  // Every pair is compared, also after a match, so that the time taken tells nothing.
  let matches = 0;
  for (const signature of given) {
    for (const digest of expected) matches += isSame(signature, digest) ? 1 : 0;
  }
  return matches > 0;
}
