export {
  type MachineStep,
  type MachineWalk,
  type MachineWalkResult,
  type StateValue,
  stateName,
  type WalkedEvent,
  type WalkedMachine,
  walkMachine,
} from './machine-walk.ts';
