import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createDatabase } from '../../../../../test/harness/index.ts';
import { relationOf, type TestTransaction, transaction } from '../../testing/changes.ts';
import { applyPaths, openSink } from '../testing/apply-paths.ts';

const secret = 'hunter2-is-secret';
const people = relationOf({
  table: 'people',
  columns: ['id integer!', 'email text', 'age text', 'note text'],
  key: ['id'],
});

const failures: Readonly<Record<string, { readonly changes: TestTransaction; readonly code: string }>> = {
  'a unique violation': {
    changes: transaction()
      .insert(people, { id: 1, email: secret, age: '1', note: null })
      .insert(people, { id: 2, email: secret, age: '1', note: null }),
    code: 'CONSTRAINT_VIOLATED',
  },
  'a value that does not fit its type': {
    changes: transaction().insert(people, { id: 1, email: null, age: secret, note: null }),
    code: 'VALUE_REJECTED',
  },
  'text that is too long': {
    changes: transaction().insert(people, {
      id: 1,
      email: null,
      age: '1',
      note: `${secret} is more than forty characters long, surely`,
    }),
    code: 'VALUE_REJECTED',
  },
  'a failing CHECK': {
    changes: transaction().insert(people, { id: 1, email: secret, age: '-1', note: secret }),
    code: 'CONSTRAINT_VIOLATED',
  },
  'a trigger that raises the row': {
    changes: transaction()
      .insert(people, { id: 1, email: null, age: '1', note: secret })
      .update(people, { id: 1, email: secret, age: '1', note: 'raise' }),
    code: 'STATEMENT_FAILED',
  },
  'a row without a key value': {
    changes: transaction().update(people, { id: null, email: secret, age: '1', note: null }),
    code: 'ROW_NOT_IDENTIFIED',
  },
  'a character that text cannot hold': {
    changes: transaction().insert(people, { id: 1, email: `${secret}\0`, age: '1', note: null }),
    code: 'VALUE_REJECTED',
  },
};

describe.each(applyPaths())('row values stay out of errors and events: $name', (path) => {
  it.each(Object.entries(failures))('%s', async (_, { changes, code }) => {
    await using database = await createDatabase(path.server);
    await database.query(`CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, age int CHECK (age > 0), note varchar(40));
      CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.note = 'raise' THEN RAISE EXCEPTION 'no % here', NEW USING DETAIL = NEW::text; END IF; RETURN NEW; END $$;
      CREATE TRIGGER raise BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION raise();
      ALTER TABLE people ENABLE ALWAYS TRIGGER raise`);
    await using sink = await openSink(database, path);
    const error = await sink.write(changes.changes).catch((reason) => reason);
    expect(error).toMatchObject({ code });
    const everything = inspect([error, error.stack, error.cause, sink.events], { depth: 10, showHidden: true });
    expect(everything).not.toContain(secret);
    expect(everything).toContain('people');
    if (code === 'VALUE_REJECTED')
      expect(error.details).toMatchObject({ table: 'public.people', column: expect.any(String) });
  });
});
