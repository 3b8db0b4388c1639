import { openNode } from 'perigee/node';

await using server = await openNode({ listen: '127.0.0.1:0' });
await using client = await openNode();

// Only this client may ask, and it must prove by a secure channel that it is the one.
server.serve('greet', [client.identifier], (name) => Buffer.concat([Buffer.from('Hello, '), name]));

using channel = await client.channel(server.address, { peer: server.identifier });
const answer = await channel.request('greet', Buffer.from('Ada'));
console.log(new TextDecoder().decode(answer));
