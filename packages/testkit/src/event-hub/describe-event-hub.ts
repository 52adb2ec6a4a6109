import { type ConformanceSuite, describeSuite, type WorldFactory } from '../conformance-suite.ts';
import type { TestRunner } from '../test-runner.ts';
import { type EventHubSubject, eventHubCases } from './event-hub-cases.ts';
import type { EventHubWorld } from './event-hub-world.ts';
import { HubTransfer } from './hub-transfer.ts';

export const eventHubSuite: ConformanceSuite<EventHubWorld, EventHubSubject> = {
  name: 'event hub',
  cases: eventHubCases,
  subject: (world, injector) => ({
    transfer: new HubTransfer(world, injector),
    hub: ({ maxChanges = 1_000_000, maxBytes = 1_000_000_000 } = {}) => world.create({ maxChanges, maxBytes }),
  }),
};

/** What an `EventHub` must do. */
export const describeEventHub = (factory: WorldFactory<EventHubWorld>, runner: TestRunner): void =>
  describeSuite(eventHubSuite, factory, runner);
