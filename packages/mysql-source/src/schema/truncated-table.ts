import { NotUnderstood } from './ddl/not-understood.ts';
import { mayChangeRows, parseStatement } from './ddl/parse-statement.ts';
