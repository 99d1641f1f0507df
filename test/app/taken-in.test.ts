import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { watchTakenIn } from '../../src/app/taken-in.ts';

const POST = 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n';

async function house(listener: RequestListener) {
  const server = createServer(listener);
  const takenIn = watchTakenIn(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const visit = async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const heard = { text: '' };
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard.text += text;
    });
    await once(server, 'connection');
    return { socket, heard };
  };
  return { server, takenIn, visit };
}

test('whoever has connected before the server closes is still heard and answered, and told not to come again', async () => {
  let isOver = false;
  const { server, takenIn, visit } = await house((_req, res) => res.end(isOver ? 'too late' : 'done'));
  const { socket, heard } = await visit();
  const closed = takenIn.close(10_000).finally(() => {
    isOver = true;
  });
  await expect.poll(() => server.listening, { interval: 5 }).toBe(false);
  socket.write(POST);
  expect(await closed).toBe(0);
  await once(socket, 'close');
  expect(heard.text).toMatch(/^HTTP\/1\.1 200 .*connection: close.*done/is);
});

test('what has been posted is waited for until it is answered, and so is the work that goes on after that', async () => {
  const answer: (() => void)[] = [];
  const { takenIn, visit } = await house((_req, res) => void answer.push(() => res.end('done')));
  const { socket, heard } = await visit();
  socket.write(POST);
  await expect.poll(() => answer.length).toBe(1);
  let finish = () => {};
  takenIn.add(
    new Promise<void>((done) => {
      finish = done;
    }),
  );
  const closed = takenIn.close(10_000);
  answer[0]?.();
  await once(socket, 'close');
  expect(heard.text).toContain('done');
  expect(await takenIn.over(1)).toBe(1);
  finish();
  expect(await closed).toBe(0);
});

test('nobody is waited for longer than is said', async () => {
  const { takenIn } = await house(() => undefined);
  takenIn.add(new Promise(() => undefined));
  takenIn.add(Promise.reject(new Error('as meant')));
  expect(await takenIn.close(20)).toBe(1);
});
