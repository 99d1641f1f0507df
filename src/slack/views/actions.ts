/** The buttons' action ids, in one place: views draw them, listeners hear them. */
export const ACTION = {
  acknowledge: 'acknowledge',
  runStep: 'run_step',
  runAll: 'run_all',
  rootCause: 'root_cause',
  terminate: 'terminate',
  cancel: 'cancel_query',
  terminateLeak: 'leak',
  rollbackPrepared: 'prepared',
  restart: 'restart',
  raisePoolSize: 'pool_size',
  setTimeout: 'timeout',
  approve: 'approve',
  deny: 'deny',
  cancelQueued: 'cancel_queued',
  undo: 'undo',
  escalate: 'escalate',
  snooze: 'snooze',
  handOver: 'hand_over',
  dataCorruption: 'data_corruption',
  resolve: 'resolve',
  assignFollowUp: 'assign_follow_up',
  closeFollowUp: 'close_follow_up',
  bringThread: 'bring_thread',
} as const;

/** What a button of an incident carries. */
export interface IncidentValue {
  /** The incident's id. */
  readonly i: string;
}

/** What a step's button carries. */
export interface StepValue extends IncidentValue {
  readonly step: number;
}

/** What a request's button carries. */
export interface RequestValue extends IncidentValue {
  /** The request's id. */
  readonly r: string;
}

/** What a session's button carries: the backend as it was when the button was drawn. */
export interface BackendValue {
  /** The incident's id; absent where the list was asked for outside an incident. */
  readonly i?: string;
  readonly pool: string;
  readonly pid: number;
  /** `backend_start`, to the microsecond. */
  readonly b: string;
  /** `query_start` of the query that is meant, to the microsecond. */
  readonly q?: string;
}
