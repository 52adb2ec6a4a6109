import { withClient } from '../servers/with-client.ts';
import { runOnMysql } from '../servers/with-mysql.ts';
import { printedItems } from '../workloads/binlog-items.ts';

/** How many items there are, and the sum of a hash of each as it is printed: the same for the same rows at any server. */
export type Printed = Readonly<Record<'items' | 'sum', string>>;

const first = (rows: readonly Printed[]): Printed => rows[0] ?? { items: '', sum: '' };

export const printedAtMysql = async (url: string): Promise<Printed> =>
  first((await runOnMysql(url, [`SELECT ${printedItems.mysql} FROM items`])) as readonly Printed[]);

export const printedAtPostgres = (url: string): Promise<Printed> =>
  withClient(url, async (client) =>
    first((await client.query<Printed>(`SELECT ${printedItems.postgres} FROM items`)).rows),
  );

/** Throws when the rows are not what they should be. */
export const requireSame = (expected: Printed, found: Printed): void => {
  const [one, other] = [expected, found].map(({ items, sum }) => `${items} rows with the sum ${sum}`);
  if (one !== other) throw new Error(`The rows differ: ${one} expected, ${other} found`);
};
