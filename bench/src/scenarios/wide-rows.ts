import { inTransactions } from '../workloads/in-transactions.ts';
import type { Table } from '../workloads/workload.ts';
import { backlogScenario } from './backlog-scenario.ts';

const documents: Table = {
  name: 'documents',
  create: 'CREATE TABLE documents (id bigint PRIMARY KEY, body text NOT NULL)',
  keyed: true,
};

/** 80 hashes of 128 digits are 10 kB in which nothing repeats, so that nothing is compressed. */
const insertDocuments = (first: string, last: string): string =>
  `INSERT INTO documents
    SELECT n, (SELECT string_agg(encode(sha512((n || ' ' || part)::bytea), 'hex'), '') FROM generate_series(1, 80) part)
    FROM generate_series(${first}, ${last}) n`;

export const wideRows = backlogScenario({
  name: 'wide',
  summary: '30k inserts of 10 kB of text, in transactions of 100',
  workload: (size) => {
    const rows = size(30_000);
    return {
      tables: [documents],
      preload: [],
      load: { kind: 'statements', statements: [inTransactions({ rows, perTransaction: 100 }, insertDocuments)] },
      changes: rows,
    };
  },
  aims: [{ form: 'default', synchronousCommit: 'on', target: 1, floor: null }],
});
