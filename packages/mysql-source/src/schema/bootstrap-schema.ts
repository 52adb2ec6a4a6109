import type { LogSession } from '../log-session.ts';
import type { SchemaScope } from './model/schema-draft.ts';
import { readSchema } from './read-definitions.ts';
import { schemaError } from './schema-errors.ts';
import { writeSchemaHistory } from './schema-history.ts';
import { SchemaModel } from './schema-model.ts';

export interface BootstrappedSchema<P> {
  /** Where the model begins. */
  readonly position: P;
  readonly model: SchemaModel;
}

const attempts = 10;

/**
 * Begins a history: reads the schema, then a position, then the schema again, until both are equal.
 *
 * What is proved: no statement that is visible between the two readings changed the schema, so the model is the schema
 * in force at the position, provided that whatever is logged before the position is visible to who reads after it.
 * `readPosition` has to give such a position: one of `gtid_executed`, of `performance_schema.log_status`, or one taken
 * under a lock. What is in the status of the binary log alone may still be invisible.
 *
 * What is not: that nothing was changed and changed back between the readings. Following the log from the position then
 * ends where the second statement does not fit the model (a column, key or table that is not there, or is there already),
 * or where the log describes rows otherwise. Neither sees the values of an ENUM, or with MariaDB's
 * `binlog_row_metadata=NO_LOG` a character set, that were changed and changed back within that second.
 *
 * @param signal checked between queries; a query itself ends with its session
 * @throws {MillraceError} `SCHEMA_UNSTABLE` when tables are changed again and again
 */
export const bootstrapSchema = async <P>(
  session: LogSession,
  scope: SchemaScope,
  readPosition: () => Promise<P>,
  signal: AbortSignal,
): Promise<BootstrappedSchema<P>> => {
  const read = async () => {
    signal.throwIfAborted();
    return new SchemaModel(await readSchema(session, scope), scope);
  };
  let before = await read();
  for (let attempt = 0; attempt < attempts; attempt++) {
    signal.throwIfAborted();
    const position = await readPosition();
    const model = await read();
    if (writeSchemaHistory(before, '') === writeSchemaHistory(model, '')) return { position, model };
    before = model;
  }
  throw schemaError('SCHEMA_UNSTABLE', `Tables changed during each of ${attempts} readings of the schema`, {
    hint: 'Start the stream when no table is created, altered or dropped for a moment.',
  });
};

/**
 * The schema of one moment: several statements read it, between which a table may get the columns or the key of another.
 *
 * @throws {MillraceError} `SCHEMA_UNSTABLE` when tables are changed again and again
 */
export const readWholeSchema = async (
  session: LogSession,
  scope: SchemaScope,
  signal: AbortSignal,
): Promise<SchemaModel> => (await bootstrapSchema(session, scope, async () => null, signal)).model;
