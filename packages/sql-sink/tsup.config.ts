import { defineConfig } from 'tsup';
import { packageBuild } from '../../tsup.shared.ts';

export default defineConfig(
  packageBuild({ 'mysql/index': 'src/mysql/index.ts', 'postgres/index': 'src/postgres/index.ts' }),
);
