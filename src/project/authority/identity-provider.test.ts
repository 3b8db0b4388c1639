import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EMPTY } from '../../kernel/index.ts';
import { type ApiCall, type ApiRefusal, tell } from '../../network/api/index.ts';
import { localAddress } from '../../network/routing/index.ts';
import { createProject, type ProjectWorld } from '../testdata/project-world.ts';
import type { IdentityProvider, MemberAttributes } from './index.ts';

const ANNA: MemberAttributes = new Map([['email', 'anna@b.c']]);

/** A project whose provider takes the tokens of `users`. */
function projectWith(users: ReadonlyMap<string, MemberAttributes>, more: Partial<IdentityProvider> = {}) {
  const asked: string[] = [];
  const attributesOf: IdentityProvider['attributesOf'] = (token) => {
    asked.push(token);
    return Promise.resolve(users.get(token));
  };
  return createProject({ authority: { identityProvider: { attributesOf, ...more } } }).then((world) => ({
    world,
    asked,
  }));
}

/** What the authority says to an attempt that it refuses. */
async function wordsOf(world: ProjectWorld, attempt: Promise<unknown>): Promise<string> {
  try {
    await world.eventually(attempt);
  } catch (error) {
    return ((error as Error).cause as ApiRefusal).said;
  }
  return assert.fail('it was not refused');
}

suite('somebody who signs in at the identity provider', () => {
  test('becomes a member with the attributes that it tells, and gets a credential', async () => {
    const { world, asked } = await projectWith(new Map([['t1', ANNA]]));
    const anna = await world.person();
    const session = await world.session(anna);
    await world.eventually(session.presentAccessToken('t1'));
    assert.deepEqual(asked, ['t1']);
    const member = await world.members.get(anna.id);
    assert.deepEqual(member?.attributes, ANNA);
    assert.equal(member?.preTrusted, false);
    assert.deepEqual(world.authorityEvents.at(-1), {
      kind: 'member-added',
      member: anna.id,
      by: world.authorityNode.id,
      how: 'identity provider',
    });
    await world.eventually(session.requestCredential());
    assert.ok(!JSON.stringify(world.authorityEvents).includes('t1'), 'no event has the token');
  });

  test('gets the attributes anew the next time', async () => {
    const users = new Map([['t1', ANNA]]);
    const { world } = await projectWith(users);
    const anna = await world.person();
    const session = await world.session(anna);
    await world.eventually(session.presentAccessToken('t1'));
    const moved = new Map([['email', 'anna@elsewhere']]);
    users.set('t2', moved);
    await world.eventually(session.presentAccessToken('t2'));
    assert.deepEqual((await world.members.get(anna.id))?.attributes, moved);
  });

  test('and is told to be less than before has what was attested taken back', async () => {
    const users = new Map<string, MemberAttributes>([['t1', new Map([...ANNA, ['team', 'operations']])]]);
    const { world } = await projectWith(users);
    const anna = await world.person();
    const session = await world.session(anna);
    const taken = async (): Promise<number> => (await world.revocations.list(world.authorityNode.id, 0, 10)).length;
    await world.eventually(session.presentAccessToken('t1'));
    await world.eventually(session.presentAccessToken('t1'));
    assert.equal(await taken(), 0, 'the same attributes take nothing back');
    users.set('t2', ANNA);
    await world.eventually(session.presentAccessToken('t2'));
    assert.deepEqual((await world.members.get(anna.id))?.attributes, ANNA);
    assert.equal(await taken(), 1);
  });

  test('stays an enroller, when an enroller made it one', async () => {
    const { world } = await projectWith(new Map([['t1', ANNA]]));
    const anna = await world.person();
    const role = new Map([['ockam-role', 'enroller']]);
    await world.eventually((await world.session(world.enroller)).addMember({ identifier: anna.id, attributes: role }));
    assert.equal(await wordsOf(world, (await world.session(anna)).presentAccessToken('t1')), 'Already a member');
    assert.deepEqual((await world.members.get(anna.id))?.attributes, role);
  });

  test('stays what it is, when it is one from the start', async () => {
    const { world, asked } = await projectWith(new Map([['t1', ANNA]]));
    const session = await world.session(world.enroller);
    assert.equal(await wordsOf(world, session.presentAccessToken('t1')), 'Already a member');
    assert.deepEqual(asked, [], 'the provider was not asked');
    assert.equal((await world.members.get(world.enroller.id))?.attributes.get('ockam-role'), 'enroller');
  });

  test('is refused with a token that the provider does not take, and soon without asking it', async () => {
    const { world, asked } = await projectWith(new Map());
    const stranger = await world.person();
    const session = await world.session(stranger);
    for (let i = 0; i < 12; i++) assert.equal(await wordsOf(world, session.presentAccessToken(`t${i}`)), 'Forbidden');
    assert.equal(asked.length, 10);
    assert.equal(await world.members.get(stranger.id), undefined);
    assert.equal(world.authorityEvents.at(-1)?.kind, 'refused');
  });

  test('is refused when the provider tells more than a member may have', async () => {
    const much = new Map([['essay', 'x'.repeat(9000)]]);
    const { world } = await projectWith(new Map([['t1', much]]));
    const person = await world.person();
    assert.equal(await wordsOf(world, (await world.session(person)).presentAccessToken('t1')), 'Forbidden');
    assert.equal(await world.members.get(person.id), undefined);
  });

  test('learns nothing of why the provider could not be asked', async () => {
    const { world } = await projectWith(new Map(), { attributesOf: () => Promise.reject(new Error('secret place')) });
    const session = await world.session(await world.person());
    assert.equal(await wordsOf(world, session.presentAccessToken('t1')), 'internal error');
    assert.equal(world.authorityEvents.at(-1)?.kind, 'failed');
  });

  test('does not keep others waiting; of too many at once some come again', async () => {
    const waiting: ((attributes: MemberAttributes) => void)[] = [];
    const { world } = await projectWith(new Map(), {
      attributesOf: () => new Promise((resolve) => waiting.push(resolve)),
    });
    const open: Promise<void>[] = [];
    const asked = async (questions: number): Promise<void> => {
      for (let i = 0; i < 2000 && waiting.length < questions; i++) await world.clock.advance(1);
      assert.equal(waiting.length, questions);
    };
    const ask = async (times: number): Promise<Awaited<ReturnType<ProjectWorld['session']>>> => {
      const session = await world.session(await world.person());
      for (let i = 0; i < times; i++) open.push(session.presentAccessToken('t'));
      return session;
    };
    const greedy = await ask(8);
    await asked(8);
    assert.equal(await wordsOf(world, greedy.presentAccessToken('t')), 'too many sign-ins at once', 'of one peer');
    for (const times of [4, 2, 1, 1]) {
      const before = waiting.length;
      await ask(times);
      await asked(before + times);
    }
    const last = await world.session(await world.person());
    assert.equal(await wordsOf(world, last.presentAccessToken('t')), 'too many sign-ins at once', 'of all');
    for (const resolve of waiting) resolve(ANNA);
    const outcomes = await world.eventually(Promise.allSettled(open));
    assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['fulfilled']));
  });
});

