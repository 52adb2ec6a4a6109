import { AssertionError } from 'node:assert';
import type { Relation, Source } from '@millrace/core';
import { qualifiedName } from '@millrace/core';
import type { FaultInjector } from '../faults/fault-injector.ts';
import { patience, within } from '../within.ts';
import { possible } from './origin-changes.ts';
import { SourceStream, type SourceStreamOptions } from './source-stream.ts';
import type { OriginChange, SourceWorld } from './source-world.ts';

/** A log, and streams that read it. */
export class SourceSubject {
  readonly world: SourceWorld;
  readonly #injector: FaultInjector;
  readonly #sources = new Set<Source>();
  readonly #streams: SourceStream[] = [];
  #sample: Source | null = null;

  constructor(world: SourceWorld, injector: FaultInjector) {
    this.world = world;
    this.#injector = injector;
  }

  /** One that is never opened: what it says of itself. */
  get sample(): Source {
    this.#sample ??= this.connect();
    return this.#sample;
  }

  readonly connect = (): Source => {
    const source = this.world.connect();
    this.closes(source);
    return source;
  };

  /** Has a source closed at the end. */
  closes(source: Source): void {
    this.#sources.add(source);
  }

  /** A stream that is not open yet. */
  stream(parts: Partial<SourceStreamOptions> = {}): SourceStream {
    const { connect, world } = this;
    const stream = new SourceStream({ connect, world, injector: this.#injector, ...parts });
    this.#streams.push(stream);
    return stream;
  }

  /** A stream that has a position. */
  async started(parts: Partial<SourceStreamOptions> = {}, copies = false): Promise<SourceStream> {
    const stream = this.stream(parts);
    await stream.start(copies);
    return stream;
  }

  /** Performs transactions, without what the origin cannot do. Returns what was done. */
  async write(transactions: readonly (readonly OriginChange[])[]): Promise<readonly (readonly OriginChange[])[]> {
    const done = possible(transactions, this.world.table);
    for (const changes of done) await this.world.write(changes);
    return done;
  }

  /** The table of the world, as the source describes it now. */
  async relation(stream: SourceStream, source = stream.source): Promise<Relation> {
    const relations = await source.describe(stream.context(new AbortController().signal));
    const found = relations.find((relation) => qualifiedName(relation) === this.world.table.name);
    if (found === undefined) throw new AssertionError({ message: `${this.world.table.name} is not described` });
    return found;
  }

  async release(): Promise<void> {
    for (const stream of this.#streams) stream.release();
    const closed = Promise.allSettled([...this.#sources].map((source) => source.close()));
    // What does not close has been noticed, if anybody looked.
    await Promise.allSettled([within(patience, 'sources to be closed', closed)]);
  }
}
