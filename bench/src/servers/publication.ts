import type { Table } from '../workloads/workload.ts';

const main = 'bench';
/** Where tables without a key are published, whose updates would otherwise fail at the source. */
const insertOnly = `${main}_insert`;

/** The publication that our stream is told of; it finds the other one by its name. */
export const publication = main;

/** The row of this table says that everything before it has arrived. */
export const markerTable: Table = {
  name: 'marker',
  create: 'CREATE TABLE marker (id int PRIMARY KEY)',
  keyed: true,
};

const keyless = (tables: readonly Table[]) => tables.filter(({ keyed }) => !keyed);
const list = (tables: readonly Table[]) => tables.map(({ name }) => name).join(', ');

/** The names of the publications of these tables. */
export const publicationNames = (tables: readonly Table[]): readonly string[] =>
  keyless(tables).length === 0 ? [main] : [main, insertOnly];

/** The statements that publish these tables. */
export const createPublications = (tables: readonly Table[]): readonly string[] => {
  const keyed = tables.filter((table) => table.keyed);
  const statements = [`CREATE PUBLICATION ${main} FOR TABLE ${list(keyed)}`];
  const others = keyless(tables);
  if (others.length > 0)
    statements.push(`CREATE PUBLICATION ${insertOnly} FOR TABLE ${list(others)} WITH (publish = 'insert')`);
  return statements;
};

/** What our stream is told to capture. */
export const capturedTables = (tables: readonly Table[]) =>
  tables.map(({ name, keyed }) => (keyed ? name : { name, operations: ['insert' as const] }));
