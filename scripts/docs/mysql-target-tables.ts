import type { Column, Relation } from '../../packages/core/src/index.ts';
import type { ServerVersion } from '../../packages/mysql-client/src/index.ts';
import { bareType, partsOf } from '../../packages/sql-sink/src/mysql/target/bare-type.ts';
import { mysqlNames } from '../../packages/sql-sink/src/mysql/target/mysql-types.ts';
import { typesSince } from '../../packages/sql-sink/src/mysql/target/server-types.ts';
import { mysqlValues } from '../../packages/sql-sink/src/mysql/testing/mysql-values.ts';
import { postgresValues } from '../../packages/sql-sink/src/mysql/testing/postgres-values.ts';
import type { ValueCase } from '../../packages/sql-sink/src/mysql/testing/value-case.ts';
import { code, table } from './markdown.ts';

type Kind = ServerVersion['kind'];

const newest: Readonly<Record<Kind, number>> = { mysql: 999_999, mariadb: 999_999 };
const oldest: Readonly<Record<Kind, number>> = { mysql: 80_017, mariadb: 100_600 };

const typeAt = ({ native, type, dialect }: ValueCase, server: ServerVersion): string => {
  const column = (name: string, native: string, type: Column['type']): Column => ({
    name,
    native,
    type,
    nullable: false,
    generated: false,
  });
  const relation: Relation = {
    schema: 's',
    table: 't',
    version: 0,
    columns: [column('id', 'int', 'int'), column('v', native, type)],
    key: [0],
    identity: 'key',
    ...(dialect === undefined ? {} : { dialect }),
  };
  const [, made] = mysqlNames({}, server).of(relation).columns;
  // As servers say it.
  return bareType(made?.native ?? '').replace('(0)', '');
};

const release = (version: number): string => `${Math.trunc(version / 10_000)}.${Math.trunc(version / 100) % 100}`;

/** The type at the newest version, and what an older one that lacks it has instead. Throws where tests expect another one. */
const typeAtAll = (of: ValueCase, kind: Kind): string => {
  const [now, before] = [newest, oldest].map((versions) => typeAt(of, { kind, version: versions[kind] }));
  const tested = typeof of.target === 'string' ? of.target : of.target[kind === 'mysql' ? 0 : 1];
  if (now === undefined || before === undefined || now !== tested)
    throw new Error(`${of.native} becomes ${now} at ${kind}, which tests take for ${tested}`);
  if (now === before) return code(now);
  return `${code(now)}; before ${release(typesSince[partsOf(now).name]?.[kind] ?? 0)} ${code(before)}`;
};

const isShort = (text: string): boolean =>
  /^[\p{L}\p{N}\p{P}\p{S}](?:[\p{L}\p{N}\p{P}\p{S} ]{0,40}[\p{L}\p{N}\p{P}\p{S}])?$/u.test(text);

/** Two of the longest values that fit into a cell, of those that the target prints as they are if there are any. */
const examples = ({ values }: ValueCase): readonly string[] => {
  const pairs = values.map((value) => (typeof value === 'string' ? ([value, value] as const) : value));
  const short = pairs.filter(([text, read]) => isShort(text) && isShort(read));
  const alike = short.filter(([text, read]) => text === read);
  return (alike.length > 0 ? alike : short)
    .toSorted(([one], [other]) => other.length - one.length)
    .slice(0, 2)
    .map(([text, read]) => (text === read ? code(text) : `${code(text)} (${code(read)})`));
};

interface Row {
  readonly names: string[];
  readonly mysql: string;
  readonly mariadb: string;
  readonly examples: readonly string[];
  readonly refused: readonly string[];
}

const rowOf = (of: ValueCase): Row => ({
  names: [of.called ?? code(of.native)],
  mysql: typeAtAll(of, 'mysql'),
  mariadb: typeAtAll(of, 'mariadb'),
  examples: examples(of),
  refused: (of.refused ?? []).map(code),
});

/** Types whose values become texts stand in one row, and numbers among them in another one. */
const rowsOf = (cases: readonly ValueCase[]): readonly Row[] => {
  const rows: Row[] = [];
  const texts = new Map<boolean, Row>();
  for (const of of cases) {
    const row = rowOf(of);
    const isNumber = of.type === 'decimal';
    const known = row.mysql === code('longtext') ? texts.get(isNumber) : undefined;
    if (known !== undefined) known.names.push(...row.names);
    else rows.push(row);
    if (row.mysql === code('longtext') && known === undefined) texts.set(isNumber, row);
  }
  return rows;
};

const cells = ({ names, mysql, mariadb, examples, refused }: Row): readonly string[] => [
  names.join(', '),
  mysql,
  mariadb,
  examples.join('<br>'),
  refused.join('<br>'),
];

/** The types of PostgreSQL, and what becomes of them at MySQL and MariaDB. */
export const postgresToMysql = (): string =>
  table(['PostgreSQL', 'MySQL', 'MariaDB', 'such as', 'refused'], rowsOf(postgresValues).map(cells));

/** The types that are others at one of the two servers, or values of which it refuses. */
export const betweenMysqlAndMariadb = (): string => {
  const isOther = ({ names: [name], mysql, mariadb, refused }: Row) =>
    mysql !== name || mariadb !== name || refused.length > 0;
  const rows = mysqlValues.map(rowOf).filter(isOther);
  return table(['MySQL and MariaDB', 'at MySQL', 'at MariaDB', 'such as', 'refused'], rows.map(cells));
};