suite('the service answers', () => {
  const asking = async (world: ProjectWorld, method: ApiCall['method'], path: string): Promise<number> => {
    const person = await world.person();
    const { openChannel } = await import('../../network/channel/index.ts');
    const { trustEveryone } = await import('../../trust/credential/index.ts');
    const connection = await person.transport.connect('authority.test:4000');
    const channel = await world.eventually(
      openChannel(person.channels, {
        identity: person.id,
        trust: trustEveryone,
        route: [connection.sender, localAddress('api')],
      }),
    );
    const call = { onward: [channel.encryptor, localAddress('okta')], method, path, body: EMPTY, timeoutMs: 1000 };
    return world.eventually(tell(person.router, call)).then(
      () => 200,
      (error: ApiRefusal) => error.status,
    );
  };

  test('nothing else than POST /v0/enroll', async () => {
    const { world } = await projectWith(new Map());
    assert.equal(await asking(world, 'POST', '/'), 400);
    assert.equal(await asking(world, 'GET', '/v0/enroll'), 405);
    assert.equal(await asking(world, 'POST', '/v0/enroll'), 400, 'a body that is no token');
  });

  test('nobody where there is no provider', async () => {
    const world = await createProject();
    const session = await world.session(await world.person());
    const refused = assert.rejects(session.presentAccessToken('t1'), { code: 'ENROLLMENT_UNREACHABLE' });
    await world.clock.advance(121_000);
    await refused;
  });
});
