import { describe, expect, it } from 'vitest';
import { copyContents } from '../testing/parse-copy.ts';
import { CopyBuffer, CopyMemory } from './copy-buffer.ts';

const chunk = 64 * 1024;

/** Appends a text in one piece. */
const append = (buffer: CopyBuffer, text: string): void => {
  buffer.reserve(text.length);
  buffer.at += buffer.bytes.write(text, buffer.at, 'latin1');
};

const memoryOf = (messages: readonly Uint8Array[]) => messages.map(({ buffer }) => buffer);

describe('CopyBuffer', () => {
  it('puts many pieces into one message, and whole pieces into each', () => {
    const buffer = new CopyBuffer(new CopyMemory(0));
    const pieces = Array.from({ length: 200 }, (_, n) => String(n).padEnd(1_000, 'x'));
    for (const piece of pieces) append(buffer, piece);
    const messages = buffer.end();
    expect(messages.length).toBe(Math.ceil(pieces.length / Math.floor((chunk - 5) / 1_000)));
    for (const { length } of messages) expect((length - 5) % 1_000).toBe(0);
    expect(copyContents(messages).toString('latin1')).toBe(pieces.join(''));
  });

  it('has no message where nothing was written', () => {
    const buffer = new CopyBuffer(new CopyMemory(0));
    expect(buffer.end()).toEqual([]);
    const reserved = new CopyBuffer(new CopyMemory(0));
    reserved.reserve(10);
    expect(reserved.end()).toEqual([]);
  });

  it('gives a piece that is larger than a chunk memory of its own', () => {
    const buffer = new CopyBuffer(new CopyMemory(0));
    for (const piece of ['before', 'x'.repeat(chunk), 'behind']) append(buffer, piece);
    const messages = buffer.end();
    expect(messages.map(({ length }) => length)).toEqual([11, chunk + 5, 11]);
    expect(copyContents(messages).toString('latin1')).toBe(`before${'x'.repeat(chunk)}behind`);
  });
});

describe('what is forwarded', () => {
  it('stays in its place, few bytes are copied, and all comes in order', () => {
    const lying = Buffer.alloc(20_000, '0123456789');
    const buffer = new CopyBuffer(new CopyMemory(0));
    append(buffer, 'before');
    buffer.forward(lying, 3, 13);
    buffer.forward(lying, 5, 10_005);
    buffer.forward(lying, 7, 9);
    append(buffer, 'behind');
    const pieces = buffer.end();
    expect(pieces.filter(({ buffer: memory }) => memory === lying.buffer).map(({ length }) => length)).toEqual([
      10_000,
    ]);
    const contents = copyContents(pieces).toString('latin1');
    expect(contents).toBe(`before${lying.toString('latin1', 3, 13)}${lying.toString('latin1', 5, 10_005)}78behind`);
  });
});

describe('CopyMemory', () => {
  const fill = (memory: CopyMemory, text: string) => {
    const buffer = new CopyBuffer(memory);
    append(buffer, text);
    return buffer.end();
  };

  it('is used again once it was received', () => {
    const memory = new CopyMemory(chunk);
    const first = fill(memory, 'first');
    memory.release();
    expect(memoryOf(fill(memory, 'second'))).toEqual(memoryOf(first));
  });

  it('is not used again before that, so that two copies of a message do not mix', () => {
    const memory = new CopyMemory(10 * chunk);
    const [first, second] = [fill(memory, 'first'), fill(memory, 'second')];
    expect(copyContents(first).toString()).toBe('first');
    expect(copyContents(second).toString()).toBe('second');
  });

  it('is not used again after a failure: it may still be on its way', () => {
    const memory = new CopyMemory(10 * chunk);
    const lost = fill(memory, 'lost');
    memory.forget();
    memory.release();
    const next = fill(memory, 'next');
    expect(memoryOf(next)[0]).not.toBe(memoryOf(lost)[0]);
    expect(copyContents(lost).toString()).toBe('lost');
  });

  it('keeps no more than its limit, and nothing larger than a chunk', () => {
    const memory = new CopyMemory(2 * chunk);
    const taken = [memory.take(1), memory.take(1), memory.take(1), memory.take(chunk + 1)];
    memory.release();
    memory.release();
    const again = [memory.take(1), memory.take(1), memory.take(1)];
    expect(again.filter((one) => taken.includes(one)).length).toBe(2);
    expect(again.map(({ length }) => length)).toEqual([chunk, chunk, chunk]);
  });
});
