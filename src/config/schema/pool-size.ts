import { z } from 'zod';
import { MINUTE_MS } from '../duration.ts';
import type { PoolSizeConfig, RaiseBy } from '../types.ts';
import { duration, formed, list, postgresUrl, VALUE, wants } from './fields.ts';
import { exactlyOne, noneOf, section, strict } from './strict.ts';
import { kubernetesName, webhookSchema } from './targets.ts';

const WAYS = ['pgbouncer', 'kubernetes', 'webhook'] as const;

/** What SQLAlchemy reads; the two add up to the size of its pool. */
const DEFAULT_VARIABLES = ['SQLALCHEMY_POOL_SIZE', 'SQLALCHEMY_MAX_OVERFLOW'];

/** More than this is no temporary measure: a pool tenfold. */
const MOST_PERCENT = 900;
const MOST_CONNECTIONS = 10_000;

/** By how much: `50%` of what there is, or a number of connections. */
function raise() {
  return z
    .union([z.string(), z.number()], { error: wants('a share such as 50% or a number of connections') })
    .transform((given, context): RaiseBy => {
      const [, digits, sign] = /^(\d{1,5})(%?)$/.exec(String(given)) ?? [];
      const amount = Number(digits);
      const most = sign === '%' ? MOST_PERCENT : MOST_CONNECTIONS;
      if (amount >= 1 && amount <= most) return sign === '%' ? { percent: amount } : { connections: amount };
      context.addIssue({
        code: 'custom',
        message: `must be a share from 1% to ${MOST_PERCENT}% or a number of connections, not ${VALUE}`,
      });
      return z.NEVER;
    });
}

const variablesSchema = section(
  {
    namespace: kubernetesName().describe('Namespace of the deployment.'),
    deployment: kubernetesName().describe(
      'Name of the deployment; changing it restarts its pods one by one.',
    ),
    container: kubernetesName().optional().describe('The container to change, where a pod has several.'),
    env: list(formed(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'))
      .min(1, { error: 'must name at least one variable' })
      .prefault(DEFAULT_VARIABLES)
      .describe('Names of the environment variables that hold the size; each is raised.'),
  },
  {},
);

/** `pools[].pool_size`: how the pool is made larger for a while. */
export const poolSizeSchema = exactlyOne(
  strict({
    pgbouncer: postgresUrl()
      .optional()
      .describe('Connection string of PgBouncer’s admin console (database `pgbouncer`); best as ${NAME}.'),
    kubernetes: variablesSchema.optional().describe('Environment variables of a deployment.'),
    webhook: webhookSchema.optional().describe('A signed request to a server that changes the size.'),
    raise_by: raise()
      .prefault('50%')
      .describe('By how much: a share of the present size (50%), or connections (10).'),
    revert_after: duration({ leastMs: MINUTE_MS })
      .prefault('30m')
      .describe('When the former size comes back by itself.'),
  }),
  WAYS,
).transform(({ pgbouncer, kubernetes, webhook, raise_by, revert_after }, context): PoolSizeConfig => {
  const common = { raiseBy: raise_by, revertAfterMs: revert_after };
  if (pgbouncer !== undefined) return { pgbouncer, ...common };
  if (kubernetes !== undefined) return { kubernetes, ...common };
  if (webhook !== undefined) return { webhook, ...common };
  return noneOf(context, WAYS);
});
