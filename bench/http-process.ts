// The peer of constellation.ts: `backend` gives each body back, `proxy URL` passes each request on to the backend.
import { Agent, createServer, request } from 'node:http';

const [role, target = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

const server =
  role === 'backend'
    ? createServer((incoming, answer) => void incoming.pipe(answer))
    : createServer((incoming, answer) => {
        const { method, headers, url } = incoming;
        const onward = request(new URL(url ?? '/', target), { method, headers, agent }, (response) => {
          answer.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(answer);
        });
        onward.on('error', () => answer.destroy());
        incoming.pipe(onward);
      });

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.(`http://127.0.0.1:${address.port}/`);
});
