import pg from 'pg';
import { publicationNames } from '../servers/publication.ts';
import type { Form } from './form.ts';
import type { Side, SideDetails, StartSide } from './side.ts';

interface SubscriptionOptions {
  readonly form: Form;
  /** Whether the apply worker waits for the disk at every commit; off is PostgreSQL's own default for subscriptions. */
  readonly synchronousCommit: 'on' | 'off';
}

interface SubscriptionPlace {
  readonly name: string;
  readonly sourceUrl: string;
  readonly publications: readonly string[];
}

/** The statement that begins to apply the log from an existing slot. */
export const createSubscription = (
  { name, sourceUrl, publications }: SubscriptionPlace,
  { form, synchronousCommit }: SubscriptionOptions,
): string => `CREATE SUBSCRIPTION ${name} CONNECTION '${sourceUrl}' PUBLICATION ${publications.join(', ')}
  WITH (create_slot = false, slot_name = '${name}', copy_data = false,
    synchronous_commit = '${synchronousCommit}', binary = ${form === 'binary'})`;

/** The slot is dropped with its place, not with the subscription. */
const dropSubscription = async (client: pg.Client, name: string): Promise<void> => {
  const { rowCount } = await client.query('SELECT 1 FROM pg_subscription WHERE subname = $1', [name]);
  if (rowCount === 0) return;
  await client.query(`ALTER SUBSCRIPTION ${name} DISABLE`);
  await client.query(`ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`);
  await client.query(`DROP SUBSCRIPTION ${name}`);
};

/** PostgreSQL's own subscription at the target. */
export const nativeSubscription =
  (options: SubscriptionOptions): StartSide =>
  async ({ name, sourceUrl, targetUrl }, tables): Promise<Side> => {
    const statement = createSubscription({ name, sourceUrl, publications: publicationNames(tables) }, options);
    // Connected before the clock starts, as our process has loaded everything before.
    const client = new pg.Client({ connectionString: targetUrl });
    await client.connect();
    return {
      rows: 'as-they-are',
      pid: null,
      failed: new Promise<never>(() => {}),
      begin: async () => {
        await client.query(statement);
      },
      end: async (): Promise<SideDetails> => {
        await dropSubscription(client, name);
        return { counters: {}, startSeconds: null, residentBytes: null };
      },
      [Symbol.asyncDispose]: async () => {
        await dropSubscription(client, name).finally(() => client.end());
      },
    };
  };
