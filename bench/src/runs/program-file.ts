import { fileURLToPath } from 'node:url';

/** A program of this package as it was built. */
export const programFile = (name: string): string =>
  fileURLToPath(new URL(`../../dist/${name}.program.js`, import.meta.url));
