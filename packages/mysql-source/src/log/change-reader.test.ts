import type { ChangeBatch } from '@millrace/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DumpReader } from '../replication/dump-reader.ts';
import { BatchBuilder } from '../transactions/batch-builder.ts';
import { brief, inserts, numbersFormat } from '../transactions/logged-batches.test-support.ts';
import { ChangeReader } from './change-reader.ts';
import type { LogDecoder } from './log-decoder.ts';

/** `begin`, `commit`, `cut`, `fail`, a number for a row, `state` for what a statement leaves to be said. */
type Word = string | number;

/** Batches of words instead of events. */
class ScriptedDecoder {
  #number = 0;
  #state: string | undefined;
  readonly #builder: BatchBuilder;

  constructor(maxChanges: number) {
    this.#builder = new BatchBuilder({ maxChanges, maxBytes: 1_000_000 }, () => {
      const state = this.#state;
      this.#state = undefined;
      return { position: String(this.#number), ...(state === undefined ? {} : { state }) };
    });
  }

  push(event: Buffer): void {
    const word: Word = JSON.parse(event.toString());
    if (typeof word === 'number') this.#builder.rows(inserts(word), numbersFormat);
    else if (word === 'begin') this.#builder.begin({ id: 't', position: String(this.#number), commitTime: 0 });
    else if (word === 'cut') this.#builder.cut();
    else if (word === 'state') this.#state = 'schema';
    else if (word === 'fail') throw new Error('not readable');
    else {
      this.#number += 1;
      this.#builder.commit();
    }
  }

  flush = () => this.#builder.flush();
  take = () => this.#builder.take();
}

type Events = readonly Buffer[] | null;
type Deferred = ReturnType<typeof deferred>;

const deferred = () => {
  let [resolve, reject] = [(_: Events) => {}, (_: Error) => {}];
  const promise = new Promise<Events>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
};

/** Stands for the connection: each list is what one turn reads; `null` is its end, an error its failure. */
class ScriptedDump {
  readonly failed = new AbortController().signal;
  readonly #waiting: Deferred[] = [];
  #asked = 0;
  #said = 0;
  isClosed = false;

  #turn(number: number) {
    this.#waiting[number] ??= deferred();
    return this.#waiting[number];
  }

  say(...words: readonly Word[]): void {
    this.#turn(this.#said++).resolve(words.map((word) => Buffer.from(JSON.stringify(word))));
  }

  lose(error: Error): void {
    this.#turn(this.#said++).reject(error);
  }

  next = () => this.#turn(this.#asked++).promise;

  async close(): Promise<void> {
    this.isClosed = true;
    this.#turn(this.#said++).resolve(null);
  }
}

const reading = ({ maxChanges = 100 } = {}) => {
  const dump = new ScriptedDump();
  const decoder = new ScriptedDecoder(maxChanges);
  const reader = new ChangeReader(dump as unknown as DumpReader, decoder as unknown as LogDecoder, {
    first: 100,
    every: 1_000,
  });
  const next = async () => {
    const batch: ChangeBatch | null = await reader.next();
    return batch && brief(batch);
  };
  return { dump, reader, next };
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

describe('ChangeReader', () => {
  it('makes one batch of what one turn reads, and gives what is whole at once', async () => {
    const { dump, next } = reading();
    dump.say('begin', 1, 'commit', 'begin', 2, 'commit', 'begin', 3);
    expect(await next()).toEqual(['1.0 2.0', '2']);
    dump.say('commit');
    expect(await next()).toEqual(['3.0', '3']);
  });

  it('holds positions without changes back, longer and longer, and begins anew with changes', async () => {
    const { dump, next } = reading();
    const told: unknown[] = [];
    const wait = async (time: number) => {
      void next().then((batch) => told.push(batch));
      await vi.advanceTimersByTimeAsync(time);
      return told.splice(0);
    };
    dump.say('begin', 'commit');
    expect(await wait(99)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told.splice(0)).toEqual([['', '1']]);
    dump.say('begin', 'commit');
    expect(await wait(199)).toEqual([]);
    dump.say('begin', 1, 'commit');
    await vi.advanceTimersByTimeAsync(0);
    expect(told.splice(0)).toEqual([['1.0', '3']]);
    dump.say('begin', 'commit');
    expect(await wait(100)).toEqual([['', '4']]);
  });

  it('gives a state at once, and not again', async () => {
    const { dump, next } = reading();
    dump.say('begin', 'state', 'commit', 'cut', 'begin', 'commit');
    expect(await next()).toEqual(['', '1', 'schema']);
    dump.say('begin', 1, 'commit');
    expect(await next()).toEqual(['1.0', '3']);
  });

  it('ends a transaction in parts at once, even when nothing is left of it', async () => {
    const { dump, next } = reading();
    dump.say('begin', 1, 'cut', 'commit', 'begin', 2, 'commit');
    expect(await next()).toEqual(['1.0', null]);
    expect(await next()).toEqual(['', '1']);
    expect(await next()).toEqual(['2.0', '2']);
    dump.say('begin', 3, 'cut', 'commit');
    expect(await next()).toEqual(['3.0', null]);
    expect(await next()).toEqual(['', '3']);
  });

  it('gives no older position between the parts of a transaction', async () => {
    const { dump, next } = reading({ maxChanges: 2 });
    dump.say('begin', 'commit');
    const first = next();
    await vi.advanceTimersByTimeAsync(50);
    dump.say('begin', 1, 2, 3);
    expect(await first).toEqual(['1.0 2.1', null]);
    const rest = next();
    await vi.advanceTimersByTimeAsync(5_000);
    dump.say('commit');
    expect(await rest).toEqual(['3.2', '2']);
  });

  it('fails behind all that was whole before what cannot be read, and stays failed', async () => {
    const { dump, next } = reading();
    dump.say('begin', 1, 'commit', 'begin', 2, 'fail');
    expect(await next()).toEqual(['1.0', '1']);
    await expect(next()).rejects.toThrow('not readable');
    await expect(next()).rejects.toThrow('not readable');
  });

  it('fails as the connection does, also while it holds a position back', async () => {
    const { dump, next } = reading();
    dump.say('begin', 'commit');
    const lost = expect(next()).rejects.toThrow('gone');
    await vi.advanceTimersByTimeAsync(50);
    dump.lose(new Error('gone'));
    await lost;
    await expect(next()).rejects.toThrow('gone');
  });

  it('ends when it is closed', async () => {
    const { dump, reader, next } = reading();
    const waiting = next();
    await reader.close();
    expect(await waiting).toBeNull();
    expect(dump.isClosed).toBe(true);
  });
});
