import type { SinkBatch } from '../contracts/sink.ts';
import { coreError } from '../errors/core-errors.ts';
import type { Transaction } from '../model/position.ts';
import { PackedChanges } from './packed-changes.ts';
import { type SpilledPart, SpillFile } from './spill-file.ts';

export interface SpillOptions {
  /** `null`: the system's own for temporary files. */
  readonly directory: string | null;
  /** How much one transaction may take: in its file, and in memory what has no bytes. */
  readonly maxBytes: number;
}

interface Part {
  /** All but the changes, which would pin the memory they lie in. */
  readonly batch: Omit<SinkBatch, 'changes'>;
  readonly length: number;
  readonly place: SpilledPart;
}

/** A transaction that comes in parts, until its end is there. */
export class SpilledTransaction implements AsyncDisposable {
  readonly transaction: Transaction;
  readonly #maxBytes: number;
  readonly #file: SpillFile;
  readonly #packed = new PackedChanges();
  readonly #parts: Part[] = [];
  #bytes = 0;

  private constructor(transaction: Transaction, maxBytes: number, file: SpillFile) {
    this.transaction = transaction;
    this.#maxBytes = maxBytes;
    this.#file = file;
  }

  static async begin(transaction: Transaction, { directory, maxBytes }: SpillOptions): Promise<SpilledTransaction> {
    return new SpilledTransaction(transaction, maxBytes, await SpillFile.open(directory));
  }

  /** Takes a part, of which nothing is needed afterwards. Rejects `TRANSACTION_TOO_LARGE`. */
  async add({ changes, ...batch }: SinkBatch): Promise<void> {
    const bytes = this.#packed.pack(changes);
    this.#bytes += bytes.length;
    if (this.#bytes + this.#packed.heldBytes > this.#maxBytes) throw tooLarge(this.transaction, this.#maxBytes);
    this.#parts.push({ batch, length: changes.length, place: await this.#file.append(bytes) });
  }

  /** The parts as they came, one in memory at a time. */
  async *parts(): AsyncGenerator<SinkBatch> {
    for (const { batch, length, place } of this.#parts) {
      const bytes = await this.#file.read(place);
      const unpack = () => this.#packed.unpack(bytes, this.transaction);
      yield { ...batch, changes: { length, [Symbol.iterator]: unpack } } as SinkBatch;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file[Symbol.asyncDispose]();
  }
}

const tooLarge = ({ id }: Transaction, maxBytes: number) =>
  coreError('TRANSACTION_TOO_LARGE', `Transaction ${id} takes more than ${maxBytes} bytes`, {
    hint: `Let it take more (spill: { maxBytes: ${maxBytes * 4} }), or use a sink that takes transactions in parts.`,
    details: { transaction: id, maxBytes },
  });
