import type { Checkpoint } from '@millrace/core';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '@millrace/postgres-client';

const tableName = 'checkpoint';

/** How the table is recognised as ours, and how old it is. */
export const layoutComment = (layout: number): string =>
  `Progress of Millrace streams into this database, layout ${layout}. Rows belong to running streams: do not change them.`;

/** The layout this version reads and writes. */
export const currentLayout = 1;

/** The layout that a comment speaks of; `null` for a table that is not ours. */
export const layoutOf = (comment: string | null): number | null => {
  const match = /^Progress of Millrace streams into this database, layout (\d+)\./.exec(comment ?? '');
  return match?.[1] === undefined ? null : Number(match[1]);
};

/** The checkpoint table's name as SQL. */
export const checkpointTable = (schema: string): string => quoteQualified(schema, tableName);

/** Serialises the makers of a checkpoint table: `IF NOT EXISTS` alone fails when two of them meet. */
export const lockCheckpointTable = (schema: string): string =>
  `SELECT pg_advisory_xact_lock(hashtextextended(${quoteLiteral(`millrace ${schema}`)}, 0))`;

export const createCheckpointSchema = (schema: string): string => `CREATE SCHEMA ${quoteIdentifier(schema)}`;

/** The tables whose policies were applied since there was no position last: once in each snapshot. */
const preparedColumn = "prepared text[] NOT NULL DEFAULT '{}'";

/** For a table that a version made which had no policies. */
export const addPreparedColumn = (schema: string): string =>
  `ALTER TABLE ${checkpointTable(schema)} ADD COLUMN ${preparedColumn}`;

/**
 * A page is left nearly empty, so that each new version of a row finds room beside the old one (a HOT update). There is
 * no index: while a long snapshot keeps old versions alive, every lookup of the row by a key, and every check that the
 * key is unique, would pass all of them. Without a key the whole row identifies it in the server's own publications.
 */
export const createCheckpointTable = (schema: string): string => {
  const table = checkpointTable(schema);
  return `CREATE TABLE ${table} (
  stream text NOT NULL,
  sink text NOT NULL,
  epoch bigint NOT NULL,
  owner text,
  backend_pid integer,
  backend_start timestamptz,
  source_identity jsonb,
  claimed boolean NOT NULL DEFAULT false,
  position text,
  partial jsonb,
  tables jsonb NOT NULL DEFAULT '{}',
  pending_ddl jsonb,
  saved_at timestamptz NOT NULL DEFAULT now(),
  ${preparedColumn}
) WITH (fillfactor = 10);
ALTER TABLE ${table} REPLICA IDENTITY FULL;
COMMENT ON TABLE ${table} IS ${quoteLiteral(layoutComment(currentLayout))}`;
};

/** Which connection may write: the epoch, and a token that no other connection ever has. */
export interface Claim {
  readonly schema: string;
  readonly stream: string;
  readonly sink: string;
  readonly epoch: number;
  readonly owner: string;
}

/**
 * True only for the row that this connection owns (invariant 8). The owner is compared too: a row that was deleted
 * and made again starts its epochs anew.
 */
export const claimCondition = ({ stream, sink, epoch, owner }: Claim): string =>
  `stream = ${quoteLiteral(stream)} AND sink = ${quoteLiteral(sink)} AND epoch = ${epoch} AND owner = ${quoteLiteral(owner)}`;

/** Finds the row if this connection still owns it, without a lock. */
export const probeClaim = (claim: Claim): string =>
  `SELECT 1 FROM ${checkpointTable(claim.schema)} WHERE ${claimCondition(claim)}`;

/** Finds the row if this connection's stream still owns it, and keeps anybody from taking it to the end of the transaction. */
export const holdClaim = (claim: Claim): string => `${probeClaim(claim)} FOR SHARE`;

const json = (value: unknown): string => (value === null ? 'NULL' : quoteLiteral(JSON.stringify(value)));

