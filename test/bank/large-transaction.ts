import { bankSqlOf } from './bank-sql.ts';

/** One statement and many, both far beyond the limits of a batch; every sum stays equal. */
export const largeTransaction = (url: string): string => `${bankSqlOf(url).begin};
  INSERT INTO history (account, delta)
    SELECT a.id, sign.n * 5 FROM accounts a CROSS JOIN tellers CROSS JOIN (SELECT 1 AS n UNION ALL SELECT -1) sign;
  ${Array.from({ length: 30 }, (_, n) => `UPDATE accounts SET note = 'large ${n}' WHERE abs(id) = ${n + 1}`).join(';')};
  UPDATE accounts SET balance = balance + 1; UPDATE tellers SET balance = balance + 5;
  UPDATE branches SET balance = balance + 50 WHERE id = 1; INSERT INTO history (account, delta) VALUES (1, 50);
  COMMIT`;
