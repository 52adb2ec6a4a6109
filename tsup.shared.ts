import type { Options } from 'tsup';

/** How every package is built: ESM and types for Node 20, dependencies left outside. */
export const packageBuild = (entry: Record<string, string>): Options => ({
  entry,
  format: 'esm',
  target: 'node20',
  platform: 'node',
  // What is marked @internal is for this repository alone.
  dts: { compilerOptions: { stripInternal: true } },
  sourcemap: true,
  clean: true,
});
