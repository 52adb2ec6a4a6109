import { describe, expect, it } from 'vitest';
import { startReplication } from './start-replication.ts';

describe('startReplication', () => {
  it('names slot, position and publications', () => {
    expect(startReplication('shop', '0/16B3748', ['shop', 'shop_insert'])).toBe(
      `START_REPLICATION SLOT "shop" LOGICAL 0/16B3748 (proto_version '1', publication_names '"shop","shop_insert"')`,
    );
  });

  it('quotes names with capitals, commas and both kinds of quotes', () => {
    expect(startReplication('s', '0/0', [`My,"Pub's"`])).toContain(`publication_names '"My,""Pub''s"""')`);
  });
});
