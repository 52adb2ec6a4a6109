import { expect, it } from 'vitest';
import type { Source } from '../contracts/source.ts';
import { nullSink } from '../sinks/null-sink.ts';
import { MemoryLog } from '../stream/memory-log.test-support.ts';
import { checkOptions } from './settings.ts';

const check = (startFrom: unknown, capabilities: Partial<Source['capabilities']>, snapshot?: string) => {
  const source = new MemoryLog().source();
  const sink = { ...nullSink(), capabilities: { checkpoints: 'own' } };
  const starting = { ...source, capabilities: { ...source.capabilities, ...capabilities } };
  return checkOptions({ id: 's', source: starting, sink, startFrom, snapshot }).startFrom;
};

it.each(['earliest', 'latest', { position: '7' }, { timestamp: 7 }])('a stream may start from %j', (startFrom) => {
  expect(check(startFrom, { startPoints: true })).toEqual(startFrom);
});

it('where a stream starts is asked of sources that can, of the log and not of a copy', () => {
  expect(() => check('latest', {})).toThrow('startFrom: is not possible');
  const both = { startPoints: true, copy: 'convergent' } as const;
  expect(() => check('latest', both)).toThrow("startFrom: goes with snapshot: 'never'");
  expect(check('latest', both, 'never')).toBe('latest');
  expect(() => check('newest', { startPoints: true })).toThrow('startFrom: must be "earliest", "latest"');
});
