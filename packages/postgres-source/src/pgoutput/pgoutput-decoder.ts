import { type ChangeBatch, qualifiedName } from '@millrace/core';
import { tableDescriptions } from '../ddl/table-description.ts';
import { formatLsn } from '../lsn.ts';
import { BatchBuilder } from './batch-builder.ts';
import {
  type BeginMessage,
  type CommitMessage,
  type LogicalMessage,
  type RelationMessage,
  readBegin,
  readCommit,
  readLogicalMessage,
  readOrigin,
  readRelation,
  readTruncate,
  readType,
  type TruncateMessage,
} from './control-messages.ts';
import { decodeError } from './decode-error.ts';
import type { DdlMessages, DecoderOptions } from './decoder-options.ts';
import { DescribedRelations } from './described-relations.ts';
import { MalformedMessage } from './malformed-message.ts';
import { messageKind, messageName } from './message-kind.ts';
import { MessageReader } from './message-reader.ts';
import type { RowFormat } from './row-format.ts';
import { rowMessageOid } from './row-message.ts';

/**
 * Turns the messages of one replication connection (pgoutput, protocol version 1: PostgreSQL manual, "Logical
 * Replication Message Formats") into batches. Pure: it copies what it keeps, so that the caller may reuse a message's
 * memory, and waits for nothing.
 *
 * `DECODE_FAILED` means that the bytes are not the protocol. After it or any other error no input is accepted any
 * more; whole transactions before the one that failed can still be flushed and taken.
 */
export class PgoutputDecoder {
  readonly #builder: BatchBuilder;
  readonly #relations: DescribedRelations;
  readonly #ddl: DdlMessages | undefined;
  /** Start of the commit record of the open transaction. */
  #commitLsn = 0n;
  /** Of the message that is being read, once its table is known. */
  #format: RowFormat | null = null;
  #failure: unknown = null;

  constructor(options: DecoderOptions) {
    this.#builder = new BatchBuilder(options.limits, options.after ?? 0n);
    this.#relations = new DescribedRelations(options);
    this.#ddl = options.ddl;
  }

  /** Everything retained: finished batches not taken, and what is gathered for the next. */
  get pendingBytes(): number {
    return this.#builder.pendingBytes;
  }

  get pendingChanges(): number {
    return this.#builder.pendingChanges;
  }

  /** The newest position that is safe without further changes; `null` when nothing is newer than the last batch. */
  get idlePosition(): bigint | null {
    return this.#builder.idlePosition;
  }

  /** How far the log is read, transactions that are whole counting. */
  get position(): bigint {
    return this.idlePosition ?? this.#builder.position;
  }

  /** Takes one message: the payload of XLogData, which lies between `start` and `end`. */
  push(bytes: Buffer, start: number = 0, end: number = bytes.length): void {
    if (this.#failure !== null) throw this.#failure;
    this.#format = null;
    try {
      this.#read(bytes, start, end);
    } catch (error) {
      this.#failure =
        error instanceof MalformedMessage
          ? this.#decodeFailed(start < end ? bytes[start] : undefined, start, error)
          : error;
      throw this.#failure;
    }
  }

  /** Takes the WAL end of a primary keepalive, which is a position only between transactions. */
  keepalive(walEnd: bigint): void {
    if (this.#failure !== null) throw this.#failure;
    this.#builder.keepalive(walEnd);
  }

  /** At the end of a socket read: whole transactions become a batch, an open one is held back. */
  flush(): void {
    this.#builder.flush();
  }

  /** The next finished batch. */
  take(): ChangeBatch | null {
    return this.#builder.take();
  }

  /** `idlePosition` as a batch. */
  takeHeartbeat(): ChangeBatch | null {
    return this.#builder.takeHeartbeat();
  }

  #read(bytes: Buffer, start: number, end: number): void {
    if (start >= end) throw new MalformedMessage(start, 'it is empty');
    switch (bytes[start]) {
      case messageKind.insert:
      case messageKind.update:
      case messageKind.delete:
        this.#builder.row(this.#rowFormat(bytes, start, end), bytes, start, end);
        break;
      default:
        this.#control(bytes[start], new MessageReader(bytes, start + 1, end), start);
    }
  }

  #control(kind: number | undefined, reader: MessageReader, start: number): void {
    switch (kind) {
      case messageKind.begin:
        this.#begin(readBegin(reader), start);
        break;
      case messageKind.commit:
        this.#commit(readCommit(reader), start);
        break;
      case messageKind.relation:
        this.#relation(readRelation(reader), start);
        break;
      case messageKind.truncate:
        this.#truncate(readTruncate(reader), start);
        break;
      case messageKind.type:
        this.#relations.type(readType(reader));
        break;
      case messageKind.message:
        this.#message(readLogicalMessage(reader));
        break;
      // Nothing of it is passed on, but a stream out of step must not go unnoticed.
      case messageKind.origin:
        readOrigin(reader);
        break;
      default:
        throw new MalformedMessage(start, 'its kind is unknown');
    }
  }

