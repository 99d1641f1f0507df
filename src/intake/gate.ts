import { Room } from './room.ts';
import { Strangers } from './strangers.ts';

/** What the webhooks of a process share, so that one cannot be flooded in place of another. */
export interface Gate {
  /** Who was refused before. */
  readonly strangers: Strangers;
  /** The memory for bodies. */
  readonly room: Room;
}

/** A gate that nobody has come to yet. */
export function openGate(): Gate {
  return { strangers: new Strangers(), room: new Room() };
}
