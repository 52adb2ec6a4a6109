import { type RunnerTask, type RunnerTestFile, TestRunner } from 'vitest';
import { mysqlMissing } from './shared-mysql.ts';

/** Runs no test and no hook when the run has no server; why is said before. */
export default class MysqlTestRunner extends TestRunner {
  onCollected(files: RunnerTestFile[]): void {
    if (mysqlMissing()) for (const file of files) skip(file);
  }
}

const skip = (task: RunnerTask): void => {
  task.mode = 'skip';
  if (task.type === 'suite') for (const child of task.tasks) skip(child);
};
