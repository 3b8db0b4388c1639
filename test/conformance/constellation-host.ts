/** A gateway and a Sat: every module in one application for each set of grants, called over HTTP at the gateway. */
import { type Grants, parseCeiling } from '../../src/compute/capability/index.ts';
import { Databases } from '../../src/compute/database/index.ts';
import { directDialer, EgressClient, systemResolver } from '../../src/compute/egress/index.ts';
import { Sandbox } from '../../src/compute/sandbox/index.ts';
import { application, route } from '../../src/constellation/testdata/application.ts';
import { House } from '../../src/constellation/testdata/house.ts';
import type { Clock } from '../../src/kernel/index.ts';
import { env, guest, realClock } from '../support/guests.ts';
import type { Unit } from './case.ts';
import type { ConformanceHost, HostedUnit } from './host.ts';
import { callOverHttp } from './http-outcome.ts';
import { capabilitiesFor, FILES, SECRETS, type World } from './outside.ts';

/** What an earlier step leaves in the state. */
const seed = guest({
  imports: env('return_result', 3, 0),
  fields: '(data (i32.const 64) "sown")',
  run: '(call $return_result (i32.const 64) (i32.const 4) (local.get $ident))',
});

/** One sandbox and one Sat for each gateway; a gateway for each unit, since grants belong to an application. */
export async function constellationHost(): Promise<ConformanceHost> {
  const sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
  const dialer = directDialer({ resolver: systemResolver() });
  const egress = new EgressClient({ clock: realClock, dialer });
  const database = new Databases({ clock: realClock, dialer });
  const start = async (name: string, bytes: Uint8Array, sections: string): Promise<House<Clock>> => {
    const handlers = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => route(method, `/${name}`, name));
    handlers.push(route('POST', `/${name}/:p`, name), route('POST', `/${name}-seeded`, 'seed', name));
    const functions = { [name]: bytes, seed };
    const bundle = await application({ functions, handlers: handlers.join('\n'), sections, files: FILES });
    const secrets = { get: (_application: string, key: string) => Promise.resolve(SECRETS.get(key)) };
    return House.create<Clock>(bundle, { secrets }, realClock);
  };
  return {
    name: 'constellation',
    nil: 'empty',
    open: async (unit, bytes, world) => {
      const house = await start(unit.name, bytes, sectionsOf(unit, world));
      try {
        await house.addSat('one', { sandbox, egress, database, ceiling: ceilingOf(world) });
      } catch (error) {
        await house[Symbol.asyncDispose]();
        throw error;
      }
      const hosted: HostedUnit = {
        call: (given, index) => callOverHttp(house.url, unit, given, index),
        logs: () =>
          house.events.flatMap((event) => (event.kind === 'function-log' ? [`${event.level}: ${event.text}`] : [])),
        close: () => house[Symbol.asyncDispose](),
      };
      return hosted;
    },
    refuse: async ({ module }) => {
      await using house = await start('refused', module(), '');
      const { events } = await house.addSat('one', { sandbox });
      await house.until(() => events.some(({ kind }) => kind === 'deployed'));
      for (const event of events) {
        if (event.kind === 'deployed')
          return event.unusable.find(({ name }) => name.includes('refused'))?.code ?? 'accepted';
      }
      return 'accepted';
    },
    close: async () => {
      await sandbox.close(0);
      await database.close();
      await egress[Symbol.asyncDispose]();
    },
  };
}

/** What a Sat's owner must allow for functions to reach the server and the database of the world. */
function ceilingOf({ host, database }: World): Grants {
  const rules = { allowHTTP: true, allowIPs: true, allowPrivate: true, allowedPorts: [Number(host.split(':')[1])] };
  const db = database && { enabled: true, rules: { allowPrivate: true, allowedPorts: [database.port] } };
  const parsed = parseCeiling({ http: { enabled: true, rules }, graphql: { enabled: true, rules }, db });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.grants;
}

function sectionsOf(unit: Unit, world: World): string {
  return `capabilities: ${JSON.stringify(capabilitiesFor(unit.grants, world))}`;
}
