import PQueue from 'p-queue';
import type { RangeProgress } from '../contracts/checkpoint.ts';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink } from '../contracts/sink.ts';
import { MillraceError } from '../errors/millrace-error.ts';
import type { Position } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import { runTogether } from '../pipeline/run-together.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { ByteRate, paced } from './byte-rate.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import type { CopyReport } from './copy-report.ts';
import type { CopyingSource } from './copying-source.ts';
import { readAhead } from './read-ahead.ts';
import { copied, mapTables, planned, startedOver, uncopiedTables } from './table-progress.ts';

/** How a table is copied whose rows the target may hold already. */
export interface ReplacingCopy {
  /** The target may hold rows: they are compared with the source when the copy has seen it. */
  readonly replaces: boolean;
  /** Which rows, as SQL of the source; `null`: all. */
  readonly where: string | null;
  /** No more rows are copied: the target has what there was before `atLeast`. */
  readonly followsOnly: boolean;
  /** What the target may have seen already lies before it. */
  readonly atLeast: Position | null;
}

export interface CopyOptions {
  readonly source: CopyingSource;
  readonly sink: Sink;
  /** Read whenever they are used. */
  readonly settings: Settings['copy'];
  readonly progress: StreamProgress;
  /** The captured tables, by qualified name. */
  readonly relations: ReadonlyMap<string, Relation>;
  readonly writer: ChunkWriter;
  readonly report: CopyReport;
  readonly warn: (event: ConnectorEvent) => void;
  /** Absent: into empty tables. */
  readonly replacing?: ReplacingCopy | undefined;
}

/** How often the copy of one table starts over before that counts as a failure. */
const maxRestarts = 3;

/** Ranges of a table for each that is copied at once: they never end together. */
const rangesPerWorker = 4;

/**
 * Copies what is not copied yet, in ranges, several at once. Goes on where an earlier attempt was interrupted: what is
 * durable of a range is not read again. When it resolves every table is catching up, and durably so.
 */
export const copyTables = async (options: CopyOptions, signal: AbortSignal): Promise<void> => {
  const { source, progress, relations, replacing } = options;
  const captured = new Set(relations.keys());
  const restarts = new Map<string, number>();
  const workers = Math.min(options.settings.concurrency, options.writer.parallel);
  const tables = uncopiedTables(progress.checkpoint.tables, captured);
  if (tables.length === 0) return;
  let through: Position | null = null;
  const later = (position: Position) => {
    if (through === null || source.compare(through, position) < 0) through = position;
  };
  for (;;) {
    await planPending(options, tables, workers, signal);
    const outdated = await copyRanges(options, workers, later, signal);
    if (outdated.size === 0) break;
    for (const [table, error] of outdated) {
      const count = (restarts.get(table) ?? 0) + 1;
      restarts.set(table, count);
      if (count > maxRestarts) throw error;
      await startOver(options, table, error, signal);
    }
  }
  await recheck(options, tables, later, signal);
  if (replacing?.atLeast != null) later(replacing.atLeast);
  // Where there are no ranges nothing was read.
  const end = through ?? progress.position;
  const done = new Set(tables);
  await progress.save(
    { tables: mapTables(progress.checkpoint.tables, (each, table) => (done.has(table) ? copied(each, end) : each)) },
    signal,
  );
};

const planPending = async (
  { source, progress, report }: CopyOptions,
  tables: readonly string[],
  workers: number,
  signal: AbortSignal,
): Promise<void> => {
  const plans = new Map<string, readonly RangeProgress[]>();
  for (const table of tables) {
    const known = progress.checkpoint.tables[table];
    // An earlier attempt's ranges go on as they are; only the estimates are asked for again.
    const { ranges, ...estimates } = await source.planCopy(table, workers * rangesPerWorker, signal);
    const isPlanned = known !== undefined && known.state === 'copying';
    const own = isPlanned
      ? known.ranges
      : ranges.map((range) => ({ table, range, cursor: null, done: false, rows: 0 }));
    report.planned(table, estimates, own);
    if (!isPlanned) plans.set(table, own);
  }
  if (plans.size === 0) return;
  const changed = mapTables(progress.checkpoint.tables, (each, table) => {
    const plan = plans.get(table);
    return plan === undefined ? each : planned(each, plan);
  });
  await progress.save({ tables: changed }, signal);
};

