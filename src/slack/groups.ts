import type { webApi } from '@slack/bolt';

/** How long a group's membership is believed, in milliseconds. */
export const MEMBERSHIP_TTL_MS = 60_000;

interface Membership {
  readonly members: ReadonlySet<string>;
  readonly readAt: number;
}

/**
 * Who is in the user groups that the access rules name. A membership is read when it is needed and
 * believed for a minute; when it cannot be read, it is unknown, and what hangs on it is refused.
 */
export class Groups {
  readonly #client: webApi.WebClient;
  readonly #ids: readonly string[];
  readonly #now: () => number;
  readonly #known = new Map<string, Membership>();

  /** @param ids the groups (`S…`) that the access rules name */
  constructor(client: webApi.WebClient, ids: readonly string[], now: () => number = Date.now) {
    this.#client = client;
    this.#ids = [...new Set(ids)];
    this.#now = now;
  }

  /** The groups, of those the rules name, that the person is in now; `unreadable` when that cannot be known. */
  async of(user: string): Promise<readonly string[] | 'unreadable'> {
    try {
      const memberships = await Promise.all(this.#ids.map((id) => this.#read(id)));
      return this.#ids.filter((_id, index) => memberships[index]?.has(user) === true);
    } catch {
      return 'unreadable';
    }
  }

  async #read(id: string): Promise<ReadonlySet<string>> {
    const known = this.#known.get(id);
    if (known !== undefined && this.#now() - known.readAt < MEMBERSHIP_TTL_MS) return known.members;
    const answer = await this.#client.usergroups.users.list({ usergroup: id });
    const members = new Set(answer.users ?? []);
    this.#known.set(id, { members, readAt: this.#now() });
    return members;
  }
}
