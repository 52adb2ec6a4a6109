import type { Position } from '@millrace/core';
import type { BinlogPlace } from '../binlog/binlog-event.ts';
import { ContinuedDump } from '../continuity/continued-dump.ts';
import { dumpStartOf } from '../continuity/log-position.ts';
import { proveNotLost, type ReadBefore } from '../continuity/prove-not-lost.ts';
import { proveReach } from '../continuity/prove-reach.ts';
import type { ServerFacts } from '../continuity/server-facts.ts';
import type { Ask, LogSession } from '../log-session.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';
import { DumpReader, type DumpReaderOptions } from '../replication/dump-reader.ts';
import { proveServerId } from '../replication/server-id.ts';
import type { BatchLimits } from '../rows/batch-draft.ts';
import type { SchemaScope } from '../schema/model/schema-draft.ts';
import type { CutOffTransactions } from '../transactions/cut-off-transactions.ts';
import { ChangeReader, type Heartbeats } from './change-reader.ts';
import { LogDecoder } from './log-decoder.ts';
import { LoggedMetadata } from './logged-metadata.ts';
import { LoggedSchema, schemaOfState } from './logged-schema.ts';
import type { TableFormats } from './table-formats.ts';

export interface ChangesRequest
  extends Required<Pick<DumpReaderOptions, 'connection' | 'applicationName' | 'identity' | 'patience'>> {
  readonly after: Position;
  /** As `LogStart.state`. */
  readonly state: string | undefined;
  readonly server: ServerFacts;
  readonly ask: Ask;
  readonly readScope: (session: LogSession) => Promise<SchemaScope>;
  /** Kept over connections. */
  readonly formats: TableFormats;
  /** Kept over connections. */
  readonly cutOff: CutOffTransactions;
  readonly readBefore: ReadBefore | null;
  readonly limits: BatchLimits;
  readonly heartbeats: Heartbeats;
  /** Ends opening. */
  readonly signal: AbortSignal;
  /** Ends reading at once. */
  readonly closing: AbortSignal;
}

/** The most that may be held of transactions between `XA PREPARE` and their end. */
const maxPreparedBytes = 256 * 1024 * 1024;

/** Less would pause the socket at nearly every read. */
const leastReadAhead = 256 * 1024;

/** The state of a source that has begun to read in the past: nobody knows the schema that was in force there. */
export const noHistory = 'no history';

/** The place of a position that has none: its GTIDs count. */
export const nowhere: BinlogPlace = { file: '', offset: 0 };

/** Everything strictly after a position, being read. Rejects when it cannot continue exactly there (invariant 3). */
export const openChanges = async (request: ChangesRequest): Promise<ChangeReader> => {
  const { server, identity, ask, formats, cutOff, state, limits, signal, closing } = request;
  const position = BinlogPosition.parse(request.after);
  const place = position.place ?? nowhere;
  const start = dumpStartOf(server, { gtids: position.gtids, place });
  const scope = await ask(async (session) => {
    await proveReach(session, { server, start });
    await proveNotLost(session, server, position.gtids, request.readBefore);
    await proveServerId(session, server, identity);
    return request.readScope(session);
  }, signal);
  const tables =
    state === noHistory
      ? new LoggedMetadata(scope, formats)
      : new LoggedSchema(schemaOfState(state, scope), scope, formats);
  const { connection, applicationName, patience } = request;
  const maxBytes = Math.max(limits.maxBytes, leastReadAhead);
  const source = { connection, applicationName, identity, ask };
  const { kind, identity: serverIdentity } = server;
  const known = { kind, server: serverIdentity, cutOff };
  const decoder = new LogDecoder({ ...known, place, position, tables, limits, maxPreparedBytes });
  const dump = await ContinuedDump.open(start, {
    kind,
    open: (from) => DumpReader.open({ ...source, start: from, maxBytes, patience, signal: closing }),
    ask,
    signal: closing,
    readSoFar: () => decoder.readSoFar,
  });
  return new ChangeReader(dump, decoder, request.heartbeats);
};
