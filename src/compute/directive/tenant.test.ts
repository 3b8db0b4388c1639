import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkTenant, printProblem, readTenant } from './index.ts';

const REF = 'ab'.repeat(32);
const OLD = {
  identifier: 'com.example.tenant',
  specVersion: 1,
  tenantVersion: 7,
  namespaces: null,
  modules: [
    { name: 'get', namespace: 'default', lang: 'rust', ref: REF, apiVersion: '', fqmn: '', revisions: [{ ref: REF }] },
    { name: 'log', namespace: 'default', lang: 'go', ref: '', draftRef: '', wasmRef: null },
  ],
  defaultNamespace: {
    name: 'default',
    modules: null,
    queries: [{ name: 'Q', query: 'SELECT $1', type: 'select', varCount: 0 }],
    capabilities: { http: { enabled: true, rules: { allowedPorts: null } } },
    connections: [
      { type: 'postgres', name: 'db', config: { type: 'postgres', connectionString: 'env(DB)' } },
      { type: 'redis', name: 'cache', config: { serverAddress: 'localhost:6379' } },
    ],
    workflows: [
      {
        name: 'greet',
        response: '',
        schedule: null,
        triggers: null,
        steps: [
          { executableMod: { fqmn: '/name/default/get', as: '', with: {}, onErr: { code: null, any: '', other: '' } } },
          {
            executableMod: { fqmn: '', as: '' },
            group: [{ fqmn: `fqmn://com.example.tenant/default/log@${REF}`, as: 'logged' }],
          },
          { executableMod: { fqmn: '/name/default/log', with: { input: 'get' } } },
        ],
      },
    ],
  },
};

suite('tenant.json', () => {
  test('the older form becomes the same model', () => {
    const directive = readTenant(JSON.stringify(OLD), { file: 'tenant.json' });
    assert.equal(directive.kind, 'tenant');
    assert.equal(directive.appVersion, 'v7.0.0');
    assert.deepEqual(
      directive.functions.map(({ name, ref }) => [name, ref]),
      [
        ['get', REF],
        ['log', undefined],
      ],
    );
    assert.deepEqual(directive.handlers, []);
    const steps = directive.workflows[0]?.steps ?? [];
    assert.deepEqual(
      steps.map((step) => (step.kind === 'group' ? step.calls.map(({ key }) => key) : step.call.key)),
      ['/name/default/get', ['logged'], '/name/default/log'],
    );
    const last = steps[2];
    assert.deepEqual(last?.kind === 'function' && last.call.with, [{ alias: 'input', key: '/name/default/get' }]);
    assert.equal(directive.connections.database?.type, 'postgresql');
    assert.equal(directive.grants.http.enabled, true);
    assert.equal(directive.grants.database.queries[0]?.variables, 1);
  });

  test('so does the newer one', () => {
    const defaultNamespace = {
      name: 'default',
      workflows: [
        { name: 'w', steps: [{ group: ['/name/default/get'] }, { fqmn: '/name/default/log' }], triggers: [{}] },
      ],
    };
    const text = JSON.stringify({ ...OLD, defaultNamespace }, null, '\t');
    const { directive, problems } = checkTenant(text, { file: 't' });
    assert.deepEqual(
      problems.map(({ code, severity }) => [code, severity]),
      [['DIRECTIVE_NOT_SERVED', 'warning']],
    );
    const group = directive?.workflows[0]?.steps[0];
    assert.equal(group?.kind === 'group' && group.calls[0]?.target.name, 'get');
  });

  test('findings have places', () => {
    const text = `{
  "tenantVersion": "seven",
  "namespaces": [{}],
  "defaultNamespace": {
    "capabilities": { "http": { "enabled": "no" } },
    "connections": [{ "type": "mongo", "config": {} }, { "type": "nats", "config": { "serverAddress": "a b" } }],
    "workflows": [
      { "name": "w", "steps": [{ "fqmn": "/nam/x" }] },
      { "name": "w", "steps": [] },
      { "steps": [{ "group": ["/name/default/get"] }] }
    ]
  },
  "modules": [{ "name": "get", "namespace": "default" }]
}`;
    assert.deepEqual(checkTenant(text, { file: 't' }).problems.map(printProblem), [
      't:1:1 DIRECTIVE_IDENTIFIER identifier is missing',
      't:2:20 DIRECTIVE_TYPE "tenantVersion" must be a whole number',
      "t:3:17 DIRECTIVE_NOT_SERVED warning: only 'defaultNamespace' is read; other namespaces cannot ship in a bundle",
      't:5:44 DIRECTIVE_CAPABILITY capabilities.http.enabled must be true or false',
      't:6:31 DIRECTIVE_CONNECTION unknown connection type mongo',
      't:6:56 DIRECTIVE_CONNECTION failed to parse serverAddress as URL',
      't:8:42 DIRECTIVE_FUNCTION_UNKNOWN workflow for w lists mod at step 0 that does not exist: /nam/x (did you forget a namespace?)',
      't:9:17 DIRECTIVE_WORKFLOW workflow at position 1 has a non-unique name w',
      't:9:31 DIRECTIVE_STEPS_MISSING workflow w missing steps',
      't:10:7 DIRECTIVE_WORKFLOW workflow at position 2 has no name',
      "t:10:7 DIRECTIVE_RESPONSE workflow for  has group as last step but does not include 'response' field",
    ]);
  });

  test('a directive is no tenant', () => {
    const { directive, problems } = checkTenant('identifier: a\nappVersion: v1.0.0\n', { file: 't' });
    assert.equal(directive, undefined);
    assert.equal(problems.length, 2);
  });
});
