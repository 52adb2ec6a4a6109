import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../report/median.ts';

const writes = 200;
const page = Buffer.alloc(8192, 1);

/**
 * How long the disk takes to make a page durable, in milliseconds. Whatever waits for it once per transaction takes at
 * least so long.
 */
export const syncMilliseconds = (): number => {
  const file = join(tmpdir(), `millrace-bench-${process.pid}`);
  const descriptor = openSync(file, 'w');
  try {
    const times = Array.from({ length: writes }, () => {
      writeSync(descriptor, page, 0, page.length, 0);
      const began = performance.now();
      fdatasyncSync(descriptor);
      return performance.now() - began;
    });
    return median(times);
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
};
