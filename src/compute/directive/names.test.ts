import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { nearest } from './nearest.ts';
import {
  parseFunctionPath,
  parseFunctionReference,
  parseModuleName,
  parseVersion,
  printFunctionName,
  printFunctionPath,
  printModuleName,
  printModulePath,
  refersTo,
  refersToModule,
  rulesOf,
} from './index.ts';

suite('function names', () => {
  const rows: readonly (readonly [string, string | undefined, string, string, string | undefined])[] = [
    ['com.org.app#users::get@v0.1.0', 'com.org.app', 'users', 'get', 'v0.1.0'],
    ['users::get', undefined, 'users', 'get', undefined],
    ['get', undefined, 'default', 'get', undefined],
    ['get@v0.1.0', undefined, 'default', 'get', 'v0.1.0'],
    ['a#b::c::d@e@f', 'a', 'b', 'c::d', 'e@f'],
    ['a#b', 'a', 'default', 'b', undefined],
  ];
  for (const [text, identifier, namespace, name, version] of rows) {
    test(text, () => assert.deepEqual(parseFunctionReference(text), { identifier, namespace, name, version }));
  }

  test('the old separator has no identifier', () => {
    assert.deepEqual(parseFunctionReference('users#get@v1', '#'), {
      identifier: undefined,
      namespace: 'users',
      name: 'get',
      version: 'v1',
    });
  });

  for (const text of ['', '#a', 'a#', '::a', 'a::', '@v1', 'a@', 'a\nb', 'x'.repeat(513)]) {
    test(`refuses ${JSON.stringify(text.slice(0, 10))}`, () => {
      assert.throws(() => parseFunctionReference(text), { code: 'DIRECTIVE_FQFN_INVALID' });
    });
  }

  test('a full name survives printing and parsing, as text and as path', () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9._-]{0,12}$/);
    fc.assert(
      fc.property(part, part, part, part, (identifier, namespace, name, version) => {
        const full = { identifier, namespace, name, version };
        assert.deepEqual(parseFunctionReference(printFunctionName(full)), full);
        assert.deepEqual(parseFunctionPath(printFunctionPath(full)), full);
      }),
    );
  });

  test('a path has exactly four segments', () => {
    for (const path of ['', '/a/b/c', '/a/b/c/d/e', 'a/b/c/d', '/a//c/d', '/a/b/c/']) {
      assert.throws(() => parseFunctionPath(path), { code: 'DIRECTIVE_FQFN_INVALID' });
    }
  });

  test('what a reference states must be equal', () => {
    const name = { identifier: 'app', namespace: 'default', name: 'get', version: 'v1.0.0' };
    for (const text of ['get', 'default::get', 'app#get', 'get@v1.0.0']) {
      assert.equal(refersTo(parseFunctionReference(text), name), true, text);
    }
    for (const text of ['set', 'users::get', 'other#get', 'get@v1.0.1']) {
      assert.equal(refersTo(parseFunctionReference(text), name), false, text);
    }
  });
});

suite('module names', () => {
  test('text, by name and by reference', () => {
    assert.deepEqual(parseModuleName('fqmn://suborbital.acmeco/api/users/auora/add-user@98q'), {
      tenant: 'suborbital.acmeco',
      namespace: 'api/users/auora',
      name: 'add-user',
      ref: '98q',
    });
    assert.deepEqual(parseModuleName('/name/api/users/add'), {
      tenant: undefined,
      namespace: 'api/users',
      name: 'add',
      ref: undefined,
    });
    assert.deepEqual(parseModuleName('/ref/98q'), {
      tenant: undefined,
      namespace: undefined,
      name: undefined,
      ref: '98q',
    });
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['fqmn:suborbital.acmeco/a/b', /must begin with/],
    ['https://x/a/b', /must begin with/],
    ['/module/a/b', /must begin with/],
    ['/reference/a', /must begin with/],
    ['fqmn://suborbital.acmeco/add-user@98q', /must contain an tenant/],
    ['fqmn://a//b@c', /must contain an tenant/],
    ['/name/x', /namespace and module name/],
    ['/ref/a/b', /only contain one reference/],
    ['/name/a/b/', /trailing slash/],
    ['fqmn://a/b/c/', /trailing slash/],
  ];
  for (const [text, reason] of refused) {
    test(`refuses ${text}`, () => {
      assert.throws(() => parseModuleName(text), { code: 'DIRECTIVE_FQMN_INVALID', message: reason });
    });
  }

  test('a full name survives printing and parsing', () => {
    const full = { tenant: 'com.a', namespace: 'x/y', name: 'z', ref: 'abc' };
    assert.equal(printModuleName(full), 'fqmn://com.a/x/y/z@abc');
    assert.deepEqual(parseModuleName(printModuleName(full)), full);
    assert.equal(printModulePath(full), '/com.a/abc/x/y/z');
    assert.throws(() => printModuleName({ ...full, ref: '' }), { code: 'DIRECTIVE_FQMN_INVALID' });
  });

  test('lookup ignores the reference', () => {
    const module = { tenant: 'com.a', namespace: 'default', name: 'z' };
    assert.equal(refersToModule(parseModuleName('fqmn://com.a/default/z@other'), module), true);
    assert.equal(refersToModule(parseModuleName('fqmn://com.b/default/z@other'), module), false);
    assert.equal(refersToModule(parseModuleName('/name/default/z'), module), true);
  });
});

suite('versions', () => {
  test('need a v and follow semantic versioning', () => {
    assert.deepEqual(parseVersion('v1.2.3-beta.1+build'), [1, 2, 3]);
    assert.deepEqual(parseVersion('v1'), [1, 0, 0]);
    for (const text of [
      '1.0.0',
      'v',
      'v01.0.0',
      'v1.0.0-01',
      'v1.2.3.4',
      'v1.2-beta',
      'V1.0.0',
      `v1.0.0-${'a'.repeat(200)}`,
    ]) {
      assert.equal(parseVersion(text), undefined, text);
    }
  });

  test('an unknown version has the newest rules', () => {
    assert.deepEqual(rulesOf(undefined), rulesOf([9, 0, 0]));
    assert.equal(rulesOf([0, 1, 99]).withList, true);
    assert.equal(rulesOf([0, 0, 6]).versionKey, false);
  });
});

test('did you mean', () => {
  const keys = ['identifier', 'handlers', 'capabilities', 'fn', 'as'];
  assert.equal(nearest('handler', keys), 'handlers');
  assert.equal(nearest('identifer', keys), 'identifier');
  assert.equal(nearest('nf', keys), 'fn');
  assert.equal(nearest('Handlers', keys), 'handlers');
  assert.equal(nearest('completely', keys), undefined);
  assert.equal(nearest('x'.repeat(1000), keys), undefined);
});
