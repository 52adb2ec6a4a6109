import { report } from '../../../packages/testkit/src/processes/index.ts';
import { startPostgres } from '../start-postgres.ts';

// Starts a server and never stops it: the test kills this program.
const server = await startPostgres({ version: 18 });
if (process.argv[2] === 'frozen') await server.freeze();
await report('started', { pid: server.pid, dataDirectory: server.dataDirectory, url: server.url() });
setInterval(() => {}, 60_000);
