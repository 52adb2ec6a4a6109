import { qualifiedName, type Relation, type SelectedTable, type ValidationItem } from '@millrace/core';
import { quoteIdentifier, quoteQualified } from '@millrace/postgres-client';
import { failed } from './report.ts';

const path = 'tables';

const problem = (relation: Relation, key: readonly string[]): ValidationItem | null => {
  const name = qualifiedName(relation);
  const quoted = quoteQualified(relation.schema, relation.table);
  const columns = key.map((column) => relation.columns.find((one) => one.name === column));
  const unknown = key.filter((_, at) => columns[at] === undefined);
  const wrong = (message: string, fix: string | null = null) => failed('KEY_NOT_POSSIBLE', { path, message, fix });
  if (unknown.length > 0) return wrong(`${name} has no column "${unknown.join('", "')}" for its key`);
  if (relation.identity !== 'full')
    return wrong(
      `The log does not say the old values of all columns of ${name}: another key than its own could miss rows`,
      `ALTER TABLE ${quoted} REPLICA IDENTITY FULL;`,
    );
  const nullable = columns.flatMap((column) => (column?.nullable === false ? [] : (column?.name ?? [])));
  if (nullable.length > 0)
    return wrong(
      `A column of the key of ${name} may be NULL: ${nullable.join(', ')}`,
      nullable.map((column) => `ALTER TABLE ${quoted} ALTER COLUMN ${quoteIdentifier(column)} SET NOT NULL;`).join(' '),
    );
  const terms = new Set(key.flatMap((column) => [column, quoteIdentifier(column)]));
  const isUnique = relation.unique?.some(
    (index) => index.predicate === null && index.terms.every((term) => terms.has(term)),
  );
  const list = key.map(quoteIdentifier).join(', ');
  return isUnique === true
    ? null
    : wrong(`Rows of ${name} may be equal in (${list})`, `CREATE UNIQUE INDEX CONCURRENTLY ON ${quoted} (${list});`);
};

/** Whether rows can be told apart by the keys that are asked for. */
export const validateKeys = (
  requested: readonly SelectedTable[],
  relations: readonly Relation[],
): readonly ValidationItem[] =>
  requested.flatMap(({ name, key }) => {
    const relation = relations.find((one) => qualifiedName(one) === name);
    return key === undefined || relation === undefined ? [] : (problem(relation, key) ?? []);
  });