/** Rows that are at the target, and that no chunk has brought, are right afterwards too. */
const recheck = async (
  { sink, relations, replacing }: CopyOptions,
  tables: readonly string[],
  onThrough: (position: Position) => void,
  signal: AbortSignal,
): Promise<void> => {
  if (replacing === undefined || !replacing.replaces || replacing.followsOnly) return;
  for (const table of tables) {
    const relation = relations.get(table);
    const through = relation === undefined ? null : await sink.recheck?.(relation, replacing.where, signal);
    if (through != null) onThrough(through);
  }
};

/** Returns the tables whose copy must start over, with what says so. */
const copyRanges = async (
  options: CopyOptions,
  workers: number,
  onThrough: (position: Position) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, MillraceError>> => {
  const { settings, progress, replacing } = options;
  const outdated = new Map<string, MillraceError>();
  const rate = new ByteRate(() => settings.maxBytesPerSecond);
  const queue = new PQueue({ concurrency: workers });
  const all = Object.values(progress.checkpoint.tables).flatMap((table) => table.ranges);
  const ranges = replacing?.followsOnly === true ? all.map((range) => ({ ...range, done: true })) : all;
  const copy = async (range: RangeProgress, either: AbortSignal) => {
    either.throwIfAborted();
    if (outdated.has(range.table)) return;
    try {
      await copyRange(options, range, rate, onThrough, either);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'COPY_OUTDATED') throw error;
      outdated.set(range.table, error);
    }
  };
  const left = ranges.filter(({ done }) => !done);
  // What an earlier attempt has read lies before what any chunk says, even an empty one.
  const asked = left.length === 0 ? ranges.slice(0, 1) : left;
  await runTogether(
    asked.map((range) => (either) => queue.add(() => copy(range, either))),
    signal,
  );
  signal.throwIfAborted();
  return outdated;
};

/** The next chunk is read while the last is written. */
const copyRange = async (
  { source, settings, writer, report, replacing }: CopyOptions,
  range: RangeProgress,
  rate: ByteRate,
  onThrough: (position: Position) => void,
  signal: AbortSignal,
): Promise<void> => {
  const left = new AbortController();
  const reading = AbortSignal.any([signal, left.signal]);
  const where = replacing?.where ?? null;
  const request = {
    table: range.table,
    progress: range,
    maxBytes: settings.maxBytes,
    ...(where === null ? {} : { where }),
  };
  try {
    for await (const chunk of readAhead(paced(source.copy(request, reading), rate, reading))) {
      report.read(chunk);
      // What is being read ahead may wait for something: a failure to write must not wait for it.
      await writer.write(chunk, signal).catch((error) => {
        left.abort();
        throw error;
      });
      onThrough(chunk.through);
      report.wrote(chunk);
    }
  } finally {
    left.abort();
  }
};

const startOver = async (
  { sink, progress, relations, warn, replacing }: CopyOptions,
  table: string,
  error: MillraceError,
  signal: AbortSignal,
): Promise<void> => {
  const relation = relations.get(table);
  warn({
    type: 'warning',
    code: error.code,
    message: `The copy of ${table} starts over: ${error.message}`,
    details: { table, ...error.details },
  });
  const tables = mapTables(progress.checkpoint.tables, (each, name) => (name === table ? startedOver(each) : each));
  // Rows that were there before would not all come back.
  if (replacing?.replaces === true) return progress.save({ tables }, signal);
  if (relation !== undefined) await sink.discardCopy?.(relation, signal);
  progress.committed(tables);
};
