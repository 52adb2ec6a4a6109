import { defineConfig } from 'tsup';

/**
 * The programs that are measured run as plain JavaScript, with the packages as they are published: a compiler in their
 * process would count as memory and CPU of the library.
 */
export default defineConfig({
  entry: ['src/programs/*.program.ts'],
  format: 'esm',
  target: 'node20',
  platform: 'node',
  splitting: false,
  silent: true,
  clean: true,
});
