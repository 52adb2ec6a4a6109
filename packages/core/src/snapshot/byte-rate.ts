import { setTimeout } from 'node:timers/promises';

/** Bytes per second that several readers share. The limit is read at every use; 0: none. */
export class ByteRate {
  readonly #limit: () => number;
  #paidUntil = 0;

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** What was read is paid for by waiting, before more is read. */
  async pay(bytes: number, signal: AbortSignal): Promise<void> {
    const limit = this.#limit();
    if (limit === 0) return;
    const now = performance.now();
    this.#paidUntil = Math.max(now, this.#paidUntil) + (bytes / limit) * 1_000;
    await setTimeout(this.#paidUntil - now, undefined, { signal });
  }
}

/** The same items; behind each what it costs is paid. */
export async function* paced<T extends { readonly bytes: number }>(
  items: AsyncIterable<T>,
  rate: ByteRate,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  for await (const item of items) {
    yield item;
    await rate.pay(item.bytes, signal);
  }
}
