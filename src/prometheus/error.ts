/** What kind of trouble it is with Prometheus. */
export type PrometheusFault =
  /** Cannot be reached. */
  | 'down'
  /** No answer in time. */
  | 'slow'
  /** 401 or 403. */
  | 'unauthorised'
  /** It refused the query: another 4xx, or `{"status":"error"}`. */
  | 'refused'
  /** 5xx. */
  | 'failing'
  /** What answered is not Prometheus: wrong content type or shape. */
  | 'not_prometheus'
  /** The query matches nothing. */
  | 'no_data'
  /** The answer is NaN or infinite. */
  | 'not_a_number';

/** A query of Prometheus failed. The message is one line for people and says the mend; it holds no secret. */
export class PrometheusError extends Error {
  readonly fault: PrometheusFault;

  constructor(fault: PrometheusFault, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'PrometheusError';
    this.fault = fault;
  }
}
