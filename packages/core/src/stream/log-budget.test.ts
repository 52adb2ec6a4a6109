import { expect, test } from 'vitest';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import { LogBudget } from './log-budget.ts';
import { MemoryLog } from './memory-log.test-support.ts';

const warningsFor = async (limit: number | null, ...bytes: readonly number[]) => {
  const events: ConnectorEvent[] = [];
  const readings = [...bytes];
  const source = { ...new MemoryLog().source(), retention: async () => ({ bytes: readings.shift() ?? 0, limit }) };
  const budget = new LogBudget(source, 'test', (event) => events.push(event));
  while (readings.length > 0) await budget.check();
  return events.map(({ code, details }) => `${code} ${details.bytes}`);
};

test('warns once at half of the budget, once at four fifths, and again after it had shrunk', async () => {
  expect(await warningsFor(100, 10, 50, 60, 80, 99)).toEqual(['LOG_BUDGET 50', 'LOG_BUDGET 80']);
  expect(await warningsFor(100, 55, 10, 55)).toEqual(['LOG_BUDGET 55', 'LOG_BUDGET 55']);
});

test('a log that is lost already has no budget left', async () => {
  expect(await warningsFor(0, 100, 100)).toEqual(['LOG_BUDGET 100']);
});

test('a log without a limit has no budget to warn about', async () => {
  expect(await warningsFor(null, 1e12)).toEqual([]);
});

test('a source that keeps nothing for the stream has no budget', async () => {
  await new LogBudget(new MemoryLog().source(), 'test', () => expect.unreachable()).check();
});

test('a server that cannot be asked is no failure of the watch', async () => {
  const unreachable = { ...new MemoryLog().source(), retention: () => Promise.reject(new Error('down')) };
  await new LogBudget(unreachable, 'test', () => {}).check();
});
