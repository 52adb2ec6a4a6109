import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
  type Program,
  type ProgramOptions,
  startProgram as start,
} from '../../packages/testkit/src/processes/index.ts';

/** Loads TypeScript, and workspace packages from their sources. */
const sourceOptions = [
  '--conditions=@millrace/source',
  '--import',
  pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
];

/** Starts a TypeScript or JavaScript program in a process of its own. */
export const startProgram = (file: string | URL, options: ProgramOptions = {}): Promise<Program> => {
  const loading = /\.[cm]?tsx?$/.test(String(file)) ? sourceOptions : [];
  return start(file, { ...options, execArgv: [...loading, ...(options.execArgv ?? [])] });
};
