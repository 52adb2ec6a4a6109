import type { TableStorage } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { readTableStorage } from '../catalog/table-storage.ts';
import { type MembershipRequest, readMemberships } from './memberships.ts';

/** As `Source.describeStorage`, of tables that these publications publish. */
export const readPublishedStorage = async (
  session: PostgresSession,
  request: MembershipRequest,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TableStorage>> => {
  const stored = await readTableStorage(session, request.tables, signal);
  const memberships = await readMemberships(session, request, signal);
  return new Map([...stored].map(([table, storage]) => [table, { ...storage, logging: memberships.get(table) ?? '' }]));
};
