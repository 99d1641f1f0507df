import { type Book, incidentJson } from './book.ts';
import { type Call, type Reply, restError } from './call.ts';

const MONTH_MS = 31 * 24 * 60 * 60 * 1000;

/** The parameters of the description that are understood here; any other is refused rather than ignored. */
const KNOWN = ['incident_key', 'date_range', 'statuses[]', 'sort_by', 'limit', 'offset'];

/** `GET /incidents`: of the last month unless `date_range=all`, oldest first unless `sort_by` says otherwise. */
export function listIncidents(book: Book, call: Call): Reply {
  const { query } = call;
  const unknown = [...query.keys()].filter((key) => !KNOWN.includes(key));
  const limit = Number(query.get('limit') ?? 25);
  const offset = Number(query.get('offset') ?? 0);
  const sort = query.get('sort_by') ?? 'created_at:asc';
  const faults = [
    ...unknown.map((key) => `${key} is not understood here`),
    ...(Number.isInteger(limit) && limit >= 1 && limit <= 100 ? [] : ['limit must be 1 to 100']),
    ...(Number.isInteger(offset) && offset >= 0 ? [] : ['offset must be 0 or more']),
    ...(/^created_at(:(asc|desc))?$/.test(sort) ? [] : ['sort_by must be created_at, :asc or :desc']),
    ...(['all', null].includes(query.get('date_range')) ? [] : ['date_range must be all']),
  ];
  if (faults.length > 0) return restError(400, 2001, 'Invalid Input Provided', faults);

  const since = query.get('date_range') === 'all' ? 0 : book.now().getTime() - MONTH_MS;
  const key = query.get('incident_key');
  const statuses = query.getAll('statuses[]');
  const found = book.incidents
    .filter((incident) => key === null || incident.incidentKey === key)
    .filter((incident) => statuses.length === 0 || statuses.includes(incident.status))
    .filter((incident) => Date.parse(incident.createdAt) >= since)
    .sort((a, b) => (sort.endsWith(':desc') ? b.number - a.number : a.number - b.number));
  return {
    status: 200,
    body: {
      incidents: found.slice(offset, offset + limit).map(incidentJson),
      limit,
      offset,
      total: null,
      more: found.length > offset + limit,
    },
  };
}
