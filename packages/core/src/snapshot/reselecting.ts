import type { Sink, SinkContext } from '../contracts/sink.ts';
import type { Position } from '../model/position.ts';
import type { Settings } from '../options/settings.ts';
import { streamPipeline } from '../stream/stream-connectors.ts';
import { throughPipeline } from './copied-rows.ts';

/**
 * The source's `reselect` as sinks get it: with rows as `transform` leaves them, and noted, so that the table is not
 * handed over before it has caught up with what was read.
 */
export const reselecting = (
  settings: Settings,
  sink: Sink,
  onRead: (table: string, through: Position) => void,
): SinkContext['reselect'] => {
  const { source, transform } = settings;
  if (source.reselect === undefined) return undefined;
  const reselect = source.reselect.bind(source);
  return async (request, signal) => {
    const { rows, through } = await reselect(request, signal);
    onRead(request.table, through);
    if (transform === null) return { rows, through };
    return { rows: await throughPipeline(rows, streamPipeline(settings, sink)), through };
  };
};
