import type { SourceLog } from '../servers/source-log.ts';
import type { TargetTemplate } from '../servers/target-template.ts';

/** Where one run takes place. Disposing of it drops slot and database; the side must have left them. */
export class RunPlace implements AsyncDisposable {
  /** Of the slot, of the database at the target, and of the stream. */
  readonly name: string;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly #source: SourceLog;
  readonly #target: TargetTemplate;

  /** Slot and database of this name are there. */
  constructor(name: string, source: SourceLog, target: TargetTemplate) {
    this.name = name;
    this.sourceUrl = source.url;
    this.targetUrl = target.url(name);
    this.#source = source;
    this.#target = target;
  }

  /** The server process that sends the log of this run; `null` while there is none. */
  readonly walsender = (): Promise<number | null> => this.#source.walsender(this.name);

  /** Does something here; when it fails, the error says what the target's server has to say about it. */
  async explained<T>(use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (cause) {
      const log = (await this.#target.log()).slice(-2_000);
      throw new Error(`A run failed. The log of the target's server ends with:\n${log}`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.dropSlot(this.name);
    await this.#target.drop(this.name);
  }
}
