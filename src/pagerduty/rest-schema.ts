import { z } from 'zod';

// The parts of PagerDuty's answers that are read (reference/REST/openapiv3.json); everything else is ignored.

const REFERENCE = z.object({ id: z.string(), summary: z.string().nullish() });

const INCIDENT = z
  .object({
    id: z.string(),
    status: z.string(),
    title: z.string().nullish(),
    html_url: z.string().nullish(),
    assignments: z.array(z.object({ assignee: REFERENCE })).nullish(),
  })
  .transform(({ id, status, title, html_url: url, assignments }) => ({
    id,
    status,
    ...(title ? { title } : {}),
    ...(url ? { url } : {}),
    assignees: (assignments ?? []).map(({ assignee }) => assignee.summary ?? assignee.id),
  }));

/** `GET /incidents` */
export const INCIDENT_LIST = z.object({ incidents: z.array(INCIDENT) });

/** `PUT /incidents/{id}` */
export const UPDATED = z.object({ incident: INCIDENT });

/** `GET /oncalls` */
export const ONCALL_LIST = z.object({
  oncalls: z.array(
    z.object({
      user: REFERENCE,
      escalation_policy: REFERENCE,
      escalation_level: z.int(),
      /** In UTC; `null` when the shift does not end. */
      end: z.iso
        .datetime({ offset: true })
        .transform((end) => new Date(end).toISOString())
        .nullable(),
    }),
  ),
  more: z.boolean().nullish(),
});

/** `POST /incidents/{id}/notes` */
export const NOTE_CREATED = z.object({ note: z.object({ id: z.string() }) });

/** One entry of `GET /oncalls`. */
export type OnCallEntry = z.infer<typeof ONCALL_LIST>['oncalls'][number];
