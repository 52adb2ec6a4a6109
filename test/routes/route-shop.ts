import type { MysqlTestDatabase, TestDatabase } from '../harness/index.ts';
import { createWebShop, webShopTables, workInWebShop } from '../mysql/snapshot/web-shop.ts';
import type { Load } from '../snapshot/load.ts';
import { createShop, shopTables, startLoad } from '../snapshot/shop.ts';
import { rowsAsPrinted } from './postgres-rows.ts';
import { columnsOf, printedRows } from './printed-columns.ts';
import { type RouteDatabase, type RouteWorld, routeWorld, run } from './route-world.ts';
import type { Route } from './routes.ts';

/** A shop at the source, full before any stream knows of it, with a view; and the proof that the target has it. */
export interface RouteShop extends RouteWorld {
  readonly tables: readonly string[];
  /** The shop at work. */
  work(): Load;
  /** The tables that differ. */
  differing(tables?: readonly string[]): Promise<readonly string[]>;
}

/** What is sold at a source, and how. */
export interface SourceShop {
  readonly tables: readonly string[];
  create(database: RouteDatabase): Promise<void>;
  work(url: string): Load;
}

const postgresShop: SourceShop = {
  tables: shopTables,
  async create(database) {
    await createShop(database as TestDatabase);
    await run(database, 'CREATE VIEW new_events AS SELECT * FROM events');
  },
  work: startLoad,
};

const mysqlShop: SourceShop = {
  tables: webShopTables,
  create: (database) => createWebShop(database as MysqlTestDatabase),
  work: workInWebShop,
};

export const routeShop = async (
  route: Route,
  { tables, create, work } = route.source === 'postgres' ? postgresShop : mysqlShop,
): Promise<RouteShop> => {
  const world = await routeWorld(route);
  const { source, target } = world;
  await create(source);
  await run(source, 'CREATE TABLE marker (id int PRIMARY KEY)');
  await run(target, "SET time_zone = '+00:00'");
  const rowsOf = async (table: string) => {
    const names = (await columnsOf(target, table)).map(({ name }) => name);
    return route.source === 'postgres'
      ? rowsAsPrinted(source as TestDatabase, target, table)
      : printedRows(source as MysqlTestDatabase, table, names);
  };
  return {
    ...world,
    tables,
    work: () => work(source.url),
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
