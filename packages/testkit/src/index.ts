export type { ConformanceCase } from './conformance-case.ts';
