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
    assigneeIds: (assignments ?? []).map(({ assignee }) => assignee.id),
  }));

/** `GET /incidents` */
export const INCIDENT_LIST = z.object({ incidents: z.array(INCIDENT) });

/** `PUT /incidents/{id}` */
export const UPDATED = z.object({ incident: INCIDENT });

/** `GET /incidents/{id}`, of which only the key is wanted. */
export const INCIDENT_KEY = z.object({ incident: z.object({ incident_key: z.string().nullish() }) });

/** `GET /incidents/{id}/notes` */
export const NOTE_LIST = z.object({ notes: z.array(z.object({ content: z.string().nullish() })) });

/** `GET /services?include[]=integrations`; integrations of other kinds than the Events API's have no key. */
export const SERVICE_LIST = z.object({
  services: z.array(
    z.object({
      name: z.string().nullish(),
      summary: z.string().nullish(),
      escalation_policy: REFERENCE.nullish(),
      integrations: z.array(z.object({ integration_key: z.string().nullish() })).nullish(),
    }),
  ),
  more: z.boolean().nullish(),
});

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

/** `GET /users` */
export const USER_LIST = z.object({
  users: z.array(
    z.object({
      id: z.string(),
      name: z.string().nullish(),
      summary: z.string().nullish(),
      email: z.string().nullish(),
    }),
  ),
  more: z.boolean().nullish(),
});

/** `POST /incidents/{id}/notes` */
export const NOTE_CREATED = z.object({ note: z.object({ id: z.string() }) });

/** One entry of `GET /services`. */
export type ServiceEntry = z.infer<typeof SERVICE_LIST>['services'][number];

/** One entry of `GET /oncalls`. */
export type OnCallEntry = z.infer<typeof ONCALL_LIST>['oncalls'][number];
