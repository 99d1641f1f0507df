import type { Account } from '../../../src/console/pager/account.ts';

/** The integration keys of the test account's services, by level of the escalation. */
export const ROUTING_KEYS = {
  L1: '1a11111111111111111111111111111b',
  L2: '2a22222222222222222222222222222b',
  L3: '3a33333333333333333333333333333b',
  L4: '4a44444444444444444444444444444b',
} as const;

/** A token that the test account's REST API takes. */
export const API_TOKEN = 'y_NbAkKc66ryYTWUXYEu';

/** The e-mail address of a user of the test account. */
export const FROM_EMAIL = 'ada@example.com';

const ADA = { id: 'PADA', name: 'Ada Byron', email: FROM_EMAIL, until: '2030-01-01T09:00:00Z' };
const GRACE = { id: 'PGRACE', name: 'Grace Hopper', email: 'grace@example.com' };
const EDSGER = { id: 'PEDSGER', name: 'Edsger Dijkstra', email: 'edsger@example.com' };

/** One service a level, each with a policy of three levels. */
export const TEST_ACCOUNT: Account = {
  tokens: [API_TOKEN],
  services: Object.entries(ROUTING_KEYS).map(([level, routingKey]) => ({
    id: `PSERVICE${level}`,
    name: `Databases ${level}`,
    routingKey,
    policy: { id: `PPOLICY${level}`, name: `Policy ${level}`, levels: [[ADA], [GRACE], [EDSGER, ADA]] },
  })),
};
