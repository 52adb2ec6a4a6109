/** Which of the two families a server belongs to. */
export type MysqlKind = 'mysql' | 'mariadb';

/** A MySQL or MariaDB server that can be connected to as superuser, whoever runs it. */
export interface MysqlEndpoint {
  readonly kind: MysqlKind;
  /** E.g. 90704 for 9.7.4. */
  readonly version: number;
  readonly host: string;
  readonly port: number;
  /** Connection string of the superuser, for a database or for none. */
  url(database?: string): string;
}

/** Name and password of the superuser of every started server. */
export const mysqlSuperuser = { name: 'root', password: 'root' } as const;

/** What a server or program says of its version, e.g. `10.11.18-MariaDB-0+deb12u1`, as a number; throws for anything else. */
export function mysqlVersion(text: string): number {
  const [, major, minor, patch] = /(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  if (patch === undefined) throw new Error(`"${text}" holds no version`);
  return Number(major) * 10_000 + Number(minor) * 100 + Number(patch);
}

/** The other way round: 90704 is `9.7.4`. */
export const mysqlVersionText = (version: number): string =>
  [Math.trunc(version / 10_000), Math.trunc(version / 100) % 100, version % 100].join('.');

/** The server behind a connection string whose kind and version are known. */
export function mysqlEndpointOf(url: string, kind: MysqlKind, version: number): MysqlEndpoint {
  const base = new URL(url);
  return {
    kind,
    version,
    host: base.hostname,
    port: Number(base.port || 3306),
    url: (database = '') => {
      const to = new URL(base);
      to.pathname = `/${database}`;
      return to.href;
    },
  };
}
