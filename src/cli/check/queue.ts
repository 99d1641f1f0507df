import { Redis } from 'ioredis';
import type { Environment } from '../../config/types.ts';
import { about, type Check, type Finding } from './finding.ts';

/** BullMQ's oldest Redis. */
const OLDEST = [6, 2] as const;

/** Whether the queue's Redis can be reached, is new enough, and throws nothing away. */
export function queueCheck(environment: Environment): Check {
  const { ok, warn, fail } = about('queue');
  const url = environment.redisUrl;
  return {
    subject: 'queue',
    async run() {
      if (url === undefined) return [ok('in the store')];
      let trouble: Error | undefined;
      const redis = new Redis(url, {
        lazyConnect: true,
        connectTimeout: 4_000,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null,
      });
      redis.on('error', (error: Error) => {
        trouble = error;
      });
      try {
        await redis.connect();
        const info = await redis.info();
        const version = /^(?:valkey_version|redis_version):(\S+)/m.exec(info)?.[1] ?? 'of an unknown version';
        const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
        const findings: Finding[] = [];
        if (isOlder(version)) {
          findings.push(fail(`Redis ${version} is too old; BullMQ needs 6.2 or newer, or Valkey`));
        }
        if (policy === undefined)
          findings.push(warn('maxmemory-policy cannot be read; it must be noeviction'));
        else if (policy !== 'noeviction') {
          findings.push(
            fail(
              `maxmemory-policy is ${policy}, so Redis may throw jobs away; run: redis-cli config set maxmemory-policy noeviction (and set it in redis.conf)`,
            ),
          );
        }
        return findings.length > 0 ? findings : [ok(`Redis ${version}, maxmemory-policy noeviction`)];
      } catch (error) {
        throw trouble ?? error;
      } finally {
        redis.disconnect();
      }
    },
  };
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
