import { expect, test } from 'vitest';
import { type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import { RecentQuantiles } from './quantiles.ts';
import { SessionStatistics } from './session-statistics.ts';
import { DelayRecorder } from './stream-statistics.ts';

const committedAt = (commitTime: number | null, length = 1): ChangeBatch => ({
  ...changeBatch([], { position: '1' }),
  changes: Object.assign([], { length }),
  tables: new Map([['public.t', length]]),
  commitTime,
});

test("delays are measured by one clock: the source's offset is subtracted, and none is ever negative", () => {
  const delays = new DelayRecorder();
  // The source's clock is 5 s ahead of ours.
  delays.compareClocks({ offset: 5_000, roundTrip: 2 });
  // An answer that took long says little.
  delays.compareClocks({ offset: 4_000, roundTrip: 2_000 });
  delays.written(committedAt(15_000), 10_010, 10_040);
  expect(delays.total.read()?.last).toBe(40);
  expect(delays.system.read()?.last).toBe(30);
  delays.written(committedAt(15_100), null, 10_040);
  expect(delays.total.read()?.last).toBe(0);
});

test('freshness grows while more is queued, and stands when the stream has caught up', () => {
  const delays = new DelayRecorder();
  delays.written(committedAt(1_000), null, 1_200);
  expect(delays.freshness(9_000, false)).toBe(200);
  expect(delays.freshness(9_000, true)).toBe(8_000);
});

test('quantiles are those of the newest values', () => {
  const quantiles = new RecentQuantiles(100);
  expect(quantiles.read()).toBeNull();
  for (let value = 1; value <= 200; value++) quantiles.add(value);
  expect(quantiles.read()).toEqual({ last: 200, p50: 151, p95: 196, p99: 200 });
});

test('a distance that is not known is no lag of zero', () => {
  const statistics = new SessionStatistics();
  statistics.wrote(committedAt(null));
  statistics.head('9', { offset: 0, roundTrip: 1 });
  expect(statistics.snapshot('running', () => null).lag.bytes).toBeNull();
  expect(statistics.snapshot('running', () => -5).lag.bytes).toBe(0);
});