/** Assignments for what differs but position and time. */
const otherChanges = (next: Checkpoint, saved: Checkpoint | null): readonly string[] => {
  const sets: string[] = [];
  const set = (column: string, key: 'source' | 'partial' | 'tables') => {
    if (saved === null || (saved[key] !== next[key] && json(saved[key]) !== json(next[key])))
      sets.push(`${column} = ${json(next[key])}`);
  };
  set('source_identity', 'source');
  set('partial', 'partial');
  set('tables', 'tables');
  if (saved?.claimed !== next.claimed) sets.push(`claimed = ${next.claimed}`);
  // Another snapshot begins.
  if (saved !== null && saved.position !== null && next.position === null) sets.push('prepared = DEFAULT');
  return sets;
};

/**
 * Moves the row to this checkpoint if this connection still owns it: exactly one row, or it is fenced. Columns that
 * hold the same since `saved`, the checkpoint that was saved last, are left alone.
 */
export const saveCheckpoint = (claim: Claim, next: Checkpoint, saved: Checkpoint | null): string => {
  const sets = [
    `position = ${next.position === null ? 'NULL' : quoteLiteral(next.position)}`,
    `saved_at = to_timestamp(${next.savedAt} / 1000.0)`,
    ...otherChanges(next, saved),
  ];
  return `UPDATE ${checkpointTable(claim.schema)} SET ${sets.join(', ')} WHERE ${claimCondition(claim)}`;
};

/** Whether only position and time move. */
export const isMove = (next: Checkpoint, saved: Checkpoint): boolean =>
  next.position !== null && otherChanges(next, saved).length === 0;

/** As `saveCheckpoint`, for a move. The values of its parameters are `moveParameters`, in their order. */
export const moveCheckpoint = (claim: Claim, parameter: (type: string) => string): string =>
  `UPDATE ${checkpointTable(claim.schema)} SET position = ${parameter('pg_catalog.text')}, saved_at = to_timestamp(${parameter('pg_catalog.float8')} / 1000.0) WHERE ctid = ${parameter('pg_catalog.tid')} AND ${claimCondition(claim)}`;

/**
 * `place`: the row's `ctid`, where it was last saved; it saves looking for it, and is not there any more once somebody
 * has rewritten the table.
 */
export const moveParameters = ({ position, savedAt }: Checkpoint, place: string): string =>
  [quoteLiteral(position ?? ''), savedAt, quoteLiteral(place)].join(', ');

/** Every column of the row, under the names of `CheckpointRow`. */
const rowColumns = `epoch, owner, backend_pid, backend_start, source_identity, claimed, position, partial, tables,
  round(EXTRACT(EPOCH FROM saved_at) * 1000)::bigint AS saved_at`;

export const selectCheckpoint = (schema: string): string =>
  `SELECT ${rowColumns} FROM ${checkpointTable(schema)} WHERE stream = $1 AND sink = $2`;

export const lockCheckpoint = (schema: string): string => `${selectCheckpoint(schema)} FOR UPDATE`;

/** Serialises those who may insert the row, to the end of their transactions. */
export const lockCheckpointName = (schema: string): string =>
  `SELECT pg_advisory_xact_lock(hashtextextended(json_build_array('millrace', ${quoteLiteral(schema)}, $1::text, $2::text)::text, 0))`;

/** Inserts the row if it is missing, under that lock. */
export const insertCheckpoint = (schema: string): string =>
  `INSERT INTO ${checkpointTable(schema)} (stream, sink, epoch) SELECT $1, $2, 0
WHERE NOT EXISTS (SELECT FROM ${checkpointTable(schema)} WHERE stream = $1 AND sink = $2)`;

/** Takes the next epoch of the row that is locked. */
export const takeEpoch = (schema: string): string =>
  `UPDATE ${checkpointTable(schema)} SET epoch = epoch + 1, owner = $3,
  backend_pid = pg_backend_pid(),
  backend_start = (SELECT backend_start FROM pg_stat_get_activity(pg_backend_pid()))
WHERE stream = $1 AND sink = $2 RETURNING ${rowColumns}`;

/** As `removeCheckpoint`, if it is at this position. */
export const removeCheckpointAt = (schema: string): string =>
  `${removeCheckpoint(schema)} AND position IS NOT DISTINCT FROM $3`;

export const removeCheckpoint = (schema: string): string =>
  `DELETE FROM ${checkpointTable(schema)} WHERE stream = $1 AND sink = $2`;
