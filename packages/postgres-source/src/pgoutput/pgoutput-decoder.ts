import { type ChangeBatch, qualifiedName } from '@millrace/core';
import { formatLsn } from '../lsn.ts';
import { BatchBuilder } from './batch-builder.ts';
import {
  readBegin,
  readCommit,
  readLogicalMessage,
  readOrigin,
  readRelation,
  readTruncate,
  readType,
} from './control-messages.ts';
import { decodeError } from './decode-error.ts';
import type { DecoderOptions } from './decoder-options.ts';
import { MalformedMessage } from './malformed-message.ts';
import { messageKind } from './message-kind.ts';
import { MessageReader } from './message-reader.ts';
import { RelationRegistry } from './relation-registry.ts';
import type { RowFormat } from './row-format.ts';
import { type RowTuples, readDelete, readInsert, readUpdate, rowMessageOid } from './row-message.ts';

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
  readonly #relations: RelationRegistry;
  readonly #primaryKey: (oid: number) => readonly string[] | null;
  readonly #catalogPosition: bigint;
  readonly #described = new Set<number>();
  /** Start of the commit record of the open transaction. */
  #commitLsn = 0n;
  /** Of the message that is being read, once its table is known. */
  #format: RowFormat | null = null;
  #failure: unknown = null;

  constructor({ limits, primaryKey, after = 0n, catalogPosition = 0n, relations }: DecoderOptions) {
    this.#builder = new BatchBuilder(limits, after);
    this.#primaryKey = primaryKey;
    this.#catalogPosition = catalogPosition;
    this.#relations = relations ?? new RelationRegistry();
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

  /** Takes one message: the payload of XLogData. */
  push(message: Buffer): void {
    if (this.#failure !== null) throw this.#failure;
    this.#format = null;
    try {
      this.#read(message);
    } catch (error) {
      this.#failure = error instanceof MalformedMessage ? this.#decodeFailed(message, error) : error;
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

  #read(message: Buffer): void {
    switch (messageKind(message)) {
      case 'Insert':
        this.#row(message, readInsert);
        break;
      case 'Update':
        this.#row(message, readUpdate);
        break;
      case 'Delete':
        this.#row(message, readDelete);
        break;
      case 'Begin':
        this.#begin(message);
        break;
      case 'Commit':
        this.#commit(message);
        break;
      case 'Relation':
        this.#relation(message);
        break;
      case 'Truncate':
        this.#truncate(message);
        break;
      case 'Type':
        this.#relations.type(readType(new MessageReader(message, 1)));
        break;
      // Nothing of these is passed on, but a stream out of step must not go unnoticed.
      case 'Origin':
        readOrigin(new MessageReader(message, 1));
        break;
      case 'Message':
        readLogicalMessage(new MessageReader(message, 1));
        break;
      default:
        throw new MalformedMessage(0, message.length === 0 ? 'it is empty' : 'its kind is unknown');
    }
  }

  #begin(message: Buffer): void {
    const { finalLsn, commitTime } = readBegin(new MessageReader(message, 1));
    if (this.#builder.inTransaction) throw new MalformedMessage(0, 'a transaction is open already');
    if (finalLsn < this.#builder.position) throw new MalformedMessage(1, 'its position lies before the last one');
    this.#commitLsn = finalLsn;
    const id = formatLsn(finalLsn);
    this.#builder.begin({ id, commitTime, position: id });
  }

  #commit(message: Buffer): void {
    const { commitLsn, endLsn } = readCommit(new MessageReader(message, 1));
    if (!this.#builder.inTransaction) throw new MalformedMessage(0, 'no transaction is open');
    if (commitLsn !== this.#commitLsn) throw new MalformedMessage(2, 'it belongs to another transaction');
    if (endLsn <= commitLsn) throw new MalformedMessage(10, 'it ends before it starts');
    this.#builder.commit(endLsn);
  }

  #relation(message: Buffer): void {
    const relation = readRelation(new MessageReader(message, 1));
    const primaryKey = relation.identity === 'f' ? this.#primaryKey(relation.oid) : null;
    const later = this.#described.has(relation.oid) && this.#commitLsn >= this.#catalogPosition;
    if (relation.identity === 'f' && later && this.#relations.differs(relation, primaryKey)) {
      const table = qualifiedName(relation);
      throw decodeError('RELATION_CHANGED', `The columns of ${table} changed`, { details: { table } });
    }
    const format = this.#relations.relation(relation, primaryKey);
    if (format === undefined) throw new MalformedMessage(0, 'its replica identity is unknown');
    this.#described.add(relation.oid);
  }

  #truncate(message: Buffer): void {
    const { relations } = readTruncate(new MessageReader(message, 1));
    if (!this.#builder.inTransaction) throw new MalformedMessage(0, 'no transaction is open');
    this.#builder.truncate(relations.map((oid, index) => this.#known(oid, 6 + index * 4)));
  }

  #row(message: Buffer, read: (message: Buffer, columns: number) => RowTuples): void {
    if (!this.#builder.inTransaction) throw new MalformedMessage(0, 'no transaction is open');
    const format = this.#known(rowMessageOid(message), 1);
    this.#builder.row(format, read(message, format.decoders.length));
  }

  #known(oid: number, offset: number): RowFormat {
    const format = this.#relations.get(oid);
    // A registry from an earlier connection knows more tables than this one has described.
    if (format === undefined || !this.#described.has(oid))
      throw new MalformedMessage(offset, `relation ${oid} is unknown`);
    this.#format = format;
    return format;
  }

  #decodeFailed(message: Buffer, { offset, message: reason }: MalformedMessage): Error {
    const kind = messageKind(message) ?? 'unknown';
    const table = this.#format === null ? null : qualifiedName(this.#format.relation);
    const where = `pgoutput message (${kind}) at byte ${offset}${table === null ? '' : `, table ${table}`}`;
    return decodeError('DECODE_FAILED', `Cannot decode a ${where}: ${reason}`, {
      details: { message: kind, offset, table },
    });
  }
}
