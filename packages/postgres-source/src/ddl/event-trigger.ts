import { quoteIdentifier, quoteLiteral, valueSettings } from '@millrace/postgres-client';
import { columnStorage, heap, partsOf, storedColumns } from '../catalog/table-storage.ts';
import { withinBytes } from '../publication/publication-plan.ts';

/** What a publication's stream has at the source to see statements that change tables. */
export interface EventTrigger {
  /** Of the trigger and of its function, in the schema `millrace`. */
  readonly name: string;
  /** Of the trigger that sees tables being dropped, which has the same function. */
  readonly dropName: string;
  /** Of the messages that it writes into the log. */
  readonly prefix: string;
  readonly body: string;
  readonly comment: string;
  /** What makes it, as a superuser or the like; whatever there was of it is replaced. */
  readonly script: string;
  readonly dropScript: string;
}

/** The row is of the transaction of the statement, or of a later one: ids of 32 bits beside one of 64. */
const isNow = 'i.xmin::text::bigint >= pg_current_xact_id()::text::bigint % 4294967296';

/**
 * Names the tables that a statement drops, and describes those that it has changed as the log does (PostgreSQL manual, "Logical Replication Message Formats",
 * Relation and Type), and how they are stored. Whatever goes wrong in it must not keep the statement from being run: what it
 * did is inferred then.
 *
 * The server orders what a transaction and its subtransactions wrote by where it is in the log, and takes a message to be where
 * it ends, which is where the next record begins: in a subtransaction, as that of an `EXCEPTION` block or a savepoint, it would
 * come behind a row that follows at once. Something has to stand between them.
 */
const bodyOf = (prefix: string): string => `
DECLARE
  described text;
BEGIN
  IF TG_EVENT = 'sql_drop' THEN
    SELECT json_agg(json_build_object('oid', objid::bigint, 'schema', schema_name, 'table', object_name, 'dropped', true))
    INTO described
    FROM pg_event_trigger_dropped_objects()
    WHERE object_type = 'table' AND NOT is_temporary;
  ELSE
  WITH RECURSIVE changed(oid) AS (
    SELECT objid FROM pg_event_trigger_ddl_commands() WHERE classid = 'pg_class'::regclass
    UNION
    SELECT i.inhrelid FROM pg_inherits i JOIN changed p ON p.oid = i.inhparent
  ), base(domain, type) AS (
    SELECT t.oid, t.typbasetype FROM pg_type t WHERE t.typtype = 'd'
    UNION ALL
    SELECT b.domain, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
  )
  SELECT json_agg(json_build_object(
    'oid', c.oid::bigint, 'schema', n.nspname, 'table', c.relname, 'identity', c.relreplident, 'heap', ${heap},
    'parts', ${partsOf(isNow)},
    'columns', (
      SELECT json_agg(json_build_object(
        'name', a.attname, 'type', a.atttypid::bigint, 'modifier', a.atttypmod,
        'typeSchema', tn.nspname, 'typeName', t.typname,
        'key', a.attnum = ANY ((k.indkey::int2[])[0:k.indnkeyatts - 1]),
        'primary', a.attnum = ANY ((p.indkey::int2[])[0:p.indnkeyatts - 1]),
        ${columnStorage}
      ) ORDER BY a.attnum)
      FROM pg_attribute a
        JOIN pg_type t ON t.oid = coalesce((
          SELECT b.type FROM base b JOIN pg_type f ON f.oid = b.type
          WHERE b.domain = a.atttypid AND f.typtype <> 'd'), a.atttypid)
        JOIN pg_namespace tn ON tn.oid = t.typnamespace
      WHERE ${storedColumns}
    )
  )) INTO described
  FROM changed JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index p ON p.indrelid = c.oid AND p.indisprimary
    LEFT JOIN pg_index k ON k.indrelid = c.oid
      AND CASE c.relreplident WHEN 'd' THEN k.indisprimary AND k.indimmediate WHEN 'i' THEN k.indisreplident ELSE false END
  WHERE c.relkind IN ('r', 'p');
  END IF;
  IF described IS NOT NULL THEN
    PERFORM pg_logical_emit_message(true, ${quoteLiteral(prefix)}, described);
    PERFORM pg_logical_emit_message(true, ${quoteLiteral(prefix)}, '[]');
  END IF;
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'millrace: what a statement did to a table could not be described: %', SQLERRM;
END
`;

/** The name of the publication is that of the trigger, so that each stream has its own; `comment` says whose it is. */
export const eventTrigger = (publication: string, comment: string): EventTrigger => {
  const name = quoteIdentifier(publication);
  const prefix = `millrace.${publication}`;
  const body = bodyOf(prefix);
  // The server would cut a longer name silently.
  const dropName = `${withinBytes(publication, 63 - ' (drop)'.length)} (drop)`;
  const dropped = quoteIdentifier(dropName);
  // Values are written as in our own sessions, whatever the session says that runs the statement.
  const settings = Object.entries(valueSettings).map(([setting, value]) => `  SET ${setting} = ${quoteLiteral(value)}`);
  return {
    name: publication,
    dropName,
    prefix,
    body,
    comment,
    script: `CREATE SCHEMA IF NOT EXISTS millrace;
CREATE OR REPLACE FUNCTION millrace.${name}() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
${settings.join('\n')}
AS ${quoteLiteral(body)};
DROP EVENT TRIGGER IF EXISTS ${name};
CREATE EVENT TRIGGER ${name} ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION millrace.${name}();
ALTER EVENT TRIGGER ${name} ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER ${name} IS ${quoteLiteral(comment)};
DROP EVENT TRIGGER IF EXISTS ${dropped};
CREATE EVENT TRIGGER ${dropped} ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP SCHEMA', 'DROP OWNED')
  EXECUTE FUNCTION millrace.${name}();
ALTER EVENT TRIGGER ${dropped} ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER ${dropped} IS ${quoteLiteral(comment)}`,
    dropScript: `DROP EVENT TRIGGER IF EXISTS ${name};
DROP EVENT TRIGGER IF EXISTS ${dropped};
DROP FUNCTION IF EXISTS millrace.${name}()`,
  };
};
