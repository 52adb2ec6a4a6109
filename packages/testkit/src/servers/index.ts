export { embeddedPostgres, embeddedPostgresRunsHere, type PostgresBinaries } from './embedded-postgres.ts';
export { endpointOf, externalPostgres } from './external-postgres.ts';
export { type PostgresEndpoint, postgresUrl } from './postgres-endpoint.ts';
export { type PostgresOptions, type PostgresServer, type ShutdownMode, startPostgres } from './postgres-server.ts';
export type { PostgresSettings } from './postgres-settings.ts';
export { createDatabase, type TestDatabase } from './test-database.ts';
export { uniqueName } from './unique-name.ts';
