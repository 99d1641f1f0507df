import { z } from 'zod';
import { wants } from './fields.ts';

/** The key beside the `url` of each web server that is asked. */
export const reach = {
  allow_link_local: z
    .boolean({ error: wants('true or false') })
    .optional()
    .describe(
      'Whether the address may be link-local (169.254.0.0/16, fe80::/10) or a cloud’s metadata service. Default: it may not.',
    ),
};

/** What that key is called in the program. */
export const REACH_NAMES = { allow_link_local: 'allowLinkLocal' } as const;
