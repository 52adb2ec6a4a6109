import type { BankDatabase } from './bank-sql.ts';

const deadlocks: readonly unknown[] = ['ER_LOCK_DEADLOCK', '40P01'];

/** Runs statements one after the other beside a load. One that a deadlock ended has done nothing and is run again, as applications do. */
export const besideLoad = async (database: BankDatabase, ...statements: readonly string[]): Promise<void> => {
  for (const statement of statements)
    for (let isDone = false; !isDone; )
      isDone = await database.query(statement).then(
        () => true,
        (error: unknown) => {
          if (error instanceof Error && 'code' in error && deadlocks.includes(error.code)) return false;
          throw error;
        },
      );
};
