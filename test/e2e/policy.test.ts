import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { createPlace } from './world.ts';

suite('policies', () => {
  const place = createPlace();
  after(place.close);

  test('are set for types and names, shown and taken back', async () => {
    await place.ok('node', 'create', 'n1');
    assert.deepEqual(await place.json('policy', 'list'), []);
    const create = ['policy', 'create', '--at', 'n1'] as const;
    assert.match(
      await place.ok(...create, '--resource-type', 'tcp-outlet', '--allow', 'a'),
      /Policy created at node n1$/,
    );
    await place.ok(...create, '--resource', 'db', '--expression', '(= subject.component "db")');
    await place.ok('policy', 'create', '--at', '/node/n1', '--resource', 'db', '--allow', 'x and not y');
    const ofType = { action: 'handle_message', expression: '(= subject.a "true")', resource: 'tcp-outlet' };
    const ofName = {
      action: 'handle_message',
      expression: '(and (= subject.x "true") (not (= subject.y "true")))',
      resource: 'db',
    };
    assert.deepEqual(await place.json('policy', 'list'), [ofType, ofName]);
    assert.deepEqual(await place.json('policy', 'list', 'db'), [ofName]);
    assert.deepEqual(await place.json('policy', 'show'), ofType);
    assert.deepEqual(await place.json('policy', 'show', 'db'), ofName);
    const byName = await place.run([...create, '--resource', 'relay', '--allow', 'b']);
    assert.match(byName.stderr, /is a resource type/);
    assert.match(
      await place.ok('policy', 'delete', 'relay', '--yes'),
      /Policy for resource type relay has been deleted$/,
    );
    assert.equal((await place.run(['policy', 'delete', 'db'])).code, 70, 'not confirmed');
    assert.match(await place.ok('policy', 'delete', 'db', '--yes'), /Policy for resource db has been deleted$/);
    assert.deepEqual(await place.json('policy', 'list'), [ofType]);
    const gone = await place.run(['policy', 'delete', 'db', '--yes']);
    assert.equal(gone.code, 70);
    assert.match(gone.stderr, /The policy db was not found/);
  });

  test('need right arguments', async () => {
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['--resource', 'db'], 64, /--allow <EXPRESSION>/],
      [['--allow', 'a'], 64, /--resource-type <TYPE>\|--resource <NAME>/],
      [['--resource-type', 'lamp', '--allow', 'a'], 64, /Valid values are: tcp-inlet, tcp-outlet, echoer/],
      [['--resource-type', 'relay', '--resource', 'db', '--allow', 'a'], 64, /cannot be used with/],
      [['--resource', 'db', '--allow', 'component.db or'], 64, /successfully parsed: `component.db`, but ` or` cannot/],
      [['--at', 'nobody', '--resource', 'db', '--allow', 'a'], 70, /The node "nobody" was not found/],
    ];
    for (const [args, code, message] of cases) {
      const ended = await place.run(['policy', 'create', ...args]);
      assert.equal(ended.code, code, args.join(' '));
      assert.match(ended.stderr, message);
    }
  });
});
