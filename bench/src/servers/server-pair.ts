import { type PostgresBinaries, type PostgresServer, startPostgres } from '@millrace/testkit/servers';
import { serverSettings } from './server-settings.ts';
import { withClient } from './with-client.ts';

/** Makes segments of log, which the next checkpoint keeps for use: made anew, they would slow down the first runs. */
const prepareLog = (segments: number): string => `DO $$ BEGIN FOR n IN 1..${segments} LOOP
  PERFORM pg_logical_emit_message(false, 'bench', 'x');
  PERFORM pg_switch_wal();
END LOOP; END $$`;

/** A private server with the settings of the benchmarks. */
export const startServer = (binaries: PostgresBinaries): Promise<PostgresServer> =>
  startPostgres({ binaries, settings: serverSettings });

/** Two private servers, gone when disposed of. */
export class ServerPair implements AsyncDisposable {
  readonly source: PostgresServer;
  readonly target: PostgresServer;

  private constructor(source: PostgresServer, target: PostgresServer) {
    this.source = source;
    this.target = target;
  }

  /** `segments`: how much log the target has at hand, in pieces of 16 MB. */
  static async start(postgres: PostgresBinaries, segments: number): Promise<ServerPair> {
    const source = await startServer(postgres);
    try {
      const pair = new ServerPair(source, await startServer(postgres));
      await withClient(pair.target.url(), (client) => client.query(prepareLog(segments)));
      return pair;
    } catch (error) {
      await source.stop();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.source.stop(), this.target.stop()]);
  }
}
