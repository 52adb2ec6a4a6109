export { childProcesses, isRunning } from './process-table.ts';
export { type Program, type ProgramExit, type ProgramOptions, startProgram } from './program.ts';
export { instruction, report } from './program-channel.ts';
export { type MemorySample, sampleResidentMemory } from './resident-memory.ts';
