import { report } from '../../../packages/testkit/src/processes/index.ts';
import { startProgram } from '../start-program.ts';

// Starts another program, stops it where it stands, and waits to be killed itself.
const child = await startProgram(new URL('echo.ts', import.meta.url));
await child.message('ready');
child.kill('SIGSTOP');
await report('started', child.pid);
setInterval(() => {}, 60_000);
