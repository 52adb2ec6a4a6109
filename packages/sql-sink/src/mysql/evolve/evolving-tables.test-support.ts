import type { Column, ConnectorEvent, EvolutionStep, Relation, TableEvolution, ValueType } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import type { MysqlTestDatabase } from '../../../../../test/harness/index.ts';
import { mysqlNames } from '../target/mysql-types.ts';
import { StreamProcess } from '../testing/stream-process.ts';
import { evolveTables } from './evolve-tables.ts';

const signal = new AbortController().signal;

export const column = (name: string, native: string, type: ValueType, parts: Partial<Column> = {}): Column => ({
  name,
  type,
  native,
  nullable: true,
  generated: false,
  ...parts,
});

type Spread<S> = S extends unknown ? Omit<S, 'otherwise'> & { otherwise?: 'fail' | 'skip' } : never;
export type Step = Spread<EvolutionStep>;

/** A stream whose tables lie in the database that its checkpoint lies in, too. */
export class EvolvingTables implements AsyncDisposable {
  readonly events: ConnectorEvent[] = [];
  readonly stream: StreamProcess;
  readonly #database: MysqlTestDatabase;

  constructor(database: MysqlTestDatabase) {
    this.#database = database;
    this.stream = new StreamProcess(database.url, database.name);
  }

  relation(table: string, columns: readonly Column[] = [], parts: Partial<Relation> = {}): Relation {
    const { name: schema } = this.#database;
    return { schema, table, version: 1, columns, key: null, identity: 'none', dialect: 'mysql', ...parts };
  }

  /** As a table of PostgreSQL. */
  ofPostgres(relation: Relation): Relation {
    const { dialect: _, ...other } = relation;
    return other;
  }

  evolution(relation: Relation, ...steps: readonly Step[]): TableEvolution {
    return { relation, steps: steps.map((step) => ({ otherwise: 'fail', ...step }) as EvolutionStep) };
  }

  /** Carries evolutions out, by the session that has the checkpoint unless told. */
  async evolve(
    evolutions: readonly TableEvolution[],
    place = 'here',
    session: ScriptSession = this.stream.opened.session,
  ): Promise<void> {
    const names = mysqlNames({}, session.server);
    const options = {
      names,
      made: (relation: Relation) => relation,
      report: (event: ConnectorEvent) => this.events.push(event),
    };
    await evolveTables(session, this.stream.opened.claim, { evolutions, place }, options, signal);
  }

  /** The statements that make the tables as they are, but for those of the checkpoint, and their rows. */
  async tables(): Promise<Readonly<Record<string, unknown>>> {
    const listed = await this.#database.query<{ name: string }>(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT IN ('checkpoint', 'copy_range') ORDER BY TABLE_NAME`,
    );
    const found: Record<string, unknown> = {};
    for (const { name } of listed) {
      const [made] = await this.#database.query<Record<string, string>>(`SHOW CREATE TABLE \`${name}\``);
      found[name] = [made?.['Create Table'], await this.#database.query(`SELECT * FROM \`${name}\` ORDER BY 1`)];
    }
    return found;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stream[Symbol.asyncDispose]();
  }
}

/** The session, whose connection breaks before or behind its message of this number, from 0 on. */
export const breaking = (session: ScriptSession, number: number, side: 'before' | 'behind'): ScriptSession => {
  let sent = 0;
  const cut = (): never => {
    session.destroy();
    throw new Error('cut');
  };
  return new Proxy(session, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const call = value.bind(target);
      if (key !== 'script' && key !== 'query') return call;
      return async (...given: unknown[]) => {
        const isLast = sent++ === number;
        if (isLast && side === 'before') return cut();
        const answer: unknown = await call(...given);
        return isLast ? cut() : answer;
      };
    },
  });
};
