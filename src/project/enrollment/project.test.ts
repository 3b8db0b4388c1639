import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { assertSturdy, codeOf } from '../../../test/support/hostile.ts';
import { fromHex, toHex, utf8 } from '../../kernel/index.ts';
import { changeHistoryFromHex, identifierFromBytes, verifyHistory } from '../../trust/identity/index.ts';
import { formatRoute } from '../../network/routing/index.ts';
import {
  decodeProject,
  encodeProject,
  formatTicket,
  MAX_TICKET_LENGTH,
  parseProjectFile,
  parseServiceRoute,
  parseTicket,
  projectFromJson,
  type ProjectModel,
  projectModelOf,
  projectToJson,
  readyProject,
} from './index.ts';

const page = readFileSync(new URL('../../../docs/protocol/project.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('### 5.5 '), page.indexOf('## 6 '));
const vector = (name: string): string => {
  const row = section.split('\n').find((line) => line.startsWith(`| ${name} |`));
  return /`([^`]+)` \|$/.exec(row ?? '')?.[1] ?? assert.fail(`no vector ${name}`);
};

const projectHistory = vector('project change history');
const authorityHistory = vector('authority change history');
const code = fromHex(vector('one-time code'));
const projectIdentity = verifyHistory(changeHistoryFromHex(projectHistory));
const authorityIdentity = verifyHistory(changeHistoryFromHex(authorityHistory));
const ROUTE = '/dnsaddr/relay.example.org/tcp/4000/service/api';
const AUTHORITY_ROUTE = '/ip4/192.0.2.7/tcp/4001/service/api';

const model: ProjectModel = projectModelOf({
  id: '9d3c',
  name: 'default',
  spaceId: '1',
  spaceName: 'home',
  node: { identity: projectIdentity, route: parseServiceRoute(ROUTE, 'route') },
  authority: { identity: authorityIdentity, route: parseServiceRoute(AUTHORITY_ROUTE, 'route') },
});

suite('a ticket', () => {
  test('comes back as it was written', () => {
    const ticket = { oneTimeCode: code, model, gateway: { name: 'front', route: '/node/front/service/api' } };
    const read = parseTicket(`  ${formatTicket(ticket)}\n`);
    assert.deepEqual(read.oneTimeCode, code);
    assert.deepEqual(read.gateway, ticket.gateway);
    assert.deepEqual(projectToJson(read.model), projectToJson(model));
    assert.equal(read.project.id, '9d3c');
    assert.equal(read.project.node.identity.identifier, projectIdentity.identifier);
    assert.equal(read.project.authority.route.connectTo, '192.0.2.7:4001');
    assert.equal(parseTicket(formatTicket({ oneTimeCode: code, model })).gateway, undefined);
    const { name } = { name: 'front' };
    assert.deepEqual(parseTicket(formatTicket({ oneTimeCode: code, model, gateway: { name } })).gateway, { name });
  });

  test('is written as project.md §5.5 shows', () => {
    assert.equal(formatTicket({ oneTimeCode: code, model }), toHex(utf8(vector('document'))));
  });

  test('in the compact form is read, plain or as hex of either case', () => {
    const compact = vector('compact');
    for (const text of [compact, toHex(utf8(compact)), toHex(utf8(compact)).toUpperCase()]) {
      const { project, oneTimeCode } = parseTicket(text);
      assert.deepEqual(oneTimeCode, code);
      assert.equal(project.id, projectIdentity.identifier);
      assert.equal(project.name, 'default');
      assert.equal(project.node.route.text, ROUTE);
      assert.equal(project.authority.route.text, AUTHORITY_ROUTE);
      assert.equal(project.authority.identity.identifier, authorityIdentity.identifier);
    }
  });

  test('of the hosted service, or with fields missing or wrong, is refused with words that help', () => {
    const fields = vector('compact').split(',');
    const changed = (at: number, value: string): string => fields.with(at, value).join(',');
    const cases: [string, string, RegExp][] = [
      [fields.slice(0, 5).join(','), 'ENROLLMENT_TICKET_INCOMPLETE', /^Missing fields in enrollment ticket$/],
      ['', 'ENROLLMENT_TICKET_INCOMPLETE', /Missing fields/],
      [fields.slice(0, 6).join(','), 'ENROLLMENT_TICKET_HOSTED', /issued for the hosted service/],
      [changed(6, ''), 'ENROLLMENT_TICKET_HOSTED', /issued for the hosted service/],
      [changed(0, 'a-project-id'), 'ENROLLMENT_TICKET_HOSTED', /issued for the hosted service/],
      [changed(0, '/service/api'), 'ENROLLMENT_INVALID_ROUTE', /^Invalid project route/],
      [changed(0, '/dnsaddr/host/tcp/4000'), 'ENROLLMENT_INVALID_ROUTE', /^Invalid project route/],
      [changed(1, 'nobody'), 'ENROLLMENT_TICKET_MALFORMED', /second field/],
      [changed(1, authorityIdentity.identifier), 'ENROLLMENT_WRONG_IDENTITY', /is the one of I/],
      [changed(2, '../../etc'), 'ENROLLMENT_INVALID_PROJECT', /"name" is no name/],
      [changed(3, '00'), 'ENROLLMENT_TICKET_MALFORMED', /one-time code/],
      [changed(4, authorityHistory), 'ENROLLMENT_WRONG_IDENTITY', /change history/],
      [changed(5, '8182'), 'ENROLLMENT_INVALID_PROJECT', /authority_identity.* is no valid identity/],
      [changed(6, '/nowhere/x'), 'ENROLLMENT_INVALID_ROUTE', /authority access route/],
      [changed(6, 'nowhere'), 'ENROLLMENT_TICKET_MALFORMED', /seventh field/],
      ['ff'.repeat(40), 'ENROLLMENT_TICKET_MALFORMED', /no text/],
      ['abc', 'ENROLLMENT_TICKET_MALFORMED', /no text/],
      ['a'.repeat(MAX_TICKET_LENGTH + 1), 'ENROLLMENT_TICKET_TOO_LONG', /at most 65536/],
      ['{"one_time_code":', 'ENROLLMENT_TICKET_MALFORMED', /cut off/],
      ['{}', 'ENROLLMENT_TICKET_MALFORMED', /one-time code/],
      [JSON.stringify({ one_time_code: '00'.repeat(32) }), 'ENROLLMENT_INVALID_PROJECT', /"ticket.project" is missing/],
    ];
    for (const [text, wanted, words] of cases) {
      assert.throws(() => parseTicket(text), { code: wanted, message: words }, text.slice(0, 60));
    }
    const misled = { oneTimeCode: code, model, gateway: { name: 'front', route: 'nonsense' } };
    assert.throws(() => parseTicket(formatTicket(misled)), { code: 'ENROLLMENT_INVALID_ROUTE' });
  });

  test('cut off or changed anywhere is read or refused, never with its code in the words', () => {
    const text = formatTicket({ oneTimeCode: code, model, gateway: { name: 'front' } });
    const secret = toHex(code);
    const check = (hostile: string): void => {
      const found = codeOf(() => parseTicket(hostile), 'ENROLLMENT_');
      if (found === undefined) return;
      assert.throws(
        () => parseTicket(hostile),
        (error) => {
          const told = `${String(error)} ${String((error as Error).cause)}`;
          return !told.includes(secret) && !told.includes(secret.slice(0, 16));
        },
      );
    };
    for (let length = 0; length < text.length; length += 7) check(text.slice(0, length));
    for (let at = 0; at < text.length; at += 11) check(`${text.slice(0, at)}0${text.slice(at + 1)}`);
    const json = JSON.parse(vector('document')) as Record<string, unknown>;
    for (const value of [null, 1, 'x', [], {}, true]) check(toHex(utf8(JSON.stringify({ ...json, project: value }))));
    const deep = `{"one_time_code":"${secret}","project":${'['.repeat(15_000)}${']'.repeat(15_000)}}`;
    check(deep);
    for (const value of [[secret], { secret }]) {
      check(toHex(utf8(JSON.stringify({ ...json, one_time_code: value }))));
    }
    for (let at = 0; at < 8; at++) check(vector('compact').split(',').toSpliced(at, 0, secret).join(','));
    fc.assert(fc.property(fc.string(), (any) => void codeOf(() => parseTicket(any), 'ENROLLMENT_')));
  });
});

suite('a project', () => {
  const full: ProjectModel = {
    ...model,
    users: ['a@example.org'],
    userRoles: [{ email: 'a@example.org', id: 7, role: 'Service', scope: 'Space' }],
    oktaConfig: {
      tenantBaseUrl: 'https://tenant.example.org',
      certificate: '-----BEGIN',
      clientId: 'client',
      attributes: ['email'],
    },
    version: '1.2.3',
    running: false,
    operationId: 'o1',
  };

  test('comes back from JSON and from CBOR', () => {
    for (const project of [model, full]) {
      assert.deepEqual(defined(projectFromJson(projectToJson(project))), defined(project));
      assert.deepEqual(defined(parseProjectFile(JSON.stringify(projectToJson(project)))), defined(project));
      assert.deepEqual(defined(decodeProject(encodeProject(project))), defined(project));
    }
    assert.deepEqual(Object.keys(projectToJson(full)), Object.keys(projectToJson(full)).toSorted());
  });

  test('in JSON may have keys that are not known, nulls, and the other case', () => {
    const json = { ...projectToJson(full), egress_allow_list: [], operation_id: null, kafka_config: { anything: 1 } };
    const lower = { ...json, user_roles: [{ email: 'a', id: 1, role: 'admin', scope: 'project' }] };
    assert.deepEqual(projectFromJson(lower).userRoles, [{ email: 'a', id: 1, role: 'Admin', scope: 'Project' }]);
    assert.equal(projectFromJson(json).operationId, undefined);
  });

  test('that is not whole names the field', () => {
    const json = projectToJson(full);
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ name: undefined }, /"name" is missing/],
      [{ id: 'a b' }, /"id" is no name/],
      [{ access_route: 5 }, /"access_route" is not a text but a number/],
      [{ users: 'me' }, /"users" is not an array/],
      [{ users: [1] }, /"users" is not an array of texts/],
      [{ user_roles: [7] }, /"user_roles\[0\]" is not an object/],
      [{ user_roles: [{ email: 'a', id: -1 }] }, /"user_roles\[0\].id" is not a number/],
      [{ user_roles: [{ email: 'a', id: 1, role: 'king', scope: 'Space' }] }, /none of Admin, Guest, Service: "king"/],
      [{ identity: 'I12' }, /"identity" is no identifier/],
      [{ running: 'yes' }, /"running" is not true or false/],
      [{ okta_config: [] }, /"okta_config" is not an object/],
    ];
    for (const [change, words] of cases) {
      const wanted = { code: 'ENROLLMENT_INVALID_PROJECT', message: words };
      assert.throws(() => projectFromJson({ ...json, ...change }), wanted);
    }
    assert.throws(() => parseProjectFile('{'), { code: 'ENROLLMENT_INVALID_PROJECT' });
    assert.throws(() => parseProjectFile(' '.repeat(300_000)), { code: 'ENROLLMENT_INVALID_PROJECT' });
  });

  test('in CBOR stands hostile bytes', () => assertSturdy(encodeProject(full), decodeProject, 'ENROLLMENT_'));

  test('is ready when both ends and the ways to them are known', () => {
    assert.equal(readyProject(full).authority.identity.identifier, authorityIdentity.identifier);
    const cases: [Partial<ProjectModel>, string][] = [
      [{ accessRoute: '' }, 'ENROLLMENT_INVALID_PROJECT'],
      [{ projectChangeHistory: undefined }, 'ENROLLMENT_INVALID_PROJECT'],
      [{ authorityIdentity: undefined }, 'ENROLLMENT_INVALID_PROJECT'],
      [{ authorityIdentity: 'zz' }, 'ENROLLMENT_INVALID_PROJECT'],
      [{ authorityAccessRoute: undefined }, 'ENROLLMENT_TICKET_HOSTED'],
      [{ identity: identifierFromBytes(new Uint8Array(32)) }, 'ENROLLMENT_WRONG_IDENTITY'],
    ];
    for (const [change, wanted] of cases) assert.throws(() => readyProject({ ...full, ...change }), { code: wanted });
    assert.equal(readyProject({ ...full, identity: undefined }).node.identity.identifier, projectIdentity.identifier);
  });
});

suite('a route to a service', () => {
  test('names a host to connect to and the hops behind it', () => {
    const cases: [string, string, string][] = [
      ['/dnsaddr/h.example.org/tcp/4000/service/api', 'h.example.org:4000', '0#api'],
      ['/ip4/127.0.0.1/tcp/1/service/hop/worker/x/secure/api', '127.0.0.1:1', '0#hop => 0#x => 0#api'],
      ['/ip6/::1/tcp/65535/service/api', '[::1]:65535', '0#api'],
    ];
    for (const [text, connectTo, hops] of cases) {
      const route = parseServiceRoute(text, 'route');
      assert.deepEqual([route.connectTo, formatRoute(route.hops)], [connectTo, hops]);
      assert.equal(parseServiceRoute(route.text, 'route').text, route.text);
    }
  });

  test('that is another kind of address is refused', () => {
    const wrong = [
      '',
      '/service/api',
      '/ip4/1.2.3.4/service/api',
      '/ip4/1.2.3.4/tcp/1',
      '/ip4/1.2.3/tcp/1/service/api',
    ];
    for (const text of [
      ...wrong,
      '/dnsaddr/a b/tcp/1/service/api',
      '/dnsaddr/h/tcp/1/project/p',
      '/dnsaddr/h/tcp/1/service/',
    ]) {
      assert.throws(() => parseServiceRoute(text, 'route'), { code: 'ENROLLMENT_INVALID_ROUTE' }, text);
    }
  });
});

/** Without the fields that are there and undefined. */
function defined(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
