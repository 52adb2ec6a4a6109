import type { RowsEvent } from '../binlog/binlog-event.ts';
import type { RowFormat } from '../rows/row-format.ts';
import { transactionError } from './transaction-errors.ts';

export interface PreparedRows {
  readonly event: RowsEvent;
  readonly format: RowFormat;
}

interface Prepared {
  readonly gtid: string | null;
  readonly rows: readonly PreparedRows[];
  readonly bytes: number;
}

/**
 * Transactions between `XA PREPARE` and their end. What a server sends again after a restart is what positions leave out:
 * they contain a prepared transaction only when its end is known.
 */
export class PreparedTransactions {
  readonly #maxBytes: number;
  readonly #prepared = new Map<string, Prepared>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Throws `XA_NOT_FOLLOWED` when so many bytes more would be too many. */
  requireRoom(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes)
      throw transactionError(
        'XA_NOT_FOLLOWED',
        `Transactions that were prepared and not ended take more than ${this.#maxBytes} bytes`,
        {
          hint: 'XA RECOVER shows them; XA COMMIT or XA ROLLBACK ends them.',
        },
      );
  }

  /** `bytes`: of the rows; there is room for them. */
  hold(xid: string, gtid: string | null, rows: readonly PreparedRows[], bytes: number): void {
    this.#bytes += bytes;
    this.#prepared.set(xid, { gtid, rows, bytes });
  }

  /** `undefined`: it was prepared before the log is read. */
  take(xid: string): Prepared | undefined {
    const prepared = this.#prepared.get(xid);
    this.#prepared.delete(xid);
    this.#bytes -= prepared?.bytes ?? 0;
    return prepared;
  }
}
