const { runMysqlStream } = require('./run-mysql-stream.cjs');

runMysqlStream({
  ...require('@millrace/core'),
  ...require('@millrace/mysql-source'),
  ...require('@millrace/sql-sink/postgres'),
});
