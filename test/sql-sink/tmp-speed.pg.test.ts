import { it } from 'vitest';
import { writeFileSync, appendFileSync } from 'node:fs';
import { createDatabase, sharedPostgres } from '../harness/index.ts';
import { relationOf, transaction } from '../../packages/sql-sink/src/postgres/testing/changes.ts';
import { SinkUnderTest } from '../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
it('speed', async () => {
  await using database = await createDatabase(sharedPostgres());
  const items = relationOf({ table: 'items', columns: ['id bigint!', 'a integer', 'n numeric', 't text', 'ts timestamp with time zone', 'j jsonb'], key: ['id'] });
  const row = (id: number) => ({ id, a: id % 100, n: '123.45', t: 'x'.repeat(40), ts: '2024-01-02 03:04:05.000006+00', j: '{"a":1}' });
  await using sink = new SinkUnderTest({ connection: database.url });
  await sink.start([items]);
  writeFileSync('/tmp/sinkdev/speed.log', '');
  const groups = 20, size = 5000;
  const measure = async (name: string, make: (g: number) => any) => {
    const made = Array.from({ length: groups }, (_, g) => make(g));
    const cpu = process.cpuUsage(); const t = performance.now();
    let p = 0;
    for (const m of made) await sink.write(m.changes, `${name}${String(p++).padStart(4, '0')}`);
    const s = (performance.now() - t) / 1000; const c = process.cpuUsage(cpu);
    appendFileSync('/tmp/sinkdev/speed.log', `${name}: ${Math.round(groups * size / s)} rows/s, node ${((c.user + c.system) / 1e6).toFixed(2)}s of ${s.toFixed(2)}s\n`);
  };
  await measure('a-insert', (g) => { const m = transaction(`i${g}`); for (let i = 0; i < size; i++) m.insert(items, row(g * size + i)); return m; });
  await measure('b-update', (g) => { const m = transaction(`u${g}`); for (let i = 0; i < size; i++) m.update(items, { ...row(g * size + i), a: 7 }); return m; });
  await measure('c-delete', (g) => { const m = transaction(`d${g}`); for (let i = 0; i < size; i++) m.delete(items, { id: g * size + i }); return m; });
  const t = performance.now();
  for (let i = 0; i < 500; i++) await sink.write(transaction(`s${i}`).insert(items, row(i)).changes, `z${String(i).padStart(5, '0')}`);
  appendFileSync('/tmp/sinkdev/speed.log', `single: ${((performance.now() - t) / 500).toFixed(3)} ms per commit\n`);
}, 300000);
