import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import type { Form } from './form.ts';

const binary = 'postgres-binary';

/** The forms that values can take from our source to our sink, as the packages are built. */
export const builtForms = (): readonly Form[] => {
  const connection = 'postgres://nobody@localhost/nothing';
  const offered: readonly string[] = postgresSource({ connection }).capabilities.formats;
  const taken: readonly string[] = postgresSink({ connection }).capabilities.formats;
  return offered.includes(binary) && taken.includes(binary) ? ['text', 'binary'] : ['text'];
};
