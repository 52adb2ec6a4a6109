import { type Connection, createConnection } from 'mysql2/promise';

/** Connects, uses the connection and ends it. */
export const withMysql = async <T>(url: string, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await createConnection(url);
  try {
    return await use(connection);
  } finally {
    await connection.end();
  }
};

/** Runs statements on one connection and gives what the last one gives. */
export const runOnMysql = (url: string, statements: readonly string[]): Promise<unknown> =>
  withMysql(url, async (connection) => {
    let last: unknown;
    for (const statement of statements) [last] = await connection.query(statement);
    return last;
  });
