/**
 * Checks the name of a PagerDuty server: a host with an optional port, always reached by TLS.
 * @throws Error that names the setting and the mend
 */
export function checkServerName(server: string, setting: string): void {
  const wrong = new Error(
    `${setting} is not a server name: give a host with an optional port, such as events.pagerduty.com`,
  );
  if (!/^[\w.:[\]-]+$/.test(server)) throw wrong;
  try {
    new URL(`https://${server}/`);
  } catch {
    throw wrong;
  }
}
