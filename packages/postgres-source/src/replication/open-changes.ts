import { qualifiedName, type SourceContext } from '@millrace/core';
import { type PostgresSession, quoteIdentifier, quoteQualified, sqlstateOf } from '@millrace/postgres-client';
import { refuse } from '../begin-source.ts';
import { PrimaryKeys } from '../catalog/primary-keys.ts';
import { type SelectedTable, selectTables } from '../catalog/select-tables.ts';
import type { ServerFacts } from '../catalog/server-facts.ts';
import { readTables, type TableFacts } from '../catalog/table-facts.ts';
import type { ControlSession } from '../control-session.ts';
import { eventTrigger } from '../ddl/event-trigger.ts';
import { installEventTrigger } from '../ddl/install-event-trigger.ts';
import type { LivenessTimings } from '../liveness/liveness-timings.ts';
import { formatLsn } from '../lsn.ts';
import { PgoutputDecoder } from '../pgoutput/pgoutput-decoder.ts';
import type { RelationRegistry } from '../pgoutput/relation-registry.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { publicationRefused, refuseFilters } from '../publication/filter-problems.ts';
import { publishedOperations, readPublications, unpublished } from '../publication/publication-facts.ts';
import { publicationComment, publicationNames, publicationPlan } from '../publication/publication-plan.ts';
import { readRowFilters } from '../publication/row-filters.ts';
import { takenOut } from '../publication/taken-out.ts';
import { freeSlot } from '../slot/free-slot.ts';
import { readSlot } from '../slot/slot-facts.ts';
import { notPromoted, slotVerdict } from '../slot/slot-verdict.ts';
import type { ResolvedOptions, SourceNames } from '../source-options.ts';
import type { Heartbeats } from './batch-taker.ts';
import { ChangeReader } from './change-reader.ts';
import { explainFailure } from './explain-failure.ts';
import { ReplicationConnection } from './replication-connection.ts';
import { startReplication } from './start-replication.ts';
import type { WireFormat } from './wire-format.ts';

export interface ChangesRequest {
  readonly context: SourceContext;
  readonly options: ResolvedOptions;
  readonly names: SourceNames;
  readonly applicationName: string;
  readonly control: ControlSession;
  readonly timings: LivenessTimings;
  readonly server: ServerFacts;
  readonly heartbeats: Heartbeats;
  /** These three are kept over connections. */
  readonly relations: RelationRegistry;
  readonly searchedTables: Set<number>;
  readonly wireFormat: WireFormat;
  readonly after: bigint;
  readonly signal: AbortSignal;
}

/** Proves that the slot can be read from exactly `after` on and is free, or throws why not (invariant 3). */
const prove = ({ options, control, server, names, after, signal }: ChangesRequest): Promise<void> =>
  control.use(async (session) => {
    // No slot that is made on a standby is synchronised to others.
    if (options.failover && server.inRecovery) throw notPromoted(names.slot);
    const check = slotVerdict(names.slot, await readSlot(session, names.slot, signal), after);
    if (check !== null) throw check;
    // The one that held it may have confirmed more until it was gone.
    const freed = await freeSlot(session, names.slot, signal);
    const again = slotVerdict(names.slot, freed, after);
    if (again !== null) throw again;
    if (freed !== null && freed.activePid !== null) {
      const message = `Replication slot ${names.slot} is not released by process ${freed.activePid}`;
      throw sourceError('SLOT_IN_USE', message, { details: { slot: names.slot, pid: freed.activePid } });
    }
  }, signal);

interface Published {
  readonly publications: readonly string[];
  readonly selected: readonly SelectedTable[];
  /** The captured ones. */
  readonly tables: readonly TableFacts[];
  /** Those of which all columns are published. */
  readonly whole: ReadonlySet<number>;
}

