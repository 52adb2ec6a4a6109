import type { ValidationItem } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import type { EventTrigger } from '../ddl/event-trigger.ts';
import { hasEventTrigger } from '../ddl/install-event-trigger.ts';
import { failed, passed } from './report.ts';

/** Superusers, and the roles that managed servers have instead. */
const query = `
  SELECT FROM pg_roles
  WHERE (rolname = current_user AND rolsuper)
    OR (rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin') AND pg_has_role(oid, 'USAGE'))`;

/** Whether the event trigger is there, or the role may make it. */
export const validateEventTrigger = async (
  session: PostgresSession,
  trigger: EventTrigger,
  signal: AbortSignal,
): Promise<ValidationItem> => {
  const [code, path] = ['EVENT_TRIGGER_MISSING', 'source.ddl'];
  if (await hasEventTrigger(session, trigger, signal))
    return passed(code, path, `Event trigger ${trigger.name} is there`);
  const { rows } = await session.query(query, [], { signal, doing: 'look whether the role may make event triggers' });
  if (rows.length > 0) return passed(code, path, `Event trigger ${trigger.name} can be made`);
  return failed(code, {
    path,
    message: `The role may not make the event trigger ${trigger.name}`,
    fix: `As a superuser, in this database:\n${trigger.script};`,
  });
};
