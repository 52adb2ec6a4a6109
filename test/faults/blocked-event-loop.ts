/** Nothing runs in this process for so long. */
export const blockEventLoop = (milliseconds: number): unknown =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
