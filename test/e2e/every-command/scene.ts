/** What the examples of all commands share: homes that fill up as they run, and what they noted on the way. */
import assert from 'node:assert/strict';
import { type EchoService, startEchoService } from '../echo.ts';
import { createPlace, type Ended, type Place } from '../world.ts';

/** Homes and notes of one run of the examples. */
export interface Scene {
  /** Where almost everything is: a project, nodes with all that can be on them, a gateway. */
  readonly here: Place;
  /** Somebody else's machine, which joins the project. */
  readonly there: Place;
  /** For what needs no home, or one that nobody else uses. */
  readonly aside: Place;
  readonly echo: EchoService;
  readonly note: (name: string, value: string) => void;
  /** What was noted before; an example that comes too early fails here. */
  readonly noted: (name: string) => string;
  readonly close: () => Promise<void>;
}

/** A command as a user types it, and what it did. */
export interface Example {
  /** The words of the command. */
  readonly leaf: string;
  /** What stands behind them; blanks separate, double quotes keep together. */
  readonly line: string | ((scene: Scene) => string | Promise<string>);
  /** Which home it works on; `here` unless given. */
  readonly on?: 'there' | 'aside';
  readonly stdin?: string;
  readonly env?: (scene: Scene) => Readonly<Record<string, string>>;
  /** The exit code; 0 unless given. */
  readonly code?: number;
  /** For a command that goes on: has it come to its end. */
  readonly during?: (scene: Scene, stop: () => void) => Promise<void>;
  /** Looks at what is different now, by other means than what the command printed where there are any. */
  readonly done: (scene: Scene, ended: Ended) => Promise<void> | void;
}

/** Homes with nothing in them. */
export async function createScene(): Promise<Scene> {
  const notes = new Map<string, string>();
  const [here, there, aside] = [createPlace(), createPlace(), createPlace()];
  const echo = await startEchoService();
  return {
    here,
    there,
    aside,
    echo,
    note: (name, value) => notes.set(name, value),
    noted: (name) => {
      const value = notes.get(name);
      assert.ok(value !== undefined, `${name} was not noted: an example before this one failed`);
      return value;
    },
    close: async () => {
      await Promise.all([here, there, aside].map((place) => place.close()));
      echo.close();
    },
  };
}

/** The words of a line. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** Runs an example and holds it to what it says. */
export async function runExample(scene: Scene, example: Example): Promise<void> {
  const { leaf, line, on = 'here', stdin, env, code = 0, during, done } = example;
  const words = [...wordsOf(leaf), ...wordsOf(typeof line === 'string' ? line : await line(scene))];
  const running = scene[on].start(words, {
    ...(stdin !== undefined && { stdin }),
    ...(env !== undefined && { env: env(scene) }),
  });
  await during?.(scene, () => running.child.kill('SIGTERM'));
  const ended = await running.ended;
  assert.equal(ended.code, code, `perigee ${words.join(' ')}\n${ended.stdout}${ended.stderr}`);
  await done(scene, ended);
}
