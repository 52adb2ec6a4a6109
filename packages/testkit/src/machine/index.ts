export { type MachineStep, type MachineWalk, type MachineWalkResult, stateName, walkMachine } from './machine-walk.ts';
