import { type BeginContext, type Position, qualifiedName, type SourceContext } from '@millrace/core';
import { PostgresSession } from '@millrace/postgres-client';
import { selectTables } from './catalog/select-tables.ts';
import type { ServerFacts } from './catalog/server-facts.ts';
import { readTables } from './catalog/table-facts.ts';
import type { ControlSession } from './control-session.ts';
import { formatLsn } from './lsn.ts';
import { sourceError } from './postgres-source-errors.ts';
import { publicationRefused, refuseFilters } from './publication/filter-problems.ts';
import { type PublicationFacts, publishedOperations, readPublications } from './publication/publication-facts.ts';
import { type PublicationPlan, publicationNames, publicationPlan } from './publication/publication-plan.ts';
import { readRowFilters } from './publication/row-filters.ts';
import { createSlot } from './slot/create-slot.ts';
import { dropSlot } from './slot/drop-slot.ts';
import { reportSlotWaits } from './slot/report-slot-waits.ts';
import { resolveStart, startNotPossible } from './slot/resolve-start.ts';
import { readSlot, type SlotFacts } from './slot/slot-facts.ts';
import { slotKindVerdict, slotLossVerdict } from './slot/slot-verdict.ts';
import { awaitEverything, awaitSnapshot, type VisibilityWait } from './snapshot/await-visible.ts';
import { reportCopyWaits } from './snapshot/report-copy-waits.ts';
import type { ResolvedOptions, SourceNames } from './source-options.ts';

export interface BeginRequest {
  readonly options: ResolvedOptions;
  readonly names: SourceNames;
  readonly applicationName: string;
  readonly control: ControlSession;
  readonly server: ServerFacts;
  readonly context: SourceContext;
  readonly begin: BeginContext;
}

/** What is there already. */
const look = ({ control, names, context, begin, options, server }: BeginRequest) =>
  control.use(async (session, signal) => {
    const { main, insert } = publicationNames(names.publication);
    const slot = await readSlot(session, names.slot, signal);
    const existing = await readPublications(session, [main, insert], signal);
    const published = publishedOperations(existing);
    const viaRoot = existing[0]?.viaRoot ?? options.publishViaPartitionRoot;
    const selection = selectTables(context.tables, await readTables(session, signal), { viaRoot, published });
    const filters = await readRowFilters(session, selection.tables, server, signal);
    const request = { streamId: context.streamId, publication: names.publication, viaRoot, existing, filters };
    return { slot, existing, selection, plan: publicationPlan({ ...request, tables: selection.tables }) };
  }, begin.signal);

/** Throws for what cannot be captured without harm. */
export const refuse = ({ unidentified }: PublicationPlan, missing: readonly string[]): void => {
  if (missing.length > 0) {
    const details = { tables: missing };
    throw sourceError('TABLE_MISSING', `These tables cannot be captured: ${missing.join(', ')}`, { details });
  }
  if (unidentified.length === 0) return;
  const tables = unidentified.map(({ facts }) => qualifiedName(facts));
  throw sourceError(
    'NO_REPLICA_IDENTITY',
    `Publishing ${tables.join(', ')} would make the application's own updates and deletes fail, or leave open which rows they change`,
    { hint: `ALTER TABLE … REPLICA IDENTITY FULL, of partitions too, or operations: ['insert']`, details: { tables } },
  );
};

/**
 * A slot that is there is used from where it is, whoever made it: an operator, or a begin of ours that was interrupted
 * before its position was saved. Nothing has been confirmed of the latter, so nothing is lost.
 */
const adopt = (slot: SlotFacts, existing: readonly PublicationFacts[], names: SourceNames): Position => {
  const unusable = slotKindVerdict(slot) ?? slotLossVerdict(slot);
  if (unusable !== null) throw unusable;
  if (existing.length === 0) {
    // Made now, it would be younger than the log the slot starts at.
    throw sourceError(
      'PUBLICATION_MISSING',
      `Slot ${names.slot} exists, its publication ${names.publication} does not; it must be made before the slot`,
      { hint: `drop the slot, or create the publication and the slot again`, details: { ...names } },
    );
  }
  if (slot.confirmed === null) {
    throw sourceError('SLOT_IN_USE', `Slot ${names.slot} is still being made`, { details: { slot: names.slot } });
  }
  return formatLsn(slot.confirmed);
};

const sideSlotTaken = (slot: string) =>
  sourceError('SLOT_UNUSABLE', `A replication slot ${slot} is there, and not known to be left by this stream`, {
    hint: `if nobody needs it: SELECT pg_drop_replication_slot('${slot}')`,
    details: { slot },
  });

/** Runs `wait` on a session of its own: it may take long, and others want to ask something meanwhile. */
const visible = async (request: BeginRequest, wait: (given: VisibilityWait) => Promise<void>): Promise<void> => {
  const { options, applicationName, context, begin } = request;
  const { signal } = begin;
  await using session = await PostgresSession.open(options.connection, { applicationName, signal });
  await wait({ session, waiting: reportCopyWaits(context), signal });
};

const makeSlot = async (request: BeginRequest): Promise<Position> => {
  const { names, options, applicationName, server, context, begin } = request;
  const { connection, failover } = options;
  const { signal, copies } = begin;
  const { position, snapshot } = await createSlot({
    connection,
    applicationName,
    serverVersion: server.version,
    slot: names.slot,
    failover,
    temporary: false,
    exportSnapshot: copies,
    claim: begin,
    waiting: reportSlotWaits(context, names.slot),
    signal,
  });
  if (snapshot !== null) await visible(request, (wait) => awaitSnapshot(wait, snapshot));
  return position;
};

/** As `makeReadable`, at another position of the slot where one was asked for. */
export const beginSource = async (request: BeginRequest): Promise<Position> => {
  const { from, signal } = request.begin;
  if (from === undefined) return makeReadable(request);
  if (typeof from === 'object' && 'timestamp' in from)
    throw startNotPossible('A PostgreSQL log cannot be searched by time');
  await makeReadable(request);
  return request.control.use((session, ended) => resolveStart(session, request.names.slot, from, ended), signal);
};

/**
 * Makes publications and slot, in this order: the server looks the publication up as of the position of the log it
 * reads, so a slot must not be older than its publication. Returns the position the slot starts at. Where tables will be
 * copied, everything before it is visible to whoever reads from now on.
 */
const makeReadable = async (request: BeginRequest): Promise<Position> => {
  const { control, names, options, server, begin } = request;
  const { slot, existing, selection, plan } = await look(request);
  refuseFilters(plan);
  const { signal, copies, claimed } = begin;
  // What our slot started with is not known any more, and it may have been made long ago.
  const anew = slot !== null && copies && claimed;
  if (slot !== null && !anew) {
    if (options.isSide) throw sideSlotTaken(names.slot);
    const position = adopt(slot, existing, names);
    if (copies) await visible(request, (wait) => awaitEverything(wait, server.inRecovery));
    return position;
  }
  refuse(plan, [...selection.missing, ...selection.notLogged.map(qualifiedName)]);
  if (anew) await control.use((session, ended) => dropSlot(session, names.slot, ended), signal);
  if (plan.statements.length > 0) {
    const doing = 'make the publication';
    await control
      .use((session, ended) => session.script(plan.statements.join(';\n'), { signal: ended, doing }), signal)
      .catch((error) => {
        throw publicationRefused(error, plan.made);
      });
  }
  return await makeSlot(request);
};
