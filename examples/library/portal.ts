import { once } from 'node:events';
import { createServer } from 'node:http';
import { openNode } from 'perigee/node';

const service = createServer((_request, response) => response.end('from the private side')).listen(0, '127.0.0.1');
await once(service, 'listening');
const { port } = service.address() as { readonly port: number };

await using near = await openNode();
await using far = await openNode({ listen: '127.0.0.1:0' });
far.outlet('web', { to: `127.0.0.1:${port}`, allow: [near.identifier] });

const to = `${far.address}/service/web`;
const inlet = await near.inlet({ listen: '127.0.0.1:0', to, peer: far.identifier });
console.log(await (await fetch(`http://${inlet.at}/`, { headers: { connection: 'close' } })).text());
service.close();
