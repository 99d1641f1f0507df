import type { CauseId } from '../causes/index.ts';
import type { Ward } from './ward.ts';

/** A state that a patient is put into. */
export interface Fault {
  readonly name: string;
  /** Puts the patient into the state, with sizes that the ward's seed chooses. */
  inject(ward: Ward, room: Room): Promise<Injected>;
}

/** How many connections the fault may take. */
export interface Room {
  readonly least: number;
  readonly most: number;
}

/** What was done. */
export interface Injected {
  /** What a right verdict names; empty when nothing is wrong. */
  readonly truth: readonly CauseId[];
  /** Minutes of the lab that it takes until the state is to be seen. */
  readonly ripeAfter: number;
}

/** The room of a fault that has the patient to itself. */
export const ALONE: Room = { least: 12, most: 26 };
