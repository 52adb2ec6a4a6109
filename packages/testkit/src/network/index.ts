export { freePort } from './free-port.ts';
export type { StartupParameters } from './frontend-message.ts';
export type { Direction, ProxyConnection, Side } from './proxy-connection.ts';
export { type ProxyStep, type Step, type StepAction, type StepOptions, steps } from './proxy-step.ts';
export { type ProxyTarget, startProxy, type TcpProxy } from './tcp-proxy.ts';
