/** Runs a stream of one table from MySQL with the packages it is given, until it is told to stop. */
exports.runMysqlStream = async ({ createStream, mysqlSource, postgresSink }) => {
  const [from, to, id] = process.argv.slice(2);
  const stream = createStream({
    id,
    source: mysqlSource({ connection: from }),
    sink: postgresSink({ connection: to, targetSchema: 'public' }),
    snapshot: 'never',
    tables: ['users'],
  });
  process.on('message', async () => {
    await stream.stop();
    process.disconnect();
  });
  await stream.start();
  process.send({ name: 'running' });
};
