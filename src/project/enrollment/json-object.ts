import { quoted } from '../../kernel/index.ts';
import { EnrollmentError } from './errors.ts';

/** Reads the fields of a JSON object by name and kind; errors name the field with its place in the document. */
export class JsonObject {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #place: string;

  private constructor(fields: object, place: string) {
    // A map, so that no name finds what every object inherits.
    this.#fields = new Map(Object.entries(fields));
    this.#place = place;
  }

  /** @throws {EnrollmentError} ENROLLMENT_INVALID_PROJECT when `value` is no object. */
  static of(value: unknown, place: string): JsonObject {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(place, 'an object', value);
    return new JsonObject(value, place);
  }

  text(name: string): string {
    const value = this.#fields.get(name);
    if (typeof value !== 'string') throw this.#invalid(name, 'a text');
    return value;
  }

  /** Undefined when the field is missing or null. */
  optionalText(name: string): string | undefined {
    return this.#has(name) ? this.text(name) : undefined;
  }

  optionalBoolean(name: string): boolean | undefined {
    if (!this.#has(name)) return undefined;
    const value = this.#fields.get(name);
    if (typeof value !== 'boolean') throw this.#invalid(name, 'true or false');
    return value;
  }

  wholeNumber(name: string): number {
    const value = this.#fields.get(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw this.#invalid(name, 'a number');
    return value;
  }

  texts(name: string): readonly string[] {
    return this.#items(name).map((value) => {
      if (typeof value !== 'string') throw this.#invalid(name, 'an array of texts');
      return value;
    });
  }

  objects(name: string): readonly JsonObject[] {
    return this.#items(name).map((value, index) => JsonObject.of(value, `${this.#path(name)}[${index}]`));
  }

  object(name: string): JsonObject {
    return JsonObject.of(this.#fields.get(name), this.#path(name));
  }

  /** Undefined when the field is missing or null. */
  optionalObject(name: string): JsonObject | undefined {
    return this.#has(name) ? this.object(name) : undefined;
  }

  #has(name: string): boolean {
    const value = this.#fields.get(name);
    return value !== undefined && value !== null;
  }

  #items(name: string): readonly unknown[] {
    const value = this.#fields.get(name);
    if (!Array.isArray(value)) throw this.#invalid(name, 'an array');
    return value;
  }

  #path(name: string): string {
    return this.#place === '' ? name : `${this.#place}.${name}`;
  }

  #invalid(name: string, wanted: string): EnrollmentError {
    return invalid(this.#path(name), wanted, this.#fields.get(name));
  }
}

/** Shows no value: in a ticket it may be the secret. */
function invalid(place: string, wanted: string, value: unknown): EnrollmentError {
  const problem = value === undefined ? 'missing' : `not ${wanted} but ${kindOf(value)}`;
  return new EnrollmentError('ENROLLMENT_INVALID_PROJECT', `the field ${quoted(place)} is ${problem}`, {
    remedy: 'ask an enroller of the project for a new ticket or project file',
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
