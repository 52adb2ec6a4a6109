import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type MysqlKind, mysqlVersion, mysqlVersionText } from './mysql-endpoint.ts';

const run = promisify(execFile);

/** How to spawn a program: `spawn(file, [...args, ...yourArguments])`. */
export interface MysqlProgram {
  readonly file: string;
  readonly args: readonly string[];
}

/** Programs of one release of MySQL or MariaDB, in a directory that Debian packages were unpacked into. */
export interface MysqlBinaries {
  readonly kind: MysqlKind;
  /** E.g. 90704 for 9.7.4. */
  readonly version: number;
  /** The exact release, such as `mariadb-11.8.9`: servers of one release begin with copies of one data directory. */
  readonly release: string;
  readonly directory: string;
  /** Where messages, character sets and the SQL of a new data directory lie. */
  readonly share: string;
  /** A program below `directory`, e.g. `usr/bin/mysqlbinlog`, with the loader and libraries that came with it. */
  program(path: string): MysqlProgram;
}

/** Where the servers lie, by kind. */
export const mysqlServerProgram = { mysql: 'usr/sbin/mysqld', mariadb: 'usr/sbin/mariadbd' } as const;

/**
 * The programs below a directory that holds the unpacked Debian packages `mysql-server-core`, or
 * `mariadb-server-core` and `mariadb-server`, with their dependencies and `tzdata`. Nothing is downloaded or installed.
 */
export async function unpackedMysql(kind: MysqlKind, directory: string): Promise<MysqlBinaries> {
  const [libraries, loader] = await librariesOf(directory);
  const program = (path: string): MysqlProgram => ({
    file: loader,
    args: ['--library-path', libraries.join(':'), join(directory, path)],
  });
  const { file, args } = program(mysqlServerProgram[kind]);
  const { stdout } = await run(file, [...args, '--no-defaults', '--version']);
  const version = mysqlVersion(stdout);
  const share = join(directory, 'usr/share');
  const own = join(share, (await readdir(share)).includes(kind) ? kind : 'mysql');
  return { kind, version, release: `${kind}-${mysqlVersionText(version)}`, directory, share: own, program };
}

/** Older suites keep a part of the libraries, the loader among them, outside `usr`. */
async function librariesOf(directory: string): Promise<readonly [libraries: readonly string[], loader: string]> {
  const found: string[] = [];
  let loader: string | undefined;
  for (const lib of ['usr/lib', 'lib']) {
    for (const name of await readdir(join(directory, lib)).catch(() => [])) {
      if (!name.endsWith('-linux-gnu')) continue;
      const library = join(directory, lib, name);
      found.push(library);
      const file = (await readdir(library)).find((one) => /^ld-linux.*\.so\.\d+$/.test(one));
      if (file !== undefined) loader ??= join(library, file);
    }
  }
  if (loader === undefined) throw new Error(`${directory} holds no unpacked Debian packages with a loader`);
  return [[...found, join(directory, 'usr/lib/mysql/private')], loader];
}
