import { defineConfig } from 'tsup';
import { packageBuild } from '../../tsup.shared.ts';

const parts = ['leaks', 'machine', 'network', 'processes', 'servers', 'waiting', 'workload'];

export default defineConfig({
  ...packageBuild({
    index: 'src/index.ts',
    command: 'src/command.ts',
    ...Object.fromEntries(parts.map((part) => [`${part}/index`, `src/${part}/index.ts`])),
  }),
  // There is no `test` without it.
  removeNodeProtocol: false,
});
