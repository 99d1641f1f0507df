import { App, HTTPReceiver, LogLevel } from '@slack/bolt';

/**
 * The bot that everybody writes first: an alert comes in, a message goes out, nothing is kept. Run as a process of
 * its own by the benchmark, which says by the environment where Slack is. Prints its port once it listens.
 */
const receiver = new HTTPReceiver({
  signingSecret: process.env['SLACK_SIGNING_SECRET'] ?? '',
  logLevel: LogLevel.ERROR,
  customRoutes: [
    {
      path: '/webhook',
      method: 'POST',
      handler: async (req, res) => {
        const chunks: Buffer[] = [];
        for await (const chunk of req) chunks.push(chunk as Buffer);
        const { commonLabels } = JSON.parse(Buffer.concat(chunks).toString()) as {
          commonLabels: Record<string, string>;
        };
        res.writeHead(200).end();
        await app.client.chat.postMessage({
          channel: process.env['CHANNEL'] ?? '',
          text: `${commonLabels['alertname']} fires`,
        });
      },
    },
  ],
});
const app = new App({
  token: process.env['SLACK_BOT_TOKEN'] ?? '',
  receiver,
  clientOptions: { slackApiUrl: process.env['SLACK_API_URL'] ?? '', retryConfig: { retries: 0 } },
});
await app.start(Number(process.env['PORT']));
console.log('listening');
