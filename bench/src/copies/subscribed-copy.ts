import { until } from '@millrace/test/harness';
import pg from 'pg';
import type { Form } from '../runs/form.ts';
import { publicationNames } from '../servers/publication.ts';
import type { StartCopy } from './copy-side.ts';

const patience = 600_000;
const notReady = "SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r'";

/**
 * PostgreSQL's own subscription: one connection for each table, with values as text, its default, or in binary form, in which it
 * copies from PostgreSQL 16 on.
 */
export const subscribedCopy =
  (form: Form): StartCopy =>
  async ({ name, sourceUrl, targetUrl, tables }) => {
    // Connected before the clock starts, as our process has loaded everything before.
    const client = new pg.Client({ connectionString: targetUrl });
    await client.connect();
    const publications = publicationNames(tables).join(', ');
    let subscribed = false;
    const drop = async (): Promise<void> => {
      if (subscribed) await client.query(`DROP SUBSCRIPTION ${name}`);
      subscribed = false;
    };
    return {
      pid: null,
      async copy() {
        const options = `copy_data = true, binary = ${form === 'binary'}, synchronous_commit = 'on'`;
        await client.query(
          `CREATE SUBSCRIPTION ${name} CONNECTION '${sourceUrl}' PUBLICATION ${publications} WITH (${options})`,
        );
        subscribed = true;
        const isReady = async () => (await client.query(notReady)).rowCount === 0;
        await until(isReady, { describe: 'the subscription to have copied', timeout: patience });
      },
      end: drop,
      [Symbol.asyncDispose]: async () => {
        await drop().finally(() => client.end());
      },
    };
  };
