import type { Account } from '../../../src/console/pager/account.ts';
import { type PagerStandIn, startPagerStandIn } from '../../../src/console/pager/stand-in.ts';
import { testTls } from '../tls.ts';
import { TEST_ACCOUNT } from './account.ts';
import { type Faults, faultPlan } from './faults.ts';

/** A running PagerDuty for tests. */
export interface TestPagerDuty extends PagerStandIn {
  /** The certificate's file, for NODE_EXTRA_CA_CERTS of a child process; in-process clients take `ca`. */
  readonly caPath: string;
  readonly faults: Faults;
}

/**
 * Starts the strict stand-in with an account of four services, and a way to make it fail.
 * @param options `now` sets its clock
 */
export async function startPagerDuty(
  options: { readonly account?: Account; readonly now?: () => Date } = {},
): Promise<TestPagerDuty> {
  const tls = await testTls();
  const faults = faultPlan();
  const standIn = await startPagerStandIn({
    account: options.account ?? TEST_ACCOUNT,
    certificate: tls,
    ...(options.now === undefined ? {} : { now: options.now }),
    misbehave: (call) => faults.take(call),
  });
  return {
    ...standIn,
    caPath: tls.caPath,
    faults,
    async stop() {
      await standIn.stop();
      await tls.remove();
    },
  };
}
