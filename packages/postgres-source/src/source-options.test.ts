import { MillraceError } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { optionProblems, type PostgresSourceOptions, resolveOptions } from './source-options.ts';

const paths = (options: unknown) => optionProblems(options).map(({ path }) => path);

describe('the options', () => {
  it('have defaults', () => {
    const { names, limits, failover, publishViaPartitionRoot } = resolveOptions({ connection: 'postgres://x/y' });
    expect(names('shop')).toEqual({ slot: 'millrace_shop', publication: 'millrace_shop' });
    expect({ limits, failover, publishViaPartitionRoot }).toEqual({
      limits: { maxChanges: 5_000, maxBytes: 1_048_576 },
      failover: false,
      publishViaPartitionRoot: true,
    });
  });

  it('take names as they are given', () => {
    const { names } = resolveOptions({ connection: { host: 'x' }, slot: 'a', publication: 'My "Pub"' });
    expect(names('shop')).toEqual({ slot: 'a', publication: 'My "Pub"' });
  });

  it('report every problem at once', () => {
    const wrong = {
      connection: 'mysql://x',
      slot: 'Bad-Slot',
      publication: '',
      failover: 'yes',
      publishViaPartitionRoot: 1,
      batch: { maxChanges: 0, maxBytes: 1.5, max: 1 },
      values: { bigint: 'date' },
      slott: 'x',
    };
    const expected = [
      'source.connection',
      'source.slot',
      'source.publication',
      'source.failover',
      'source.publishViaPartitionRoot',
      'source.batch.maxChanges',
      'source.batch.maxBytes',
      'source.batch.max',
      'source.values.bigint',
      'source.slott',
    ];
    expect(paths(wrong)).toEqual(expected);
    expect(paths(undefined)).toEqual(['source']);
    const thrown = () => resolveOptions(wrong as unknown as PostgresSourceOptions);
    expect(thrown).toThrow(MillraceError);
    expect(thrown).toThrow(/source\.connection .*; source\.slot .*; source\.publication /);
  });

  it('never show a connection string', () => {
    const secret = 'mysql://user:secret@host';
    expect(JSON.stringify(optionProblems({ connection: secret }))).not.toContain('secret');
  });
});
