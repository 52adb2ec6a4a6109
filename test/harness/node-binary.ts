import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);

/** The Node program of another major version than the one running, from its npm package for Linux x64. */
export const nodeBinary = (version: 22 | 24): string =>
  join(dirname(resolve(`node-${version}/package.json`)), 'bin/node');
