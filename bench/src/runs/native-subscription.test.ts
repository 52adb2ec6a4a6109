import { expect, it } from 'vitest';
import { createSubscription } from './native-subscription.ts';

it('begins at a slot that exists, without a copy, in the form and with the durability asked for', () => {
  const place = { name: 'run_1', sourceUrl: 'postgres://u@h:1/d', publications: ['bench', 'bench_insert'] };
  const statement = createSubscription(place, { form: 'binary', synchronousCommit: 'on' });
  expect(statement.replaceAll(/\s+/g, ' ')).toBe(
    "CREATE SUBSCRIPTION run_1 CONNECTION 'postgres://u@h:1/d' PUBLICATION bench, bench_insert " +
      "WITH (create_slot = false, slot_name = 'run_1', copy_data = false, synchronous_commit = 'on', binary = true)",
  );
});
