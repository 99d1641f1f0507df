// Ends with 1 when a dependency has a known vulnerability, whatever its severity. A registry that answers no such
// question (a mirror) is said, and is no failure: nothing is known then, good or bad.
import { spawnSync } from 'node:child_process';

const { stdout, stderr } = spawnSync('npm', ['audit', '--json'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const answer = parsed(stdout);
if (answer.metadata?.vulnerabilities === undefined) {
  console.log(`Not audited: ${answer.message ?? (stderr.trim().split('\n').at(-1) || 'no answer')}`);
} else {
  const { total } = answer.metadata.vulnerabilities;
  console.log(total === 0 ? 'No known vulnerability.' : stdout);
  process.exitCode = total === 0 ? 0 : 1;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
