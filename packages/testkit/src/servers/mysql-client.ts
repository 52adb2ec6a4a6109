import type { Connection, ConnectionOptions } from 'mysql2/promise';

/** Values as the server has them: nothing rounded, no zone of this machine's, JSON as text. */
const exact: ConnectionOptions = {
  dateStrings: true,
  supportBigNumbers: true,
  jsonStrings: true,
  timezone: 'Z',
  charset: 'utf8mb4',
  multipleStatements: true,
};

/** Connects with the driver mysql2, which is loaded here, so that who has no MySQL does not need it. */
export async function connectMysql(url: string, options: ConnectionOptions = {}): Promise<Connection> {
  const { createConnection } = await import('mysql2/promise');
  return createConnection({ uri: url, ...exact, ...options });
}

/** Connects for as long as `use` takes. */
export async function withMysql<T>(url: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connectMysql(url);
  try {
    return await use(connection);
  } finally {
    await connection.end();
  }
}

/** Runs SQL and gives the rows of its last statement; none for one that has none. */
export async function mysqlRows<Row>(
  connection: Connection,
  text: string,
  values?: readonly unknown[],
): Promise<Row[]> {
  const [results, fields] = await connection.query(text, values && [...values]);
  if (!Array.isArray(results)) return [];
  // Of several statements the driver gives a list of results, and of fields one entry for each.
  const several = Array.isArray(fields) && fields.some((field) => field === undefined || Array.isArray(field));
  const last: unknown = several ? results.at(-1) : results;
  return Array.isArray(last) ? (last as Row[]) : [];
}
