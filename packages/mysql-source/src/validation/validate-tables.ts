import { capturedOperations, qualifiedName, type SelectedTable, type ValidationItem } from '@millrace/core';
import { quoteQualified } from '@millrace/mysql-client';
import { isLogged, type LogFilters } from './log-filters.ts';
import { failed, listed, passed, warned } from './report.ts';
import type { ServerSettings } from './server-settings.ts';
import type { TableFacts, ViewFacts } from './table-facts.ts';

export interface TableChecks {
  readonly facts: ServerSettings;
  readonly user: string;
  readonly requested: readonly SelectedTable[];
  readonly captured: readonly TableFacts[];
  /** Those that are asked for as tables are. */
  readonly views: readonly ViewFacts[];
  /** Those of the captured ones whose rows our user may not read. */
  readonly unreadable: readonly TableFacts[];
  /** `null`: there is no log, or we may not see it. */
  readonly filters: LogFilters | null;
  /** Tables, by qualified name, whose cascaded changes are known not to arrive. */
  readonly acceptCascades: readonly string[];
}

const path = 'tables';

const names = (tables: readonly ViewFacts[]): string => listed(tables.map(qualifiedName));

const forEach = (tables: readonly TableFacts[], statement: (name: string) => string): string =>
  tables.map(({ schema, table }) => statement(quoteQualified(schema, table))).join(' ');

/** What a stream captures: without names, everything of the database in the connection, or of all. */
export const selectTables = <Facts extends ViewFacts>(
  requested: readonly SelectedTable[],
  catalog: readonly Facts[],
  database: string | null,
): readonly Facts[] =>
  requested.length === 0
    ? catalog.filter(({ schema }) => database === null || schema === database)
    : catalog.filter((facts) => capturedOperations(requested, qualifiedName(facts)) !== null);

const namedViews = (requested: readonly SelectedTable[], views: readonly ViewFacts[]): readonly ViewFacts[] =>
  views.filter((view) => requested.some(({ name }) => name === qualifiedName(view)));

const missing = ({ requested, captured, views }: TableChecks): ValidationItem => {
  const found = [...captured, ...namedViews(requested, views)].map(qualifiedName);
  const unknown = requested.filter(
    (request) => request.operations.length > 0 && !found.some((name) => capturedOperations([request], name) !== null),
  );
  return unknown.length === 0
    ? passed('TABLE_MISSING', path, 'Every named table exists')
    : failed('TABLE_MISSING', {
        path,
        message: `No table that our user may see is named ${listed(unknown.map(({ name }) => name))}`,
      });
};

const readable = ({ unreadable, user }: TableChecks): ValidationItem =>
  unreadable.length === 0
    ? passed('TABLE_NOT_READABLE', path, 'Every captured table may be read')
    : failed('TABLE_NOT_READABLE', {
        path,
        message: `Our user may not read ${names(unreadable)}`,
        fix: forEach(unreadable, (name) => `GRANT SELECT ON ${name} TO ${user};`),
      });

const logged = ({ captured, filters }: TableChecks): ValidationItem => {
  const code = 'BINLOG_FILTERED';
  const databases = [...new Set(captured.map(({ schema }) => schema))];
  const lost = filters === null ? [] : databases.filter((database) => !isLogged(filters, database));
  return lost.length === 0
    ? passed(code, path, 'No filter keeps changes of captured tables out of the log')
    : failed(code, {
        path,
        message: `The server does not log changes of ${listed(lost)} (Binlog_Do_DB, Binlog_Ignore_DB)`,
        fix: 'take binlog_do_db and binlog_ignore_db out of the option file -- then restart the server',
      });
};

const cascades = ({ facts, captured, acceptCascades }: TableChecks): ValidationItem => {
  const code = 'CASCADE_NOT_LOGGED';
  const silent = captured.filter((table) => table.cascades && !acceptCascades.includes(qualifiedName(table)));
  if (facts.log.holdsCascades || silent.length === 0) {
    return passed(code, path, 'What foreign keys change is logged, or they change nothing');
  }
  return failed(code, {
    path,
    message: `Foreign keys change or remove rows of ${names(silent)} by CASCADE or SET NULL, and this server does not log that: they would stay at the target as they were`,
    fix:
      facts.kind === 'mysql' && facts.version >= 90_600
        ? 'below [mysqld] in the option file: innodb_native_foreign_keys = OFF -- then restart the server'
        : 'foreign keys without CASCADE and SET NULL, or MySQL 9.6 and newer; or leave the tables out',
  });
};

const keys = ({ captured }: TableChecks): ValidationItem => {
  const keyless = captured.filter(({ keyed }) => !keyed);
  if (keyless.length === 0) return passed('TABLE_WITHOUT_KEY', path, 'Every captured table has a key');
  const message = `Without a unique index over NOT NULL columns, rows are told apart by all their values only, slowly: ${names(keyless)}`;
  const fix = forEach(keyless, (name) => `ALTER TABLE ${name} ADD PRIMARY KEY (…);`);
  return warned('TABLE_WITHOUT_KEY', { path, message, fix });
};

const engines = ({ captured }: TableChecks): ValidationItem => {
  const without = captured.filter(({ transactional }) => !transactional);
  if (without.length === 0) return passed('ENGINE_NOT_TRANSACTIONAL', path, 'Every captured table has transactions');
  const message = `The engines of ${names(without)} have no transactions: readers see half of a statement, and what was rolled back stays`;
  const fix = forEach(without, (name) => `ALTER TABLE ${name} ENGINE = InnoDB;`);
  return warned('ENGINE_NOT_TRANSACTIONAL', { path, message, fix });
};

/** A view that is named is an error; the same of a pattern, or where everything is taken, is good to know. */
const notLogged = ({ requested, views }: TableChecks): readonly ValidationItem[] => {
  const code = 'NOT_IN_STREAM';
  const named = namedViews(requested, views);
  const others = views.filter((view) => !named.includes(view));
  const message = `The log holds no changes of views: ${names(named)}`;
  return [
    ...(named.length === 0
      ? []
      : [failed(code, { path, message, fix: 'leave them out, and take the tables they read' })]),
    ...(others.length === 0 ? [] : [warned(code, { path, message: `Not in the stream, views: ${names(others)}` })]),
  ];
};

/** The captured tables. */
export const validateTables = (checks: TableChecks): readonly ValidationItem[] => [
  ...[missing, readable, logged, cascades, keys, engines].map((check) => check(checks)),
  ...notLogged(checks),
];
