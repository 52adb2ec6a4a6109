import { qualifiedName, type ReselectRequest, type RowImage } from '@millrace/core';
import { quoteIdentifier, quoteQualified } from '@millrace/postgres-client';
import type { LogLayout } from '../catalog/server-facts.ts';
import { formatLsn, parseLsn } from '../lsn.ts';
import type { RunningTransaction } from '../slot/slot-waits.ts';
import { awaitTransactions } from './await-visible.ts';
import type { CopiedTable } from './copied-table.ts';
import { type CopiedTableRequest, readCopiedTable } from './copied-table.ts';
import type { CopySession } from './copy-session.ts';
import { fingerprintOf } from './fingerprint.ts';
import { endOfLastRecord, logEndPosition } from './log-end.ts';
import { isShapeError } from './read-chunk.ts';
import { rowOfTexts } from './selected-rows.ts';

/** Tables as they were when rows of them were read again last, by qualified name. */
export type KnownTables = Map<string, { readonly copied: CopiedTable; readonly fingerprint: string }>;

export interface Reselection {
  readonly known: KnownTables;
  readonly request: ReselectRequest;
  readonly table: CopiedTableRequest;
  readonly session: CopySession;
  readonly log: LogLayout;
  readonly waiting: (transactions: readonly RunningTransaction[]) => void;
  readonly signal: AbortSignal;
}

export interface Reselected {
  readonly rows: readonly RowImage[];
  readonly through: string;
}

/** The texts of the keys, one list for each of their columns, no key twice. */
const keyTexts = (keys: readonly RowImage[], names: readonly string[]): readonly (readonly string[])[] => {
  const distinct = new Map<string, readonly string[]>();
  for (const row of keys) {
    const texts = names.map((name) => row.text(row.relation.columns.findIndex((column) => column.name === name)));
    const isWhole = (all: readonly (string | null)[]): all is readonly string[] => !all.includes(null);
    if (!isWhole(texts)) throw new TypeError(`A row of ${qualifiedName(row.relation)} does not say its key`);
    distinct.set(JSON.stringify(texts), texts);
  }
  return names.map((_, column) => [...distinct.values()].map((texts) => texts[column] ?? ''));
};

/** Texts, cast to the types that the columns have; operators are found where no search path leads. */
const selectStatement = ({ facts, columns, filter }: CopiedTable, names: readonly string[]): string => {
  const only = facts.kind === 'partitioned' ? '' : 'ONLY ';
  const list = columns.map(({ name }, index) => `t.${quoteIdentifier(name)} AS c${index}`);
  const parameters = names.map((_, index) => `$${index + 1}::pg_catalog.text[]`);
  const matches = names.map((name, index) => {
    const column = columns.find((one) => one.name === name);
    const [schema, type] = column?.type ?? ['pg_catalog', 'text'];
    const equals = `OPERATOR(${quoteIdentifier(column?.equality ?? 'pg_catalog')}.=)`;
    return `t.${quoteIdentifier(name)} ${equals} k.k${index}::${quoteQualified(schema, type)}`;
  });
  const wanted = names.map((_, index) => `k${index}`);
  const rows = `SELECT * FROM ${only}${quoteQualified(facts.schema, facts.table)}`;
  return `SELECT ${list.join(', ')}
    FROM ROWS FROM (${parameters.map((one) => `pg_catalog.unnest(${one})`).join(', ')}) AS k(${wanted.join(', ')})
    JOIN (${filter === null ? rows : `${rows} WHERE ${filter}`}) t ON ${matches.join(' AND ')}`;
};

type Row = Readonly<Record<string, string | null>>;

const select = async ({ request, session, signal }: Reselection, copied: CopiedTable): Promise<readonly RowImage[]> => {
  const { relation } = copied.format;
  const names = (relation.key ?? []).flatMap((column) => relation.columns[column]?.name ?? []);
  const values = keyTexts(request.keys, names);
  const doing = `read rows of ${request.table} once more`;
  const { rows } = await session.plain.query<Row>(selectStatement(copied, names), values, { signal, doing });
  return rows.map((row) =>
    rowOfTexts(
      copied.format,
      copied.columns.map((_, index) => row[`c${index}`] ?? null),
    ),
  );
};

/** The end of the log, and what the columns of the table are; `null`: another table has its name. */
const endAfter = async ({ session, log, signal }: Reselection, copied: CopiedTable | null) => {
  const text = `SELECT ${logEndPosition} AS position,
    CASE WHEN pg_catalog.to_regclass($2)::pg_catalog.oid = $1::pg_catalog.oid THEN ${fingerprintOf('$1::pg_catalog.oid')} END
      AS fingerprint`;
  const doing = 'read the position of the log';
  const { oid = 0, schema = '', table = '' } = copied?.facts ?? {};
  const values = [String(oid), quoteQualified(schema, table)];
  const { rows } = await session.plain.query<Row>(text, values, { signal, doing });
  const position = parseLsn(rows[0]?.position ?? '');
  return { through: formatLsn(endOfLastRecord(position, log)), fingerprint: rows[0]?.fingerprint ?? null };
};

/**
 * Reads rows by their keys once the transaction is visible that brought them: the log shows a commit before readers see
 * it, so that a row would seem to be gone. Reads again when the table changes its shape meanwhile.
 */
export const reselectRows = async (reselection: Reselection): Promise<Reselected> => {
  const { request, table, session, waiting, signal } = reselection;
  const xids = request.transactions.flatMap(({ visibility }) => visibility ?? []).map(Number);
  if (xids.length > 0) await awaitTransactions({ session: session.plain, waiting, signal }, xids);
  for (;;) {
    const known = reselection.known.get(request.table);
    const copied = known?.copied ?? (await readCopiedTable(session.plain, table, signal));
    const before = await endAfter(reselection, copied);
    if (copied === null || request.keys.length === 0) return { rows: [], through: before.through };
    const { fingerprint } = before;
    reselection.known.delete(request.table);
    if (known !== undefined && known.fingerprint !== fingerprint) continue;
    try {
      const rows = await select(reselection, copied);
      const after = await endAfter(reselection, copied);
      if (fingerprint === null || after.fingerprint !== fingerprint) continue;
      reselection.known.set(request.table, { copied, fingerprint });
      return { rows, through: after.through };
    } catch (error) {
      if (!isShapeError(error)) throw error;
    }
  }
};
