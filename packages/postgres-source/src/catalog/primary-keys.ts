import type { PostgresSession } from '@millrace/postgres-client';
import { parseLsn } from '../lsn.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { headPosition } from '../slot/slot-facts.ts';

interface Row {
  readonly oid: string;
  readonly key: string;
}

const query = `
  SELECT c.oid, json_agg(a.attname ORDER BY k.place) AS key
  FROM pg_class c
  JOIN pg_index x ON x.indrelid = c.oid AND x.indisprimary
  CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY k(attnum, place)
  JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
  WHERE c.relreplident = 'f' AND k.place <= x.indnkeyatts
  GROUP BY c.oid`;

const tables = "SELECT oid FROM pg_class WHERE relkind IN ('r', 'p') AND relreplident = 'f'";

/**
 * The primary keys of tables that log whole rows, whose key the log does not say. Read before a connection starts;
 * a table that is younger ends the connection once, to be found in the catalog by the next one.
 */
export class PrimaryKeys {
  readonly #keys = new Map<number, readonly string[] | null>();
  readonly #searched = new Set<number>();
  /** A position of the log at which everything here was so. */
  readonly position: bigint;

  /** `searched`: kept over connections, so that a table that was dropped meanwhile is looked for only once. */
  static async read(session: PostgresSession, searched: Set<number>, signal: AbortSignal): Promise<PrimaryKeys> {
    const head = await session.query<{ lsn: string }>(`SELECT ${headPosition} AS lsn`, [], { signal });
    const known = await session.query<{ oid: string }>(tables, [], { signal });
    const keys = await session.query<Row>(query, [], { signal, doing: 'look at the primary keys' });
    const found = new PrimaryKeys(parseLsn(head.rows[0]?.lsn ?? '0/0'), searched);
    for (const { oid } of known.rows) found.#keys.set(Number(oid), null);
    for (const { oid, key } of keys.rows) found.#keys.set(Number(oid), JSON.parse(key) as string[]);
    return found;
  }

  private constructor(position: bigint, searched: Set<number>) {
    this.position = position;
    this.#searched = searched;
  }

  /** Tables of which the other one says another key. */
  differing(later: PrimaryKeys): readonly number[] {
    const text = (key: readonly string[] | null) => JSON.stringify(key);
    return [...this.#keys].flatMap(([oid, key]) => {
      const now = later.#keys.get(oid);
      return now === undefined || text(now) === text(key) ? [] : [oid];
    });
  }

  /** `null`: it has none. Throws `CATALOG_CHANGED` the first time it is asked for a table it does not know. */
  of(oid: number): readonly string[] | null {
    const key = this.#keys.get(oid);
    if (key !== undefined) return key;
    if (this.#searched.has(oid)) return null;
    this.#searched.add(oid);
    throw sourceError('CATALOG_CHANGED', `Table ${oid} is newer than what is known of the catalog`, {
      details: { oid },
    });
  }
}
