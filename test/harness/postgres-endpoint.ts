import { superuser } from './postgres-data-directory.ts';
import type { PostgresVersion } from './postgres-version.ts';

/** A PostgreSQL server that can be connected to as superuser, whoever runs it. */
export interface PostgresEndpoint {
  readonly version: PostgresVersion;
  readonly host: string;
  readonly port: number;
  /** Connection string of the superuser for a database. */
  url(database?: string): string;
}

/** Connection string for a server of this harness, straight or through another address such as a proxy's. */
export function postgresUrl(address: { readonly host: string; readonly port: number }, database = 'postgres'): string {
  const { name, password } = superuser;
  return `postgres://${name}:${password}@${address.host}:${address.port}/${encodeURIComponent(database)}`;
}
