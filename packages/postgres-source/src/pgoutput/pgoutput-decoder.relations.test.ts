import { describe, expect, it } from 'vitest';
import { BinaryTypes } from '../values/binary-types.ts';
import { decoded, decoderOf, drain, full, plain, users } from './decode-all.test-support.ts';
import { encode, oids, table } from './message-encoder.test-support.ts';
import { RelationRegistry } from './relation-registry.ts';

describe('PgoutputDecoder, relations', () => {
  it('stay the same object when they are sent again', () => {
    const [batch] = decoded([
      encode.begin(1n),
      encode.relation(users),
      encode.insert(users.oid, ['1', 'a']),
      encode.relation(users),
      encode.insert(users.oid, ['2', 'b']),
      encode.commit(1n, 2n),
    ]);
    const [first, second] = batch?.changes ?? [];
    expect(batch?.relations).toHaveLength(1);
    expect(first?.relation).toBe(second?.relation);
  });

  it('belong to the rows written under them, and rows of two never share a batch', () => {
    const wider = table(users.oid, 'users', { id: oids.int4, name: oids.text, age: oids.int4 });
    const batches = decoded([
      encode.begin(0n),
      encode.relation(users),
      encode.insert(users.oid, ['0', 'o']),
      encode.commit(0n, 1n),
      encode.begin(1n),
      encode.relation(users),
      encode.insert(users.oid, ['1', 'a']),
      encode.relation(wider),
      encode.insert(users.oid, ['2', 'b', '30']),
      encode.commit(1n, 2n),
    ]);
    expect(batches.map((batch) => [batch.position, plain(batch).map(({ after }) => after)])).toEqual([
      ['0/1', [{ id: 0, name: 'o' }]],
      [null, [{ id: 1, name: 'a' }]],
      ['0/2', [{ id: 2, name: 'b', age: 30 }]],
    ]);
    expect(batches.map(({ relations }) => relations.map(({ version }) => version))).toEqual([[1], [1], [2]]);
  });

  it('outlive the connection in a registry', () => {
    const relations = new RelationRegistry();
    const messages = [
      encode.begin(1n),
      encode.relation(users),
      encode.insert(users.oid, ['1', 'a']),
      encode.commit(1n, 2n),
    ];
    const [first, second] = [1, 2].map(() => {
      const decoder = decoderOf(messages, { relations });
      decoder.flush();
      return decoder.take()?.relations[0];
    });
    expect(first).toBeDefined();
    expect(second).toBe(first);
  });

  it('must be described on every connection', () => {
    const relations = new RelationRegistry();
    decoderOf([encode.relation(users)], { relations });
    expect(() => decoderOf([encode.begin(1n), encode.insert(users.oid, ['1', 'a'])], { relations })).toThrow('unknown');
  });
});

describe('PgoutputDecoder, full replica identity', () => {
  const wider = { ...full, columns: [...full.columns, { name: 'age', type: oids.int4, key: true }] };
  const row = encode.insert(full.oid, ['1', 'a']);
  const widerRow = encode.insert(full.oid, ['1', 'a', '2']);
  const changed = expect.objectContaining({
    code: 'RELATION_CHANGED',
    recovery: 'retry',
    details: { table: 'public.full' },
  });

  it('takes the key from the catalog', () => {
    const decoder = decoderOf([encode.begin(1n), encode.relation(full), row, encode.commit(1n, 2n)], {
      primaryKey: (oid) => (oid === full.oid ? ['id'] : null),
    });
    decoder.flush();
    expect(decoder.take()?.relations[0]).toMatchObject({ key: [0], identity: 'full' });
  });

  it('asks for the catalog again when the shape changes, and gives out what came before', () => {
    const decoder = decoderOf([encode.begin(1n), encode.relation(full), row, encode.commit(1n, 2n), encode.begin(3n)]);
    expect(() => decoder.push(encode.relation(wider))).toThrow(changed);
    expect(() => decoder.push(encode.commit(3n, 4n))).toThrow(changed);
    decoder.flush();
    expect(drain(decoder).map(({ position, changes }) => [position, changes.length])).toEqual([['0/2', 1]]);
  });

  it('also when a table becomes full', () => {
    const decoder = decoderOf([encode.begin(1n), encode.relation({ ...full, identity: 'd' })]);
    expect(() => decoder.push(encode.relation(full))).toThrow(changed);
  });

  it('does not for a shape of an earlier connection, or of no full identity', () => {
    const relations = new RelationRegistry();
    decoderOf([encode.relation(full)], { relations });
    const decoder = decoderOf([encode.relation(wider), encode.relation(wider)], { relations });
    decoder.push(encode.relation({ ...wider, identity: 'd' }));
  });

  // Otherwise a transaction that holds both shapes could never be read.
  it('does not for log that the catalog is newer than', () => {
    const messages = [
      encode.begin(1n),
      encode.relation(full),
      row,
      encode.relation(wider),
      widerRow,
      encode.commit(1n, 9n),
    ];
    const decoder = decoderOf(messages, { catalogPosition: 5n, primaryKey: () => ['age'] });
    decoder.flush();
    expect(drain(decoder).flatMap(({ relations }) => relations)).toMatchObject([
      { key: null },
      { key: [2], version: 2 },
    ]);
    decoder.push(encode.begin(10n));
    expect(() => decoder.push(encode.relation(full))).toThrow(changed);
  });
});

