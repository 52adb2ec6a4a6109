import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

/** A CPU profile of this process, from `start` to `write`. */
export class CpuProfiler {
  readonly #session = new Session();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.start');
  }

  /** Ends the profile and writes it in the form that V8's tools read. */
  async write(file: string): Promise<void> {
    const { profile } = await this.#session.post('Profiler.stop');
    await writeFile(file, JSON.stringify(profile));
    this.#session.disconnect();
  }
}
