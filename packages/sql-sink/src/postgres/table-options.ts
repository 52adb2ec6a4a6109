import { type TablePolicies, tablePolicyProblems } from '../policies/target-policies.ts';
import type { TargetTableNames } from '../target/target-names.ts';
import { isObject, type Problem, tableNameProblems } from '../target/target-names-problems.ts';
import { type TableWriteOptions, tableWriteProblems } from './write/write-mode-options.ts';

/** What is said of one table. */
export interface TableOptions extends TablePolicies, TargetTableNames, TableWriteOptions {}

const known: readonly string[] = ['schemaPolicy', 'existingRows', 'name', 'columns', 'writeMode', 'deletes'];

const problemsOf = (table: string, options: unknown): readonly Problem[] => {
  const path = `tables.${table}`;
  const named = /^[^.]+\../.test(table) ? [] : [{ path, message: 'must be named as schema.table' }];
  if (!isObject(options)) return [...named, { path, message: 'must be an object' }];
  const others = Object.keys(options).filter((name) => !known.includes(name));
  return [
    ...named,
    ...tablePolicyProblems(path, options),
    ...tableNameProblems(path, options),
    ...tableWriteProblems(path, options),
    ...others.map((name) => ({ path: `${path}.${name}`, message: 'is not an option' })),
  ];
};

/** Everything that is wrong with what is said of single tables. */
export const tableOptionProblems = (tables: unknown): readonly Problem[] => {
  if (tables === undefined) return [];
  if (!isObject(tables)) return [{ path: 'tables', message: 'must be an object' }];
  return Object.entries(tables).flatMap(([table, options]) => problemsOf(table, options));
};
