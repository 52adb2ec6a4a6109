export interface Transactions {
  readonly rows: number;
  readonly perTransaction: number;
}

/**
 * One statement that changes rows 1 to `rows`, so many per transaction. `statement` is told the SQL names of the first
 * and the last number of a transaction. To be run outside a transaction, by itself: it commits.
 */
export const inTransactions = (
  { rows, perTransaction }: Transactions,
  statement: (first: string, last: string) => string,
): string => `DO $load$
DECLARE low bigint := 1; high bigint;
BEGIN
  WHILE low <= ${rows} LOOP
    high := least(low + ${perTransaction} - 1, ${rows});
    ${statement('low', 'high')};
    COMMIT;
    low := high + 1;
  END LOOP;
END $load$`;
