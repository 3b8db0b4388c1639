import * as v from 'valibot';
import {
  addressName,
  allowAll,
  type FlowControlId,
  localAddress,
  startHop,
  type Worker,
} from '../../../network/routing/index.ts';
import { NodeError } from '../../errors.ts';
import type { GeneralInside } from '../general-node.ts';
import { jsonCall, type NodePart } from '../part.ts';

/** Ours: hop services of one node. */
const MAX_HOPS = 64;
const NAME = v.pipe(v.string(), v.regex(/^[^/\s]{1,128}$/));

/** Simple services, workers and flow controls (`commands.md` §8.9). A hop does not come back after a start. */
export function servicePart(inside: GeneralInside): NodePart {
  const { core, entrances, hasDefaultServices } = inside;
  const { router } = core;
  const hops = new Map<string, Worker>();

  const startHopAt = (name: string): unknown => {
    if (hops.has(name)) {
      throw new NodeError('NODE_IN_USE', `Failed to start Hop service: hop service already exists at ${name}`, {
        remedy: 'choose another address with --addr',
      });
    }
    if (hops.size >= MAX_HOPS) throw new NodeError('NODE_IN_USE', `a node has at most ${MAX_HOPS} hop services`);
    const worker = startHop(router, { address: localAddress(name), incoming: allowAll });
    // A hop is there to lead on and back whoever comes, also by what was opened here.
    entrances.admit(worker.mailbox.address, ['tcp', 'channel', 'opened']);
    hops.set(name, worker);
    return { addr: name, type: 'hop' };
  };

  const list = (): readonly unknown[] => [
    ...(hasDefaultServices ? ['uppercase', 'echo'].map((name) => ({ addr: name, type: name })) : []),
    ...[...hops.keys()].map((addr) => ({ addr, type: 'hop' })),
  ];

  return {
    calls: {
      'POST /worker/list': () => router.addresses.map(addressName),
      'POST /service/start-hop': jsonCall(v.strictObject({ name: NAME }), ({ name }) => startHopAt(name)),
      'POST /service/list': list,
      'POST /flow-control/add-consumer': jsonCall(
        v.strictObject({ id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)), name: NAME }),
        ({ id, name }) => {
          const address = localAddress(name);
          // What is noted for an address that is not there would count for whoever takes it later.
          if (!router.has(address))
            throw new NodeError('NODE_UNKNOWN', `There is no worker at '${name}'`, {
              remedy: "see which there are with 'perigee worker list'",
            });
          router.flows.addConsumer(address, id as FlowControlId);
        },
      ),
    },
    status: () => ({ services: list() }),
    close: () => {
      for (const worker of hops.values()) {
        entrances.forget(worker.mailbox.address);
        worker.stop();
      }
      hops.clear();
    },
  };
}
