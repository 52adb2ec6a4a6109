/** Runs the bank's stream with the packages it is given, until it is told to stop. */
exports.runStream = async ({ createStream, postgresSource, postgresSink }) => {
  const [from, to, slot] = process.argv.slice(2);
  const stream = createStream({
    id: 'versions',
    source: postgresSource({ connection: from, slot, publication: 'versions' }),
    sink: postgresSink({ connection: to }),
    // One of the tables has no key.
    snapshot: 'never',
    tables: [
      'public.accounts',
      'public.branches',
      'public.tellers',
      { name: 'public.history', operations: ['insert'] },
    ],
  });
  process.on('message', async () => {
    await stream.stop();
    process.disconnect();
  });
  await stream.start();
  process.send({ name: 'running' });
};
