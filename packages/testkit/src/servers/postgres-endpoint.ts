import { superuser } from './postgres-data-directory.ts';

/** A PostgreSQL server that can be connected to as superuser, whoever runs it. */
export interface PostgresEndpoint {
  /** Its major version. */
  readonly version: number;
  readonly host: string;
  readonly port: number;
  /** Connection string of the superuser for a database. */
  url(database?: string): string;
}

/** Connection string for a server that the testkit has started, straight or through another address such as a proxy's. */
export function postgresUrl(address: { readonly host: string; readonly port: number }, database = 'postgres'): string {
  const { name, password } = superuser;
  return `postgres://${name}:${password}@${address.host}:${address.port}/${encodeURIComponent(database)}`;
}
