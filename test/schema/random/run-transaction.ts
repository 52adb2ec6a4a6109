import type pg from 'pg';

/** Runs statements as one transaction. What the server refuses is as if it had never been said. */
export const runTransaction = async (client: pg.Client, statements: readonly string[]): Promise<void> => {
  await client.query('BEGIN');
  for (const statement of statements) {
    await client.query('SAVEPOINT one');
    await client.query(`${statement}; RELEASE one`).catch(() => client.query('ROLLBACK TO one'));
  }
  await client.query('COMMIT');
};
