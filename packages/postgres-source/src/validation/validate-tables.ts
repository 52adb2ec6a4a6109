import {
  capturedOperations,
  qualifiedName,
  type SelectedTable as RequestedTable,
  type ValidationItem,
} from '@millrace/core';
import { quoteQualified } from '@millrace/postgres-client';
import { ambiguousNames, type SelectedTable, type Selection } from '../catalog/select-tables.ts';
import type { TableFacts } from '../catalog/table-facts.ts';
import type { PublicationFacts } from '../publication/publication-facts.ts';
import { type PublicationPlan, publishesChanges } from '../publication/publication-plan.ts';
import type { InstanceFacts } from './instance-facts.ts';
import { failed, listed, passed, warned } from './report.ts';

export interface TableChecks {
  readonly instance: InstanceFacts;
  readonly catalog: readonly TableFacts[];
  readonly selection: Selection;
  readonly plan: PublicationPlan;
  readonly existing: readonly PublicationFacts[];
  /** Nothing: the stream takes everything. */
  readonly requested: readonly RequestedTable[];
}

const path = 'tables';

const missing = ({ missing }: Selection): ValidationItem =>
  missing.length === 0
    ? passed('TABLE_MISSING', path, 'Every named table exists')
    : failed('TABLE_MISSING', { path, message: `No table is named ${listed(missing)}` });

const ambiguous = (selection: Selection): ValidationItem => {
  const names = ambiguousNames(selection);
  return names.length === 0
    ? passed('TABLE_AMBIGUOUS', path, 'Every captured table has a name of its own')
    : failed('TABLE_AMBIGUOUS', {
        path,
        message: `More than one captured table is called ${listed(names)}`,
        fix: 'leave both out, or rename one of them or its schema: ALTER TABLE … RENAME TO …',
      });
};

/** Tables whose updates or deletes are published, now or by what would be made, without replica identity. */
const unidentifiedTables = ({ plan, selection, existing }: TableChecks): readonly SelectedTable[] => {
  const published = selection.tables.filter(
    ({ facts }) =>
      !facts.identified &&
      existing.some(
        ({ tables, operations }) => tables.has(qualifiedName(facts)) && publishesChanges(new Set(operations)),
      ),
  );
  return [...new Set([...published, ...plan.unidentified])];
};

const identify = (tables: readonly TableFacts[]): string =>
  tables
    .flatMap(({ schema, table, unidentified }) =>
      unidentified.length > 0 ? unidentified : [quoteQualified(schema, table)],
    )
    .map((name) => `ALTER TABLE ${name} REPLICA IDENTITY FULL;`)
    .join(' ');

const replicaIdentity = (checks: TableChecks): ValidationItem => {
  const tables = unidentifiedTables(checks);
  const code = 'NO_REPLICA_IDENTITY';
  if (tables.length === 0) return passed(code, path, 'Every captured table has a replica identity');
  const names = listed(tables.map(({ facts }) => qualifiedName(facts)));
  const lacking = tables.some(({ facts }) => facts.identified) ? ', with all columns of its where,' : '';
  const isParted = tables.some(({ facts }) => facts.kind === 'partitioned');
  const parts = isParted ? ', or leaves open which rows they change: partitions have one each' : '';
  return failed(code, {
    path,
    message: `Without a replica identity${lacking || ','} publishing updates and deletes of ${names} makes those statements fail${parts}`,
    fix: `${identify(tables.map(({ facts }) => facts))} -- or operations: ['insert'] for them`,
  });
};

const leftOut = ({ leftOut }: Selection): ValidationItem[] =>
  leftOut.length === 0
    ? []
    : [
        warned('TABLE_LEFT_OUT', {
          path,
          message: `Not captured, because the log could not identify their rows: ${listed(leftOut.map(qualifiedName))}`,
          fix: identify(leftOut),
        }),
      ];

const kindsNotLogged: readonly (readonly [string, (facts: TableFacts) => boolean])[] = [
  ['sequences', ({ kind }) => kind === 'sequence'],
  ['unlogged tables', ({ kind, persistence }) => kind === 'table' && persistence === 'unlogged'],
  ['temporary tables', ({ kind, persistence }) => kind === 'table' && persistence === 'temporary'],
  ['foreign tables', ({ kind }) => kind === 'foreign'],
  ['views', ({ kind }) => kind === 'view'],
  ['materialized views', ({ kind }) => kind === 'materialized-view'],
];

const waysOut =
  "leave them out, ALTER TABLE … SET LOGGED for unlogged tables, or copy what a view holds: { name, query: 'SELECT * FROM …' }";

/** What is named and not logged is an error; the same of a pattern, or where everything is taken, is good to know. */
const notLogged = ({ selection, catalog, instance, requested }: TableChecks): ValidationItem[] => {
  const code = 'NOT_IN_STREAM';
  const items: ValidationItem[] = [];
  const named = new Set(selection.notLogged);
  if (named.size > 0) {
    const message = `The log holds no changes of ${listed([...named].map(qualifiedName))}`;
    items.push(failed(code, { path, message, fix: waysOut }));
  }
  const met = catalog.filter((facts) => !named.has(facts) && capturedOperations(requested, qualifiedName(facts)));
  for (const [what, is] of kindsNotLogged) {
    const names = met.filter(is).map(qualifiedName);
    if (names.length > 0) items.push(warned(code, { path, message: `Not in the stream, ${what}: ${listed(names)}` }));
  }
  if (requested.length === 0 && instance.largeObjects)
    items.push(warned(code, { path, message: 'Not in the stream: large objects' }));
  return items;
};

/** The captured tables themselves. */
export const validateTables = (checks: TableChecks): readonly ValidationItem[] => [
  missing(checks.selection),
  ambiguous(checks.selection),
  replicaIdentity(checks),
  ...leftOut(checks.selection),
  ...notLogged(checks),
];
