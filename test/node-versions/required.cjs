const { runStream } = require('./run-stream.cjs');

runStream({
  ...require('@millrace/core'),
  ...require('@millrace/postgres-source'),
  ...require('@millrace/sql-sink/postgres'),
});
