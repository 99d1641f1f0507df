/** A refusal in Slack's form: a code, sometimes sentences that say where the fault lies, sometimes more fields. */
export class SlackError extends Error {
  readonly code: string;
  readonly messages: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;

  /**
   * @param code as documented on the method's page: `channel_not_found`
   * @param details `messages` end up in `response_metadata.messages`; `fields` beside `error`
   */
  constructor(
    code: string,
    details: {
      readonly messages?: readonly string[];
      readonly fields?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(code);
    this.name = 'SlackError';
    this.code = code;
    this.messages = details.messages ?? [];
    this.fields = details.fields ?? {};
  }

  /** The answer's body. */
  toBody(): Record<string, unknown> {
    const { messages } = this;
    return {
      ok: false,
      error: this.code,
      ...this.fields,
      ...(messages.length === 0
        ? {}
        : { errors: messages, response_metadata: { messages: messages.map((one) => `[ERROR] ${one}`) } }),
    };
  }
}
