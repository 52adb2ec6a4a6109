#!/usr/bin/env node
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { describeCheckpointStore } from './checkpoint-store/describe-checkpoint-store.ts';
import { describeEventHub } from './event-hub/describe-event-hub.ts';
import { describeSink } from './sink/describe-sink.ts';
import { describeSource } from './source/describe-source.ts';

const usage = `Usage: millrace-testkit <module>

Runs the suites of what the module exports: factories named source, sink, checkpointStore, eventHub.
`;

const suites = {
  source: describeSource,
  sink: describeSink,
  checkpointStore: describeCheckpointStore,
  eventHub: describeEventHub,
} as const;

const refuse = (problem: string): void => {
  process.stderr.write(`${problem}\n${usage}`);
  process.exitCode = 2;
};

const runModule = async (path: string): Promise<void> => {
  const factories: Record<string, unknown> = await import(pathToFileURL(resolve(path)).href);
  const found = Object.entries(suites).filter(([name]) => typeof factories[name] === 'function');
  if (found.length === 0) return refuse(`${path} exports none of ${Object.keys(suites).join(', ')}`);
  // What a factory makes is the word of its module.
  for (const [name, suite] of found) suite(factories[name] as () => never, { describe, it });
};

const read = (): string | null => {
  try {
    const { positionals } = parseArgs({ allowPositionals: true });
    const [path, ...others] = positionals;
    return path === undefined || others.length > 0 ? null : path;
  } catch {
    return null;
  }
};

const path = read();
if (path === null) refuse('One module is needed.');
else await runModule(path);
