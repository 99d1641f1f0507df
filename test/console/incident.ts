import type { WebClient } from '@slack/web-api';

/** What the scene leaves behind. */
export interface Scene {
  readonly channel: string;
  readonly parent: string;
  /** The message with Approve and Deny. */
  readonly preview: string;
}

const words = (text: string) => ({ type: 'mrkdwn', text }) as const;
const plain = (text: string) => ({ type: 'plain_text', text }) as const;
const button = (text: string, more: object = {}) =>
  ({
    type: 'button',
    text: plain(text),
    action_id: text.toLowerCase().replaceAll(/\W+/g, '_'),
    ...more,
  }) as const;

/** Posts a conversation such as an incident leaves: a parent, checks, a verdict, a preview that waits for approval. */
export async function playIncident(client: WebClient, channelName = '#backend-team'): Promise<Scene> {
  const started = Math.floor(Date.now() / 1_000) - 290;
  const parent = await client.chat.postMessage({
    channel: channelName,
    text: 'Pool orders is at 94 %',
    blocks: [
      { type: 'header', text: plain('🔴 Pool orders is at 94 %') },
      {
        type: 'section',
        fields: [
          words('*Used*\n94 of 97 connections'),
          words(`*Since*\n<!date^${started}^{date_short_pretty} at {time_secs}|5 minutes ago>`),
          words('*Who has it*\nNobody yet'),
          words('*Level*\n1 · On-call engineer <!subteam^S0ONCALL>'),
        ],
      },
      {
        type: 'section',
        text: words('*Next:* level 2 (Database administrator) in 4 min unless acknowledged.'),
      },
      {
        type: 'actions',
        elements: [
          button('Acknowledge', { style: 'primary' }),
          button('Run all checks'),
          button('Escalate'),
          button('Resolve'),
        ],
      },
      {
        type: 'context',
        elements: [words('catalytic_db · <http://localhost:9090/alerts|alert> · `I-0007`')],
      },
    ],
  });
  const channel = parent.channel ?? '';
  const thread = { channel, thread_ts: parent.ts ?? '' };
  await client.chat.postMessage({
    ...thread,
    text: 'Step 2: who holds the connections',
    blocks: [
      {
        type: 'section',
        text: words(
          '*Step 2 · Who holds the connections*\n• 71 idle in transaction, oldest 12 min, all from `catalytic-api`\n• 19 active\n• 4 idle',
        ),
      },
      {
        type: 'section',
        text: words(
          '```\n  pid  state                 age  application\n 4711  idle in transaction  12:04  catalytic-api\n 4718  idle in transaction  11:58  catalytic-api\n 4720  active               00:41  report-runner\n```',
        ),
      },
    ],
  });
  await client.chat.postMessage({
    ...thread,
    text: 'Most likely: a leak in catalytic-api',
    blocks: [
      {
        type: 'section',
        text: words(
          '*Most likely:* transactions left open by `catalytic-api` (71 of 94 connections, growing by 6 a minute). :mag:\n> idle in transaction for 12 min after `update orders set status = ?`',
        ),
      },
      {
        type: 'section',
        text: words('*4711* · idle in transaction · 12 min · blocks 3 others'),
        accessory: button('Terminate', {
          style: 'danger',
          value: '4711',
          confirm: {
            title: plain('Terminate pid 4711?'),
            text: words('Its transaction is *rolled back*. Somebody has to approve it first.'),
            confirm: plain('Ask for it'),
            deny: plain('Leave it'),
            style: 'danger',
          },
        }),
      },
      {
        type: 'actions',
        elements: [
          {
            type: 'static_select',
            action_id: 'cause',
            placeholder: plain('Root cause…'),
            options: ['Connection leak', 'Slow query', 'Traffic'].map((text) => ({
              text: plain(text),
              value: text,
            })),
          },
          button('Run step 3'),
          button('Raise pool size'),
        ],
      },
    ],
  });
  const preview = await client.chat.postMessage({
    ...thread,
    text: 'Alice asks to terminate pid 4711',
    blocks: [
      {
        type: 'section',
        text: words(
          '<@U0ALICE> asks to *terminate pid 4711* (`catalytic-api`, idle in transaction for 12 min, blocks 3).',
        ),
      },
      {
        type: 'actions',
        elements: [button('✅ Approve', { style: 'primary' }), button('Deny', { style: 'danger' })],
      },
      {
        type: 'context',
        elements: [
          words(
            `Approvers: <@U0BOB>. Lapses <!date^${started + 890}^at {time}|in 10 min>. See <#${channel}>.`,
          ),
        ],
      },
    ],
  });
  return { channel, parent: parent.ts ?? '', preview: preview.ts ?? '' };
}
