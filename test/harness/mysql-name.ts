import type { MysqlEndpoint } from '../../packages/testkit/src/servers/index.ts';

/**
 * The servers that tests of MySQL and MariaDB know how to get: the newest MySQL there is, the MariaDB of the previous
 * long-term series, and that of the present one.
 */
export const knownMysqlNames = ['mysql', 'mariadb-10.11', 'mariadb-11.8'] as const;

/** One of them. */
export type MysqlName = (typeof knownMysqlNames)[number];

/** Which of them a server stands for that somebody else runs. */
export const mysqlNameOf = ({ kind, version }: MysqlEndpoint): MysqlName => {
  if (kind === 'mysql') return 'mysql';
  return version < 110_000 ? 'mariadb-10.11' : 'mariadb-11.8';
};

/** The known server of this name; throws for any other. */
export function asMysqlName(text: string): MysqlName {
  const name = knownMysqlNames.find((known) => known === text);
  if (name === undefined) throw new Error(`${text} is not one of ${knownMysqlNames.join(', ')}`);
  return name;
}
