import { inspect } from 'node:util';
import type { Column } from '../../packages/core/src/index.ts';
import { describedRelation } from '../../packages/mysql-source/src/rows/described-relation.ts';
import { postgresType } from '../../packages/sql-sink/src/postgres/target/mysql-types.ts';
import type { DocumentedType } from '../../test/values/documented-type.ts';
import { mysqlTypes } from '../../test/values/mysql-types.ts';
import { code, table } from './markdown.ts';

/** How one database's types are read and what another one makes of them. */
interface Mapping {
  readonly types: readonly DocumentedType[];
  /** The source, as the head of a column. */
  readonly source: string;
  readonly target: string;
  /** What functions are told of a column, by its type at the source. */
  readonly valueType: (native: string) => Column['type'];
  readonly targetType: (native: string) => string;
}

const rowOf = (
  { type, alike = [], native = type, only, values, note = '' }: DocumentedType,
  { valueType, targetType }: Mapping,
): readonly string[] => {
  const [value, target] = [valueType(native), targetType(native)];
  const other = alike.find((one) => valueType(one) !== value || targetType(one) !== target);
  if (other !== undefined) throw new Error(`${other} does not become what ${type} does`);
  const names = [type, ...alike].map(code).join(', ');
  return [
    only === undefined ? names : `${names} of ${only === 'mysql' ? 'MySQL' : 'MariaDB'}`,
    code(target),
    values
      .map(({ text, printed = text }) => (printed === text ? code(text) : `${code(text)} (${code(printed)})`))
      .join('<br>'),
    value,
    values.map(({ javascript }) => code(inspect(javascript, { breakLength: Number.POSITIVE_INFINITY }))).join('<br>'),
    note,
  ];
};

const valueTable = (mapping: Mapping): string =>
  table(
    [mapping.source, mapping.target, 'such as', 'type', 'JavaScript value', ''],
    mapping.types.map((type) => rowOf(type, mapping)),
  );

const mysqlValueType = (type: string): Column['type'] => {
  const column = { name: '', type, collation: null, nullable: true, generated: null, invisible: false };
  const { columns } = describedRelation({ schema: '', table: '', columns: [column], primaryKey: null });
  return columns[0]?.type ?? 'other';
};

/** The types of MySQL and MariaDB, and what becomes of them at PostgreSQL. */
export const mysqlToPostgres = (): string =>
  valueTable({
    types: mysqlTypes,
    source: 'MySQL and MariaDB',
    target: 'PostgreSQL',
    valueType: mysqlValueType,
    targetType: postgresType,
  });
