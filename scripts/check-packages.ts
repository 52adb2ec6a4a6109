/**
 * Packs every package that is published and looks at the tarball as its users get it: publint, are-the-types-wrong, and
 * that the declarations name no package that would not be installed with it. Needs `pnpm build` before.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const packages = join(root, 'packages');

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const outputOf = (error: unknown): string => {
  const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
  return `${stdout}${stderr}`.trim() || String(error);
};

/** What a tool says when it fails; nothing otherwise. */
const complaint = async (tool: string, args: readonly string[]): Promise<readonly string[]> => {
  try {
    await run(join(root, 'node_modules/.bin', tool), args);
    return [];
  } catch (error) {
    return [`${tool}: ${outputOf(error)}`];
  }
};

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** How the stream is built is not part of its types. */
const hidden = new Set(['xstate', 'zod', 'eventemitter3', 'p-queue']);

/** What the declarations import: nothing hidden, nothing a user may not have or may have without types. */
const importedTypes = async (directory: string, manifest: Manifest): Promise<readonly string[]> => {
  const dist = join(directory, 'dist');
  const installed = { ...manifest.dependencies, ...manifest.peerDependencies };
  const missing = new Set<string>();
  const mentioned = new Set<string>();
  for (const file of await readdir(dist, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue;
    const text = await readFile(join(dist, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/from '([^'.][^']*)'/g)) {
      const name = packageOf(specifier);
      if (hidden.has(name)) mentioned.add(name);
      if (specifier.startsWith('node:') || builtinModules.includes(name)) continue;
      if (!(name in installed)) missing.add(name);
      else if (!(await hasTypes(directory, name)) && !(`@types/${name}` in installed)) missing.add(`@types/${name}`);
    }
  }
  return [
    ...[...missing].map((name) => `its declarations need ${name}, which is not among its dependencies`),
    ...[...mentioned].map((name) => `its declarations mention ${name}, which users should not see`),
  ];
};

const hasTypes = async (directory: string, name: string): Promise<boolean> => {
  const text = await readFile(join(directory, 'node_modules', name, 'package.json'), 'utf8');
  const { types, typings, exports } = JSON.parse(text) as Record<string, unknown>;
  return types !== undefined || typings !== undefined || JSON.stringify(exports ?? '').includes('"types"');
};

const check = async (directory: string, manifest: Manifest, tarballs: string): Promise<readonly string[]> => {
  const { stdout } = await run('pnpm', ['pack', '--json', '--pack-destination', tarballs], { cwd: directory });
  const { filename } = JSON.parse(stdout) as { readonly filename: string };
  return [
    ...(await complaint('publint', ['run', filename, '--strict'])),
    ...(await complaint('attw', [filename, '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji'])),
    ...(await importedTypes(directory, manifest)),
  ];
};

const tarballs = await mkdtemp(join(tmpdir(), 'millrace-packages-'));
try {
  for (const name of await readdir(packages)) {
    const directory = join(packages, name);
    const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Manifest;
    if (manifest.private) continue;
    const problems = await check(directory, manifest, tarballs);
    process.stdout.write(`${manifest.name}: ${problems.length === 0 ? 'ready to be published' : 'not ready'}\n`);
    for (const problem of problems) process.stderr.write(`${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
  }
} finally {
  await rm(tarballs, { recursive: true });
}
