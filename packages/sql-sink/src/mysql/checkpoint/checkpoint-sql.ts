import type { Checkpoint } from '@millrace/core';
import { quoteIdentifier, quoteLiteral, quoteQualified, type ServerVersion } from '@millrace/mysql-client';

/** How the table is recognised as ours, and how old it is. */
const layoutComment = (layout: number): string =>
  `Progress of Millrace streams into this server, layout ${layout}. Rows belong to running streams: do not change them.`;

/** The layout this version reads and writes. */
export const currentLayout = 1;

/** The layout that a comment speaks of; `null` for a table that is not ours. */
export const layoutOf = (comment: string | null): number | null => {
  const match = /^Progress of Millrace streams into this server, layout (\d+)\./.exec(comment ?? '');
  return match?.[1] === undefined ? null : Number(match[1]);
};

/** The checkpoint table's name as SQL. */
export const checkpointTable = (schema: string): string => quoteQualified(schema, 'checkpoint');

export const createCheckpointSchema = (schema: string): string =>
  `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(schema)}`;

/** What follows the columns of our tables, whatever the server has as its defaults. Names differ by their last space, too. */
export const tableOptions = ({ kind }: ServerVersion): string => {
  const collation = kind === 'mariadb' ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
  return `ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE ${collation} COMMENT = ${quoteLiteral(layoutComment(currentLayout))}`;
};

/** `prepared`: the tables whose policies were applied since there was no position last, once in each snapshot. */
export const createCheckpointTable = (schema: string, server: ServerVersion): string =>
  `CREATE TABLE IF NOT EXISTS ${checkpointTable(schema)} (
  stream varchar(255) NOT NULL,
  sink varchar(255) NOT NULL,
  epoch bigint NOT NULL,
  owner text,
  source_identity longtext,
  claimed tinyint NOT NULL,
  position longtext,
  partial longtext,
  tables longtext NOT NULL,
  pending_ddl longtext,
  saved_at bigint NOT NULL,
  prepared longtext NOT NULL,
  PRIMARY KEY (stream, sink)
) ${tableOptions(server)}`;

/** Whose row: that of one stream in one sink. */
export interface RowName {
  readonly schema: string;
  readonly stream: string;
  readonly sink: string;
}

/** Which connection may write: the epoch, and a token that no other connection ever has. */
export interface Claim extends RowName {
  readonly epoch: number;
  readonly owner: string;
}

export const belongsTo = ({ stream, sink }: RowName): string =>
  `stream = ${quoteLiteral(stream)} AND sink = ${quoteLiteral(sink)}`;

/**
 * True only for the row that this connection owns (invariant 8). The owner is compared too: a row that was deleted
 * and made again starts its epochs anew.
 */
export const claimCondition = (claim: Claim): string =>
  `${belongsTo(claim)} AND epoch = ${claim.epoch} AND owner = ${quoteLiteral(claim.owner)}`;

/** Finds the row if this connection still owns it, without a lock. */
export const probeClaim = (claim: Claim): string =>
  `SELECT 1 FROM ${checkpointTable(claim.schema)} WHERE ${claimCondition(claim)}`;

/** Finds the row if this connection's stream still owns it, and keeps anybody from taking it to the end of the transaction. */
export const holdClaim = (claim: Claim): string => `${probeClaim(claim)} LOCK IN SHARE MODE`;

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
  if (saved?.claimed !== next.claimed) sets.push(`claimed = ${Number(next.claimed)}`);
  // Another snapshot begins.
  if (saved !== null && saved.position !== null && next.position === null) sets.push("prepared = '[]'");
  return sets;
};

/**
 * Moves the row to this checkpoint if this connection still owns it: exactly one row is met, changed or not, or the
 * connection is fenced. Columns that hold the same since `saved`, the checkpoint that was saved last, are left alone.
 */
export const saveCheckpoint = (claim: Claim, next: Checkpoint, saved: Checkpoint | null): string => {
  const sets = [
    `position = ${next.position === null ? 'NULL' : quoteLiteral(next.position)}`,
    `saved_at = ${next.savedAt}`,
    ...otherChanges(next, saved),
  ];
  return `UPDATE ${checkpointTable(claim.schema)} SET ${sets.join(', ')} WHERE ${claimCondition(claim)}`;
};

/** Every column of the row, under the names of `StoredRow`. */
export const selectCheckpoint = (name: RowName): string =>
  `SELECT epoch, owner, source_identity, claimed, position, partial, tables, saved_at FROM ${checkpointTable(name.schema)} WHERE ${belongsTo(name)}`;

export const lockCheckpoint = (name: RowName): string => `${selectCheckpoint(name)} FOR UPDATE`;

export const insertCheckpoint = ({ schema, stream, sink }: RowName): string =>
  `INSERT INTO ${checkpointTable(schema)} (stream, sink, epoch, claimed, tables, saved_at, prepared)
VALUES (${quoteLiteral(stream)}, ${quoteLiteral(sink)}, 0, 0, '{}', ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000), '[]')`;

/** Takes the next epoch of the row that is locked. */
export const takeEpoch = (name: RowName, owner: string): string =>
  `UPDATE ${checkpointTable(name.schema)} SET epoch = epoch + 1, owner = ${quoteLiteral(owner)} WHERE ${belongsTo(name)}`;

export const removeCheckpoint = (name: RowName): string =>
  `DELETE FROM ${checkpointTable(name.schema)} WHERE ${belongsTo(name)}`;

/** As `removeCheckpoint`, if it is at this position: one row, or it has moved. */
export const removeCheckpointAt = (name: RowName, position: string | null): string =>
  `${removeCheckpoint(name)} AND position <=> ${position === null ? 'NULL' : quoteLiteral(position)}`;
