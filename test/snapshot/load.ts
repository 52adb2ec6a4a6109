/** An application at work. */
export interface Load extends AsyncDisposable {
  readonly committed: number;
  stop(): Promise<void>;
}

interface LoadConnection {
  query(sql: string): Promise<unknown>;
  end(): Promise<unknown>;
}

export interface LoadOptions {
  readonly connections: number;
  /** Rejects while the server is down. */
  readonly connect: () => Promise<LoadConnection>;
  /** The statements of the next transaction. */
  readonly next: () => string;
  /** Called before each transaction; connections and transactions are counted from 0. */
  readonly prepare?: (connection: LoadConnection, worker: number, count: number) => Promise<unknown>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs one transaction after the other on each connection. One that fails is rolled back; a broken connection is made anew. */
export const startTransactions = ({ connections, connect, next, prepare }: LoadOptions): Load => {
  let stopped = false;
  let committed = 0;
  const run = async (worker: number): Promise<void> => {
    while (!stopped) {
      const connection = await connect().catch(() => null);
      try {
        for (let count = 0; !stopped && connection !== null; count++) {
          await prepare?.(connection, worker, count);
          await connection.query(`BEGIN; ${next()}; COMMIT`).then(
            () => committed++,
            () => connection.query('ROLLBACK'),
          );
          await pause(2);
        }
      } catch {
        // The server is down for a moment, on purpose.
      } finally {
        await connection?.end().catch(() => {});
      }
      if (!stopped) await pause(50);
    }
  };
  const running = Promise.all(Array.from({ length: connections }, (_, worker) => run(worker)));
  const stop = async () => {
    stopped = true;
    await running;
  };
  return {
    stop,
    get committed() {
      return committed;
    },
    [Symbol.asyncDispose]: stop,
  };
};
