import { DrivenSink } from '../../testing/driven-sink.ts';
import { postgresSinkWith } from '../postgres-sink.ts';
import type { PostgresSinkOptions } from '../postgres-sink-options.ts';
import type { SinkLimits } from '../sink-limits.ts';

/** A sink of PostgreSQL as a stream drives it. */
export class SinkUnderTest extends DrivenSink {
  constructor(options: PostgresSinkOptions, limits: Partial<SinkLimits> = {}, streamId?: string) {
    super(postgresSinkWith(options, limits), streamId);
  }
}
