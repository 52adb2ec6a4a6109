import { expect, it } from 'vitest';
import { nullSink } from '../sinks/null-sink.ts';
import { chunkBytes } from './chunk-bytes.ts';
import type { CopyOptions } from './copy-tables.ts';
import { MemoryTables } from './memory-tables.test-support.ts';

const mebibyte = 1024 * 1024;

const bytesOf = (formats: { source: readonly string[]; sink: readonly string[] }, more: Partial<CopyOptions> = {}) => {
  const [source, sink] = [new MemoryTables().source(), nullSink()];
  return chunkBytes({
    settings: { concurrency: 1, maxBytesPerSecond: 0 },
    source: { ...source, capabilities: { ...source.capabilities, formats: formats.source } } as CopyOptions['source'],
    sink: { ...sink, capabilities: { ...sink.capabilities, formats: formats.sink } },
    pipeline: null,
    ...more,
  });
};

it('chunks hold more where their rows go on as they are, and what the options say', () => {
  const same = { source: ['binary'], sink: ['text', 'binary'] };
  expect(bytesOf(same)).toBe(4 * mebibyte);
  expect(bytesOf({ source: ['binary'], sink: ['text'] })).toBe(2 * mebibyte);
  expect(bytesOf({ source: [], sink: ['binary'] })).toBe(2 * mebibyte);
  expect(bytesOf(same, { pipeline: {} as CopyOptions['pipeline'] })).toBe(2 * mebibyte);
  expect(bytesOf(same, { settings: { concurrency: 1, maxBytesPerSecond: 0, maxBytes: 5_000 } })).toBe(5_000);
});
