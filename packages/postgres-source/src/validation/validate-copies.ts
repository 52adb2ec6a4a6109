import { qualifiedName, type ValidationItem } from '@millrace/core';
import { quoteIdentifier, quoteQualified } from '@millrace/postgres-client';
import type { UnreadableHeap } from '../catalog/readable-heaps.ts';
import type { TableFacts } from '../catalog/table-facts.ts';
import type { PublicationFacts } from '../publication/publication-facts.ts';
import { failed, listed, passed, warned } from './report.ts';

export interface CopyChecks {
  /** The captured ones. */
  readonly tables: readonly TableFacts[];
  /** Those of them whose updates are not captured. */
  readonly partial: readonly TableFacts[];
  readonly existing: readonly PublicationFacts[];
  readonly unreadable: readonly UnreadableHeap[];
  readonly role: string;
}

const path = 'tables';

const listOf = (heaps: readonly UnreadableHeap[]): string =>
  heaps.map(({ schema, table }) => quoteQualified(schema, table)).join(', ');

/** Changes cannot be replayed over what is copied of these. */
export const exactCopies = ({ tables, partial }: Pick<CopyChecks, 'tables' | 'partial'>): readonly TableFacts[] =>
  tables.filter((table) => table.key === null || partial.includes(table));

const exact = (checks: CopyChecks): ValidationItem[] => {
  const names = exactCopies(checks).map(qualifiedName);
  if (names.length === 0) return [];
  return [
    warned('COPY_NOT_RESUMABLE', {
      path,
      message: `Copied in one transaction each, and anew when that is interrupted, because the log has no key or no updates of their rows: ${listed(names)}`,
      fix: 'ALTER TABLE … ADD PRIMARY KEY …; and capture updates',
    }),
  ];
};

const unclear = ({ tables, existing }: CopyChecks): ValidationItem[] => {
  const names = tables.map(qualifiedName).filter((name) => {
    const parts = existing.flatMap((publication) => publication.tables.get(name) ?? []);
    return parts.some(({ rowFilter }) => rowFilter !== parts[0]?.rowFilter);
  });
  if (names.length === 0) return [];
  const publications = existing.map(({ name }) => name);
  return [
    failed('TABLE_NOT_COPYABLE', {
      path,
      message: `Publications ${listed(publications)} publish different rows of ${listed(names)}`,
      fix: 'publish each table in one of them, or with the same WHERE',
    }),
  ];
};

const privileges = ({ unreadable, role }: CopyChecks): ValidationItem[] => {
  const denied = unreadable.filter(({ reason }) => reason === 'privilege');
  if (denied.length === 0) return [];
  return [
    failed('MISSING_PRIVILEGE', {
      path,
      message: `Role ${role} may not read ${listed(denied.map(qualifiedName))}`,
      fix: `GRANT SELECT ON ${listOf(denied)} TO ${quoteIdentifier(role)};`,
    }),
  ];
};

/** Rows would be missing without a word. */
const policies = ({ unreadable, role }: CopyChecks): ValidationItem[] => {
  const secured = unreadable.filter(({ reason }) => reason === 'policy');
  if (secured.length === 0) return [];
  return [
    failed('ROW_SECURITY', {
      path,
      message: `Row-level security hides rows of ${listed(secured.map(qualifiedName))} from role ${role}`,
      fix: `ALTER ROLE ${quoteIdentifier(role)} BYPASSRLS;`,
    }),
  ];
};

/** Whether the rows that exist can be copied. */
export const validateCopies = (checks: CopyChecks): readonly ValidationItem[] => {
  const items = [...unclear(checks), ...privileges(checks), ...policies(checks)];
  const problems =
    items.length > 0 ? items : [passed('TABLE_NOT_COPYABLE', path, 'Every captured table can be copied')];
  return [...problems, ...exact(checks)];
};
