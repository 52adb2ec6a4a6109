import type { Table } from './workload.ts';

/** Bodies of 96 kB to 1 MB, which lie out of line as they are. */
export const documentTable: Table = {
  name: 'documents',
  create: `CREATE TABLE documents (id bigint PRIMARY KEY, body text NOT NULL);
    ALTER TABLE documents ALTER COLUMN body SET STORAGE EXTERNAL`,
  keyed: true,
};

/** 5 MB for every ten documents. */
export const insertDocuments = (rows: number): string => `INSERT INTO documents
  SELECT n, repeat(md5(n::text), CASE WHEN n % 10 = 0 THEN 32 * 1024 ELSE (n % 10) * 3 * 1024 END)
  FROM generate_series(1, ${rows}) n`;
