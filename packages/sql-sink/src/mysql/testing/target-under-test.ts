import type { Relation, SchemaPlan, SinkContext, ValidationItem } from '@millrace/core';
import { checkMysqlSinkOptions, type MysqlSinkOptions, type MysqlSinkSettings } from '../mysql-sink-options.ts';
import { readMysqlNames } from '../target/mysql-types.ts';
import { planTarget } from '../target/plan-target.ts';
import { TargetTables } from '../target/target-tables.ts';
import { validateTarget } from '../validation/validate-target.ts';
import { StreamProcess } from './stream-process.ts';

/** The tables of a sink as a stream makes them ready, with what was reported. */
export class TargetUnderTest implements AsyncDisposable {
  readonly stream: StreamProcess;
  readonly #settings: MysqlSinkSettings;

  /** Tables and checkpoints lie in the database of the URL unless the options say otherwise. */
  constructor(url: string, options: Partial<MysqlSinkOptions> = {}, streamId = 'test') {
    const schema = new URL(url).pathname.slice(1);
    this.#settings = checkMysqlSinkOptions({ connection: url, schema, ...options });
    this.stream = new StreamProcess(url, this.#settings.schema, streamId);
  }

  context(relations: readonly Relation[], parts: Partial<SinkContext> = {}): SinkContext {
    return {
      streamId: this.stream.streamId,
      epoch: null,
      relations,
      compare: () => 0,
      logger: { info() {}, warn() {}, error() {} },
      report: (event) => this.stream.events.push(event),
      signal: new AbortController().signal,
      ...parts,
    };
  }

  async validate(relations: readonly Relation[], parts?: Partial<SinkContext>): Promise<readonly ValidationItem[]> {
    return (await validateTarget(this.#settings, this.context(relations, parts))).items;
  }

  async failed(relations: readonly Relation[], parts?: Partial<SinkContext>): Promise<readonly ValidationItem[]> {
    return (await this.validate(relations, parts)).filter(({ state }) => state === 'failed');
  }

  async plan(relations: readonly Relation[], parts?: Partial<SinkContext>): Promise<SchemaPlan['statements']> {
    return (await planTarget(this.#settings, this.context(relations, parts))).statements;
  }

  /** Opens another connection and makes tables ready with it. */
  async start(relations: readonly Relation[], phase: 'snapshot' | 'stream' = 'stream'): Promise<void> {
    await this.stream.open();
    await this.prepare(relations, phase);
  }

  async prepare(relations: readonly Relation[], phase: 'snapshot' | 'stream'): Promise<void> {
    const { session, claim, checkpoint } = this.stream.opened;
    const [context, settings] = [this.context(relations), this.#settings];
    const names = await readMysqlNames(session, settings, context.signal);
    const openSession = (signal: AbortSignal) => this.stream.connect(signal);
    const tables = new TargetTables({ settings, names, context, openSession });
    await tables.prepare({ session, claim, saved: checkpoint }, relations, phase, context.signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stream[Symbol.asyncDispose]();
  }
}
