import type { ServerVersion } from '@millrace/mysql-client';
import { bareType, partsOf } from './bare-type.ts';

const ascii = 'character set ascii collate ascii_bin';

/** The oldest version that has a type; where the other family is not named, it has none. */
export const typesSince: Readonly<Record<string, Partial<Readonly<Record<ServerVersion['kind'], number>>>>> = {
  uuid: { mariadb: 100_700 },
  inet4: { mariadb: 101_000 },
  inet6: { mariadb: 100_500 },
  vector: { mysql: 90_000, mariadb: 110_700 },
  // MariaDB has it as another name of longtext.
  json: { mysql: 0 },
  geomcollection: { mysql: 80_000 },
};

const otherwise: Readonly<Record<string, string>> = {
  uuid: `char(36) ${ascii}`,
  inet4: `varchar(15) ${ascii}`,
  inet6: `varchar(39) ${ascii}`,
  vector: 'longtext',
  json: 'longtext',
  geomcollection: 'geometrycollection',
};

/** A type of MySQL or MariaDB as the server has it. */
export const asServerHas = (type: string, { kind, version }: ServerVersion): string => {
  const bare = bareType(type);
  const { name } = partsOf(bare);
  const from = typesSince[name];
  return from === undefined || version >= (from[kind] ?? Number.POSITIVE_INFINITY) ? bare : (otherwise[name] ?? bare);
};
