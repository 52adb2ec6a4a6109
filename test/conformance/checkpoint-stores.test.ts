import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileCheckpointStore, memoryCheckpointStore } from '@millrace/core';
import { describeCheckpointStore } from '@millrace/testkit';
import { describe, it } from 'vitest';

const runner = { describe, it };

describe('in memory', () => describeCheckpointStore(() => ({ store: memoryCheckpointStore() }), runner));

describe('in files', () =>
  describeCheckpointStore(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-store-'));
    const reopen = () => fileCheckpointStore(directory);
    return { store: reopen(), reopen, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  }, runner));
