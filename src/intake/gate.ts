import { Room } from './room.ts';
import { Strangers } from './strangers.ts';

/** What the webhooks of a process share, so that one cannot be flooded in place of another. */
export interface Gate {
  /** Who was refused before. */
  readonly strangers: Strangers;
  /** The memory for bodies of those who have said who they are by the head of their request. */
  readonly room: Room;
  /**
   * The memory for bodies that have to be read before it is known whose they are. Apart from the other: whoever fills
   * it with bodies that trickle must not keep Alertmanager out.
   */
  readonly hall: Room;
}

/** A gate that nobody has come to yet. */
export function openGate(): Gate {
  return { strangers: new Strangers(), room: new Room(), hall: new Room() };
}
