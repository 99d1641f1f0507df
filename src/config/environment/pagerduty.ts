import type { Environment } from '../types.ts';
import type { Reader } from './reader.ts';

const EVENTS_SERVER = 'events.pagerduty.com';
const API_SERVER = 'api.pagerduty.com';

/** How PagerDuty is reached. During a rotation the webhook has several secrets, with commas between. */
export function readPagerDuty(reader: Reader): Environment['pagerduty'] {
  const apiToken = reader.secret('PAGERDUTY_API_TOKEN');
  const fromEmail = reader.text('PAGERDUTY_FROM_EMAIL');
  if (apiToken !== undefined && fromEmail === undefined) {
    reader.fault(
      'PAGERDUTY_FROM_EMAIL',
      'is missing: with PAGERDUTY_API_TOKEN set, PagerDuty wants the e-mail address of one of its users with every change',
    );
  }
  if (apiToken === undefined && fromEmail !== undefined) {
    reader.fault(
      'PAGERDUTY_API_TOKEN',
      'is missing: PAGERDUTY_FROM_EMAIL is set, and is of use only beside it',
    );
  }
  if (fromEmail !== undefined && !/^[^\s@]+@[^\s@]+$/.test(fromEmail)) {
    reader.fault('PAGERDUTY_FROM_EMAIL', 'must be the e-mail address of a PagerDuty user');
  }
  const secrets = reader.secret('PAGERDUTY_WEBHOOK_SECRET') ?? '';
  return {
    eventsServer: readServer(reader, 'PAGERDUTY_EVENTS_SERVER', EVENTS_SERVER),
    apiServer: readServer(reader, 'PAGERDUTY_API_SERVER', API_SERVER),
    ...(apiToken === undefined ? {} : { apiToken }),
    ...(fromEmail === undefined ? {} : { fromEmail }),
    webhookSecrets: secrets.split(/[,\s]+/).filter((secret) => secret !== ''),
  };
}

function readServer(reader: Reader, name: string, otherwise: string): string {
  const server = reader.text(name) ?? otherwise;
  if (/^[\w.:[\]-]+$/.test(server) && URL.canParse(`https://${server}/`)) return server;
  reader.fault(
    name,
    `must be a host with an optional port, such as ${otherwise}, without https:// before it or a path behind it`,
  );
  return otherwise;
}
