import { report } from '../../../packages/testkit/src/processes/index.ts';
import { asMysqlName } from '../mysql-name.ts';
import { startMysql } from '../start-mysql.ts';

// Starts a server and never stops it: the test kills this program.
const [name = '', state] = process.argv.slice(2);
const server = await startMysql({ name: asMysqlName(name) });
if (state === 'frozen') await server.freeze();
await report('started', { pid: server.pid, dataDirectory: server.dataDirectory });
setInterval(() => {}, 60_000);
