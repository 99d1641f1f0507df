/** A picture and what it says, for those who do not see it. */
export interface Chart {
  /** 1200 × 500 px. */
  readonly png: Buffer;
  /** One or two sentences with the figures; below 1,000 characters. */
  readonly alt: string;
}
