import type { PostgresSession } from '@millrace/postgres-client';
import { isRowFault } from './rejected-row.ts';

/** More subtransactions in one transaction would slow down every other session of the server. */
export const mostSavepoints = 30;

const savepoint = 'millrace_rows';

export interface FaultyItems<T> {
  readonly items: readonly T[];
  /** Changes the target; `recover` makes the transaction usable again after an error. */
  readonly apply: (item: T, recover: () => Promise<void>) => Promise<void>;
  /** The item was left out. Throws an error that is not its fault. */
  readonly onFault: (item: T, error: unknown) => void;
  /** What is counted on the way begins anew with a block: returns how. */
  readonly mark: () => () => void;
  /** How many blocks there are at most. */
  readonly blocks: number;
}

/**
 * Applies items in their order inside a transaction. One that is at fault is left out, and what came before it in its block
 * is repeated; each block has a savepoint.
 */
export const leaveOutFaults = async <T>(
  session: PostgresSession,
  { items, apply, onFault, mark, blocks }: FaultyItems<T>,
  signal: AbortSignal,
): Promise<void> => {
  const options = { signal, doing: 'leave out a row that the target refuses' };
  const run = async (sql: string) => void (await session.query(`${sql} ${savepoint}`, [], options));
  const recover = () => run('ROLLBACK TO SAVEPOINT');
  const size = Math.ceil(items.length / blocks);
  for (let start = 0; start < items.length; start += size) {
    let block = items.slice(start, start + size);
    const begunAnew = mark();
    await run('SAVEPOINT');
    for (let at = 0; at < block.length; ) {
      const item = block[at] as T;
      try {
        await apply(item, recover);
        at++;
      } catch (error) {
        signal.throwIfAborted();
        if (!isRowFault(error)) throw error;
        onFault(item, error);
        block = block.filter((each) => each !== item);
        await recover();
        begunAnew();
        at = 0;
      }
    }
    await run('RELEASE SAVEPOINT');
  }
};
