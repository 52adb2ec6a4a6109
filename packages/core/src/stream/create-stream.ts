import type { Sink } from '../contracts/sink.ts';
import type { Schema } from '../model/change.ts';
import { checkOptions, namedTables, type Settings } from '../options/settings.ts';
import type { CapturedSchema, ColumnsOption, StreamOptions, TableOption } from '../options/stream-options.ts';
import { qualified, spellings } from '../pipeline/table-selection.ts';
import { projectedSource } from '../projection/projected-source.ts';
import type { ProjectedTable } from '../projection/projections.ts';
import { handlerSink } from '../sinks/handler-sink.ts';
import { IterationSink } from '../sinks/iteration-sink.ts';
import { knowingOutdated } from '../sinks/outdated-relations.ts';
import { wholeTransactions } from '../sinks/whole-transactions.ts';
import { Stream } from './stream.ts';

/**
 * A stream from one source to a sink, to handlers by table (`on`), or to the loop over `stream.changes()`. Does
 * nothing before `start()`. Throws `INVALID_OPTIONS` with every problem at once.
 *
 * The row types come from the source; `tables`, `on` and `transform` follow from them.
 */
export function createStream<
  S = Schema,
  const T extends readonly TableOption<NoInfer<S>>[] = readonly TableOption<S>[],
  const C extends ColumnsOption = Record<never, never>,
>(options: StreamOptions<S, T, C>): Stream<CapturedSchema<S, T>, S> {
  const settings = checkOptions(options);
  settings.source = projectedSource(settings.source, qualifiedTables(settings));
  const { sink, iteration } = destination(settings);
  return new Stream<CapturedSchema<S, T>, S>(settings, sink, iteration);
}

/** The entries of `tables`, with whole names, as they are now. */
const qualifiedTables = (settings: Settings) => {
  let [given, named]: (readonly ProjectedTable[])[] = [[], []];
  const { defaultSchema } = settings.source;
  return (): readonly ProjectedTable[] => {
    if (settings.tables !== given) {
      given = settings.tables;
      named = settings.tables.map((table) => ({ ...table, name: qualified(table.name, defaultSchema) }));
    }
    return named ?? [];
  };
};

const destination = (settings: Settings): { readonly sink: Sink; readonly iteration: IterationSink | null } => {
  if (settings.sink !== undefined)
    return { sink: wholeTransactions(knowingOutdated(settings.sink), settings.spill), iteration: null };
  const { defaultSchema } = settings.source;
  const spelling = spellings(namedTables(settings), defaultSchema);
  if (settings.on !== undefined) {
    const handlers = Object.entries(settings.on).map(
      ([name, handler]) => [qualified(name, defaultSchema), handler] as const,
    );
    return { sink: handlerSink(new Map(handlers), spelling), iteration: null };
  }
  const iteration = new IterationSink(spelling);
  return { sink: iteration.sink, iteration };
};
