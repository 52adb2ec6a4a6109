import {
  type Chunk,
  type Position,
  qualifiedName,
  type RangeProgress,
  type Relation,
  type ReselectRequest,
  type RowImage,
  type SinkContext,
} from '@millrace/core';
import type pg from 'pg';
import { textRow } from '../../../packages/sql-sink/src/testing/text-row.ts';
import { copyOut } from '../../harness/index.ts';

export type ChunkFormat = 'postgres-text' | 'postgres-binary' | 'rows';

type Texts = Readonly<Record<string, string | null>>;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The columns that a copy has. */
const columnsOf = ({ columns }: Relation): readonly string[] =>
  columns.filter(({ generated }) => !generated).map(({ name }) => quoted(name));

const from = ({ schema, table }: Relation): string => `${quoted(schema)}.${quoted(table)}`;

/** Values as their text, so that nothing is lost on the way through the driver. */
const asTexts = (relation: Relation): string =>
  columnsOf(relation)
    .map((column) => `${column}::text AS ${column}`)
    .join(', ');

const endOfLog = async (client: pg.Client): Promise<Position> =>
  (await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn')).rows[0]?.lsn ?? '';

/** Reads pieces of a source's tables, and rows by their keys, as a source does. */
export class CopiedTables {
  readonly reselected: ReselectRequest[] = [];
  readonly #client: pg.Client;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  /** The rows for which a condition holds, as one statement finds them. */
  async chunk(
    relation: Relation,
    condition: string,
    format: ChunkFormat,
    parts: Partial<RangeProgress> = {},
  ): Promise<Chunk> {
    await this.#client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const where = `FROM ${from(relation)} WHERE ${condition}`;
    const { rows } = await this.#client.query<Record<string, string | null>>(`SELECT ${asTexts(relation)} ${where}`);
    const query = `COPY (SELECT ${columnsOf(relation).join(', ')} ${where}) TO STDOUT`;
    const data =
      format === 'rows'
        ? []
        : await copyOut(this.#client, format === 'postgres-binary' ? `${query} (FORMAT binary)` : query);
    await this.#client.query('COMMIT');
    const length = rows.length;
    const table = qualifiedName(relation);
    return {
      relation,
      progress: { table, range: { from: null, to: null }, cursor: null, done: true, rows: length, ...parts },
      length,
      bytes: data.reduce((bytes, piece) => bytes + piece.length, 0),
      rows: rows.map((row) => textRow(relation, row)),
      encoded: format === 'rows' ? null : { format, data },
      through: await endOfLog(this.#client),
    };
  }

  /** Rows as they are now; every transaction whose change is known is visible to this client. */
  reselect(relations: readonly Relation[]): NonNullable<SinkContext['reselect']> {
    return async (request) => {
      this.reselected.push(request);
      const relation = relations.find((one) => qualifiedName(one) === request.table);
      if (relation === undefined) throw new Error(`There is no ${request.table}`);
      const rows: RowImage[] = [];
      for (const key of request.keys) rows.push(...(await this.#find(relation, key)));
      return { rows, through: await endOfLog(this.#client) };
    };
  }

  async #find(relation: Relation, row: RowImage): Promise<readonly RowImage[]> {
    const key = relation.key ?? [];
    const conditions = key.map((column, at) => `${quoted(relation.columns[column]?.name ?? '')} = $${at + 1}`);
    const values = key.map((column) => row.text(column));
    if (values.includes(null)) throw new Error('A row that does not say its key');
    const query = `SELECT ${asTexts(relation)} FROM ${from(relation)} WHERE ${conditions.join(' AND ')}`;
    const found = await this.#client.query<Texts & pg.QueryResultRow>(query, values);
    return found.rows.map((found) => textRow(relation, found));
  }
}
