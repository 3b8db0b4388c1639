import { openNode } from 'perigee/node';

await using authority = await openNode();
await using server = await openNode({ listen: '127.0.0.1:0', authority: authority.history });
await using client = await openNode();

const credential = await authority.issueCredential({ subject: client.identifier, attributes: { role: 'reader' } });
const { attributes } = await server.verifyCredential(credential, authority.history);
console.log('attested:', Object.fromEntries(attributes));

// A service for whoever the authority says is a reader; the client shows it in the handshake of its channels.
server.serve('report', { policy: '(= subject.role "reader")' }, () => Buffer.from('for readers only'));
client.presentCredential(credential);
using channel = await client.channel(server.address, { peer: server.identifier });
console.log(new TextDecoder().decode(await channel.request('report', new Uint8Array())));