describe('PgoutputDecoder, arrays of types that are not built in', () => {
  const shape = table(16_410, 't', { id: oids.int4, moods: 16_501 });
  const moods = { standsFor: 16_501, modifier: -1 };
  const element = {
    oid: 16_500,
    base: 16_500,
    native: 'public.mood',
    standsFor: 25,
    delimiter: ',',
    array: 'public.mood[]',
  };
  const decoding = (captures: boolean, known: boolean) => ({
    types: new BinaryTypes(180_000, new Map(known ? [[16_501, { ...moods, element }]] : [])),
    captures: () => captures,
    binaryTables: () => false,
  });
  const messages = [encode.begin(7n), encode.type(16_501, 'public', '_mood')];

  it('ends at one that is younger than the catalog, where somebody looks at it', () => {
    const decoder = decoderOf(messages, { decoding: decoding(true, false), catalogPosition: 7n });
    const younger = expect.objectContaining({
      code: 'RELATION_CHANGED',
      details: { table: 'public.t', column: 'moods' },
    });
    expect(() => decoder.push(encode.relation(shape))).toThrow(younger);
  });

  it.each([
    ['the catalog knows it', { decoding: decoding(true, true) }, 'array'],
    ['nobody looks at it', { decoding: decoding(false, false) }, 'other'],
    ['it is gone', { decoding: decoding(true, false), catalogPosition: 8n }, 'other'],
  ])('goes on when %s', (_, options, type) => {
    const row = encode.insert(shape.oid, ['1', '{fine}']);
    const decoder = decoderOf([...messages, encode.relation(shape), row, encode.commit(7n, 8n)], options);
    decoder.flush();
    expect(decoder.take()?.relations[0]?.columns[1]?.type).toBe(type);
  });
});

describe('PgoutputDecoder, domains', () => {
  const shape = table(16_410, 't', { id: oids.int4, price: 16_500 });
  const knowing = (columnTypes: ConstructorParameters<typeof BinaryTypes>[1]) => ({
    decoding: { types: new BinaryTypes(180_000, columnTypes), captures: () => true, binaryTables: () => false },
  });
  const messages = (base: string) => [encode.begin(7n), encode.type(16_500, 'pg_catalog', base)];

  it('ends at one whose length or precision is not known', () => {
    const decoder = decoderOf(messages('numeric'), knowing(undefined));
    const younger = expect.objectContaining({
      code: 'RELATION_CHANGED',
      details: { table: 'public.t', column: 'price' },
    });
    expect(() => decoder.push(encode.relation(shape))).toThrow(younger);
  });

  it.each([
    ['has none', 'text', {}],
    ['is known', 'numeric', knowing(new Map([[16_500, { standsFor: 1700, modifier: -1, element: null }]]))],
    ['is gone', 'numeric', { ...knowing(undefined), catalogPosition: 8n }],
  ])('goes on when it %s', (_, base, options) => {
    const decoder = decoderOf([...messages(base), encode.relation(shape)], options);
    decoder.push(encode.commit(7n, 8n));
  });
});

describe('PgoutputDecoder, values in binary form', () => {
  const shape = table(16_410, 't', { id: oids.int4, words: 3614 });
  const binary = (captures: boolean) => ({
    decoding: { types: new BinaryTypes(), captures: () => captures, binaryTables: () => captures },
  });
  const unreadable = expect.objectContaining({
    code: 'BINARY_UNREADABLE',
    recovery: 'retry',
    details: { table: 'public.t', column: 'words', native: 'tsvector' },
  });

  it('ends at a type of which only the text can be read, and accepts nothing any more', () => {
    const decoder = decoderOf([encode.begin(1n), encode.relation(users)], binary(true));
    expect(() => decoder.push(encode.relation(shape))).toThrow(unreadable);
    expect(() => decoder.push(encode.commit(1n, 2n))).toThrow(unreadable);
  });

  it('goes on where nobody captures the table, and where values come as text', () => {
    for (const options of [binary(false), {}]) {
      const decoder = decoderOf([encode.begin(1n), encode.relation(shape)], options);
      decoder.push(encode.insert(shape.oid, ['1', "'a'"]));
    }
  });

  it('reads values in either form', () => {
    const id = Buffer.from([0, 0, 1, 0]);
    const decoder = decoderOf(
      [encode.begin(1n), encode.relation(users), encode.insert(users.oid, [id, 'a']), encode.commit(1n, 2n)],
      binary(true),
    );
    decoder.flush();
    const [change] = decoder.take()?.changes ?? [];
    expect(change?.after).toEqual({ id: 256, name: 'a' });
    expect(change?.image.after?.text(0)).toBe('256');
  });
});
