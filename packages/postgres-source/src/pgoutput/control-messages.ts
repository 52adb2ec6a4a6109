import type { MessageReader } from './message-reader.ts';

export interface BeginMessage {
  /** Where the transaction's commit record starts. */
  readonly finalLsn: bigint;
  /** In milliseconds since 1970. */
  readonly commitTime: number;
  readonly xid: number;
}

export interface CommitMessage {
  readonly commitLsn: bigint;
  /** Where the commit record ends: the position that contains the transaction. */
  readonly endLsn: bigint;
  readonly commitTime: number;
}

export interface OriginMessage {
  readonly commitLsn: bigint;
  readonly name: string;
}

export interface RelationColumn {
  readonly key: boolean;
  readonly name: string;
  readonly type: number;
  readonly modifier: number;
}

export interface RelationMessage {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  /** `pg_class.relreplident`: `d`, `n`, `f` or `i`. */
  readonly identity: string;
  readonly columns: readonly RelationColumn[];
}

/** Oids from here on are of types that are not built in, which the log describes before it uses them. */
export const firstDescribedType = 10_000;

/** For a domain, `schema` and `name` are those of its base type. */
export interface TypeMessage {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

export interface TruncateMessage {
  readonly cascade: boolean;
  readonly restartIdentity: boolean;
  readonly relations: readonly number[];
}

export interface LogicalMessage {
  readonly transactional: boolean;
  readonly lsn: bigint;
  readonly prefix: string;
  readonly content: string;
}

const millisecondsTo2000 = 946_684_800_000;

const time = (reader: MessageReader): number => Math.floor(Number(reader.int64()) / 1000) + millisecondsTo2000;

/** An empty namespace stands for `pg_catalog`. */
const namespace = (reader: MessageReader): string => reader.text() || 'pg_catalog';

/*
 * The messages that carry no rows, in the order of their fields (PostgreSQL manual, "Logical Replication Message
 * Formats"). Each takes a reader behind the kind byte and throws `MalformedMessage`.
 */

export const readBegin = (reader: MessageReader): BeginMessage => {
  const message = { finalLsn: reader.lsn(), commitTime: time(reader), xid: reader.uint32() };
  reader.end();
  return message;
};

export const readCommit = (reader: MessageReader): CommitMessage => {
  reader.skip(1); // flags, none defined
  const message = { commitLsn: reader.lsn(), endLsn: reader.lsn(), commitTime: time(reader) };
  reader.end();
  return message;
};

export const readOrigin = (reader: MessageReader): OriginMessage => {
  const message = { commitLsn: reader.lsn(), name: reader.text() };
  reader.end();
  return message;
};

const readColumn = (reader: MessageReader): RelationColumn => ({
  key: (reader.uint8() & 1) === 1,
  name: reader.text(),
  type: reader.uint32(),
  modifier: reader.int32(),
});

export const readRelation = (reader: MessageReader): RelationMessage => {
  const head = {
    oid: reader.uint32(),
    schema: namespace(reader),
    table: reader.text(),
    identity: String.fromCharCode(reader.uint8()),
  };
  const columns: RelationColumn[] = [];
  for (let count = reader.uint16(); count > 0; count--) columns.push(readColumn(reader));
  reader.end();
  return { ...head, columns };
};

export const readType = (reader: MessageReader): TypeMessage => {
  const message = { oid: reader.uint32(), schema: namespace(reader), name: reader.text() };
  reader.end();
  return message;
};

export const readTruncate = (reader: MessageReader): TruncateMessage => {
  const count = reader.uint32();
  const options = reader.uint8();
  const relations: number[] = [];
  for (let index = 0; index < count; index++) relations.push(reader.uint32());
  reader.end();
  return { cascade: (options & 1) !== 0, restartIdentity: (options & 2) !== 0, relations };
};

/** What `pg_logical_emit_message` has written. */
export const readLogicalMessage = (reader: MessageReader): LogicalMessage => {
  const head = { transactional: (reader.uint8() & 1) === 1, lsn: reader.lsn(), prefix: reader.text() };
  const message = { ...head, content: reader.utf8(reader.uint32()) };
  reader.end();
  return message;
};
