import { errnoOf, mysqlErrorOf, quoteIdentifier, quoteLiteral, type ScriptSession } from '@millrace/mysql-client';

/** Denied for a database, a table, a column. */
const denied = [1044, 1142, 1143];

const privileges = 'CREATE, ALTER, SELECT, INSERT, UPDATE, DELETE';

/** An account as `GRANT` takes it; its name may hold an @, its host does not. */
export const accountOf = (account: string): string => {
  const at = account.lastIndexOf('@');
  return [account.slice(0, at), account.slice(at + 1)].map(quoteLiteral).join('@');
};

/** What uses the checkpoint tables; where a privilege is missing, the error says how to give it. */
export const withGrant = async <Result>(
  session: ScriptSession,
  schema: string,
  signal: AbortSignal,
  act: () => Promise<Result>,
): Promise<Result> => {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Error) || !denied.includes(errnoOf(error) ?? 0)) throw error;
    const [row] = await session.query<{ account: string }>('SELECT CURRENT_USER() AS account', [], { signal });
    throw mysqlErrorOf('PERMISSION_DENIED', error.message, {
      hint: `GRANT ${privileges} ON ${quoteIdentifier(schema)}.* TO ${accountOf(row?.account ?? '')};`,
      details: { errno: errnoOf(error) },
      cause: error,
    });
  }
};
