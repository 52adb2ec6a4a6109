import { type PostgresSession, sqlstateOf } from '@millrace/postgres-client';
import { sourceError } from '../postgres-source-errors.ts';
import type { EventTrigger } from './event-trigger.ts';

const query = `
  SELECT p.prosrc AS body, e.evtenabled::text AS enabled
  FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid
  WHERE (e.evtname, e.evtevent) IN (($1, 'ddl_command_end'), ($2, 'sql_drop'))`;

/** Whether the event triggers are there, those of this version, and enabled. */
export const hasEventTrigger = async (
  session: PostgresSession,
  { name, dropName, body }: EventTrigger,
  signal: AbortSignal,
): Promise<boolean> => {
  const doing = 'look for the event trigger';
  const { rows } = await session.query<{ body: string; enabled: string }>(query, [name, dropName], { signal, doing });
  return rows.length === 2 && rows.every((row) => row.body === body && row.enabled === 'A');
};

/** Makes the event trigger unless it is there. Rejects `EVENT_TRIGGER_MISSING` where the role may not make it. */
export const installEventTrigger = async (
  session: PostgresSession,
  trigger: EventTrigger,
  signal: AbortSignal,
): Promise<void> => {
  if (await hasEventTrigger(session, trigger, signal)) return;
  try {
    await session.script(trigger.script, { signal, doing: 'make the event trigger' });
  } catch (error) {
    if (sqlstateOf(error) !== '42501') throw error;
    throw sourceError('EVENT_TRIGGER_MISSING', `The role may not make the event trigger ${trigger.name}`, {
      hint: `As a superuser, in this database:\n${trigger.script};`,
      details: { trigger: trigger.name },
      cause: error,
    });
  }
};

/** Removes it if it is there, says that it is this stream's, and belongs to the session's role. */
export const dropEventTrigger = async (
  session: PostgresSession,
  { name, comment, dropScript }: EventTrigger,
  signal: AbortSignal,
): Promise<void> => {
  const doing = 'drop the event trigger';
  const find = `SELECT FROM pg_event_trigger WHERE evtname = $1 AND obj_description(oid, 'pg_event_trigger') = $2`;
  const { rows } = await session.query(find, [name, comment], { signal, doing });
  if (rows.length === 0) return;
  for (const script of [dropScript, 'DROP SCHEMA millrace'])
    await session.script(script, { signal, doing }).catch((error) => {
      // It is an operator's, or the schema holds something else.
      if (sqlstateOf(error) !== '42501' && sqlstateOf(error) !== '2BP01') throw error;
    });
};
