import PQueue from 'p-queue';
import type { Range, RangeProgress } from '../contracts/checkpoint.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import type { Position } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import { runTogether } from '../pipeline/run-together.ts';
import { extendRelation } from '../pipeline/transformation.ts';
import type { TableShape } from '../schema/table-shape.ts';
import { ByteRate } from './byte-rate.ts';
import { chunkBytes } from './chunk-bytes.ts';
import type { CopyOptions } from './copy-tables.ts';
import { eachChunk } from './each-chunk.ts';
import { outdatedBy } from './outdated-by.ts';
import { copied, mapTables, planned } from './table-progress.ts';

/** Ranges of a table for each that is copied at once: they never end together. */
const rangesPerWorker = 4;

/**
 * Copies the tables whose rows the log can be replayed over, in ranges, several at once. When it resolves they are catching
 * up, and durably so. Returns the others, which can only be copied exactly.
 */
export const copyInRanges = async (
  options: CopyOptions,
  tables: readonly string[],
  startOver: (table: string, error: MillraceError) => Promise<void>,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const { source, progress, replacing } = options;
  const workers = Math.min(options.settings.concurrency, options.writer.parallel);
  let exact: readonly string[] = [];
  let through: Position | null = null;
  const later = (position: Position) => {
    if (through === null || source.compare(through, position) < 0) through = position;
  };
  for (;;) {
    exact = await planPending(options, tables, workers, signal);
    const outdated = await copyRanges(options, workers, later, signal);
    if (outdated.size === 0) break;
    for (const [table, error] of outdated) await startOver(table, error);
  }
  await recheck(
    options,
    tables.filter((table) => !exact.includes(table)),
    later,
    signal,
  );
  if (replacing?.atLeast != null) later(replacing.atLeast);
  // Where there are no ranges nothing was read.
  const end = through ?? progress.position;
  const done = new Set(tables.filter((table) => !exact.includes(table)));
  if (done.size > 0)
    await progress.save(
      { tables: mapTables(progress.checkpoint.tables, (each, table) => (done.has(table) ? copied(each, end) : each)) },
      signal,
    );
  return exact;
};

/** The log before the copy knows rows by columns that they do not have any more: it can not be replayed over them. */
const hasNewKey = (relation: Relation | undefined, shape: TableShape | undefined): boolean =>
  shape !== undefined && relation?.key?.some((at) => !Object.hasOwn(shape, relation.columns[at]?.name ?? '')) === true;

/** Returns the tables that can only be copied exactly: they stay pending until they are. */
const planPending = async (
  { source, sink, progress, shapes, report }: CopyOptions,
  tables: readonly string[],
  workers: number,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const plans = new Map<string, readonly RangeProgress[]>();
  const exact: string[] = [];
  for (const table of tables) {
    const known = progress.checkpoint.tables[table];
    // An earlier attempt's ranges go on as they are; only the estimates are asked for again.
    const { ranges: offered, ...estimates } = await source.planCopy(table, workers * rangesPerWorker, signal);
    const isExact =
      offered === null ||
      (sink.copies?.(table) ?? 'convergent') !== 'convergent' ||
      hasNewKey(shapes.get(table), known?.shape);
    const ranges = isExact ? null : offered;
    const isPlanned = known !== undefined && known.state === 'copying';
    const atStart = (range: Range): RangeProgress => ({ table, range, cursor: null, done: false, rows: 0 });
    const own = isPlanned ? known.ranges : (ranges ?? [{ from: null, to: null }]).map(atStart);
    report.planned(table, estimates, own);
    if (isPlanned) continue;
    if (isExact) exact.push(table);
    else plans.set(table, own);
  }
  if (plans.size === 0) return exact;
  const changed = mapTables(progress.checkpoint.tables, (each, table) => {
    const plan = plans.get(table);
    return plan === undefined ? each : planned(each, plan, shapes.get(table));
  });
  await progress.save({ tables: changed }, signal);
  return exact;
};

/** Rows that are at the target, and that no chunk has brought, are right afterwards too. */
const recheck = async (
  { sink, shapes, policy, replacing }: CopyOptions,
  tables: readonly string[],
  onThrough: (position: Position) => void,
  signal: AbortSignal,
): Promise<void> => {
  if (replacing === undefined || !replacing.replaces || replacing.followsOnly) return;
  for (const table of tables) {
    const copied = shapes.get(table);
    if (copied === undefined) continue;
    const through = await sink.recheck?.(extendRelation(copied, policy.added), replacing.where, signal);
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
    const error = await outdatedBy(() => copyRange(options, range, rate, onThrough, either));
    if (error !== null) outdated.set(range.table, error);
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

const copyRange = (
  options: CopyOptions,
  range: RangeProgress,
  rate: ByteRate,
  onThrough: (position: Position) => void,
  signal: AbortSignal,
): Promise<void> => {
  const { source, shapes, writer, report, replacing } = options;
  const where = replacing?.where ?? null;
  const request = {
    table: range.table,
    progress: range,
    maxBytes: chunkBytes(options),
    ...(where === null ? {} : { where }),
  };
  return eachChunk(
    {
      read: (reading) => source.copy(request, reading),
      rate,
      async use(chunk) {
        shapes.check(chunk);
        report.read(chunk);
        await writer.write(chunk, signal);
        onThrough(chunk.through);
        report.wrote(chunk);
      },
    },
    signal,
  );
};
