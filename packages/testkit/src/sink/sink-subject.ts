import type { Relation, Sink } from '@millrace/core';
import { items } from '../batches.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import { patience, within } from '../within.ts';
import { sameRows } from './expected-rows.ts';
import { SinkStream, type SinkStreamOptions } from './sink-stream.ts';
import type { SinkWorld, TargetRow } from './sink-world.ts';

/** A target, and streams into it. */
export class SinkSubject {
  readonly world: SinkWorld;
  readonly #injector: FaultInjector;
  readonly #sinks = new Set<Sink>();
  #sample: Sink | null = null;

  constructor(world: SinkWorld, injector: FaultInjector) {
    this.world = world;
    this.#injector = injector;
  }

  /** One that is never opened: what it says of itself. */
  get sample(): Sink {
    this.#sample ??= this.connect();
    return this.#sample;
  }

  readonly connect = (): Sink => {
    const sink = this.world.connect();
    this.closes(sink);
    return sink;
  };

  /** Has a sink closed at the end. */
  closes(sink: Sink): void {
    this.#sinks.add(sink);
  }

  /** A stream that is not open yet. */
  stream(parts: Partial<SinkStreamOptions> = {}): SinkStream {
    const { connect } = this;
    return new SinkStream({ connect, injector: this.#injector, streamId: 'stream', relations: [items], ...parts });
  }

  /** A stream that has begun. */
  async begun(parts: Partial<SinkStreamOptions> = {}): Promise<SinkStream> {
    const stream = this.stream(parts);
    await stream.begin();
    return stream;
  }

  /** What needs no sink that is open, and may be repeated. */
  again<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#injector.insist(
      (signal) => this.#injector.call(signal, () => work(signal)),
      async ({ rest }) => {
        await rest;
      },
    );
  }

  async expectRows(expected: readonly TargetRow[], what: string, relation: Relation = items): Promise<void> {
    sameRows(await this.world.rows(relation), expected, what);
  }

  async release(): Promise<void> {
    const closed = Promise.allSettled([...this.#sinks].map((sink) => sink.close()));
    // What does not close has been noticed, if anybody looked.
    await Promise.allSettled([within(patience, 'sinks to be closed', closed)]);
  }
}
