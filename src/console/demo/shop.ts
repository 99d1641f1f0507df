import pg from 'pg';

/** A customer comes this often, in milliseconds. */
const CUSTOMER_EVERY_MS = 150;

/** What a customer does takes this long when all is well. */
const SHOPPING_MS = 40;

const RESERVE = 'update stock set reserved = reserved + 1 where item = 7';

/** A small web shop that uses its database badly. */
export interface Shop {
  /** Customers served, turned away and waiting, so far. */
  figures(): { readonly served: number; readonly failed: number; readonly waiting: number };
  /** One checkout throws between its update and its commit, and never gives its connection back. */
  leak(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Opens the shop: each customer takes a connection, reserves an item and goes. After `leak()` one
 * transaction stays open on the item everybody wants: those who come after it wait, each on a
 * connection of their own, until the server has none left.
 */
export function openShop(url: string): Shop {
  const open = new Set<pg.Client>();
  let served = 0;
  let failed = 0;
  let leaked: pg.Client | undefined;

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url, application_name: 'catalytic-api' });
    client.on('error', () => open.delete(client));
    open.add(client);
    await client.connect();
    return client;
  }

  async function customer(): Promise<void> {
    let client: pg.Client | undefined;
    try {
      client = await connect();
      await client.query('begin');
      await client.query(RESERVE);
      await new Promise((resolve) => setTimeout(resolve, SHOPPING_MS));
      await client.query('commit');
      served += 1;
    } catch {
      failed += 1;
    } finally {
      if (client !== undefined) {
        open.delete(client);
        await client.end().catch(() => undefined);
      }
    }
  }

  const arrivals = setInterval(() => void customer(), CUSTOMER_EVERY_MS);
  return {
    figures: () => ({ served, failed, waiting: open.size }),
    async leak() {
      leaked = await connect();
      await leaked.query('begin');
      await leaked.query(RESERVE);
    },
    async stop() {
      clearInterval(arrivals);
      if (leaked !== undefined) open.add(leaked);
      await Promise.all([...open].map((client) => client.end().catch(() => undefined)));
    },
  };
}
