/**
 * Queries that the Directive names, on the database that it names (`runnable-abi.md` §7.8). A function sends values, never statements;
 * every value is a text, and the database reads it as the type that it needs.
 */
import { currentCall } from './abi';
import { Answer, take } from './answer';
import { add_ffi_var, db_exec } from './env';
import { Utf8 } from './utf8';

/** The rows as a JSON array of objects, `[]` for none. */
export function select(name: string, values: string[] = []): Answer {
  return execute(1, name, values);
}

/** `{"lastInsertID":…,"rowsAffected":0}`; the id is 0 where the database does not tell it. */
export function insert(name: string, values: string[] = []): Answer {
  return execute(0, name, values);
}

/** `{"lastInsertID":0,"rowsAffected":…}` */
export function update(name: string, values: string[] = []): Answer {
  return execute(2, name, values);
}

/** As `update`; `delete` is a word of the language. */
export function remove(name: string, values: string[] = []): Answer {
  return execute(3, name, values);
}

function execute(type: i32, name: string, values: string[]): Answer {
  const ident = currentCall();
  for (let i = 0; i < values.length; i++) {
    const value = new Utf8(values[i]);
    if (add_ffi_var(value.pointer, 0, value.pointer, value.length, ident) != 0)
      return Answer.refused('too many values');
  }
  const query = new Utf8(name);
  return take(db_exec(type, query.pointer, query.length, ident));
}
