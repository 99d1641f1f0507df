import { expect, test } from 'vitest';
import { isForbiddenHost } from '../../src/outward/address.ts';

/** As a URL's author may write it, read as a browser reads it. */
const hostOf = (written: string): string => new URL(`http://${written}/latest/meta-data/`).hostname;

test.each([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.0.1',
  // The same number in other notations.
  '2852039166',
  '0xA9FEA9FE',
  '0251.0376.0251.0376',
  '169.16689662',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::169.254.169.254]',
  '[fe80::1]',
  '[febf::1]',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'metadata.google.internal',
  'METADATA.google.internal.',
  'metadata',
  // Full-width digits and dots are turned into ordinary ones.
  '１６９。２５４。１６９。２５４',
])('%s is a link-local address or a metadata service', (written) => {
  expect(isForbiddenHost(hostOf(written))).toBe(true);
});

test.each([
  'localhost',
  '127.0.0.1',
  '[::1]',
  '10.0.0.7',
  '172.16.5.4',
  '192.168.1.1',
  '[fd12:3456::1]',
  '100.100.100.201',
  '169.253.255.255',
  '[fec0::1]',
  'prometheus',
  'metadata.example.com',
  'prometheus.monitoring.svc.cluster.local',
])('%s is not', (written) => {
  expect(isForbiddenHost(hostOf(written))).toBe(false);
});
