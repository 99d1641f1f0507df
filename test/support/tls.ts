import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificate, localCertificate } from '../../src/console/pager/certificate.ts';

/** A certificate for `localhost`, also as a file for NODE_EXTRA_CA_CERTS of a child process. */
export interface TestTls extends Certificate {
  readonly caPath: string;
  /** Removes the file. */
  remove(): Promise<void>;
}

/** Makes a certificate that is its own authority. */
export async function testTls(): Promise<TestTls> {
  const certificate = await localCertificate();
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-tls-'));
  const caPath = join(folder, 'ca.pem');
  await writeFile(caPath, certificate.cert);
  return { ...certificate, caPath, remove: () => rm(folder, { recursive: true, force: true }) };
}
