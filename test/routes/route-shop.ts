import type { MysqlTestDatabase, TestDatabase } from '../harness/index.ts';
import { createWebShop, webShopTables, workInWebShop } from '../mysql/snapshot/web-shop.ts';
import { createShop, shopTables, startLoad } from '../snapshot/shop.ts';
import { rowsAsPrinted } from './postgres-rows.ts';
import { columnsOf, printedRows } from './printed-columns.ts';
import { type RouteWorld, routeWorld, run } from './route-world.ts';
import type { Route } from './routes.ts';

/** A shop at the source, full before any stream knows of it, with a view; and the proof that the target has it. */
export interface RouteShop extends RouteWorld {
  readonly tables: readonly string[];
  /** The shop at work. */
  work(): ReturnType<typeof startLoad>;
  /** The tables that differ. */
  differing(tables?: readonly string[]): Promise<readonly string[]>;
}

export const routeShop = async (route: Route): Promise<RouteShop> => {
  const world = await routeWorld(route);
  const { source, target } = world;
  const isPostgres = route.source === 'postgres';
  if (isPostgres) {
    await createShop(source as TestDatabase);
    await run(source, 'CREATE VIEW new_events AS SELECT * FROM events');
  } else await createWebShop(source as MysqlTestDatabase);
  await run(source, 'CREATE TABLE marker (id int PRIMARY KEY)');
  await run(target, "SET time_zone = '+00:00'");
  const tables = isPostgres ? shopTables : webShopTables;
  const rowsOf = async (table: string) => {
    const names = (await columnsOf(target, table)).map(({ name }) => name);
    return isPostgres
      ? rowsAsPrinted(source as TestDatabase, target, table)
      : printedRows(source as MysqlTestDatabase, table, names);
  };
  return {
    ...world,
    tables,
    work: () => (isPostgres ? startLoad(source.url) : workInWebShop(source.url)),
    async differing(of = tables) {
      const different: string[] = [];
      for (const table of of) {
        const texts = [await rowsOf(table), await printedRows(target, table)].map((rows) =>
          rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort(),
        );
        const [ours = [], theirs = []] = texts;
        const at = ours.findIndex((row, index) => row !== theirs[index]);
        if (at >= 0 || ours.length !== theirs.length) different.push(`${table}: ${ours[at]} <> ${theirs[at]}`);
      }
      return different;
    },
  };
};
