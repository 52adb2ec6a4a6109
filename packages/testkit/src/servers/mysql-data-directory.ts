import { execFile } from 'node:child_process';
import { chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache-directory.ts';
import { type MysqlBinaries, mysqlServerProgram } from './mysql-binaries.ts';
import { mysqlSuperuser } from './mysql-endpoint.ts';
import { mysqlArguments, redoLog } from './mysql-settings.ts';
import { serverEnvironment } from './postgres-data-directory.ts';
import { type Account, serverAccount } from './server-account.ts';

const run = promisify(execFile);

/**
 * Fills `directory/data`: a superuser who may come from anywhere, the time zones, nothing else. It comes from a copy made
 * once per machine and release; the server gives it an identity of its own at its first start.
 */
export async function createMysqlDataDirectory(binaries: MysqlBinaries, directory: string): Promise<string> {
  const account = serverAccount();
  const template = await dataTemplate(binaries, account);
  const data = join(directory, 'data');
  await run('cp', ['-r', '--reflink=auto', '--preserve=mode', template, data], { ...account, cwd: directory });
  await rm(join(data, 'auto.cnf'), { force: true });
  return data;
}

/** Where the programs find what came with them, whatever is installed on this machine. */
export const mysqlPlaces = ({ directory, share }: MysqlBinaries, data: string): string[] => [
  '--no-defaults',
  `--basedir=${join(directory, 'usr')}`,
  `--datadir=${data}`,
  // MariaDB deletes the temporary tables of every other server that has the same place for them, when it starts.
  `--tmpdir=${dirname(data)}`,
  `--lc-messages-dir=${share}`,
  `--character-sets-dir=${join(share, 'charsets')}`,
  `--plugin-dir=${join(directory, 'usr/lib/mysql/plugin')}`,
];

async function dataTemplate(binaries: MysqlBinaries, account: Account): Promise<string> {
  const directory = await cached(`${binaries.release}-data`, async (partial) => {
    const owned = join(partial, 'owned');
    await mkdir(owned);
    const script = join(partial, 'script.sql');
    await writeFile(script, await firstStatements(binaries));
    await chown(owned, account.uid, account.gid);
    await initialize(binaries, { account, data: join(owned, 'data'), script });
  });
  return join(directory, 'owned/data');
}

interface Initialization {
  readonly account: Account;
  readonly data: string;
  readonly script: string;
}

/** MySQL makes its tables itself and then runs the script; MariaDB is sent all of it. */
async function initialize(binaries: MysqlBinaries, { account, data, script }: Initialization): Promise<void> {
  const { file, args } = binaries.program(mysqlServerProgram[binaries.kind]);
  const settings = { ...redoLog[binaries.kind], log_bin: false } as const;
  const common = [...args, ...mysqlPlaces(binaries, data), ...mysqlArguments(settings)];
  const options = { ...account, cwd: '/', env: serverEnvironment };
  if (binaries.kind === 'mysql') {
    await run(file, [...common, '--initialize-insecure', `--init-file=${script}`], options);
    return;
  }
  await run('mkdir', [data], options);
  const bootstrap = 'script=$1; shift; exec "$@" --bootstrap < "$script"';
  await run('sh', ['-c', bootstrap, 'sh', script, file, ...common], options);
}

const superuser = `
FLUSH PRIVILEGES;
CREATE USER ${mysqlSuperuser.name}@'%' IDENTIFIED BY '${mysqlSuperuser.password}';
GRANT ALL ON *.* TO ${mysqlSuperuser.name}@'%' WITH GRANT OPTION;
`;

/** The tables of MariaDB come as SQL; both get the time zones, which a new server has none of. */
async function firstStatements({ kind, directory, share, program }: MysqlBinaries): Promise<string> {
  const zones = program(`usr/bin/${kind === 'mysql' ? 'mysql_tzinfo_to_sql' : 'mariadb-tzinfo-to-sql'}`);
  const zoneFiles = join(directory, 'usr/share/zoneinfo');
  const { stdout } = await run(zones.file, [...zones.args, zoneFiles], { maxBuffer: 64 * 1024 * 1024 });
  return [...(kind === 'mariadb' ? await mariadbTables(share) : []), 'USE mysql;', stdout, superuser].join('\n');
}

async function mariadbTables(share: string): Promise<string[]> {
  const prefix = (await readdir(share)).includes('mariadb_system_tables.sql') ? 'mariadb' : 'mysql';
  const parts = ['system_tables', 'performance_tables', 'system_tables_data', 'sys_schema'];
  const files = parts.map((part) => readFile(join(share, `${prefix}_${part}.sql`), 'utf8'));
  // Accounts for hosts of their own would be matched before the superuser who may come from anywhere.
  const noRoot = "DELETE FROM mysql.global_priv WHERE user = 'root';";
  return ['CREATE DATABASE mysql;', 'USE mysql;', ...(await Promise.all(files)), noRoot];
}