/** What is read, or throws what the publications lack: without this a table would silently be missing (invariant 3). */
const findPublished = ({
  control,
  names,
  context,
  options,
  server,
  signal: given,
}: ChangesRequest): Promise<Published> =>
  control.use(async (session, signal) => {
    const { main, insert } = publicationNames(names.publication);
    let found = await readPublications(session, [main, insert], signal);
    if (!found.some(({ name }) => name === main)) {
      const message = `Publication ${main} does not exist`;
      throw sourceError('PUBLICATION_MISSING', message, { details: { publication: main } });
    }
    const viaRoot = found[0]?.viaRoot ?? options.publishViaPartitionRoot;
    const catalog = await readTables(session, signal);
    const { tables } = selectTables(context.tables, catalog, { viaRoot, published: publishedOperations(found) });
    const { streamId } = context;
    const filters = await readRowFilters(session, tables, server, signal);
    const { publication } = names;
    const plan = publicationPlan({ streamId, publication, viaRoot, tables, existing: found, filters });
    refuseFilters(plan);
    if (plan.additions.length > 0) {
      refuse(plan, []);
      const doing = 'add tables to the publication';
      await session.script(plan.additions.join(';\n'), { signal, doing }).catch((error) => {
        // Who may not is told what is lacking.
        if (sqlstateOf(error) !== '42501') throw publicationRefused(error, plan.made);
      });
      found = await readPublications(session, [main, insert], signal);
    }
    const lacking = unpublished(tables, found);
    if (lacking.length > 0) {
      const list = lacking.map(({ schema, table }) => quoteQualified(schema, table)).join(', ');
      throw sourceError('PUBLICATION_INCOMPLETE', `Publication ${main} does not publish what is captured of ${list}`, {
        hint: `ALTER PUBLICATION ${quoteIdentifier(main)} ADD TABLE ${list}; -- changes from then on are streamed`,
        details: { publication: main, tables: lacking.map(qualifiedName) },
      });
    }
    const captured = tables.map(({ facts }) => facts);
    const isWhole = (table: TableFacts) =>
      found.every((each) => (each.tables.get(qualifiedName(table))?.columns ?? null) === null);
    return {
      publications: found.map(({ name }) => name),
      selected: tables,
      tables: captured,
      whole: new Set(captured.filter(isWhole).map(({ oid }) => oid)),
    };
  }, given);

/** The log says nothing of the primary key of a table that logs whole rows, by which the sink tells rows apart. */
const rekeyed = (tables: readonly TableFacts[], known: PrimaryKeys, now: PrimaryKeys): Error | null => {
  const differing = known.differing(now);
  const names = tables.filter(({ oid }) => differing.includes(oid)).map(qualifiedName);
  if (names.length === 0) return null;
  return sourceError('CATALOG_CHANGED', `The primary key of ${names.join(', ')} is another one`, {
    details: { tables: names },
  });
};

/** Everything strictly after a position, being read. Rejects when it cannot continue exactly there. */
export const openChanges = async (request: ChangesRequest): Promise<ChangeReader> => {
  const { options, names, applicationName, context, control, server, wireFormat, after, signal } = request;
  await prove(request);
  const { publications, selected, tables, whole } = await findPublished(request);
  const trigger =
    options.ddl === 'event-trigger' ? eventTrigger(names.publication, publicationComment(context.streamId)) : null;
  if (trigger !== null && !options.isSide)
    await control.use((session, ended) => installEventTrigger(session, trigger, ended), signal);
  const { wire, decoding } = await wireFormat.choose({
    context,
    control,
    serverVersion: server.version,
    tables,
    signal,
  });
  const keys = await control.use((session) => PrimaryKeys.read(session, request.searchedTables, signal), signal);
  const asked = new Map(tables.map(({ oid, identity, key }) => [oid, identity === 'full' ? key : null]));
  const decoder = new PgoutputDecoder({
    limits: options.limits,
    primaryKey: (oid) => asked.get(oid) ?? keys.of(oid),
    after,
    catalogPosition: keys.position,
    decoding,
    relations: request.relations,
    ddl: trigger === null ? undefined : { prefix: trigger.prefix, tables: whole },
  });
  const explain = (error: unknown) => {
    wireFormat.ended(error);
    return explainFailure(error, { control, slot: names.slot, publications });
  };
  let later = keys;
  const objection = async (session: PostgresSession, ended: AbortSignal) => {
    const gone = await takenOut(session, publications, selected, ended);
    // With an event trigger the log says a key.
    if (gone !== null || trigger !== null) return gone;
    // Read again from an earlier place, the log would be taken to be of tables with that key.
    if (decoder.position >= later.position) {
      const problem = rekeyed(tables, keys, later);
      if (problem !== null) return problem;
      later = await PrimaryKeys.read(session, new Set(), ended);
    }
    return null;
  };
  const { connection } = options;
  const statement = startReplication({
    slot: names.slot,
    after: formatLsn(after),
    publications,
    binary: wire === 'binary',
    messages: trigger !== null,
  });
  try {
    return await ChangeReader.open({
      connect: (handlers) => ReplicationConnection.open({ connection, applicationName, statement, handlers, signal }),
      decoder,
      limits: options.limits,
      timings: request.timings,
      heartbeats: request.heartbeats,
      clockOffset: server.clockOffset,
      explain,
      objection: () => control.use(objection, signal).catch(() => null),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error);
  }
};
