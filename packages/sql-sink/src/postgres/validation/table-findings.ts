import { qualifiedName, type Relation } from '@millrace/core';
import { quoteIdentifier, quoteQualified } from '@millrace/postgres-client';
import type { Finding } from '../../validation/report.ts';
import { isTrue } from '../boolean-text.ts';
import { type MissingColumns, targetProblems } from '../target/target-problems.ts';
import type { TargetTable } from '../target/target-table.ts';

/** What the role may do with a target table, and what lies on it; every value as text, lists as JSON. */
export interface TableAccess {
  readonly oid: string;
  readonly role: string;
  /** Of SELECT, INSERT, UPDATE and DELETE, those that are missing: a JSON array. */
  readonly missing: string;
  /** Row-level security applies to the role. */
  readonly secured: string;
  /** The role may alter it. */
  readonly owned: string;
  /** Triggers that fire in ordinary sessions, and those that fire in ours: JSON arrays. */
  readonly triggers: string;
  readonly always: string;
  readonly references: string;
}

/** One row for each table of `$1`, an array of catalog numbers. */
export const accessQuery = `
SELECT c.oid, quote_ident(current_user) AS role, row_security_active(c.oid) AS secured,
  pg_has_role(c.relowner, 'USAGE') AS owned,
  COALESCE((SELECT json_agg(p.name) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p(name)
    WHERE NOT has_schema_privilege(c.relnamespace, 'USAGE') OR NOT has_table_privilege(c.oid, p.name)), '[]') AS missing,
  COALESCE((SELECT json_agg(t.tgname ORDER BY t.tgname) FROM pg_trigger t
    WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')), '[]') AS triggers,
  COALESCE((SELECT json_agg(t.tgname ORDER BY t.tgname) FROM pg_trigger t
    WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('R', 'A')), '[]') AS always,
  COALESCE((SELECT json_agg(f.conname ORDER BY f.conname) FROM pg_constraint f
    WHERE f.contype = 'f' AND c.oid IN (f.conrelid, f.confrelid)), '[]') AS references
FROM pg_class c WHERE c.oid = ANY($1::oid[])`;

const listed = (json: string): readonly string[] => JSON.parse(json);

/** How a role gets to switch triggers off in its sessions. */
const grantTriggers = (role: string, serverVersion: number): string =>
  serverVersion >= 150_000
    ? `GRANT SET ON PARAMETER session_replication_role TO ${role};`
    : `ALTER ROLE ${role} SUPERUSER; -- before PostgreSQL 15 only superusers may set session_replication_role`;

export interface SessionRights {
  readonly serverVersion: number;
  /** It is to make what tables have beside columns and key. */
  readonly makesStructure: boolean;
  /** The role may set session_replication_role. */
  readonly triggersOff: boolean;
}

const accessFindings = (relation: Relation, access: TableAccess, rights: SessionRights): Finding[] => {
  const { role } = access;
  const name = qualifiedName(relation);
  const quoted = quoteQualified(relation.schema, relation.table);
  const findings: Finding[] = [];
  const missing = listed(access.missing);
  if (missing.length > 0)
    findings.push({
      code: 'PERMISSION_DENIED',
      message: `Role ${role} lacks ${missing.join(', ')} on target table ${name}`,
      fix: `GRANT USAGE ON SCHEMA ${quoteIdentifier(relation.schema)} TO ${role}; GRANT ${missing.join(', ')} ON ${quoted} TO ${role};`,
    });
  if (isTrue(access.secured))
    findings.push({
      code: 'ROW_SECURITY',
      message: `Row-level security of target table ${name} applies to role ${role}: rows would be hidden from it`,
      fix: `ALTER ROLE ${role} BYPASSRLS;`,
    });
  if (rights.makesStructure && !isTrue(access.owned))
    findings.push({
      code: 'PERMISSION_DENIED',
      level: 'warning',
      path: 'sink.structure',
      message: `Target table ${name} would go without structure: role ${role} is not its owner`,
      fix: `ALTER TABLE ${quoted} OWNER TO ${role};`,
    });
  const [triggers, references] = [listed(access.triggers), listed(access.references)];
  if (!rights.triggersOff && triggers.length + references.length > 0)
    findings.push({
      code: 'TRIGGERS_NOT_OFF',
      message: `Triggers and foreign keys of target table ${name} (${[...triggers, ...references].join(', ')}) would act on rows that are copies, and role ${role} may not switch them off`,
      fix: grantTriggers(role, rights.serverVersion),
    });
  const always = listed(access.always);
  if (rights.triggersOff && always.length > 0)
    findings.push({
      code: 'TARGET_TRIGGER',
      level: 'warning',
      message: `Triggers of target table ${name} fire for replicated rows too: ${always.join(', ')}`,
      fix: always.map((trigger) => `ALTER TABLE ${quoted} ENABLE TRIGGER ${quoteIdentifier(trigger)};`).join(' '),
    });
  return findings;
};

/** Everything about an existing target table that makes the stream impossible or surprising. */
export const tableFindings = (
  relation: Relation,
  target: TargetTable,
  access: TableAccess | undefined,
  rights: SessionRights,
  missing: MissingColumns,
): readonly Finding[] => {
  const shape = targetProblems(relation, target, missing);
  return access === undefined ? shape : [...shape, ...accessFindings(relation, access, rights)];
};
