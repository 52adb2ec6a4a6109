export { postgresSource } from './postgres-source.ts';
export { postgresSourceErrors } from './postgres-source-errors.ts';
export type { PostgresSourceOptions } from './source-options.ts';
export type { ValueCodec, ValueForm } from './values/value-forms.ts';
