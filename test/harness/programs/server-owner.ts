import { startPostgres } from '../postgres-server.ts';
import { report } from '../program-channel.ts';

// Starts a server and never stops it: the test kills this program.
const server = await startPostgres({ version: 18 });
await report('started', { pid: server.pid, dataDirectory: server.dataDirectory, url: server.url() });
setInterval(() => {}, 60_000);
