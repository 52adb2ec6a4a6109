import { describe, expect, it } from 'vitest';
import { startReplication } from './start-replication.ts';

const start = {
  slot: 'shop',
  after: '0/16B3748',
  publications: ['shop', 'shop_insert'],
  binary: false,
  messages: false,
};

describe('startReplication', () => {
  it('names slot, position and publications', () => {
    expect(startReplication(start)).toBe(
      `START_REPLICATION SLOT "shop" LOGICAL 0/16B3748 (proto_version '1', publication_names '"shop","shop_insert"')`,
    );
  });

  it('asks for values in binary form', () => {
    expect(startReplication({ ...start, binary: true })).toMatch(/, binary 'true'\)$/);
  });

  it('asks for messages', () => {
    expect(startReplication({ ...start, messages: true })).toMatch(/, messages 'true'\)$/);
  });

  it('quotes names with capitals, commas and both kinds of quotes', () => {
    const publications = [`My,"Pub's"`];
    expect(startReplication({ ...start, publications })).toContain(`publication_names '"My,""Pub''s"""')`);
  });
});
