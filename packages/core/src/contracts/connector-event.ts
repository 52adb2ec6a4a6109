/** How a connector speaks to its stream: it becomes typed events, details of the state, and counters. */
export interface ConnectorEvent {
  readonly type: 'warning' | 'conflict' | 'schema' | 'waiting' | 'counter';
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}
