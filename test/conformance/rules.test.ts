import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { checkpointStoreSuite } from '../../packages/testkit/src/checkpoint-store/describe-checkpoint-store.ts';
import type { Promised } from '../../packages/testkit/src/conformance-case.ts';
import { eventHubSuite } from '../../packages/testkit/src/event-hub/describe-event-hub.ts';
import { sinkSuite } from '../../packages/testkit/src/sink/describe-sink.ts';
import { sourceSuite } from '../../packages/testkit/src/source/describe-source.ts';

const suites = [checkpointStoreSuite, eventHubSuite, sinkSuite, sourceSuite];
const promised = new Set(
  suites.flatMap(({ cases }: { readonly cases: readonly { readonly promised: readonly Promised[] }[] }) =>
    cases.flatMap((one) => one.promised),
  ),
);
const numbersOf = async (page: string, line: RegExp) => {
  const text = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(line)].map(([, number]) => Number(number));
};

test('every rule has a case, and every case a rule or an invariant that there is', async () => {
  const rules = await numbersOf('writing-a-connector.md', /^(\d+)\. /gm);
  const invariants = await numbersOf('invariants.md', /^## (\d+)\. /gm);
  expect(rules).toEqual(rules.map((_, n) => n + 1));
  expect(rules.filter((number) => !promised.has(`rule ${number}`))).toEqual([]);
  const known = new Set([
    ...rules.map((number) => `rule ${number}`),
    ...invariants.map((number) => `invariant ${number}`),
  ]);
  expect([...promised].filter((one) => !known.has(one))).toEqual([]);
});
