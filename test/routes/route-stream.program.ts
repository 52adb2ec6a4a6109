/** Runs a stream of a route until it is told to stop, or killed; reports when each of its tables is live. */
import { report } from '@millrace/testkit/processes';
import { runStream } from '../harness/run-stream.ts';
import { live } from '../snapshot/shop-world.ts';
import { type RouteStreamOptions, routeStream } from './route-stream.ts';

const stream = routeStream(JSON.parse(process.argv[2] ?? '{}') as RouteStreamOptions);
await runStream(stream);
await live(stream);
await report('live');
