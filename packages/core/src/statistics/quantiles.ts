/** Quantiles of the newest values, in bounded memory. */
export class RecentQuantiles {
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity = 1024) {
    this.#values = new Float64Array(capacity);
  }

  add(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value;
  }

  /** `null` before the first value. */
  read(): { readonly last: number; readonly p50: number; readonly p95: number; readonly p99: number } | null {
    if (this.#count === 0) return null;
    const sorted = this.#values.slice(0, Math.min(this.#count, this.#values.length)).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    const last = this.#values[(this.#count - 1) % this.#values.length] ?? 0;
    return { last, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}
