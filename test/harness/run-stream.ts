import { instruction, report } from '../../packages/testkit/src/processes/index.ts';

/** What a program does with a stream. */
interface RunningStream {
  readonly status: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  on(event: 'error', listener: (error: { readonly code: string; readonly message: string }) => void): unknown;
}

/**
 * Runs a stream until the program is told to `stop`, or killed: reports `running`, and `stopped` with what `result` says. A
 * server may be down when the program starts, or not have noticed that the one before is gone: it tries again, as a
 * supervisor would. What keeps the stream from starting is written to the standard error.
 */
export const runStream = async (stream: RunningStream, result: () => unknown = () => undefined): Promise<void> => {
  stream.on('error', ({ code, message }) => process.stderr.write(`${code}: ${message}\n`));
  void instruction('stop').then(async () => {
    await stream.stop();
    await report('stopped', result());
    process.disconnect();
  });
  for (;;) {
    try {
      await stream.start();
      break;
    } catch (error) {
      process.stderr.write(`not started: ${error instanceof Error ? error.message : String(error)}\n`);
      if (stream.status === 'failed-permanently') throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await report('running');
};
