// Runs without a loader, under any Node.
process.send({ name: 'version', data: process.versions.node });
