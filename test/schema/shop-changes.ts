import pg from 'pg';

/** What somebody may do to tables that are in use. */
const ofColumns: readonly string[] = [
  'ALTER TABLE items ADD extra text',
  "ALTER TABLE items ADD extra text DEFAULT 'constant'",
  'ALTER TABLE items ADD extra text DEFAULT md5(random()::text)',
  'ALTER TABLE items DROP extra',
  'ALTER TABLE items ALTER n TYPE bigint',
  'ALTER TABLE items ALTER n TYPE int USING n % 1000',
  'ALTER TABLE items RENAME label TO title',
  'ALTER TABLE items RENAME title TO label',
  'BEGIN; UPDATE items SET n = n + 1 WHERE id % 50 = 1; ALTER TABLE items ADD extra text; UPDATE items SET extra = id WHERE id % 50 = 2; COMMIT',
  'ALTER TABLE orders ADD note varchar(20)',
  'ALTER TABLE orders DROP note',
  'ALTER TABLE orders ALTER total TYPE numeric(14, 3)',
  'ALTER TABLE orders ALTER total TYPE numeric(12, 2)',
];

export interface Changes extends AsyncDisposable {
  /** Statements that were done. */
  readonly done: number;
  stop(): Promise<void>;
}

/** Changes the tables of a shop while it is in use, at random, so many ms apart. */
export const startChanges = (url: string, pause: number, statements = ofColumns): Changes => {
  let stopped = false;
  let done = 0;
  const run = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    while (!stopped) {
      const statement = statements[Math.floor(Math.random() * statements.length)] ?? '';
      // Half of them do not fit what is there.
      await client.query(statement).then(
        () => done++,
        () => client.query('ROLLBACK'),
      );
      await new Promise((resolve) => setTimeout(resolve, Math.random() * pause * 2));
    }
    await client.end();
  };
  const running = run();
  const stop = async () => {
    stopped = true;
    await running;
  };
  return {
    stop,
    get done() {
      return done;
    },
    [Symbol.asyncDispose]: stop,
  };
};
