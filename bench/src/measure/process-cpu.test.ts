import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { cpuSeconds, endedChildrenSeconds, parseCpuSeconds, serverCpuSeconds } from './process-cpu.ts';

it('adds user and system time, whatever the program is called', () => {
  const stat = '42 (a (strange) name) S 1 42 42 0 -1 4194560 100 0 0 0 150 25 7 8 20 0 1 0 100 200 300';
  expect(parseCpuSeconds(stat)).toEqual({ own: 1.75, children: 0.15 });
});

it('reads a running process, and nothing of one that is gone', () => {
  expect(cpuSeconds(process.pid)).toBeGreaterThan(0);
  expect(cpuSeconds(2 ** 30)).toBe(0);
});

it('counts what children used that have ended', () => {
  const [ended, all] = [endedChildrenSeconds(process.pid), serverCpuSeconds(process.pid)];
  spawnSync('sh', ['-c', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done']);
  expect(endedChildrenSeconds(process.pid)).toBeGreaterThan(ended);
  expect(serverCpuSeconds(process.pid)).toBeGreaterThan(all);
});
