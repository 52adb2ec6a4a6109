import { PrimaryKeys } from '../catalog/primary-keys.ts';
import type { ControlSession } from '../control-session.ts';
import type { LivenessTimings } from '../liveness/liveness-timings.ts';
import { formatLsn } from '../lsn.ts';
import { PgoutputDecoder } from '../pgoutput/pgoutput-decoder.ts';
import type { RelationRegistry } from '../pgoutput/relation-registry.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { readPublications } from '../publication/publication-facts.ts';
import { publicationNames } from '../publication/publication-plan.ts';
import { freeSlot } from '../slot/free-slot.ts';
import { readSlot } from '../slot/slot-facts.ts';
import { slotVerdict } from '../slot/slot-verdict.ts';
import type { ResolvedOptions, SourceNames } from '../source-options.ts';
import { ChangeReader } from './change-reader.ts';
import { explainFailure } from './explain-failure.ts';
import { ReplicationConnection } from './replication-connection.ts';
import { startReplication } from './start-replication.ts';

export interface ChangesRequest {
  readonly options: ResolvedOptions;
  readonly names: SourceNames;
  readonly applicationName: string;
  readonly control: ControlSession;
  readonly timings: LivenessTimings;
  readonly clockOffset: number;
  readonly heartbeatEvery: number;
  /** Both are kept over connections. */
  readonly relations: RelationRegistry;
  readonly searchedTables: Set<number>;
  readonly after: bigint;
  readonly signal: AbortSignal;
}

/** Proves that the slot can be read from exactly `after` on and is free, or throws why not (invariant 3). */
const prove = ({ control, names, after, signal }: ChangesRequest): Promise<void> =>
  control.use(async (session) => {
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

const publicationsOf = async ({ control, names, signal }: ChangesRequest): Promise<readonly string[]> => {
  const { main, insert } = publicationNames(names.publication);
  const found = await control.use((session) => readPublications(session, [main, insert], signal), signal);
  if (!found.some(({ name }) => name === main)) {
    const message = `Publication ${main} does not exist`;
    throw sourceError('PUBLICATION_MISSING', message, { details: { publication: main } });
  }
  return found.map(({ name }) => name);
};

/** Everything strictly after a position, being read. Rejects when it cannot continue exactly there. */
export const openChanges = async (request: ChangesRequest): Promise<ChangeReader> => {
  const { options, names, applicationName, control, after, signal } = request;
  await prove(request);
  const publications = await publicationsOf(request);
  const keys = await control.use((session) => PrimaryKeys.read(session, request.searchedTables, signal), signal);
  const decoder = new PgoutputDecoder({
    limits: options.limits,
    primaryKey: (oid) => keys.of(oid),
    after,
    catalogPosition: keys.position,
    relations: request.relations,
  });
  const explain = (error: unknown) => explainFailure(error, { control, slot: names.slot, publications });
  const { connection } = options;
  const statement = startReplication(names.slot, formatLsn(after), publications);
  try {
    return await ChangeReader.open({
      connect: (handlers) => ReplicationConnection.open({ connection, applicationName, statement, handlers, signal }),
      decoder,
      limits: options.limits,
      timings: request.timings,
      heartbeatEvery: request.heartbeatEvery,
      clockOffset: request.clockOffset,
      explain,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error);
  }
};