  #begin({ finalLsn, commitTime, xid }: BeginMessage, start: number): void {
    if (this.#builder.inTransaction) throw new MalformedMessage(start, 'a transaction is open already');
    if (finalLsn < this.#builder.position)
      throw new MalformedMessage(start + 1, 'its position lies before the last one');
    this.#commitLsn = finalLsn;
    const id = formatLsn(finalLsn);
    this.#builder.begin({ id, commitTime, position: id, visibility: String(xid) });
  }

  #commit({ commitLsn, endLsn }: CommitMessage, start: number): void {
    if (!this.#builder.inTransaction) throw new MalformedMessage(start, 'no transaction is open');
    if (commitLsn !== this.#commitLsn) throw new MalformedMessage(start + 2, 'it belongs to another transaction');
    if (endLsn <= commitLsn) throw new MalformedMessage(start + 10, 'it ends before it starts');
    this.#builder.commit(endLsn);
  }

  #relation(message: RelationMessage, start: number): void {
    const before = this.#relations.get(message.oid);
    if (!this.#relations.describe(message, this.#commitLsn))
      throw new MalformedMessage(start, 'its replica identity is unknown');
    if (before !== undefined && before.relation !== this.#relations.get(message.oid)?.relation) this.#builder.cut();
  }

  #message({ transactional, prefix, content }: LogicalMessage): void {
    if (!transactional || prefix !== this.#ddl?.prefix) return;
    for (const description of tableDescriptions(content) ?? []) {
      if ('dropped' in description) {
        this.#builder.tableDropped(description);
        continue;
      }
      if (!this.#ddl.tables.has(description.message.oid)) continue;
      const format = this.#relations.redescribe(description, this.#commitLsn);
      if (format !== undefined) this.#builder.schemaChange(format.relation, description.storage);
    }
  }

  #truncate({ relations }: TruncateMessage, start: number): void {
    if (!this.#builder.inTransaction) throw new MalformedMessage(start, 'no transaction is open');
    this.#builder.truncate(relations.map((oid, index) => this.#known(oid, start + 6 + index * 4)));
  }

  #rowFormat(bytes: Buffer, start: number, end: number): RowFormat {
    if (!this.#builder.inTransaction) throw new MalformedMessage(start, 'no transaction is open');
    return this.#known(rowMessageOid(bytes, start, end), start + 1);
  }

  #known(oid: number, offset: number): RowFormat {
    const format = this.#relations.get(oid);
    if (format === undefined) throw new MalformedMessage(offset, `relation ${oid} is unknown`);
    this.#format = format;
    return format;
  }

  #decodeFailed(first: number | undefined, start: number, { offset: place, message: reason }: MalformedMessage): Error {
    const kind = messageName(first);
    const offset = place - start;
    const table = this.#format === null ? null : qualifiedName(this.#format.relation);
    const where = `pgoutput message (${kind}) at byte ${offset}${table === null ? '' : `, table ${table}`}`;
    return decodeError('DECODE_FAILED', `Cannot decode a ${where}: ${reason}`, {
      details: { message: kind, offset, table },
    });
  }
}
